"""Tables of a few stars, and a service of documents alone on a store."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request

from catalogdb import Column, Store, Table
from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Identifier, Position
from catalogdb.service.vosi.routes import routes

HOSTILE = "a < b & 'c' \"d\" <script>alert(1)</script> \u00e9 \x0b"
"""What a text of a user's table may hold: markup, and a character that XML has not."""

MOVING = ("ra", "dec", "ref_epoch", "parallax", "parallax_error", "pmra", "pmdec", "radial_velocity", "hpx29")
ID = Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier", nullable=False)
MAG = Column(name="mag", type="REAL", ucd="phot.mag;em.opt.V", unit="mag", about="V magnitude")
NAME = Column(name="name", type="VARCHAR", ucd="meta.id", about=HOSTILE, source_name="<b>Name</b>")
SEEN = Column(name="seen", type="TIMESTAMP", ucd="time.epoch", about="When it was seen")
FLUXES = Column(name="fluxes", type="REAL[]", ucd="phot.flux", unit="Jy", about="Fluxes of each visit")

GAIA = Table(
    name="bright",
    title="Bright stars <of a test>",
    about="Stars with motions, within a degree of the pole",
    reference="Nobody, 2020, A&A 1, 1",
    source="CDS I/000",
    frame="Gaia-CRF3",
    frame_note="Taken as ICRS",
    columns=(ID, *(ASTROMETRY[name] for name in MOVING), MAG, NAME, SEEN, FLUXES),
    positions=(Position(name="listed", about="At J2016.0"),),
    identifiers=(Identifier(column="source_id", namespace="HIP"),),
    extra={"epoch_note": "J2016.0 for all", "rows_expected": 1234567},
)
OTHER = Table(
    name="other",
    about="Positions of the same stars",
    columns=(ID, *(ASTROMETRY[name] for name in ("ra", "dec", "ref_epoch", "hpx29"))),
    positions=(Position(name="listed"),),
)


@dataclass(frozen=True)
class Limits:
    """What the service of these tests allows."""

    sync_s: float = 120.0
    async_s: float = 3600.0
    async_max_s: float = 86400.0
    rows: int = 1_000_000
    max_rows: int = 100_000_000
    retention_s: float = 604800.0
    longest_retention_s: float = 4 * 604800.0
    upload_rows: int = 10_000_000
    upload_bytes: int = 500_000_000


@dataclass
class Published:
    """The tables of a store, as the routes ask for them."""

    store: Store

    @property
    def snapshot(self) -> int:
        return self.store.snapshot

    @property
    def tables(self) -> tuple[Table, ...]:
        return self.store.tables(system=True)

    def row_count(self, name: str) -> int:
        return self.store.row_count(name)


@dataclass
class Service:
    """A service without queries; `base` is its address, taken from the request if there is none."""

    store: Store
    base: str | None = None
    limits: Limits = field(default_factory=Limits)
    started: float = field(default_factory=time.time)
    looked: int = 0

    @property
    def root(self) -> Path:
        return self.store.path

    def base_url(self, request: Request) -> str:
        return self.base or str(request.base_url).rstrip("/")

    def catalogue(self, request: object = None) -> Published:
        return Published(self.store)

    async def look(self) -> None:
        self.looked += 1


@dataclass(frozen=True)
class Client:
    """Asks an application without a network; `base_url` is under which name."""

    app: Starlette
    base_url: str = "http://stars.example"

    def get(self, path: str, headers: dict[str, str] | None = None, *, method: str = "GET") -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=self.base_url) as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(ask())


def client_of(store: Store) -> Client:
    """A client of the documents of a store, with cone searches."""
    return Client(Starlette(routes=routes(Service(store))))
