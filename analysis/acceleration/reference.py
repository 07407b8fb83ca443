"""What was observed of each star minus what its uniform motion predicts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.acceleration.entries import Entries
from analysis.kernels.arrays import plain
from catalogdb.epoch import Astrometry

Array = npt.NDArray[np.float64]


class Residuals(NamedTuple):
    """Observed minus computed (ra*, dec, pmra, pmdec), shape (m, 4) [mas, mas/yr], of m entries.

    East and north are those of the observed place, as a catalogue's motions and errors are. `years` (m, 2)
    is the time of ra and of dec since the reference epoch; `turn` (m,) [rad] is by how much east and north
    there are turned against the reference star's, by the meridians' convergence.
    """

    values: Array
    years: Array
    turn: Array


def residuals(rows: Entries, star: Astrometry) -> Residuals:
    """Return what the entries show beyond the reference stars' motion.

    Right at the poles; motions are 0 where an entry has none. A missing motion of a star counts as zero.
    """
    from analysis.kernels import star_fits  # numba takes a quarter of a second to import

    numbers = (star.ra, star.dec, star.epoch_yr, star.parallax, star.pmra, star.pmdec, star.radial_motion)
    columns = plain(*(getattr(rows, name) for name in star_fits.COLUMNS))
    star_of, has_motion = plain(rows.star, rows.has_motion)
    left = np.empty((len(rows), star_fits.REMAINDER))
    star_fits.remainders(star_of, columns, has_motion, np.stack(numbers, axis=1), left)
    return Residuals(left[:, :4], left[:, 4:6], np.arctan2(left[:, 7], left[:, 6]))


def along_star(left: Residuals) -> tuple[Array, Array]:
    """Return the offsets of position along the reference star's east and north, shape (m,) each [mas].

    Each coordinate keeps its own error: exact where both are equal, or not within arcseconds of a pole.
    """
    cos, sin = np.cos(left.turn), np.sin(left.turn)
    east, north = left.values[:, 0], left.values[:, 1]
    return cos * east - sin * north, sin * east + cos * north
