"""Counts of what stands in columns of the files themselves, before a spec is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.cds.described import Described
from ingest.fields import quoted
from ingest.readers import READERS
from ingest.scratch import scratch
from ingest.spec import Field, Form


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows, those where each of some columns has something, and different contents of all together."""

    rows: int
    present: int
    distinct: int


class Cells:
    """Text that stands in columns of files; `form` says how their lines are read. A context manager."""

    def __init__(self, files: Sequence[Path], form: Form) -> None:
        self.files, self.form = files, form
        self._scratch = scratch()

    def __enter__(self) -> Cells:
        self.con = self._scratch.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._scratch.__exit__(None, None, None)

    def count(self, columns: Sequence[Described], limit: int) -> Counts:
        """Count in the first `limit` rows."""
        names, rows = self._rows(columns)
        whole = " AND ".join(f"{name} <> ''" for name in names)
        ((total, present, distinct),) = self._fetch(
            f"SELECT count(*), count(*) FILTER ({whole}), count(DISTINCT row({', '.join(names)})) "
            f"FROM (SELECT * FROM ({rows}) LIMIT {limit})"
        )
        return Counts(total, present, distinct)

    def blanks(self, columns: Sequence[Described]) -> list[int]:
        """Rows in which nothing stands, for each column."""
        names, rows = self._rows(columns)
        listed = ", ".join(f"count(*) FILTER ({name} = '')" for name in names)
        (counts,) = self._fetch(f"SELECT {listed} FROM ({rows})")
        return list(counts)

    def _rows(self, columns: Sequence[Described]) -> tuple[list[str], str]:
        """The names, and SQL of the trimmed text, of the columns of all files."""
        fields = tuple(
            Field(name=f"c{i}", bytes=(c.first, c.last), format="A1") for i, c in enumerate(columns)
        )
        form = Form(
            name=self.form.name,
            reader=self.form.reader,
            fields=fields,
            comment=self.form.comment,
            skip=self.form.skip,
            encoding=self.form.encoding,
        )
        selects = []
        for number, path in enumerate(self.files):
            source = READERS[form.reader].open_located(self.con, path, form, f"cells{number}")
            listed = ", ".join(f"trim({source.columns[f.name]}) AS {quoted(f.name)}" for f in fields)
            selects.append(f"SELECT {listed} FROM {source.sql}")
        return [quoted(f.name) for f in fields], " UNION ALL ".join(selects)

    def _fetch(self, query: str) -> list[tuple[int, ...]]:
        try:
            return self.con.execute(query).fetchall()
        finally:
            for number in range(len(self.files)):
                self.con.unregister(f"cells{number}")


def blank_rows(columns: Sequence[Described], files: Sequence[Path], form: Form) -> list[int]:
    """Return the number of rows in which nothing stands, for each column."""
    with Cells(files, form) as cells:
        return cells.blanks(columns)
