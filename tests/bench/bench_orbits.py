"""All ephemerides of an orbit catalogue.

    python tests/bench/bench_orbits.py [--orbits 3794] [--dates 100]

Prints how long position angles and separations of that many drawn orbits take at that many dates, compiled
before, the best of three.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from analysis.orbit.catalogue import Orbits, tangent_plane


def drawn(n: int) -> Orbits:
    """Orbits all over the sky, of days to thousands of years."""
    rng = np.random.default_rng(1)
    return Orbits(
        ra=rng.uniform(0.0, 360.0, n),
        dec=np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n))),
        period=10.0 ** rng.uniform(-2.0, 3.5, n),
        t=rng.uniform(1800.0, 2050.0, n),
        a=10.0 ** rng.uniform(-3.0, 1.5, n),
        e=rng.uniform(0.0, 0.99, n),
        i=rng.uniform(0.0, 180.0, n),
        node=rng.uniform(0.0, 360.0, n),
        arg_periastron=rng.uniform(0.0, 360.0, n),
        equinox=np.full(n, 2000.0),
        grade=np.full(n, 3.0),
    )


def main() -> None:
    """Time them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orbits", type=int, default=3794)
    parser.add_argument("--dates", type=int, default=100)
    given = parser.parse_args()
    orbits, dates = drawn(given.orbits), np.linspace(2000.0, 2050.0, given.dates)
    tangent_plane(orbits.where(np.arange(2)), dates)
    took = []
    for _ in range(3):
        begin = time.perf_counter()
        tangent_plane(orbits, dates)
        took.append(time.perf_counter() - begin)
    print(f"{given.orbits:,} orbits at {given.dates:,} dates: {min(took):.3f} s")


if __name__ == "__main__":
    main()
