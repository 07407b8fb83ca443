"""Halos, stars and gas against galpy and textbook formulae; fits against injected truth; every refusal."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

import catalogdb
from analysis import find
from analysis.galaxy import baryons, potentials
from analysis.galaxy.halo import KINDS, halos
from analysis.galaxy.units import GEV_CM3_PER_SUN_PC3, KPC_PER_LIGHT_YEAR, G, critical_density
from analysis.mass_model import core, told
from analysis.mass_model.curve import Curve, read
from analysis.mass_model.derived import Quantity
from analysis.mass_model.job import beside, part_of
from analysis.mass_model.model import Model, priors
from analysis.mass_model.noise import noise
from analysis.mass_model.solve import best_point
from analysis.options import settings
from catalogdb.errors import AnalysisError, CatalogError

R = np.array([0.3, 1.0, 2.5, 5.0, 8.122, 12.0, 18.0, 25.0, 60.0])
CRITICAL = critical_density(70.0)


def asked(**given):
    return settings("mass_model", find("mass_model").options, {"curve": "none", **given})


def test_units_are_those_of_astropy():
    u = pytest.importorskip("astropy.units")
    constants = pytest.importorskip("astropy.constants")
    assert (constants.GM_sun / u.M_sun).to_value("kpc km2 / (s2 Msun)") == pytest.approx(G, rel=1e-12)
    density = (1.0 * u.M_sun / u.pc**3 * constants.c**2).to_value("GeV / cm3")
    assert density == pytest.approx(GEV_CM3_PER_SUN_PC3, rel=1e-6)
    assert (1.6e4 * u.lyr).to_value("kpc") == pytest.approx(1.6e4 * KPC_PER_LIGHT_YEAR, rel=1e-12)
    hubble = 70.0 * u.km / u.s / u.Mpc
    critical = (3.0 * hubble**2 / (8.0 * math.pi * constants.G)).to_value("Msun / kpc3")
    assert critical == pytest.approx(CRITICAL, rel=1e-4)  # as well as G is known


@pytest.mark.parametrize(
    ("kind", "shape"), [("nfw", None), ("einasto", 0.17), ("einasto", 1.1), ("gnfw", 0.4)]
)
def test_mass_is_the_integral_of_the_density_and_200_times_the_critical_one(kind, shape):
    halo = halos(kind, 8.05e11, 16.2, shape, critical=CRITICAL)
    assert halo.mass(halo.r200)[0, 0] == pytest.approx(8.05e11, rel=1e-12)
    mean = 8.05e11 / (4.0 / 3.0 * math.pi * halo.r200[0] ** 3)
    assert mean == pytest.approx(200.0 * CRITICAL, rel=1e-12)
    for r in (0.5, 8.122, 40.0):
        inside = quad(
            lambda x: 4.0 * math.pi * x * x * halo.density(np.array([x]))[0, 0],
            0.0,
            r,
            epsrel=1e-11,
            limit=200,
        )[0]
        assert halo.mass(np.array([r]))[0, 0] == pytest.approx(inside, rel=1e-8)


def test_halos_are_those_of_galpy():
    galpy = pytest.importorskip("galpy.potential")
    nfw = halos("nfw", 7.3e11, 12.0, critical=CRITICAL)
    made = galpy.NFWPotential(amp=G * nfw._scale()[0] * 4.0 * math.pi, a=nfw.r_s[0])
    same(np.sqrt(nfw.v2(R)[0]), [made.vcirc(r, use_physical=False) for r in R])
    same(nfw.density(R)[0] * G, [made.dens(r, 0.0, use_physical=False) for r in R])
    gnfw = halos("gnfw", 7.3e11, 12.0, 0.6, critical=CRITICAL)
    amplitude = G * gnfw._scale()[0] * 4.0 * math.pi
    made = galpy.TwoPowerSphericalPotential(amp=amplitude, a=gnfw.r_s[0], alpha=0.6, beta=3.0)
    same(np.sqrt(gnfw.v2(R)[0]), [made.vcirc(r, use_physical=False) for r in R])
    cored = halos("einasto", 2.0e11, 13.0, 0.91, critical=CRITICAL)
    # galpy's amplitude is the density at the centre.
    central = G * cored.density(np.array([1e-12]))[0, 0]
    made = galpy.EinastoPotential(amp=central, rm2=cored.r_s[0], n=1.0 / 0.91)
    same(np.sqrt(cored.v2(R)[0]), [made.vcirc(r, use_physical=False) for r in R], 2e-6)


def same(ours, theirs, part=1e-8):
    assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=part)


def test_simple_bodies_and_cut_off_bulges_are_those_of_galpy():
    galpy = pytest.importorskip("galpy.potential")
    eilers = {c.name: c.values for c in baryons.EILERS2019.components}
    ours = potentials.v2("eilers2019", R)
    bulge = galpy.PlummerPotential(amp=G * eilers["bulge"]["mass"], b=eilers["bulge"]["b"])
    same(np.sqrt(ours["bulge"]), [bulge.vcirc(r, use_physical=False) for r in R])
    thin = eilers["thin_disc"]
    disc = galpy.MiyamotoNagaiPotential(amp=G * thin["mass"], a=thin["a"], b=thin["b"])
    same(np.sqrt(ours["thin_disc"]), [disc.vcirc(r, use_physical=False) for r in R])
    hernquist = galpy.HernquistPotential(amp=2.0 * G * 1.55e10, a=0.70)
    same(
        np.sqrt(potentials.v2("desalas2019_b2", R[:1])["bulge"]),
        [hernquist.vcirc(R[0], use_physical=False)],
    )


def test_mwpotential2014_is_that_of_galpy():
    galpy = pytest.importorskip("galpy.potential")
    ours = potentials.v2("bovy2015", R)
    bulge, disc, _ = galpy.MWPotential2014
    for part, name in ((bulge, "bulge"), (disc, "disc")):
        theirs = [220.0 * part.vcirc(r / 8.0, use_physical=False) for r in R]
        # Masses of gala and galpy differ by their constants.
        assert np.sqrt(ours[name]) == pytest.approx(theirs, rel=3e-6)


def test_an_exponential_disc_is_the_sum_of_bessel_functions():
    from scipy.special import j1

    thin = baryons.MCMILLAN2017.components[1].values
    ours = potentials.v2(
        replace(baryons.MCMILLAN2017, components=baryons.MCMILLAN2017.components[1:2]), R[3:6]
    )

    def force(k, r):
        transform = thin["surface"] * 1e6 * thin["h_r"] ** 2 / (1.0 + (k * thin["h_r"]) ** 2) ** 1.5
        return k * j1(k * r) * transform / (1.0 + k * thin["h_z"])

    for r, square in zip(R[3:6], ours["thin_disc"], strict=True):
        total = sum(quad(force, a, a + 1.0, (r,), epsabs=1e-3, limit=200)[0] for a in range(40))
        assert square == pytest.approx(2.0 * math.pi * G * r * total, rel=1e-4)


def test_a_disc_with_a_hole_pulls_from_afar_as_its_mass_and_its_moments():
    far = np.array([110.0])  # nearer, the moments of an exponential disc do not converge
    ours = potentials.v2("mcmillan2017", far)
    for disc in baryons.MCMILLAN2017.components[3:]:
        h_r, r_m, h_z = (disc.values[name] for name in ("h_r", "r_m", "h_z"))

        def moment(k, r_m=r_m, h_r=h_r):
            return quad(lambda x: x ** (k + 1) * math.exp(-r_m / x - x / h_r), 0.0, math.inf, epsabs=0.0)[0]

        # A ring of radius a in its own plane: the sum of (2 n + 1) ((2 n)! / (4^n n!^2))^2 (a / R)^(2 n).
        ring = sum(
            (2 * n + 1) * (math.comb(2 * n, n) / 4**n) ** 2 * moment(2 * n) / moment(0) / far ** (2 * n)
            for n in range(6)
        )
        # <z^2> of sech^2(z / (2 h)) is (pi h)^2 / 3.
        thick = -1.5 * (math.pi * h_z) ** 2 / 3.0 / far**2
        mass = 2.0 * math.pi * disc.values["surface"] * 1e6 * moment(0)
        assert ours[disc.name] == pytest.approx(G * mass / far * (ring + thick), rel=2e-4)
        assert potentials.masses("mcmillan2017")[disc.name] == pytest.approx(mass, rel=1e-9)


def test_mcmillan_2017_has_the_masses_and_velocity_of_the_paper_and_of_galpy():
    mass = potentials.masses("mcmillan2017")
    assert mass["bulge"] == pytest.approx(9.23e9, rel=0.05)  # table 3: 9.23e9 of the mean, 8.9e9 here
    stars = mass["bulge"] + mass["thin_disc"] + mass["thick_disc"]
    assert stars == pytest.approx(5.43e10, rel=0.01)  # abstract: 54.3 +- 5.7 e9
    assert mass["hi_disc"] == pytest.approx(1.1e10, rel=0.03)
    assert mass["h2_disc"] == pytest.approx(1.2e9, rel=0.03)
    ours = potentials.v2("mcmillan2017", np.array([8.122]))
    discs = sum(float(ours[name][0]) for name in ours if name != "bulge")
    # galpy 1.12.1, McMillan17 (an expansion, which takes half a minute): 163.130 and 69.1749 km/s.
    assert math.sqrt(discs) == pytest.approx(163.130, abs=0.05)
    assert math.sqrt(float(ours["bulge"][0])) == pytest.approx(69.1749, abs=0.01)


def test_the_same_numbers_come_out_whatever_galpy_is_configured_to(monkeypatch):
    config = pytest.importorskip("galpy.util.config")
    disc = replace(baryons.DESALAS2019_B2, components=baryons.DESALAS2019_B2.components[1:2])
    plain = potentials.v2(disc, np.array([8.2001]))["disc"]
    monkeypatch.setitem(config.__config__["normalization"], "ro", "7.3")
    monkeypatch.setitem(config.__config__["normalization"], "vo", "300.0")
    potentials._cached.cache_clear()
    assert potentials.v2(disc, np.array([8.2001]))["disc"] == pytest.approx(plain, rel=1e-14)


def test_without_galpy_the_closed_models_work_and_others_say_what_to_install(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("galpy"):
            raise ImportError("No module named 'galpy'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    potentials._cached.cache_clear()
    assert float(sum(potentials.v2("eilers2019", np.array([8.122])).values())[0]) > 0.0
    with pytest.raises(AnalysisError, match="extra galaxy"):
        potentials.v2("mcmillan2017", np.array([8.122]))
    potentials._cached.cache_clear()


def test_the_velocity_is_the_root_of_the_sum_of_squares():
    halo = halos("nfw", 8.05e11, 16.2, critical=CRITICAL)
    # science.md D: r200 191.9 kpc, halo 161 and 182 km/s at R0 and 25 kpc, 0.39 GeV/cm3.
    assert halo.r200[0] == pytest.approx(191.9, abs=0.1)
    v = np.sqrt(halo.v2(np.array([8.122, 25.0]))[0])
    assert v == pytest.approx([161.0, 182.0], abs=1.0)
    density = halo.density(np.array([8.122]))[0, 0] * 1e-9 * GEV_CM3_PER_SUN_PC3
    assert density == pytest.approx(0.39, abs=0.005)
    total = core(np.array([170.0**2, 89.0**2]), halo.v2(np.array([8.122, 25.0])))
    assert total[0] == pytest.approx([234.0, 203.0], abs=1.0)


def mock(noise_km_s, seed, kind="nfw", m200=8e11, c=14.0, n=34):
    r = np.linspace(5.2, 24.5, n)
    baryons2 = np.sum(list(potentials.v2("eilers2019", r).values()), axis=0)
    truth = core(baryons2, halos(kind, m200, c, critical=CRITICAL).v2(r))[0]
    vc = truth + noise_km_s * np.random.default_rng(seed).standard_normal(n)
    return Curve("mock", r, vc, np.full(n, noise_km_s), np.full(n, noise_km_s)), baryons2


def model_of(curve, baryons2, **given):
    values = asked(**given)
    about = noise(curve, values, 8.122)
    return Model(
        kind=values["halo"],
        r=curve.r,
        vc=curve.vc,
        baryons2=baryons2,
        noise=about,
        priors=priors(values["halo"], about.extra, values["baryon_scatter"], values["prior"]),
        critical=CRITICAL,
    )


def test_exact_points_give_the_truth_back():
    curve, baryons2 = mock(1.0, 1)
    exact = replace(curve, vc=core(baryons2, halos("nfw", 8e11, 14.0, critical=CRITICAL).v2(curve.r))[0])
    m200, c = best_point(model_of(exact, baryons2, errors="given", prior="M200=uniform(1e10,3e13)"), 1)
    # The prior of ln c leaves a pull of the order of sigma^2.
    assert m200 == pytest.approx(8e11, rel=0.01)
    assert c == pytest.approx(14.0, rel=0.01)


def grid_of(m200, c, r0=8.122, n=70):
    """Halos on a grid of mass and local density about a true one, and ln of the prior there."""
    here = np.array([r0])
    true = halos("nfw", m200, c, critical=CRITICAL).density(here)[0, 0]
    # Six standard errors to both sides.
    logs = np.linspace(-0.056, 0.056, n), np.linspace(-0.009, 0.009, n)
    mass, rho = (
        a.ravel() for a in np.meshgrid(m200 * np.exp(logs[0]), true * np.exp(logs[1]), indexing="ij")
    )
    tried = np.geomspace(0.5 * c, 2.0 * c, 2000)
    ln_c = np.empty((n, n))
    for k, one in enumerate(m200 * np.exp(logs[0])):
        density = halos("nfw", one, tried, critical=CRITICAL).density(here)[:, 0]
        ln_c[k] = np.interp(rho[:n], density, np.log(tried))
    prior = np.log(np.gradient(ln_c, logs[1], axis=1)).ravel()
    return halos("nfw", mass, np.exp(ln_c.ravel()), critical=CRITICAL), mass, rho, true, prior


def test_intervals_hold_the_injected_mass_and_density_as_often_as_they_say():
    n, error = 400, 0.5
    curve, baryons2 = mock(error, 0)
    grid, mass, rho, true, prior = grid_of(8e11, 14.0)
    computed = core(baryons2, grid.v2(curve.r))
    truth = core(baryons2, halos("nfw", 8e11, 14.0, critical=CRITICAL).v2(curve.r))[0]
    rng = np.random.default_rng(1)
    inside = np.zeros(2)
    for _ in range(n):
        seen = truth + error * rng.standard_normal(len(truth))
        ln = prior - 0.5 * np.sum(((computed - seen) / error) ** 2, axis=1)
        weight = np.exp(ln - ln.max())
        for k, (values, injected) in enumerate(((mass, 8e11), (rho, true))):
            each, at = np.unique(values, return_inverse=True)
            share = np.bincount(at, weight)
            # The middle of each cell of the grid has half of it below.
            below = float(np.interp(injected, each, np.cumsum(share) - 0.5 * share) / share.sum())
            inside[k] += 0.158655 <= below <= 0.841345
    assert np.abs(inside - 0.6827 * n) == pytest.approx(0.0, abs=3.0 * math.sqrt(n * 0.6827 * 0.3173))


def test_shared_errors_are_the_covariance_they_say():
    curve, baryons2 = mock(1.0, 2)
    model = model_of(curve, baryons2, errors="given", sys_level=1.36, sys_slope=0.07, sys_point=0.005)
    theta = np.array([[8e11, 14.0]])
    off = model.residuals(theta)[0]
    lever = curve.r - 8.122
    full = np.diag(1.0 + (0.005 * curve.vc) ** 2) + 1.36**2 + 0.07**2 * np.outer(lever, lever)
    chi2 = off @ np.linalg.solve(full, off)
    assert model.chi2(theta)[0] == pytest.approx(chi2, rel=1e-9)
    norm = 0.5 * np.linalg.slogdet(2.0 * np.pi * full)[1]
    assert model.ln_likelihood(theta)[0] == pytest.approx(-0.5 * chi2 - norm, rel=1e-9)


def test_errors_of_two_sides_are_one_density_and_jitter_widens_both():
    curve, baryons2 = mock(1.0, 2)
    sides = replace(curve, minus=np.full(34, 0.5), plus=np.full(34, 2.0))
    model = model_of(sides, baryons2, errors="jitter", asymmetric=True)
    size, jitter = np.array([1.5]), 0.7
    off = np.linspace(-60.0, 60.0, 24001)[:, None] * np.ones((1, 1))
    one = replace(model.noise, minus=sides.minus[:1], plus=sides.plus[:1])
    chi2, norm = one.squares(off, np.full(len(off), jitter))
    density = np.exp(-0.5 * chi2 - norm)
    assert density.sum() * (off[1, 0] - off[0, 0]) == pytest.approx(1.0, rel=1e-6)
    up, down = one.squares(size[:, None], np.zeros(1))[0], one.squares(-size[:, None], np.zeros(1))[0]
    assert up[0] == pytest.approx((1.5 / 2.0) ** 2)
    assert down[0] == pytest.approx((1.5 / 0.5) ** 2)


ZHOU_LIKE = """# R vc vc_error
5.24 228.1 0.7
8.21 233.2 0.5
10.25 230.3 0.5
12.74 225.6 0.5
15.23 219.6 0.6
18.35 215.5 1.4
21.28 207.7 1.7
24.00 200.6 4.9
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    with catalogdb.open(tmp_path_factory.mktemp("empty") / "sky", create=True) as store:
        yield store


@pytest.fixture
def curve_file(tmp_path):
    file = tmp_path / "curve.csv"
    file.write_text(ZHOU_LIKE)
    return file


def test_a_run_writes_line_halo_and_components(tmp_path, curve_file):
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        report = store.analyze("mass_model", curve=str(curve_file), draws=100, steps=100, errors="given")
        assert any("GeV/cm3" in line for line in report.lines)
        kept = json.loads(store.sql("SELECT settings FROM provenance.runs").arrow()["settings"][0].as_py())
        assert kept["files"] == {str(curve_file): hashlib.sha256(ZHOU_LIKE.encode()).hexdigest()}
        rows = store.sql("SELECT component, param, param_value, sig, unit FROM results.mass_model").arrow()
        found = {(r["component"], r["param"]): r for r in rows.to_pylist()}
        for key in (("line", "vc_R0"), ("line", "slope"), ("halo", "M200"), ("halo", "r200"), ("halo", "c")):
            assert found[key]["sig"] > 0.0
        assert found["halo", "rho_sun"]["unit"] == "GeV.cm**-3"
        ratio = found["halo", "rho_sun"]["param_value"] / found["halo", "rho_sun_mass"]["param_value"]
        assert ratio == pytest.approx(37.965, abs=0.01)
        assert found["bulge", "mass"]["param_value"] == pytest.approx(460 * 2.32e7)
        assert found["bulge", "mass"]["sig"] is None
        parts = store.sql(
            "SELECT component, vc FROM results.mass_model_curve WHERE r = (SELECT max(r) FROM "
            "results.mass_model_curve)"
        ).arrow()
        v = dict(zip(parts["component"].to_pylist(), parts["vc"].to_pylist(), strict=True))
        assert v["total"] == pytest.approx(math.hypot(v["halo"], v["baryons"]), rel=1e-3)
        find("mass_model").plot(store, tmp_path / "model.png")
        assert (tmp_path / "model.png").stat().st_size > 10_000
        with pytest.raises(AnalysisError, match="has no model 'x'"):
            find("mass_model").plot(store, tmp_path / "model.png", source_id="x")


@pytest.mark.parametrize(
    ("text", "columns", "words"),
    [
        ("", None, "no row of numbers"),
        ("1 2\n", None, "2 columns and no head"),
        ("5 220 1\n6 x 1\n7 220 1\n", None, "line 2.*is not numbers"),
        ("5 220 1\n6 220\n", None, "line 2 has 2 numbers"),
        ("5 220 1\n6 -220 1\n7 220 1\n", None, "line 2: R 6 kpc, vc -220"),
        ("5 220 1\n6 220 0\n7 220 1\n", None, "line 2.*errors 0"),
        ("5 220 1\n6 220 1\n", None, "has 2 points"),
        ("5 220 nan\n6 220 1\n7 220 1\n", None, "has 2 points"),
        ("5 220 1 2\n6 220 1 2\n7 220 1 2\n", None, "say --columns"),
        ("5.0 abc 3\n6 220 1\n7 220 1\n8 220 1\n", None, "line 1.*is not numbers: 'abc'"),
        ("5.0 abc 3\n6 220 1\n7 220 1\n8 220 1\n", "r,vc,vc_error", "line 1.*is not numbers"),
        ("R err vc err_r\n6 0.1 220 1\n", None, "columns are r, skip, vc, skip"),
        ("5 220 1 2\n", "r,vc,down,plus", "each is one of"),
        ("5 220 1 2\n", "r,vc,minus,skip", "vc_error or both"),
    ],
)
def test_files_that_are_no_curve_are_refused_with_the_place(tmp_path, text, columns, words):
    file = tmp_path / "c.txt"
    file.write_text(text)
    with pytest.raises(AnalysisError, match=words):
        read(None, str(file), columns)


def test_both_sides_of_errors_are_read_and_missing_rows_counted(tmp_path):
    file = tmp_path / "c.txt"
    file.write_text(
        "#R\tvc\tminus\tplus\n5.27\t226.83\t1.91\t1.90\t\n6\tnan\t1\t1\n7\t229\t1\t2\n9\t228\t1\t2\n"
    )
    curve = read(None, str(file))
    assert (curve.minus[0], curve.plus[0]) == (1.91, 1.90)
    assert len(curve.r) == 3
    assert curve.rejected == (f"{file}, line 3: no radius, velocity or error",)
    with pytest.raises(AnalysisError, match="2 points from 6"):
        curve.within(6.0, None)


def test_rows_without_a_number_and_repeated_ones_are_left_out_and_named(tmp_path):
    file = tmp_path / "c.csv"
    file.write_text(
        "R,err,vc,err_vc\n5,0.1,n/a,1\n,0.1,229,1\n6,0.1,230,3\n7,0.1,229,3\n8,0.1,228,3\n"
        "7,0.1,229,3\n9,0.1,,3\n"
    )
    for columns in (None, "r,skip,vc,vc_error"):
        curve = read(None, str(file), columns)
        assert (curve.r.tolist(), curve.error.tolist()) == ([6.0, 7.0, 8.0], [3.0, 3.0, 3.0])
        missing = [f"{file}, line {k}: no radius, velocity or error" for k in (2, 3, 8)]
        repeated = f"{file}, line 7: the same point once more as {file}, line 5"
        assert curve.rejected == (*missing[:2], repeated, missing[2])


def test_files_of_one_name_are_different_curves(tmp_path, curve_file):
    other = tmp_path / "elsewhere" / curve_file.name
    other.parent.mkdir()
    other.write_text("5 229 1\n9 225 1\n14 220 1\n")
    one, two = read(None, str(curve_file)), read(None, str(other))
    assert [(c.name, c.origin) for c in beside(one, [one, two])] == [("elsewhere/curve.csv", str(other))]
    keys = {part_of(one, asked()), part_of(one, asked(curve="x")), part_of(one, asked(R0=8.0))}
    assert len(keys | {part_of(two, asked())}) == 3


def test_a_scatter_that_may_be_none_is_told_as_a_limit():
    said = {("fit", "jitter"): Quantity("fit", "jitter", np.linspace(0.0, 2.0, 2001), "km.s**-1")}
    assert told._scatter(said, "jitter") == "less than 1.9 (95 %)"
    said = {("fit", "jitter"): Quantity("fit", "jitter", np.linspace(1.0, 2.0, 2001), "km.s**-1")}
    assert told._scatter(said, "jitter") == "1.50 +- 0.34"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"baryons": "zhou2023"}, "not one of eilers2019"),
        ({"halo": "burkert"}, "not one of nfw"),
        ({"R0": 80.0}, "some 8 kpc"),
        ({"asymmetric": True, "sys_level": 1.0}, "share nothing"),
        ({"prior": "d=uniform(0,1)"}, "no such parameter"),
        ({"r_min": 20.0}, "needs 3 or more"),
        ({"r_min": 20.0, "r_max": 10.0}, "not below r_max"),
        ({"H0": math.inf}, "H0 is inf"),
        ({"prior": "alpha=uniform(0.1,1)"}, "without --halo einasto"),
        ({"prior": "baryon_factor=uniform(0.5,2)"}, "without --baryon-scatter"),
        ({"covariance": "all"}, "has none in the store"),
        ({"curve": "results.rotation_curve"}, "rotation_curve"),
        ({"curve": "nothing.csv"}, "no file"),
        ({"curve": "results.nothing"}, "results.nothing"),
    ],
)
def test_options_that_can_not_be_are_refused_before_anything_is_written(empty, curve_file, given, words):
    with pytest.raises(CatalogError, match=words):
        empty.analyze("mass_model", **({"curve": str(curve_file)} | given))
    assert not empty.tables()


def test_every_profile_and_model_has_a_reference():
    assert all(kind.reference for kind in KINDS.values())
    assert all(len(model.reference) > 40 for model in baryons.MODELS.values())
    with pytest.raises(AnalysisError, match="did you mean eilers2019"):
        baryons.find("eilers2018")
    with pytest.raises(ValueError, match="no shape"):
        halos("nfw", 1e12, 10.0, 1.0, critical=CRITICAL)
