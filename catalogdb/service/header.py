"""What a result says of itself: its FIELDs, coordinate systems, and where its rows come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from catalogdb.adql.translate import ResultColumn, Translated
from catalogdb.adql.types import Described
from catalogdb.astrometry import ASTROMETRY
from catalogdb.formats import CooSys, Descriptor, Field, Header, Info, TimeSys
from catalogdb.registry import code_version
from catalogdb.schema import Table
from catalogdb.service.limits import is_private
from catalogdb.service.naming import LINKS_MEDIA_TYPE, LINKS_STANDARD, MAIN, NO_LINKS, main_identifier

_ICRS = CooSys(id="icrs", system="ICRS")
_YEARS = TimeSys(id="julian_years_tdb", timescale="TDB", refposition="BARYCENTER")

_ON_ICRS = ("ra", "dec", "pmra", "pmdec", "ra_error", "dec_error", "pmra_error", "pmdec_error")

_SYSTEMS: dict[tuple[str | None, str | None, str | None], str] = {
    (column.ucd, column.unit, column.about): _YEARS.id if name == "ref_epoch" else _ICRS.id
    for name, column in ASTROMETRY.items()
    if name == "ref_epoch" or name in _ON_ICRS
}
"""The system of each canonical column, by what a query's result says of it under any name."""


def header_of(
    translated: Translated, tables: Sequence[Table], request: dict[str, Any], snapshot: int
) -> Header:
    """The header of the query's result; `tables` are those that it reads.

    The request may have `fields`: by name, what a FIELD says otherwise than the query tells.
    """
    given: dict[str, dict[str, Any]] = request.get("fields", {})
    fields = tuple(replace(_field(column), **given.get(column.name, {})) for column in translated.columns)
    refs = {field.ref for field in fields}
    return Header(
        fields=fields,
        infos=tuple(_infos(translated, tables, request, snapshot)),
        coosys=tuple(each for each in (_ICRS,) if each.id in refs),
        timesys=tuple(each for each in (_YEARS,) if each.id in refs),
        descriptors=tuple(_descriptors(translated, tables, request)),
    )


def _descriptors(
    translated: Translated, tables: Sequence[Table], request: dict[str, Any]
) -> Iterator[Descriptor]:
    """The links of the rows of each table whose main identifier is a column of the result.

    A column is known by its description. There is none where two tables describe theirs in the same words.
    """
    service = request.get("service")
    if not service or "fields" in request:
        return
    named = [
        (table, main_identifier(table))
        for table in tables
        if table.schema not in NO_LINKS and not is_private(table)  # /datalink knows no users
    ]
    for column in translated.columns:
        of = [table for table, main in named if main is not None and Described.of(main) == column.described]
        if len(of) == 1 and column.described.ucd == MAIN:
            (table,) = of
            yield Descriptor(
                name="links",
                about=f"What the store has beside a row of {table.qualified_name}: its star, epochs, links",
                access_url=f"{service}/datalink/{table.qualified_name}",
                standard_id=LINKS_STANDARD,
                content_type=LINKS_MEDIA_TYPE,
                parameter="ID",
                column=column.name,
            )


def _field(column: ResultColumn) -> Field:
    known = column.described
    return Field(
        name=column.name,
        type=known.type.sql,
        length=known.type.length,
        xtype=known.xtype,
        unit=known.unit,
        ucd=known.ucd,
        utype=known.utype,
        about=known.about,
        ref=None if known.is_uploaded else _system(known),
    )


def _system(known: Described) -> str | None:
    """The system that a column refers to, if it is one that the store itself keeps to a system.

    A source's own columns stay as they were published: of them nothing is claimed.
    """
    return _SYSTEMS.get((known.ucd, known.unit, known.about))


def _infos(
    translated: Translated, tables: Sequence[Table], request: dict[str, Any], snapshot: int
) -> Iterator[Info]:
    yield Info("QUERY", request["query"])
    yield Info("QUERY_LANGUAGE", "ADQL-2.1")
    yield Info("server_software", f"catalogdb/{code_version()}")
    if service := request.get("service"):
        yield Info("service", service)
    yield Info("snapshot", str(snapshot), "the state of the store that was asked; it does not change")
    for table in tables:
        yield Info("source_table", table.qualified_name, table.title or table.about)
        if table.bibcode:
            yield Info("citation", table.bibcode, table.reference, ucd="meta.bib.bibcode")
        elif table.reference:
            yield Info("citation", table.reference, ucd="meta.bib")
        if table.frame and table.frame != "ICRS":
            yield Info("source_frame", f"{table.qualified_name}: {table.frame}", table.frame_note)
    for note in translated.notes:
        yield Info("note", note)
