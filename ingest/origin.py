"""Files that stand for something else, such as the answers of a service: what is then told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from catalogdb.provenance import Ingest
from catalogdb.schema import Table


class Origin(Protocol):
    """Where the files of an ingest come from."""

    def described(self, table: Table) -> Table:
        """The table that the files make, with what the origin knows of it."""

    def recorded(self, ingest: Ingest) -> Sequence[Ingest]:
        """What is recorded in place of a file; rows read, kept and rejected have the same sums."""
