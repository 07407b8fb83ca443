"""HEALPix cells as services are asked for them: which cover a cone, and circles and polygons around one.

A cell's own rows are told by `cell_of`, from the position that the service gave; circle and polygon
need only contain the cell. So no row is lost at an edge, and none comes twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import healpy as hp
import numpy as np
import numpy.typing as npt
from astropy import units as u
from astropy.coordinates import Latitude, Longitude
from cdshealpix.nested import cone_search, lonlat_to_healpix

from catalogdb.errors import DataError
from catalogdb.sky import ORDER

FINEST = 20
"""No cell smaller than this order (0.2 arcsec) is asked for: a service that still cuts off is at fault."""

_SLACK_DEG = 1e-5
"""By so much a cone is widened before its cells are found: services round positions and radii."""

_STEP = 8
_WIDER = 1.02
"""Points on each side of a cell, and the factor by which their hull is widened so that it holds the side."""

Cells = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cone:
    """A circle on the sky [deg, ICRS]; DataError unless it is one."""

    ra_deg: float
    dec_deg: float
    radius_deg: float

    def __post_init__(self) -> None:
        if not (0 <= self.ra_deg <= 360 and -90 <= self.dec_deg <= 90):
            raise DataError(
                f"cone: RA {self.ra_deg}, Dec {self.dec_deg} is no position: 0 to 360 and -90 to 90 deg"
            )
        if not 0 < self.radius_deg <= 180:
            raise DataError(f"cone: {self.radius_deg} is no radius: it is above 0, and 180 deg at most")

    @property
    def area_deg2(self) -> float:
        """Its area [deg2]."""
        return 2 * math.pi * (1 - math.cos(math.radians(self.radius_deg))) * math.degrees(1) ** 2

    def holds(
        self, ra_deg: npt.NDArray[np.float64], dec_deg: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        """Which positions, shape (n,), lie within the circle."""
        one = hp.ang2vec(self.ra_deg, self.dec_deg, lonlat=True)
        others = hp.ang2vec(ra_deg, dec_deg, lonlat=True)
        # The chord is exact where the cosine of a small angle is not.
        chord = np.linalg.norm(others - one, axis=-1)
        inside: npt.NDArray[np.bool_] = 2 * np.degrees(np.arcsin(np.clip(chord / 2, 0, 1))) <= self.radius_deg
        return inside


def cell_of(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike, order: int) -> Cells:
    """Return the nested cell of each position, shape (n,): that of order 29, shifted, so that cells nest."""
    ra, dec = np.asarray(ra_deg, dtype=np.float64), np.asarray(dec_deg, dtype=np.float64)
    fine: Cells = lonlat_to_healpix(Longitude(ra, u.deg), Latitude(dec, u.deg), ORDER).astype(np.int64)
    return fine >> 2 * (ORDER - order)


def cover(cone: Cone | None, order: int) -> Cells:
    """Return every cell of an order that a cone touches, in order; all cells for None."""
    if cone is None or cone.radius_deg >= 90:
        return touched(cone, order)
    cells, orders, _ = cone_search(
        Longitude(cone.ra_deg, u.deg), Latitude(cone.dec_deg, u.deg),
        (cone.radius_deg + _SLACK_DEG) * u.deg, order, flat=True,
    )  # fmt: skip
    return np.sort(cells[orders == order].astype(np.int64))


def touched(cone: Cone | None, order: int, first: int = 0, end: int | None = None) -> Cells:
    """Return the cells of an order, from `first` to before `end`, that may touch a cone, in order.

    They are found from coarse to fine, so that few cells of a fine order cost little.
    """
    end = 12 * 4**order if end is None else end
    cells = np.arange(12, dtype=np.int64)
    for level in range(order + 1):
        shift = 2 * (order - level)
        cells = cells[(((cells + 1) << shift) > first) & ((cells << shift) < end)]
        if cone is not None:
            cells = cells[_near(cells, level, cone)]
        if level < order:
            cells = (4 * cells[:, None] + np.arange(4)).ravel()
    return cells


def _near(cells: Cells, order: int, cone: Cone) -> npt.NDArray[np.bool_]:
    """Which cells may touch the cone, by the distance of their centres."""
    nside = 1 << order
    reach = cone.radius_deg + _SLACK_DEG + math.degrees(hp.max_pixrad(nside))
    if reach >= 180 or len(cells) == 0:
        return np.ones(len(cells), dtype=bool)
    ra, dec = hp.pix2ang(nside, cells, nest=True, lonlat=True)
    return Cone(cone.ra_deg, cone.dec_deg, reach).holds(ra, dec)


def first_order(cone: Cone | None, pieces: float = 2.0) -> int:
    """Return the coarsest order at which a cone, or the sky, is divided into at least so many cells."""
    area = 4 * math.pi * math.degrees(1) ** 2 if cone is None else cone.area_deg2
    cell = 4 * math.pi * math.degrees(1) ** 2 / 12
    return min(FINEST, max(0, math.ceil(math.log(cell * pieces / area, 4))))


def circle_around(order: int, cell: int) -> Cone:
    """Return a circle that contains a cell, edges and corners included."""
    nside = 1 << order
    ra, dec = hp.pix2ang(nside, cell, nest=True, lonlat=True)
    points = _boundary(nside, cell)
    centre = hp.ang2vec(ra, dec, lonlat=True)
    radius = np.degrees(np.arccos(np.clip(points @ centre, -1, 1)).max())
    return Cone(float(ra), float(dec), min(180.0, float(radius) * 1.001 + 1e-6))


def polygon_around(order: int, cell: int) -> list[tuple[float, float]]:
    """Return the corners (ra, dec) [deg] of a convex polygon of great circles that contains a cell.

    It is the hull of points on the cell's edge on a plane that touches the sphere at the cell's centre,
    on which great circles are straight, widened so that the curved edges between the points lie inside.
    """
    nside = 1 << order
    centre = np.array(hp.pix2vec(nside, cell, nest=True))
    east = np.cross([0.0, 0.0, 1.0], centre)
    east /= np.linalg.norm(east)
    north = np.cross(centre, east)
    points = _boundary(nside, cell)
    plane = np.stack([points @ east, points @ north], axis=1) / (points @ centre)[:, None]
    corners = _hull(plane) * _WIDER
    vectors = centre + corners[:, :1] * east + corners[:, 1:] * north
    ra, dec = hp.vec2ang(vectors, lonlat=True)
    return [(float(a) % 360, float(d)) for a, d in zip(ra, dec, strict=True)]


def _boundary(nside: int, cell: int) -> npt.NDArray[np.float64]:
    """Unit vectors of points on the edge of a cell, shape (4 _STEP, 3)."""
    points: npt.NDArray[np.float64] = hp.boundaries(nside, cell, step=_STEP, nest=True).T
    return points


def _hull(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The corners of the convex hull of points in the plane, anticlockwise (Andrew's monotone chain)."""
    ordered = sorted(map(tuple, points))

    def half(sequence: Iterable[Sequence[float]]) -> list[Sequence[float]]:
        chain: list[Sequence[float]] = []
        for p in sequence:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return np.array(half(ordered) + half(reversed(ordered)))


def _turn(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
