"""Formats by name, alias and media type."""

from __future__ import annotations

import pytest

from catalogdb.formats import FORMATS, FormatError, find_format


@pytest.mark.parametrize(
    ("text", "name", "content_type"),
    [
        ("votable", "votable", "application/x-votable+xml"),
        ("VOTable/TD", "votable/td", "application/x-votable+xml;serialization=TABLEDATA"),
        ("text/xml", "votable", "text/xml"),
        ("application/x-votable+xml; serialization=binary2", "votable/b2", None),
        ('APPLICATION/x-votable+xml;SERIALIZATION="TABLEDATA"', "votable/td", None),
        ("application/x-votable+xml;charset=utf-8;serialization=BINARY", "votable/b", None),
        ("text/csv", "csv", "text/csv"),
        ("text/csv; header=present", "csv", None),
        ("text/csv;charset=UTF-8", "csv", None),
        ("votable_plain", "votable/td", "application/x-votable+xml;serialization=TABLEDATA"),
        ("CSV", "csv", "text/csv;header=present"),
        ("text/tab-separated-values", "tsv", None),
        ("application/x-votable xml", "votable", "application/x-votable+xml"),
        ("fits", "fits", "application/fits"),
        ("Application/FITS", "fits", None),
        ("json", "json", "application/json"),
        ("application/vnd.apache.parquet", "parquet", None),
        ("arrow", "arrow", "application/vnd.apache.arrow.stream"),
        ("html", "html", "text/html;charset=utf-8"),
        ("text/html", "html", None),
        ("text/plain", "text", None),
        ("text", "text", "text/plain;charset=utf-8"),
    ],
)
def test_formats_are_found(text: str, name: str, content_type: str | None) -> None:
    found = find_format(text)
    assert (found.name, found.content_type) == (name, content_type or text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "votabel",
        "application/pdf",
        "text/csv;\r\nSet-Cookie: a",
        "text/csv;ø",
        "text/csv;header=absent",
        "text/csv;charset=latin-1",
        "application/x-votable+xml;serialization=FITS",
    ],
)
def test_other_formats_are_refused(text: str) -> None:
    with pytest.raises(FormatError, match="one of votable, votable/b2"):
        find_format(text)


def test_every_name_and_type_leads_to_its_own_format() -> None:
    names = [name for each in FORMATS for name in (each.name, *each.aliases, *each.media_types)]
    assert len({name.lower() for name in names}) == len(names)
    for each in FORMATS:
        for name in (each.name, *each.aliases, *each.media_types):
            assert find_format(name.upper()).name == each.name
        assert find_format(each.name).content_type == each.media_types[0]
