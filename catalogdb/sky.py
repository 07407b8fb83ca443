"""Positions and HEALPix cells: how a position becomes `hpx29`, and which cells lie next to a cell.

In SQL, on every connection of a store:

    INSERT INTO stars
    WITH positions AS (SELECT source_id, ra, dec, ... FROM read_csv(...))
    SELECT * FROM with_hpx29('positions') ORDER BY hpx29 NULLS LAST

`with_hpx29(name)` gives the rows of a table, view or preceding CTE that has `ra` and `dec` [deg]
(and no `hpx29`, nor names that begin with an underscore), with the column `hpx29` added at the end:
the nested HEALPix index at order 29, NULL where ra or dec is NULL. It runs at 15 million rows a second
on two cores, as fast as healpy. `hpx29(ra, dec)` is the same for one position, five times slower on many.
`separation_deg`, `separation_arcsec` and `position_angle_deg` take (ra1, dec1, ra2, dec2) [deg].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt  # takes a tenth of the start of a command

Cells: TypeAlias = "npt.NDArray[np.int64]"

ORDER = 29
"""The HEALPix order of every stored index; a cell of a coarser order k is hpx29 >> 2 * (29 - k)."""

STEEPEST = 1.4525
"""Bound of how fast x and y within a base cell change, in units of nside per radian.

In the polar caps x = nside t s with t in [0, 1] and s = sqrt(6) sin(theta/2), whose gradient squared
is at most 1.5 c^2 + (6/pi^2) / c^2 with c = cos(theta/2): 2.108 at the pole, less elsewhere. At the
equator it is at most 1.04.
"""

FINEST_JOIN = 16
EDGE_RAD = math.sqrt(math.pi / 3)
"""Side of a base cell as if it were a square [rad]."""

X_BITS = 0x5555555555555555 & (4**ORDER - 1)

_STEPS = (16, 8, 4, 2, 1)
_MASKS = (
    0x0000FFFF0000FFFF,
    0x00FF00FF00FF00FF,
    0x0F0F0F0F0F0F0F0F,
    0x3333333333333333,
    0x5555555555555555,
)

# The base cell next to base cell 0 to 11, by direction 4 + dx + 3 dy; -1 where three meet and a corner
# has no fourth. From the same table in HEALPix C++ (healpix_tables.cc), as is the next.
_BASE_NEXT = np.array(
    [
        [8, 9, 10, 11, -1, -1, -1, -1, 10, 11, 8, 9],
        [5, 6, 7, 4, 8, 9, 10, 11, 9, 10, 11, 8],
        [-1, -1, -1, -1, 5, 6, 7, 4, -1, -1, -1, -1],
        [4, 5, 6, 7, 11, 8, 9, 10, 11, 8, 9, 10],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        [1, 2, 3, 0, 0, 1, 2, 3, 5, 6, 7, 4],
        [-1, -1, -1, -1, 7, 4, 5, 6, -1, -1, -1, -1],
        [3, 0, 1, 2, 3, 0, 1, 2, 4, 5, 6, 7],
        [2, 3, 0, 1, -1, -1, -1, -1, 0, 1, 2, 3],
    ]
)

# How x and y continue there, by direction and third of the sky: 1 mirrors x, 2 mirrors y, 4 swaps them.
_BASE_TURN = np.array(
    [[0, 0, 3], [0, 0, 6], [0, 0, 0], [0, 0, 5], [0, 0, 0], [5, 0, 0], [0, 0, 0], [6, 0, 0], [3, 0, 0]]
)


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells on which a join within `radius_rad` meets; a disc leaves its cell on one side at most.

    `order` None is the whole sky as one cell, for discs too large for that.
    """

    order: int | None
    radius_rad: float

    @property
    def reach(self) -> int:
        """How far a disc's edge can lie from its centre in x or y of order 29."""
        return math.ceil(STEEPEST * self.radius_rad * (1 << ORDER)) + 2

    @property
    def shift(self) -> int:
        """Bits by which hpx29 is shifted to give the cell."""
        return 2 * (ORDER + 2) if self.order is None else 2 * (ORDER - self.order)

    def border(self) -> dict[str, int]:
        """The parameters of sql/match_border.sql; the order must not be None."""
        assert self.order is not None
        low, bits = X_BITS & (4 ** (ORDER - self.order) - 1), X_BITS & (4**self.order - 1)
        near, far = spread(np.array([self.reach, 2 ** (ORDER - self.order) - self.reach])).tolist()
        x = {"x_low": low, "near_x": near, "far_x": far, "x_bits": bits}
        return {"shift": self.shift} | x | {name.replace("x", "y"): value << 1 for name, value in x.items()}


def choose_grid(radius_rad: float, rows: int) -> Grid:
    """Return the grid on which a join of `rows` positions within `radius_rad` is fast.

    Cells of about 32 radii are the measured optimum where stars are sparse; more crowded skies get
    smaller cells, down to four radii, so that a cell holds about one star.
    """
    crowded = math.ceil(math.log(max(rows, 1) / 12, 4)) + 1 if rows > 12 else 0
    order = max(0, min(_order_of(4 * radius_rad), max(_order_of(32 * radius_rad), crowded), FINEST_JOIN))
    grid = Grid(order, radius_rad)
    return grid if 2 * grid.reach <= 2 ** (ORDER - order) else Grid(None, radius_rad)


def _order_of(side_rad: float) -> int:
    """The finest order of which cells have at least this side."""
    return math.floor(math.log2(EDGE_RAD / max(side_rad, 1e-15)))


def neighbours(order: int, cells: Cells, dx: Cells, dy: Cells) -> tuple[Cells, Cells]:
    """Return (index into the arguments, neighbour) for the up to three cells in directions dx, dy.

    Arguments of shape (n,), dx and dy in {-1, 0, 1}; answers of one shape (m,). Follows edges and
    corners of base cells, where a diagonal neighbour may not exist; each neighbour is given once.
    """
    index = np.arange(len(cells))
    steps = ((dx, 0 * dy), (0 * dx, dy), (dx, dy))
    rows = np.concatenate([index] * len(steps))
    there = np.concatenate([neighbour(order, cells, *step) for step in steps])
    new = (there >= 0) & (there != cells[rows])
    pairs = np.unique(np.stack([rows[new], there[new]]), axis=1)
    return pairs[0], pairs[1]


def neighbour(order: int, cells: Cells, dx: Cells, dy: Cells) -> Cells:
    """Return the nested cell one step in x and y from each cell, shape (n,); -1 where there is none."""
    nside = 1 << order
    base = cells >> 2 * order
    x, y = gathered(cells) & (nside - 1), gathered(cells >> 1) & (nside - 1)
    x, y = x + dx, y + dy
    direction = 4 + (x >= nside) - (x < 0) + 3 * ((y >= nside) * 1 - (y < 0))
    x, y = x & (nside - 1), y & (nside - 1)
    turn = _BASE_TURN[direction, base >> 2]
    x, y = np.where(turn & 1, nside - 1 - x, x), np.where(turn & 2, nside - 1 - y, y)
    x, y = np.where(turn & 4, y, x), np.where(turn & 4, x, y)
    beyond = _BASE_NEXT[direction, base]
    return np.where(beyond < 0, -1, (beyond << 2 * order) | spread(x) | (spread(y) << 1))


def spread(x: Cells) -> Cells:
    """Return x, of at most 29 bits, with a zero bit after each bit; `gathered` is its inverse."""
    for step, mask in zip(_STEPS, _MASKS, strict=True):
        x = (x | (x << step)) & mask
    return x


def gathered(x: Cells) -> Cells:
    """Return every second bit of x, from the lowest, side by side."""
    x = x & X_BITS
    for step, mask in zip(_STEPS[::-1], (*_MASKS[-2::-1], 0xFFFFFFFF), strict=True):
        x = (x | (x >> step)) & mask
    return x
