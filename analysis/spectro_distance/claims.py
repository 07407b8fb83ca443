"""What paper 000 (Zhou et al. 2023, ApJ 946, 73) claims of distances, as functions of simulated stars.

Distances by spectra are good to 10-15 %; Gaia's parallaxes are useful to about 6 kpc.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from analysis.spectro_distance import simulate
from analysis.spectro_distance.core import Estimates, Inputs, estimate
from analysis.spectro_distance.fit import Settings
from analysis.spectro_distance.simulate import parallax_error_mas

Array = npt.NDArray[np.float64]

LABELS = ("teff", "logg", "fe_h", "alpha_fe")


def inputs_of(columns: dict[str, Array], names: tuple[str, ...] = LABELS, folds: int = 5) -> Inputs:
    """Return the simulated stars of `simulate.draw` as what distances are estimated from."""
    n = len(columns["k"])
    return Inputs(
        names,
        np.column_stack([columns[name] for name in names]),
        np.column_stack([columns[f"{name}_error"] for name in names]),
        columns["k"],
        columns["parallax"],
        columns["parallax_error"],
        np.zeros(n),
        np.ones(n, bool),
        np.arange(n) % folds,
    )


def precision(dist_kpc: Array, true_kpc: Array) -> tuple[float, float]:
    """Return half of the difference of the 84 % and 16 % quantiles of ln(dist / true), and the median."""
    apart = np.log(dist_kpc / true_kpc)
    low, middle, high = np.quantile(apart, [0.16, 0.5, 0.84])
    return float(0.5 * (high - low)), float(middle)


def simulated_precision(
    survey: str = "lamost", n: int = 8000, seed: int = 2023
) -> tuple[float, float, Estimates]:
    """Return precision and median bias of ln(distance) of simulated giants of a survey, and the estimates."""
    columns, truth = simulate.draw(n, seed, simulate.SURVEYS[survey])
    found = estimate(inputs_of(columns), Settings())
    return (*precision(found.spectro.dist, truth.dist), found)


def useful_to_kpc(absolute_g_mag: float, limit: float = 0.1, zero_point_error_mas: float = 0.01) -> float:
    """Return the distance [kpc] to which Gaia DR3 gives it to a fraction `limit`, without extinction.

    The error of the parallax at that star's magnitude and that of the zero point, in quadrature, times the
    distance, is `limit` there.
    """

    def excess(log_kpc: float) -> float:
        kpc = float(np.exp(log_kpc))
        error = float(parallax_error_mas(absolute_g_mag + 5.0 * np.log10(kpc) + 10.0))
        return float(np.hypot(error, zero_point_error_mas)) * kpc - limit

    return float(np.exp(brentq(excess, np.log(1e-3), np.log(1e3))))
