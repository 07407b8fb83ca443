"""Index use: not on this branch."""

from __future__ import annotations

from catalogdb.adql.typed import From, Typed


def planned(source: From, where: tuple[Typed, ...]) -> tuple[From, tuple[Typed, ...]]:
    """Return both as they are."""
    return source, where
