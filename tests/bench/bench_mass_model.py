"""Circular velocities of halos, bulges and discs against galpy and gala; their speed; coverage of the fit.

    python tests/bench/bench_mass_model.py [--mocks 1000] [--fits 40] [--skip mcmillan]

galpy is the extra galaxy; gala (pip install gala) is compared where it can be imported. Coverage: mock
curves of 34 points above the stars of Eilers et al. 2019, noise of 1 km/s, on a grid of halos (`--mocks`),
and by `mass_model`'s own walkers with jitter and errors that all points share (`--fits`): how often the
68.3 % interval holds the injected M200 and local density, and the band in which 99.7 % of such counts are.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import time
from collections.abc import Callable

import numpy as np
from scipy.stats import binom

from analysis import find
from analysis.galaxy import potentials
from analysis.galaxy.baryons import BOVY2015, DESALAS2019_B2, EILERS2019, MCMILLAN2017
from analysis.galaxy.halo import halos
from analysis.galaxy.units import G, critical_density
from analysis.mass_model.curve import Curve
from analysis.mass_model.derived import of_halo
from analysis.mass_model.job import build
from analysis.mass_model.model import velocities
from analysis.mass_model.solve import solve
from analysis.options import settings

R = np.geomspace(0.5, 60.0, 200)
CRITICAL = critical_density(70.0)
TRUTH = (8e11, 14.0)


def largest(name: str, ours: np.ndarray, theirs: np.ndarray, who: str) -> None:
    print(f"{name:28s} {who:6s} largest relative difference {np.max(np.abs(ours / theirs - 1.0)):.1e}")


def against_galpy(skip: str | None) -> None:
    import galpy.potential as gp

    def curve(potential: object) -> np.ndarray:
        return np.array([potential.vcirc(r, use_physical=False) for r in R])  # type: ignore[attr-defined]

    nfw = halos("nfw", *TRUTH, critical=CRITICAL)
    amplitude = G * nfw._scale()[0] * 4.0 * math.pi
    largest("nfw", np.sqrt(nfw.v2(R)[0]), curve(gp.NFWPotential(amp=amplitude, a=nfw.r_s[0])), "galpy")
    cored = halos("einasto", 2e11, 13.0, 0.91, critical=CRITICAL)
    central = G * cored.density(np.array([1e-12]))[0, 0]
    made = gp.EinastoPotential(amp=central, rm2=cored.r_s[0], n=1.0 / 0.91)
    largest("einasto, alpha 0.91", np.sqrt(cored.v2(R)[0]), curve(made), "galpy")
    gnfw = halos("gnfw", *TRUTH, 0.4, critical=CRITICAL)
    amplitude = G * gnfw._scale()[0] * 4.0 * math.pi
    made = gp.TwoPowerSphericalPotential(amp=amplitude, a=gnfw.r_s[0], alpha=0.4, beta=3.0)
    largest("gnfw, gamma 0.4", np.sqrt(gnfw.v2(R)[0]), curve(made), "galpy")
    for model in (EILERS2019, BOVY2015, DESALAS2019_B2):
        ours = potentials.v2(model, R)
        for part in model.components:
            theirs = _galpy(gp, part.kind, dict(part.values))
            if theirs is not None:
                largest(f"{model.name} {part.name}", np.sqrt(ours[part.name]), curve(theirs), "galpy")
    if skip != "mcmillan":
        from galpy.potential.McMillan17 import McMillan_bulge, McMillan_disk

        ours = potentials.v2(MCMILLAN2017, R)
        for words, part, parts in (
            ("bulge", McMillan_bulge, ["bulge"]),
            ("discs", McMillan_disk, [name for name in ours if name != "bulge"]),
        ):
            force = [-r / 8.21 * gp.evaluateRforces(part, r / 8.21, 0.0, use_physical=False) for r in R]
            both = np.sqrt(sum(ours[name] for name in parts)), 233.1 * np.sqrt(force)
            off = np.max(np.abs(both[0] - both[1]))
            print(f"mcmillan2017 {words}: galpy's expansion differs by up to {off:.2f} km/s")


def _galpy(gp: object, kind: str, values: dict[str, float]) -> object | None:
    amplitude = G * values.get("mass", 0.0)
    make: dict[str, Callable[[], object]] = {
        "plummer": lambda: gp.PlummerPotential(amp=amplitude, b=values["b"]),
        "miyamoto_nagai": lambda: gp.MiyamotoNagaiPotential(amp=amplitude, a=values["a"], b=values["b"]),
        "hernquist": lambda: gp.HernquistPotential(amp=2.0 * amplitude, a=values["a"]),
    }
    return make[kind]() if kind in make else None


def against_gala() -> None:
    if importlib.util.find_spec("gala") is None:
        print("gala is not installed: left out")
        return
    import astropy.units as u
    import gala.potential as gala
    from gala.units import UnitSystem

    units = UnitSystem(u.kpc, u.Myr, u.Msun, u.radian, u.km / u.s)
    # gala takes its constant of gravity from astropy, ours is the IAU's GM of the Sun: masses are scaled.
    from astropy.constants import G as constant

    scale = G / constant.to_value("kpc km2 / (s2 Msun)")
    xyz = np.zeros((3, len(R)))
    xyz[0] = R

    def curve(potential: object) -> np.ndarray:
        return np.asarray(potential.circular_velocity(xyz * u.kpc).to_value("km/s"))

    nfw = halos("nfw", *TRUTH, critical=CRITICAL)
    mass = nfw._scale()[0] * 4.0 * math.pi * scale
    largest("nfw", np.sqrt(nfw.v2(R)[0]), curve(gala.NFWPotential(mass, nfw.r_s[0], units=units)), "gala")
    for model in (EILERS2019, BOVY2015):
        ours = potentials.v2(model, R)
        for part in model.components:
            v = dict(part.values)
            m = v["mass"] * scale
            made = {
                "plummer": lambda v=v, m=m: gala.PlummerPotential(m, v["b"], units=units),
                "miyamoto_nagai": lambda v=v, m=m: gala.MiyamotoNagaiPotential(
                    m, v["a"], v["b"], units=units
                ),
                "power_cutoff": lambda v=v, m=m: gala.PowerLawCutoffPotential(
                    m, v["slope"], v["r_cut"], units=units
                ),
            }[part.kind]()
            largest(f"{model.name} {part.name}", np.sqrt(ours[part.name]), curve(made), "gala")
    many = np.zeros((3, 1000))
    many[0] = np.linspace(1.0, 60.0, 1000)
    made = gala.NFWPotential(mass, nfw.r_s[0], units=units)
    start = time.process_time()
    for _ in range(20):
        made.circular_velocity(many * u.kpc)
    print(f"gala: {(time.process_time() - start) / 20 * 1e3:.2f} ms per 1000 velocities of an NFW halo")


def speed() -> None:
    theta = np.column_stack([np.geomspace(5e11, 1e12, 1000), np.linspace(10.0, 20.0, 1000)])
    curve, _ = mock(1.0, 0)
    model = build(curve, "eilers2019", "nfw", asked(errors="given"), 8.122)
    start = time.process_time()
    for _ in range(20):
        model.ln_likelihood(theta)
    each = (time.process_time() - start) / 20 / len(theta)
    print(
        f"here: {each * 1e6:.2f} us a likelihood of 34 points, {each / 34 * 1e6:.3f} ms per 1000 velocities"
    )


def asked(**given: object) -> dict[str, object]:
    return settings("mass_model", find("mass_model").options, {"curve": "none", **given})


def mock(error: float, seed: int, level: float = 0.0, jitter: float = 0.0) -> tuple[Curve, np.ndarray]:
    """A curve of the true halo with noise, jitter beside it, and a shift of all points."""
    r = np.linspace(5.2, 24.5, 34)
    stars2 = np.sum(list(potentials.v2("eilers2019", r).values()), axis=0)
    rng = np.random.default_rng(seed)
    truth = velocities(stars2, halos("nfw", *TRUTH, critical=CRITICAL).v2(r))[0]
    noise = math.hypot(error, jitter) * rng.standard_normal(34) + level * rng.standard_normal()
    return Curve("mock", r, truth + noise, np.full(34, error), np.full(34, error)), stars2


def told(words: str, inside: np.ndarray, n: int) -> None:
    low, high = binom.interval(0.9973, n, 0.682689)
    for name, count in zip(("M200", "rho_sun"), inside, strict=True):
        share = 100.0 * count / n
        print(f"{words}: {name} inside in {count:.0f} of {n} ({share:.1f} %), band {low:.0f} to {high:.0f}")


def by_walkers(n: int) -> None:
    """The whole fit: jitter of 1.5 km/s that the errors do not tell, and a shift of all that they do."""
    rho = halos("nfw", *TRUTH, critical=CRITICAL).density(np.array([8.122]))[0, 0] * 1e-9
    inside = np.zeros(2)
    chosen = asked(errors="jitter", sys_level=1.36, draws=500, steps=3000)
    for seed in range(n):
        curve, _ = mock(0.5, seed + 1, level=1.36, jitter=1.5)
        solved = solve(build(curve, "eilers2019", "nfw", chosen, 8.122), chosen)
        found = {q.param: q.row() for q in of_halo(solved, 8.122)}
        for k, (name, true) in enumerate((("M200", TRUTH[0]), ("rho_sun_mass", rho))):
            inside[k] += found[name]["lo68"] <= true <= found[name]["hi68"]
    told("walkers, jitter and a shared shift", inside, n)


def on_a_grid(n: int, error: float = 1.0, size: int = 90) -> None:
    here = np.array([8.122])
    true = halos("nfw", *TRUTH, critical=CRITICAL).density(here)[0, 0]
    masses = TRUTH[0] * np.exp(np.linspace(-0.11, 0.11, size))
    densities = true * np.exp(np.linspace(-0.018, 0.018, size))
    tried = np.geomspace(0.5 * TRUTH[1], 2.0 * TRUTH[1], 4000)
    ln_c = np.array(
        [
            np.interp(densities, halos("nfw", m, tried, critical=CRITICAL).density(here)[:, 0], np.log(tried))
            for m in masses
        ]
    )
    prior = np.log(np.gradient(ln_c, np.log(densities), axis=1)).ravel()
    _, stars2 = mock(error, 0)
    grid = halos("nfw", np.repeat(masses, size), np.exp(ln_c.ravel()), critical=CRITICAL)
    computed = velocities(stars2, grid.v2(np.linspace(5.2, 24.5, 34)))
    inside = np.zeros(2)
    for seed in range(n):
        seen = mock(error, seed + 1)[0].vc
        ln = prior - 0.5 * np.sum(((computed - seen) / error) ** 2, axis=1)
        weight = np.exp(ln - ln.max()).reshape(size, size)
        for k, (values, injected) in enumerate(((masses, TRUTH[0]), (densities, true))):
            share = weight.sum(axis=1 - k)
            below = np.interp(injected, values, np.cumsum(share) - 0.5 * share) / share.sum()
            inside[k] += 0.158655 <= below <= 0.841345
    told("grid, noise of 1 km/s", inside, n)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocks", type=int, default=1000)
    parser.add_argument("--fits", type=int, default=40)
    parser.add_argument("--skip", choices=["mcmillan"], help="galpy's expansion takes half a minute")
    parsed = parser.parse_args()
    if importlib.util.find_spec("galpy") is not None:
        against_galpy(parsed.skip)
    against_gala()
    speed()
    on_a_grid(parsed.mocks)
    by_walkers(parsed.fits)


if __name__ == "__main__":
    main()
