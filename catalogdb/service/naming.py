"""What names the rows of a table, and where there are links from them."""

from __future__ import annotations

from catalogdb.schema import Column, Table

MAIN = "meta.id;meta.main"

LINKS_STANDARD = "ivo://ivoa.net/std/DataLink#links-1.1"
LINKS_MEDIA_TYPE = "application/x-votable+xml;content=datalink"
NO_LINKS = frozenset({"tap_schema", "provenance", "tap_upload"})
"""Schemas whose rows have nothing beside them."""


def main_identifier(table: Table) -> Column | None:
    """The column that names a row; None of a table that has none, such as one of links."""
    known = {column.name: column for column in table.columns}
    main = (column for column in table.columns if column.ucd == MAIN)
    return known.get("source_id") or known.get("obj_id") or next(main, None)
