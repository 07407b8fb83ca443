"""VOTables as astropy reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import astropy.io.votable
import duckdb
import numpy as np
import pyarrow as pa
import pytest
from astropy.io.votable.tree import VOTableFile

from catalogdb.errors import DataError
from catalogdb.formats import (
    CooSys,
    Field,
    Group,
    Header,
    Info,
    Link,
    Rows,
    TimeSys,
    error_document,
    find_format,
)

SERIALISATIONS = ["votable", "votable/td", "votable/b", "votable/b2"]

EVERYTHING = r"""
SELECT i::BIGINT AS id, i::SMALLINT AS s, i::INTEGER AS n, i * 1.5::DOUBLE AS d, i::REAL AS f, i % 2 = 0 AS b,
       'a<&]]>"''' || i AS t, [i, i + 1]::BIGINT[] AS li, [i / 3, 2]::DOUBLE[] AS ld, [true, i = 1] AS lb,
       [1.0, i]::DOUBLE[] AS p, 'Mø𝄞' || i AS u, TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND AS ts,
       i::HUGEINT AS h, i::DECIMAL(9, 2) / 4 AS dec, i::UTINYINT AS ub, i::UINTEGER AS ui, ['x', NULL] AS lt,
       DATE '2026-01-02' AS day
FROM range(50) r(i)
"""


def asked(query: str) -> duckdb.DuckDBPyRelation:
    return duckdb.connect().sql(query)


def header_of(relation: duckdb.DuckDBPyRelation, **more: Any) -> Header:
    xtypes = {"p": "point", "ts": "timestamp"}
    fields = tuple(
        Field(name=name, type=str(kind), xtype=xtypes.get(name))
        for name, kind in zip(relation.columns, relation.types, strict=True)
    )
    return Header(fields, **more)


def encoded(form: str, query: str, tmp_path: Path, maxrec: int | None = None, **more: Any) -> bytes:
    relation = asked(query)
    rows = Rows(relation.to_arrow_reader(7), maxrec)
    return b"".join(find_format(form).encode(header_of(relation, **more), rows, folder=tmp_path))


def parsed(document: bytes) -> VOTableFile:
    return astropy.io.votable.parse(io.BytesIO(document), verify="exception")


def listed(value: Any) -> Any:
    """Python values, None where masked."""
    if isinstance(value, np.ma.MaskedArray):
        return [listed(each) for each in value] if value.ndim else None
    if value is np.ma.masked:
        return None
    if isinstance(value, np.ndarray):
        return [listed(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("form", SERIALISATIONS)
def test_every_type_comes_back(form: str, tmp_path: Path) -> None:
    table = parsed(encoded(form, EVERYTHING, tmp_path)).get_first_table().to_table()
    rows = asked(EVERYTHING).fetchall()
    assert len(table) == len(rows) == 50
    for name, expected in zip(asked(EVERYTHING).columns, zip(*rows, strict=True), strict=True):
        found = [listed(each) for each in table[name]]
        if name == "ts":
            assert found == [f"{each.isoformat()}.000000" for each in expected]
        elif name == "day":
            assert found == ["2026-01-02"] * 50
        elif name == "lt":
            assert found == ['["x", null]'] * 50
        else:
            assert found == [float(each) if name == "dec" else each for each in expected], name


@pytest.mark.parametrize("form", SERIALISATIONS)
def test_every_type_may_be_null(form: str, tmp_path: Path) -> None:
    columns = asked(EVERYTHING).columns
    nulls = ", ".join(f"CASE WHEN id % 2 = 1 THEN {name} END AS {name}" for name in columns)
    table = parsed(encoded(form, f"SELECT {nulls} FROM ({EVERYTHING})", tmp_path)).get_first_table().array
    full = parsed(encoded(form, EVERYTHING, tmp_path)).get_first_table().array
    for name in columns:
        found = [listed(each) for each in table[name]]
        assert found[1::2] == [listed(each) for each in full[name]][1::2], name
        assert all(
            value in (None, "", [], [None, None]) or value != value or value == [float("nan")] * 2
            for value in found[::2]
        ), (name, found)


@pytest.mark.parametrize("form", SERIALISATIONS)
def test_what_stands_around_the_table(form: str, tmp_path: Path) -> None:
    document = parsed(
        encoded(
            form,
            "SELECT 1 AS a, 2 AS b",
            tmp_path,
            infos=(Info("QUERY", "x", "SELECT <&>\x01"), Info("citation", "b", ucd="meta.bib.bibcode")),
            coosys=(CooSys("sys", "ICRS", epoch="J2016.0", refposition="BARYCENTER"),),
            timesys=(TimeSys("time", "TCB", "BARYCENTER"),),
            description="first\nsecond",
            links=(Link("http://example.org/?a=1&b=2", title="more"),),
            groups=(Group("both", ("a", "b"), about="two"),),
        )
    )
    (resource,) = document.resources
    assert resource.type == "results"
    assert resource.description == "first\nsecond"
    assert [(each.name, each.value, each.content) for each in resource.infos] == [
        ("QUERY_STATUS", "OK", None),
        ("QUERY", "x", "SELECT <&>\ufffd"),
        ("citation", "b", None),
    ]
    assert resource.coordinate_systems[0].system == "ICRS"
    assert resource.time_systems[0].timescale == "TCB"
    (table,) = resource.tables
    assert [each.ref for each in table.groups[0].entries] == ["a", "b"]
    assert table.links[0].href == "http://example.org/?a=1&b=2"
    assert table.to_table().colnames == ["a", "b"]


@pytest.mark.parametrize("form", SERIALISATIONS)
@pytest.mark.parametrize(("maxrec", "count", "overflow"), [(0, 0, True), (49, 49, True), (50, 50, False)])
def test_overflow(form: str, maxrec: int, count: int, overflow: bool, tmp_path: Path) -> None:
    document = parsed(encoded(form, EVERYTHING, tmp_path, maxrec))
    assert len(document.get_first_table().array) == count
    told = [each.value for each in document.resources[0].infos if each.name == "QUERY_STATUS"]
    assert told == ["OK", "OVERFLOW"] if overflow else ["OK"]


@pytest.mark.parametrize("form", SERIALISATIONS)
def test_an_error_among_the_rows_is_told_and_raised(form: str, tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": pa.array([1, 2, 3], pa.int32())})
        raise DataError("the disk <is> full")

    header = Header((Field(name="a", type="INTEGER"),))
    chunks: list[bytes] = []
    with pytest.raises(DataError, match="the disk <is> full"):
        chunks.extend(find_format(form).encode(header, Rows(batches()), folder=tmp_path))
    document = parsed(b"".join(chunks))
    assert document.get_first_table().array["a"].tolist() == [1, 2, 3]
    last = document.resources[0].infos[-1]
    assert (last.name, last.value, last.content) == ("QUERY_STATUS", "ERROR", "the disk <is> full")


def test_text_is_of_utf16_only_where_it_must_be(tmp_path: Path) -> None:
    def datatypes(query: str, **more: Any) -> list[str]:
        relation = asked(query)
        fields = tuple(Field(name=name, type="VARCHAR", **more) for name in relation.columns)
        rows = Rows(relation.to_arrow_reader(60_000))
        document = b"".join(find_format("votable").encode(Header(fields), rows, folder=tmp_path))
        table = parsed(document).get_first_table()
        assert table.array["u"].tolist() == [row[-1] for row in relation.fetchall()]
        return [each.datatype for each in table.fields]

    assert datatypes("SELECT 'a' AS a, 'ø' AS u") == ["char", "unicodeChar"]
    late = "SELECT CASE WHEN i = 130000 THEN 'ø' ELSE 'o' END AS u FROM range(130001) t(i)"
    assert datatypes(late) == ["unicodeChar"]
    assert datatypes("SELECT 'o' AS u FROM range(130001)", ascii=True) == ["char"]
    with pytest.raises(DataError, match="column u has characters beyond ASCII"):
        datatypes(late, ascii=True)


@pytest.mark.parametrize("type_", ["SMALLINT", "INTEGER", "BIGINT"])
def test_the_value_that_stands_for_null_is_refused_not_lost(type_: str, tmp_path: Path) -> None:
    lowest = {"SMALLINT": -(2**15), "INTEGER": -(2**31), "BIGINT": -(2**63)}[type_]
    query = f"SELECT ({lowest})::{type_} AS x"
    assert parsed(encoded("votable", query, tmp_path)).get_first_table().array["x"][0] == lowest
    assert parsed(encoded("votable/td", query, tmp_path)).get_first_table().array["x"][0] == lowest
    with pytest.raises(DataError, match="which would be read as NULL"):
        encoded("votable/b", query, tmp_path)
    with pytest.raises(DataError, match="which would be read as NULL"):
        encoded("votable", f"SELECT [({lowest})::{type_}] AS x", tmp_path)


def test_error_document() -> None:
    document = parsed(error_document("no table <stars>", (Info("request", "1"),)))
    assert [(each.name, each.value, each.content) for each in document.resources[0].infos] == [
        ("QUERY_STATUS", "ERROR", "no table <stars>"),
        ("request", "1", None),
    ]
