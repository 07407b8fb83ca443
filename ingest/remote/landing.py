"""The rows of all chunks as one ingest: their form, or the guess at it, and what is recorded of them."""

from __future__ import annotations

import csv
import datetime
import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import astropy.units as u
import pyarrow as pa
import pyarrow.parquet as pq

from catalogdb.errors import DataError, did_you_mean
from catalogdb.provenance import Ingest
from catalogdb.schema import Table
from ingest.describe import vounit
from ingest.guess import Guess, guess_table
from ingest.readers.base import BATCH_ROWS, match_name
from ingest.remote.chunk_store import Note
from ingest.remote.spec import form_of
from ingest.scratch import scratch
from ingest.spec import FILE_UNIT, Remote, Spec

LONGEST_NOTE = 4000
"""Characters of a query that are recorded: lists of identifiers are longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The origin of an ingest from a service: what is known of each chunk, in the order of their rows.

    `merged`: the rows of the chunks were brought together, each once, so that they are recorded as one.
    `before` is the table that rows are appended to: its columns that the answers lack are NULL.
    """

    service: str
    url: str
    table: str
    notes: Sequence[Note]
    rejects: Path | None
    merged: bool = False
    before: Table | None = None

    @property
    def truncated(self) -> bool:
        """Whether an answer was cut off."""
        return any(note.overflow for note in self.notes)

    def described(self, table: Table) -> Table:
        """The table, with where it was fetched from, and whether it is incomplete."""
        times = [note.started for note in self.notes]
        when = datetime.datetime.fromtimestamp(min(times), datetime.UTC) if times else None
        told: dict[str, Any] = {"service": self.service, "url": self.url, "table": self.table[:LONGEST_NOTE]}
        told["fetched"] = when.isoformat(timespec="seconds") if when else ""
        told["chunks"] = len(self.notes)
        told["truncated"] = self.truncated
        found = replace(table, extra=table.extra | {"remote": told})
        return found if self.before is None else with_columns_of(found, self.before)

    def recorded(self, ingest: Ingest) -> list[Ingest]:
        """An Ingest for each chunk: the service, the question, the sum of the bytes that came."""
        if self.merged:
            sums = hashlib.sha256("".join(note.sha256 for note in self.notes).encode()).hexdigest()
            return [replace(ingest, file=self.url, sha256=sums, note=_short(self.notes[0].question))]
        rejected = self._rejected() if ingest.rows_rejected else Counter[int]()
        return [
            replace(
                ingest,
                file=note.url,
                sha256=note.sha256,
                rows_read=note.rows,
                rows_kept=note.rows - rejected[number],
                rows_rejected=rejected[number],
                started=note.started,
                seconds=note.seconds,
                note=("truncated: " if note.overflow else "") + _short(note.question),
            )
            for number, note in enumerate(self.notes)
        ]

    def _rejected(self) -> Counter[int]:
        """Records set aside, by number of the chunk, from the numbers of their rows."""
        assert self.rejects is not None
        ends = list(accumulate(note.rows for note in self.notes))
        with self.rejects.open(newline="", encoding="utf-8") as file:
            return Counter(bisect_left(ends, int(row["line"])) for row in csv.DictReader(file))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NOTE else text[: LONGEST_NOTE - 3] + "..."


def with_columns_of(table: Table, before: Table) -> Table:
    """Return the table with the columns of another that it lacks, if it has no others: they will be NULL.

    So fewer columns can be appended to more, such as those of a service to those of the native files.
    """
    known = {column.name for column in before.columns}
    if not {column.name for column in table.columns} <= known:
        return table
    own = {column.name: column for column in table.columns}
    columns = tuple(own.get(column.name, column) for column in before.columns)
    return replace(table, columns=columns, positions=before.positions)


def landing_spec(spec: Spec, remote: Remote, rows: Path) -> Spec:
    """Return the spec with its one form for these rows: the service's columns under the names in the files.

    Raises DataError where the service states another unit than the form does.
    """
    form = form_of(spec, remote)
    schema = pq.read_schema(next(rows.glob("*.parquet")))
    named = {_original(field): field for field in schema}
    lowered = {name.lower(): name for name in reversed(list(named))}
    fields = []
    for item in form.fields:
        name = match_name(item, named, lowered)
        if name is None:
            fields.append(item)
            continue
        if not item.linear and item.unit != FILE_UNIT:
            _check_unit(spec, item.name, item.unit, named[name], remote)
        fields.append(replace(item, source=named[name].name, other_sources=()))
    landed = replace(form, reader="parquet", fields=tuple(fields), table=None, null=())
    return replace(spec, forms=(landed,))


def _original(field: pa.Field) -> str:
    name = (field.metadata or {}).get(b"name", field.name.encode())
    return str(name.decode())


def _check_unit(spec: Spec, name: str, unit: str | None, field: pa.Field, remote: Remote) -> None:
    column = spec.column(name)
    stated = vounit((field.metadata or {}).get(b"unit", b"").decode())
    expected = unit or (column.unit if column is not None else None)
    if not stated or not expected:
        return
    told, known = u.Unit(stated), u.Unit(expected)
    if not told.is_equivalent(known) or abs(told.to(known) - 1) > 1e-9:  # noqa: PLR2004
        raise DataError(
            f"{remote.service} states {field.name} of {remote.table} in {stated}, the form {remote.form} of "
            f"{spec.name} in {expected}: mend the form in the spec"
        )


def landing_guess(
    rows: Path, name: str, title: str, url: str, **given: str | float | None
) -> tuple[Guess, list[str]]:
    """Return what the columns of a table without a spec mean, and notes on what the answer says of its frame.

    `given` are id, ra, dec and epoch, as of `guess_table`. DataError for positions of B1950.
    """
    first = next(rows.glob("*.parquet"))
    stated = {k.decode(): v.decode() for k, v in (pq.read_schema(first).metadata or {}).items()}
    if given.get("epoch") is None:
        given["epoch"] = _year(stated.get("epoch"))
    guess = guess_table(rows, name, **given)  # type: ignore[arg-type]
    notes: list[str] = []
    frame_note = guess.spec.frame_note
    if guess.spec.frame and "system" in stated:
        frame_note = _frame_note(stated, url)
        notes.append(frame_note)
    spec = replace(
        guess.spec,
        title=title,
        about=f"Rows of {title}, fetched from {url}",
        source=url,
        frame_note=frame_note,
    )
    return replace(guess, spec=spec), notes


def _frame_note(stated: dict[str, str], url: str) -> str:
    system = stated["system"]
    told = " ".join(filter(None, (system, stated.get("equinox"))))
    if not system.lower().endswith(("icrs", "fk5")) or stated.get("equinox", "J2000").lstrip("J") not in {
        "2000",
        "2000.0",
    }:
        raise DataError(
            f"{url} states its positions in {told}: choose columns in ICRS with --ra and --dec, or write a "
            "spec, which can rotate them (docs/adding_a_catalogue.md)"
        )
    if system.lower().endswith("icrs"):
        return f"ICRS, as the VOTable of {url} states"
    return f"the VOTable of {url} states {told}, as VizieR does for most tables; taken as ICRS"


def _year(epoch: str | None) -> float | None:
    """The Julian year that a COOSYS states, such as J2015.5; None for any other."""
    try:
        return float((epoch or "").removeprefix("J"))
    except ValueError:
        return None


def missing_ids(rows: Path, column: str, ids: Sequence[str]) -> tuple[str, ...]:
    """Return those of the identifiers that no row has, in the order of the list.

    Text is compared without regard to case or blanks, whole numbers as numbers.
    """
    found: set[str] = set()
    for file in sorted(rows.glob("*.parquet")):
        names = pq.read_schema(file).names
        match = next((n for n in names if n.lower() == column.lower()), None)
        if match is None:
            raise DataError(f"the answer has no column {column}{did_you_mean(column, names)}")
        found |= {_key(value) for value in pq.read_table(file, columns=[match])[match].to_pylist()}
    return tuple(each for each in ids if _key(each) not in found)


def _key(value: object) -> str:
    text = "".join(str(value).split()).lower()
    return str(int(text)) if text.lstrip("+-").isdigit() else text


def distinct_rows(rows: Path) -> Path:
    """Return a folder with each row once: several positions may have found the same."""
    files = sorted(map(str, rows.glob("*.parquet")))
    schema = pq.read_schema(files[0])
    folder = rows.with_name("distinct")
    folder.mkdir(exist_ok=True)
    with scratch() as con, pq.ParquetWriter(folder / "rows.parquet", schema, compression="zstd") as writer:
        found = con.sql("SELECT DISTINCT * FROM read_parquet($files)", params={"files": files})
        for batch in found.to_arrow_reader(BATCH_ROWS):
            columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
            writer.write_batch(pa.record_batch(columns, schema=schema))
    return folder
