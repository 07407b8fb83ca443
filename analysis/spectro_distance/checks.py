"""Whether distances are what they say: parallaxes, clusters, and the truth where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.spectro_distance.clusters import CLUSTERS, Cluster, candidates, shared_modulus
from analysis.spectro_distance.core import FREE, NEARER, Estimates, Inputs
from analysis.spectro_distance.likelihood import K
from analysis.spectro_distance.posterior import kpc_of_modulus

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Row = dict[str, Any]

DISTANCE_KPC = (0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 20.0, 25.0, np.inf)
SNR = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, np.inf)
FEWEST = 5
"""Stars of a bin that has a row."""


def by_parallax(stars: Inputs, found: Estimates) -> Iterator[Row]:
    """Yield rows of own parallaxes against ours: of all stars, folds, bins of distance and signal to noise.

    Bins are by what the spectrum says, never by the parallax. Where a parallax is more probably an outlier
    than not, it is counted and left out.
    """
    known = np.isfinite(found.pull) & np.isfinite(found.spectro.dist)
    yield _parallax_row("total", "all", known, stars, found)
    for fold in sorted(found.models.keys() - {NEARER, FREE}):
        yield _parallax_row("fold", str(fold), known & (found.fold == fold), stars, found)
    for low, high in zip(DISTANCE_KPC[:-1], DISTANCE_KPC[1:], strict=True):
        inside = known & (found.spectro.dist >= low) & (found.spectro.dist < high)
        yield _parallax_row("distance", "kpc", inside, stars, found, (low, high))
    with np.errstate(invalid="ignore"):
        snr = found.parallax / stars.sigma
    for low, high in zip(SNR[:-1], SNR[1:], strict=True):
        inside = known & (snr >= low) & (snr < high)
        yield _parallax_row("parallax_snr", "expected", inside, stars, found, (low, high))


def _parallax_row(
    kind: str,
    item: str,
    chosen: Bools,
    stars: Inputs,
    found: Estimates,
    edges: tuple[float, float] = (np.nan, np.nan),
) -> Row:
    good = chosen & ~(found.outlier_probability > 0.5)
    low, high = edges
    row: Row = {"check_kind": kind, "item": item, "range_lo": low, "n": int(chosen.sum())}
    row["range_hi"] = high if np.isfinite(high) else np.nan
    row["n_outlier"] = int(chosen.sum() - good.sum())
    if good.sum() < FEWEST:
        return row
    own = (stars.parallax - found.zero_point)[good]
    ours, variance = found.parallax[good], (stars.sigma**2 + found.parallax_error**2)[good]
    # own = scale * ours by least squares: the distances are too large by that scale.
    weight = (ours**2 / variance).sum()
    scale = float((own * ours / variance).sum() / weight)
    pull = found.pull[good]
    return row | {
        "bias": scale - 1.0,
        "bias_error": float(weight**-0.5),
        "scatter": float(np.median(found.parallax_error[good] / ours)),
        "pull_mean": float(pull.mean()),
        "pull_sd": float(pull.std()),
        "within_1": float((np.abs(pull) <= 1.0).mean()),
    }


def by_truth(
    dist: Array, error_mag: Array | None, true_kpc: Array, outlier: Bools, kind: str = "truth"
) -> Iterator[Row]:
    """Yield rows of distances against the truth, in bins of the truth and of the distance itself.

    `bias` is the mean of ln(dist / true), `scatter` its standard deviation. Without `error_mag` (n,) [mag]
    of the moduli there are no pulls.
    """
    apart = np.log(dist / true_kpc)
    for item, by in (("true", true_kpc), ("estimated", dist)):
        for low, high in ((0.0, np.inf), *zip(DISTANCE_KPC[:-1], DISTANCE_KPC[1:], strict=True)):
            inside = (by >= low) & (by < high) & np.isfinite(apart)
            n = int(inside.sum())
            row: Row = {"check_kind": kind, "item": item, "range_lo": low, "n": n}
            row["range_hi"] = high if np.isfinite(high) else np.nan
            row["n_outlier"] = int((inside & outlier).sum())
            if n >= FEWEST:
                row |= {"bias": float(apart[inside].mean()), "scatter": float(apart[inside].std())}
                row["bias_error"] = row["scatter"] / n**0.5
                if error_mag is not None:
                    pull = apart[inside] / (K * error_mag[inside])
                    row |= {"pull_mean": float(pull.mean()), "pull_sd": float(pull.std())}
                    row["within_1"] = float((np.abs(pull) <= 1.0).mean())
            yield row


def by_reference(found: Estimates, reference_kpc: Array) -> Iterator[Row]:
    """Yield the row of distances against others of the same stars (n,) [kpc], by medians."""
    apart = np.log(found.spectro.dist / reference_kpc)
    apart = apart[np.isfinite(apart)]
    row: Row = {"check_kind": "reference", "item": "dist", "n": len(apart)}
    if len(apart) >= FEWEST:
        low, middle, high = np.quantile(apart, [0.16, 0.5, 0.84])
        scatter = 0.5 * (high - low)
        row |= {"bias": middle, "scatter": scatter, "bias_error": 1.2533 * scatter / len(apart) ** 0.5}
    yield row


def by_members(found: Estimates, names: list[str | None]) -> Iterator[Row]:
    """Yield a row for each cluster of a list of members, of which `names` (n,) are the clusters."""
    known = {cluster.name.replace(" ", "").lower(): cluster for cluster in CLUSTERS}
    for name in sorted({each for each in names if each}):
        chosen = np.array([each == name for each in names]) & np.isfinite(found.spectro.dist)
        if chosen.any():
            yield _cluster_row(name, known.get(name.replace(" ", "").replace("_", "").lower()), chosen, found)


def by_place(
    found: Estimates,
    place: tuple[Array, Array],
    motion: tuple[Array, Array],
    parallax: tuple[Array, Array],
) -> Iterator[Row]:
    """Yield a row for each known cluster of which there are stars at its place."""
    for cluster in CLUSTERS:
        chosen = candidates(cluster, place, motion, parallax) & np.isfinite(found.spectro.dist)
        if chosen.sum() >= 3:
            yield _cluster_row(cluster.name, cluster, chosen, found)


def _cluster_row(name: str, known: Cluster | None, chosen: Bools, found: Estimates) -> Row:
    modulus, error = found.spectro.modulus[chosen], found.spectro.modulus_error[chosen]
    mean, mean_error, scatter, counted = shared_modulus(modulus, error)
    pull = ((modulus - mean) / error)[counted]
    dist = float(kpc_of_modulus(np.array(mean)))
    row: Row = {
        "check_kind": "cluster",
        "item": name,
        "n": int(chosen.sum()),
        "n_outlier": int((~counted).sum()),
        "dist": dist,
        "dist_error": K * mean_error * dist,
        "scatter": K * scatter,
        "pull_sd": float(np.sqrt((pull**2).sum() / max(len(pull) - 1, 1))) if len(pull) > 1 else np.nan,
    }
    if known is not None:
        row |= {"published": known.dist, "published_error": known.dist_error, "reference": known.reference}
        row["bias"] = dist / known.dist - 1.0
        row["bias_error"] = float(np.hypot(K * mean_error, known.dist_error / known.dist))
    return row
