"""The UPLOAD parameter: which tables come with a query, and whence (TAP 1.1, section 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from catalogdb.service.parameters import BadRequest

MOST_TABLES = 100
"""Tables of one request."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST_NAME = 128

# A URL may have commas and semicolons: a table begins where a name, a comma and a scheme follow.
_NEXT = re.compile(r";(?=[^;,]*,\s*[A-Za-z][A-Za-z0-9+.-]*:)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A table by the name that the query calls it by, and the URI of its file."""

    name: str
    uri: str

    @property
    def part(self) -> str | None:
        """The part of the request that holds the file; None if it is to be fetched."""
        scheme, _, rest = self.uri.partition(":")
        return rest if scheme.lower() == "param" else None


def wanted_tables(values: Iterable[str]) -> list[Wanted]:
    """The tables of all UPLOAD parameters of a request; raises BadRequest."""
    found: dict[str, Wanted] = {}
    for value in values:
        for text in _NEXT.split(value.strip().rstrip(";")):
            if not text.strip():
                continue
            one = _wanted(text.strip())
            if one.name.lower() in found:
                raise BadRequest(f"UPLOAD names two tables {one.name}: give one another name")
            found[one.name.lower()] = one
    if len(found) > MOST_TABLES:
        raise BadRequest(f"UPLOAD names {len(found)} tables; {MOST_TABLES} are the most")
    return list(found.values())


def _wanted(text: str) -> Wanted:
    name, comma, uri = (part.strip() for part in text.partition(","))
    if not comma or not uri:
        raise BadRequest(f"UPLOAD is {_short(text)}: it is NAME,param:PART or NAME,http://HOST/FILE")
    # DALI 1.1 says "tap_upload" nowhere here, but many write it as the query does.
    name = re.sub(r"\Atap_upload\.", "", name, flags=re.IGNORECASE)
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise BadRequest(
            f"UPLOAD: {_short(name)} is no name of a table: it is a letter, then letters, digits and _"
        )
    return Wanted(name, uri)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "...")
