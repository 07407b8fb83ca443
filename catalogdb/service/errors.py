"""Errors as a VO client expects them: a VOTable with QUERY_STATUS=ERROR, and the HTTP status that fits."""

from __future__ import annotations

from starlette.responses import Response

from catalogdb.errors import CatalogError
from catalogdb.formats import error_document
from catalogdb.service.parameters import BadRequest
from catalogdb.service.pool import Overloaded, QueryFailed

_STATUS = {"query": 400, "timeout": 408, "memory": 400, "cancelled": 400, "internal": 500}


def error_response(error: CatalogError) -> Response:
    """The answer to a request that failed."""
    headers = {}
    if isinstance(error, Overloaded):
        headers["Retry-After"] = str(error.retry_s)
    status = status_of(error)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return document(str(error), status, headers)


def document(message: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """The document that tells `message`."""
    return Response(error_document(message), status, headers=headers, media_type="application/x-votable+xml")


def status_of(error: CatalogError) -> int:
    """The HTTP status: 400 is the user's to mend."""
    if isinstance(error, BadRequest):
        return error.status
    if isinstance(error, Overloaded):
        return 503
    if isinstance(error, QueryFailed):
        return _STATUS[error.kind]
    return 400 if isinstance(error, CatalogError) else 500
