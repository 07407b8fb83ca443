"""What a user asks for, checked before any service is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catalogdb.errors import DataError
from ingest.remote import adql
from ingest.remote.cells import Cone
from ingest.remote.list_plans import distinct


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: a cone, identifiers, everything, an ADQL query, or what lies near a table of the store.

    `table` is the remote table where no catalogue's spec names one. `where` is a condition of ADQL
    on each row, `columns` those of the remote table to ask for (all that the spec knows by default).
    `ra`, `dec` and `id` name its columns where its own description does not tell. DataError unless
    exactly one thing is asked for.
    """

    catalogue: str | None = None
    table: str | None = None
    query: str | None = None
    cone: Cone | None = None
    ids: tuple[str, ...] | None = None
    whole: bool = False
    near: str | None = None
    radius_arcsec: float | None = None
    epoch_yr: float | None = None
    where: str | None = None
    columns: tuple[str, ...] = ()
    ra: str | None = None
    dec: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        asked = [self.query, self.cone, self.ids, self.near, self.whole or None]
        if sum(each is not None for each in asked) != 1:
            raise DataError("ask for one thing: a cone, identifiers, the whole table, a query, or --xmatch")
        if self.ids is not None and not distinct(self.ids):
            raise DataError("the list of identifiers is empty")
        if (self.near is None) != (self.radius_arcsec is None):
            raise DataError("--xmatch TABLE and --radius ARCSEC go together")
        if self.radius_arcsec is not None and not 0 < self.radius_arcsec < 3600 * 180:
            raise DataError(f"--radius {self.radius_arcsec} is no radius: it is an angle in arcsec above 0")
        if self.query is not None and (self.where or self.columns or self.table or self.catalogue):
            raise DataError("--query says all: no catalogue, --table, --where or --columns beside it")
        adql.condition(self.where)

    def identity(self) -> Mapping[str, Any]:
        """What makes it the same request when it is made again."""
        return asdict(self)
