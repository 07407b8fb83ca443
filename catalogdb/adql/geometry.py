"""Geometry: not on this branch."""

from __future__ import annotations

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.tree import Call
from catalogdb.adql.typed import Typed


def resolve_geometry(call: Call, arguments: tuple[Typed, ...]) -> Typed:
    """Raise AdqlError: geometry is written on another branch."""
    raise AdqlError(f"{call.name} is not yet known", call.at)
