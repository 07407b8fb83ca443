"""How long distances of 250,000 giants take, and how good they are against the truth of simulated ones.

    python tests/bench/bench_spectro_distance.py [--stars 250000] [--accuracy 20000] [--store]

Prints the processor time of the training (the model of all, that of the nearer half, and those of five folds,
of 40,000 stars) and of the distances alone; with `--store` also of a whole run from a table to the published
results, with its largest memory, in a process of its own. Then, for the labels of two surveys: scatter and
bias in bins of distance, the zero point, and what inverting parallaxes of 5 sigma would have given; how often
the zero point's error covers the truth in 100 simulations that follow the model; and to which distance
parallaxes are useful. All of it is of simulated stars, with fixed seeds.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

import catalogdb
from analysis.spectro_distance import claims, simulate
from analysis.spectro_distance.core import ALL, Inputs, estimate
from analysis.spectro_distance.fit import Settings, Training, fit
from analysis.spectro_distance.likelihood import K
from analysis.spectro_distance.naive import naive_distance
from analysis.spectro_distance.posterior import parallax_of, spectroscopic

EDGES = (0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0, 25.0)


def timing(n: int) -> None:
    """Print the seconds of training and of distances."""
    columns, _ = simulate.draw(n, 2023, simulate.SURVEYS["lamost"])
    stars = claims.inputs_of(columns)
    taught = np.arange(n) % max(1, n // 40_000) == 0
    begin = time.process_time()
    found = estimate(
        Inputs(**{name: getattr(stars, name) for name in stars.__slots__} | {"training": taught}),
        Settings(),
        joint=False,
    )
    whole = time.process_time() - begin
    model, design = found.models[ALL], found.design
    begin = time.process_time()
    x = design.columns(stars.features)
    absolute, own = model.absolute_mag(x)
    extra = design.label_variance(model.coefficients, stars.features, stars.feature_errors)
    error = np.hypot(own, model.scatter_mag(np.ones((n, 1)), extra))
    distance = spectroscopic(stars.magnitude, absolute, error)
    parallax_of(distance.modulus, distance.modulus_error)
    design.hull_distance(stars.features)
    alone = time.process_time() - begin
    print(f"{n:,} stars, {taught.sum():,} learned from: training, five folds and distances {whole:.1f} s")
    print(f"  distances of all by a trained model alone {alone:.2f} s")


def in_a_store(n: int) -> None:
    """Print time and largest memory of a run from a table to the results."""
    with tempfile.TemporaryDirectory() as folder:
        code = f"import runpy; runpy.run_path({__file__!r})['store_run']({n}, {str(Path(folder) / 'sky')!r})"
        subprocess.run([sys.executable, "-c", code], check=True)


def store_run(n: int, path: str) -> None:
    """Make a store with n giants, run the analysis, and print what it took."""
    columns, _ = simulate.draw(n, 2023, simulate.SURVEYS["lamost"])
    units = {"ra": "deg", "dec": "deg", "k": "mag", "parallax": "mas", "parallax_error": "mas", "teff": "K"}
    table = catalogdb.Table(
        name="giants",
        about="Simulated giants",
        columns=(
            catalogdb.Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Number"),
            *(
                catalogdb.Column(
                    name=name,
                    type="DOUBLE",
                    unit=units.get(name, ""),
                    ucd="stat.value",
                    about=f"Column {name}",
                )
                for name in columns
            ),
        ),
    )
    with catalogdb.open(path, create=True) as store:
        store.publish(table, pa.table({"source_id": np.arange(n), **columns}))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        begin = time.process_time()
        store.analyze("spectro_distance", stars="giants")
        took = time.process_time() - begin
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(
        f"  from a table to the published results {took:.1f} s, largest memory {most:.0f} MB "
        f"({before:.0f} before)"
    )


def accuracy(n: int) -> None:
    """Print scatter, bias and zero point for each survey."""
    for survey in simulate.SURVEYS:
        columns, truth = simulate.draw(n, 2023, simulate.SURVEYS[survey])
        stars = claims.inputs_of(columns)
        found = estimate(stars, Settings(), joint=False)
        x = found.design.columns(stars.features)
        naive = naive_distance(x, stars.magnitude, stars.parallax, stars.sigma)
        zero, sig = found.models[ALL].zero_point, found.models[ALL].covariance[-1, -1] ** 0.5
        share, middle = claims.precision(found.spectro.dist, truth.dist)
        print(
            f"\n{survey}-like labels, {n:,} giants: zero point {1e3 * zero:.2f} +- {1e3 * sig:.2f} uas "
            "(-30 is true)"
        )
        print(f"precision {100 * share:.1f} %, median bias {100 * middle:+.2f} %")
        print(
            "   kpc        stars  bias in bins of the true   estimated distance  scatter  pulls  "
            "within 1  inverted"
        )
        apart, inverted = np.log(found.spectro.dist / truth.dist), np.log(naive / truth.dist)
        pull = apart / (K * found.spectro.modulus_error)
        for low, high in zip(EDGES[:-1], EDGES[1:], strict=True):
            true = (truth.dist >= low) & (truth.dist < high)
            seen = (found.spectro.dist >= low) & (found.spectro.dist < high)
            error = 100.0 * apart[true].std() / true.sum() ** 0.5
            print(
                f"{low:5.1f}-{high:4.1f} {true.sum():9,} {100 * apart[true].mean():+15.2f} +- {error:.2f} %"
                f" {100 * apart[seen].mean():+.2f} % {100 * apart[true].std():6.1f} % {pull[true].std():5.2f}"
                f" {100 * (np.abs(pull[true]) < 1).mean():7.1f} % {100 * inverted[true].mean():+7.1f} %"
            )


def coverage(n: int, times: int) -> None:
    """Print how often errors of zero point and scatter cover the truth, where stars follow the model."""
    inside = np.zeros(2)
    for seed in range(1, times + 1):
        rng = np.random.default_rng(seed)
        x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
        dist = 0.5 * 50.0 ** rng.uniform(size=n)
        absolute = x @ np.array([-4.0, 0.3, 0.9]) + rng.normal(0.0, 0.2, n)
        magnitude = absolute + np.log(dist) / K + 10.0
        sigma = simulate.parallax_error_mas(magnitude + 2.6)
        parallax = 1.0 / dist - 0.03 + rng.normal(size=n) * sigma
        data = Training(x, np.ones((n, 1)), magnitude, parallax, sigma, np.zeros(n), np.zeros(n))
        found = fit(data, Settings(prior_mag=10.0, robust=False))
        sig = np.sqrt(np.diag(found.covariance))
        inside += [abs(found.zero_point + 0.03) < sig[-1], abs(found.scatter[0] - np.log(0.2)) < sig[-2]]
    print(
        f"\nwithin one error of the truth in {times} simulations of {n} stars: "
        f"zero point {inside[0]:.0f}, scatter ",
        end="",
    )
    print(f"{inside[1]:.0f} (99 % of a binomial of 68.3 %: {68.27 - 12.0:.0f} to {68.27 + 12.0:.0f} of 100)")


def parallaxes() -> None:
    """Print to which distance parallaxes of Gaia DR3 are useful."""
    print("\nparallaxes of Gaia DR3 are good to 10 % (15 %), with 10 uas of zero point and (without), to")
    for m_g in (-3.0, -2.0, -1.0, 0.0, 0.5):
        values = [claims.useful_to_kpc(m_g, limit, zero) for limit in (0.1, 0.15) for zero in (0.01, 0.0)]
        print(
            "  M_G {:+.1f}: {:.1f} ({:.1f}) kpc for 10 %, {:.1f} ({:.1f}) kpc for 15 %".format(m_g, *values)
        )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stars", type=int, default=250_000)
    parser.add_argument("--accuracy", type=int, default=20_000, help="giants of each survey; 0: none")
    parser.add_argument("--store", action="store_true")
    given = parser.parse_args()
    timing(given.stars)
    if given.store:
        in_a_store(given.stars)
    if given.accuracy:
        accuracy(given.accuracy)
    coverage(500, 100)
    parallaxes()


if __name__ == "__main__":
    main()
