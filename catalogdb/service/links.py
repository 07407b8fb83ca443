"""A worker's answer to DataLink: for each identifier, what the store has beside that row."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa

from catalogdb.ddl import literal, qualified, quoted
from catalogdb.errors import QueryError
from catalogdb.foreign_keys import ForeignKey, foreign_keys
from catalogdb.formats import Field, Header, Info, Rows, find_format
from catalogdb.schema import Column, Table
from catalogdb.service.instance import Instance
from catalogdb.service.naming import LINKS_STANDARD, NO_LINKS, main_identifier
from catalogdb.service.protocol import Message

FIELDS = (
    Field(name="ID", type="VARCHAR", ucd="meta.id;meta.main", about="Identifier that was asked for"),
    Field(name="access_url", type="VARCHAR", ucd="meta.ref.url", about="Where the linked thing is"),
    Field(name="service_def", type="VARCHAR", ucd="meta.ref", about="Service of this document"),
    Field(name="error_message", type="VARCHAR", ucd="meta.code.error", about="Why there is no link"),
    Field(name="description", type="VARCHAR", ucd="meta.note", about="What the link leads to"),
    Field(name="semantics", type="VARCHAR", ucd="meta.code", about="How it relates to the row"),
    Field(name="content_type", type="VARCHAR", ucd="meta.code.mime", about="Its media type"),
    Field(name="content_length", type="BIGINT", unit="byte", ucd="phys.size;meta.file", about="Its size"),
)
"""The columns of a list of links (DataLink 1.1, section 3.2)."""

_VOTABLE, _HTML = "application/x-votable+xml", "text/html"
_EPOCHS = ("obj_id", "entry_id", "catalogue_name")
"""What makes a multi-epoch table: its star, and the row and the table that an entry is from."""

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a row; of one that leads nowhere the error alone."""

    description: str | None = None
    semantics: str = "#this"
    url: str | None = None
    content_type: str | None = None
    error: str | None = None


class Links:
    """The list of links of the identifiers in the request: (as it was given, table, identifier)."""

    def __init__(
        self,
        instance: Instance,
        cursor: duckdb.DuckDBPyConnection,
        request: Message,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._instance, self._cursor, self._request = instance, cursor, request
        self._is_cancelled = is_cancelled
        self._base: str = request["service"]
        self.rows, self.overflow = 0, False

    def chunks(self) -> Generator[bytes, None, None]:
        """The document."""
        by_name: dict[str, list[str]] = {}
        for _, name, identifier in self._request["ids"]:
            by_name.setdefault(name, []).append(identifier)
        links = {name: self._links_of(name, given) for name, given in by_name.items()}
        records: list[dict[str, object]] = []
        kept, maxrec = 0, self._request["maxrec"]
        for given, name, identifier in self._request["ids"]:
            found = links[name][identifier]
            records += [_record(given, link) for link in found]
            # The links of one row are never cut.
            kept = len(records) if len(records) <= maxrec else kept
            if kept < len(records):
                break
        if self._request["has_more"]:
            records.append(_record("", Link()))
        fields = self._fields()
        if fields[0].type == "BIGINT":
            records = [record | {"ID": int(str(record["ID"] or 0))} for record in records]
        types = [(f.name, pa.int64() if f.type == "BIGINT" else pa.string()) for f in fields]
        rows = Rows(iter([pa.RecordBatch.from_pylist(records, schema=pa.schema(types))]), kept)
        header = Header(fields=fields, infos=(Info("standardID", LINKS_STANDARD),), table_name="links")
        folder = Path(self._request["path"]).parent
        if not records:
            rows = Rows(iter(()))
        yield from find_format(self._request["format"]).encode(header, rows, folder=folder)
        self.rows, self.overflow = rows.count, rows.overflow

    def _fields(self) -> tuple[Field, ...]:
        """The columns; IDs are numbers where that is asked for and they are those of a column of numbers."""
        given = {identifier for each, _, identifier in self._request["ids"] if each == identifier}
        table = self._instance.tables.get(self._request["numbers_of"] or "")
        column = main_identifier(table) if table is not None else None
        if column is None or column.type == "VARCHAR" or not given:
            return FIELDS
        is_plain = all(_value(column, each) == each and abs(int(each)) < 2**63 for each in given)
        if len(given) < len(self._request["ids"]) or not is_plain:
            return FIELDS
        return (replace(FIELDS[0], type="BIGINT"), *FIELDS[1:])

    def _links_of(self, name: str, given: Sequence[str]) -> dict[str, list[Link]]:
        """The links of several rows of one table."""
        table = self._instance.tables.get(name)
        if table is None or table.schema in NO_LINKS:
            return {
                each: [Link(error=f"NotFoundFault: there is no table {name} with rows of its own")]
                for each in given
            }
        column = main_identifier(table)
        if column is None:
            return {
                each: [Link(error=f"NotFoundFault: the rows of {name} have no identifier")] for each in given
            }
        values = {each: _value(column, each) for each in given}
        present = self._count(table, column.name, [value for value in values.values() if value is not None])
        beside = self._beside(table, column, list(present))
        found = {}
        for each, value in values.items():
            if value is None:
                error = f"UsageFault: {each!r} is no {column.name} of {name}, which is a whole number"
                found[each] = [Link(error=error)]
            elif value in present:
                found[each] = [*self._own(table, column, value), *beside[value]]
            else:
                found[each] = [Link(error=f"NotFoundFault: no row of {name} has {column.name} {each}")]
        return found

    def _own(self, table: Table, column: Column, identifier: str) -> Iterator[Link]:
        """The row itself, the pages of its star and its table, and the files that the table was made of."""
        name = table.qualified_name
        where = f"{column.name} = {_adql(column, identifier)}"
        yield self._query(f"The row of {name}", "#this", _select("*", name, where))
        for each in table.identifiers:
            if each.column == column.name and each.namespace:
                url = f"{self._base}/star/{quote(f'{each.namespace} {identifier}', safe='')}"
                about = f"Everything the store knows of {each.namespace} {identifier}"
                yield Link(about, "#documentation", url, _HTML)
        about = f"{name}: {table.title or table.about}"
        yield Link(about, "#documentation", f"{self._base}/tables/{name}", _HTML)
        if self._has_ingests(name):
            query = _select("*", "provenance.ingests", f"table_name = {literal(name)}")
            yield self._query(f"The files that the rows of {name} were read from", "#progenitor", query)
        if table.has("run_id") and "provenance.runs" in self._instance.tables:
            made = _select("run_id", name, where)
            query = _select("*", "provenance.runs", f"run_id IN ({made})")
            yield self._query("The run that made the row, with its settings", "#progenitor", query)

    def _has_ingests(self, name: str) -> bool:
        if "provenance.ingests" not in self._instance.tables:
            return False
        query = "SELECT 1 FROM provenance.ingests WHERE table_name = $name LIMIT 1"
        return bool(self._run(query, {"name": name}))

    def _beside(self, table: Table, column: Column, present: Sequence[str]) -> dict[str, list[Link]]:
        """What other tables have of these rows: links of matches, epochs, results."""
        found: dict[str, list[Link]] = {each: [] for each in present}
        if not present:
            return found
        keys = foreign_keys(list(self._instance.tables.values()))
        for key in keys:
            if (key.target_table, key.target_column) == (table.qualified_name, column.name):
                matched = self._instance.tables[key.from_table]
                for each, n in self._count(matched, key.from_column, present).items():
                    found[each].append(self._matched(key, keys, matched, each, n))
        for epochs in self._instance.tables.values():
            if epochs.has(*_EPOCHS):
                for each, stars in self._stars(epochs, table, present).items():
                    found[each] += self._derived(epochs, table, each, stars)
        return found

    def _matched(
        self, key: ForeignKey, keys: Sequence[ForeignKey], links: Table, identifier: str, n: int
    ) -> Link:
        """The counterparts by a table of links, or what it says of them where the other side is not known."""
        column = links.column(key.from_column)
        where = f"l.{key.from_column} = {_adql(column, identifier)}"
        sides = {"left_id": "right_id", "right_id": "left_id"}
        other = next(
            (
                k
                for k in keys
                if k.from_table == key.from_table and k.from_column == sides.get(key.from_column)
            ),
            None,
        )
        if other is None:
            query = _select("l.*", f"{links.qualified_name} AS l", where)
            return self._query(f"Its {n} rows of {links.qualified_name}", "#derivation", query)
        both = (
            f"{links.qualified_name} AS l "
            f"JOIN {other.target_table} AS t ON t.{other.target_column} = l.{other.from_column}"
        )
        query = _select("t.*, l.separation AS link_separation", both, where)
        about = f"Its {_rows(n)} of {other.target_table}, by {links.qualified_name}"
        return self._query(about, "#counterpart", query)

    def _stars(self, epochs: Table, table: Table, present: Sequence[str]) -> dict[str, list[str]]:
        """The stars of a multi-epoch table that these rows are entries of."""
        query = f"""
            SELECT CAST(entry_id AS VARCHAR), list(DISTINCT CAST(obj_id AS VARCHAR))
            FROM {qualified(epochs.schema, epochs.name)}
            WHERE catalogue_name = $catalogue AND CAST(entry_id AS VARCHAR) IN (SELECT unnest($given))
            GROUP BY ALL"""  # noqa: S608 (identifiers of a Table, quoted)
        return {
            each: sorted(stars)
            for each, stars in self._run(query, {"catalogue": table.name, "given": present})
        }

    def _derived(self, epochs: Table, table: Table, identifier: str, stars: Sequence[str]) -> Iterator[Link]:
        """The epochs of the stars of a row, and what analyses of these epochs found."""
        column = epochs.column("obj_id")
        for star in stars:
            ((n,),) = self._run(
                f"SELECT count(*) FROM {qualified(epochs.schema, epochs.name)} "  # noqa: S608 (quoted)
                "WHERE CAST(obj_id AS VARCHAR) = $star",
                {"star": star},
            )
            query = _select("*", epochs.qualified_name, f"obj_id = {_adql(column, star)} ORDER BY epoch")
            yield self._query(
                f"Its {_rows(n)} of {epochs.qualified_name}: positions by epoch", "#derivation", query
            )
            for result in self._instance.tables.values():
                if result.schema == "results" and result.has("run_id", "source_id") and result != epochs:
                    yield from self._result(result, epochs, star)

    def _result(self, result: Table, epochs: Table, star: str) -> Iterator[Link]:
        """The rows of a result table for a star, if the runs that made them read the multi-epoch table."""
        if "provenance.runs" not in self._instance.tables:
            return
        # Another result may be of stars of another catalogue that have the same numbers.
        query = f"""
            SELECT count(*)
            FROM {qualified(result.schema, result.name)} r JOIN provenance.runs p USING (run_id)
            WHERE CAST(r.source_id AS VARCHAR) = $star AND contains(p.inputs, $file)"""  # noqa: S608 (quoted)
        ((n,),) = self._run(query, {"star": star, "file": f"{epochs.schema}/{epochs.name}."})
        if n:
            where = f"source_id = {_adql(result.column('source_id'), star)}"
            about = f"Its {_rows(n)} of {result.qualified_name}: {result.title or result.about}"
            yield self._query(about, "#derivation", _select("*", result.qualified_name, where))

    def _count(self, table: Table, column: str, given: Sequence[str]) -> Counts:
        """How many rows have each of these identifiers; those without rows are left out."""
        kind = table.column(column).type
        query = f"""
            SELECT CAST({quoted(column)} AS VARCHAR), count(*)
            FROM {qualified(table.schema, table.name)}
            WHERE {quoted(column)} IN (SELECT TRY_CAST(unnest($given) AS {kind}))
            GROUP BY ALL"""  # noqa: S608 (identifiers of a Table, quoted)
        return dict(self._run(query, {"given": list(given)})) if given else {}

    def _run(self, query: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        if self._is_cancelled():
            raise QueryError("the query was stopped")
        rows: list[tuple[Any, ...]] = self._cursor.execute(query, parameters).fetchall()
        return rows

    def _query(self, about: str, semantics: str, query: str) -> Link:
        url = f"{self._base}/tap/sync?LANG=ADQL&QUERY={quote(query, safe='')}"
        return Link(about, semantics, url, _VOTABLE)


def _value(column: Column, text: str) -> str | None:
    """The identifier as DuckDB writes it; None if the column can not have it."""
    if column.type == "VARCHAR":
        return text
    return str(int(text)) if re.fullmatch(r"\s*[+-]?[0-9]{1,19}\s*", text) else None


def _adql(column: Column, text: str) -> str:
    return literal(text) if column.type == "VARCHAR" else str(int(text))


def _select(what: str, tables: str, where: str) -> str:
    """An ADQL query, made of names of Tables and of identifiers as literals."""
    return " ".join(("SELECT", what, "FROM", tables, "WHERE", where))


def _rows(n: int) -> str:
    return f"{n} row" if n == 1 else f"{n} rows"


def _record(given: str, link: Link) -> dict[str, object]:
    return {
        "ID": given,
        "access_url": link.url,
        "error_message": link.error,
        "description": link.description,
        "semantics": link.semantics,
        "content_type": link.content_type,
    }
