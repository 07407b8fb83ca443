"""The page on adding a catalogue: it names all there is, and its example does what it says."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import astropy.units as u
import erfa
import numpy as np
import pytest
import typer.testing
from astropy.coordinates import FK5, SkyCoord
from astropy.time import Time

import catalogdb
from catalogdb.cli import app
from catalogdb.schema import TYPES, Column, Identifier, Position
from catalogdb.vocabulary import is_ucd
from ingest.converters import CONVERTERS
from ingest.readers import READERS
from ingest.spec import GROUPS, ICRS_ALIGNED, ROTATIONS, TIME_SCALES, Context, Field, Form, Join, Remote, Spec

PAGE = Path(__file__).parents[1] / "docs" / "adding_a_catalogue.md"
TEXT = PAGE.read_text()
OF_NO_SPEC = {
    "forms",
    "positions",
    "remote",
    "sha256",
    "path",
    "loose",
    "kinds",
    "delimited",
    "other_sources",
}
"""What the classes hold beside the keys of the file."""


def section(title: str) -> str:
    """The text under a heading, down to the next of its level or above."""
    start = re.search(rf"^(#+) {re.escape(title)}.*$", TEXT, re.MULTILINE)
    assert start is not None, title
    return re.split(rf"^#{{1,{len(start[1])}}} ", TEXT[start.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def keys(kind: type) -> list[str]:
    names = (f.name for f in fields(kind) if f.name not in OF_NO_SPEC)  # type: ignore[arg-type]
    return ["from" if kind is Field and name == "source" else name for name in names]


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (Spec, "`[catalogue]`"),
        (Identifier, "`[catalogue]`"),
        (Column, "`columns`"),
        (Position, "`[[positions]]`"),
        (Form, "`[[forms]]`"),
        (Field, "`fields`"),
        (Join, "`joins`"),
        (Context, "`section` and `context`"),
        (Remote, "`[[remote]]`"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_every_key_is_documented(kind: type, title: str) -> None:
    told = section(title)
    for name in keys(kind):
        assert re.search(rf"`{name}[`\s=]|\{{ {name} =|, {name} =", told), f"{title}: {name}"


def rows_of_conversions() -> list[list[str]]:
    lines = section("`convert`").splitlines()
    return [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines if line.startswith("| `")]


@pytest.mark.parametrize("name", CONVERTERS)
def test_every_conversion_and_its_options_are_documented(name: str) -> None:
    rows = [cells for cells in rows_of_conversions() if f"`{name}`" in cells[0]]
    assert len(rows) == 1
    for option in set(CONVERTERS[name].options) - {"unit"}:  # that is the result's own, no key
        assert f"`{option}" in " ".join(rows[0][1:]), option


def test_no_conversion_is_documented_that_is_not_there() -> None:
    named = {name for cells in rows_of_conversions() for name in re.findall(r"`(\w+)`", cells[0])}
    assert named == set(CONVERTERS)


def test_conversions_that_lose_something_are_listed() -> None:
    (listed,) = re.findall(r"can not be undone: (.*)\. A field", TEXT)
    oneway = {name for name, converter in CONVERTERS.items() if converter.inverse is None}
    assert set(re.findall(r"`(\w+)`", listed)) == oneway


@pytest.mark.parametrize(
    "name", [*READERS, *GROUPS, *ICRS_ALIGNED, *ROTATIONS, *ROTATIONS.values(), *TIME_SCALES]
)
def test_every_word_that_a_key_may_have_is_named(name: str) -> None:
    assert f"`{name}`" in TEXT


def test_types_and_ucds_are_those_there_are() -> None:
    told = section("`columns`")
    for kind in TYPES:
        assert kind.removesuffix("[]") in told
    table = told.partition("| for | UCD |")[2]
    named = re.findall(r"`([a-z][\w.;-]+)`", table)
    assert len(named) > 30
    assert [ucd for ucd in named if not is_ucd(ucd)] == []


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", section("An example"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_is_read_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spec outside the package, by the page's own commands; positions and epochs against astropy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATALOGDB_STORE", raising=False)
    Path("nearby.dat").write_text(block("text"))
    Path("nearby.toml").write_text(block("toml"))
    for line in block("sh").splitlines():
        words = re.findall(r'"[^"]*"|\S+', line)
        ended = typer.testing.CliRunner().invoke(
            app, [w.strip('"') for w in words[1:]], catch_exceptions=False
        )
        assert ended.exit_code == 0, ended.output
    with catalogdb.open("sky") as store:
        rows = store.sql("SELECT * FROM nearby ORDER BY vmag").arrow().to_pylist()
    lines = block("text").splitlines()
    assert [row["source_id"] for row in rows] == ["HD 10700", "HD 22049", "HD 201091"]
    listed = SkyCoord([f"{x[11:22]} {x[23:34]}" for x in lines], unit=("hourangle", "deg"), frame=FK5())
    dates = Time([float(x[35:47]) for x in lines], format="jd", scale="utc").tdb
    # ERFA takes the orientation and the spin of FK5 at the date.
    ra, dec = erfa.fk5hz(listed.ra.rad, listed.dec.rad, dates.jd1, dates.jd2)
    ours = SkyCoord([r["ra"] for r in rows] * u.deg, [r["dec"] for r in rows] * u.deg)
    assert SkyCoord(ra * u.rad, dec * u.rad).separation(ours).mas.max() < 1e-3
    assert SkyCoord(listed.ra, listed.dec).separation(ours).mas.min() > 10
    epochs = dates.jyear
    np.testing.assert_allclose([r["ref_epoch"] for r in rows], epochs, rtol=0, atol=1e-9)
    assert [r["ra_error"] for r in rows] == pytest.approx([120, 110, 100])
    assert [r["dec_error"] for r in rows] == [r["ra_error"] for r in rows]
    assert [r["vmag"] for r in rows] == [pytest.approx(3.5), pytest.approx(3.73), None]
