"""The header of every SQL file is what DuckDB's own parser finds in it."""

from __future__ import annotations

import re

import duckdb
import pytest

import sql


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize("name", sql.names())
def test_header_lists_the_parameters_of_the_statement(con, name):
    query = sql.load(name)
    statements = con.extract_statements(query.text)
    assert len(statements) == 1
    assert set(query.parameters) == statements[0].named_parameters
    assert len(query.about) > 10


@pytest.fixture(scope="module")
def con_with_macros():
    with duckdb.connect() as connection:
        for statement in sql.macros():
            connection.execute(statement)
        yield connection


@pytest.mark.parametrize("name", sql.MACROS)
def test_header_lists_the_parameters_of_the_macro(con_with_macros, name):
    parameters = "SELECT parameters FROM duckdb_functions() WHERE function_name = $1"
    query = sql.macro(name)
    assert con_with_macros.execute(parameters, [name]).fetchall() == [(list(query.parameters),)]
    assert len(con_with_macros.extract_statements(query.text)) == 1
    assert len(query.about) > 10


NAMED = re.compile(rf"\b({'|'.join(sql.ADQL_MACROS)})\s*\(")
RUN_BY_ALL = (*map(sql.load, sql.names()), *map(sql.macro, sql.CORE_MACROS))


@pytest.mark.parametrize("query", RUN_BY_ALL, ids=lambda query: query.name)
def test_what_every_connection_runs_needs_no_macro_of_adql(query):
    code = "\n".join(line for line in query.text.splitlines() if not line.lstrip().startswith("--"))
    assert not NAMED.search(code)


def test_a_statement_that_names_a_macro_of_adql_is_known():
    assert all(sql.names_adql_macro(f"SELECT 1+{name.upper()} (1)") for name in sql.ADQL_MACROS)
    assert not sql.names_adql_macro("SELECT hpx29(ra, dec), separation_deg(1, 2, 3, 4) FROM with_hpx29('t')")
    assert not sql.names_adql_macro("SELECT outlines, my_outline FROM t")


def test_macros_can_be_created_twice():
    with duckdb.connect() as con:
        for statement in sql.macros() * 2:
            con.execute(statement)


def test_unknown_name_suggests_the_nearest():
    nearest = sql.names()[0]
    with pytest.raises(KeyError, match=f"no SQL statement {nearest}x; did you mean {nearest}"):
        sql.load(f"{nearest}x")
    with pytest.raises(KeyError, match="no SQL statement zzzzzz'"):
        sql.load("zzzzzz")
