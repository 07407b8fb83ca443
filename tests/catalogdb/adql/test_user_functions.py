"""User-defined functions: the examples of the IVOA's catalogue, and healpy, erfa and astropy."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import astropy.units as u
import duckdb
import erfa
import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.time import Time

from catalogdb.adql.frames import FRAMES, rotation
from catalogdb.adql.ivo_functions import USER_FUNCTIONS

sys.path.insert(0, str(Path(__file__).parent))
from adql_sky import rows, sky, translated  # noqa: E402

EPOCH = "7.606083572, 11.79044105, 125, 300, -428.8, 52.51, 2016.0"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = sky()
    yield connection
    connection.close()


def one(con: duckdb.DuckDBPyConnection, value: str) -> Any:
    return con.sql(translated(f"SELECT {value}").sql).fetchall()[0][0]


EXAMPLES: list[tuple[str, Any]] = [
    ("ivo_healpix_index(0, 1, 1)", 4),
    ("ivo_healpix_index(17, 1, 1)", 81609757711),
    ("ivo_healpix_index(17, 359, -1)", 73009064944),
    ("ivo_healpix_index(17, CAST('1 1' AS POINT))", 81609757711),
    ("ivo_healpix_center(0, 6)", [180.0, 0.0]),
    ("ivo_healpix_center(17, ivo_healpix_index(17, 23.4, 56.7))", [23.399843462947466, 56.70016214363192]),
    (f"ivo_epoch_prop_pos({EPOCH}, 1992.25)", [7.604061404627978, 11.7932703828279]),
    (f"ivo_epoch_prop_pos({EPOCH}, 1875.0)", [7.594068213694308, 11.807251375203935]),
    ("ivo_epoch_prop_pos(7.606083572, 11.79044105, 125, 300, -428.8, NULL, 2016.0, 1875.0)",
     [7.594079587029898, 11.807235464326332]),
    ("ivo_epoch_prop_pos(7.606083572, 11.79044105, 125, 300, NULL, NULL, 2016.0, 1875.0)",
     [7.594080321498365, 11.790440798509207]),
    # The catalogue has ...20846 and ...39055 of a small parallax in place of an infinite distance.
    ("ivo_epoch_prop_pos(7.606083572, 11.79044105, NULL, 300, -428.8, 52.51, 2016.0, 1875.0)",
     [7.594079587029898, 11.807235464326332]),
    (f"ivo_epoch_prop({EPOCH}, 1992.25)",
     [7.6040614046279735, 11.793270382827929, 125.01993165584682, 300.09877325973605, -428.934593565712,
      52.50880381775256]),
    ("ivo_epoch_prop(7.606083572, 11.79044105, 125, NULL, NULL, NULL, 2016.0, 1992.25)",
     [7.606083572, 11.79044105, 125, None, None, None]),
    ("ivo_epoch_prop(7.606083572, 11.79044105, NULL, 300, -428.8, 52.51, 2016.0, 1992.25)",
     [7.604061727024453, 11.79326993174991, None, 300.0030911918108, -428.79783514643105, 52.51]),
    ("ivo_epoch_prop(7.606083572, 11.79044105, 125, 21, NULL, NULL, 2016.0, 1992.25)",
     [7.606083572, 11.79044105, 125.0, None, None, None]),
    ("ivo_epoch_prop(7.606083572, 11.79044105, 125, 300, -428.8, NULL, 2016.0, 1992.25)",
     [7.604061727024712, 11.793269931749549, 124.9999997730655, 300.0030911152833, -428.79783503705033,
      None]),
    ("ivo_geom_transform('ICRS', 'GALACTIC', CAST('120 -23' AS POINT))", [241.121831182, 3.62785788087]),
    ("ivo_geom_transform('FK4', 'GALACTIC', CAST('189.70303055 22.96240006 3' AS CIRCLE))",
     [275.00025405, 84.99996154, 3.0]),
    ("ivo_to_jd(CAST('2000-01-02T12:00:00' AS TIMESTAMP))", 2451546.0),
    ("ivo_to_jd('1910-12-31T06:00:00')", 2419036.75),
    ("ivo_to_jd(NULL)", None),
    ("ivo_to_mjd(CAST('2000-01-02T12:00:00' AS TIMESTAMP))", 51545.5),
    ("ivo_to_mjd('1910-12-31T06:00:00')", 19036.25),
    ("ivo_nocasematch('abcabc', 'ab%')", 1),
    ("ivo_nocasematch('ABcabc', 'ab__bc')", 1),
    ("ivo_nocasematch('abcabc', '%BC')", 1),
    ("ivo_nocasematch('abcabc', 'ABCABC')", 1),
    ("ivo_nocasematch('abcabc', 'abcab')", 0),
    ("ivo_hasword('Miller and Urey have', 'miller')", 1),
    ("ivo_hasword('shown that a primordial', 'soup')", 0),
    ("ivo_hasword('shown that a primordial', 'shown primordial')", 1),
    ("ivo_hasword('shown that a primordial', 'shown soup')", 0),
    ("ivo_hashlist_has('red#green#blue', 'red')", 1),
    ("ivo_hashlist_has('Red#green#blue', 'red')", 1),
    ("ivo_hashlist_has('red#green#blue', 're')", 0),
    ("ivo_hashlist_has('red#green#blue', 'red#green')", 0),
    ("ivo_interval_overlaps(-3, -2, 2, 3)", 0),
    ("ivo_interval_overlaps(-2, 55.3, 2, 3)", 1),
    ("ivo_interval_overlaps(2, 3, -2, 55.3)", 1),
    ("ivo_interval_overlaps(-2, 55.3, 3, 2)", 0),
    ("ivo_interval_overlaps(-2, 2, 2, 3)", 1),
    ("ivo_hms_to_degrees('3:34:45.4')", 53.68916666666667),
    ("ivo_hms_to_degrees('3h34m45.4s')", 53.68916666666667),
    ("ivo_hms_to_degrees('3H34M45.4S')", 53.68916666666667),
    ("ivo_hms_to_degrees('033445.4')", 53.68916666666667),
    ("ivo_dms_to_degrees('42:9:6.768')", 42.15188),
    ("ivo_dms_to_degrees('42d9m6.768s')", 42.15188),
    ("ivo_dms_to_degrees('42D9M6.768S')", 42.15188),
    ("ivo_dms_to_degrees('420906.768')", 42.15188),
    ("ivo_dms_to_degrees('-00:15:00')", -0.25),
    ("ivo_dms_to_degrees('+00:15:00')", 0.25),
    ("ivo_dms_to_degrees('-0d15m0s')", -0.25),
    ("ivo_dms_to_degrees('+0d15m0s')", 0.25),
    *[(f"ivo_hms_to_degrees('{text}')", None)
      for text in ("", "x", "3:34", "3:60:00", "3:34:60", "-3:34:45", "3d34m45s", "3h34:45s", "3.5:34:45",
                   "33445")],
    *[(f"ivo_dms_to_degrees('{text}')", None)
      for text in ("42h9m6s", "--42:9:6", "42 9 6", "42d9m6", "4d2d9m6s")],
    # Gaia DR3's documentation: source_id / 2**35 is the cell of order 12.
    ("gaia_healpix_index(12, 4295806720)", 4295806720 // 2**35),
    ("gaia_healpix_index(8, 5853498713190525696)", 5853498713190525696 // (2**35 * 4**4)),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), EXAMPLES, ids=[value for value, _ in EXAMPLES])
def test_examples_of_the_catalogue(con: duckdb.DuckDBPyConnection, value: str, expected: Any) -> None:
    found = one(con, value)
    if isinstance(expected, list):
        assert [None if x is None else pytest.approx(x, rel=1e-9) for x in expected] == found
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-12)
    else:
        assert found == expected


@pytest.mark.parametrize(
    "value",
    [
        "ivo_epoch_prop_pos(NULL, 11.79044105, 125, 300, NULL, NULL, 2016.0, 1875.0)",
        "ivo_epoch_prop_pos(7.606083572, 11.79044105, 125, 300, -428.8, 52.51, NULL, 1875.0)",
        "ivo_epoch_prop(1, NULL, 125, 300, -428.8, 52.51, 2016, 1875.0)",
    ],
)
def test_a_missing_position_or_epoch_is_an_error(con: duckdb.DuckDBPyConnection, value: str) -> None:
    with pytest.raises(duckdb.Error, match="a position or an epoch to be propagated is NULL"):
        one(con, value)


@pytest.mark.parametrize("order", [0, 1, 6, 13, 29])
def test_healpix_is_healpys(con: duckdb.DuckDBPyConnection, order: int) -> None:
    rng = np.random.default_rng(order)
    index = np.unique(np.concatenate([
        rng.integers(0, 12 * 4**order, 300), np.arange(min(12 * 4**order, 300)), [12 * 4**order - 1],
    ]))  # fmt: skip
    con.register("cells", {"i": index})
    centres = np.array(con.sql(f"SELECT healpix_center({order}, i) FROM cells ORDER BY i").fetchall())[
        :, 0, :
    ]
    lon, lat = healpy.pix2ang(2**order, index, nest=True, lonlat=True)
    np.testing.assert_allclose(centres[:, 0], lon, atol=1e-9)
    np.testing.assert_allclose(centres[:, 1], lat, atol=1e-9)


def test_there_are_cells_of_an_order_and_no_others(con: duckdb.DuckDBPyConnection) -> None:
    for value in ("ivo_healpix_center(3, 768)", "ivo_healpix_center(3, -1)", "ivo_healpix_center(0, 12)"):
        assert one(con, value) is None
    assert one(con, "ivo_healpix_center(3, 767)") is not None
    query = translated("SELECT ivo_healpix_index(n_obs, 1, 1) FROM stars WHERE n_obs < 0 OR n_obs > 29").sql
    assert set(con.sql(query).fetchall()) == {(None,)}


def test_a_point_of_each_row_is_found_again(con: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT COUNT(*) FROM stars WHERE ABS(source_id) < 12582912 AND "
        "ivo_healpix_index(10, ivo_healpix_center(10, ABS(source_id))) = ABS(source_id)"
    )
    assert con.sql(translated(query).sql).fetchall() == [
        (int((np.abs(rows()["source_id"]) < 12582912).sum()),)
    ]


def test_a_tables_own_position_needs_no_computing() -> None:
    own = translated("SELECT ivo_healpix_index(6, s.ra, s.dec) FROM stars AS s").sql
    assert "hpx29(" not in own
    assert '"s"."hpx29" >>' in own
    assert "hpx29(" in translated("SELECT ivo_healpix_index(6, s.dec, s.ra) FROM stars AS s").sql
    assert "hpx29(" in translated("SELECT ivo_healpix_index(6, s.ra, t.dec) FROM stars AS s, stars AS t").sql


def test_epoch_propagation_is_erfas(con: duckdb.DuckDBPyConnection) -> None:
    c = rows()
    plx = np.abs(np.nan_to_num(c["parallax"])) + 1
    query = (
        "SELECT ivo_epoch_prop(ra, dec, ABS(COALESCE(parallax, 0)) + 1, pmra * 50, pmdec * 50, mag, 2016, "
        "1950) FROM stars WHERE mag IS NOT NULL ORDER BY source_id"
    )
    found = np.array(con.sql(translated(query).sql).fetchall())[:, 0, :]
    k = ~np.isnan(c["mag"])
    rad = np.radians(1 / 3.6e6)
    ra, dec = np.radians(c["ra"][k]), np.radians(c["dec"][k])
    east, north = c["pmra"][k] * 50 * rad / np.cos(dec), c["pmdec"][k] * 50 * rad
    velocity = c["mag"][k].astype(float)
    epochs = 2451545 + 16 * 365.25, 0, 2451545 - 50 * 365.25, 0
    out = erfa.starpm(ra, dec, east, north, plx[k] / 1000, velocity, *epochs)
    # erfa's model has light time and special relativity, which at some 10 km/s are 1e-4 of the motion.
    moved = np.hypot(c["pmra"][k], c["pmdec"][k]) * 50 * 66 / 3.6e6
    separation = np.hypot((found[:, 0] - np.degrees(out[0]) + 180) % 360 - 180, 0) * np.cos(dec)
    assert (np.abs(separation) < 2e-4 * moved).all()
    assert (np.abs(found[:, 1] - np.degrees(out[1])) < 2e-4 * moved).all()
    np.testing.assert_allclose(found[:, 2], out[4] * 1000, rtol=1e-4)
    np.testing.assert_allclose(found[:, 5], out[5], rtol=1e-2, atol=0.2)


@pytest.mark.parametrize("source", FRAMES)
@pytest.mark.parametrize("target", FRAMES)
def test_frames_are_astropys(con: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    names = {"ICRS": "icrs", "GALACTIC": "galactic", "FK5": "fk5", "FK4": "fk4noeterms",
             "ECLIPTIC": "barycentricmeanecliptic"}  # fmt: skip
    c = rows()
    place = SkyCoord(c["ra"] * u.deg, c["dec"] * u.deg, frame=names[source]).transform_to(names[target])
    matrix = np.array(rotation(source, target)).reshape(3, 3)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    turned = matrix @ SkyCoord(c["ra"] * u.deg, c["dec"] * u.deg).cartesian.xyz.value
    np.testing.assert_allclose(turned, place.cartesian.xyz.value, atol=1e-11)


def test_polygons_are_turned_vertex_by_vertex(con: duckdb.DuckDBPyConnection) -> None:
    found = one(con, "ivo_geom_transform('GALACTIC', 'FK5', CAST('5 3 4 4 4.5 2' AS POLYGON))")
    place = SkyCoord([5, 4, 4.5] * u.deg, [3, 4, 2] * u.deg, frame="galactic").fk5
    np.testing.assert_allclose(found, np.ravel([place.ra.deg, place.dec.deg], order="F"), atol=1e-9)


def test_julian_dates_are_astropys(con: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT seen, ivo_to_jd(seen), ivo_to_mjd(seen) FROM stars"
    for seen, jd, mjd in con.sql(translated(query).sql).fetchall():
        assert jd == pytest.approx(Time(seen).jd, abs=1e-9)
        assert mjd == pytest.approx(Time(seen).mjd, abs=1e-11)


def test_forms_are_those_of_tapregext() -> None:
    for function in USER_FUNCTIONS:
        assert re.fullmatch(r"[a-z_]+\(\w+ [A-Z]+(, \w+ [A-Z]+)*\) -> [A-Z]+(\[\d*\])?", function.form)
        assert function.about
        assert bool(function.sql) != bool(function.written)
        assert set(function.constants) <= {name for name, _ in function.parameters}
