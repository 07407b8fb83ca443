"""A change of a user's table, made by a worker: the store's own writer does it, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import duckdb

import catalogdb
from catalogdb.adql.write import name as quoted
from catalogdb.adql.write import qualified
from catalogdb.errors import DataError, TableExists, TableNotFound, did_you_mean
from catalogdb.faults import query_error
from catalogdb.schema import FLOATS, INTEGERS, Column, Table
from catalogdb.service.instance import Instance
from catalogdb.service.protocol import Message
from catalogdb.service.uploads.load import loaded_uploads
from catalogdb.service.users.definition import read_definition
from catalogdb.store import Store
from catalogdb.uploaded import UploadedColumn, UploadedTable

_BATCH = 65_536
_CAST = "user_rows"


class Change:
    """One change, told in a line of text; `rows` is the number of rows that came or went."""

    def __init__(
        self,
        instance: Instance,
        cursor: duckdb.DuckDBPyConnection,
        request: Message,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._instance, self._cursor, self._request = instance, cursor, request
        self._is_cancelled = is_cancelled
        self._name: str = request["table"]
        self.rows, self.overflow = 0, False

    def chunks(self) -> Generator[bytes]:
        """Make the change; raises DataError, TableExists, TableNotFound, StoreBusy."""
        changes = {"create": self._create, "load": self._load, "index": self._index, "drop": self._drop}
        with catalogdb.open(self._instance.root, settings=self._instance.settings, to_read=False) as store:
            said = changes[self._request["do_"]](store)
        yield f"{said}\n".encode()

    def _create(self, store: Store) -> str:
        own = self._tables(store)
        if self._name in own:
            raise TableExists(self._name)
        if len(own) >= self._request["most_tables"]:
            raise DataError(f"you have {len(own)} tables, and no more are allowed: drop one first")
        table = read_definition(Path(self._request["file"]), self._name)
        nothing = ", ".join(f"CAST(NULL AS {each.type}) AS {quoted(each.name)}" for each in table.columns)
        store.publish(table, f"SELECT {nothing} WHERE false")
        return f"{self._name} has been made, with {len(table.columns)} columns"

    def _load(self, store: Store) -> str:
        table = self._table(store)
        used = sum(store.info(name).bytes for name in self._tables(store))
        if used + self._request["sent_bytes"] > self._request["quota_bytes"]:
            most = self._request["quota_bytes"] / 1e6
            raise DataError(f"your tables take {used / 1e6:,.1f} MB of the {most:,.1f} that are allowed")
        with loaded_uploads(self._cursor, [self._request["upload"]], self._go_on) as (sent,):
            selected = _casts(table, sent)
            source = qualified(sent.schema, sent.name)
            try:
                self._cursor.execute(f"CREATE TEMP TABLE {_CAST} AS SELECT {selected} FROM {source}")
                self._go_on()
                self.rows = sent.rows
                reader = self._cursor.sql(f"FROM {_CAST}").to_arrow_reader(_BATCH)
                store.publish(table, reader, mode="append")
            except duckdb.ConversionException as error:
                raise DataError(f"a value does not fit its column: {query_error(error)}") from error
            finally:
                self._cursor.execute(f"DROP TABLE IF EXISTS {_CAST}")
        return f"{self._name} has {self.rows} rows more"

    def _index(self, store: Store) -> str:
        table = self._table(store)
        column = _column(table, self._request["column"])
        if column.type.endswith("[]"):
            raise DataError(f"column {column.name} has lists: it can not be indexed")
        if self._request["unique"]:
            self._refuse_repeated(store, column)
        if not (table.is_positional and column.name in {"ra", "dec", "hpx29"}):
            indexed = [*dict.fromkeys([*table.indexed, column.name])]
            new = replace(table, extra=table.extra | {"indexed": indexed})
            store.publish(new, f"SELECT * FROM {qualified(table.schema, table.name)}", mode="replace")
        return f"{self._name}: column {column.name} is indexed"

    def _refuse_repeated(self, store: Store, column: Column) -> None:
        source, name = self._name, quoted(column.name)
        ((repeated,),) = store.sql(
            f"SELECT count({name}) - count(DISTINCT {name}) FROM {qualified(*source.split('.'))}"
        ).fetchall()
        if repeated:
            raise DataError(f"column {column.name} is not unique: {repeated} values come again")

    def _drop(self, store: Store) -> str:
        self.rows = store.row_count(self._table(store).qualified_name)
        store.drop(self._name)
        return f"{self._name} has been dropped"

    def _tables(self, store: Store) -> list[str]:
        schema = self._name.partition(".")[0]
        return [each.qualified_name for each in store.tables() if each.schema == schema]

    def _table(self, store: Store) -> Table:
        own = self._tables(store)
        if self._name not in own:
            raise TableNotFound(self._name, own)
        return store.table(self._name)

    def _go_on(self) -> None:
        if self._is_cancelled():
            raise DataError("the change was stopped")


def _column(table: Table, name: str) -> Column:
    known = {each.name: each for each in table.columns}
    if name.strip().lower() not in known:
        raise DataError(f"{table.qualified_name} has no column {name}{did_you_mean(name, known)}")
    return known[name.strip().lower()]


def _casts(table: Table, sent: UploadedTable) -> str:
    """The columns of the table from those of a file, by name; what the file has not is NULL."""
    given: dict[str, UploadedColumn] = {}
    for each in sent.columns:
        assert isinstance(each, UploadedColumn)
        column = _column(table, each.name)
        if column.name in given:
            raise DataError(f"the file has two columns for {column.name}")
        given[column.name] = each
    selected = []
    for column in table.columns:
        source = given.get(column.name)
        if source is not None:
            selected.append(f"{_cast(column, source.sql_name, source.type)} AS {quoted(column.name)}")
        elif column.name == "hpx29" and table.is_positional:
            ra, dec = (given[name].sql_name if name in given else "NULL" for name in ("ra", "dec"))
            place = f"CAST({ra} AS DOUBLE), CAST({dec} AS DOUBLE)"
            selected.append(f"hpx29({place}) AS {quoted(column.name)}")
        else:
            selected.append(f"CAST(NULL AS {column.type}) AS {quoted(column.name)}")
    return ", ".join(selected)


def _cast(column: Column, source: str, kind: str) -> str:
    if column.type in INTEGERS and kind in FLOATS:
        # DuckDB would round without a word.
        lost = f"error('column {column.name}: ' || {source} || ' is no whole number')"
        return f"CASE WHEN {source} <> trunc({source}) THEN {lost} ELSE CAST({source} AS {column.type}) END"
    return f"CAST({source} AS {column.type})"
