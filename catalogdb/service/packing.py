"""Answers in gzip: text gains much by it, binary rows too little to be worth the time."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware, GZipResponder
from starlette.requests import Request
from starlette.types import ASGIApp

from catalogdb.service.vosi.tap_plus import may_be_tap_plus

GZIP_LEVEL = 1
_TEXT = frozenset(
    {
        "votable/td",
        "csv",
        "tsv",
        "json",
        "html",
        "text",
        "moc/json",
        "moc/ascii",
        "density/json",
        "density/csv",
    }
)


def packed(request: Request, kind: str, response: ASGIApp) -> ASGIApp:
    """The response with a document of this kind, in gzip where that is of use; a part of a file as it is."""
    if "range" in request.headers:
        return response
    if kind == "fits" and may_be_tap_plus(request.headers.get("user-agent")):
        # astroquery reads FITS of a TAP service in gzip alone (its read_http_response).
        return GZipResponder(response, minimum_size=0, compresslevel=GZIP_LEVEL)
    return GZipMiddleware(response, compresslevel=GZIP_LEVEL) if kind in _TEXT else response
