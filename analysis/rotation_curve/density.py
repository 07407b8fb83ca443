"""The scale length of the tracers from the stars themselves, where their weights undo the survey's choice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.rotation_curve.curve import Model, twins_of
from analysis.rotation_curve.seen import Stars, place, seen
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

NAME = "rotation_curve"
_BIN_KPC = 0.5
_FEWEST = 20
_REPLICATES = 100


def measured_scale_length(stars: Stars, model: Model, seed: int) -> tuple[float, float]:
    """Return scale length [kpc] and error of the surface density: sums of weights by R over R.

    Stars are where their distances are after errors were taken out, as twins. The azimuths that are covered
    must be the same at every R. Raises AnalysisError where the density does not fall.
    """
    view = seen(stars, model.sun)
    twins = twins_of(stars, model, seed)
    distance = stars.distance_kpc if twins is None else twins.true_kpc[0]
    at = place(view.along, distance, view.place)
    kept = model.chosen(at) & (stars.weight > 0.0)
    r, weight = at.r_kpc[kept], stars.weight[kept]
    edges = np.arange(np.floor(r.min()), np.ceil(r.max()) + _BIN_KPC, _BIN_KPC)
    used = np.histogram(r, edges)[0] >= _FEWEST
    if used.sum() < 3:
        raise AnalysisError(f"{NAME}: too few stars to measure their density: give --scale-length")
    rng = np.random.default_rng([seed, 2])
    slopes = [_slope(r, weight, edges, used)]
    for _ in range(_REPLICATES):
        pick = rng.integers(0, len(r), len(r))
        slopes.append(_slope(r[pick], weight[pick], edges, used))
    if not slopes[0] < 0.0:
        raise AnalysisError(
            f"{NAME}: the weighted density of the stars does not fall with R: their weights do not undo how "
            "the survey chose them; give --scale-length"
        )
    return -1.0 / slopes[0], float(np.std(slopes[1:])) / slopes[0] ** 2


def _slope(r: Array, weight: Array, edges: Array, used: npt.NDArray[np.bool_]) -> float:
    middle = (edges[1:] + edges[:-1])[used] / 2.0
    total = np.histogram(r, edges, weights=weight)[0][used]
    variance = np.histogram(r, edges, weights=weight**2)[0][used]
    good = total > 0.0
    precision = total[good] / np.sqrt(variance[good])
    return float(np.polyfit(middle[good], np.log(total[good] / middle[good]), 1, w=precision)[0])
