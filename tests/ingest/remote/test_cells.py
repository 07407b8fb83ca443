"""Cells as services are asked for them, against healpy and astropy: nothing of a cell or cone is left out."""

from __future__ import annotations

import healpy as hp
import numpy as np
import numpy.typing as npt
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from catalogdb.errors import DataError
from ingest.remote.cells import Cone, cell_of, circle_around, cover, first_order, polygon_around, touched
from ingest.remote.chunk import Chunk
from ingest.remote.sky_plans import ByIdentifier, ByPosition, Target

RNG = np.random.default_rng(20260815)

CONES = [
    Cone(0, 90, 0.5),
    Cone(123, -90, 30),
    Cone(0, 0, 1e-4),
    Cone(359.9999, 10, 0.01),
    Cone(45, 41.8103149, 3),
    Cone(180, -12, 89.9),
    Cone(10, 20, 120),
    Cone(10, 20, 180),
    *(
        Cone(float(ra), float(dec), float(10**size))
        for ra, dec, size in zip(
            RNG.uniform(0, 360, 12), RNG.uniform(-90, 90, 12), RNG.uniform(-3, 1.9, 12), strict=True
        )
    ),
]


def points_in(cone: Cone, n: int = 400) -> SkyCoord:
    """Positions in a cone, a fifth of them on its very edge."""
    radius = cone.radius_deg * np.sqrt(RNG.random(n))
    radius[: n // 5] = cone.radius_deg * (1 - 1e-12)
    centre = SkyCoord(cone.ra_deg, cone.dec_deg, unit="deg")
    return centre.directional_offset_by(RNG.uniform(0, 360, n) * u.deg, radius * u.deg)


def in_polygon(
    corners: list[tuple[float, float]], ra: npt.NDArray[np.float64], dec: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Which positions lie on the inner side of every side of a convex polygon."""
    vectors = np.array([hp.ang2vec(a, d, lonlat=True) for a, d in corners])
    points = hp.ang2vec(ra, dec, lonlat=True)
    sides = np.cross(vectors, np.roll(vectors, -1, axis=0))
    return ((points @ sides.T) * np.sign(vectors.mean(axis=0) @ sides[0]) > 0).all(axis=1)  # type: ignore[no-any-return]


@pytest.mark.parametrize("order", [0, 1, 2, 3, 5, 8, 13, 20])
def test_circles_and_polygons_contain_their_cell(order: int) -> None:
    cells = range(12 * 4**order) if order < 2 else RNG.integers(0, 12 * 4**order, 40)
    for cell in map(int, cells):
        fine = (cell << 2 * (29 - order)) + RNG.integers(0, 1 << 2 * (29 - order), 200)
        inside = hp.pix2ang(1 << 29, fine, nest=True, lonlat=True)
        edge = hp.vec2ang(hp.boundaries(1 << order, cell, step=64, nest=True).T, lonlat=True)
        ra, dec = np.concatenate([inside[0], edge[0]]), np.concatenate([inside[1], edge[1]])
        circle = circle_around(order, cell)
        assert circle.holds(ra, dec).all()
        assert circle.area_deg2 < 4 * np.pi * np.degrees(1) ** 2 / (12 * 4**order) * 4
        assert in_polygon(polygon_around(order, cell), ra, dec).all()


@pytest.mark.parametrize("cone", CONES, ids=str)
def test_every_position_of_a_cone_lies_in_a_cell_of_its_cover(cone: Cone) -> None:
    points = points_in(cone)
    for order in {first_order(cone), min(first_order(cone) + 2, 9), 0, 3}:
        for cells in (cover(cone, order), touched(cone, order)):
            assert np.isin(cell_of(points.ra.deg, points.dec.deg, order), cells).all()
            assert (np.diff(cells) > 0).all()


@pytest.mark.parametrize("cone", CONES, ids=str)
def test_a_cone_holds_what_astropy_finds_in_it(cone: Cone) -> None:
    ra, dec = RNG.uniform(0, 360, 2000), np.degrees(np.arcsin(RNG.uniform(-1, 1, 2000)))
    separation = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(cone.ra_deg, cone.dec_deg, unit="deg")).deg
    assert (cone.holds(ra, dec) == (separation <= cone.radius_deg)).all()
    near = points_in(cone)
    assert cone.holds(near.ra.deg, near.dec.deg).mean() > 0.79


def test_cells_are_healpys_and_nest() -> None:
    ra, dec = RNG.uniform(0, 360, 5000), np.degrees(np.arcsin(RNG.uniform(-1, 1, 5000)))
    for order in (0, 3, 11, 20):
        assert (cell_of(ra, dec, order) == hp.ang2pix(1 << order, ra, dec, nest=True, lonlat=True)).all()
        assert (cell_of(ra, dec, order + 1) >> 2 == cell_of(ra, dec, order)).all()


def test_cells_within_a_range() -> None:
    whole = touched(Cone(50, 10, 20), 6)
    assert (touched(Cone(50, 10, 20), 6, 1000, 20000) == whole[(whole >= 1000) & (whole < 20000)]).all()
    assert touched(None, 2).tolist() == list(range(192))
    assert touched(None, 12, 17, 19).tolist() == [17, 18]


@pytest.mark.parametrize("cone", [None, *CONES[:8]], ids=str)
def test_ranges_of_identifiers_leave_none_out(cone: Cone | None) -> None:
    """Divided as often as may be, the ranges follow each other without gap or overlap."""
    target = Target(table="t", ra="ra", dec="dec", id=("id",), id_order=12, id_factor=2**35)
    plan = ByIdentifier(target, cone, 1000)
    chunks = plan.start()
    for _ in range(3):
        divided = RNG.integers(0, len(chunks))
        chunks[divided : divided + 1] = plan.split(chunks[divided]) or [chunks[divided]]
    assert chunks[0].first is None
    assert chunks[-1].end is None
    assert [chunk.end for chunk in chunks[:-1]] == [chunk.first for chunk in chunks[1:]]
    assert len({chunk.key for chunk in chunks}) == len(chunks)


def test_what_can_not_be_divided_further() -> None:
    target = Target(table="t", ra="ra", dec="dec", id=("id",), id_order=12, id_factor=2**35)
    by_position = ByPosition(target, None, 1000, polygons=True)
    assert by_position.split(Chunk("nowhere")) == []
    assert by_position.split(Chunk("x", order=20, cell=5)) == []
    assert len(by_position.split(Chunk("x", order=19, cell=5))) == 4
    by_identifier = ByIdentifier(target, None, 1000)
    one = Chunk("x", order=12, first=7 * 2**35, end=8 * 2**35)
    assert by_identifier.split(one) == []


def test_a_large_table_starts_in_cells_of_the_size_that_is_wanted() -> None:
    target = Target(table="t", ra="ra", dec="dec", rows=10_000_000)
    chunks = ByPosition(target, None, 100_000, polygons=True).start()
    assert len(chunks) == 12 * 4**2 + 1
    assert chunks[-1].key == "nowhere"
    small = ByPosition(target, Cone(1, 2, 0.5), 100_000, polygons=True).start()
    assert [chunk.key for chunk in small] == ["cone"]
    large = ByPosition(target, Cone(1, 2, 40), 100_000, polygons=True).start()
    assert 12 <= len(large) <= 60


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((361, 0, 1), "RA 361, Dec 0 is no position"),
        ((0, -91, 1), "is no position"),
        ((float("nan"), 0, 1), "is no position"),
        ((0, 0, 0), "cone: 0 is no radius"),
        ((0, 0, -1), "cone: -1 is no radius"),
        ((0, 0, 181), "cone: 181 is no radius"),
        ((0, 0, float("nan")), "cone: nan is no radius"),
    ],
)
def test_what_is_no_cone(given: tuple[float, float, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Cone(*given)
