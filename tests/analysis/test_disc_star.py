"""Places and motions of stars against astropy, draws and published velocities; the selection by hand."""

from __future__ import annotations

import csv
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from scipy.integrate import quad
from scipy.optimize import brentq

import catalogdb
from analysis import find
from analysis.disc_star.cuts import Selection, select
from analysis.disc_star.inputs import Stars
from analysis.disc_star.job import places
from analysis.disc_star.result import OPTIONS, RESULT
from analysis.galaxy import coords
from analysis.galaxy.coords import Cylinder
from analysis.galaxy.parallax_distance import by_inverse, by_prior
from analysis.galaxy.populations import BOUNDARIES, below, probabilities
from analysis.galaxy.sun import NAMED, Sun
from analysis.options import settings
from catalogdb.errors import AnalysisError

LAMOST = (
    "ra_gaia",
    "dec_gaia",
    "parallax",
    "pmra",
    "pmdec",
    "rv",
    "galcen_x_kpc",
    "galcen_y_kpc",
    "galcen_z_kpc",
    "galcen_vx_kms",
    "galcen_vy_kms",
    "galcen_vz_kms",
)


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A store with 1,000 simulated stars, a tenth of a thick disc."""
    store = catalogdb.open(tmp_path_factory.mktemp("galaxy"), create=True)
    store.analyze("mock_galaxy", n_stars=1000, thick_fraction=0.1, seed=1)
    store.analyze("disc_star", stars="results.mock_star")
    return store


def rows(store: Any, what: str, run_id: str | None = None) -> dict[str, Any]:
    where = f" WHERE run_id = '{run_id}'" if run_id else ""
    table = store.sql(f"SELECT * FROM {what}{where} ORDER BY source_id").arrow()
    return {name: table[name].to_numpy() for name in table.column_names}  # NULL becomes NaN, or None


def numbers(found: dict[str, Any], name: str) -> Any:
    return found[name].astype(np.float64)


def test_simulated_stars_are_a_star_table_with_its_truth(sky):
    found = rows(sky, "results.mock_star")
    true = [numbers(found, f"true_{name}") for name in ("r", "phi", "z", "vr", "vphi", "vz")]
    seen = coords.observed(Cylinder(*true), Sun())
    assert len(found["source_id"]) == 1000
    assert found["simulated"].all()
    assert (found["component"] == "thick").sum() == 100
    np.testing.assert_allclose(numbers(found, "ra"), seen.ra_deg, atol=1e-9)
    np.testing.assert_allclose(numbers(found, "true_dist"), seen.distance_kpc, rtol=1e-9)
    np.testing.assert_allclose(numbers(found, "true_vc"), 234.0 - 1.83 * (true[0] - 8.122), rtol=1e-12)
    pull = (numbers(found, "dist") / seen.distance_kpc - 1.0) / 0.15
    assert pull.std() == pytest.approx(1.0, abs=0.05)
    # Distances can be found again from what is listed: m - M - A.
    modulus = numbers(found, "k_m") - numbers(found, "true_m_ks") - numbers(found, "true_a_ks")
    by_light = 10.0 ** (0.2 * modulus - 2.0)
    assert np.median(np.abs(by_light / seen.distance_kpc - 1.0)) < 0.01
    thick = found["component"] == "thick"
    assert numbers(found, "alpha_fe")[thick].mean() > numbers(found, "alpha_fe")[~thick].mean() + 0.1
    assert sky.table("results.mock_star").is_positional


def test_a_simulation_is_the_same_again_and_can_be_named(sky):
    sky.analyze("mock_galaxy", n_stars=1000, thick_fraction=0.1, seed=1, output="again")
    one, two = rows(sky, "results.mock_star"), rows(sky, "results.again")
    assert all((one[name] == two[name]).all() for name in one if name != "run_id")
    sky.analyze("mock_galaxy", n_stars=50, seed=2, output="again")
    assert len(rows(sky, "results.again")["ra"]) == 50


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sigma_r": 250.0}, "too hot"),
        ({"thick_fraction": 1.5}, "fraction"),
        ({"r_min": 10.0, "r_max": 9.0}, "no range"),
        ({"dist_error": 0.9}, "above 0.5"),
        ({"output": "Not A Name"}, "lower case"),
        ({"output": "disc_selected"}, "another table"),
        ({"sun": "11,12,7"}, "local standard of rest"),
    ],
)
def test_a_galaxy_that_can_not_be_is_refused(sky, given, words):
    with pytest.raises(AnalysisError, match=words):
        sky.analyze("mock_galaxy", n_stars=10, **given)


def test_places_are_those_of_the_coordinates_and_near_the_truth(sky):
    report = sky.analyze("disc_star", stars="results.mock_star")
    found, given = rows(sky, "results.disc_star", report.run_id), rows(sky, "results.mock_star")
    measured = ("ra", "dec", "dist", "pmra", "pmdec", "radial_velocity")
    errors = ("dist_error", "pmra_error", "pmdec_error", "radial_velocity_error")
    matrix = coords.covariance(*(numbers(given, name) for name in errors))
    made, spread = coords.with_errors(*(numbers(given, name) for name in measured), Sun(), matrix)
    for k, name in enumerate(("r", "phi", "z", "vr", "vphi", "vz")):
        np.testing.assert_allclose(numbers(found, name), made[k], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(numbers(found, f"{name}_error"), np.sqrt(spread[:, k, k]), rtol=1e-10)
    corr = spread[:, 0, 4] / np.sqrt(spread[:, 0, 0] * spread[:, 4, 4])
    np.testing.assert_allclose(numbers(found, "r_vphi_corr"), corr, rtol=1e-10)
    # 68 % of the true heights within an error: z is linear in the distance, so first order is exact.
    near = np.abs(numbers(found, "z") - numbers(given, "true_z")) < numbers(found, "z_error")
    assert near.mean() == pytest.approx(0.68, abs=0.04)
    assert report.lines[0].startswith("1,000 stars, 1,000 with position and velocity")


def test_the_selection_of_eilers_2019_is_that_of_numpy(sky):
    report = sky.analyze("disc_star", stars="results.mock_star", preset="eilers2019")
    found = rows(sky, "results.disc_star", report.run_id)
    z, r = np.abs(numbers(found, "z")), numbers(found, "r")
    expected = (
        (numbers(found, "alpha_fe") < 0.12)
        & ((z < 0.5) | (z / r < math.tan(6.0 / 360.0 * 2.0 * math.pi)))
        & (np.abs(numbers(found, "vz")) < 100.0)
        & (np.abs(numbers(found, "phi")) < math.radians(30.0))
        & (numbers(found, "logg") <= 2.2)
    )
    assert (numbers(found, "thin_disc") == expected).all()
    assert (numbers(found, "weight") == expected).all()
    assert 0.5 < expected.mean() < 0.9
    few = rows(sky, "results.disc_selected")
    assert few["source_id"].tolist() == found["source_id"][expected].tolist()
    for name in ("r", "vphi", "dist", "dist_error"):
        np.testing.assert_array_equal(few[name], found[name][expected])
    given = rows(sky, "results.mock_star")
    for name in ("ra", "pmra", "pmdec_error", "radial_velocity_error", "fe_h"):
        np.testing.assert_array_equal(few[name], given[name][expected])
    again = sky.analyze("disc_star", stars="results.disc_selected", preset="none", selected="other")
    np.testing.assert_allclose(rows(sky, "results.other")["vphi"], few["vphi"], rtol=1e-12)
    assert again.rows == expected.sum()
    with pytest.raises(AnalysisError, match="is what is read"):
        sky.analyze("disc_star", stars="results.disc_selected")
    of_thick = rows(sky, "results.mock_star")["component"] == "thick"
    assert expected[of_thick].mean() < 0.02


def test_only_what_is_asked_selects(sky):
    report = sky.analyze("disc_star", stars="results.mock_star", preset="none")
    found = rows(sky, "results.disc_star", report.run_id)
    assert (found["thin_disc"] == 1).all()
    assert np.isnan(found["in_alpha"]).all()
    narrow = sky.analyze(
        "disc_star", stars="results.mock_star", preset="none", vphi_min=200.0, vphi_max=220.0, td_d_max=0.5
    )
    found = rows(sky, "results.disc_star", narrow.run_id)
    expected = (np.abs(numbers(found, "vphi") - 210.0) <= 10.0) & (
        numbers(found, "p_thick") <= 0.5 * numbers(found, "p_thin")
    )
    assert (numbers(found, "thin_disc") == expected).all()


def test_distances_come_from_another_table_and_of_its_latest_run(sky, tmp_path):
    given = rows(sky, "results.mock_star")
    half = {"source_id": given["source_id"][:500].tolist(), "dist": given["true_dist"][:500].tolist()}
    file = tmp_path / "distances.parquet"
    pq.write_table(pa.table(half | {"dist_error": [0.1] * 500}), file)
    sky.ingest_table(file, "distances", id="source_id")
    report = sky.analyze("disc_star", stars="results.mock_star", distances="catalogs.distances")
    found = rows(sky, "results.disc_star", report.run_id)
    assert np.isfinite(found["r"]).sum() == 500
    np.testing.assert_allclose(numbers(found, "r")[:500], numbers(given, "true_r")[:500], rtol=1e-9)
    assert set(found["reason"][500:]) == {"no distance"}
    assert np.isnan(found["thin_disc"][500:]).all()
    assert any(line.startswith("500 without: no distance") for line in report.lines)


def test_parallaxes_become_distances_by_a_stated_way_only(sky):
    table = "results.mock_star"
    for given, words in (
        ({"dist": "parallaxe"}, "no column parallaxe"),
        ({"distances": table, "distance_by": "prior"}, "not both"),
        ({"distance_by": "modulus"}, "no distance moduli"),
        ({"alpha_line": "1:2,1:3"}, "must grow"),
        ({"vphi_min": 3.0, "vphi_max": 2.0}, "not below"),
        ({"z_angle": 6.0, "z_max": 0.0}, "widens"),
        ({"motions": table}, "belong together"),
    ):
        with pytest.raises(AnalysisError, match=words):
            sky.analyze("disc_star", stars=table, **given)
    report = sky.analyze("disc_star", stars=table, distance_by="inverse", parallax_snr=20.0)
    found, true = rows(sky, "results.disc_star", report.run_id), rows(sky, table)
    good = numbers(true, "parallax") >= 20.0 * 0.02
    assert (np.isfinite(found["dist"]) == good).all()
    np.testing.assert_allclose(numbers(found, "dist")[good], 1.0 / numbers(true, "parallax")[good])


def test_the_posterior_of_a_parallax_is_that_of_an_integral():
    for parallax, error, length in ((1.0, 0.05, 1.35), (0.2, 0.1, 1.35), (-0.1, 0.2, 0.5), (20.0, 0.02, 3.0)):

        def density(d: float, p: float = parallax, s: float = error, scale: float = length) -> float:
            return d * d * math.exp(-d / scale - 0.5 * ((p - 1.0 / d) / s) ** 2)

        peak = 1.0 / parallax if parallax > 3.0 * error else 2.0 * length
        low, high = (peak * 0.9, peak * 1.1) if parallax > 100 * error else (1e-3, 30.0 * length)
        whole = quad(density, low, high, points=[peak], limit=500)[0]

        def quantile(level: float, low: float = low, high: float = high, whole: float = whole) -> float:
            def above(d: float) -> float:
                return quad(density, low, d, limit=500)[0] / whole - level

            return float(brentq(above, low * 1.0001, high, xtol=1e-7))

        ends = [quantile(level) for level in (0.158655, 0.5, 0.841345)]
        found = by_prior(np.array([parallax]), np.array([error]), length)
        assert found.distance_kpc[0] == pytest.approx(ends[1], rel=2e-4)
        assert found.error_kpc[0] == pytest.approx((ends[2] - ends[0]) / 2.0, rel=2e-3)
    nothing = by_prior(np.array([np.nan, 1.0]), np.array([0.1, 0.0]), 1.35)
    assert np.isnan(nothing.distance_kpc).all()
    poor = by_inverse(np.array([0.1, -1.0, 2.0]), np.array([0.02, 0.1, 0.1]), 10.0)
    assert poor.distance_kpc.tolist()[2] == 0.5
    assert np.isnan(poor.distance_kpc[:2]).all()


def test_probabilities_are_those_of_bensby_2003():
    # Equations 1 and 2 and table 1, by hand, for U = 30, V = -60, W = 40 km/s.
    def f(sigma_u: float, sigma_v: float, sigma_w: float, v_asym: float) -> float:
        k = 1.0 / ((2.0 * math.pi) ** 1.5 * sigma_u * sigma_v * sigma_w)
        power = 30.0**2 / sigma_u**2 + (-60.0 - v_asym) ** 2 / sigma_v**2 + 40.0**2 / sigma_w**2
        return k * math.exp(-0.5 * power)

    by_hand = np.array([0.94 * f(35, 20, 16, -15), 0.06 * f(67, 38, 35, -46), 0.0015 * f(160, 90, 90, -220)])
    found = probabilities(np.array([30.0]), np.array([-60.0]), np.array([40.0]), "bensby2003")
    np.testing.assert_allclose(found[:, 0], by_hand / by_hand.sum(), rtol=1e-12)
    far = probabilities(np.array([900.0]), np.array([-900.0]), np.array([900.0]), "bensby2003")
    assert far[2, 0] == pytest.approx(1.0)


def test_lines_in_the_plane_of_abundances():
    fe_h = np.array([-0.9, -0.6, -0.1, 0.3, np.nan, 0.0])
    alpha_fe = np.array([0.05, 0.13, 0.1, 0.03, 0.0, np.nan])
    assert below(BOUNDARIES["horta2022"], fe_h, alpha_fe).tolist()[:4] == [0.0, 1.0, 0.0, 1.0]
    assert np.isnan(below(BOUNDARIES["horta2022"], fe_h, alpha_fe)[4:]).all()
    assert below(BOUNDARIES["eilers2019"], fe_h, alpha_fe).tolist()[:5] == [1.0, 0.0, 1.0, 1.0, 1.0]


def test_what_is_missing_is_not_decided_but_what_fails_is():
    nan = np.nan
    star = Cylinder(
        np.full(3, 8.0), np.zeros(3), np.array([0.1, 0.1, 3.0]), np.zeros(3), np.full(3, 230.0), np.zeros(3)
    )
    how = Selection.of(settings("disc_star", OPTIONS, {"stars": "x", "alpha_line": "eilers2019"}), Sun())
    found = select(star, np.zeros(3), np.array([0.0, nan, nan]), np.full(3, nan), np.full(3, 0.1), how)
    assert found.thin_disc.tolist()[::2] == [1.0, 0.0]
    assert np.isnan(found.thin_disc[1])


def test_lamost_stars_are_where_their_own_columns_say(data):
    # The file's galcen_* were made with the defaults v4.0 of astropy from 1/parallax.
    with (data / "lamost" / "lamost_dr9_gaia_dr3.csv").open() as file:
        listed = list(csv.DictReader(file))
    column = {name: np.array([float(row[name] or "nan") for row in listed]) for name in LAMOST}
    given = [column[name] for name in LAMOST[:2]] + [1.0 / column["parallax"]]
    star = coords.galactocentric(*given, *(column[name] for name in LAMOST[3:6]), NAMED["astropy_v4"].sun)
    cos, sin = np.cos(star.phi_rad), np.sin(star.phi_rad)
    made = {
        "galcen_x_kpc": -star.R_kpc * cos,
        "galcen_y_kpc": star.R_kpc * sin,
        "galcen_z_kpc": star.z_kpc,
        "galcen_vx_kms": -star.vR * cos + star.vphi * sin,
        "galcen_vy_kms": star.vR * sin + star.vphi * cos,
        "galcen_vz_kms": star.vz,
    }
    assert len(listed) == 1838
    for name, value in made.items():
        np.testing.assert_allclose(value, column[name], rtol=0.0, atol=1e-9, err_msg=name)


def test_giants_of_famaey_2005_move_as_published_but_for_their_correction(data, tmp_path):
    store = catalogdb.open(tmp_path, create=True)
    store.ingest("famaey2005", [data / "radial_velocities" / "iwander_Famaey2005.tsv"])
    report = store.analyze(
        "disc_star", stars="catalogs.famaey2005", pmra="pmat2", pmdec="pmdt2", sun="0,220,0", R0=8.0, z0=0.0
    )
    found = rows(store, "results.disc_star", report.run_id)
    theirs = rows(
        store, "(SELECT source_id::VARCHAR AS source_id, ra, dec, uvel, vvel, wvel FROM catalogs.famaey2005)"
    )
    with_velocity = np.isfinite(found["vphi"])
    assert with_velocity.sum() == 5788
    number = {name: numbers(found, name)[with_velocity] for name in ("dist", "phi", "vr", "vphi", "vz")}
    published = {name: numbers(theirs, name)[with_velocity] for name in ("ra", "dec", "uvel", "vvel", "wvel")}
    cos, sin = np.cos(number["phi"]), np.sin(number["phi"])
    u_km_s = -number["vr"] * cos + number["vphi"] * sin
    v_km_s = number["vr"] * sin + number["vphi"] * cos - 220.0

    def spread(x: Any) -> float:
        return float(1.4826 * np.median(np.abs(x - np.median(x))))

    # W is theirs to its rounding of 0.1 km/s.
    assert spread(number["vz"] - published["wvel"]) < 0.06
    star = SkyCoord(published["ra"] * u.deg, published["dec"] * u.deg).galactic
    off = u_km_s - published["uvel"]
    right = (14.82 + 12.37) * number["dist"] * np.sin(star.l.rad) * np.cos(star.b.rad)
    # The first-order correction by Oort's constants is not in their U; one whose angles are degrees taken
    # for radians, l from -180 to 180, is: that is what was published.
    as_radians = (
        (14.82 + 12.37) * number["dist"] * np.sin(star.l.wrap_at(180 * u.deg).deg) * np.cos(star.b.deg)
    )
    assert spread(off) > 3.0
    assert spread(off - right) > 4.0
    assert spread(off - as_radians) < 0.06
    along = (14.82 - 12.37) * number["dist"] * np.cos(star.l.wrap_at(180 * u.deg).deg) * np.cos(star.b.deg)
    assert spread(v_km_s - published["vvel"] - along) < 0.06


@pytest.mark.parametrize(
    ("catalogue", "file", "missing"),
    [
        ("galah", "radial_velocities/iwander_Galah.tsv", ["proper motions", "distances"]),
        ("apokasc2", "apogee/APOKASC2.h5", ["positions", "proper motions", "radial velocities"]),
    ],
)
def test_catalogues_that_are_not_enough_say_what_is_missing(data, tmp_path, catalogue, file, missing):
    store = catalogdb.open(tmp_path, create=True)
    store.ingest(catalogue, [data / file])
    with pytest.raises(AnalysisError) as caught:
        store.analyze("disc_star", stars=f"catalogs.{catalogue}")
    for words in missing:
        assert f"no {words}" in str(caught.value)


def test_motions_come_by_way_of_a_match(tmp_path):
    store = catalogdb.open(tmp_path, create=True)
    store.analyze("mock_galaxy", n_stars=40, seed=3)
    names = "source_id, ra, dec, radial_velocity, radial_velocity_error, dist, dist_error"
    bare = f"SELECT {names} FROM results.mock_star"
    pq.write_table(store.sql(bare).arrow(), tmp_path / "bare.parquet")
    store.ingest_table(tmp_path / "bare.parquet", "bare", id="source_id", ra="ra", dec="dec")
    with pytest.raises(AnalysisError, match="--motions TABLE --link MATCH"):
        store.analyze("disc_star", stars="catalogs.bare")
    store.match("catalogs.bare", "results.mock_star", radius_arcsec=0.1, keep="nearest", name="link")
    report = store.analyze(
        "disc_star", stars="catalogs.bare", motions="results.mock_star", link="matches.link"
    )
    whole = store.analyze("disc_star", stars="results.mock_star")
    one = rows(store, "results.disc_star", report.run_id)
    two = rows(store, "results.disc_star", whole.run_id)
    for name in ("vphi", "vphi_error", "vz"):
        np.testing.assert_allclose(numbers(one, name), numbers(two, name), rtol=1e-12)


def test_pictures_are_drawn(sky, tmp_path):
    for analysis in ("mock_galaxy", "disc_star"):
        if analysis == "disc_star":
            sky.analyze(analysis, stars="results.mock_star")
        file = tmp_path / f"{analysis}.png"
        find(analysis).plot(sky, file, source_id="mock-0007")
        assert file.stat().st_size > 10_000
        with pytest.raises(AnalysisError, match="nobody"):
            find(analysis).plot(sky, file, source_id="nobody")


def test_the_named_suns_are_those_of_astropy():
    from astropy.coordinates import galactocentric_frame_defaults as defaults

    for name, state in (("astropy_v4", "v4.0"), ("astropy_pre_v4", "pre-v4.0")):
        theirs = defaults.get_from_registry(state)["parameters"]
        velocity = theirs["galcen_v_sun"].xyz.to_value(u.km / u.s)
        sun = NAMED[name].sun
        assert (sun.u_km_s, sun.v_km_s, sun.w_km_s) == pytest.approx(tuple(velocity))
        assert sun.r0_kpc == pytest.approx(theirs["galcen_distance"].to_value(u.kpc))
        assert sun.z0_kpc == pytest.approx(theirs["z_sun"].to_value(u.kpc))


def test_every_option_and_column_is_described():
    assert {option.name for option in OPTIONS} >= {"R0", "z0", "sun", "stars", "preset"}
    assert len(RESULT.columns) == len({column.name for column in RESULT.columns})


def one_star(**changed: float) -> Stars:
    """Return a star with parallax, as `inputs` reads it; a correlation or error is what `changed` says."""
    number = {
        "ra": 80.0,
        "dec": 25.0,
        "pmra": -1.0,
        "pmdec": 2.0,
        "radial_velocity": 30.0,
        "pmra_error": 0.03,
        "pmdec_error": 0.04,
        "radial_velocity_error": 1.0,
        "pmra_pmdec_corr": 0.3,
        "parallax_pmra_corr": 0.6,
        "parallax_pmdec_corr": -0.5,
    } | changed
    arrays = {name: np.array([value]) for name, value in number.items()}
    return Stars(["x"], arrays, np.array([1.0]), np.array([0.05]), "1/parallax", True, "")


def test_correlations_of_a_parallax_reach_the_velocities():
    sigma = np.array([0.05, 0.03, 0.04, 1.0])  # parallax 1 +- 0.05 mas
    corr = np.eye(4)
    corr[:3, :3] = [[1.0, 0.6, -0.5], [0.6, 1.0, 0.3], [-0.5, 0.3, 1.0]]
    rng = np.random.default_rng(1)
    drawn = rng.multivariate_normal([1.0, -1.0, 2.0, 30.0], corr * np.outer(sigma, sigma) * 0.01, 200_000).T
    sample = np.array(coords.galactocentric(80.0, 25.0, 1.0 / drawn[0], *drawn[1:], Sun())).std(axis=1) * 10.0
    _, spread = places(one_star(), np.array([1.0]), Sun())
    np.testing.assert_allclose(np.sqrt(np.diag(spread[0])), sample, rtol=0.01)
    _, without = places(one_star(parallax_pmra_corr=0.0, parallax_pmdec_corr=0.0), np.array([1.0]), Sun())
    assert abs(math.sqrt(without[0, 5, 5]) / sample[5] - 1.0) > 0.02


def test_a_missing_error_leaves_the_others():
    _, spread = places(one_star(radial_velocity_error=np.nan), np.array([1.0]), Sun())
    assert np.isfinite(spread[0][:3, :3]).all()
    assert np.isnan(spread[0][3:]).all()
    made, spread = places(one_star(radial_velocity=np.nan), np.array([1.0]), Sun())
    assert np.isfinite(made.R_kpc[0])
    assert np.isnan(made.vphi[0])
    assert np.isfinite(spread[0][:3, :3]).all()
