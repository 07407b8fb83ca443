"""Whose a job is: a secret in a cookie, so that one can list one's own jobs and nobody else's."""

from __future__ import annotations

import os
import re

from starlette.requests import Request
from starlette.responses import Response

from catalogdb.tokens import schema_of

_COOKIE = "catalogdb_jobs"
_SECRET = re.compile(r"[0-9a-f]{32}")
_KEPT_S = 30 * 86400


def owner_of(request: Request) -> str:
    """The name of the user, or the secret that the client sends, else a new one."""
    if (user := request.scope.get("catalogdb.user")) is not None:
        return schema_of(user)
    given = request.cookies.get(_COOKIE, "")
    return given if _SECRET.fullmatch(given) else os.urandom(16).hex()


def remember(request: Request, owner: str, response: Response, *, secure: bool) -> Response:
    """The response, which gives the client its secret if it has none; `secure` keeps it to https."""
    if _SECRET.fullmatch(owner) and request.cookies.get(_COOKIE) != owner:
        response.set_cookie(_COOKIE, owner, max_age=_KEPT_S, httponly=True, samesite="lax", secure=secure)
    return response
