"""The header of every SQL file is what DuckDB's own parser finds in it."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", sql.MACROS)
def test_header_lists_the_parameters_of_the_macro(name):
    with duckdb.connect() as con:
        for statement in sql.macros():
            con.execute(statement)
        found = con.execute("SELECT parameters FROM duckdb_functions() WHERE function_name = $1", [name])
        query = sql.macro(name)
        assert found.fetchall() == [(list(query.parameters),)]
        assert len(con.extract_statements(query.text)) == 1
        assert len(query.about) > 10


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
