"""The documents against the schemas of the IVOA, and a service against taplint, by STILTS where it is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from catalogdb import Store
from catalogdb.errors import DataError
from catalogdb.formats import FORMATS
from catalogdb.service.vosi.registration import Publisher, registry_record

sys.path.insert(0, str(Path(__file__).parent))
from vosi_service import Client, Limits  # noqa: E402

STILTS = shutil.which("stilts")
needs_stilts = pytest.mark.skipif(STILTS is None, reason="no stilts: apt-get install stilts")

PUBLISHER = Publisher(
    ivoid="ivo://example.org/stars",
    publisher="Example & Sons",
    contact_name="A. Nobody",
    contact_email="nobody@example.org",
    title="Stars",
    short_name="Stars",
    description="Star catalogues <of a test>",
    creator="B. Nobody",
    rights_url="https://creativecommons.org/licenses/by/4.0/",
)


def record(sky: Store) -> bytes:
    return registry_record(
        PUBLISHER,
        "http://stars.example",
        sky.tables(system=True),
        sky.row_count,
        Limits(),
        FORMATS,
        created=0.0,
        updated=86400.0,
        cone_tables=["catalogs.bright"],
    )


RESOURCE = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:vr="http://www.ivoa.net/xml/VOResource/v1.0"
  targetNamespace="http://www.ivoa.net/xml/RegistryInterface/v1.0" elementFormDefault="qualified">
  <xs:import namespace="http://www.ivoa.net/xml/VOResource/v1.0"
    schemaLocation="http://www.ivoa.net/xml/VOResource/v1.0"/>
  <xs:element name="Resource" type="vr:Resource"/>
</xs:schema>
"""
"""The element of a record in RegistryInterface 1.0, of which STILTS has no copy."""


def complaints(document: bytes, folder: Path, *more: str) -> str:
    """What STILTS says of a document, by its own copies of the schemas; nothing if it is valid."""
    assert STILTS is not None
    file = folder / "document.xml"
    file.write_bytes(document)
    command = [STILTS, "xsdvalidate", "uselocals=true", *more, f"doc={file}"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return run.stdout + run.stderr + ("" if run.returncode == 0 else f"status {run.returncode}")


@needs_stilts
@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["tables", "tables?detail=min", "tables/catalogs.bright", "capabilities", "availability"]
)
def test_documents_keep_to_their_schemas(client: Client, tmp_path: Path, path: str) -> None:
    assert complaints(client.get(f"/tap/{path}").content, tmp_path) == ""


@needs_stilts
@pytest.mark.slow
def test_a_record_keeps_to_its_schemas(sky: Store, tmp_path: Path) -> None:
    schema = tmp_path / "resource.xsd"
    schema.write_text(RESOURCE)
    location = f"schemaloc=http://www.ivoa.net/xml/RegistryInterface/v1.0={schema}"
    assert complaints(record(sky), tmp_path, location) == ""
    broken = record(sky).replace(b"<curation>", b"<curation><wrong/>")
    assert "wrong" in complaints(broken, tmp_path, location)


@needs_stilts
@pytest.mark.slow
def test_a_broken_document_is_noticed(client: Client, tmp_path: Path) -> None:
    broken = client.get("/tap/availability").content.replace(b"true", b"perhaps")
    assert "perhaps" in complaints(broken, tmp_path)


def test_a_record_names_its_publisher_and_all_tables(sky: Store) -> None:
    text = record(sky).decode()
    assert "<identifier>ivo://example.org/stars</identifier>" in text
    assert "Example &amp; Sons" in text
    assert 'created="1970-01-01T00:00:00Z"' in text
    for table in sky.tables(system=True):
        assert f"<name>{table.qualified_name}</name>" in text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("ivoid", "stars", "'stars' is no identifier"),
        ("ivoid", "ivo://example.org/a b", "no identifier"),
        ("publisher", " ", "needs publisher"),
        ("contact_email", "", "needs contact_email"),
        ("short_name", "x" * 17, "16 characters"),
        ("subjects", (), "subject"),
    ],
)
def test_a_record_needs_what_a_registry_asks(field: str, value: object, said: str) -> None:
    given = {name: getattr(PUBLISHER, name) for name in PUBLISHER.__slots__}
    with pytest.raises(DataError, match=said):
        Publisher(**(given | {field: value}))


@needs_stilts
@pytest.mark.slow
def test_taplint_finds_nothing_in_the_metadata(address: str) -> None:
    assert STILTS is not None
    command = [STILTS, "taplint", f"tapurl={address}", "stages=TMV TME CPV CAP AVV", "report=EWF"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert "Section AVV" in run.stdout, run.stdout + run.stderr
    assert not re.findall(r"^[EWF]-.*", run.stdout, re.MULTILINE)
