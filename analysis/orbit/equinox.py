"""Position angles that count from the pole of their date, counted from that of the ICRS."""

from __future__ import annotations

import erfa
import numpy as np
import numpy.typing as npt

from analysis.orbit.measures import J2000_JD, YEAR_D

Array = npt.NDArray[np.float64]


def pole_angle(epoch_yr: npt.ArrayLike, ra_deg: float, dec_deg: float) -> Array:
    """Return the ICRS position angle (n,) [deg] at a place of the mean pole of each epoch (n,).

    To be added to an angle of the equinox of date. IAU 2006 precession, without nutation.
    """
    epoch = np.atleast_1d(np.asarray(epoch_yr, np.float64))
    pole = erfa.pmat06(J2000_JD, (epoch - 2000.0) * YEAR_D)[:, 2, :]
    a, d = np.radians(ra_deg), np.radians(dec_deg)
    east = np.array([-np.sin(a), np.cos(a), 0.0])
    north = np.array([-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)])
    return np.asarray(np.degrees(np.arctan2(pole @ east, pole @ north)))
