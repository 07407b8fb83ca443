"""The files of a request's uploads, put where a worker can read them; nothing of them is read here."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from starlette.requests import Request

from catalogdb.errors import did_you_mean
from catalogdb.service.access import note
from catalogdb.service.parameters import BadRequest, Parameters
from catalogdb.service.protocol import Message
from catalogdb.service.uploads.fetch import fetch
from catalogdb.service.uploads.guard import Guard
from catalogdb.service.uploads.names import Wanted, wanted_tables

if TYPE_CHECKING:
    from catalogdb.service.service import Service

UNFOLDED = 4
"""How many times as large as the most that is sent a file may be when it is decompressed."""


async def collect_uploads(
    service: Service, request: Request, parameters: Parameters, folder: Path
) -> list[Message]:
    """Save the tables that UPLOAD names into `folder`, which is made if there are any.

    What is returned is the key `uploads` of a request to a worker. Raises BadRequest for what UPLOAD says
    and has not, can not be fetched, or is too large altogether (413).
    """
    wanted = wanted_tables(parameters.all("UPLOAD"))
    if not wanted:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    limits, guard = service.limits, Guard.of(service.settings.upload_hosts)
    found: list[Message] = []
    size = 0
    for one in wanted:
        path = folder / f"upload.{os.urandom(6).hex()}"  # a job gets its uploads one by one
        left = limits.upload_bytes - size
        if one.part is None:
            await fetch(one.uri, path, guard, left)
        else:
            await asyncio.to_thread(_save, one, parameters, path)
        size += path.stat().st_size
        if size > limits.upload_bytes:
            raise BadRequest(f"the tables are larger than {limits.upload_bytes / 1e6:,.0f} MB", 413)
        found.append(
            {
                "name": one.name,
                "path": str(path),
                "most_rows": limits.upload_rows,
                "most_bytes": UNFOLDED * limits.upload_bytes,
            }
        )
    note(request, uploads=len(found), upload_bytes=size)
    return found


def _save(one: Wanted, parameters: Parameters, path: Path) -> None:
    assert one.part is not None
    key = _named(one.part, list(parameters.files))
    if key is not None:
        source: BinaryIO = parameters.files[key].file
        source.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        return
    text = parameters.get(one.part.strip().upper())  # a part that was sent without the name of a file
    if text is None:
        hint = did_you_mean(one.part, parameters.files)
        raise BadRequest(f"UPLOAD: the request has no part {one.part!r} for table {one.name}{hint}")
    path.write_text(text, encoding="utf-8")


def _named(part: str, names: list[str]) -> str | None:
    """The part of that name, in any case of letters if it is one alone."""
    if part in names:
        return part
    alike = [name for name in names if name.strip().lower() == part.strip().lower()]
    return alike[0] if len(alike) == 1 else None
