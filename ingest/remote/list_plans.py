"""Plans that divide a list: identifiers to look up, names of objects, or rows of a table to be matched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from astropy.table import Table

from catalogdb.errors import DataError, RemoteError
from ingest.remote import adql
from ingest.remote.chunk import Chunk, Question
from ingest.remote.services import Names
from ingest.remote.sky_plans import Target

IN_LIST = 500
"""Identifiers in one IN list: services limit the length of a query, some to 64 kB."""

UPLOADED = 20_000
"""Identifiers or positions sent along as a table at a time."""


SENT = ("left_id", "left_ra", "left_dec", "angDist")
"""Columns of a match that are not the remote table's: what was sent along, and the service's distance."""


class _List:
    """A list in stretches of so many; a stretch is divided in two."""

    letter = "l"

    def __init__(self, size: int, most: int) -> None:
        self.size, self.most = size, most

    def start(self) -> list[Chunk]:
        """Stretches of the list, each as long as may be."""
        return [
            self._stretch(first, min(first + self.most, self.size))
            for first in range(0, self.size, self.most)
        ]

    def split(self, chunk: Chunk) -> list[Chunk]:
        """The two halves."""
        first, end = self._bounds(chunk)
        if end - first < 2:
            return []
        middle = (first + end) // 2
        return [self._stretch(first, middle), self._stretch(middle, end)]

    def own(self, chunk: Chunk, rows: pa.Table) -> pa.Table:
        """All rows."""
        return rows

    def _stretch(self, first: int, end: int) -> Chunk:
        return Chunk(f"{self.letter}{first:09d}-{end:09d}", first=first, end=end)

    def _bounds(self, chunk: Chunk) -> tuple[int, int]:
        assert chunk.first is not None
        assert chunk.end is not None
        return chunk.first, chunk.end


class ByIdList(_List):
    """Identifiers, looked up in IN lists, or sent along as a table where the service takes one."""

    letter = "n"

    def __init__(self, target: Target, ids: Sequence[str], *, upload: bool) -> None:
        if not target.id:
            raise DataError(
                f"{target.table}: which column identifies its rows is not known: name one with --id"
            )
        self.target = target
        self.values = [_literals(target, each) for each in ids]
        self.ids, self.upload = list(ids), upload and len(target.id) == 1 and len(ids) > IN_LIST
        super().__init__(len(self.ids), UPLOADED if self.upload else IN_LIST)

    def question(self, chunk: Chunk) -> Question:
        """The rows that have one of the identifiers."""
        first, end = self._bounds(chunk)
        if not self.upload:
            names = [adql.column(name) for name in self.target.id]
            wanted = adql.one_of(names, self.values[first:end])
            return self.target.question([wanted], float(end - first))
        return self._uploading(first, end)

    def _uploading(self, first: int, end: int) -> Question:
        columns = [f"t.{adql.column(c)}" for c in self.target.columns] or ["t.*"]
        same = f"t.{adql.column(self.target.id[0])} = w.wanted_id"
        source = f"{adql.table(self.target.table)} AS t JOIN TAP_UPLOAD.wanted AS w ON {same}"
        text = adql.select(columns, source, [self.target.where])
        listed: list[str] | list[int] = self.ids[first:end]
        if not self.target.id_is_text[0]:
            listed = [int(each) for each in listed]
        return Question(
            f"{text} -- wanted: identifiers {first + 1} to {end} of the list",
            adql=text,
            upload=Table({"wanted_id": listed}),
            count=adql.select(["COUNT(*) AS n"], source, [self.target.where]),
            expected_rows=float(end - first),
        )


class ByNames(_List):
    """Names of objects, which a service keeps in a table of their own; sent along as a table.

    So does astroquery.simbad's query_objects: the service brings the names to its own spelling.
    """

    letter = "m"

    def __init__(self, target: Target, names: Names, ids: Sequence[str]) -> None:
        self.target, self.names, self.ids = target, names, list(ids)
        super().__init__(len(self.ids), UPLOADED)

    def question(self, chunk: Chunk) -> Question:
        """The rows of the objects, and under which name each was wanted."""
        first, end = self._bounds(chunk)
        columns = [f"t.{adql.column(c)}" for c in self.target.columns] or ["t.*"]
        names = self.names
        source = (
            f"TAP_UPLOAD.wanted AS w JOIN {adql.table(names.table)} AS n ON n.{names.name} = w.wanted_id "
            f"JOIN {adql.table(self.target.table)} AS t ON t.{names.to} = n.{names.key}"
        )
        text = adql.select(["w.wanted_id", *columns], source, [self.target.where])
        return Question(
            f"{text} -- wanted: names {first + 1} to {end} of the list",
            adql=text,
            upload=Table({"wanted_id": self.ids[first:end]}),
            count=adql.select(["COUNT(*) AS n"], source, [self.target.where]),
            expected_rows=float(end - first),
        )


class ByPairs(_List):
    """Rows of a table of the store, with whose positions a service matches a table of its own."""

    letter = "p"

    def __init__(
        self, target: Target, left: pa.Table, radius_arcsec: float, *, by_tap: bool, keep_left: bool
    ) -> None:
        """`left` has left_id, left_ra, left_dec [deg]; `keep_left`: the answer tells what is near what.

        Sent are numbers of rows, not identifiers: a service guesses the type of what it is sent, and
        would make a number of 007.
        """
        self.target, self.left, self.radius_arcsec = target, left, radius_arcsec
        self.by_tap, self.keep_left = by_tap, keep_left
        super().__init__(left.num_rows, UPLOADED)

    def own(self, chunk: Chunk, rows: pa.Table) -> pa.Table:
        """All pairs; their columns of the remote table alone, where rows are wanted and not pairs."""
        if self.keep_left:
            return self._identified(rows)
        return rows.select([name for name in rows.column_names if name not in SENT])

    def _identified(self, rows: pa.Table) -> pa.Table:
        """The pairs with the identifiers of the rows that were sent by their numbers."""
        place = next((i for i, name in enumerate(rows.column_names) if name.lower() == "left_id"), None)
        if place is None:
            raise RemoteError("the answer lacks left_id: it does not tell which row is near which position")
        field = rows.schema.field(place).with_name("left_id").with_type(self.left["left_id"].type)
        numbers = rows.column(place).cast(pa.int64())
        return rows.set_column(place, field, self.left["left_id"].take(numbers))

    def question(self, chunk: Chunk) -> Question:
        """The rows of the remote table near the positions sent along."""
        first, end = self._bounds(chunk)
        part = self.left.slice(first, end - first)
        upload = Table({name: part[name].to_numpy() for name in ("left_ra", "left_dec")})
        upload.add_column(np.arange(first, end), name="left_id", index=0)
        told = f"positions {first + 1} to {end} of {self.size} within {self.radius_arcsec:g} arcsec"
        if not self.by_tap:
            return Question(f"{self.target.table}: {told}", upload=upload, expected_rows=float(end - first))
        columns = [f"t.{adql.column(c)}" for c in self.target.columns] or ["t.*"]
        ra, dec = (f"t.{adql.column(name)}" for name in (self.target.ra, self.target.dec))
        near = (
            f"1=CONTAINS(POINT('ICRS', {ra}, {dec}), "
            f"CIRCLE('ICRS', w.left_ra, w.left_dec, {adql.number(self.radius_arcsec / 3600)}))"
        )
        source = f"TAP_UPLOAD.near AS w JOIN {adql.table(self.target.table)} AS t ON {near}"
        told_left = ["w.left_id"] if self.keep_left else []
        text = adql.select([*told_left, *columns], source, [self.target.where])
        count = adql.select(["COUNT(*) AS n"], source, [self.target.where])
        return Question(f"{text} -- near: {told}", adql=text, upload=upload, upload_name="near", count=count)


def _literals(target: Target, identifier: str) -> tuple[str, ...]:
    """The identifier as ADQL literals, one for each column that it is kept in (such as 1-13-1 in three)."""
    parts = [identifier] if len(target.id) == 1 else identifier.split("-")
    if len(parts) != len(target.id):
        raise DataError(f"{identifier!r} is no identifier: {len(target.id)} numbers with - between")
    return tuple(
        adql.text(part) if is_text else _whole(part, identifier)
        for part, is_text in zip(parts, target.id_is_text, strict=True)
    )


def _whole(part: str, identifier: str) -> str:
    if not re.fullmatch(r"[+-]?\d+", part.strip()):
        raise DataError(
            f"{identifier!r} is no identifier of this table: its identifiers are whole numbers, in a file "
            "one to a line"
        )
    return str(int(part))


def distinct(ids: Iterable[str]) -> tuple[str, ...]:
    """Return the identifiers in order, each once, without blank ones."""
    return tuple(dict.fromkeys(each.strip() for each in ids if each.strip()))
