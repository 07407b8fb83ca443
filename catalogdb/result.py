"""A Result: the rows of one query as Arrow, frames, an astropy table or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from catalogdb.adql.macros import load_macros_of
from catalogdb.connect import cursor_on
from catalogdb.errors import CatalogError, QueryError
from catalogdb.faults import interruptible, query_error
from catalogdb.lineage import Lookup, output_columns, tables_read
from catalogdb.schema import Column

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from astropy.table import Table as AstropyTable


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a result; unit, ucd and about are None where no described column stands behind it."""

    name: str
    type: str
    unit: str | None = None
    ucd: str | None = None
    about: str | None = None


Descriptions: TypeAlias = Mapping[str, Column] | Sequence[ResultColumn]
"""What is known of the columns of a result: some of them by name, or all in order."""


@dataclass(frozen=True, slots=True)
class ResultProvenance:
    """What the rows come from: with the store, its snapshot and the query they can be had again.

    `tables` are those that stand in the query; `provenance.parts` and `.ingests` tell what is behind.
    """

    query: str
    parameters: Mapping[str, Any]
    store: str
    snapshot: int | None
    tables: tuple[str, ...]


class Result:
    """The rows of one query: `fetchall`, `arrow`, `batches`, `df`, `pl`, `table`, `write`.

    The query is bound at once, so that its errors are raised here, and run when rows are asked for.
    `described` gives the Column of an output column by name, where the query does not tell, or all in order.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        lookup: Lookup | None = None,
        described: Descriptions | None = None,
        store: str = "",
        snapshot: int | None = None,
        schemas: Sequence[str] = (),
    ) -> None:
        self.query = query
        self.parameters = dict(parameters or {})
        self._store, self._snapshot = store, snapshot
        # A cursor of its own per query; the parent is held too, for its spill folder goes with it.
        load_macros_of(con, query)
        self._parent, self._con = con, cursor_on(con, schemas)
        self._described = dict(described) if isinstance(described, Mapping) else {}
        self._lookup = lookup
        with _told():
            statements = self._con.extract_statements(query)
            if not statements:
                raise QueryError("the query is empty")
            if len(statements) > 1:
                raise QueryError("one statement is expected, these are several: ask for them one by one")
            if statements[0].type == duckdb.StatementType.CREATE:
                raise QueryError(
                    "a query makes nothing that lasts: write its rows to a file (catalogdb sql QUERY -o"
                    " rows.fits) and read that into a table (catalogdb ingest --table rows.fits --as NAME)"
                )
            self._relation = self._con.sql(query, params=self.parameters or None)
        self._rows: pa.Table | None = None if self._relation is not None else _nothing()
        self._names = _unique([] if self._relation is None else self._relation.columns)
        self._written: int | None = None
        self._columns: tuple[ResultColumn, ...] | None = None
        if self._relation is not None and isinstance(described, Sequence):
            known = zip(self._names, self._relation.types, described, strict=True)
            self._columns = tuple(replace(each, name=name, type=str(kind)) for name, kind, each in known)

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        """The columns in order, described where they are columns of described tables."""
        if self._columns is None:
            self._columns = tuple(self._describe())
        return self._columns

    def _describe(self) -> Iterator[ResultColumn]:
        if self._relation is None:
            return
        names = self._names
        known: list[Column | None] = [None] * len(names)
        if self._lookup is not None:
            output = output_columns(self._con, self.query, self._lookup)
            if len(output) == len(names):
                given = self._relation.columns
                known = [
                    column if name.lower() == each.lower() else None
                    for (name, column), each in zip(output, given, strict=True)
                ]
        for name, kind, column in zip(names, self._relation.types, known, strict=True):
            described = self._described.get(name, column)
            if described is None:
                yield ResultColumn(name, str(kind))
            else:
                yield ResultColumn(name, str(kind), described.unit, described.ucd, described.about)

    @property
    def provenance(self) -> ResultProvenance:
        """The query, the snapshot it was asked of and the tables it names."""
        tables = () if self._lookup is None else tables_read(self._con, self.query, self._lookup)
        return ResultProvenance(self.query, self.parameters, self._store, self._snapshot, tables)

    @property
    def rows(self) -> int:
        """The number of rows."""
        if self._rows is None and self._written is not None:
            return self._written
        return int(self.arrow().num_rows)

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table; the query runs once."""
        if self._rows is None and self._relation is not None:
            with _told():
                self._rows = self._relation.to_arrow_table().rename_columns(self._names)
        return self._rows

    def empty(self) -> pa.Table:
        """No rows, with the Arrow types of the result."""
        if self._rows is not None or self._relation is None:
            return self.arrow().slice(0, 0)
        with _told():
            return self._relation.limit(0).to_arrow_table().rename_columns(self._names)

    def batches(self, size: int = 100_000) -> Iterator[pa.RecordBatch]:
        """The rows in Arrow batches of about `size`, without holding them all; runs the query anew."""
        if self._rows is not None or self._relation is None:
            yield from self.arrow().to_batches(max_chunksize=size)
            return
        with _told():
            for batch in self._relation.to_arrow_reader(size):
                yield batch.rename_columns(self._names)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows as tuples of Python values."""
        columns = [column.to_pylist() for column in self.arrow().columns]
        return list(zip(*columns, strict=True))

    def df(self) -> pd.DataFrame:
        """The rows as a pandas data frame; raises CatalogError where pandas is not installed.

        Integers with NULLs have one of pandas' nullable types: as floats, identifiers would be rounded.
        """
        with _installed("pandas"):
            import pandas
        import pyarrow as pa

        from catalogdb.astropy_table import number

        rows = self.arrow()
        for i, field in enumerate(rows.schema):
            if pa.types.is_decimal(field.type):
                rows = rows.set_column(i, field.name, number(rows.column(i)))
        frame: pd.DataFrame = rows.to_pandas()
        for field, column in zip(rows.schema, rows.columns, strict=True):
            if pa.types.is_integer(field.type) and column.null_count:
                kind = str(field.type).replace("i", "I").replace("uI", "UI")
                frame[field.name] = pandas.array(column.to_pylist(), dtype=kind)
        return frame

    def pl(self) -> pl.DataFrame:
        """The rows as a polars data frame; raises CatalogError where polars is not installed."""
        with _installed("polars"):
            import polars
        return polars.DataFrame(self.arrow())

    def table(self) -> AstropyTable:
        """The rows as an astropy Table with units, descriptions and UCDs (`meta["ucd"]`), NULLs masked."""
        from catalogdb.astropy_table import astropy_table

        table = astropy_table(self.arrow(), self.columns)
        table.meta["query"] = self.query
        if self._snapshot is not None:
            table.meta["snapshot"] = self._snapshot
        return table

    def write(self, path: str | Path, format: str | None = None) -> Path:
        """Write the rows to `path` in one of `output.FORMATS` (default: by the suffix).

        The file is complete or not there: it is written beside `path` and renamed.
        """
        from catalogdb.output import format_of, write_result

        target = Path(path)
        self._written = write_result(self, target, format_of(target, format))
        return target

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def __len__(self) -> int:
        return self.rows

    def __str__(self) -> str:
        return "\n".join(self.table().pformat(max_lines=20, max_width=-1))


def _nothing() -> pa.Table:
    """The rows of a statement that has none."""
    import pyarrow as pa

    return pa.table({})


def _unique(names: Sequence[str]) -> list[str]:
    """The names, a repeated one with _1, _2... as DuckDB names the columns of a view."""
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    unique = []
    for name in names:
        new, n = name, 0
        while n and new.lower() in taken or new.lower() in seen:
            n += 1
            new = f"{name}_{n}"
        seen.add(new.lower())
        unique.append(new)
    return unique


@contextmanager
def _told() -> Iterator[None]:
    try:
        with interruptible():
            yield
    except duckdb.Error as error:
        raise query_error(error) from error


@contextmanager
def _installed(package: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise CatalogError(
            f"{package} is not installed: pip install 'catalogdb[dataframes]', or use .arrow() or .table()"
        ) from error
