"""The acceleration test of many stars against a loop over them, and through a store.

    python tests/bench/bench_acceleration.py [--stars 1000000] [--loop 300] [--store 100000 1000000]

Prints how long the three models of each star take in ten catalogues, compiled before, the best of three; the
same fits one star after the other with SciPy; and the propagation beside ERFA's. The loops run on the first
stars. With `--store`, the time and largest memory of a whole run, each in a process of its own, from a table
in a store to the published results.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import erfa
import numpy as np
import pyarrow as pa
from scipy.linalg import lstsq
from scipy.optimize import least_squares
from scipy.stats import chi2

import analysis
import catalogdb
from analysis.acceleration import gls
from analysis.acceleration.entries import Entries, entries
from analysis.acceleration.reference import residuals
from catalogdb.astrometry import ASTROMETRY
from catalogdb.epoch import MAS_PER_RAD, astrometry, propagate

EPOCHS = np.array([1955.0, 1988.0, 1990.0, 1999.0, 2000.0, 2010.5589, 2014.0, 2015.0, 2015.5, 2016.0])
ERRORS = np.array([150.0, 100.0, 50.0, 10.0, 70.0, 5.0, 5.0, 0.1, 0.05, 0.025])
MOTION_ERROR = 0.02
PAPER_STARS = 6310


def _column(name: str, kind: str, unit: str | None, ucd: str) -> catalogdb.Column:
    return catalogdb.Column(name=name, type=kind, unit=unit, ucd=ucd, about=f"Column {name}")


LISTED_NAMES = (
    *("obj_id", "catalogue_name", "epoch", "ra", "dec", "ra_error", "dec_error"),
    *("pmra", "pmdec", "pmra_error", "pmdec_error", "parallax", "radial_velocity"),
)
LISTED = catalogdb.Table(
    name="bench",
    schema="results",
    about="Ten catalogues",
    columns=(
        _column("obj_id", "BIGINT", None, "meta.id;meta.main"),
        _column("catalogue_name", "VARCHAR", None, "meta.id"),
        _column("epoch", "DOUBLE", "yr", "time.epoch"),
        *(ASTROMETRY[name] for name in LISTED_NAMES[3:]),
    ),
)


def columns(n: int, seed: int) -> dict[str, np.ndarray]:
    """n stars in ten catalogues, off the poles, the last catalogue with their motions."""
    rng = np.random.default_rng(seed)
    star = astrometry(
        rng.uniform(0.0, 360.0, n),
        np.degrees(np.arcsin(rng.uniform(-0.99, 0.99, n))),
        2016.0,
        parallax_mas=rng.uniform(2.0, 20.0, n),
        pmra_mas_yr=rng.normal(0.0, 50.0, n),
        pmdec_mas_yr=rng.normal(0.0, 50.0, n),
        radial_velocity_km_s=rng.normal(0.0, 30.0, n),
    )
    index, year, error = np.repeat(np.arange(n), 10), np.tile(EPOCHS, n), np.tile(ERRORS, n)
    true = propagate(star[index], year)
    east, north = rng.normal(size=(2, 10 * n)) * error / 3.6e6
    last = year == 2016.0
    found = {"star": index, "epoch": year, "ra_error": error, "dec_error": error}
    found |= {"ra": true.ra + east / np.cos(np.radians(true.dec)), "dec": true.dec + north}
    for name in ("pmra", "pmdec"):
        measured = getattr(true, name) + rng.normal(0.0, MOTION_ERROR, 10 * n)
        found |= {name: np.where(last, measured, np.nan)}
        found |= {f"{name}_error": np.where(last, MOTION_ERROR, np.nan)}
    found["parallax"] = np.where(last, true.parallax, np.nan)
    found["radial_velocity"] = np.where(last, true.radial_velocity, np.nan)
    return found


class Took(NamedTuple):
    """Seconds of the clock and of the processors."""

    clock: float
    processor: float


def best(call: Callable[[], object], times: int = 3) -> Took:
    """What the fastest of some calls took."""
    took = []
    for _ in range(times):
        clock, processor = time.perf_counter(), time.process_time()
        call()
        took.append(Took(time.perf_counter() - clock, time.process_time() - processor))
    return Took(min(each.clock for each in took), min(each.processor for each in took))


class One(NamedTuple):
    """One star for the loops: its entries' rows, and what a fit starts from."""

    one: slice
    at: int  # the most precise position
    moving: int  # the entry with a motion
    roots: list[np.ndarray]  # of the weights


def each_star(rows: Entries) -> Iterator[One]:
    """The stars, one after the other."""
    edges = np.searchsorted(rows.star, np.arange(rows.n_stars + 1))
    for first, last in zip(edges, edges[1:], strict=False):
        sizes = [4 if moving else 2 for moving in rows.has_motion[first:last]]
        roots = [np.linalg.cholesky(rows.weight[first + i, :k, :k]).T for i, k in enumerate(sizes)]
        best_place = int(np.argmin(rows.ra_error[first:last]))
        yield One(slice(first, last), best_place, int(np.flatnonzero(rows.has_motion[first:last])[0]), roots)


def remainders(rows: Entries, star: One, step: np.ndarray) -> np.ndarray:
    """Observed minus computed over errors, with the rigorous propagation; step is of eight parameters."""
    one, at, moving, roots = star
    ra, dec, year = rows.ra[one], rows.dec[one], rows.ra_epoch[one]
    start = astrometry(
        np.full(len(ra), ra[at] + step[0] / 3.6e6 / np.cos(np.radians(dec[at]))),
        dec[at] + step[1] / 3.6e6,
        year[at],
        parallax_mas=rows.parallax[one][moving],
        pmra_mas_yr=rows.pmra[one][moving] + step[2],
        pmdec_mas_yr=rows.pmdec[one][moving] + step[3],
        radial_velocity_km_s=rows.radial_velocity[one][moving],
    )
    then, t = propagate(start, year), year - year[at]
    bend = np.outer(step[4:6], t**2 / 2.0) + np.outer(step[6:8], t**3 / 6.0)
    turn = (ra - then.ra + 180.0) % 360.0 - 180.0
    east = turn * np.cos(np.radians(dec)) * 3.6e6 - bend[0]
    north = (dec - then.dec) * 3.6e6 - bend[1]
    parts = []
    for i, root in enumerate(roots):
        values = [east[i], north[i]]
        if i == moving:
            rate = step[4:6] * t[i] + step[6:8] * t[i] ** 2 / 2.0
            values += [
                rows.pmra[one][i] - then.pmra[i] - rate[0],
                rows.pmdec[one][i] - then.pmdec[i] - rate[1],
            ]
        parts.append(root @ np.array(values))
    return np.concatenate(parts)


def design(rows: Entries, star: One) -> np.ndarray:
    """The derivatives of what is computed over errors, of eight parameters."""
    t = rows.ra_epoch[star.one] - rows.ra_epoch[star.one][star.at]
    parts = []
    for year, root in zip(t, star.roots, strict=True):
        model = np.zeros((len(root), 8))
        model[0, 0::2] = model[1, 1::2] = 1.0, year, year**2 / 2.0, year**3 / 6.0
        if len(root) == 4:
            model[2, 2::2] = model[3, 3::2] = 1.0, year, year**2 / 2.0
        parts.append(root @ model)
    return np.concatenate(parts)


def tests(chi: list[float], rows: int) -> tuple[float, ...]:
    """The three probabilities of the three models' chi-squares."""
    return chi2.sf(chi[0], rows - 4), chi2.sf(chi[0] - chi[1], 2), chi2.sf(chi[1] - chi[2], 2)


def loop_lstsq(rows: Entries) -> list[tuple[float, ...]]:
    """Each star for itself: remainders of its reference, and three times scipy.linalg.lstsq."""
    found = []
    for star in each_star(rows):
        model, seen = design(rows, star), remainders(rows, star, np.zeros(8))
        chi = []
        for k in (4, 6, 8):
            value, *_ = lstsq(model[:, :k], seen, lapack_driver="gelsy", check_finite=False)
            left = seen - model[:, :k] @ value
            chi.append(left @ left)
        found.append(tests(chi, len(seen)))
    return found


def loop_least_squares(rows: Entries) -> list[tuple[float, ...]]:
    """Each star for itself: three times scipy.optimize.least_squares, which is told the derivatives."""
    found = []
    for star in each_star(rows):
        model = design(rows, star)
        chi = []
        for k in (4, 6, 8):

            def left(step: np.ndarray, star: One = star, more: int = 8 - k) -> np.ndarray:
                return remainders(rows, star, np.pad(step, (0, more)))

            def slope(step: np.ndarray, model: np.ndarray = -model[:, :k]) -> np.ndarray:
                return model

            chi.append(2.0 * least_squares(left, np.zeros(k), slope, method="lm", x_scale="jac").cost)
        found.append(tests(chi, len(model)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stars", type=int, default=1_000_000)
    parser.add_argument("--loop", type=int, default=300)
    parser.add_argument("--store", type=int, nargs="*", default=[])
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        run_in_store(arguments.run)
        return
    print(f"{os.cpu_count()} processors; seconds by the clock, of the processors, and of these for one star")
    compare(arguments.stars, arguments.loop)
    for n in arguments.store:
        subprocess.run([sys.executable, __file__, "--run", str(n)], check=True)


def compare(stars: int, loop: int) -> None:
    """Print a line for each way."""
    few = made(loop, 1)
    fit = gls.core(few)
    ours = np.stack([fit.p_lin, fit.p_acc, fit.p_jerk], axis=1)
    loops = {}
    for name, function in (("lstsq", loop_lstsq), ("least_squares", loop_least_squares)):
        theirs = np.array(function(few))
        took = best(lambda function=function: function(few))
        loops[name] = Took(took.clock / loop, took.processor / loop)
        line(f"scipy {name}, one star after the other, {loop} stars", took, loop)
        print(f"    largest difference of a probability from ours: {np.abs(ours - theirs).max():.1e}")
    for n in (PAPER_STARS, stars):
        rows = made(n, 2)
        for threads in dict.fromkeys((1, os.cpu_count() or 1)):
            took = best(lambda rows=rows, threads=threads: gls.core(rows, threads=threads))
            line(f"core, {n:,} stars x 10, threads: {threads}", took, n)
            for name, theirs in loops.items():
                ratio = theirs.clock * n / took.clock, theirs.processor * n / took.processor
                print(f"    {ratio[0]:,.0f} times as fast as scipy {name}; {ratio[1]:,.0f} by processor time")
    propagation(made(PAPER_STARS, 3))


def made(n: int, seed: int) -> Entries:
    """The entries of n stars."""
    found = columns(n, seed)
    return entries(found.pop("star"), n, found)


def line(what: str, took: Took, n: int) -> None:
    """Print what took how long."""
    print(f"{took.clock:9.4f} s {took.processor:9.4f} s {took.processor / n * 1e6:9.2f} us  {what}")


def propagation(rows: Entries) -> None:
    """Print how long it takes to move each star to its ten epochs."""
    n = rows.n_stars
    star = gls.refine(rows)
    line("our loop: places, motions and remainders", best(lambda: residuals(rows, star)), n)
    many = star[rows.star]
    line("catalogdb.epoch.propagate: places and motions", best(lambda: propagate(many, rows.ra_epoch)), n)
    given = (
        np.radians(many.ra),
        np.radians(many.dec),
        many.pmra / MAS_PER_RAD / np.cos(np.radians(many.dec)),
        many.pmdec / MAS_PER_RAD,
        many.parallax / 1e3,
        many.radial_velocity,
    )
    later = (rows.ra_epoch - 2000.0) * 365.25
    took = best(lambda: erfa.pmsafe(*given, 2451545.0, 16.0 * 365.25, 2451545.0, later))
    line("erfa.pmsafe: places and motions", took, n)


def listed(n: int, first: int) -> pa.RecordBatch:
    """The rows of n stars in the table, numbered from `first`."""
    found = columns(n, first + 1)
    star = found.pop("star") + first
    found |= {"obj_id": star, "catalogue_name": np.tile([f"c{i}" for i in range(10)], n)}
    return pa.RecordBatch.from_pydict(
        {name: pa.array(found[name], from_pandas=True) for name in LISTED_NAMES}
    )


def parts(n: int) -> Iterator[pa.RecordBatch]:
    """The rows of n stars, some ten thousand stars at a time."""
    for first in range(0, n, 20_000):
        yield listed(min(20_000, n - first), first)


def run_in_store(n: int) -> None:
    """Print the time and memory of a run on n stars of a store."""
    import resource

    with tempfile.TemporaryDirectory(prefix="catalogdb_bench_") as name:
        folder = Path(name)
        with catalogdb.open(folder / "sky", create=True) as store:
            store.publish(LISTED, pa.RecordBatchReader.from_batches(listed(10, 0).schema, parts(n)))
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            report = analysis.find("acceleration").run(store, {"epochs": "bench"})
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{report.seconds:9.2f} s  run, {n:,} stars x 10 in a store")
        print(f"    largest memory {after / 1e6:.2f} GB, {before / 1e6:.2f} GB before; {report.lines[-2]}")


if __name__ == "__main__":
    main()
