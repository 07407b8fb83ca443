"""The HTTP application: every path of the service, and what all answers share."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from catalogdb.errors import CatalogError
from catalogdb.service.access import AccessLog, note
from catalogdb.service.coverage import answer_coverage, answer_density
from catalogdb.service.datalink import answer_links
from catalogdb.service.delivery import ClientGone
from catalogdb.service.errors import document, error_response
from catalogdb.service.scs import answer_cone
from catalogdb.service.service import Service, client_of
from catalogdb.service.starpage import answer_star
from catalogdb.service.sync import answer_sync
from catalogdb.service.users.identity import user_of
from catalogdb.service.users.resource import create_table, drop_table, load_table, update_table
from catalogdb.service.uws.resource import job_itself, list_or_make, part_of_job, result_of_job
from catalogdb.service.vosi.routes import routes as metadata_routes

_log = logging.getLogger(__name__)

Answering: TypeAlias = Callable[[Service, Request], Awaitable[ASGIApp]]

_HOST = re.compile(r"([A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")

_GONE = 499
"""The status in the log of a request whose client left; nobody reads it otherwise."""


def application(service: Service) -> Starlette:
    """The ASGI application of a service; its lifespan starts and stops the workers."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    def no_such(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.url.path
        if error.status_code == HTTPStatus.NOT_FOUND and path.endswith("/") and path.strip("/"):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{service.base_url(request)}{path.rstrip('/')}{query}", 307)
        return document(f"{path}: {error.detail}", error.status_code, dict(error.headers or {}))

    app = Starlette(
        routes=_routes(service),
        middleware=[
            Middleware(AccessLog, counters=service.counters),
            Middleware(_Prepared, service=service),
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST", "DELETE", "PUT", "OPTIONS"],
                allow_headers=["*"],
                expose_headers=["Location", "Content-Disposition", "Retry-After"],
            ),
        ],
        exception_handlers={HTTPException: no_such},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # Starlette would send clients to where the proxy asks
    return app


def _routes(service: Service) -> list[Route]:
    """Every path of the service, and what answers it by the method of the request."""
    get, post = "GET", "POST"
    answers: dict[str, dict[str, Answering]] = {
        "/tap/sync": {get: answer_sync, post: answer_sync},
        "/tap/async": {get: list_or_make, post: list_or_make},
        "/tap/async/{job}": {get: job_itself, post: job_itself, "DELETE": job_itself},
        "/tap/async/{job}/{part}": {get: part_of_job, post: part_of_job},
        "/tap/async/{job}/results/{name}": {get: result_of_job},
        "/tap/tables/{name}": {"PUT": create_table, "DELETE": drop_table},
        "/tap/load/{name}": {post: load_table},
        "/tap/table-update": {post: update_table},
        "/scs/{table}": {get: answer_cone, post: answer_cone},
        "/datalink": {get: answer_links, post: answer_links},
        "/datalink/{table}": {get: answer_links, post: answer_links},
        "/moc/{table}": {get: answer_coverage},
        "/density/{table}": {get: answer_density},
        "/star/{name:path}": {get: answer_star},
        "/metrics": {get: _metrics},
    }
    home = Route("/", lambda request: RedirectResponse(f"{service.base_url(request)}/tap"))
    routes = [
        Route(path, _Endpoint(service, by_method), methods=[*by_method])
        for path, by_method in answers.items()
    ]
    return [home, *routes, *metadata_routes(service, has_cones=True, has_datalink=True)]


class _Prepared:
    """ASGI middleware that says who asks, and sees to it that the tables are those of now."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            scope["catalogdb.client"] = client_of(request)
            if not _names_a_host(request):
                await document("the Host of the request is no name of a host", 400)(scope, receive, send)
                return
            try:
                scope["catalogdb.user"] = user_of(self._service, request)
            except CatalogError as error:
                await error_response(error)(scope, receive, send)
                return
            await self._service.look()
        await self._app(scope, receive, send)


def _names_a_host(request: Request) -> bool:
    """Whether the one Host that is named may stand in a URL; documents give it back to who sent it."""
    hosts = request.headers.getlist("host")
    return not hosts or (len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None)


class _Endpoint:
    """An ASGI application of the functions that answer a path; Starlette asks for no other method."""

    def __init__(self, service: Service, by_method: Mapping[str, Answering]) -> None:
        self._service, self._by_method = service, by_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answering = self._by_method["GET" if request.method == "HEAD" else request.method]
        response = await _answered(self._service, request, answering)
        await response(scope, receive, send)


async def _answered(service: Service, request: Request, answering: Answering) -> ASGIApp:
    """The answer, or the document that tells what is wrong."""
    try:
        return await answering(service, request)
    except (ClientGone, ClientDisconnect):
        return Response(status_code=_GONE)
    except CatalogError as error:
        note(request, failed=str(error))
        return error_response(error)
    except Exception as error:
        _log.exception("a request failed in a way that is no fault of the request")
        return document(f"a defect of this service: {type(error).__name__}", 500)


async def _metrics(service: Service, _: Request) -> ASGIApp:
    return PlainTextResponse(service.counters.text(), headers={"Content-Type": "text/plain; version=0.0.4"})
