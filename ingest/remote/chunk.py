"""What a request is divided into: chunks, the question that each asks, and the plan that knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
from astropy.table import Table

from ingest.remote.cells import Cone


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a request. Its key is the same whenever the same request is made, and a file's name.

    `order` and `cell` are a HEALPix cell, `first` and `end` a range of identifiers or of list positions,
    open at its end for None; a chunk has what its plan divides by.
    """

    key: str
    order: int | None = None
    cell: int | None = None
    first: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a service is asked for one chunk: ADQL, or a cone, with a table to send along.

    `text` is what is recorded of it, `count` the ADQL that counts its rows, `expected_rows` an estimate,
    None where there is no ground for one. `all_rows`: no limit but the service's own is set. `listing`:
    it asks what the service has, which needs no job.
    """

    text: str
    adql: str = ""
    cone: Cone | None = None
    upload: Table | None = None
    upload_name: str = "wanted"
    count: str = ""
    expected_rows: float | None = None
    all_rows: bool = False
    listing: bool = False


class Plan(Protocol):
    """How a request is divided."""

    def start(self) -> list[Chunk]:
        """The chunks to begin with; together they are the request."""

    def split(self, chunk: Chunk) -> list[Chunk]:
        """Smaller chunks that together are this one; none if it can not be divided."""

    def question(self, chunk: Chunk) -> Question:
        """What to ask for a chunk."""

    def own(self, chunk: Chunk, rows: pa.Table) -> pa.Table:
        """Those of some rows of an answer that belong to the chunk, and to no other."""


class Whole:
    """One ADQL query as a user wrote it: it can not be divided."""

    def __init__(self, adql: str) -> None:
        self.adql = adql

    def start(self) -> list[Chunk]:
        """The one chunk."""
        return [Chunk("query")]

    def split(self, chunk: Chunk) -> list[Chunk]:
        """None: what the query means is its author's to say."""
        return []

    def question(self, chunk: Chunk) -> Question:
        """The query itself."""
        return Question(self.adql, adql=self.adql, all_rows=True)

    def own(self, chunk: Chunk, rows: pa.Table) -> pa.Table:
        """All rows."""
        return rows
