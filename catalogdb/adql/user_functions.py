"""User-defined functions."""

from __future__ import annotations

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.scope import Scope
from catalogdb.adql.tree import Call
from catalogdb.adql.typed import Typed


def call_user_function(node: Call, arguments: tuple[Typed, ...], scope: Scope) -> Typed:
    """The function's value."""
    raise AdqlError(f"there is no function {node.name}", node.at)
