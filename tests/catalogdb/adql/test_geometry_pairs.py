"""Geometry to DuckDB: golden pairs, which DuckDB takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from adql_cases import pairs  # noqa: E402
from adql_sky import sky, translated  # noqa: E402

PAIRS = pairs("geometry.sql")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = sky()
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
