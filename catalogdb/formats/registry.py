"""The formats by name, alias and media type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from catalogdb.errors import CatalogError, did_you_mean
from catalogdb.formats import columnar, delimited, jsonrows, pages, votable
from catalogdb.formats.header import Header
from catalogdb.formats.rows import Rows


class FormatError(CatalogError):
    """There is no such format; names all."""


class Encode(Protocol):
    """Makes a document of a header and rows, in pieces; `folder` is for what must be spooled."""

    def __call__(self, header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
        """The document's bytes."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    `content_type` is what to answer: that by which the client asked, else the first of `media_types`.
    """

    name: str
    media_types: tuple[str, ...]
    aliases: tuple[str, ...]
    suffix: str
    encode: Encode
    content_type: str
    binary: bool = False
    ivo_id: str | None = None


_VOTABLE = "application/x-votable+xml"
_ALWAYS = ("header=present", "charset=utf-8", "charset=utf8")
"""Parameters of media types that hold of every format that can have them."""

_TAPREGEXT = "ivo://ivoa.net/std/TAPRegExt#output-votable-"


def _begun(encode: Encode) -> Encode:
    """The same, but nothing is given before the first rows are there: what is wrong till then is raised."""

    def begun(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
        rows.look(1)
        yield from encode(header, rows, folder=folder)

    return begun


def _fits(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    from catalogdb.formats.fits import encode  # astropy takes as long to load as a short query takes

    yield from encode(header, rows, folder=folder)


def _format(
    name: str,
    media_types: tuple[str, ...],
    aliases: tuple[str, ...],
    suffix: str,
    encode: Encode,
    *,
    binary: bool = False,
    ivo_id: str | None = None,
) -> Format:
    return Format(name, media_types, aliases, suffix, _begun(encode), media_types[0], binary, ivo_id)


FORMATS: tuple[Format, ...] = (
    _format(
        "votable",
        (_VOTABLE, "text/xml", "application/xml"),
        ("xml", "vot"),
        ".vot",
        votable.binary2,
    ),
    _format(
        "votable/b2",
        (f"{_VOTABLE};serialization=BINARY2", "text/xml;serialization=BINARY2"),
        ("votable/binary2",),
        ".vot",
        votable.binary2,
        ivo_id=_TAPREGEXT + "binary2",
    ),
    _format(
        "votable/td",
        (f"{_VOTABLE};serialization=TABLEDATA", "text/xml;serialization=TABLEDATA"),
        ("votable/tabledata", "votable_plain"),
        ".vot",
        votable.tabledata,
        ivo_id=_TAPREGEXT + "td",
    ),
    _format(
        "votable/b",
        (f"{_VOTABLE};serialization=BINARY", "text/xml;serialization=BINARY"),
        ("votable/binary",),
        ".vot",
        votable.binary,
        ivo_id=_TAPREGEXT + "binary",
    ),
    _format("csv", ("text/csv;header=present", "text/csv"), (), ".csv", delimited.csv),
    _format("tsv", ("text/tab-separated-values",), (), ".tsv", delimited.tsv),
    _format("fits", ("application/fits", "image/fits"), (), ".fits", _fits, binary=True),
    _format("json", ("application/json",), (), ".json", jsonrows.encode),
    _format(
        "parquet",
        ("application/vnd.apache.parquet", "application/x-parquet", "application/parquet"),
        ("voparquet",),
        ".parquet",
        columnar.voparquet,
        binary=True,
    ),
    _format(
        "arrow", ("application/vnd.apache.arrow.stream",), ("ipc",), ".arrows", columnar.arrow, binary=True
    ),
    _format("html", ("text/html;charset=utf-8", "text/html"), ("htm",), ".html", pages.html),
    _format("text", ("text/plain;charset=utf-8", "text/plain"), ("txt",), ".txt", pages.text),
)


def find_format(text: str) -> Format:
    """The format by its name, an alias or a media type, with the Content-Type to answer.

    Names, types and the names of parameters are the same in either case; so are the parameters' values
    here, and parameters that no format has, such as a charset, are ignored. Raises FormatError.
    """
    # A + that was not quoted in a URL comes as a space.
    text = text.strip().replace("x-votable xml", "x-votable+xml")
    asked = _normal(text)
    for each in FORMATS:
        if asked in (each.name, *each.aliases):
            return each
    for wanted in (asked, _known_parameters(asked)):
        for each in FORMATS:
            # What is answered becomes a line of the HTTP header.
            if wanted in map(_normal, each.media_types) and text.isascii() and text.isprintable():
                return replace(each, content_type=text)
    names = [each.name for each in FORMATS]
    raise FormatError(
        f"no format {text!r}{did_you_mean(asked, names)}: one of {', '.join(names)}, or a media type "
        f"of these such as {', '.join(each.media_types[0] for each in FORMATS[1:])}"
    )


def _normal(text: str) -> str:
    """In lower case, without spaces around `;` and `=`, and without quotes around values."""
    return re.sub(r"\s*([;=])\s*", r"\1", text.strip().lower()).replace('"', "")


def _known_parameters(text: str) -> str:
    """A media type with those parameters alone that are a promise, and not one that is always kept."""
    name, *parameters = text.split(";")
    telling = (
        each
        for each in parameters
        if each.startswith(("serialization=", "header=", "charset=")) and each not in _ALWAYS
    )
    return ";".join((name, *telling))
