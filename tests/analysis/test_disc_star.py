"""Places and motions of stars against astropy, draws and published velocities; the selection by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.table import QTable
from scipy.integrate import quad
from scipy.optimize import brentq

import catalogdb
from analysis import find
from analysis.columns import number, text
from analysis.disc_star.cuts import Selection, select
from analysis.disc_star.inputs import Source, Stars, read, source
from analysis.disc_star.job import places
from analysis.disc_star.result import OPTIONS, RESULT
from analysis.galaxy import coords
from analysis.galaxy.coords import Cylinder
from analysis.galaxy.mock import MockDisc, draw
from analysis.galaxy.parallax_distance import by_inverse, by_prior
from analysis.galaxy.populations import BOUNDARIES, below, probabilities
from analysis.galaxy.sun import NAMED, Sun
from analysis.options import settings
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table
from catalogdb.writer import Publication

PLAIN = ("ra", "dec", "pmra", "pmdec", "radial_velocity")


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


def test_only_what_is_asked_selects():
    star = draw(MockDisc(), 2000, 1)
    nothing = np.full(2000, np.nan)

    def thin(**given: Any) -> Any:
        how = Selection.of(settings("disc_star", OPTIONS, {"stars": "x", "preset": "none"} | given), Sun())
        return select(star, nothing, nothing, nothing, nothing, how)

    assert (thin().thin_disc == 1.0).all()
    assert np.isnan(thin().flag["in_alpha"]).all()
    found = thin(vphi_min=200.0, vphi_max=220.0, td_d_max=0.5)
    thick_over_thin = found.probability[1] / found.probability[0]
    expected = (np.abs(star.vphi - 210.0) <= 10.0) & (thick_over_thin <= 0.5)
    assert (found.thin_disc == expected).all()
    assert 0.05 < expected.mean() < 0.6
    apart = np.sqrt(star.vR**2 + (star.vphi - 233.56) ** 2 + star.vz**2)
    assert (thin(toomre=50.0).thin_disc == (apart < 50.0)).all()
    assert np.isnan(thin(logg_max=2.2).thin_disc).all()


def test_distances_come_from_another_table_and_of_its_latest_run(sky):
    given = rows(sky, "results.mock_star")
    sky.analyze("disc_star", stars="results.mock_star", distance_by="inverse", parallax_snr=20.0)
    report = sky.analyze("disc_star", stars="results.mock_star", distances="results.disc_star")
    found = rows(sky, "results.disc_star", report.run_id)
    # Those of the run before, which has distances of few stars; older runs have all.
    good = given["parallax"] >= 20.0 * 0.02
    assert 50 < good.sum() < 500
    assert (np.isfinite(found["dist"]) == good).all()
    np.testing.assert_allclose(found["dist"][good], 1.0 / given["parallax"][good])
    assert set(found["reason"][~good]) == {"no distance"}
    assert np.isnan(found["thin_disc"][~good]).all()
    assert any(line == f"{(~good).sum():,} without: no distance" for line in report.lines)


@pytest.mark.parametrize(("unit", "error_unit"), [("kpc", "pc"), ("pc", "kpc"), ("pc", "pc")])
def test_distances_and_their_errors_each_have_a_unit_of_their_own(sky, tmp_path, unit, error_unit):
    given = {"dist": [2.0, 3.0] * u.kpc, "dist_error": [0.2, 0.6] * u.kpc}
    columns = {"source_id": ["a", "b"], "ra": [1.0, 2.0] * u.deg, "dec": [3.0, 4.0] * u.deg}
    columns |= {name: [5.0, 6.0] * u.mas / u.yr for name in ("pmra", "pmdec")}
    columns |= {"radial_velocity": [7.0, 8.0] * u.km / u.s}
    columns |= {"dist": given["dist"].to(unit), "dist_error": given["dist_error"].to(error_unit)}
    name = f"{unit}_{error_unit}"
    QTable(columns).write(tmp_path / f"{name}.ecsv")
    sky.ingest_table(tmp_path / f"{name}.ecsv", name, id="source_id")
    table = f"catalogs.{name}"
    (found,) = read(sky, *(of := asked(sky, stars=table)))
    np.testing.assert_allclose(found.distance_kpc, given["dist"].value)
    np.testing.assert_allclose(found.distance_error_kpc, given["dist_error"].value)
    other, _ = asked(sky, stars=table, distances=table)
    assert other.other == {"a": pytest.approx((2.0, 0.2)), "b": pytest.approx((3.0, 0.6))}
    assert of[0].other is None


def asked(store: Any, **given: Any) -> tuple[Source, dict[str, Any]]:
    chosen = settings("disc_star", OPTIONS, given)
    return source(store, chosen), chosen


def test_of_a_result_with_several_runs_the_latest_is_read(sky):
    table = Table(
        name="several_runs",
        schema="results",
        title="Stars of runs",
        about="As results have them",
        unique=False,
        columns=(
            text("source_id", "meta.id", "Star"),
            *(number(key, "meta.number", "", key) for key in (*PLAIN, "dist", "dist_error")),
            text("run_id", "meta.id", "Run"),
        ),
    )
    for distance in (1.0, 2.0, 3.0):
        this = sky.start_run("disc_star", {})
        values = {key: [distance] * 3 for key in (*PLAIN, "dist")} | {"dist_error": [0.1] * 3}
        rows_ = {"source_id": ["a", "b", "b"], **values, "run_id": [this.run_id] * 3}
        sky.publish_many([Publication(table=table, rows=pa.table(rows_), part=str(distance))], run=this)
    report = sky.analyze("disc_star", stars="results.several_runs", selected="of_several")
    assert report.lines[0].startswith("3 stars")
    assert report.lines[1:3] == (
        f"results.several_runs: run {this.run_id} is read, the latest of 3 (--run-id)",
        "1 row repeats an identifier",
    )
    assert rows(sky, "results.disc_star", report.run_id)["dist"].tolist() == [3.0] * 3


def test_parallaxes_become_distances_by_a_stated_way_only(sky):
    table = "results.mock_star"
    for given, words in (
        ({"dist": "parallaxe"}, "no column parallaxe"),
        ({"distances": table, "distance_by": "prior"}, "not both"),
        ({"distance_by": "modulus"}, "no distance moduli"),
        ({"motions": table}, "belong together"),
    ):
        with pytest.raises(AnalysisError, match=words):
            source(sky, settings("disc_star", OPTIONS, {"stars": table} | given))
    for given, words in (
        ({"alpha_line": "1:2,1:3"}, "must grow"),
        ({"alpha_line": "thin"}, "give eilers2019"),
        ({"vphi_min": 3.0, "vphi_max": 2.0}, "not below"),
        ({"z_angle": 6.0, "z_max": 0.0}, "widens"),
    ):
        with pytest.raises(AnalysisError, match=words):
            Selection.of(settings("disc_star", OPTIONS, {"stars": table} | given), Sun())


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


def test_motions_come_by_way_of_a_match(sky, tmp_path):
    names = "source_id, ra, dec, radial_velocity, radial_velocity_error, dist, dist_error"
    bare = f"SELECT {names} FROM results.mock_star ORDER BY source_id LIMIT 40"
    pq.write_table(sky.sql(bare).arrow(), tmp_path / "bare.parquet")
    sky.ingest_table(tmp_path / "bare.parquet", "bare", id="source_id", ra="ra", dec="dec")
    with pytest.raises(AnalysisError, match="--motions TABLE --link MATCH"):
        source(sky, settings("disc_star", OPTIONS, {"stars": "catalogs.bare"}))
    sky.match("catalogs.bare", "results.mock_star", radius_arcsec=0.1, keep="nearest", name="link")
    report = sky.analyze("disc_star", stars="catalogs.bare", motions="results.mock_star", link="matches.link")
    found = rows(sky, "results.disc_star", report.run_id)
    given = {name: each[:40] for name, each in rows(sky, "results.mock_star").items()}
    measured = ("ra", "dec", "dist", "pmra", "pmdec", "radial_velocity")
    errors = ("dist_error", "pmra_error", "pmdec_error", "radial_velocity_error")
    matrix = coords.covariance(*(given[name] for name in errors))
    made, spread = coords.with_errors(*(given[name] for name in measured), Sun(), matrix)
    np.testing.assert_allclose(found["vphi"], made.vphi, rtol=1e-9)
    np.testing.assert_allclose(found["vphi_error"], np.sqrt(spread[:, 4, 4]), rtol=1e-9)


def test_pictures_are_drawn(sky, tmp_path):
    for analysis in ("mock_galaxy", "disc_star"):
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
