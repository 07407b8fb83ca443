"""What a TAP client asks: the parameters of a query, checked (TAP 1.1, section 2.7)."""

from __future__ import annotations

from dataclasses import dataclass

from catalogdb.errors import did_you_mean
from catalogdb.formats import Format, find_format
from catalogdb.service.limits import Limits
from catalogdb.service.parameters import BadRequest, Parameters
from catalogdb.service.protocol import Message

_LANGUAGES = ("ADQL", "ADQL-2.0", "ADQL-2.1")
_STRICT = {"1": True, "true": True, "0": False, "false": False}
_MOST_RUNID = 64
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class TapQuery:
    """A query that can be given to a worker."""

    text: str
    format: Format
    maxrec: int
    strict: bool
    run_id: str

    @classmethod
    def of(cls, parameters: Parameters, limits: Limits, *, strict: bool) -> TapQuery:
        """The query of a request; raises BadRequest for a parameter that can not be met."""
        asked = (parameters.get("REQUEST") or "doQuery").strip()
        if asked.lower() != "doquery":
            raise BadRequest(f"REQUEST is {asked!r}: this service knows doQuery")
        language = (parameters.get("LANG") or "").strip()
        if not language:
            raise BadRequest("there is no LANG: send LANG=ADQL")
        if language.upper() not in _LANGUAGES:
            raise BadRequest(f"LANG is {language!r}: this service knows {', '.join(_LANGUAGES)}")
        text = parameters.get("QUERY")
        if text is None or not text.strip():
            raise BadRequest("there is no QUERY")
        return cls(
            text=text,
            format=format_of(parameters),
            maxrec=maxrec_of(parameters, limits),
            strict=_strict(parameters, strict),
            run_id=run_id_of(parameters),
        )

    def request(self, service: str) -> Message:
        """The message to a worker, but for where the result goes and which snapshot is asked."""
        return {
            "query": self.text,
            "format": self.format.name,
            "maxrec": self.maxrec,
            "strict": self.strict,
            "service": service,
        }


def format_of(parameters: Parameters) -> Format:
    """The format that RESPONSEFORMAT, or FORMAT, names; raises FormatError."""
    named = parameters.get("RESPONSEFORMAT") or parameters.get("FORMAT") or "votable"
    return find_format(named.strip())


def maxrec_of(parameters: Parameters, limits: Limits) -> int:
    """The most rows of the result: MAXREC as far as the service goes."""
    given = parameters.get("MAXREC")
    if given is None or not given.strip():
        return limits.rows
    if not given.strip().isascii() or not given.strip().isdigit():
        raise BadRequest(f"MAXREC is {given!r}, not a number of rows")
    # Python itself refuses to read a number of thousands of digits.
    digits = given.strip().lstrip("0") or "0"
    return limits.max_rows if len(digits) > _MOST_DIGITS else min(int(digits), limits.max_rows)


def run_id_of(parameters: Parameters) -> str:
    """The client's own name of a request."""
    given = parameters.get("RUNID") or ""
    if len(given) > _MOST_RUNID:
        raise BadRequest(f"RUNID has {len(given)} characters; {_MOST_RUNID} are the most")
    return given


def _strict(parameters: Parameters, default: bool) -> bool:
    given = parameters.get("STRICT")
    if given is None:
        return default
    found = _STRICT.get(given.strip().lower())
    if found is None:
        raise BadRequest(f"STRICT is {given!r}{did_you_mean(given, _STRICT)}")
    return found
