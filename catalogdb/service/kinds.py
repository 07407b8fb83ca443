"""What a worker can be asked for: the rows of a query, and a few documents that are made of rows."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

import duckdb

from catalogdb.service.answer import Answer
from catalogdb.service.instance import Instance
from catalogdb.service.protocol import Message


class Answering(Protocol):
    """The document of one request; afterwards `rows` and `overflow`."""

    rows: int
    overflow: bool

    def chunks(self) -> Generator[bytes]:
        """The document in pieces."""


def answer_to(
    request: Message,
    instance: Instance,
    cursor: duckdb.DuckDBPyConnection,
    is_cancelled: Callable[[], bool],
) -> Answering:
    """What answers the request, by its `kind`; without one it is a query."""
    kind = request.get("kind", "query")
    if kind == "query":
        return Answer(instance, cursor, request, is_cancelled)
    # Few workers are asked for these, and what they import takes longer than a query.
    if kind == "sky":
        from catalogdb.service.skymap import SkyMap

        return SkyMap(instance, cursor, request)
    if kind == "links":
        from catalogdb.service.links import Links

        return Links(instance, cursor, request, is_cancelled)
    if kind == "star":
        from catalogdb.service.star import StarPage

        return StarPage(instance, cursor, request)
    if kind == "change":
        from catalogdb.service.users.change import Change

        return Change(instance, cursor, request, is_cancelled)
    raise ValueError(f"no kind of request {kind!r}")
