"""ADQL's geometry functions: results against astropy, the same answer for every form, types, mistakes."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord

import sql
from catalogdb import Column, Table
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.translate import translate
from catalogdb.astrometry import ASTROMETRY

ID = Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier", nullable=False)
SIZE = Column(name="extent", type="DOUBLE", ucd="phys.angSize", unit="deg", about="Some number")
SKY = tuple(ASTROMETRY[name] for name in ("ra", "dec", "hpx29"))
STARS = Table(name="stars", about="Stars of a test", columns=(ID, *SKY, SIZE))
HARD = [
    (0, 0), (180, 0), (360, 0), (0, 90), (123, 90), (7, -90), (359.9999999999, 1e-9), (45, 41.8103148957786),
    (0, -89.999999999), (10, 20), (10, 20.0000000001), (190, -20), (190, -19.9999999999), (90, 0), (270, 0),
]  # fmt: skip


@pytest.fixture(scope="module")
def stars():
    rng = np.random.default_rng(11)
    n = 3000
    ra = np.concatenate([np.array(HARD)[:, 0], rng.uniform(0, 360, n)])
    dec = np.concatenate([np.array(HARD)[:, 1], np.degrees(np.arcsin(rng.uniform(-1, 1, n)))])
    return np.arange(len(ra)), ra, dec, rng.uniform(-20, 200, len(ra))


@pytest.fixture(scope="module")
def con(stars):
    connection = duckdb.connect()
    for statement in sql.macros():
        connection.execute(statement)
    rows = dict(zip(("source_id", "ra", "dec", "extent"), (list(each) for each in stars), strict=True))
    for name in ("ra", "dec", "extent"):
        rows[name].append(None)
    rows["source_id"].append(-1)
    connection.register("given", pa.table(rows))
    connection.execute("CREATE SCHEMA catalogs")
    connection.execute("""
        CREATE TABLE catalogs.stars AS
        SELECT source_id, ra, dec, hpx29, extent FROM with_hpx29('given') ORDER BY hpx29""")
    yield connection
    connection.close()


def rows(con, query):
    return con.sql(translate(query, [STARS]).sql).fetchall()


def ids(con, condition):
    return sorted(i for (i,) in rows(con, f"SELECT source_id FROM stars WHERE {condition}"))


def one(con, values):
    """What a select list gives for one row."""
    ((*found,),) = rows(con, f"SELECT {values} FROM stars WHERE source_id = 9")
    return found


def separations(stars, lon, lat):
    _, ra, dec, _ = stars
    return SkyCoord(ra, dec, unit="deg").separation(SkyCoord(lon, lat, unit="deg")).deg


@pytest.mark.parametrize("centre", [*HARD, (200, 33), (-160.5, 77), (725, 1)])
@pytest.mark.parametrize("radius_deg", [0.0001, 3, 89, 100, 179.9, 180])
def test_every_form_of_a_cone_gives_the_rows_of_astropy(con, stars, centre, radius_deg):
    lon, lat = centre
    apart = separations(stars, lon, lat)
    expected = stars[0][apart <= radius_deg].tolist()
    # Right at the edge two ways of rounding may differ.
    unsure = set(stars[0][np.abs(apart - radius_deg) < 1e-12].tolist())
    forms = [
        f"CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {lon}, {lat}, {radius_deg})) = 1",
        f"1 = CONTAINS(POINT(ra, dec), CIRCLE(POINT({lon}, {lat}), {radius_deg}))",
        f"CONTAINS(POINT({lon}, {lat}), CIRCLE(ra, dec, {radius_deg})) = 1",
        f"INTERSECTS(POINT(ra, dec), CIRCLE({lon}, {lat}, {radius_deg})) <> 0",
        f"INTERSECTS(CIRCLE({lon}, {lat}, {radius_deg}), POINT(ra, dec)) > 0",
        f"DISTANCE(POINT(ra, dec), POINT({lon}, {lat})) <= {radius_deg}",
        f"{radius_deg} >= DISTANCE({lon}, {lat}, ra, dec)",
        f"DISTANCE(ra, dec, {lon}, {lat}) BETWEEN 0 AND {radius_deg}",
        f"CONTAINS(POINT(ra, dec), REGION('CIRCLE ICRS {lon} {lat} {radius_deg}')) = 1",
        f"NOT CONTAINS(POINT(ra, dec), CIRCLE({lon}, {lat}, {radius_deg})) = 0",
    ]
    answers = [ids(con, form) for form in forms]
    assert all(answer == answers[0] for answer in answers)
    assert set(answers[0]) ^ set(expected) <= unsure


def test_distance_equals_astropy(con, stars):
    for lon, lat in HARD:
        found = dict(rows(con, f"SELECT source_id, DISTANCE(ra, dec, {lon}, {lat}) FROM stars WHERE ra >= 0"))
        assert [found[i] for i in stars[0].tolist()] == pytest.approx(separations(stars, lon, lat), abs=3e-12)


def test_a_missing_position_is_in_nothing_and_outside_of_nothing(con):
    for shape in ("CIRCLE(1, 2, 180)", "BOX(1, 2, 170, 170)", "POLYGON(0, 0, 1, 0, 0, 1)", "POINT(1, 2)"):
        for name in ("CONTAINS", "INTERSECTS"):
            asked = f"{name}(POINT(ra, dec), {shape})"
            assert -1 not in ids(con, f"{asked} = 1") + ids(con, f"{asked} = 0")


def test_values_of_rows_that_make_no_shape_are_null(con, stars):
    _, _, _, size = stars
    found = dict(rows(con, "SELECT source_id, CIRCLE(1, 2, extent) FROM stars"))
    for i, radius in enumerate(size.tolist()):
        assert found[i] == ([1.0, 2.0, radius] if 0 <= radius <= 180 else None)
    found = dict(rows(con, "SELECT source_id, POINT(extent, extent) FROM stars"))
    for i, x in enumerate(size.tolist()):
        assert found[i] == ([x, x] if -90 <= x <= 90 else None)
    found = dict(rows(con, "SELECT source_id, AREA(BOX(1, 2, extent, 3)) FROM stars"))
    assert all((found[i] is None) == (not 0 < x < 180) for i, x in enumerate(size.tolist()))
    found = dict(rows(con, "SELECT source_id, CONTAINS(POINT(1, 2), CIRCLE(1, 2, extent)) FROM stars"))
    assert all(found[i] == (1 if 0 <= x <= 180 else None) for i, x in enumerate(size.tolist()))


def test_shapes_are_arrays_as_dali_has_them(con):
    points = "POINT(0, 0), POINT(1, 0), POINT(0, 1.5)"
    assert one(con, f"POINT(1, -2), CIRCLE(POINT(1, 2), 3), POLYGON({points})") == [
        [1.0, -2.0], [1.0, 2.0, 3.0], [0, 0, 1, 0, 0, 1.5],
    ]  # fmt: skip
    assert one(con, "POINT(ra, dec), CIRCLE(ra, dec, 1), COORD1(POINT(ra, dec)), COORD2(POINT(3, 4))") == [
        [10.0, 20.0], [10.0, 20.0, 1.0], 10.0, 4.0,
    ]  # fmt: skip
    (box,) = one(con, "BOX(POINT(10, 0), 2, 4)")
    assert box[::2] == pytest.approx([9, 11, 11, 9])
    # The sides above and below are great circles, highest where they meet the cross.
    low = math.degrees(math.atan(math.tan(math.radians(2)) * math.cos(math.radians(1))))
    assert box[1::2] == pytest.approx([-low, -low, low, low])


def test_measures(con):
    found = one(con, "AREA(CIRCLE(1, 2, 90)), AREA(POLYGON(0, 0, 90, 0, 0, 90)), AREA(POINT(1, 2))")
    assert found == pytest.approx([2 * 180**2 / math.pi, 180**2 / math.pi / 2, 0])
    found = one(con, "CENTROID(CIRCLE(1, 2, 3)), CENTROID(POINT(ra, dec)), COORDSYS(POINT(ra, dec))")
    assert found == [[1.0, 2.0], [10.0, 20.0], "ICRS"]
    (found,) = one(con, "CENTROID(POLYGON(0, 0, 90, 0, 0, 90))")
    assert found == pytest.approx([45, math.degrees(math.atan(math.sqrt(0.5)))])
    (found,) = one(con, "DISTANCE(CENTROID(BOX(ra, dec, 3, 5)), POINT(ra, dec))")
    assert found == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("CONTAINS(CIRCLE(1, 2, 1), CIRCLE(1, 2, 1))", 1),
        ("CONTAINS(CIRCLE(1, 0, 1), CIRCLE(0, 0, 1.9999))", 0),
        ("CONTAINS(CIRCLE(1, 0, 1), CIRCLE(0, 0, 2.0001))", 1),
        ("CONTAINS(CIRCLE(90, 0, 100), CIRCLE(0, 0, 179))", 0),
        ("CONTAINS(CIRCLE(90, 0, 100), CIRCLE(0, 0, 180))", 1),
        ("INTERSECTS(CIRCLE(0, 0, 1), CIRCLE(3, 0, 1.9999))", 0),
        ("INTERSECTS(CIRCLE(359, 0, 1), CIRCLE(3, 0, 3.0001))", 1),
        ("CONTAINS(POINT(1, 2), POINT(361, 2))", 1),
        ("CONTAINS(POINT(1, 2), POINT(1, 2.0000001))", 0),
        ("CONTAINS(CIRCLE(1, 2, 1), POINT(1, 2))", 0),
        ("INTERSECTS(CIRCLE(1, 2, 1), POINT(1, 2.5))", 1),
        ("CONTAINS(BOX(0, 0, 1, 1), BOX(0, 0, 2, 2))", 1),
        ("CONTAINS(BOX(0, 0, 2, 2), BOX(0, 0, 1, 3))", 0),
        ("INTERSECTS(BOX(0, 0, 2, 2), BOX(0, 0, 1, 3))", 1),
        ("INTERSECTS(BOX(0, 0, 2, 2), BOX(0, 5, 1, 3))", 0),
        ("CONTAINS(POINT(0, 0), BOX(0, 0, 2, 2))", 1),
        ("CONTAINS(BOX(0, 0, 2, 2), POINT(0, 0))", 0),
        ("CONTAINS(BOX(0, 90, 2, 2), CIRCLE(77, 90, 1.5))", 1),
        ("CONTAINS(CIRCLE(77, 90, 0.9), BOX(0, 90, 2, 2))", 1),
        ("INTERSECTS(CIRCLE(0, 0, 1), POLYGON(1.5, -1, 3, 0, 1.5, 1))", 0),
        ("INTERSECTS(POLYGON(0.9, -1, 3, 0, 0.9, 1), CIRCLE(0, 0, 1))", 1),
        ("CONTAINS(NULL, CIRCLE(0, 0, 1))", None),
        ("CONTAINS(POINT(NULL, 3), CIRCLE(0, 0, 1))", None),
        ("CONTAINS(POINT(NULL, 3), BOX(0, 0, 1, 1))", None),
    ],
)
def test_relations(con, condition, expected):
    assert one(con, condition) == [expected]


def test_relations_with_shapes_of_rows(con, stars):
    """A shape of each row against a fixed one is what it is with its numbers written out."""
    templates = [
        "CONTAINS(CIRCLE({0}, {1}, 2), BOX(10, 20, 60, 60))",
        "INTERSECTS(BOX({0}, {1}, 4, 2), POLYGON(350, -10, 20, -10, 20, 30))",
        "CONTAINS(BOX({0}, {1}, 4, 2), CIRCLE(10, 20, 25))",
        "CONTAINS(POINT(12, 19), BOX({0}, {1}, 50, 20))",
        "CONTAINS(BOX({0}, {1}, 1, 1), POLYGON(350, -10, 20, -10, 20, 30))",
    ]
    for template in templates:
        found = dict(
            rows(con, f"SELECT source_id, {template.format('ra', 'dec')} FROM stars WHERE source_id < 60")
        )
        for i in range(0, 60, 4):
            lon, lat = float(stars[1][i]), float(stars[2][i])
            (expected,) = one(con, template.format(repr(lon), f"{lat:.17f}"))
            assert found[i] == expected, (template, lon, lat)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Circle ICRS GEOCENTER 10 20 0.5", "CIRCLE(10, 20, 0.5)"),
        ("circle 10 20 0.5", "CIRCLE(10, 20, 0.5)"),
        ("10 20 0.5", "CIRCLE(10, 20, 0.5)"),
        ("POSITION ICRS 1e1 -2.5", "POINT(10, -2.5)"),
        ("Polygon J2000 1 2 3 4 5 1.5", "POLYGON(1, 2, 3, 4, 5, 1.5)"),
        ("BOX ICRS 10 20 1 2", "BOX(10, 20, 1, 2)"),
        ("Box ICRS SPHERICAL2 10 20 1 2 unit deg", "BOX(10, 20, 1, 2)"),
        ("1 2 3 4 5 1.5", "POLYGON(1, 2, 3, 4, 5, 1.5)"),
    ],
)
def test_regions(con, text, same):
    assert one(con, f"REGION('{text}')") == one(con, same)


def test_galactic_constants_are_turned(con):
    found = one(
        con, "POINT('GALACTIC', 30, -10), CIRCLE('Galactic', 30, -10, 2), REGION('CIRCLE GALACTIC 30 -10 2')"
    )
    icrs = SkyCoord(30, -10, unit="deg", frame="galactic").icrs
    position = [icrs.ra.deg, icrs.dec.deg]
    assert found[0] == pytest.approx(position, abs=1e-9)
    assert found[1] == pytest.approx([*position, 2], abs=1e-9)
    assert found[2] == found[1]
    (box,) = one(con, "BOX('GALACTIC', 30, -10, 2, 4)")
    back = SkyCoord(box[::2], box[1::2], unit="deg").galactic
    (plain,) = one(con, "BOX(30, -10, 2, 4)")
    assert back.l.deg == pytest.approx(plain[::2], abs=1e-9)
    assert back.b.deg == pytest.approx(plain[1::2], abs=1e-9)


def test_galactic_columns_are_turned(con, stars):
    """As if the columns were galactic: the shapes of rows."""
    found = dict(rows(con, "SELECT source_id, POINT('GALACTIC', ra, dec) FROM stars WHERE source_id >= 0"))
    icrs = SkyCoord(stars[1], stars[2], unit="deg", frame="galactic").icrs
    turned = SkyCoord(*np.array([found[i] for i in stars[0].tolist()]).T, unit="deg")
    assert turned.separation(icrs).deg.max() < 1e-12
    near = ids(con, "CONTAINS(POINT(10, 20), CIRCLE('GALACTIC', ra, dec, 30)) = 1")
    assert near == np.flatnonzero(icrs.separation(SkyCoord(10, 20, unit="deg")).deg <= 30).tolist()
    assert one(con, "POINT('GALACTIC', NULL, 1), CIRCLE('GALACTIC', NULL, dec, 1)") == [None, None]


def described(query):
    return translate(query, [STARS]).columns[0].described


@pytest.mark.parametrize(
    ("value", "unit", "ucd", "xtype"),
    [
        ("POINT(ra, dec)", "deg", "pos.eq", "point"),
        ("CIRCLE(ra, dec, 1)", "deg", "pos.outline;obs.field", "circle"),
        ("BOX(ra, dec, 1, 1)", "deg", "pos.outline;obs.field", "polygon"),
        ("DISTANCE(ra, dec, 1, 1)", "deg", "pos.angDistance", None),
        ("AREA(CIRCLE(ra, dec, 1))", "deg**2", "phys.angArea", None),
        ("CENTROID(CIRCLE(ra, dec, 1))", "deg", "pos.eq", "point"),
        ("COORD1(POINT(ra, dec))", "deg", "pos.eq.ra", None),
    ],
)
def test_results_are_described(value, unit, ucd, xtype):
    found = described(f"SELECT {value} FROM stars")
    assert (found.unit, found.ucd, found.xtype) == (unit, ucd, xtype)


@pytest.mark.parametrize(
    ("value", "column", "words"),
    [
        ("POINT(1, 95)", 17, "latitude 95 is not in"),
        ("POINT(ra, -91)", 18, "latitude -91"),
        ("CIRCLE(1, 2, -1)", 21, "radius -1 of a circle"),
        ("CIRCLE(1, 2, 181)", 21, "radius 181"),
        ("BOX(0, 0, 360, 10)", 18, "size 360 of a box"),
        ("BOX(0, 0, 1, 0)", 21, "size 0 of a box"),
        ("POLYGON(0, 0, 1, 1)", 8, "wrong number of arguments: POLYGON"),
        ("POLYGON(0, 0, 1, 1, 2, 2, 3)", 8, "wrong number"),
        ("POLYGON(0, 0, 180, 0, 90, 60)", 8, "side of 180 deg"),
        ("POLYGON(0, 0, 0, 0, 0, 0)", 8, "three different vertices"),
        ("POLYGON(POINT(0, 0), 1, 2, POINT(1, 1))", 8, "wrong number"),
        ("CIRCLE(ra, dec)", 8, "wrong number of arguments: CIRCLE"),
        ("CIRCLE('ICRS', ra, dec, 'x')", 32, "made of numbers, and one of these is a character string"),
        ("POINT('FK4', ra, dec)", 14, "no coordinate system here"),
        ("BOX('GALACTIC', ra, dec, 1, 1)", 8, "needs constants"),
        ("CONTAINS(ra, CIRCLE(1, 2, 3))", 17, "CONTAINS needs two geometries, and the first is a number"),
        ("INTERSECTS(POINT(1, 2), 'x')", 32, "and the second is a character string"),
        ("COORD1(CIRCLE(1, 2, 3))", 15, "COORD1 needs a POINT, and this is a circle"),
        ("AREA(ra)", 13, "AREA needs one geometry, and this is a number"),
        ("DISTANCE(ra, dec, 1)", 8, "wrong number of arguments: DISTANCE"),
        ("DISTANCE(CIRCLE(1, 2, 3), POINT(1, 2))", 17, "DISTANCE is made of numbers"),
        ("REGION('UNION (CIRCLE 1 2 3)')", 15, "UNION of regions is not supported"),
        ("REGION('ELLIPSE ICRS 1 2 3 4 5')", 15, "no shape of a region"),
        ("REGION('CIRCLE ICRS 1 2')", 15, "needs 3 numbers"),
        ("REGION('CIRCLE ICRS 1 2 x')", 15, "x is not a number"),
        ("REGION('CIRCLE FK4 1 2 3')", 15, "no coordinate system"),
        ("REGION('CIRCLE ICRS 1 99 3')", 15, "latitude 99"),
        ("REGION('')", 15, "needs a shape"),
    ],
)
def test_mistakes_are_told_with_their_place(value, column, words):
    with pytest.raises(AdqlError) as told:
        translate(f"SELECT {value} FROM stars", [STARS])
    assert words in told.value.reason
    assert (told.value.line, told.value.column) == (1, column)
