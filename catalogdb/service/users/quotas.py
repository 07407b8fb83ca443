"""What a user may have, and what the worker that changes a table is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalogdb.service.limits import size_in_bytes
from catalogdb.service.parameters import Parameters
from catalogdb.service.protocol import Message

if TYPE_CHECKING:
    from catalogdb.service.service import Service


def change_request(service: Service, do: str, table: str) -> Message:
    """The request for a change of a table, with the user's quotas."""
    settings = service.settings
    return {
        "kind": "change",
        "do_": do,
        "table": table,
        "format": "text",
        "most_tables": settings.serve_user_most,
        "quota_bytes": size_in_bytes(settings.serve_user_size, "serve_user_size"),
    }


def index_request(service: Service, parameters: Parameters) -> Message:
    """The request of a job that indexes a column."""
    return change_request(service, "index", parameters.get("TABLE") or "") | {
        "column": parameters.get("INDEX") or "",
        "unique": parameters.get("UNIQUE") in {"true", "1"},
    }
