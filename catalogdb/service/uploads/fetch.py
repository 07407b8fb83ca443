"""Files by http and https, streamed to disk, from addresses that the guard has looked at."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin

import h11

from catalogdb.service.parameters import BadRequest
from catalogdb.service.uploads.guard import Guard, Resolve, Target

MOST_REDIRECTS = 5
CONNECT_S = 10.0
SILENT_S = 30.0
"""Seconds for which a host may send nothing."""

WHOLE_S = 300.0
"""Seconds for the whole of a file."""

_CHUNK = 1 << 18
_REDIRECTS = {301, 302, 303, 307, 308}


async def fetch(
    url: str, path: Path, guard: Guard, most_bytes: int, *, resolve: Resolve | None = None
) -> None:
    """Save what a URL gives as `path`; raises BadRequest, with status 413 beyond `most_bytes`."""
    try:
        async with asyncio.timeout(WHOLE_S):
            for _ in range(MOST_REDIRECTS + 1):
                target = await guard.target(url, resolve)
                location = await _get(target, path, most_bytes)
                if location is None:
                    return
                url = urljoin(url, location)
    except TimeoutError as error:
        raise BadRequest(f"UPLOAD: {url[:200]} took more than {WHOLE_S:g} s") from error
    raise BadRequest(f"UPLOAD: {url[:200]} is redirected more than {MOST_REDIRECTS} times")


async def _get(target: Target, path: Path, most_bytes: int) -> str | None:
    """Save the file and return None, or return where it is said to be."""
    where = f"UPLOAD: {target.scheme}://{target.authority}{target.path[:200]}"
    try:
        async with _connected(target) as answer:
            response = await answer.head()
            if response.status_code in _REDIRECTS:
                return _location(response, where)
            if response.status_code != 200:
                reason = response.reason.decode("latin-1")
                raise BadRequest(f"{where} was answered by {response.status_code} {reason}".rstrip())
            with path.open("wb") as file:
                async for chunk in answer.body():
                    if file.tell() + len(chunk) > most_bytes:
                        raise BadRequest(f"{where} is larger than {most_bytes / 1e6:,.0f} MB", 413)
                    # A block at a time into the cache of the disk: no wait that others would notice.
                    file.write(chunk)
    except (OSError, h11.RemoteProtocolError) as error:
        raise BadRequest(f"{where} can not be fetched ({error})") from error
    return None


def _location(response: h11.Response, where: str) -> str:
    for name, value in response.headers:
        if name == b"location":
            return value.decode("latin-1")
    raise BadRequest(f"{where} is redirected to nowhere")


class _Answer:
    """The answer that comes on a connection."""

    def __init__(self, reader: asyncio.StreamReader, connection: h11.Connection) -> None:
        self._reader, self._connection = reader, connection

    async def head(self) -> h11.Response:
        """Its status and headers."""
        while True:
            event = await self._next()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("it sent no answer")

    async def body(self) -> AsyncIterator[bytes]:
        """Its bytes, in chunks; raises h11.RemoteProtocolError if they end too early."""
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def _next(self) -> object:
        while (event := self._connection.next_event()) is h11.NEED_DATA:
            try:
                async with asyncio.timeout(SILENT_S):
                    data = await self._reader.read(_CHUNK)
            except TimeoutError as error:
                raise OSError(f"it sent nothing for {SILENT_S:g} s") from error
            self._connection.receive_data(data)
        return event


@asynccontextmanager
async def _connected(target: Target) -> AsyncIterator[_Answer]:
    """A connection to an address of the target on which the file was asked for; raises OSError."""
    reader, writer = await _opened(target)
    try:
        connection = h11.Connection(h11.CLIENT)
        headers = [
            ("Host", target.authority),
            ("User-Agent", "catalogdb"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        asked = h11.Request(method="GET", target=target.path, headers=headers)
        writer.write((connection.send(asked) or b"") + (connection.send(h11.EndOfMessage()) or b""))
        await writer.drain()
        yield _Answer(reader, connection)
    finally:
        writer.close()


async def _opened(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context() if target.scheme == "https" else None
    failure: OSError = OSError("it has no address")
    for address in target.addresses:
        try:
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.open_connection(
                    address, target.port, ssl=context, server_hostname=target.host if context else None
                )
        except TimeoutError:
            failure = OSError(f"no answer from {address} in {CONNECT_S:g} s")
        except OSError as error:
            failure = error
    raise failure
