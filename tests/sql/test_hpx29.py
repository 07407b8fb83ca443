"""Position to hpx29 in SQL, against healpy."""

from __future__ import annotations

import math

import duckdb
import healpy
import numpy as np
import pyarrow as pa
import pytest

import sql

NSIDE = 2**29
CELL_RADIUS = healpy.max_pixrad(NSIDE)
EQUATOR_CAP = math.degrees(math.asin(2 / 3))


@pytest.fixture(scope="module")
def con():
    connection = duckdb.connect()
    for statement in sql.macros():
        connection.execute(statement)
    yield connection
    connection.close()


def indexed(con, ra, dec):
    rows = pa.table({"n": np.arange(len(ra)), "ra": np.asarray(ra, float), "dec": np.asarray(dec, float)})
    con.register("given", rows)
    found = con.sql("SELECT hpx29 FROM with_hpx29('given') ORDER BY n").to_arrow_table()
    con.unregister("given")
    return found["hpx29"].to_numpy(zero_copy_only=False)


def off_centre(cells, ra, dec):
    """Angle between each position and the centre of its cell [rad]."""
    centre = np.array(healpy.pix2vec(NSIDE, cells, nest=True))
    point = np.array(healpy.ang2vec(ra, dec, lonlat=True)).T
    return 2 * np.arcsin(np.linalg.norm(centre - point, axis=0) / 2)


def with_neighbours(values):
    """The values and the doubles below and above each."""
    return [y for x in values for y in (math.nextafter(x, -999), x, math.nextafter(x, 999))]


def edge_positions():
    """Positions on poles, seams, base-cell edges and corners, with the doubles next to each."""
    ras = [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0, 360.0, -90.0, -45.0, 720.0, 405.0]
    decs = [0.0, 90.0, -90.0, EQUATOR_CAP, -EQUATOR_CAP, 30.0, -30.0, 60.0, -60.0, 41.81, -41.81]
    ras = [*with_neighbours(ras), -0.0, -1e-20, 359.99999999999994, 1e-300]
    decs = [dec for dec in with_neighbours(decs) if abs(dec) <= 90] + [-0.0, 1e-300]
    ra, dec = np.meshgrid(ras, decs)
    return ra.ravel(), dec.ravel()


def test_random_positions_equal_healpy(con):
    rng = np.random.default_rng(1)
    n = 1_000_000
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    ours, theirs = indexed(con, ra, dec), healpy.ang2pix(NSIDE, ra, dec, nest=True, lonlat=True)
    differ = ours != theirs
    # A random double falls within rounding of a cell edge about once in ten million.
    assert differ.sum() <= 2
    assert np.all(off_centre(ours[differ], ra[differ], dec[differ]) <= CELL_RADIUS)


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_positions_around_the_poles_equal_healpy(con, pole):
    rng = np.random.default_rng(2)
    ra = rng.uniform(0, 360, 100_000)
    dec = pole - math.copysign(1, pole) * 10 ** rng.uniform(-9, 0, ra.size)
    ours, theirs = indexed(con, ra, dec), healpy.ang2pix(NSIDE, ra, dec, nest=True, lonlat=True)
    differ = ours != theirs
    assert differ.mean() < 1e-3
    assert np.all(off_centre(ours[differ], ra[differ], dec[differ]) <= CELL_RADIUS)


def test_edges_and_corners_get_a_cell_whose_centre_is_within_its_radius(con):
    ra, dec = edge_positions()
    cells = indexed(con, ra, dec)
    assert cells.min() >= 0
    assert cells.max() < 12 * NSIDE**2
    assert off_centre(cells, ra, dec).max() <= CELL_RADIUS * (1 + 1e-6)


def test_edges_and_corners_of_coarse_cells(con):
    for order in (0, 1, 4, 12):
        n = healpy.nside2npix(2**order)
        cells = np.arange(n) if n < 4000 else np.random.default_rng(3).integers(0, n, 4000)
        corners = healpy.boundaries(2**order, cells, step=2, nest=True).transpose(0, 2, 1).reshape(-1, 3)
        ra, dec = healpy.vec2ang(corners, lonlat=True)
        assert off_centre(indexed(con, ra, dec), ra, dec).max() <= CELL_RADIUS * (1 + 1e-6)


def test_a_missing_coordinate_has_no_cell(con):
    for name in ("hpx29", "hpx29_of_row"):
        answer = con.sql(f"""
            SELECT {name}(NULL, 80), {name}(10, NULL), {name}(NULL, NULL), {name}('nan'::DOUBLE, 10),
                   {name}(10, 'inf'::DOUBLE)""").fetchall()
        assert answer == [(None,) * 5]


def test_one_position_gets_the_cell_that_many_get(con):
    ra, dec = edge_positions()
    con.register("given", pa.table({"ra": ra, "dec": dec}))
    for name in ("hpx29", "hpx29_of_row"):
        unequal = con.sql(
            f"SELECT count(*) FROM with_hpx29('given') g WHERE g.hpx29 IS DISTINCT FROM {name}(g.ra, g.dec)"
        ).fetchall()
        assert unequal == [(0,)]
    con.unregister("given")


def test_cells_can_be_computed_while_inserting(con):
    con.execute("CREATE OR REPLACE TEMP TABLE stars (source_id BIGINT, ra DOUBLE, dec DOUBLE, hpx29 BIGINT)")
    con.execute("""
        INSERT INTO stars
        WITH positions AS (SELECT i AS source_id, i * 3.6 AS ra, i * 1.8 - 90 AS dec FROM range(100) t(i))
        SELECT * FROM with_hpx29('positions') ORDER BY hpx29 NULLS LAST""")
    rows = con.sql("SELECT ra, dec, hpx29 FROM stars ORDER BY source_id").fetchnumpy()
    assert off_centre(rows["hpx29"], rows["ra"], rows["dec"]).max() <= CELL_RADIUS * (1 + 1e-6)
