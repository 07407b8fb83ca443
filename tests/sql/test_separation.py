"""Separation and position angle in SQL, against mpmath with 50 digits on the same doubles."""

from __future__ import annotations

import duckdb
import mpmath as mp
import numpy as np
import pyarrow as pa
import pytest

import sql

MAS_DEG = 1 / 3.6e6
TOLERANCE_ARCSEC = 1e-9


@pytest.fixture(scope="module")
def con():
    connection = duckdb.connect()
    for statement in sql.macros():
        connection.execute(statement)
    yield connection
    connection.close()


def exact(ra1, dec1, ra2, dec2):
    """Separation and position angle [rad] of one pair, to 50 digits."""
    with mp.workdps(50):
        a1, d1, a2, d2 = (mp.mpf(float(x)) * mp.pi / 180 for x in (ra1, dec1, ra2, dec2))
        east = mp.cos(d2) * mp.sin(a2 - a1)
        north = mp.cos(d1) * mp.sin(d2) - mp.sin(d1) * mp.cos(d2) * mp.cos(a2 - a1)
        along = mp.sin(d1) * mp.sin(d2) + mp.cos(d1) * mp.cos(d2) * mp.cos(a2 - a1)
        return mp.atan2(mp.hypot(east, north), along), mp.atan2(east, north)


def away(ra, dec, separation_deg, angle_deg):
    """The double-precision position at a separation and direction from another."""
    a, d, s, p = (np.radians(x) for x in (ra, dec, separation_deg, angle_deg))
    north = np.array([-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)])
    east = np.array([-np.sin(a), np.cos(a), 0 * a])
    here = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    x, y, z = np.cos(s) * here + np.sin(s) * (np.cos(p) * north + np.sin(p) * east)
    return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))


def pairs(kind):
    rng = np.random.default_rng(5)
    n = 300
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    angle = rng.uniform(0, 360, n)
    if kind == "seam":
        ra = np.where(rng.random(n) < 0.5, 1e-7 * rng.random(n), 360 - 1e-7 * rng.random(n)) % 360
        dec[: n // 2] = 0
    if kind == "poles":
        dec = np.where(rng.random(n) < 0.5, 1, -1) * (90 - 10 ** rng.uniform(-10, -3, n))
    separation = {
        "one_mas": np.full(n, MAS_DEG),
        "opposite": np.full(n, 180.0),
        "almost_opposite": 180 - 10 ** rng.uniform(-9, 0, n),
        "quarter": np.full(n, 90.0),
    }.get(kind, 10 ** rng.uniform(-9, 2, n))
    return ra, dec, *away(ra, dec, separation, angle)


@pytest.mark.parametrize(
    "kind", ["one_mas", "opposite", "almost_opposite", "quarter", "seam", "poles", "log_uniform"]
)
def test_separation_and_position_angle_equal_mpmath(con, kind):
    positions = pairs(kind)
    con.register("given", pa.table(dict(zip(("ra1", "dec1", "ra2", "dec2"), positions, strict=True))))
    rows = con.sql("""
        SELECT separation_arcsec(ra1, dec1, ra2, dec2) AS separation,
               position_angle_deg(ra1, dec1, ra2, dec2) AS angle FROM given""").fetchnumpy()
    con.unregister("given")
    assert np.all((rows["angle"] >= 0) & (rows["angle"] < 360))
    for *pair, separation, angle in zip(*positions, rows["separation"], rows["angle"], strict=True):
        true_separation, true_angle = exact(*pair)
        arcsec = 180 * 3600 / mp.pi
        assert abs(separation - true_separation * arcsec) <= TOLERANCE_ARCSEC
        turned = mp.sin((mp.mpf(float(angle)) * mp.pi / 180 - true_angle) / 2) * 2
        assert abs(mp.sin(true_separation) * turned * arcsec) <= TOLERANCE_ARCSEC


def test_identical_and_opposite_positions_are_exact(con):
    answer = con.sql("""
        SELECT separation_arcsec(10.3, 20.7, 10.3, 20.7), separation_deg(12.5, -90, 200, 90),
               separation_deg(0, 0, 180, 0), separation_deg(0, 89, 360, 89)""").fetchall()
    assert answer[0] == pytest.approx((0, 180, 180, 0), abs=1e-13)


def test_missing_positions_have_no_separation(con):
    answer = con.sql("SELECT separation_deg(NULL, 0, 1, 1), position_angle_deg(0, 0, 1, NULL)").fetchall()
    assert answer == [(None, None)]


def test_position_angle_is_north_through_east(con):
    answer = con.sql("""
        SELECT position_angle_deg(10, 0, 10, 1), position_angle_deg(10, 0, 11, 0),
               position_angle_deg(10, 0, 10, -1), position_angle_deg(10, 0, 9, 0)""").fetchall()
    assert answer[0] == pytest.approx((0, 90, 180, 270), abs=1e-12)
