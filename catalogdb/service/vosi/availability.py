"""VOSI availability: whether the service answers, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from catalogdb.service.vosi.xml import add, document, root


def availability(
    *,
    up_since: float,
    is_available: bool = True,
    down_at: float | None = None,
    back_at: float | None = None,
    notes: Sequence[str] = (),
) -> bytes:
    """The document; times are Unix times [s], `notes` say what a user should know."""
    element = root("vosi-avail:availability", ("vosi-avail",))
    add(element, "vosi-avail:available", "true" if is_available else "false")
    for name, at in (("upSince", up_since), ("downAt", down_at), ("backAt", back_at)):
        if at is not None:
            add(element, f"vosi-avail:{name}", timestamp(at))
    for note in notes:
        add(element, "vosi-avail:note", note)
    return document(element)


def timestamp(at: float) -> str:
    """A Unix time [s] as DALI writes it: UTC, whole seconds, with Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
