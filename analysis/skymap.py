"""Stars in ecliptic coordinates, as paper 004 shows them in its figure 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[np.float64]


def ecliptic(ra_deg: Array, dec_deg: Array) -> tuple[Array, Array]:
    """Return ecliptic longitude and latitude [deg] of J2000, shapes (n,)."""
    from astropy import units
    from astropy.coordinates import BarycentricMeanEcliptic, SkyCoord

    place = SkyCoord(ra_deg, dec_deg, unit="deg").transform_to(BarycentricMeanEcliptic(equinox="J2000"))
    return place.lon.to_value(units.deg), place.lat.to_value(units.deg)


def draw_sky(axes: Axes, ra_deg: Array, dec_deg: Array, bent: npt.NDArray[np.bool_]) -> None:
    """Draw where the stars are, on axes of a projection of the sphere, the accelerating ones marked."""
    longitude, latitude = ecliptic(ra_deg, dec_deg)
    x, y = np.radians(np.where(longitude > 180.0, longitude - 360.0, longitude)), np.radians(latitude)
    axes.plot(x[~bent], y[~bent], ".", color="0.7", markersize=2, label="other stars tested")
    axes.plot(x[bent], y[bent], "x", color="C3", markersize=4, label="accelerating")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize="small")
    axes.set_title("ecliptic longitude and latitude", fontsize="medium")
