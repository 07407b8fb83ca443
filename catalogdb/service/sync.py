"""/sync: a query whose result is the answer (TAP 1.1, section 2.2)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from catalogdb.service.access import note
from catalogdb.service.delivery import Delivery, file_name, while_connected
from catalogdb.service.packing import packed
from catalogdb.service.parameters import parameters_of
from catalogdb.service.pool import QueryFailed
from catalogdb.service.query import TapQuery
from catalogdb.service.uploads.collect import collect_uploads

if TYPE_CHECKING:
    from catalogdb.service.service import Service


async def answer_sync(service: Service, request: Request) -> ASGIApp:
    """Run the query of a request and send its rows while they come."""
    async with parameters_of(request, service.limits) as parameters:
        query = TapQuery.of(parameters, service.limits, strict=service.settings.serve_strict)
        user = request.scope.get("catalogdb.user")
        note(request, query=query.text, run_id=query.run_id, user=user)
        message = query.request(service.base_url(request)) | {"user": user}
        folder = service.pool.new_file()
        try:
            uploads = await while_connected(
                request, lambda: collect_uploads(service, request, parameters, folder)
            )
            return await deliver(service, request, message | {"uploads": uploads}, query)
        finally:
            # The first rows come after all uploads were read.
            if folder.exists():
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class Document(Protocol):
    """The kind of document that a worker makes."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def content_type(self) -> str:
        """Its media type."""

    @property
    def suffix(self) -> str:
        """What the name of its file ends in."""


class Asked(Protocol):
    """What is asked of a worker, as far as the answer to the client depends on it."""

    @property
    def format(self) -> Document:
        """The kind of document."""


async def deliver(
    service: Service,
    request: Request,
    message: Mapping[str, object],
    query: Asked,
    more: Mapping[str, str] | None = None,
) -> ASGIApp:
    """The response with what a worker makes of a message, and `more` headers."""

    snapshot = service.catalogue().snapshot

    async def begin() -> Delivery:
        worker = await service.pool.acquire()
        delivery = Delivery(
            service.pool,
            worker,
            {**message, "snapshot": snapshot, "most_bytes": service.limits.result_bytes},
            service.limits.sync_s,
        )
        try:
            await delivery.begin()
        except BaseException:
            await delivery.close()
            raise
        return delivery

    delivery = await while_connected(request, begin)
    headers = file_name(query.format.suffix) | {"Content-Type": query.format.content_type} | dict(more or {})
    ended = delivery.ended
    if ended is not None and not delivery.in_file:
        body = b"".join([chunk async for chunk in delivery.chunks()])
        await delivery.close()
        note(request, rows=ended["rows"], overflow=ended["overflow"])
        return packed(request, query.format.name, Response(body, headers=headers))
    rows = StreamingResponse(_sent(request, delivery), headers=headers)
    return _Closing(packed(request, query.format.name, rows), delivery)


async def _sent(request: Request, delivery: Delivery) -> AsyncIterator[bytes]:
    try:
        async for chunk in delivery.chunks():
            yield chunk
        if delivery.ended is not None:
            note(request, rows=delivery.ended["rows"], overflow=delivery.ended["overflow"])
    except QueryFailed as error:
        note(request, failed=str(error))
        raise


class _Closing:
    """A response that ends its delivery with itself; a generator left in the middle would end much later."""

    def __init__(self, response: ASGIApp, delivery: Delivery) -> None:
        self._response, self._delivery = response, delivery

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._response(scope, receive, send)
        finally:
            await self._delivery.close()
