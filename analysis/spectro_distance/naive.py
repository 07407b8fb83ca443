"""The way not to do it, to see what it costs: stars with good parallaxes alone, and these inverted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.spectro_distance.likelihood import K
from analysis.spectro_distance.posterior import kpc_of_modulus

Array = npt.NDArray[np.float64]


def naive_distance(
    columns: Array,
    magnitude: Array,
    parallax: Array,
    sigma: Array,
    *,
    least_snr: float = 5.0,
    training: npt.NDArray[np.bool_] | None = None,
) -> Array:
    """Return distances (n,) [kpc] by least squares of M = m + 5 log10(parallax) - 10 on columns (n, p).

    Of the stars with a parallax of `least_snr` errors: where errors matter these are those whose parallaxes
    came out too large, and the zero point makes all too small.
    """
    good = (parallax > least_snr * sigma) if training is None else training & (parallax > least_snr * sigma)
    absolute = magnitude[good] - 10.0 + np.log(parallax[good]) / K
    b, *_ = np.linalg.lstsq(columns[good], absolute, rcond=None)
    return kpc_of_modulus(magnitude - columns @ b)
