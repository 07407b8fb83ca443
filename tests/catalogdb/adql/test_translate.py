"""What becomes of a query: its DuckDB text, the types DuckDB gives its columns, tables and notes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from catalogdb.adql.errors import AdqlError

sys.path.insert(0, str(Path(__file__).parent))
from adql_cases import pairs  # noqa: E402
from adql_sky import SYSTEM_TABLES, sky, translated  # noqa: E402

PAIRS = pairs("pairs.sql")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = sky()
    for table in SYSTEM_TABLES.values():
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{table.schema}"')
        columns = ", ".join(f'"{c.name}" {c.type}' for c in table.columns)
        connection.execute(f"CREATE TABLE {table.qualified_name} ({columns})")
    yield connection
    connection.close()


@pytest.mark.parametrize(("adql", "duck"), PAIRS, ids=[adql for adql, _ in PAIRS])
def test_golden_pairs(con: duckdb.DuckDBPyConnection, adql: str, duck: str) -> None:
    found = translated(adql)
    assert " ".join(found.sql.split()) == duck
    relation = con.sql(found.sql)
    relation.fetchall()
    types = [column.type.sql.replace("REAL", "FLOAT") for column in found.columns]
    assert [str(each) for each in relation.types] == types


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("SELECT ra, RA, Ra AS ra2 FROM stars", ["ra", "ra_1", "ra2"]),
        ("SELECT s.mag, p.mag, 1 AS mag_1 FROM stars s, plain p", ["mag", "mag_2", "mag_1"]),
        ('SELECT 1 AS "u", 2 AS "U"', ["u", "U"]),
        ("SELECT ra + 1, dec, 7", ["col_1", "dec", "col_3"]),
        ("SELECT 1 AS col_2, 2", ["col_2", "col_2_2"]),
        ("SELECT COUNT(*), COUNT(ra), AVG(mag), MAX(ra + 1) FROM stars",
         ["count_all", "count_ra", "avg_mag", "col_4"]),
        ('SELECT ra AS "a ""b"" c" FROM stars', ['a "b" c']),
        ("SELECT x FROM (SELECT ra AS X FROM stars) AS q", ["X"]),
        ("SELECT ra FROM stars UNION SELECT dec FROM stars", ["ra"]),
    ],
)  # fmt: skip
def test_names_of_columns(query: str, names: list[str]) -> None:
    query = query if "FROM" in query or "AS" in query else query + " FROM stars"
    assert [column.name for column in translated(query).columns] == names


def test_tables_are_told_once_and_in_order() -> None:
    query = "SELECT 1 FROM plain, stars AS a, stars AS b WHERE EXISTS (SELECT 1 FROM links)"
    assert translated(query).tables == ("catalogs.plain", "catalogs.stars", "matches.links")


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("SELECT\n 5/3600", "line 2, column 2: / of two whole numbers drops the fraction"),
        ("SELECT RAND(3)", "line 1, column 8: the seed of RAND is not used"),
        ("SELECT ra + mag FROM stars", "line 1, column 8: deg + mag: units differ, and are not converted"),
    ],
)
def test_notes(query: str, note: str) -> None:
    (found,) = translated(query).notes
    assert found.startswith(note)


def test_no_note_without_cause() -> None:
    assert translated("SELECT ra / 2, ra + dec, 5. / 3600 FROM stars").notes == ()


def test_nothing_of_the_query_reaches_duckdb_as_it_was_written(con: duckdb.DuckDBPyConnection) -> None:
    query = """SELECT 'x''; DROP TABLE "stars"; --' AS "a""; DROP", name FROM stars WHERE name = '$1 ? %s'"""
    found = translated(query)
    assert con.sql(found.sql).fetchall() == []
    assert con.sql(found.sql).columns[0] == 'a"; DROP'


def test_no_name_but_those_of_the_store_is_a_table() -> None:
    for name in (
        "duckdb_settings",
        "information_schema.tables",
        '"/etc/passwd"',
        '"file.csv"',
        "sqlite_master",
    ):
        with pytest.raises(AdqlError, match="there is no table"):
            translated(f"SELECT * FROM {name}")


def test_strict_has_no_position_in_group_by() -> None:
    assert (
        "GROUP BY CAST(1 AS INTEGER)" in translated("SELECT COUNT(*) FROM stars GROUP BY 1", strict=True).sql
    )


@pytest.mark.parametrize(
    "value",
    [
        "+".join(["ra"] * 400),
        "SQRT(" * 90 + "ra" + ")" * 90,
        "1/(" * 90 + "ra" + ")" * 90,
        "POWER(" * 45 + "ra" + ",2)" * 45,
    ],
    ids=["chain", "sqrt", "quotients", "powers"],
)
def test_long_values_stay_within_bounds(con: duckdb.DuckDBPyConnection, value: str) -> None:
    found = translated(f"SELECT {value} AS x FROM stars")
    assert len(found.sql) < 40_000
    con.sql(found.sql).fetchall()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT " + "+".join(["ra"] * 5000) + " FROM stars", "more than 500 operators in a row"),
        (" UNION ".join(["SELECT ra FROM stars"] * 3000), "more than 100 set operations"),
        ("SELECT 1 FROM " + ",".join(f"stars AS s{i}" for i in range(3000)), "more than 100 tables"),
        ("SELECT 1 FROM stars" + "".join(f" NATURAL JOIN plain p{i}" for i in range(3000)), "than 100"),
        ("SELECT 1 FROM stars WHERE " + " OR ".join(["ra = 1"] * 5001), "than 5000 conditions.*IN takes"),
        ("SELECT 1 FROM stars WHERE " + " AND ".join(["ra = 1"] * 501), "more than 500 conditions"),
        ("SELECT 1 FROM stars WHERE " + " AND ".join(["(ra = 1 AND dec = 2)"] * 300), "more than 500"),
        ("SELECT " + "DISTANCE(" * 9 + "ra" + ",1,2,3)" * 9 + " FROM stars", "more than 4 of AREA, CONTAINS"),
        ("SELECT " + "CASE WHEN ra = 1 THEN " * 3000 + "1" + " END" * 3000 + " FROM stars", "too deeply"),
    ],
    ids=["operators", "unions", "tables", "joins", "ors", "ands", "nested", "distances", "cases"],
)  # fmt: skip
def test_endless_queries_are_refused(query: str, words: str) -> None:
    with pytest.raises(AdqlError, match=words):
        translated(query)


def test_a_text_that_grows_at_every_level_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    query = "SELECT SQRT(SQRT(SQRT(ra))) FROM stars"
    translated(query)
    monkeypatch.setattr("catalogdb.adql.translate.SHORTEST_LIMIT", 50 - 20 * len(query))
    with pytest.raises(AdqlError, match="the value is too long") as error:
        translated(query)
    assert error.value.column == 18
