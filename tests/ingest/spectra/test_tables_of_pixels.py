"""A spectrum as any table of pixels: FITS, ECSV and CSV, with what the user declares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from ingest.spectra import Declared, How, NoSpectrum, SpectrumError
from ingest.spectra.layout import Notes
from ingest.spectra.reading import read_whole

WAVELENGTH = np.linspace(500.0, 510.0, 11)
FLUX = np.linspace(1.0, 2.0, 11)
CSV = "wave,flux,err\n" + "".join(f"{w:.1f},{f:.2f},0.05\n" for w, f in zip(WAVELENGTH, FLUX, strict=True))
TOLD = "# ra = 12.5\n# dec: -3\n# radial_velocity = 7.5\n# frame = rest\n"


def read(path: Path, **declared):
    """The one spectrum of a file."""
    position = declared.pop("no_position", False)
    _, layout, (made,) = read_whole(path, How(no_position=position, declared=Declared(**declared)), Notes())
    assert layout == "table"
    return made


def test_csv_with_declarations(tmp_path: Path) -> None:
    path = tmp_path / "star_7.csv"
    path.write_text(TOLD + CSV)
    made = read(path, medium="air", wavelength_unit="nm", survey="mine", resolution=5000.0)
    row = made.rows[0]
    assert np.allclose(made.grid.wavelength_angstrom, WAVELENGTH * 10)
    assert (made.grid.medium, made.grid.frame) == ("air", "rest")
    assert np.allclose(made.ivar[0], 400.0)
    assert (row["spec_id"], row["ra"], row["dec"], row["radial_velocity"]) == ("star_7", 12.5, -3.0, 7.5)
    assert (row["survey"], row["resolution"]) == ("mine", 5000.0)
    assert made.flux.dtype == np.float64


def test_ecsv_says_its_own_units(tmp_path: Path) -> None:
    path = tmp_path / "star.ecsv"
    table = Table({"WAVE": WAVELENGTH[::-1], "FLUX": FLUX, "IVAR": np.full(11, 9.0)})
    table["WAVE"].unit = "nm"
    table["IVAR"][2] = -1.0
    table.meta = {"ra": 1.0, "dec": 2.0, "medium": "vacuum", "frame": "barycentric", "object": "HD 1"}
    table.write(path, format="ascii.ecsv")
    made = read(path)
    assert np.allclose(made.grid.wavelength_angstrom, WAVELENGTH * 10)
    assert np.allclose(made.flux[0], FLUX[::-1])
    assert made.ivar[0].tolist() == [9.0] * 8 + [0.0] + [9.0] * 2
    assert made.rows[0]["object_id"] == "HD 1"


def test_fits_table_with_names_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "star.fits"
    columns = [
        fits.Column("LOGLAM", "E", array=np.log10(WAVELENGTH * 10)),
        fits.Column("SPEC", "E", array=FLUX),
        fits.Column("SIGMA", "E", array=np.full(11, 1e-25)),
    ]
    primary = fits.PrimaryHDU()
    primary.header.update({"RA": 5.0, "DEC": 6.0, "VACUUM": True, "SPEC_ID": "s1"})
    fits.HDUList([primary, fits.BinTableHDU.from_columns(columns)]).writeto(path)
    with pytest.raises(NoSpectrum, match=r"LOGLAM, SPEC, SIGMA.*--column wavelength=NAME"):
        read(path)
    made = read(path, columns={"flux": "SPEC"}, frame="heliocentric")
    assert np.allclose(made.grid.wavelength_angstrom, WAVELENGTH * 10, rtol=1e-6)
    assert made.flux.dtype == np.float32
    assert made.ivar.dtype == np.float64  # 1e50 has no place in 32 bits
    assert np.allclose(made.ivar, 1e50, rtol=1e-5)
    assert made.rows[0]["spec_id"] == "s1"


@pytest.mark.parametrize(
    ("text", "declared", "words"),
    [
        (TOLD + CSV, {}, "column wave has no unit: say it by --wavelength-unit"),
        (TOLD + CSV, {"wavelength_unit": "nm"}, "the medium of the wavelengths is not said.*--medium vacuum"),
        (CSV, {"wavelength_unit": "nm", "medium": "air"}, "there is no ra .*--no-position"),
        (CSV, {"wavelength_unit": "nm", "medium": "moon", "no_position": True}, "the medium .* is 'moon'"),
        (CSV.replace("err", "x"), {}, "neither an inverse variance nor an error.*wave, flux, x"),
        (CSV.replace("flux", "f"), {}, "no column is known as the flux"),
        (CSV, {"columns": {"flux": "F"}}, "there is no column F"),
        (
            TOLD + CSV.replace("501.0", "999.0"),
            {"wavelength_unit": "nm", "medium": "air"},
            "in no order: pixel 3 has 5020 Angstrom after 9990",
        ),
        ("just some words\n", {}, "nor a table of text"),
        ("some,words\nand,more\n", {}, "its first line names no column of wavelengths"),
        ("", {}, "it is empty"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, text: str, declared: dict[str, object], words: str) -> None:
    path = tmp_path / "star.csv"
    path.write_text(text)
    with pytest.raises((SpectrumError, NoSpectrum), match=words) as caught:
        read(path, **declared)
    assert str(path) in str(caught.value)
