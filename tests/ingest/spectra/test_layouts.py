"""Each layout of spectra: what is read of simulated native files, against what astropy reads of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from ingest.spectra import How
from ingest.spectra.faults import SpectrumError
from ingest.spectra.layout import Notes
from ingest.spectra.reading import read_whole
from tests.ingest.spectra import natives


def read(path: Path, **how):
    """The name of the layout, the blocks, and what was left out."""
    notes = Notes()
    _, layout, blocks = read_whole(path, How(**how), notes)
    return layout, blocks, notes.left_out


def test_lamost_low_resolution(tmp_path: Path) -> None:
    path = natives.lamost_lrs(tmp_path / "spec.fits", obsid=677503031)
    layout, (made,), left = read(path)
    data = fits.getdata(path)
    assert (layout, left) == ("lamost_lrs", {})
    assert (made.grid.medium, made.grid.frame, made.grid.spacing) == ("vacuum", "heliocentric", "log")
    assert np.array_equal(made.grid.wavelength_angstrom, data[2].astype("f8"))
    assert made.flux.dtype == made.ivar.dtype == np.float32
    assert np.array_equal(made.flux[0], data[0], equal_nan=True)
    expected = data[1].copy()
    expected[7] = 0  # its flux is NaN
    assert np.array_equal(made.ivar[0], expected)
    assert not made.mask.any()
    assert made.or_mask[0, 3] == 64
    row = made.rows[0]
    assert row["radial_velocity"] == pytest.approx(-0.0001 * 299792.458, rel=1e-12)
    assert row["radial_velocity_error"] == pytest.approx(0.00001 * 299792.458, rel=1e-12)
    assert row["mjd"] == 58396.5  # 2018-10-05T12:00
    assert (row["spec_id"], row["snr"], row["snr_source"]) == ("677503031", 53.0, "SNRG")
    assert (row["ra"], row["dec"], row["barycentric_correction"]) == (10.0, 20.0, -9.5)
    good = expected > 0
    assert row["snr_median"] == pytest.approx(np.median(data[0][good] * np.sqrt(data[1][good])))


def test_a_galaxy_has_a_redshift_and_no_radial_velocity(tmp_path: Path) -> None:
    path = natives.lamost_lrs(tmp_path / "spec.fits")
    with fits.open(path, mode="update") as hdus:
        natives.put(hdus[0].header, {"CLASS": "GALAXY", "Z": 0.1})
    row = read(path)[1][0].rows[0]
    assert row.get("radial_velocity") is None
    assert row["object_class"] == "GALAXY G3"


def test_lamost_low_resolution_as_a_table_is_the_same_spectrum(tmp_path: Path) -> None:
    table = read(natives.lamost_lrs_table(tmp_path / "spec.fits.gz", obsid=5))
    image = read(natives.lamost_lrs(tmp_path / "image.fits", obsid=5))
    assert table[0] == image[0] == "lamost_lrs"
    assert table[1][0].grid.grid_id == image[1][0].grid.grid_id
    usable = table[1][0].ivar[0] > 0
    usable[[5, 7]] = False
    assert np.array_equal(table[1][0].flux[0][usable], image[1][0].flux[0][usable])
    assert table[1][0].rows[0]["extension"] == "COADD"


def test_lamost_medium_resolution(tmp_path: Path) -> None:
    path = natives.lamost_mrs(tmp_path / "med.fits", obsid=9)
    layout, coadds, left = read(path)
    assert layout == "lamost_mrs"
    assert [each.rows[0]["spec_id"] for each in coadds] == ["9-COADD_B", "9-COADD_R"]
    assert left == {"single exposures, which --exposures reads": 2}
    _, every, left = read(path, exposures=True)
    assert left == {}
    with fits.open(path) as hdus:
        for made, hdu in zip(every, hdus[1:], strict=True):
            falling = hdu.name.startswith("R-")
            order = slice(None, None, -1 if falling else 1)
            assert np.array_equal(
                made.grid.wavelength_angstrom, (10 ** hdu.data["LOGLAM"].astype("f8"))[order]
            )
            assert np.array_equal(made.flux[0], hdu.data["FLUX"][order])
            assert np.array_equal(made.ivar[0], hdu.data["IVAR"][order])
            assert made.rows[0]["snr"] == hdu.header["SNR"]
    single = every[3].rows[0]
    assert (single["kind"], single["arm"], single["exposure"]) == ("single", "R", 600)
    # The minute 83906016 of Beijing's time, and half of 600 s.
    assert single["mjd"] == pytest.approx(83906016 / 1440 - 8 / 24 + 300 / 86400, abs=1e-9)

    # The coadd of an arm is dated by its exposures; without them by DATE-OBS, that of the first.
    assert (coadds[1].rows[0]["mjd"], coadds[1].rows[0]["exposure"]) == (single["mjd"], 600)
    with fits.open(path) as hdus:
        fits.HDUList([hdu.copy() for hdu in hdus[:3]]).writeto(tmp_path / "coadds.fits")
    assert read(tmp_path / "coadds.fits")[1][0].rows[0]["mjd"] == 58396.5


@pytest.mark.parametrize("visits", [1, 2])
def test_apogee_combined(tmp_path: Path, visits: int) -> None:
    path = natives.apstar(tmp_path / "apStar.fits", visits)
    layout, (made,), left = read(path)
    assert layout == "apogee_apstar"
    assert left == ({} if visits == 1 else {"single visits, which --exposures reads": 2})
    pixels = np.arange(natives.PIXELS)
    assert np.allclose(made.grid.wavelength_angstrom, 10 ** (4.179 + 6e-6 * pixels), rtol=1e-14)
    assert made.grid.wavelength_angstrom[0] == pytest.approx(15100.802, abs=1e-3)  # SDSS's own number
    assert (made.grid.medium, made.grid.frame) == ("vacuum", "rest")
    flux = np.atleast_2d(fits.getdata(path, 1))
    assert np.array_equal(made.flux[0], flux[0])
    assert made.ivar[0, 0] == np.float32(1 / 16)
    assert made.ivar[0, 2] == pytest.approx(1e-20)
    row = made.rows[0]
    assert row["bad_bits"] == 16639
    assert (made.mask[0, 4] & row["bad_bits"], made.mask[0, 6] & row["bad_bits"]) == (1, 0)
    assert (row["radial_velocity"], row["radial_velocity_error"]) == (-25.4312, 0.158209)
    assert (row["spec_id"], row["spectrum_flag"]) == ("apo25m.040+60.2M15000439+2645333", 4608)


def test_apogee_visits_of_a_combined_file(tmp_path: Path) -> None:
    path = natives.apstar(tmp_path / "apStar.fits")
    _, (made,), _ = read(path, exposures=True)
    assert np.array_equal(made.flux, fits.getdata(path, 1)[[0, 2, 3]])
    assert [row["radial_velocity"] for row in made.rows] == [-25.4312, -26.0, -27.0]
    assert made.rows[2]["mjd"] == pytest.approx(2456410.81783 - 2400000.5)


def test_apogee_with_an_error_of_fewer_rows_is_damaged(tmp_path: Path) -> None:
    path = natives.apstar(tmp_path / "apStar.fits")
    with fits.open(path, mode="update") as hdus:
        hdus[2].data = hdus[2].data[:1]
    with pytest.raises(SpectrumError, match=r"the shapes \(4, 40\), \(1, 40\), \(4, 40\); one is expected"):
        read(path)


def test_apogee_normalised(tmp_path: Path) -> None:
    path = natives.aspcapstar(tmp_path / "aspcapStar.fits")
    layout, (made,), _ = read(path)
    row = made.rows[0]
    assert layout == "apogee_aspcapstar"
    assert (row["normalised"], row["ra"], row["snr"]) == (True, 225.018318, 47.5)
    assert row["radial_velocity"] == -25.5
    assert made.ivar[0] == pytest.approx(np.full(natives.PIXELS, 1e4), rel=1e-6)
    assert made.mask is None


def test_apogee_visit_has_three_chips_in_order(tmp_path: Path) -> None:
    path = natives.apvisit(tmp_path / "apVisit.fits")
    layout, (made,), _ = read(path)
    wavelength, flux = fits.getdata(path, 4), fits.getdata(path, 1)
    assert layout == "apogee_apvisit"
    assert made.grid.frame == "observed"
    assert np.array_equal(made.grid.wavelength_angstrom, np.sort(wavelength.ravel()))
    assert np.array_equal(made.flux[0], flux[::-1, ::-1].ravel())
    assert made.rows[0]["barycentric_correction"] == -1.066


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("coadd", [True, False])
def test_desi(tmp_path: Path, compressed: bool, coadd: bool) -> None:
    path = natives.desi(tmp_path / "coadd.fits", coadd=coadd, compressed=compressed)
    layout, blocks, _ = read(path)
    assert layout == "desi"
    with fits.open(path) as hdus:
        for made, arm in zip(blocks, "BRZ", strict=True):
            assert np.array_equal(made.grid.wavelength_angstrom, hdus[f"{arm}_WAVELENGTH"].data)
            assert np.array_equal(made.flux, hdus[f"{arm}_FLUX"].data)
            assert np.array_equal(made.ivar, hdus[f"{arm}_IVAR"].data)
            assert np.array_equal(made.mask, hdus[f"{arm}_MASK"].data.astype("i4"))
            assert made.mask[0, 3] == 5
    first, second = blocks[0].rows[:2]
    part = "" if coadd else "-77-78"
    assert first["spec_id"] == f"main-bright{part}-39627700000000000-B"
    assert (first["gaia_id"], first["gaia_release"]) == (3836100000000000000, "Gaia DR2")
    assert "gaia_id" not in second
    assert (first["ref_epoch"], second["ref_epoch"]) == (2015.5, None)
    assert (first["snr"], first["snr_source"]) == (10.0, "MEDIAN_COADD_SNR_B")
    assert blocks[2].rows[0]["snr_source"] == "median"
    assert first["kind"] == ("coadd" if coadd else "single")
    assert (blocks[0].grid.medium, blocks[0].grid.frame) == ("vacuum", "barycentric")


@pytest.mark.parametrize("normalised", [True, False])
def test_galah_dr3(tmp_path: Path, normalised: bool) -> None:
    path = natives.galah_dr3(tmp_path, ccd=2, normalised=normalised)
    layout, (made,), _ = read(path)
    assert layout == "galah_dr3"
    assert (made.grid.medium, made.grid.frame, made.grid.spacing) == ("air", "barycentric", "linear")
    assert np.allclose(made.grid.wavelength_angstrom, 4713.5 + 0.046 * np.arange(natives.PIXELS), rtol=1e-14)
    flux = fits.getdata(path, 4 if normalised else 0)
    assert np.array_equal(made.flux[0], flux)
    assert made.ivar[0] == pytest.approx(1 / (0.02 * flux.astype("f8")) ** 2, rel=1e-5)
    row = made.rows[0]
    assert (row["spec_id"], row["arm"], row["kind"]) == ("170418003701205-2", "green", "coadd")
    assert row["normalised"] is normalised


def test_galah_dr4(tmp_path: Path) -> None:
    layout, (made,), _ = read(natives.galah_dr4(tmp_path))
    row = made.rows[0]
    assert layout == "galah_dr4"
    assert (row["ra"], row["dec"], row["radial_velocity"]) == (200.0, -30.0, 12.5)
    assert (row["arm"], row["kind"], row["barycentric_correction"]) == ("red", "single", 3.25)
    assert (row["object_id"], row["rv_source"], row["radial_velocity_error"]) == ("galahic_77", "RV", 0.3)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"RVCOM": 13.0, "E_RVCOM": 0.1, "RVCOM_OK": 1}, (13.0, 0.1)),
        ({"RVCOM": 13.0, "RVCOM_OK": 0}, (12.5, 0.3)),
        ({"RV_OK": 0}, (None, None)),
    ],
)
def test_velocities_of_galah_count_where_its_pipeline_converged(tmp_path: Path, said, expected) -> None:
    path = natives.galah_dr4(tmp_path)
    with fits.open(path, mode="update") as hdus:
        natives.put(hdus[0].header, said)
    row = read(path)[1][0].rows[0]
    assert (row.get("radial_velocity"), row.get("radial_velocity_error")) == expected


def test_the_pointing_of_the_telescope_is_no_position_of_a_star(tmp_path: Path) -> None:
    path = natives.galah_dr4(tmp_path)
    with fits.open(path, mode="update") as hdus:
        del hdus[0].header["RA_OBJ"]
    with pytest.raises(SpectrumError, match="there is no RA "):
        read(path)


def test_scaled_images_are_unscaled_as_astropy_does(tmp_path: Path) -> None:
    path = natives.galah_dr3(tmp_path)
    with fits.open(path) as hdus:
        hdus[4].scale("int16", bzero=1.0, bscale=1e-4)
        hdus.writeto(path, overwrite=True)
    made = read(path)[1][0]
    assert made.flux.dtype == np.float64
    assert np.allclose(made.flux[0], fits.getdata(path, 4).astype("f8"), rtol=1e-6)
