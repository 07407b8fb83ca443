"""Each test of labels as rows of the table: repeats, cross-validation, benchmarks, clusters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.label_quality.statistics import against, members, repeats, trend

Array = npt.NDArray[np.float64]

TESTED, NOT_TESTABLE = "tested", "not testable here"
UNITS = {"teff": "K", "vmic": "km.s**-1", "vsini": "km.s**-1", "radial_velocity": "km.s**-1"}


class Label(NamedTuple):
    """One label of n spectra: whose they are, values and claimed errors (n,)."""

    star: list[str]
    value: Array
    sigma: Array

    def by_star(self) -> dict[str, tuple[float, float]]:
        """Return the weighted mean and its error of each star."""
        names, index = np.unique(np.array(self.star), return_inverse=True)
        sigma = np.where(np.isfinite(self.sigma) & (self.sigma > 0.0), self.sigma, np.inf)
        known = np.isfinite(np.bincount(index, np.where(np.isfinite(sigma), 0.0, np.nan), len(names)))
        weight = np.where(known[index], sigma**-2, 1.0)
        total = np.bincount(index, weight, len(names))
        mean = np.bincount(index, weight * self.value, len(names)) / total
        error = np.where(known, total**-0.5, np.nan)
        return {str(name): (float(m), float(e)) for name, m, e in zip(names, mean, error, strict=True)}


def none_of(kind: str, test: str, reason: str) -> list[dict[str, Any]]:
    """Return the row of a test that can not be done."""
    return [{"kind": kind, "test": test, "verdict": NOT_TESTABLE, "reason": reason}]


def of_repeats(labels: Mapping[str, Label], method: str, sample: str) -> list[dict[str, Any]]:
    """Return the precision that repeated spectra of stars show, and what it is of the claimed errors."""
    rows = []
    for name, label in labels.items():
        found = repeats(label.star, label.value, label.sigma)
        if found is not None:
            rows.append(
                _row("precision", "repeats", method, sample, name)
                | {
                    "n_star": float(found.stars),
                    "n_spectrum": float(found.spectra),
                    "scatter": found.precision,
                    "scatter_error": found.precision_error,
                    "claimed": found.claimed,
                    "scale": found.scale,
                    "scale_error": found.scale_error,
                    "scale_robust": found.robust,
                }
            )
    reason = f"no star of {sample} has two spectra with labels and claimed errors"
    return rows or none_of("precision", "repeats", reason)


def of_validation(
    labels: Mapping[str, tuple[Label, Array]], errors: Mapping[str, float], method: str, sample: str
) -> list[dict[str, Any]]:
    """Return what cross-validation shows: labels found against given ones (n,), less the errors of these."""
    rows = []
    for name, (label, given) in labels.items():
        other = np.full(len(given), errors.get(name, math.nan))
        found = against(label.value, label.sigma, given, other)
        if found is not None:
            rows.append(
                _row("precision", "cross_validation", method, sample, name)
                | _against(found, len(label.value))
                | {
                    "n_star": float(len(set(label.star))),
                    "reason": None
                    if name in errors
                    else "errors of the given labels are not known: own is an upper limit of the method's",
                }
            )
    return rows or none_of("precision", "cross_validation", f"no labels of {sample} with given ones")


def of_benchmarks(
    labels: Mapping[str, Label], reference: Mapping[str, Mapping[str, float]], method: str, sample: str
) -> list[dict[str, Any]]:
    """Return the accuracy against reference labels by star, NAME with e_NAME or NAME_error."""
    rows = []
    for name, label in labels.items():
        mine = label.by_star()
        both = [star for star in mine if math.isfinite(reference.get(star, {}).get(name, math.nan))]
        if len(both) < 3:
            continue
        value, sigma = (np.array([mine[star][k] for star in both]) for k in (0, 1))
        true = np.array([reference[star][name] for star in both])
        other = np.array([_error(reference[star], name) for star in both])
        found = against(value, sigma, true, other)
        if found is None:
            continue
        row = _row("accuracy", "benchmarks", method, sample, name) | _against(found, len(both))
        for by, unit in (("teff", 1000.0), ("logg", 1.0)):
            at = np.array([reference[star].get(by, math.nan) for star in both])
            row |= _trend(by, *trend(value - true, at / unit))
        rows.append(row)
    return rows or none_of(
        "accuracy",
        "benchmarks",
        f"fewer than 3 stars of {sample} have labels: no spectra of them",
    )


def of_clusters(
    labels: Mapping[str, Label], cluster: Mapping[str, str], method: str, table: str
) -> list[dict[str, Any]]:
    """Return the scatter of abundances within clusters, and its trends: members should be alike.

    Temperature, gravity and velocities are no abundances, and are not judged.
    """
    stars = {name: label.by_star() for name, label in labels.items()}
    rows = []
    for name, of_star in stars.items():
        if UNITS.get(name, "dex") != "dex" or name == "logg":
            continue
        mine = sorted(star for star in of_star if star in cluster)
        for sample in (*sorted({cluster[star] for star in mine}), "all"):
            some = [star for star in mine if sample in ("all", cluster[star])]
            value, sigma = (np.array([of_star[star][k] for star in some]) for k in (0, 1))
            found, off = members([cluster[star] for star in some], value, sigma)
            if found is None:
                continue
            row = _row("accuracy", "clusters", method, sample, name) | {
                "n_star": float(found.n),
                "scatter": found.scatter,
                "scatter_error": found.scatter_error,
                "own": found.excess,
                "claimed": found.claimed,
            }
            for by, unit in (("teff", 1000.0), ("logg", 1.0)):
                at = np.array([stars.get(by, {}).get(star, (math.nan, 0.0))[0] for star in some])
                row |= _trend(by, *trend(off, at / unit))
            rows.append(row)
    return rows or none_of("accuracy", "clusters", f"no cluster of {table} has 3 members with abundances")


def _row(kind: str, test: str, method: str, sample: str, label: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "test": test,
        "method": method,
        "sample": sample,
        "label": label,
        "unit": UNITS.get(label, "dex"),
        "verdict": TESTED,
    }


def _against(found: Any, n: int) -> dict[str, Any]:
    return {
        "n_star": float(found.n),
        "n_spectrum": float(n),
        "bias": found.bias,
        "bias_error": found.bias_error,
        "scatter": found.scatter,
        "scatter_error": found.scatter / math.sqrt(2.0 * (found.n - 1)),
        "own": found.own,
        "claimed": found.claimed,
        "scale": found.scale,
        "scale_error": found.scale_error,
    }


def _trend(by: str, slope: float, error: float) -> dict[str, Any]:
    return {f"trend_{by}": slope, f"trend_{by}_error": error}


def _error(row: Mapping[str, float], name: str) -> float:
    return row.get(f"e_{name}", row.get(f"{name}_error", math.nan))


def sentences(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what there is to say: a line for each label of precision, then of accuracy, never mixed."""
    out = []
    for row in rows:
        if row["verdict"] == NOT_TESTABLE:
            out.append(f"{row['kind']}, {row['test']}: not testable here: {row['reason']}")
            continue
        head = f"{row['kind']}, {row['test'].replace('_', '-')} ({row['method']}): {row['label']}"
        tail = f"{row['n_star']:.0f} stars of {row['sample']}"
        unit = row["unit"]
        if row["test"] == "repeats":
            said = (
                f"{row['scatter']:.3g} +- {row['scatter_error']:.2g} {unit}; claimed {row['claimed']:.3g}, "
                f"to be times {row['scale']:.2f} +- {row['scale_error']:.2f}"
            )
        elif row["test"] == "clusters":
            said = f"scatter {row['scatter']:.3g} {unit}, {row['own']:.3g} beyond the claimed errors"
        else:
            said = (
                f"off by {row['bias']:.3g} +- {row['bias_error']:.2g} {unit}, scatter {row['scatter']:.3g}, "
                f"its own {row['own']:.3g}, claimed {row['claimed']:.3g}"
            )
        out.append(f"{head}: {said}; {tail}")
    return tuple(out)
