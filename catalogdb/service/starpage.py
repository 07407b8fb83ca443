"""/star/NAME: all that the store knows of one star, as a page or as JSON."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from catalogdb.errors import did_you_mean
from catalogdb.service.access import note
from catalogdb.service.delivery import Delivery, while_connected
from catalogdb.service.parameters import BadRequest, parameters_of
from catalogdb.service.service import Service

_TYPES = {"html": "text/html; charset=utf-8", "json": "application/json"}
_ALIASES = {"text/html": "html", "application/json": "json"}
_LONGEST = 200


async def answer_star(service: Service, request: Request) -> ASGIApp:
    """The page of a star by any of its names; status 404 if nothing is called so."""
    async with parameters_of(request, service.limits) as parameters:
        name: str = request.path_params["name"]
        if len(name) > _LONGEST:
            raise BadRequest(f"a name of {len(name)} characters is none of a star")
        given = (parameters.get("RESPONSEFORMAT") or parameters.get("FORMAT") or "html").strip().lower()
        form = _ALIASES.get(given, given)
        if form not in _TYPES:
            raise BadRequest(f"no format {given!r}{did_you_mean(given, _TYPES)}")
    note(request, query=f"/star/{name}")
    message = {
        "kind": "star",
        "name": name,
        "format": f"star/{form}",
        "service": service.base_url(request),
        "snapshot": service.catalogue().snapshot,
        "most_bytes": service.limits.result_bytes,
    }

    async def work() -> bytes:
        delivery = Delivery(service.pool, await service.pool.acquire(), message, service.limits.sync_s)
        try:
            await delivery.begin()
            return b"".join([chunk async for chunk in delivery.chunks()])
        finally:
            await delivery.close()

    line, _, page = (await while_connected(request, work)).partition(b"\n")
    status = 200 if json.loads(line)["found"] else 404
    return Response(page, status, headers={"Content-Type": _TYPES[form]})
