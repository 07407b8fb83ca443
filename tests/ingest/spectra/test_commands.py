"""The commands spectra and spectrum, and the page that describes them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from typer.testing import CliRunner

from catalogdb.cli import app
from ingest.spectra import LAYOUTS
from ingest.spectra.fits_file import Header
from ingest.spectra.tables import grid_table, spectrum_table
from tests.ingest.spectra import natives

PAGE = Path(__file__).parents[3] / "docs" / "spectra.md"


def run(tmp_path: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*words, "--store", str(tmp_path / "sky")])
    return result.exit_code, result.output


def test_in_and_out_again(tmp_path: Path) -> None:
    path = natives.lamost_mrs(tmp_path / "med.fits", obsid=5)
    code, said = run(tmp_path, "spectra", str(path))
    assert code == 0
    assert re.search(
        r"catalogs\.spectrum: 2 spectra of 1 files .* 2 wavelength grids in catalogs\.spectrum_grid", said
    )
    assert "2 not read: single exposures, which --exposures reads" in said
    code, said = run(tmp_path, "spectrum", "5-COADD_B")
    assert "snr: 12.5" in said
    assert "vacuum, heliocentric" in said
    picture, pixels = tmp_path / "x.svg", tmp_path / "x.ecsv"
    code, said = run(tmp_path, "spectrum", "5-COADD_R", "-o", str(pixels), "--plot", str(picture))
    assert (code, picture.stat().st_size > 5000) == (0, True)
    written = Table.read(pixels)
    assert np.array_equal(written["flux"], fits.getdata(path, 2)["FLUX"])
    assert written["wavelength"].unit == "Angstrom"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["spectra", "x.fits", "--skip-known"], "goes with --append"),
        (["spectra", "x.fits", "--column", "colour=B"], "is not ROLE=NAME"),
        (["spectrum", "x", "--rest"], "goes with --plot"),
        (["spectrum", "x", "-o", "x.doc"], "there are .ecsv, .csv, .fits"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, words: list[str], said: str) -> None:
    code, told = run(tmp_path, *words)
    assert code == 2
    assert said in re.sub(r"[\s│]+", " ", told)


def test_the_page_has_every_layout_and_column() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for table in (spectrum_table("catalogs", "spectrum"), grid_table("catalogs", "spectrum")):
        for column in table.columns:
            unit = column.unit or ""
            told = f"{column.about}{'' if column.nullable else '; never NULL'}"
            assert f"| {column.name} | {column.type} | {unit} | {told} |" in page
    assert all(f"`{layout.name}`" in page for layout in LAYOUTS)


def test_cards_that_are_not_plain_are_read_as_astropy_reads_them() -> None:
    cards = {
        "QUOTE": "it's", "EMPTY": "", "SLASH": "a/b", "BIG": 12345678901234567890, "EXP": 1.5e-30, "NEG": -0.5,
        "FREE": "x" * 60, "COMPLEX": 1 + 2j, "NONE": None, "TRUTH": False,
    }  # fmt: skip
    header = fits.Header()
    for name, value in cards.items():
        header[name] = (value, "a comment") if name in {"QUOTE", "SLASH", "NEG"} else value
    header["COMMENT"] = "RA      = 5"
    ours = Header(header.tostring().encode(), "here")
    for name, value in cards.items():
        assert ours.get(name) == (value or None if isinstance(value, str) else value)
    assert "RA" not in ours
    lower = Header(b"RA      = 1.5d2 / an old exponent".ljust(80), "here")
    assert lower.get("RA") == 150.0
