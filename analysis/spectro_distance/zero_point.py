"""The parallax zero point of Gaia EDR3 and DR3 of Lindegren et al. 2021, A&A 649, A4 (appendix A).

It is to be subtracted from the listed parallax. The coefficients are those of its tables 9 and 10 and of the
consortium's own code (gaiadr3-zeropoint), against which tests hold this one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FIVE, SIX = 31, 95
"""`astrometric_params_solved` of five- and six-parameter solutions."""

G_MAG = np.array([6.0, 10.8, 11.2, 11.8, 12.2, 12.9, 13.1, 15.9, 16.1, 17.5, 19.0, 20.0, 21.0])
"""Knots, between which the coefficients are interpolated linearly in G."""

_FIVE_COLOUR, _FIVE_LATITUDE = (0, 0, 0, 1, 1, 2, 3, 4), (0, 1, 2, 0, 1, 0, 0, 0)
_SIX_COLOUR, _SIX_LATITUDE = (0, 0, 0, 1, 1, 1, 2), (0, 1, 2, 0, 1, 2, 0)

_FIVE_UAS = np.array(
    [
        [-26.98, -9.62, 27.40, -25.1, -0.0, -1257, 0, 0],
        [-27.23, -3.07, 23.04, 35.3, 15.7, -1257, 0, 0],
        [-30.33, -9.23, 9.08, -88.4, -11.8, -1257, 0, 0],
        [-33.54, -10.08, 13.28, -126.7, 11.6, -1257, 0, 0],
        [-13.65, -0.07, 9.35, -111.4, 40.6, -1257, 0, 0],
        [-19.53, -1.64, 15.86, -66.8, 20.6, -1257, 0, 0],
        [-37.99, 2.63, 16.14, -5.7, 14.0, -1257, 107.9, 104.3],
        [-38.33, 5.61, 15.42, 0, 18.7, -1189, 243.8, 155.2],
        [-31.05, 2.83, 8.59, 0, 15.5, -1404, 105.5, 170.7],
        [-29.18, -0.09, 2.41, 0, 24.5, -1165, 189.7, 325.0],
        [-18.40, 5.98, -6.46, 0, 5.5, 0, 0, 276.6],
        [-12.65, -4.57, -7.46, 0, 97.9, 0, 0, 0],
        [-18.22, -15.24, -18.54, 0, 128.2, 0, 0, 0],
    ]
)
_SIX_UAS = np.array(
    [
        [-27.85, -7.78, 27.47, -32.1, 14.4, 9.5, -67],
        [-28.91, -3.57, 22.92, 7.7, 12.6, 1.6, -572],
        [-26.72, -8.74, 9.36, -30.3, 5.6, 17.2, -1104],
        [-29.04, -9.69, 13.63, -49.4, 36.3, 17.7, -1129],
        [-12.39, -2.16, 10.23, -92.6, 19.8, 27.6, -365],
        [-18.99, -1.93, 15.90, -57.2, -8.0, 19.9, -554],
        [-38.29, 2.59, 16.20, -10.5, 1.4, 0.4, -960],
        [-36.83, 4.20, 15.76, 22.3, 11.1, 10.0, -1367],
        [-28.37, 1.99, 9.28, 50.4, 17.2, 13.7, -1351],
        [-24.68, -1.37, 3.52, 86.8, 19.8, 21.3, -1380],
        [-15.32, 4.01, -6.03, 29.2, 14.1, 0.4, -563],
        [-13.73, -10.92, -8.30, -74.4, 196.4, -42.0, 536],
        [-29.53, -20.34, -18.74, -39.5, 326.8, -262.3, 1598],
    ]
)


def zero_point_mas(
    g_mag: npt.ArrayLike,
    colour: npt.ArrayLike,
    ecl_lat_deg: npt.ArrayLike,
    params_solved: npt.ArrayLike = FIVE,
) -> Array:
    """Return the zero point (n,) [mas], NaN where it is not defined.

    `colour` is nu_eff_used_in_astrometry [1/um] of five-parameter solutions and pseudocolour of those with
    six. Defined for 6 < G < 21 and 1.1 < nu_eff < 1.9, or 1.24 < pseudocolour < 1.72.
    """
    g, nu, latitude, solved = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(each, np.float64)) for each in (g_mag, colour, ecl_lat_deg, params_solved))
    )
    five = _interpolated(_FIVE_UAS, _FIVE_COLOUR, _FIVE_LATITUDE, (g, nu, latitude))
    six = _interpolated(_SIX_UAS, _SIX_COLOUR, _SIX_LATITUDE, (g, nu, latitude))
    with np.errstate(invalid="ignore"):
        bright = (g > 6.0) & (g < 21.0)
        of_five = bright & (solved == FIVE) & (nu > 1.1) & (nu < 1.9)
        of_six = bright & (solved == SIX) & (nu > 1.24) & (nu < 1.72)
    return np.select([of_five, of_six], [five, six], np.nan) / 1000.0


def _interpolated(
    table: Array, colours: tuple[int, ...], latitudes: tuple[int, ...], of: tuple[Array, Array, Array]
) -> Array:
    g, nu, ecl_lat = of
    colour = [
        np.ones_like(nu),
        np.clip(nu - 1.48, -0.24, 0.24),
        np.clip(1.48 - nu, 0.0, 0.24) ** 3,
        np.minimum(0.0, nu - 1.24),
        np.maximum(0.0, nu - 1.72),
    ]
    sine = np.sin(np.radians(ecl_lat))
    latitude = [np.ones_like(sine), sine, sine**2 - 1.0 / 3.0]
    terms = [
        np.interp(g, G_MAG, table[:, i]) * colour[j] * latitude[k]
        for i, (j, k) in enumerate(zip(colours, latitudes, strict=True))
    ]
    return np.asarray(sum(terms), np.float64)


def nu_eff_um(bp_rp: npt.ArrayLike) -> Array:
    """Return the effective wavenumber (n,) [1/um] of a colour BP - RP from 0 to 7, else NaN.

    Lindegren et al. 2021, A&A 649, A2, equation 3; for tables without nu_eff_used_in_astrometry. The formula
    of Gaia DR2, 2.0 - 1.8 / pi arctan(0.331 + ...), is 0.05 off for DR3.
    """
    c = np.atleast_1d(np.asarray(bp_rp, np.float64))
    with np.errstate(invalid="ignore"):
        value = 1.76 - 1.61 / np.pi * np.arctan(0.531 * c)
        return np.asarray(np.where((c >= 0.0) & (c <= 7.0), value, np.nan))


OBLIQUITY_DEG = 84381.41100 / 3600.0
"""Of the Gaia catalogue's ecliptic coordinates (Gaia DR3 documentation, ecl_lat)."""


def ecliptic_latitude_deg(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> Array:
    """Return the ecliptic latitude (n,) [deg] of places on the ICRS."""
    ra, dec = (np.radians(np.atleast_1d(np.asarray(each, np.float64))) for each in (ra_deg, dec_deg))
    e = np.radians(OBLIQUITY_DEG)
    sine = np.cos(e) * np.sin(dec) - np.sin(e) * np.cos(dec) * np.sin(ra)
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))
