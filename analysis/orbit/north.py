"""How the north of one equinox lies to the north of another: what a position angle changes by precession."""

from __future__ import annotations

import erfa
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def pole_angle(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike, equinox_yr: npt.ArrayLike) -> Array:
    """Return the position angle [deg, ICRS] of the mean pole of an equinox [Julian year].

    All broadcast. A position angle of that equinox is the one on the ICRS less this. The pole is the
    third row of erfa.pmat06, bias and precession of IAU 2006; the place (ra_deg, dec_deg) is on the ICRS
    and stays where it is. Next to a pole the angle is large, and right; at it, it has no meaning.
    """
    equinox = np.asarray(equinox_yr, np.float64)
    pole = erfa.pmat06(2451545.0, 365.25 * (equinox - 2000.0))[..., 2, :]
    a, d = np.radians(np.asarray(ra_deg, np.float64)), np.radians(np.asarray(dec_deg, np.float64))
    sin_a, cos_a, sin_d, cos_d = np.sin(a), np.cos(a), np.sin(d), np.cos(d)
    x, y, z = pole[..., 0], pole[..., 1], pole[..., 2]
    east = y * cos_a - x * sin_a
    north = z * cos_d - sin_d * (x * cos_a + y * sin_a)
    return np.asarray(np.degrees(np.arctan2(east, north)))
