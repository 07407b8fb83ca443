"""Series of velocities and positions, and rotation curves: real rows against numpy and astropy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_sun
from astropy.table import Table
from astropy.time import Time

import ingest
from catalogdb.errors import BadRecord
from catalogdb.store import Store


def values(store: Store, name: str, *columns: str) -> np.ndarray:
    rows = store.sql(f"SELECT {', '.join(columns)} FROM catalogs.{name}").fetchall()
    return np.array(rows, dtype=float)


@pytest.mark.parametrize(
    ("spec", "file", "columns", "rows"),
    [
        ("eilers2019", "rc_Eilers19.txt", ("r", "vc", "vc_error_minus", "vc_error_plus"), 38),
        ("zhou2023", "rc_Zhou23.txt", ("r", "vc", "vc_error"), 34),
        ("ablimit2020", "rc_Ablimit20.txt", ("r", "vc", "vc_error"), 19),
        ("mroz2019", "rc_Mroz19.txt", ("r", "r_error", "v", "v_error"), 773),
    ],
)
def test_rotation_curves(
    store: Store, data: Path, spec: str, file: str, columns: tuple[str, ...], rows: int
) -> None:
    path = data / "rotation_curves" / file
    report = ingest.ingest(store, spec, path)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (rows, rows, 0)
    np.testing.assert_array_equal(values(store, spec, *columns), np.loadtxt(path))


def test_the_weighted_line_through_zhous_curve(store: Store, data: Path) -> None:
    """The numbers that the data's own README quotes for R0 = 8.122 kpc."""
    ingest.ingest(store, "zhou2023", data / "rotation_curves/rc_Zhou23.txt")
    r, vc, error = values(store, "zhou2023", "r", "vc", "vc_error").T
    (slope, at_sun), cov = np.polyfit(r - 8.122, vc, 1, w=1 / error, cov="unscaled")
    assert at_sun == pytest.approx(234.03, abs=0.01)
    assert slope == pytest.approx(-1.827, abs=0.001)
    assert np.sqrt(np.diag(cov)) == pytest.approx([0.024, 0.08], abs=0.005)


def test_51_peg(store: Store, data: Path) -> None:
    report = ingest.ingest(store, "birkby2017", data / "rv/Birkby2017_table1.txt")
    assert (report.rows_read, report.rows_kept) == (639, 639)
    truth = Table.read(
        data / "rv/Birkby2017_table1.txt", format="ascii.fixed_width_no_header",
        names=["BJD", "RV", "e_RV", "Set"], col_starts=[0, 17, 33, 45], col_ends=[16, 32, 44, 51],
    )  # fmt: skip
    rows = store.sql("SELECT bjd, rv, rv_error, set_ FROM catalogs.birkby2017").fetchall()
    assert [row[3] for row in rows] == list(truth["Set"])
    got = np.array([row[:3] for row in rows])
    np.testing.assert_array_equal(got, np.array([truth["BJD"], truth["RV"], truth["e_RV"]]).T)
    assert store.table("birkby2017").column("rv").unit == "m.s**-1"


@pytest.mark.parametrize(("star", "rows"), [("HD128620", 5088), ("HD128621", 12266)])
def test_harps_velocities_of_alpha_cen(store: Store, data: Path, star: str, rows: int) -> None:
    path = data / f"alpha_cen/{star}_HARPS.rv"
    report = ingest.ingest(store, "radial_velocities", path, name="alpha_cen")
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (rows, rows, "rv")
    truth = np.loadtxt(path)
    truth[:, 0] += 2400000
    np.testing.assert_array_equal(values(store, "alpha_cen", "jd", "rv", "rv_error"), truth)


@pytest.mark.parametrize(("star", "half_a_day_early"), [("HD128620", 0.56), ("HD128621", 0.80)])
def test_dates_of_harps_are_mixed(store: Store, data: Path, star: str, half_a_day_early: float) -> None:
    """As the table says: many of these dates put the Sun above La Silla unless half a day is added."""
    ingest.ingest(store, "radial_velocities", data / f"alpha_cen/{star}_HARPS.rv", name="alpha_cen")
    jd = values(store, "alpha_cen", "jd")[::7, 0]
    as_said, as_mjd = (_can_observe_alpha_cen(jd + days) for days in (0.0, 0.5))
    assert np.mean(as_said ^ as_mjd) > 0.99
    assert np.mean(as_mjd) == pytest.approx(half_a_day_early, abs=0.03)


def _can_observe_alpha_cen(jd: np.ndarray) -> np.ndarray:
    """Whether alpha Cen is up and the Sun down at La Silla."""
    times = Time(jd, format="jd", scale="utc")
    la_silla = EarthLocation.from_geodetic(-70.7345 * u.deg, -29.2584 * u.deg, 2400 * u.m)
    horizon = AltAz(obstime=times, location=la_silla)
    star = SkyCoord(219.9 * u.deg, -60.83 * u.deg).transform_to(horizon)
    return np.asarray((get_sun(times).transform_to(horizon).alt.deg < -6) & (star.alt.deg > 20))


def test_velocities_by_phase_and_negative_errors(store: Store, data: Path, tmp_path: Path) -> None:
    path = data / "cyg_x1/allRV.off"
    with pytest.raises(BadRecord, match="line 445, column rv_error: is an error and negative"):
        ingest.ingest(store, "radial_velocities", path, name="cyg_x1")
    report = ingest.ingest(store, "radial_velocities", path, name="cyg_x1", rejects=tmp_path / "r.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (529, 526, 3)
    truth = np.loadtxt(path)
    truth = truth[truth[:, 2] > 0]
    truth[:, 1:] *= 1000
    np.testing.assert_allclose(values(store, "cyg_x1", "phase", "rv", "rv_error"), truth, rtol=1e-15)


@pytest.mark.parametrize(
    ("file", "form", "rows"),
    [("alpha_cen/HD128621_ALMA.rel", "rel", 11), ("kruger60/HD239960_WDS.rel", "rel_alpha", 292)],
)
def test_relative_positions(store: Store, data: Path, file: str, form: str, rows: int) -> None:
    report = ingest.ingest(store, "relative_positions", data / file)
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (rows, rows, form)
    found = values(store, "relative_positions", "jd", "dra", "dra_error", "ddec", "ddec_error")
    np.testing.assert_array_equal(found, np.loadtxt(data / file, skiprows=1))


def test_differences_of_positions_are_the_relative_positions(store: Store, data: Path) -> None:
    """What the spec says of dRA: it contains cos(dec), and its errors are those of both stars."""
    for name, star in {"a": "HD128620", "b": "HD128621"}.items():
        ingest.ingest(store, "absolute_positions", data / f"alpha_cen/{star}_ALMA.abs", name=name)
    ingest.ingest(store, "relative_positions", data / "alpha_cen/HD128621_ALMA.rel", name="rel")
    joined = store.sql(
        "SELECT (b.ra - a.ra) * cos(radians(a.dec)) * 3.6e6, (b.dec - a.dec) * 3.6e6, sqrt(a.ra_error ** 2 + b.ra_error ** 2) "
        "FROM catalogs.a JOIN catalogs.b USING (source_id) ORDER BY source_id"
    ).fetchall()
    rel = values(store, "rel", "dra", "ddec", "dra_error")
    np.testing.assert_allclose(np.array(joined), rel, atol=1)


@pytest.mark.parametrize("file", ["HD128620_ALMA", "HD128621_ALMA", "HD128620_hip", "HD128621_hip"])
def test_absolute_positions(store: Store, data: Path, file: str) -> None:
    path = data / f"alpha_cen/{file}.abs"
    report = ingest.ingest(store, "absolute_positions", path, name="x")
    truth = np.loadtxt(path, skiprows=1)
    assert report.rows_kept == len(truth) == (11 if "ALMA" in file else 35)
    found = store.sql(
        "SELECT ref_epoch, ra, ra_error, dec, dec_error, wavelength FROM catalogs.x ORDER BY source_id"
    ).fetchall()
    np.testing.assert_array_equal(np.array(found)[:, 1:], truth[:, 1:])
    epoch = Time(truth[:, 0], format="jd", scale="utc").tdb.jyear
    np.testing.assert_allclose(np.array(found)[:, 0], epoch, rtol=0, atol=1e-9)


def test_vlbi_positions_of_cyg_x1(store: Store, data: Path) -> None:
    path = data / "cyg_x1/cyg_x1_measurements_combined.txt"
    report = ingest.ingest(store, "absolute_positions", path, name="x")
    assert (report.rows_kept, report.ingests[0].form) == (11, "vlbi")
    truth = pd.read_csv(path, sep=" ")
    sky = SkyCoord(truth["RA"], truth["Dec"], unit=(u.hourangle, u.deg))
    found = store.sql(
        "SELECT ra, dec, ra_error, dec_error, ref_epoch FROM catalogs.x ORDER BY source_id"
    ).fetchall()
    ra, dec, ra_error, dec_error, epoch = np.array(found).T
    np.testing.assert_allclose(ra, sky.ra.deg, rtol=0, atol=1e-12)
    np.testing.assert_allclose(dec, sky.dec.deg, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ra_error, truth["RAs_er"] * 15000 * np.cos(sky.dec.rad), rtol=1e-12)
    np.testing.assert_allclose(dec_error, truth["Decs_er"] * 1000, rtol=1e-12)
    np.testing.assert_allclose(epoch, Time(truth["MJD"], format="mjd", scale="utc").tdb.jyear, atol=1e-9)


def test_measures_of_alpha_cen_and_velocities_of_twa_3(store: Store, data: Path) -> None:
    assert (
        ingest.ingest(store, "kervella2016", data / "alpha_cen/kervella2016_astrometry.dat").rows_kept == 25
    )
    truth = pd.read_csv(data / "alpha_cen/kervella2016_astrometry.dat", sep=r"\s+")
    found = values(store, "kervella2016", "epoch", "theta", "etheta", "rho", "erho")
    np.testing.assert_array_equal(found, truth[["epoch", "theta", "etheta", "rho", "erho"]])
    assert ingest.ingest(store, "kellogg2017", data / "wds/keck.dat").rows_kept == 11
    keck = pd.read_csv(data / "wds/keck.dat", sep="\t", na_values="X")
    found = values(store, "kellogg2017", "hjd - 2400000", "orbital", "rv_aa", "rv_ab", "rv_b")
    np.testing.assert_allclose(found, keck, rtol=1e-12)


def test_measures_of_twa_3(store: Store, data: Path) -> None:
    path = data / "wds/visual_data_besselian.csv"
    report = ingest.ingest(store, "twa3_measures", path)
    assert (report.rows_read, report.rows_kept) == (12, 12)
    truth = pd.read_csv(path, na_values="X")
    truth["epoch"] = Time(truth["epoch"], format="byear", scale="tdb").jyear
    got = values(store, "twa3_measures", "epoch", "object", "rho", "rho_error", "pa", "pa_error")
    np.testing.assert_allclose(got, truth.drop(columns="ref").to_numpy(), rtol=1e-12)
    assert store.sql("SELECT count(ref) FROM catalogs.twa3_measures").fetchall() == [(6,)]
