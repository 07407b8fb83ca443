"""Connections that are too many, or whose clients send or read too slowly, or send endless headers."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_CONNECTIONS = 2000
"""Further ones are told to come again."""

MOST_HEAD_BYTES = 128 * 1024
"""Bytes of the first line and the headers of a request, or of what follows its body."""

HEAD_S = 30.0
"""Seconds in which a new connection, or a request that has begun, must have sent its headers."""

UNREAD_S = 60.0
"""Seconds in which a client must take the 256 kB that wait for it; else it holds a result for ever."""

REFUSED_BODY_S = 60.0
"""Seconds for which the rest of a body is read, and thrown away, when its request is answered already."""


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which knows none of these limits by itself."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._dry_bytes = 0
        self._in_body = False
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse("503 Service Unavailable", "too many connections", "retry-after: 10\r\n")
        else:
            self._limit(HEAD_S, "408 Request Timeout", "no request came")

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._unlimited()
        self._all_read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what comes; the parser would keep headers of any size, in time that grows as its square."""
        if self.transport.is_closing():
            return
        self._dry_bytes += len(data)
        super().data_received(data)
        if self._dry_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            why = f"more than {MOST_HEAD_BYTES} bytes of headers"
            self._refuse("431 Request Header Fields Too Large", why)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._limit(HEAD_S, "408 Request Timeout", "the headers did not come to an end")
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._dry_bytes, self._in_body = 0, True
        self._unlimited()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of its body is there."""
        self._dry_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._dry_bytes, self._in_body = 0, False
        if self.cycle is not None and self.cycle.response_complete:
            self._unlimited()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """It is answered."""
        if self._in_body and not self.transport.is_closing():
            self._limit(REFUSED_BODY_S, None, "")
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client is slower than the service."""
        self._unread = self.loop.call_later(UNREAD_S, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._all_read()
        super().resume_writing()

    def _limit(self, seconds: float, status: str | None, why: str) -> None:
        self._unlimited()
        self._timer = self.loop.call_later(seconds, self._too_late, status, why)

    def _unlimited(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _all_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _too_late(self, status: str | None, why: str) -> None:
        if self.transport.is_closing():
            return
        if status is None:
            self.transport.abort()
        else:
            self._refuse(status, why)

    def _refuse(self, status: str, why: str, header: str = "") -> None:
        """Answer, and close. Of a request whose answer is on its way nothing can be told."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()
            return
        lines = f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\n{header}connection: close\r\n"
        self.transport.write(f"{lines}content-length: {len(why) + 1}\r\n\r\n{why}\n".encode())
        self.transport.close()
