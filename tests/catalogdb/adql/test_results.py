"""The rows of translated queries against numpy on the same columns."""

from __future__ import annotations

import datetime
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from adql_sky import rows, sky, translated  # noqa: E402

Columns = dict[str, Any]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = sky()
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def c() -> Columns:
    return rows()


def answer(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.sql(translated(query).sql).fetchall()


def column(con: duckdb.DuckDBPyConnection, value: str) -> np.ndarray[Any, Any]:
    """The value for every star, NaN where it is NULL."""
    found = answer(con, f"SELECT {value} AS v FROM stars ORDER BY source_id")
    return np.array([np.nan if v is None else v for (v,) in found], np.float64)


def _where(condition: Any, value: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.where(condition, value, np.nan)


def _not_zero(values: Any) -> Any:
    return np.where(values == 0, 1, values)


# Values. numpy computes what the standard says; NaN stands for NULL.

VALUES: list[tuple[str, Callable[[Columns], Any]]] = [
    ("ra + dec * 2 - parallax / 3", lambda c: c["ra"] + c["dec"] * 2 - c["parallax"] / 3),
    ("-ra - -dec", lambda c: -c["ra"] + c["dec"]),
    ("n_obs + 32767", lambda c: c["n_obs"].astype(int) + 32767),
    ("n_obs * 1000000000", lambda c: c["n_obs"].astype(int) * 10**9),
    ("-n_obs", lambda c: -c["n_obs"].astype(int)),
    ("mag * mag", lambda c: (c["mag"] * c["mag"])),
    ("mag + 0.5", lambda c: c["mag"].astype(float) + 0.5),
    ("n_obs / 7", lambda c: np.trunc(c["n_obs"] / 7)),
    ("n_obs / -7", lambda c: np.trunc(c["n_obs"] / -7)),
    ("source_id / 1000", lambda c: np.sign(c["source_id"]) * (np.abs(c["source_id"]) // 1000)),
    ("100 / n_obs", lambda c: _where(c["n_obs"] != 0, np.trunc(100 / _not_zero(c["n_obs"])))),
    ("n_obs / 2.0", lambda c: c["n_obs"] / 2.0),
    ("ra / parallax", lambda c: _where(c["parallax"] != 0, c["ra"] / c["parallax"])),
    ("ra / (parallax * 0)", lambda c: np.full(len(c["ra"]), np.nan)),
    ("MOD(n_obs, 7)", lambda c: np.fmod(c["n_obs"], 7)),
    ("MOD(n_obs, -7)", lambda c: np.fmod(c["n_obs"], -7)),
    ("n_obs % 7", lambda c: np.fmod(c["n_obs"], 7)),
    ("MOD(7, n_obs)", lambda c: _where(c["n_obs"] != 0, np.fmod(7, _not_zero(c["n_obs"])))),
    ("MOD(pmra, 3.5)", lambda c: np.fmod(c["pmra"], 3.5)),
    ("MOD(ra, 0)", lambda c: np.full(len(c["ra"]), np.nan)),
    ("ABS(pmra)", lambda c: np.abs(c["pmra"])),
    ("ABS(n_obs)", lambda c: np.abs(c["n_obs"])),
    ("CEILING(pmra)", lambda c: np.ceil(c["pmra"])),
    ("FLOOR(pmra)", lambda c: np.floor(c["pmra"])),
    ("SIGN(parallax)", lambda c: np.sign(c["parallax"])),
    ("SIGN(n_obs)", lambda c: np.sign(c["n_obs"])),
    ("ROUND(pmra)", lambda c: np.sign(c["pmra"]) * np.floor(np.abs(c["pmra"]) + 0.5)),
    ("ROUND(n_obs / 2.0)", lambda c: np.sign(c["n_obs"]) * np.floor(np.abs(c["n_obs"] / 2) + 0.5)),
    ("ROUND(ra, 2)", lambda c: np.floor(c["ra"] * 100 + 0.5) / 100),
    ("ROUND(ra, -1)", lambda c: np.floor(c["ra"] / 10 + 0.5) * 10),
    ("TRUNCATE(pmra)", lambda c: np.trunc(c["pmra"])),
    ("TRUNCATE(pmra, 1)", lambda c: np.trunc(c["pmra"] * 10) / 10),
    ("EXP(mag)", lambda c: np.exp(c["mag"].astype(float))),
    ("EXP(ra * 10)", lambda c: _where(c["ra"] * 10 < 709.78, np.exp(np.minimum(c["ra"] * 10, 709.7)))),
    ("LOG(parallax)", lambda c: _where(c["parallax"] > 0, np.log(np.abs(c["parallax"]) + 1e-300))),
    ("LOG10(parallax)", lambda c: _where(c["parallax"] > 0, np.log10(np.abs(c["parallax"]) + 1e-300))),
    ("SQRT(pmra)", lambda c: _where(c["pmra"] >= 0, np.sqrt(np.abs(c["pmra"])))),
    ("POWER(pmra, 2)", lambda c: c["pmra"] ** 2),
    ("POWER(pmra, 0.5)", lambda c: _where(c["pmra"] >= 0, np.abs(c["pmra"]) ** 0.5)),
    ("POWER(parallax, -1)", lambda c: _where(c["parallax"] != 0, 1 / c["parallax"])),
    ("POWER(10, ra * 100)", lambda c: _where(c["ra"] * 100 < 308, 10 ** np.minimum(c["ra"] * 100, 307))),
    ("SIN(ra)", lambda c: np.sin(c["ra"])),
    ("COS(RADIANS(dec))", lambda c: np.cos(np.radians(c["dec"]))),
    ("TAN(ra)", lambda c: np.tan(c["ra"])),
    ("COT(pmra)", lambda c: 1 / np.tan(c["pmra"])),
    ("COT(parallax * 0)", lambda c: np.full(len(c["ra"]), np.nan)),
    ("ASIN(pmra / 20)", lambda c: _where(np.abs(c["pmra"]) <= 20, np.arcsin(np.clip(c["pmra"] / 20, -1, 1)))),
    ("ACOS(pmra / 20)", lambda c: _where(np.abs(c["pmra"]) <= 20, np.arccos(np.clip(c["pmra"] / 20, -1, 1)))),
    ("ATAN(pmra)", lambda c: np.arctan(c["pmra"])),
    ("ATAN2(pmra, pmdec)", lambda c: np.arctan2(c["pmra"], c["pmdec"])),
    ("DEGREES(ATAN2(pmra, pmdec))", lambda c: np.degrees(np.arctan2(c["pmra"], c["pmdec"]))),
    ("mag + 5 * LOG10(parallax) - 10",
     lambda c: _where(c["parallax"] > 0, c["mag"] + 5 * np.log10(np.abs(c["parallax"]) + 1e-300) - 10)),
    ("SQRT(ra + dec + parallax + pmra + pmdec + mag + n_obs)",
     lambda c: np.sqrt(_where((s := c["ra"] + c["dec"] + c["parallax"] + c["pmra"] + c["pmdec"]
                               + c["mag"] + c["n_obs"]) >= 0, s))),
    ("COALESCE(mag, 99)", lambda c: np.where(np.isnan(c["mag"]), 99, c["mag"])),
    ("COALESCE(mag, parallax, -1)",
     lambda c: np.where(np.isnan(c["mag"]), np.where(np.isnan(c["parallax"]), -1, c["parallax"]), c["mag"])),
    ("IN_UNIT(parallax, 'arcsec')", lambda c: c["parallax"] / 1000),
    ("IN_UNIT(pmra, 'deg/yr')", lambda c: c["pmra"] / 3.6e6),
    ("IN_UNIT(ra, 'rad')", lambda c: np.radians(c["ra"])),
    ("IN_UNIT(ra + dec, 'arcmin')", lambda c: (c["ra"] + c["dec"]) * 60),
    ("CAST(pmra AS INTEGER)", lambda c: np.rint(c["pmra"])),
    ("CAST(CAST(ra AS VARCHAR) AS DOUBLE PRECISION)", lambda c: c["ra"]),
    ("CAST(CAST(n_obs AS VARCHAR) || '0' AS INTEGER)", lambda c: [float(f"{n}0") for n in c["n_obs"]]),
    ("CAST(n_obs || 5 AS INTEGER)", lambda c: [float(f"{n}5") for n in c["n_obs"]]),
    ("CASE WHEN mag < 10 THEN 1 WHEN mag < 15 THEN 2 ELSE 3 END",
     lambda c: np.where(c["mag"] < 10, 1, np.where(c["mag"] < 15, 2, 3))),
    ("CASE flag WHEN TRUE THEN ra END", lambda c: _where(c["flag"], c["ra"])),
    ("gaia_healpix_index(12, ABS(source_id))", lambda c: np.abs(c["source_id"]) >> 35),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=[value for value, _ in VALUES])
def test_values(con: duckdb.DuckDBPyConnection, c: Columns, value: str, expected: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        wanted = np.asarray(expected(c), np.float64)
    np.testing.assert_allclose(column(con, value), wanted, rtol=1e-12, atol=1e-300)


CONDITIONS: list[tuple[str, Callable[[Columns], Any]]] = [
    ("ra < 100", lambda c: c["ra"] < 100),
    ("100 >= ra AND dec > 0 OR dec < -60", lambda c: (c["ra"] <= 100) & (c["dec"] > 0) | (c["dec"] < -60)),
    ("NOT (ra < 100 OR dec > 0)", lambda c: ~((c["ra"] < 100) | (c["dec"] > 0))),
    ("mag > 10", lambda c: c["mag"] > 10),
    ("NOT mag > 10", lambda c: c["mag"] <= 10),
    ("mag IS NULL", lambda c: np.isnan(c["mag"])),
    ("mag IS NOT NULL AND parallax IS NULL", lambda c: ~np.isnan(c["mag"]) & np.isnan(c["parallax"])),
    ("SQRT(pmra) > 3", lambda c: c["pmra"] > 9),
    ("LOG(parallax) > 1", lambda c: c["parallax"] > math.e),
    ("1 / parallax > 0", lambda c: c["parallax"] > 0),
    ("NOT 1 / parallax > 0", lambda c: c["parallax"] < 0),
    ("ASIN(pmra) IS NULL", lambda c: np.abs(c["pmra"]) > 1),
    ("mag BETWEEN 10 AND 12", lambda c: (c["mag"] >= 10) & (c["mag"] <= 12)),
    ("mag NOT BETWEEN 10 AND 12", lambda c: (c["mag"] < 10) | (c["mag"] > 12)),
    ("n_obs IN (1, 2, 3)", lambda c: np.isin(c["n_obs"], [1, 2, 3])),
    ("n_obs NOT IN (1, 2, 3)", lambda c: ~np.isin(c["n_obs"], [1, 2, 3])),
    ("flag = 1", lambda c: c["flag"]),
    ("flag = 0", lambda c: ~c["flag"]),
    ("1 <> flag", lambda c: ~c["flag"]),
    ("flag AND ra > 100", lambda c: c["flag"] & (c["ra"] > 100)),
    ("name LIKE 'star%'", lambda c: [n is not None and n.startswith("star") for n in c["name"]]),
    ("name ILIKE 'STAR%'", lambda c: [n is not None for n in c["name"]]),
    ("name LIKE 'star__'", lambda c: [n is not None and n[:4] == "star" and len(n) == 6 for n in c["name"]]),
    ("name NOT LIKE '%1'", lambda c: [n is not None and not n.endswith("1") for n in c["name"]]),
    ("name < 'a'", lambda c: [n is not None and n < "a" for n in c["name"]]),
    ("LOWER(name) = 'star_1'", lambda c: [n is not None and n.lower() == "star_1" for n in c["name"]]),
    ("UPPER(name) || '!' = 'STAR_2!'", lambda c: [(n or "").upper() == "STAR_2" for n in c["name"]]),
    ("seen > '2016-02-01'", lambda c: [t > datetime.datetime(2016, 2, 1) for t in c["seen"]]),
    ("seen BETWEEN '2016-01-02' AND '2016-01-03T12:00:00'",
     lambda c: [datetime.datetime(2016, 1, 2) <= t <= datetime.datetime(2016, 1, 3, 12) for t in c["seen"]]),
    ("seen IN ('2016-01-01', '2016-01-08')",
     lambda c: [t in {datetime.datetime(2016, 1, 1), datetime.datetime(2016, 1, 8)} for t in c["seen"]]),
    ("source_id IN (SELECT source_id FROM plain)", lambda c: c["n_obs"] > 10),
    ("source_id NOT IN (SELECT source_id FROM plain)", lambda c: c["n_obs"] <= 10),
    ("EXISTS (SELECT 1 FROM plain AS p WHERE p.source_id = stars.source_id AND p.colour > 2)",
     lambda c: c["n_obs"] > 20),
    ("mag > (SELECT AVG(mag) FROM stars)", lambda c: c["mag"] > np.nanmean(c["mag"].astype(float))),
    ("ra > (SELECT MAX(s.ra) - 20 FROM stars AS s WHERE s.flag = stars.flag)",
     lambda c: c["ra"] > np.where(c["flag"], c["ra"][c["flag"]].max(), c["ra"][~c["flag"]].max()) - 20),
    ("1 = ivo_hasword(name, 'nothing') OR ivo_nocasematch(name, 'STAR_1_') = 1",
     lambda c: [n is not None and n.lower().startswith("star_1") and len(n) == 7 for n in c["name"]]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS, ids=[text for text, _ in CONDITIONS])
def test_conditions(
    con: duckdb.DuckDBPyConnection, c: Columns, condition: str, expected: Callable[..., Any]
) -> None:
    with np.errstate(all="ignore"):
        chosen = np.asarray(expected(c))
    assert chosen.any()
    assert not chosen.all()
    found = [i for (i,) in answer(con, f"SELECT source_id FROM stars WHERE {condition}")]
    assert sorted(found) == c["source_id"][chosen].tolist()


def test_aggregates(con: duckdb.DuckDBPyConnection, c: Columns) -> None:
    query = (
        "SELECT COUNT(*), COUNT(mag), COUNT(DISTINCT n_obs), SUM(n_obs), SUM(DISTINCT n_obs), AVG(ra), "
        "MIN(dec), MAX(mag), MIN(seen), MAX(name), SQRT(AVG(ra * ra) - AVG(ra) * AVG(ra)), SUM(ra) FROM stars"
    )
    (found,) = answer(con, query)
    n = c["n_obs"].astype(int)
    wanted = (
        len(n), int((~np.isnan(c["mag"])).sum()), len(np.unique(n)), n.sum(), np.unique(n).sum(),
        c["ra"].mean(), c["dec"].min(), float(np.nanmax(c["mag"])), min(c["seen"]),
        max(name for name in c["name"] if name), c["ra"].std(), c["ra"].sum(),
    )  # fmt: skip
    for one, other in zip(found, wanted, strict=True):
        assert one == (pytest.approx(other, rel=1e-9) if isinstance(other, float) else other)


def test_groups(con: duckdb.DuckDBPyConnection, c: Columns) -> None:
    query = "SELECT n_obs AS n, COUNT(*) AS k, AVG(ra) FROM stars GROUP BY n HAVING k > 10 ORDER BY n DESC"
    wanted = [
        (int(n), int((c["n_obs"] == n).sum()), pytest.approx(c["ra"][c["n_obs"] == n].mean()))
        for n in sorted(set(c["n_obs"].tolist()), reverse=True)
        if (c["n_obs"] == n).sum() > 10
    ]
    assert wanted
    assert answer(con, query) == wanted


@pytest.mark.parametrize("direction", ["", "ASC", "DESC"])
def test_what_is_missing_comes_last(con: duckdb.DuckDBPyConnection, c: Columns, direction: str) -> None:
    found = [mag for (mag,) in answer(con, f"SELECT mag FROM stars ORDER BY mag {direction}")]
    known = sorted(c["mag"][~np.isnan(c["mag"])].tolist(), reverse=direction == "DESC")
    assert found == known + [None] * int(np.isnan(c["mag"]).sum())


def test_top_and_offset(con: duckdb.DuckDBPyConnection, c: Columns) -> None:
    ordered = np.sort(c["ra"]).tolist()
    assert answer(con, "SELECT TOP 5 ra FROM stars ORDER BY ra OFFSET 3") == [(v,) for v in ordered[3:8]]
    assert answer(con, "SELECT TOP 0 ra FROM stars") == []
    assert len(answer(con, "SELECT ra FROM stars OFFSET 390")) == 10
    assert answer(con, "(SELECT TOP 9 ra FROM stars ORDER BY ra) ORDER BY ra DESC OFFSET 7") == [
        (ordered[1],),
        (ordered[0],),
    ]


def test_joins(con: duckdb.DuckDBPyConnection, c: Columns) -> None:
    many = c["n_obs"] > 10
    for join, count in (("JOIN", many.sum()), ("LEFT JOIN", 400), ("RIGHT JOIN", many.sum()),
                        ("FULL JOIN", 400)):  # fmt: skip
        assert len(answer(con, f"SELECT ra FROM stars {join} plain USING (source_id)")) == count
    assert answer(con, "SELECT COUNT(*) FROM stars, plain") == [(400 * int(many.sum()),)]
    # A NULL joins nothing: stars without mag are not in the natural join, which is on mag too.
    natural = many & ~np.isnan(c["mag"])
    assert answer(con, "SELECT COUNT(*) FROM stars NATURAL JOIN plain") == [(int(natural.sum()),)]
    found = answer(con, "SELECT source_id, mag FROM plain AS p FULL JOIN stars AS s USING (source_id, mag)")
    assert len(found) == 400 + int((many & np.isnan(c["mag"])).sum())
    assert all(row[0] is not None for row in found)


def test_set_operations(con: duckdb.DuckDBPyConnection, c: Columns) -> None:
    n = c["n_obs"].astype(int)
    low, high = set(n[n < 10].tolist()), set(n[n > 5].tolist())
    for operator, wanted in (("UNION", low | high), ("INTERSECT", low & high), ("EXCEPT", low - high)):
        query = f"SELECT n_obs FROM stars WHERE n_obs < 10 {operator} SELECT n_obs FROM stars WHERE n_obs > 5"
        assert sorted(v for (v,) in answer(con, query)) == sorted(wanted)
    every = answer(con, "SELECT n_obs FROM stars UNION ALL SELECT n_obs FROM stars")
    assert len(every) == 800
    rest = answer(con, "SELECT n_obs FROM stars EXCEPT ALL SELECT TOP 399 n_obs FROM stars")
    assert len(rest) == 1


def test_named_queries(con: duckdb.DuckDBPyConnection, c: Columns) -> None:
    query = (
        "WITH bright AS (SELECT source_id AS id, mag FROM stars WHERE mag < 10), "
        "few AS (SELECT id FROM bright WHERE mag > 9) "
        "SELECT COUNT(*), (SELECT COUNT(*) FROM bright) FROM few"
    )
    assert answer(con, query) == [(int(((c["mag"] < 10) & (c["mag"] > 9)).sum()), int((c["mag"] < 10).sum()))]


def test_string_agg_leaves_out_what_is_missing(con: duckdb.DuckDBPyConnection, c: Columns) -> None:
    (found,) = answer(con, "SELECT ivo_string_agg(name, '|') FROM stars WHERE n_obs = 3")
    names = sorted(name for name, n in zip(c["name"], c["n_obs"], strict=True) if n == 3 and name)
    assert found[0] == "|".join(names)


def test_histogram_has_every_value_once(con: duckdb.DuckDBPyConnection, c: Columns) -> None:
    (found,) = answer(con, "SELECT ivo_histogram(mag, 6, 18, 24) FROM stars")
    mag = c["mag"].astype(float)
    inside = np.histogram(mag[(mag >= 6) & (mag < 18)], bins=24, range=(6, 18))[0]
    below, above = int((np.isnan(mag) | (mag < 6)).sum()), int((mag >= 18).sum())
    assert found[0] == [below, *inside.tolist(), above]
    assert sum(found[0]) == 400


def test_casts_of_text(con: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT TOP 1 CAST(1.25 AS VARCHAR(3)), CAST('ab' AS CHAR(4)), CAST('abcdef' AS CHAR(4)), "
        "CAST(CAST('2016-05-06T07:08:09.5' AS TIMESTAMP) AS VARCHAR), CAST('1.5 -2' AS POINT), "
        "CAST(CAST('1.5  -2 3' AS CIRCLE) AS VARCHAR) FROM stars"
    )
    assert answer(con, query) == [
        ("1.2", "ab  ", "abcd", "2016-05-06T07:08:09.500000", [1.5, -2.0], "1.5 -2.0 3.0")
    ]


def test_an_overflow_of_whole_numbers_is_an_error_not_a_wrong_number(con: duckdb.DuckDBPyConnection) -> None:
    for value in ("9223372036854775807 + n_obs + 100", "SUM(source_id * 9000000000000)"):
        with pytest.raises(duckdb.Error, match="[Oo]verflow|out of range"):
            answer(con, f"SELECT {value} FROM stars")


def test_random_numbers_differ_and_never_fail(con: duckdb.DuckDBPyConnection) -> None:
    found = column(con, "RAND()")
    assert len(set(found.tolist())) > 390
    assert found.min() >= 0
    assert found.max() < 1
    assert np.nanmin(column(con, "SQRT(RAND() - 0.5)")) >= 0
    normal = column(con, "ivo_normal_random(10, 2)")
    # 400 draws: the mean within 5 sigma of 10, the spread within 20 percent.
    assert abs(normal.mean() - 10) < 0.5
    assert 1.6 < normal.std() < 2.4
