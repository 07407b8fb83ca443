"""Frames of catalogues: the published spins of Gaia's bright stars, and the rotation from FK5 to ICRS.

A catalogue's `frame` (`Table.frame`, `ref_system` of the multi-epoch table) says what it needs: only
"FK5" is to be rotated. Catalogues whose "J2000" is the equinox alone are on the ICRS already.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

MAS_PER_DEG = 3.6e6

ALIGNED = ("ICRS", "ICRF", "HCRF", "Tycho", "Gaia-CRF1", "Gaia-CRF2", "Gaia-CRF3")
"""Frames whose axes are those of the ICRS: to rotate them would spoil them by 27 mas."""

FK5_ORIENTATION_MAS = np.array([-19.9, -9.1, 22.9])
FK5_SPIN_MAS_YR = np.array([-0.30, 0.60, 0.70])
"""Orientation at J2000.0 and spin of FK5 against the ICRS (Mignard and Froeschle 2000, A&A 354, 732), the
values of IAU SOFA's `fk5hip`, whose orientation is astropy's too."""


class Spin(NamedTuple):
    """Rotation of a release's bright stars against its faint ones, by bins of G magnitude.

    `edges_mag` (k + 1,) bound the bins, `omega_mas_yr` (k, 3) are their spins about the x, y and z
    axis [mas/yr]; outside the bins the spin is 0. `epoch_yr` is the epoch of the release's positions.
    """

    edges_mag: Array
    omega_mas_yr: Array
    epoch_yr: float
    reference: str


_DR3_EDGES = np.array([0.0, 9.0, 9.5, 10.0, 10.5, 11.0, 11.5, 11.75, 12.0, 12.25, 12.5, 12.75, 13.0])
_DR3_UAS_YR = np.array(
    [
        [18.4, 33.8, -11.3],
        [14.0, 30.7, -19.4],
        [12.8, 31.4, -11.8],
        [13.6, 35.7, -10.5],
        [16.2, 50.0, 2.1],
        [19.4, 59.9, 0.2],
        [21.8, 64.2, 1.0],
        [17.7, 65.6, -1.9],
        [21.3, 74.8, 2.1],
        [25.7, 73.6, 1.0],
        [27.3, 76.6, 0.5],
        [34.9, 68.9, -2.9],
    ]
)

_DR3 = Spin(
    _DR3_EDGES,
    _DR3_UAS_YR / 1000.0,
    2016.0,
    "Cantat-Gaudin and Brandt 2021, A&A 649, A124, table 1 and the code of its appendix",
)

# From memory, not verified: the three components, the limit G = 12 of Lindegren et al. 2018, section 5.1,
# and that their sign is that of the table above. Their length is the 0.15 mas/yr of that paper's abstract.
_DR2 = Spin(
    np.array([0.0, 12.0]),
    np.array([[-0.086, -0.114, -0.037]]),
    2015.5,
    "Lindegren et al. 2018, A&A 616, A2, section 5.1 (errors 0.025 mas/yr each; components not verified)",
)

GAIA_SPINS = {"gaia_dr2": _DR2, "gaia_edr3": _DR3, "gaia_dr3": _DR3}
"""Published spins by catalogue name. Those of hgca are in its motions already: it has none here."""


def spin(catalogue_name: str, g_mag: npt.ArrayLike) -> Array:
    """Return the published spin of each star's motion [mas/yr], shape (n, 3); 0 where none is known.

    A missing magnitude (NaN), a star outside the published bins and another catalogue have no spin.
    """
    g = np.atleast_1d(np.asarray(g_mag, np.float64))
    known = GAIA_SPINS.get(catalogue_name)
    if known is None:
        return np.zeros((len(g), 3))
    padded = np.vstack([np.zeros(3), known.omega_mas_yr, np.zeros(3)])
    # searchsorted puts NaN beyond the last edge, where there is no spin.
    return np.asarray(padded[np.searchsorted(known.edges_mag, g, side="right")], np.float64)


def along(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> Array:
    """Return d(ra*, dec) / d(rotation about x, y, z), shape (n, 2, 3): the field of omega x r.

    Cantat-Gaudin and Brandt 2021, appendix: a star that rotates with omega moves by
    (-sin d cos a wx - sin d sin a wy + cos d wz, sin a wx - cos a wy).
    """
    a, d = (np.radians(np.atleast_1d(np.asarray(v, np.float64))) for v in (ra_deg, dec_deg))
    field = np.zeros((len(a), 2, 3))
    field[:, 0] = np.stack([-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)], axis=1)
    field[:, 1, 0], field[:, 1, 1] = np.sin(a), -np.cos(a)
    return field


def spin_offsets(
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    epoch_yr: npt.ArrayLike,
    omega: Array,
    *,
    aligned_yr: npt.ArrayLike | None = None,
) -> tuple[Array, Array, Array, Array]:
    """Return (ra*, dec) [mas] and (pmra, pmdec) [mas/yr] to subtract from n stars that spin by omega.

    `omega` (n, 3) is what `spin` returns. The published recipes correct motions only: positions at
    the release's own epoch stay. A position at `epoch_yr` that was propagated with the uncorrected
    motion from `aligned_yr` has gone astray by the spin times the difference; without `aligned_yr`
    the positions are taken to be at the release's own epoch, and their offsets are 0.
    """
    motion = np.einsum("nij,nj->ni", along(ra_deg, dec_deg), np.atleast_2d(omega))
    epoch = np.asarray(epoch_yr, np.float64)
    years = np.zeros(epoch.shape) if aligned_yr is None else epoch - np.asarray(aligned_yr, np.float64)
    return motion[:, 0] * years, motion[:, 1] * years, motion[:, 0], motion[:, 1]


def fk5_to_icrs(
    frame: str,
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    epoch_yr: npt.ArrayLike,
    *,
    force: bool = False,
    spinning: bool = False,
) -> tuple[Array, Array]:
    """Return FK5 positions of equinox J2000 as ICRS [deg], by the rotation that astropy applies.

    `frame` is what the catalogue's table states. astropy's rotation is that of J2000.0 at every
    epoch; with `spinning`, FK5's spin since J2000.0 is in it too, as in SOFA's `fk5hz`. Raises
    AnalysisError where the frame is not FK5: positions on the ICRS would be moved by up to 31.7
    mas for nothing. `force` rotates them all the same, to show what that does.
    """
    if not (force or frame == "FK5"):
        raise AnalysisError(_refusal(frame))
    epoch = np.broadcast_to(np.asarray(epoch_yr, np.float64), np.shape(ra_deg))
    years = np.atleast_1d(epoch - 2000.0) if spinning else np.zeros(np.atleast_1d(epoch).shape)
    vector = FK5_ORIENTATION_MAS + years[:, None] * FK5_SPIN_MAS_YR
    ra, dec = (np.atleast_1d(np.asarray(v, np.float64)) for v in (ra_deg, dec_deg))
    # The vector turns the ICRS into FK5; positions go the other way.
    return _rotated(ra, dec, -vector / MAS_PER_DEG)


def _refusal(frame: str) -> str:
    if frame in ALIGNED:
        why = "is aligned with the ICRS: the rotation from FK5 would displace its positions by up to 31.7 mas"
    elif not frame:
        why = "(none) is not stated: the rotation is for catalogues that state FK5"
    else:
        why = "is not FK5: the rotation from FK5 does not apply to it"
    return f"frame {frame!r} {why}. Leave the positions as they are, or state the frame in the spec"


def _rotated(ra_deg: Array, dec_deg: Array, vector_deg: Array) -> tuple[Array, Array]:
    """Return positions (n,) turned by rotation vectors (n, 3) [deg] (Rodrigues' formula)."""
    a, d = np.radians(ra_deg), np.radians(dec_deg)
    r = np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=1)
    turn = np.radians(vector_deg)
    angle = np.linalg.norm(turn, axis=1, keepdims=True)
    axis = turn / np.where(angle > 0.0, angle, 1.0)
    along_axis = np.sum(axis * r, axis=1, keepdims=True)
    # The sine of half the angle keeps the digits that 1 - cos would lose.
    x, y, z = (
        r + np.sin(angle) * np.cross(axis, r) - 2.0 * np.sin(angle / 2.0) ** 2 * (r - axis * along_axis)
    ).T
    return np.mod(np.degrees(np.arctan2(y, x)), 360.0), np.degrees(np.arctan2(z, np.hypot(x, y)))
