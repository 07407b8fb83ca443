"""What is known of a result's columns: types, units, UCDs and descriptions through every kind of query."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import astropy.units as u
import pytest

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.types import (
    BIGINT,
    BOOLEAN,
    CIRCLE,
    DOUBLE,
    INTEGER,
    NULL,
    POINT,
    REAL,
    SMALLINT,
    TIMESTAMP,
    VARCHAR,
    Described,
    Type,
    common_type,
)
from catalogdb.vocabulary import is_ucd, is_unit

sys.path.insert(0, str(Path(__file__).parent))
from adql_cases import pairs, queries  # noqa: E402
from adql_sky import STARS, translated  # noqa: E402


def first(query: str) -> Described:
    return translated(query).columns[0].described


def value(text: str) -> Described:
    return first(f"SELECT {text} FROM stars")


# A column stays what it is, however it gets to the result.


@pytest.mark.parametrize(
    "query",
    [
        "SELECT {c} FROM stars",
        "SELECT {c} AS x FROM stars",
        "SELECT s.{c} FROM catalogs.stars AS s",
        "SELECT x FROM (SELECT {c} AS x FROM stars) AS q",
        "SELECT q.{c} FROM (SELECT * FROM stars) AS q",
        "WITH q AS (SELECT {c} AS x FROM stars) SELECT x AS y FROM q",
        "SELECT {c} FROM stars UNION SELECT {c} FROM stars",
        "SELECT {c} FROM stars EXCEPT SELECT NULL FROM stars",
        "SELECT NULL FROM stars UNION ALL SELECT {c} FROM stars",
        "(SELECT TOP 5 {c} FROM stars) ORDER BY 1",
        "SELECT DISTINCT {c} FROM stars ORDER BY {c}",
        "SELECT {c} FROM stars GROUP BY {c}",
        "SELECT (SELECT {c} FROM stars)",
        "SELECT {c} FROM stars NATURAL JOIN (SELECT {c} FROM stars) AS q",
        "SELECT {c} FROM stars FULL JOIN (SELECT {c} FROM stars) AS q USING ({c})",
        "SELECT +{c} FROM stars",
    ],
)
@pytest.mark.parametrize("name", ["source_id", "ra", "mag", "n_obs"])
def test_a_column_stays_what_it_is(query: str, name: str) -> None:
    column = STARS.column(name)
    assert first(query.format(c=name)) == Described.of(column)


def test_all_columns_of_a_table() -> None:
    found = translated("SELECT * FROM stars").columns
    assert [(c.name, c.described) for c in found] == [(c.name, Described.of(c)) for c in STARS.columns]


UNITS: list[tuple[str, str | None]] = [
    ("ra + dec", "deg"),
    ("ra - 180", "deg"),
    ("360 - ra", "deg"),
    ("ra + mag", None),
    ("mag - 5 * LOG10(parallax) + 10", "mag"),
    ("-pmra", "mas.yr**-1"),
    ("ABS(pmra)", "mas.yr**-1"),
    ("ROUND(mag, 1)", "mag"),
    ("FLOOR(mag)", "mag"),
    ("MOD(ra, 15)", "deg"),
    ("pmra / parallax", "yr**-1"),
    ("parallax / pmra", "yr"),
    ("parallax / parallax", ""),
    ("parallax * n_obs", "mas"),
    ("parallax / n_obs", "mas"),
    ("ra * ra", "deg**2"),
    ("1 / parallax", "mas**-1"),
    # What unit 1000 has nobody says: the distance is meant to be in pc.
    ("1000 / parallax", None),
    ("parallax * 0.001", None),
    ("2 * n_obs", ""),
    ("source_id + 1", None),
    ("source_id * parallax", None),
    ("SQRT(ra * ra)", "deg"),
    ("SQRT(pmra * pmra + pmdec * pmdec)", "mas.yr**-1"),
    ("POWER(parallax, 2)", "mas**2"),
    ("POWER(ra, n_obs)", None),
    ("POWER(10, 2)", ""),
    ("SIN(RADIANS(dec))", ""),
    ("RADIANS(dec)", "rad"),
    ("ATAN2(pmra, pmdec)", "rad"),
    ("DEGREES(ATAN2(pmra, pmdec))", "deg"),
    ("EXP(mag)", ""),
    ("SIGN(parallax)", ""),
    ("PI()", ""),
    ("COUNT(*)", ""),
    ("COUNT(ra)", ""),
    ("SUM(parallax)", "mas"),
    ("AVG(mag)", "mag"),
    ("MAX(ra) - MIN(ra)", "deg"),
    ("COALESCE(mag, 99)", "mag"),
    ("COALESCE(mag, parallax)", None),
    ("CASE WHEN flag THEN mag ELSE 99 END", "mag"),
    ("CASE WHEN flag THEN mag ELSE ra END", None),
    ("CASE WHEN flag THEN mag END", "mag"),
    ("IN_UNIT(parallax, 'arcsec')", "arcsec"),
    ("IN_UNIT(IN_UNIT(ra, 'rad') + 1, 'arcmin')", "arcmin"),
    ("IN_UNIT(pmra / parallax, 's**-1')", "s**-1"),
    ("CAST(mag AS DOUBLE PRECISION)", "mag"),
    ("CAST(mag AS VARCHAR)", None),
    ("name", None),
    ("LOWER(name)", None),
    ("5", ""),
    ("'a'", None),
    ("NULL", None),
    ("ivo_to_mjd(seen)", "d"),
    ("ivo_healpix_index(5, ra, dec)", ""),
    ("ivo_hms_to_degrees(name)", "deg"),
]


@pytest.mark.parametrize(("text", "unit"), UNITS, ids=[text for text, _ in UNITS])
def test_units(text: str, unit: str | None) -> None:
    found = value(text).unit
    assert found == unit
    if unit:
        assert is_unit(unit)


@pytest.mark.parametrize(
    "text", ["pmra / parallax", "ra * ra", "SQRT(pmra * pmra)", "parallax / pmra / n_obs"]
)
def test_units_are_those_of_astropy(text: str) -> None:
    of = {"ra": u.deg, "parallax": u.mas, "pmra": u.mas / u.yr, "n_obs": u.one}
    wanted = eval(text.replace("SQRT", "root"), {"root": lambda x: x**0.5, **of})
    assert u.Unit(value(text).unit, format="vounit") == wanted


UCDS: list[tuple[str, str | None]] = [
    ("MIN(mag)", "phot.mag;stat.min"),
    ("MAX(ra)", "pos.eq.ra;stat.max"),
    ("AVG(parallax)", "pos.parallax.trig;stat.mean"),
    ("COUNT(*)", "meta.number"),
    ("COUNT(DISTINCT mag)", "meta.number"),
    ("SUM(mag)", None),
    ("ra + dec", None),
    ("-ra", None),
    ("ABS(ra)", None),
    ("COALESCE(mag, mag)", "phot.mag"),
    ("COALESCE(mag, 99)", "phot.mag"),
    ("COALESCE(mag, ra)", None),
    ("CAST(mag AS DOUBLE PRECISION)", "phot.mag"),
    ("IN_UNIT(parallax, 'arcsec')", "pos.parallax.trig"),
    ("ivo_to_jd(seen)", "time.epoch"),
    ("ivo_healpix_index(5, ra, dec)", "pos.healpix"),
    ("ivo_histogram(mag, 0, 20, 20)", "meta.number"),
]


@pytest.mark.parametrize(("text", "ucd"), UCDS, ids=[text for text, _ in UCDS])
def test_ucds(text: str, ucd: str | None) -> None:
    assert value(text).ucd == ucd
    assert ucd is None or is_ucd(ucd)


def test_every_ucd_and_unit_of_the_golden_pairs_is_of_the_vocabulary() -> None:
    told = 0
    for adql, _ in pairs("pairs.sql"):
        for column in translated(adql).columns:
            known = column.described
            told += known.ucd is not None
            assert known.ucd is None or is_ucd(known.ucd), adql
            assert known.unit is None or is_unit(known.unit), adql
    assert told > 50


TYPES = [
    ("1", INTEGER),
    ("2147483648", BIGINT),
    ("1.0", DOUBLE),
    ("1e5", DOUBLE),
    ("NULL", NULL),
    ("TRUE", BOOLEAN),
    ("n_obs", SMALLINT),
    ("n_obs + n_obs", BIGINT),
    ("n_obs / 2", BIGINT),
    ("n_obs / 2.0", DOUBLE),
    ("mag", REAL),
    ("mag + mag", REAL),
    ("mag + 1", DOUBLE),
    ("mag + n_obs", REAL),
    ("mag + source_id", DOUBLE),
    ("ROUND(mag, 1)", REAL),
    ("ROUND(n_obs)", SMALLINT),
    ("SQRT(mag)", DOUBLE),
    ("SIGN(mag)", INTEGER),
    ("COUNT(*)", BIGINT),
    ("SUM(n_obs)", BIGINT),
    ("SUM(mag)", DOUBLE),
    ("AVG(n_obs)", DOUBLE),
    ("MIN(n_obs)", SMALLINT),
    ("MAX(seen)", TIMESTAMP),
    ("MAX(name)", VARCHAR),
    ("CAST(ra AS SMALLINT)", SMALLINT),
    ("LOWER(NULL)", VARCHAR),
    ("name || NULL", VARCHAR),
    ("SQRT(NULL)", DOUBLE),
    ("NULL + NULL", DOUBLE),
    ("COALESCE(NULL, n_obs)", SMALLINT),
    ("CAST(ra AS CHAR(5))", Type("VARCHAR", 5)),
    ("CAST('2016-01-01' AS TIMESTAMP)", TIMESTAMP),
    ("CAST('1 2' AS POINT)", POINT),
    ("CAST('1 2 3' AS CIRCLE)", CIRCLE),
    ("ivo_histogram(mag, 0, 20, 20)", Type("INTEGER", is_array=True)),
    ("ivo_healpix_center(5, 7)", POINT),
    ("fluxes", Type("REAL", is_array=True)),
]


@pytest.mark.parametrize(("text", "kind"), TYPES, ids=[text for text, _ in TYPES])
def test_types(text: str, kind: Type) -> None:
    assert value(text).type == kind


def test_xtypes_are_those_of_dali() -> None:
    assert [
        value(t).xtype for t in ("seen", "CAST('1 2' AS POINT)", "CAST('1 2 3' AS CIRCLE)", "ra", "fluxes")
    ] == [
        "timestamp",
        "point",
        "circle",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("one", "other", "wider"),
    [
        (SMALLINT, INTEGER, INTEGER),
        (INTEGER, BIGINT, BIGINT),
        (SMALLINT, REAL, REAL),
        (INTEGER, REAL, DOUBLE),
        (BIGINT, REAL, DOUBLE),
        (REAL, DOUBLE, DOUBLE),
        (NULL, POINT, POINT),
        (Type("VARCHAR", 3), Type("VARCHAR", 5), Type("VARCHAR", 5)),
        (Type("VARCHAR", 3), VARCHAR, VARCHAR),
        (VARCHAR, DOUBLE, None),
        (TIMESTAMP, VARCHAR, None),
        (BOOLEAN, INTEGER, None),
        (POINT, CIRCLE, None),
        (REAL, Type("REAL", is_array=True), None),
    ],
)
def test_common_types(one: Type, other: Type, wider: Type | None) -> None:
    assert common_type(one, other) == wider
    assert common_type(other, one) == wider


def test_aggregates_say_of_what_they_are() -> None:
    assert value("MIN(mag)").about == "Smallest of: About mag"
    assert value("AVG(mag)").about == "Mean of: About mag"


def test_set_operations_keep_what_both_sides_say() -> None:
    found = first("SELECT ra FROM stars UNION SELECT dec FROM stars")
    assert (found.unit, found.ucd, found.about) == ("deg", None, None)
    assert first("SELECT ra FROM stars UNION SELECT mag FROM stars").unit is None


def attempt(query: str) -> bool:
    """Whether the query is one over these tables; a defect of ours is no AdqlError, and raised."""
    with contextlib.suppress(AdqlError):
        return bool(translated(query).sql)
    return False


def test_every_query_of_the_grammar_is_translated_or_refused_with_a_reason() -> None:
    assert sum(map(attempt, queries("valid.sql"))) > 120
