"""The mass of a pair from its orbit and its parallax."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Mass(NamedTuple):
    """Total mass [solar masses], its error, and that by the parallax alone; NaN where not determined."""

    total: Array
    error: Array
    by_parallax: Array


def dynamical_mass(
    a_arcsec: Array,
    period_yr: Array,
    parallax_mas: Array,
    a_error_arcsec: Array,
    period_error_yr: Array,
    parallax_error_mas: Array,
) -> Mass:
    """Return a^3 / (P^2 parallax^3) and its errors to first order, arrays of one shape.

    a and P count as independent, which they are not in a fit of a short arc: a^3 / P^2 is then known
    better than this error says. NaN for a parallax, a or P that is not positive.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(parallax_mas > 0.0, 1000.0 / parallax_mas, np.nan)
        positive = (a_arcsec > 0.0) & (period_yr > 0.0)
        total = np.where(positive, (a_arcsec * distance) ** 3 / period_yr**2, np.nan)
        of_parallax = 3.0 * parallax_error_mas / parallax_mas
        of_a, of_period = 3.0 * a_error_arcsec / a_arcsec, 2.0 * period_error_yr / period_yr
        return Mass(
            total,
            total * np.sqrt(of_a**2 + of_period**2 + of_parallax**2),
            total * of_parallax,
        )
