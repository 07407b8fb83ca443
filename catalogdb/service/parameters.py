"""The parameters of a request: names in any case, from the URL and from the body (DALI 1.1, section 3)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from catalogdb.errors import CatalogError
from catalogdb.service.limits import Limits

_MOST_TEXT = 2 * 1024**2
"""Bytes of a request without uploads, and of each parameter beside them."""

_MOST_PARTS = 1000
"""Parameters of a form."""

_MOST_FIELDS = 32
_MOST_FILES = 20
"""Parts of a multipart body: each text, and the first MB of each file, are held in memory."""

_SLOWEST_S = 60.0
"""Seconds in which a request without uploads must have come, and each further piece of one with them."""


class BadRequest(CatalogError):
    """A request that can not be answered, with the HTTP status that says so."""

    def __init__(self, message: str, status: int = 400) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The values by name in capitals, in the order in which they came, and the files by their own name."""

    values: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, UploadFile] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The last value of a parameter, None if it was not given."""
        found = self.values.get(name)
        return found[-1] if found else None

    def all(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return self.values.get(name, [])

    def pairs(self) -> list[tuple[str, str]]:
        """Name and value of all, as a job keeps them."""
        return [(name, value) for name, values in self.values.items() for value in values]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Parameters:
        """The parameters of these pairs."""
        found = cls()
        for name, value in pairs:
            found.values.setdefault(name.strip().upper(), []).append(value)
        return found


@contextlib.asynccontextmanager
async def parameters_of(request: Request, limits: Limits) -> AsyncIterator[Parameters]:
    """The parameters of a request; its files last as long as the block. Raises BadRequest."""
    found = Parameters.of(_decoded(request.url.query))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method not in {"POST", "PUT"}:
        yield found
    elif kind == "multipart/form-data":
        _limit(request, limits.upload_bytes + _MOST_TEXT)
        try:
            form = await request.form(
                max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_MOST_TEXT
            )
        except HTTPException as error:
            raise BadRequest(f"the body can not be read: {error.detail}") from error
        try:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    found.files[name] = value
                else:
                    found.values.setdefault(name.strip().upper(), []).append(value)
            yield found
        finally:
            await form.close()
    else:
        _limit(request, _MOST_TEXT)
        body = await _body(request)
        if kind in {"application/x-www-form-urlencoded", ""}:
            for name, values in Parameters.of(_decoded(body.decode("utf-8", "replace"))).values.items():
                found.values.setdefault(name, []).extend(values)
        yield found


async def saved_body(request: Request, path: Path, most_bytes: int) -> int:
    """Write the body of a request to a file; its bytes. Raises BadRequest (413) beyond the most."""
    _limit(request, most_bytes)
    size = 0
    with path.open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
            size += len(chunk)
    return size


def _decoded(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARTS)
    except ValueError as error:
        raise BadRequest(f"more than {_MOST_PARTS} parameters") from error


async def _body(request: Request) -> bytes:
    try:
        async with asyncio.timeout(_SLOWEST_S):
            return await request.body()
    except TimeoutError:
        raise _too_slow() from None


def _too_slow() -> BadRequest:
    return BadRequest("the request came too slowly", 408)


def _limit(request: Request, most_bytes: int) -> None:
    """Refuse a body of more bytes, having read it to its end: a client that still sends hears no answer.

    One that asks before it sends is told at once.
    """
    given = request._receive
    seen, is_whole = 0, False
    announced = request.headers.get("content-length", "")
    if "expect" in request.headers and announced.isdigit() and int(announced[:20]) > most_bytes:
        raise _too_large(most_bytes)

    async def counted() -> Message:
        nonlocal seen, is_whole
        try:
            # Once it is whole, what comes is that the client has gone, at any time.
            async with asyncio.timeout(None if is_whole else _SLOWEST_S):
                message = await given()
        except TimeoutError:
            raise _too_slow() from None
        is_whole = not message.get("more_body")
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            await _drain(given, message, most_bytes)
            raise _too_large(most_bytes)
        return message

    request._receive = counted


def _too_large(most_bytes: int) -> BadRequest:
    return BadRequest(f"the request is larger than {most_bytes / 1e6:,.0f} MB", 413)


async def _drain(receive: object, message: Message, most_bytes: int) -> None:
    """Read what still comes, for a minute and ten times the limit at most."""
    left = 10 * most_bytes
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(60):
            while message.get("more_body") and left > 0:
                message = await receive()  # type: ignore[operator]
                left -= len(message.get("body", b""))
