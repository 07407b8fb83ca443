"""A user's tables made, filled, indexed and dropped over HTTP, as pyvo's `create_table` and its kin do it.

PUT and DELETE /tap/tables/NAME, POST /tap/load/NAME, POST /tap/table-update: the interface of the CADC's
youcat, which is the only one that clients know.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp

from catalogdb.service.access import note
from catalogdb.service.delivery import Delivery, while_connected
from catalogdb.service.parameters import BadRequest, parameters_of, saved_body
from catalogdb.service.protocol import Message
from catalogdb.service.uploads.collect import UNFOLDED
from catalogdb.service.users.identity import require_user
from catalogdb.service.users.quotas import change_request
from catalogdb.service.uws.jobs import INDEX
from catalogdb.tokens import schema_of

if TYPE_CHECKING:
    from catalogdb.service.service import Service


async def create_table(service: Service, request: Request) -> ASGIApp:
    """PUT: make an empty table of the columns that a VOSI table or a VOTable describes."""
    user, name = _own(service, request, request.path_params["name"])
    path = service.pool.new_file()
    try:
        await saved_body(request, path, service.limits.upload_bytes)
        asked = change_request(service, "create", name) | {"file": str(path)}
        said = await _changed(service, request, user, asked)
    finally:
        path.unlink(missing_ok=True)
    return PlainTextResponse(said, 201)


async def drop_table(service: Service, request: Request) -> ASGIApp:
    """DELETE: remove the table."""
    user, name = _own(service, request, request.path_params["name"])
    return PlainTextResponse(await _changed(service, request, user, change_request(service, "drop", name)))


async def load_table(service: Service, request: Request) -> ASGIApp:
    """POST: add the rows of a CSV, TSV, FITS, VOTable or Parquet file, all of them or none."""
    user, name = _own(service, request, request.path_params["name"])
    path = service.pool.new_file()
    try:
        sent = await saved_body(request, path, service.limits.upload_bytes)
        upload = {
            "name": "sent",
            "path": str(path),
            "most_rows": service.limits.upload_rows,
            "most_bytes": UNFOLDED * service.limits.upload_bytes,
        }
        asked = change_request(service, "load", name) | {"upload": upload, "sent_bytes": sent}
        said = await _changed(service, request, user, asked)
    finally:
        path.unlink(missing_ok=True)
    return PlainTextResponse(said)


async def update_table(service: Service, request: Request) -> ASGIApp:
    """POST: a job that indexes a column (parameters TABLE, INDEX, UNIQUE), which the client then runs."""
    async with parameters_of(request, service.limits) as parameters:
        table, column = parameters.get("TABLE"), parameters.get("INDEX")
        if not table or not column:
            raise BadRequest("TABLE and INDEX are needed: the table, and the column to be indexed")
        user, name = _own(service, request, table)
        service.jobs.check_room()
        job = service.jobs.jobs.add(
            kind=INDEX,
            owner=schema_of(user),
            user_name=user,
            parameters=(
                ("TABLE", name),
                ("INDEX", column),
                ("UNIQUE", (parameters.get("UNIQUE") or "false").lower()),
            ),
            duration_s=service.limits.async_s,
            destruction=time.time() + service.limits.retention_s,
        )
    note(request, job=job.id)
    return RedirectResponse(f"{service.base_url(request)}/tap/async/{job.id}", 303)


def _own(service: Service, request: Request, name: str) -> tuple[str, str]:
    """The user and the qualified name of a table of theirs; raises BadRequest for any other."""
    user = require_user(service, request)
    schema, _, table = name.strip().lower().rpartition(".")
    if schema not in ("", schema_of(user)):
        raise BadRequest(f"{name}: your tables are called {schema_of(user)}.NAME", 403)
    return user, f"{schema_of(user)}.{table}"


async def _changed(service: Service, request: Request, user: str, asked: Message) -> str:
    """Let a worker make the change; what it says of it."""
    message = asked | {
        "user": user,
        "snapshot": service.catalogue().snapshot,
        "most_bytes": service.limits.result_bytes,
    }

    async def change() -> str:
        delivery = Delivery(service.pool, await service.pool.acquire(), message, service.limits.async_s)
        try:
            await delivery.begin()
            return b"".join([chunk async for chunk in delivery.chunks()]).decode()
        finally:
            await delivery.close()

    note(request, user=user, table=asked["table"], change=asked["do_"])
    said = await while_connected(request, change)
    await service.look(at_once=True)
    return said
