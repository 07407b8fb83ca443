"""Labels that name the star of a row in another catalogue, such as HIP, by what the specs declare."""

from __future__ import annotations

import functools
import re

from catalogdb.schema import Identifier
from ingest.load import catalogues

SHORTEST = 4
"""Bytes below which a column of such a label is a flag, not an identifier."""


def namespace_of(label: str) -> Identifier | None:
    """Return the identifier that a column of this label is, but for its column; None if no spec knows it."""
    return _known().get(_plain(label))


@functools.cache
def _known() -> dict[str, Identifier]:
    known: dict[str, Identifier] = {}
    for spec in catalogues():
        for each in spec.identifiers:
            if each.namespace is not None:
                plain = Identifier(column="", namespace=each.namespace, of=each.of)
                known.setdefault(_plain(each.namespace), plain)
    return known


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
