"""The service as its requests see it: the store, the workers, the limits, and the tables of now."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.requests import Request

from catalogdb.errors import CatalogError
from catalogdb.registry import Registry, Snapshot
from catalogdb.schema import Table
from catalogdb.service.counters import Counters
from catalogdb.service.limits import Limits, is_hidden, is_private
from catalogdb.service.pool import Pool
from catalogdb.service.uws.jobs import Jobs
from catalogdb.service.uws.runner import Runner
from catalogdb.settings import Settings
from catalogdb.system_tables import SYSTEM_TABLES
from catalogdb.tokens import schema_of

_LOOKED_EVERY_S = 0.2
_LOOKED_FOR_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """The tables that the service shows, of one snapshot."""

    snapshot: int
    tables: tuple[Table, ...]
    rows: dict[str, int]
    private: tuple[Table, ...] = ()

    def seen_by(self, user: str | None) -> Published:
        """The same with the tables of this user."""
        own = [table for table in self.private if user is not None and table.schema == schema_of(user)]
        return replace(self, tables=(*self.tables, *own)) if own else self

    def row_count(self, name: str) -> int | None:
        """The rows of a table; None of those that are made of the registry."""
        return self.rows.get(name)

    def table(self, name: str) -> Table | None:
        """The table of that qualified name, in any case."""
        wanted = name.lower()
        return next((table for table in self.tables if table.qualified_name == wanted), None)


class Service:
    """What every request works with; `start` and `stop` belong to the server."""

    def __init__(self, root: Path, settings: Settings, base_url: str | None = None) -> None:
        self.root, self.settings = root, settings
        self.limits = Limits.of(settings)
        self.counters = Counters()
        self.pool = Pool(root, settings, self.limits)
        self.jobs = Runner(self, Jobs(root))
        self.started = time.time()
        self._base_url = base_url.rstrip("/") if base_url else None
        self._registry = Registry(root, settings.busy_timeout_s)
        self._published = published(self._registry.snapshot(), settings)
        self._looked = time.monotonic()
        self._looking: asyncio.Task[None] | None = None
        self.counters.watch("workers_busy", "Workers that run a query", lambda: self.pool.busy)
        self.counters.watch("requests_waiting", "Requests that wait for a worker", lambda: self.pool.waiting)
        self.counters.watch("requests_refused", "Requests told to come again", lambda: self.pool.refused)
        self.counters.watch("jobs_queued", "Jobs that wait to run", lambda: self.jobs.queued)
        self.counters.watch("jobs_running", "Jobs that run", lambda: self.jobs.running)
        self.counters.watch("queries", "Queries run", lambda: self.pool.queries)
        self.counters.watch("queries_failed", "Queries that failed", lambda: self.pool.failures)
        self.counters.watch("workers_replaced", "Workers ended and replaced", lambda: self.pool.restarts)

    async def start(self) -> None:
        """Start the workers, and the jobs that wait."""
        await self.pool.__aenter__()
        await self.jobs.start()

    async def stop(self) -> None:
        """End the jobs that run, and the workers."""
        await self.jobs.stop()
        await self.pool.__aexit__()

    def catalogue(self, request: Request | None = None) -> Published:
        """The tables of the current snapshot, as `look` last saw it, with those of the user who asks."""
        user = None if request is None else request.scope.get("catalogdb.user")
        return self._published.seen_by(user)

    async def look(self, *, at_once: bool = False) -> None:
        """See whether there is a new snapshot, at most five times a second unless `at_once`.

        While a writer keeps the registry locked, requests go on with the tables that are known.
        """
        if at_once and self._looking is not None:
            # It may have looked before what the caller has published.
            await asyncio.wait({self._looking}, timeout=_LOOKED_FOR_S)
        if at_once or time.monotonic() - self._looked > _LOOKED_EVERY_S:
            if self._looking is None:
                self._looking = asyncio.create_task(self._look())
            await asyncio.wait({self._looking}, timeout=_LOOKED_FOR_S)

    async def _look(self) -> None:
        try:
            snapshot = await asyncio.to_thread(self._registry.snapshot)
            if snapshot.number != self._published.snapshot:
                self._published = published(snapshot, self.settings)
        except CatalogError as error:
            _log.error("the registry could not be read: %s", error)
        finally:
            self._looked = time.monotonic()
            self._looking = None

    def base_url(self, request: Request) -> str:
        """The URL of the service as its clients know it, without a slash at the end.

        What a proxy on this machine says of the request it passes on is believed.
        """
        if self._base_url is not None:
            return self._base_url
        headers = request.headers if is_local(request) else {}
        scheme = _first(headers.get("x-forwarded-proto")) or request.url.scheme
        host = _first(headers.get("x-forwarded-host")) or request.headers.get("host") or "localhost"
        prefix = _first(headers.get("x-forwarded-prefix")) or ""
        return f"{scheme}://{host}{prefix.rstrip('/')}"


def is_local(request: Request) -> bool:
    """Whether the request comes from this machine, as those do that a proxy passes on."""
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def client_of(request: Request) -> str:
    """The address of who asks, by the proxy's word where one stands between."""
    forwarded = _first(request.headers.get("x-forwarded-for")) if is_local(request) else None
    return forwarded or (request.client.host if request.client else "-")


def _first(header: str | None) -> str | None:
    return header.split(",")[0].strip() if header else None


def published(snapshot: Snapshot, settings: Settings) -> Published:
    """What the service shows of a snapshot."""
    every = [
        version for version in snapshot.tables.values() if not is_hidden(version.table, settings.serve_hide)
    ]
    own = [version for version in every if is_private(version.table)]
    shown = [version for version in every if not is_private(version.table)]
    system = [table for table in SYSTEM_TABLES.values() if not is_hidden(table, settings.serve_hide)]
    return Published(
        snapshot.number,
        (*(version.table for version in shown), *system),
        {version.table.qualified_name: version.rows for version in every},
        tuple(version.table for version in own),
    )
