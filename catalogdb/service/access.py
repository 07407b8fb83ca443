"""One line in the log for every request: who, what, how many rows, how long."""

from __future__ import annotations

import json
import logging
import time
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalogdb.service.counters import Counters

_log = logging.getLogger("catalogdb.service.access")

_LONGEST = 2000


def note(request: Request, **what: Any) -> None:
    """Add to the line of this request."""
    known = {name: value for name, value in what.items() if value not in ("", None)}
    request.scope.setdefault("catalogdb.noted", {}).update(known)


class AccessLog:
    """ASGI middleware that logs and counts each request when its answer has been sent."""

    def __init__(self, app: ASGIApp, counters: Counters) -> None:
        self.app, self._counters = app, counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request and tell of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, sent = time.perf_counter(), 0, 0

        async def watched(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - began
            noted = scope.get("catalogdb.noted", {})
            self._counters.request(status, seconds, noted.get("rows", 0), sent)
            _log.info("%s", _line(scope, noted, status, seconds, sent))


def _line(scope: Scope, noted: dict[str, Any], status: int, seconds: float, sent: int) -> str:
    client = scope.get("catalogdb.client") or (scope["client"][0] if scope.get("client") else "-")
    words = [
        _bare(client),
        scope["method"],
        _bare(scope["path"]),
        str(status or "gone"),
        f"{1000 * seconds:.1f} ms",
        f"{sent} bytes",
    ]
    for name, value in noted.items():
        words.append(f"{name}={_plain(value)}")
    return " ".join(words)


def _bare(text: str) -> str:
    """A word of the line: what is in it must not look like the end of it."""
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return text if text.isprintable() and " " not in text else quote(text, safe="/:%[]", errors="replace")


def _plain(value: object) -> str:
    """A value on one line: what a client sends must not look like lines of the log."""
    if not isinstance(value, str):
        return str(value)
    text = " ".join(value.split())
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return json.dumps(text, ensure_ascii=not text.isprintable())
