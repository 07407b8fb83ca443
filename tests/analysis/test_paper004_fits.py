"""The pure parts of paper 004's procedure: V magnitudes, classes, and the test's behaviour on known stars."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis import listings, paper_listings, surveys, zone_listings
from analysis.acceleration.entries import entries
from analysis.frames import fk5_to_icrs
from analysis.paper004 import core
from analysis.paper004.fits import classes, thresholds
from analysis.paper004.photometry import RELATIONS, recipe, v_magnitude
from analysis.surveys import SURVEYS, look
from analysis.truesky import make_sky, triads
from catalogdb.epoch import MAS_PER_RAD

GAIA = {f"phot_{band}_mean_mag" for band in ("g", "bp", "rp")}


@pytest.mark.parametrize(
    ("relation", "g_minus_v"),
    [
        # Equation 1 of the paper, and Riello et al. 2021, at BP - RP = 0.5 and 1.5, worked out by hand.
        ("dr2", (-0.06433, -0.41759)),
        ("dr3", (-0.0720375, -0.4426525)),
    ],
)
def test_v_from_gaia(relation, g_minus_v):
    how = recipe(GAIA, RELATIONS[relation])
    columns = {
        "phot_g_mean_mag": np.array([12.0, 12.0, 12.0, np.nan]),
        "phot_bp_mean_mag": np.array([12.2, 12.7, 18.0, 12.0]),
        "phot_rp_mean_mag": np.array([11.7, 11.2, 11.0, 11.5]),
    }
    v, error = v_magnitude(how, columns)
    assert v[:2] == pytest.approx(12.0 - np.array(g_minus_v), abs=1e-7)
    assert np.isnan(v[2:]).all()  # a colour for which no relation holds, and no magnitude
    assert np.isnan(error[2:]).all()
    assert error[:2] == pytest.approx(RELATIONS[relation].scatter_mag)


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (GAIA | {f"phot_{b}_mean_flux_over_error" for b in ("g", "bp", "rp")}, None),
        (
            {"vtmag", "btmag", "e_vtmag", "e_btmag"},
            {"vtmag": 9.0, "btmag": 9.9, "e_vtmag": 0.02, "e_btmag": 0.05},
        ),
        ({"bmag", "b_v"}, {"bmag": 11.0, "b_v": 0.6}),
        ({"vmag", "e_vmag", "bmag", "b_v"}, {"vmag": 10.0, "e_vmag": 0.07}),
    ],
    ids=["gaia", "tycho2", "npm1", "listed"],
)
def test_errors_are_propagated_through_every_magnitude(names, columns):
    """Equation 3 against magnitudes that are drawn with these errors."""
    how = recipe(names, RELATIONS["dr2"])
    sigma = {"bmag": 0.2, "b_v": 0.15}
    if columns is None:
        columns = {"phot_g_mean_mag": 12.0, "phot_bp_mean_mag": 12.5, "phot_rp_mean_mag": 11.3}
        sigma = dict(zip(columns, (0.01, 0.02, 0.03), strict=True))
        columns |= {name.replace("mag", "flux_over_error"): 1.0857362 / e for name, e in sigma.items()}
    sigma |= {name.removeprefix("e_"): value for name, value in columns.items() if name.startswith("e_")}
    one = {name: np.array([value]) for name, value in columns.items()}
    v, error = v_magnitude(how, one, scatter=False)
    rng = np.random.default_rng(2016)
    drawn = {
        name: values + sigma.get(name, 0.0) * rng.standard_normal(40_000) if name in how.columns else values
        for name, values in one.items()
    }
    drawn |= {name: np.full(40_000, one[name][0]) for name in one if name not in sigma}
    many, _ = v_magnitude(how, drawn, scatter=False)
    assert many.mean() == pytest.approx(v[0], abs=0.005)
    assert many.std() == pytest.approx(error[0], rel=0.02)
    wider = v_magnitude(how, one)[1]
    assert wider[0] == pytest.approx(np.hypot(error[0], how.relation.scatter_mag))


def test_catalogues_without_v_have_no_recipe():
    for names in (
        {"j_m", "h_m", "k_m"},
        {"w1mpro", "w2mpro"},
        {"mmag", "avm"},  # URAT1, whose V is that of APASS
        {"gmag", "umag", "rmag"},  # UCAC5
        {"phot_g_mean_mag"},  # Gaia DR1
    ):
        assert recipe(names, RELATIONS["dr2"]) is None


def test_thresholds_are_quantiles_of_chi_square():
    dof = np.array([16, 1, 40, 0, -2])
    high, low = thresholds(dof)
    assert high[:3] == pytest.approx(stats.chi2.ppf(0.999, dof[:3]), rel=1e-9)
    assert low[:3] == pytest.approx(stats.chi2.ppf(0.001, dof[:3]), rel=1e-6)
    assert (high[0], low[0]) == pytest.approx((39.25235, 3.94163), abs=1e-4)
    assert np.isnan(high[3:]).all()
    found = classes(np.array([39.3, 3.9, 10.0, np.nan, 50.0, 50.0]), np.array([16, 16, 16, 16, 0, 16]))
    assert found.tolist() == ["accelerating", "uniform", "neither", "", "", "accelerating"]


def test_f2_calls_seven_percent_of_uniform_stars_accelerating_or_uniform(paper_sky):
    """Both tails of the paper's test on stars that move uniformly: nominal 0.1 % each."""
    _, rows = paper_sky(8000, 2016)
    found = core(rows)["motion_class"]
    assert (found == "accelerating").mean() == pytest.approx(0.035, abs=0.007)
    assert (found == "uniform").mean() == pytest.approx(0.036, abs=0.007)
    free = core(rows, weighting="F1", free=True)["motion_class"]
    assert (free == "accelerating").sum() in range(1, 20)  # 8 of 8000 expected
    assert (free == "uniform").sum() in range(1, 20)


def test_the_fk5_trap(paper_sky):
    """GSC 2.2, UCAC5, 2MASS and AllWISE rotated though on the ICRS: uniform stars seem to accelerate."""
    _, rows = paper_sky(4000, 2016)
    ra, dec = rows.ra.copy(), rows.dec.copy()
    which = np.isin(np.arange(len(rows)) % 10, (1, 3, 4, 5))
    ra[which], dec[which] = fk5_to_icrs("ICRS", ra[which], dec[which], rows.ra_epoch[which], force=True)
    columns = {"epoch": rows.ra_epoch, "ra": ra, "dec": dec}
    columns |= {
        name: getattr(rows, name) for name in ("ra_error", "dec_error", "parallax", "radial_velocity")
    }
    spoilt = entries(rows.star, rows.n_stars, columns)
    share = {w: (core(spoilt, weighting=w)["motion_class"] == "accelerating").mean() for w in ("F1", "F2")}
    assert share["F1"] == pytest.approx(0.70, abs=0.05)
    assert share["F2"] == pytest.approx(0.054, abs=0.015)


# --- the simulated catalogues of the paper ---------------------------------------------------------


@pytest.fixture(scope="module")
def views():
    sky = make_sky(3000, np.random.default_rng(20))
    return {s.name: look(sky, s, np.random.default_rng(1)) for s in SURVEYS if s.name in surveys.PAPER004}


def _offsets_mas(ra, dec, true) -> np.ndarray:
    """Offsets east and north of the true positions, shape (2, m)."""
    east, north, outward = triads(true.ra, true.dec)
    vectors = triads(np.asarray(ra), np.asarray(dec))[2]
    along = np.sum(vectors * outward, axis=1)
    return np.stack([np.sum(vectors * axis, axis=1) / along for axis in (east, north)]) * MAS_PER_RAD


def test_npm1_lists_a_position_that_its_own_motion_moved(views):
    view = views["npm1"]
    rows = paper_listings.npm1(view, np.random.default_rng(3))
    ra, dec, pmra, pmdec = (np.asarray(rows[name]) for name in ("ra", "dec", "pmra", "pmdec"))
    back = zone_listings.moved_each(ra, dec, pmra, pmdec, np.full((2, len(ra)), -36.5))
    near = np.abs(dec) < 85.0  # RA and dec are moved separately, which fails next to the pole
    slow = near & (np.hypot(pmra, pmdec) < 1000.0)
    plates = _offsets_mas(*back, view.at(1963.5))[:, slow] / 150.0
    assert stats.kstest((plates**2).sum(axis=0), stats.chi2(2).cdf).pvalue > 1e-3
    uniform = slow & (view.sky.acc_ra[view.rows] == 0.0) & (view.share == 0.0)
    listed = _offsets_mas(ra, dec, view.at(2000.0))[0][uniform]
    motion = (pmra - view.at(1963.5).pmra)[uniform]
    assert listed.std() == pytest.approx(np.hypot(150.0, 5.0 * 36.5), rel=0.08)
    assert np.corrcoef(listed, motion)[0, 1] == pytest.approx(0.7726, abs=0.04)
    assert len(set(rows["source_id"].tolist())) == len(ra)


def test_positions_of_gsc22_and_gaia_dr1_have_their_errors(views):
    for name in ("gsc22", "gaia_dr1"):
        view = views[name]
        rng = np.random.default_rng(4)
        if name == "gsc22":
            rows = paper_listings.gsc22(view, rng)
        else:
            normal = np.random.default_rng(5).standard_normal((len(view), 5))
            rows = paper_listings.gaia_dr1(view, normal, rng)
        off = _offsets_mas(rows["ra"], rows["dec"], view.at(np.asarray(rows["ref_epoch"])))
        off /= np.stack([np.asarray(rows["ra_error"]), np.asarray(rows["dec_error"])])
        corr = np.asarray(rows.get("ra_dec_corr", np.zeros(len(view))))
        chi2 = (off[0] ** 2 - 2.0 * corr * off[0] * off[1] + off[1] ** 2) / (1.0 - corr**2)
        assert stats.kstest(chi2, stats.chi2(2).cdf).pvalue > 1e-3, name


def test_magnitudes_of_apass_and_gaia_have_their_errors(views):
    view = views["apass"]
    rows = paper_listings.apass(view, np.random.default_rng(6))
    pull = (rows["vmag"] - view.mag["johnson_v"]) / rows["e_vmag"]
    assert stats.kstest(pull, stats.norm.cdf).pvalue > 1e-3
    alone = view.share == 0.0
    spread = (view.mag["johnson_v"] - view.mag["v"])[alone]
    assert spread.std() == pytest.approx(0.046, rel=0.06)
    gaia = listings.gaia_magnitudes(views["gaia_dr1"], ("bp",), np.random.default_rng(7))
    error = 1.0857 / np.asarray(gaia["phot_bp_mean_flux_over_error"], float)
    off = np.asarray(gaia["phot_bp_mean_mag"]) - views["gaia_dr1"].mag["bp"]
    assert stats.kstest(off / error, stats.norm.cdf).pvalue > 1e-3
