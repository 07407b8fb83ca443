"""Who asks: by a token in the Authorization header, or nobody in particular."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from starlette.requests import Request

from catalogdb.service.parameters import BadRequest
from catalogdb.tokens import user_of_token

if TYPE_CHECKING:
    from catalogdb.service.service import Service

_HOW = "send the header Authorization: Bearer TOKEN (catalogdb token create USER gives one)"


def user_of(service: Service, request: Request) -> str | None:
    """The user whose token the request has, None if it has none; raises BadRequest (401) for a wrong one.

    Basic authentication is taken too, with the token as password, which all clients can send.
    """
    header = request.headers.get("authorization")
    if header is None or not service.settings.serve_user_tables:
        return None
    scheme, _, given = header.strip().partition(" ")
    token = given.strip()
    if scheme.lower() == "basic":
        try:
            token = base64.b64decode(token, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            token = ""
    elif scheme.lower() != "bearer":
        raise BadRequest(f"Authorization {scheme!r} is not known: {_HOW}", 401)
    user = user_of_token(service.root, token)
    if user is None:
        raise BadRequest(f"the token is not valid: {_HOW}", 401)
    return user


def require_user(service: Service, request: Request) -> str:
    """The user; raises BadRequest (401, 403) where there is none."""
    if not service.settings.serve_user_tables:
        raise BadRequest("this service keeps no tables of users (setting serve_user_tables)", 403)
    user = user_of(service, request)
    if user is None:
        raise BadRequest(f"tables of one's own need a token: {_HOW}", 401)
    return user
