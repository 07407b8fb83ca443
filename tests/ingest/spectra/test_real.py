"""Real spectra of LAMOST, pixel by pixel and card by card against astropy."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time

from ingest.spectra import How
from ingest.spectra.fits_file import FitsFile
from ingest.spectra.layout import Notes
from ingest.spectra.reading import read_whole

LOW = ("spec-57287-KP193637N444141V03_sp10-161.fits.gz", "spec-58397-EG014118N254444M01_sp03-031.fits")
MEDIUM = "med-58268-HIP95119KP01_sp12-076.fits.gz"


@pytest.mark.parametrize("name", LOW)
def test_low_resolution(data: Path, name: str) -> None:
    path = data / "spectra" / "lamost" / name
    _, layout, (made,) = read_whole(path, How(), Notes())
    with fits.open(path) as hdus:
        header, rows = hdus[0].header, hdus[0].data
    assert layout == "lamost_lrs"
    assert np.array_equal(made.flux[0], rows[0])
    assert np.array_equal(made.ivar[0], rows[1])
    assert np.array_equal(made.grid.wavelength_angstrom, rows[2].astype("f8"))
    # The header's own steps, as docs/spectra.md says: within 0.1 km/s of what is listed.
    steps = 10 ** (header["COEFF0"] + header["COEFF1"] * np.arange(rows.shape[1]))
    assert np.abs(made.grid.wavelength_angstrom / steps - 1).max() * 299792.458 < 0.1
    row = made.rows[0]
    assert row["radial_velocity"] == pytest.approx(header["Z"] * 299792.458)
    assert (row["ra"], row["dec"], row["snr"]) == (header["RA"], header["DEC"], header["SNRG"])
    assert row["mjd"] == pytest.approx(Time(header["DATE-OBS"], scale="utc").mjd, abs=1e-9)


def test_medium_resolution(data: Path) -> None:
    path = data / "spectra" / "lamost" / MEDIUM
    _, layout, blocks = read_whole(path, How(exposures=True), Notes())
    assert layout == "lamost_mrs"
    with fits.open(path) as hdus:
        begun = Time(hdus[0].header["DATE-BEG"], scale="utc").mjd - 8 / 24
        for made, hdu in zip(blocks, hdus[1:], strict=True):
            wavelength = 10 ** hdu.data["LOGLAM"].astype("f8")
            order = np.argsort(wavelength)
            assert np.array_equal(made.grid.wavelength_angstrom, wavelength[order])
            assert np.array_equal(made.flux[0], hdu.data["FLUX"][order])
            assert np.array_equal(made.ivar[0], hdu.data["IVAR"][order])
            mask = "ANDMASK" if hdu.name.startswith("COADD") else "PIXMASK"
            assert np.array_equal(made.mask[0], hdu.data[mask][order])
    first = next(each.rows[0] for each in blocks if each.rows[0]["extension"] == "B-83906016")
    assert (first["mjd"] - begun) * 1440 == pytest.approx(5.0, abs=1.0)  # the middle of the first 10 minutes


@pytest.mark.parametrize("name", [*LOW, MEDIUM])
def test_every_card_is_read_as_astropy_reads_it(data: Path, name: str) -> None:
    path = data / "spectra" / "lamost" / name
    raw = path.read_bytes()
    file = FitsFile(path, gzip.decompress(raw) if name.endswith("gz") else raw)
    with fits.open(path) as hdus:
        assert len(file.hdus) == len(hdus)
        for ours, theirs in zip(file.hdus, hdus, strict=True):
            for keyword in set(theirs.header) - {"COMMENT", ""}:
                value = theirs.header[keyword]
                expected = (value.strip() or None) if isinstance(value, str) else value
                assert ours.header.get(keyword) == expected
                assert type(ours.header.get(keyword)) is type(expected)
