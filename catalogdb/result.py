"""A Result: the rows of one query as Arrow, frames, astropy tables or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from catalogdb.faults import query_error
from catalogdb.schema import Column

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a result; unit, ucd and about are None where no described column stands behind it."""

    name: str
    type: str
    unit: str | None = None
    ucd: str | None = None
    about: str | None = None


class Result:
    """The rows of one query."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        described: Mapping[str, Column] | None = None,
    ) -> None:
        self.query = query
        try:
            relation = con.sql(query, params=parameters or None)
            self._table: pa.Table = pa.table({}) if relation is None else relation.to_arrow_table()
        except duckdb.Error as error:
            raise query_error(error) from error
        finally:
            con.close()

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self._table.num_rows)

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return self._table

    def batches(self, size: int = 100_000) -> Iterator[pa.RecordBatch]:
        """The rows in Arrow batches of at most `size`."""
        yield from self._table.to_batches(max_chunksize=size)

    def df(self) -> pd.DataFrame:
        """The rows as a pandas data frame."""
        frame: pd.DataFrame = self._table.to_pandas()
        return frame

    def pl(self) -> pl.DataFrame:
        """The rows as a polars data frame."""
        import polars

        return polars.DataFrame(self._table)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows as tuples of Python values."""
        columns = [column.to_pylist() for column in self._table.columns]
        return list(zip(*columns, strict=True))
