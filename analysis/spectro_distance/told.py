"""What is said of a run: the selection, the model, and what the checks found."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.spectro_distance.core import ALL, FREE, NEARER, Estimates, Inputs
from analysis.spectro_distance.select import Counts

Row = dict[str, Any]

DIFFERENT_MAS = 0.004
"""By less than this the zero points of near and far stars differ by what a quadratic can not follow."""

FEW_PER_TERM = 15.0
"""Fewer training stars for each coefficient than this, and the run says so."""


def selection(all_stars: int, giants: int, trained: int, counts: tuple[Counts, Counts]) -> list[str]:
    """Return the sentences on what was left out and why."""
    return [
        f"{giants:,} of {all_stars:,} stars are selected{_list(counts[0])}",
        f"{trained:,} of them are learned from{_list(counts[1])}",
    ]


def _list(counts: Counts) -> str:
    return "; left out: " + ", ".join(f"{n:,} {reason}" for reason, n in counts) if counts else ""


def model(found: Estimates, inputs: Inputs, zero_point: str) -> list[str]:
    """Return the sentences on the model, and on what the sample can say of it."""
    of_all = found.models[ALL]
    sig = np.sqrt(np.diag(of_all.covariance))
    error = found.spectro.modulus_error[inputs.training]
    lines = [
        f"M by {', '.join(inputs.names[: len(inputs.names) - inputs.linear])} ({len(found.design.terms)} "
        f"coefficients): stated scatter {np.median(error):.3f} mag, {46.05 * np.median(error):.1f} % of the "
        f"distance; {of_all.outliers:.1%} of the parallaxes are outliers"
    ]
    known = 1000 * found.zero_point[inputs.training] - 1000 * of_all.zero_point
    low, high = np.quantile(known, [0.05, 0.95])
    if zero_point != "fit":
        lines.append(f"zero point of the parallaxes ({zero_point}): {low:+.1f} to {high:+.1f} uas")
    if sig[-1] > 0.0:
        lines.append(
            f"zero point of the parallaxes {1000 * of_all.zero_point:+.1f} +- {1000 * sig[-1]:.1f} uas "
            "beside what is known (the error is formal: what the polynomial can not follow adds to it)"
        )
    per_term = of_all.n_star / len(found.design.terms)
    if per_term < FEW_PER_TERM:
        lines.append(
            f"only {per_term:.0f} stars for each coefficient: errors of left-out stars are larger than "
            "stated; degree 1 or fewer features need fewer stars"
        )
    if FREE in found.models:
        lines += _beside_the_given(found)
    if NEARER in found.models:
        lines.append(_of_the_nearer(found, float(sig[-1])))
    late = [fold for fold, each in found.models.items() if not each.converged]
    if late:
        lines.append(
            f"NOT CONVERGED: folds {', '.join(map(str, late))}; fewer features or a smaller prior help"
        )
    if of_all.outliers > 0.2:
        lines.append(
            f"{of_all.outliers:.0%} outliers are too many: most parallaxes do not belong to these labels, or "
            "the stars are no giants of one kind"
        )
    outside = int((found.hull_distance > 1.0).sum())
    if outside:
        lines.append(f"{outside:,} stars are outside the training stars (flag extrapolated)")
    return lines


def _beside_the_given(found: Estimates) -> list[str]:
    """Return what the stars say of a zero point that is given: what they would have fitted beside it."""
    free = found.models[FREE]
    value, sig = free.zero_point, float(free.covariance[-1, -1] ** 0.5)
    text = f"  the stars would have fitted {1000 * value:+.1f} +- {1000 * sig:.1f} uas beside it"
    if abs(value) > max(3.0 * sig, DIFFERENT_MAS):
        text += (
            f": the zero point that is given does NOT SUIT these parallaxes. At 10 kpc that is "
            f"{1000 * abs(value):.0f} % of the distance: compare --zero-point fit"
        )
    return [text]


def _of_the_nearer(found: Estimates, error: float) -> str:
    """Return what the nearer half of the stars says of the zero point, and whether both can be right."""
    near = found.models[NEARER]
    sig = float(near.covariance[-1, -1] ** 0.5)
    text = f"  by the nearer half of the stars {1000 * near.zero_point:+.1f} +- {1000 * sig:.1f} uas"
    apart = abs(near.zero_point - found.models[ALL].zero_point)
    if apart > max(3.0 * float(np.hypot(sig, error)), DIFFERENT_MAS):
        text += (
            ": they DIFFER, so a fitted zero point can not be trusted here, nor the distances of far stars: "
            "give a known one (--zero-point lindegren, or mas)"
        )
    return text


def checks(rows: list[Row]) -> list[str]:
    """Return a sentence for each of the checks that is worth one."""
    lines = []
    for row in rows:
        if row.get("bias") is None or not np.isfinite(row["bias"]):
            continue
        line = _line(row)
        if line:
            lines.append(line)
    return lines


def _line(row: Row) -> str | None:
    bias = f"{100 * row['bias']:+.1f} +- {100 * row.get('bias_error', np.nan):.1f} %"
    kind, low, high = row["check_kind"], row.get("range_lo", np.nan), row.get("range_hi", np.nan)
    if kind == "total":
        return (
            f"against own parallaxes ({row['n']:,} stars, {row['n_outlier']:,} outliers): distances {bias}, "
            f"pulls {row['pull_mean']:+.2f} +- {row['pull_sd']:.2f}, {row['within_1']:.1%} within one error"
        )
    if kind == "cluster":
        known = f", published {row['published']:.2f} kpc: {bias}" if row.get("published") else ""
        return (
            f"{row['item']}: {row['n'] - row['n_outlier']} of {row['n']} stars at {row['dist']:.2f} +- "
            f"{row['dist_error']:.2f} kpc, scatter {100 * row['scatter']:.0f} %{known}"
        )
    if kind == "reference":
        return f"against the reference ({row['n']:,} stars): {bias}, scatter {100 * row['scatter']:.1f} %"
    if kind in {"truth", "naive"} and row["item"] == "true":
        end = f"{low:g}-{high:g} kpc" if np.isfinite(high) else f"{low:g} kpc and more"
        where = "all" if not np.isfinite(high) and low == 0.0 else end
        text = f"{kind}, simulated stars at {where} ({row['n']:,}): bias {bias}"
        return text + f", scatter {100 * row['scatter']:.1f} %"
    return None
