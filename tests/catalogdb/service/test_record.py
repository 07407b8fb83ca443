"""The registry record from the command line, and what results say of their systems."""

from __future__ import annotations

import io
from pathlib import Path

import astropy.io.votable as votable
import pytest
from typer.testing import CliRunner

from catalogdb.cli import app
from tests.catalogdb.service.conftest import Server

PUBLISHER = """ivoid = "ivo://example.org/stars"
publisher = "P"
contact_name = "N"
contact_email = "n@example.org"
title = "T"
description = "D"
"""


def test_the_record_is_written(small_store: Path, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(PUBLISHER)
    options = ["--store", str(small_store), "--base-url", "https://x.example", "-o", str(tmp_path / "r.xml")]
    result = CliRunner().invoke(app, ["record", str(tmp_path / "p.toml"), *options])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "r.xml").read_text()
    for expected in (
        "ivo://example.org/stars",
        "https://x.example/tap",
        "catalogs.stars",
        "vs:CatalogService",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('title = "T"', "titel = 1"), "no key titel; did you mean title"),
        (('title = "T"', "title = 1"), "title is 1, not a str"),
        (('title = "T"', ""), "title is missing"),
        (("ivo://", "http://"), "no identifier of a registry"),
        (("=", ":"), "p.toml"),
    ],
)
def test_a_wrong_publisher_is_told(
    small_store: Path, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    (tmp_path / "p.toml").write_text(PUBLISHER.replace(*change))
    options = ["--store", str(small_store), "--base-url", "https://x.example"]
    result = CliRunner().invoke(app, ["record", str(tmp_path / "p.toml"), *options])
    assert result.exit_code == 1
    assert said in result.output


def test_canonical_columns_alone_refer_to_systems(server: Server) -> None:
    response = server.sync("SELECT TOP 1 ra AS alpha, dec, ref_epoch, ra * 2 AS twice, mag FROM stars")
    tree = votable.parse(io.BytesIO(response.content), verify="exception")
    table = tree.get_first_table()
    assert [field.ref for field in table.fields] == ["icrs", "icrs", "julian_years_tdb", None, None]
    assert [each.system for each in tree.resources[0].coordinate_systems] == ["ICRS"]
    (time,) = tree.resources[0].time_systems
    assert (time.timescale, time.refposition) == ("TDB", "BARYCENTER")
