"""Where the documents are: the VOSI resources below /tap, the examples, and the pages for people."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from catalogdb.errors import did_you_mean
from catalogdb.formats import FORMATS
from catalogdb.registry import Registry
from catalogdb.schema import Table
from catalogdb.service.limits import is_private
from catalogdb.service.packing import GZIP_LEVEL
from catalogdb.service.vosi.availability import availability
from catalogdb.service.vosi.capabilities import Limits, OutputFormat, capabilities
from catalogdb.service.vosi.examples import examples_page
from catalogdb.service.vosi.holdings import Holdings, has_places
from catalogdb.service.vosi.home import TITLE, home_page, table_page
from catalogdb.service.vosi.kept import Kept
from catalogdb.service.vosi.lookups import table_ingests, table_place
from catalogdb.service.vosi.queries import example_queries
from catalogdb.service.vosi.tableset import table_document, tableset
from catalogdb.service.vosi.tap_plus import may_be_tap_plus

XML = "text/xml"
XHTML = "application/xhtml+xml"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

MOST_DOCUMENTS = 32
"""Documents kept: a client can ask under any number of host names."""


class Catalogue(Protocol):
    """The published tables of one snapshot, the system's included; names are qualified."""

    @property
    def snapshot(self) -> int:
        """Its number."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables, by schema."""

    def row_count(self, name: str) -> int | None:
        """The number of rows of a table, if it is known."""


class Service(Protocol):
    """What the documents need to know of the service."""

    @property
    def root(self) -> Path:
        """The folder of its store."""

    @property
    def limits(self) -> Limits:
        """What it allows."""

    @property
    def started(self) -> float:
        """Since when it answers (Unix time)."""

    def base_url(self, request: Request) -> str:
        """Its address as the client sees it, without /tap and without a slash at the end."""

    def catalogue(self, request: Request | None = None) -> Catalogue:
        """What it publishes now, with what is the own of who asks."""

    async def look(self) -> None:
        """See whether there is something new to publish."""


Document = Callable[[Request], Response]


def routes(
    service: Service,
    *,
    formats: Sequence[OutputFormat] = FORMATS,
    has_cones: bool = True,
    has_datalink: bool = False,
) -> list[Route]:
    """The routes of the documents, which tell of /scs and /datalink if these are served."""
    documents = _Documents(service, formats, has_cones=has_cones, has_datalink=has_datalink)
    paths: dict[str, Document] = {
        "/tap": documents.home,
        "/tap/capabilities": documents.capabilities,
        "/tap/availability": documents.availability,
        "/tap/tables": documents.tables,
        "/tap/tables/{name}": documents.table,
        "/tap/examples": documents.examples,
        "/tables/{name}": documents.page,
    }
    return [Route(path, _endpoint(service, each), methods=["GET"]) for path, each in paths.items()]


def _endpoint(service: Service, document: Document) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        await service.look()
        # In a thread: a large table set does not hold up other requests.
        return await run_in_threadpool(document, request)

    return endpoint


class _Documents:
    def __init__(
        self, service: Service, formats: Sequence[OutputFormat], *, has_cones: bool, has_datalink: bool
    ) -> None:
        self._service = service
        self._formats = formats
        self._registry = Registry(service.root)
        self._has_cones = has_cones
        self._has_datalink = has_datalink
        self._kept = Kept(MOST_DOCUMENTS)

    def home(self, request: Request) -> Response:
        now = self._service.catalogue(request)
        return self._answer(
            request, HTML, now, lambda base: home_page(base, now.tables, now.row_count, snapshot=now.snapshot)
        )

    def capabilities(self, request: Request) -> Response:
        now = self._service.catalogue(request)
        return self._answer(
            request,
            XML,
            now,
            lambda base: capabilities(
                base,
                self._service.limits,
                self._formats,
                cone_tables=[t.qualified_name for t in now.tables if self._has_cone(t)],
                has_datalink=self._has_datalink,
            ),
        )

    def availability(self, request: Request) -> Response:
        return Response(availability(up_since=self._service.started), headers={"content-type": XML})

    def tables(self, request: Request) -> Response:
        given = {name.lower(): value for name, value in request.query_params.multi_items()}
        detail = given.get("detail", "max")
        if detail.lower() not in {"min", "max"}:
            return _refused(400, f"DETAIL is min or max, not {detail!r}")
        # The other two are TapPlus's words: for detail=min, and for some tables alone.
        is_full = detail.lower() == "max" and given.get("only_tables") != "true"
        now = self._service.catalogue(request)
        shown = now.tables
        if given.get("tables"):
            found = {name: _find(name, now.tables) for name in given["tables"].split(",")}
            if missing := [name for name, table in found.items() if table is None]:
                return _unknown(missing[0], now.tables)
            shown = tuple(table for table in found.values() if table is not None)
        tap_plus = may_be_tap_plus(request.headers.get("user-agent"))
        answer = self._answer(
            request,
            XML,
            now,
            lambda _: tableset(shown, now.row_count, detail=is_full, tap_plus=tap_plus),
            *(is_full, tap_plus, given.get("tables")),
        )
        answer.headers["vary"] = "Accept-Encoding, User-Agent"
        return answer

    def table(self, request: Request) -> Response:
        now = self._service.catalogue(request)
        table = _find(request.path_params["name"], now.tables)
        if table is None:
            return _unknown(request.path_params["name"], now.tables)
        return self._answer(request, XML, now, lambda _: table_document(table, now.tables, now.row_count))

    def examples(self, request: Request) -> Response:
        now = self._service.catalogue(request)
        holdings = Holdings(now.tables, now.row_count, partial(table_place, self._registry))
        return self._answer(
            request, XHTML, now, lambda base: examples_page(base, TITLE, example_queries(holdings))
        )

    def page(self, request: Request) -> Response:
        now = self._service.catalogue(request)
        table = _find(request.path_params["name"], now.tables)
        if table is None:
            return _unknown(request.path_params["name"], now.tables)
        return self._answer(
            request,
            HTML,
            now,
            lambda base: table_page(
                base,
                table,
                now.tables,
                now.row_count,
                table_ingests(self._registry, table.qualified_name),
                has_cone=self._has_cone(table),
            ),
        )

    def _has_cone(self, table: Table) -> bool:
        """Whether /scs, /moc and /density have the table, which know no users."""
        return self._has_cones and has_places(table) and not is_private(table)

    def _answer(
        self,
        request: Request,
        content_type: str,
        now: Catalogue,
        make: Callable[[str], bytes],
        *more: object,
    ) -> Response:
        """The document for an address, made once for a snapshot; 304 to who has it already."""
        base, user = self._service.base_url(request), request.scope.get("catalogdb.user")
        key = (request.url.path, base, now.snapshot, user, *more)
        content = self._kept.get(key, lambda: make(base))
        headers = {"content-type": content_type, "cache-control": "no-cache", "vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            plain = content
            content = self._kept.get((*key, "gzip"), lambda: gzip.compress(plain, GZIP_LEVEL, mtime=0))
            headers["content-encoding"] = "gzip"
        headers["etag"] = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
        known = request.headers.get("if-none-match", "")
        if headers["etag"] in (each.strip().removeprefix("W/") for each in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers)


def _find(name: str, tables: Iterable[Table]) -> Table | None:
    """The table of that qualified name, or the only one of that name without schema."""
    lowered = name.lower()
    found = [table for table in tables if lowered in (table.qualified_name, table.name)]
    exact = [table for table in found if table.qualified_name == lowered]
    return (exact or found)[0] if exact or len(found) == 1 else None


def _unknown(name: str, tables: Iterable[Table]) -> Response:
    hint = did_you_mean(name, [table.qualified_name for table in tables])
    return _refused(404, f"there is no table {name}{hint}")


def _refused(status: int, message: str) -> Response:
    return Response(message + "\n", status, headers={"content-type": TEXT})
