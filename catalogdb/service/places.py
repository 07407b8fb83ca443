"""Which tables have positions."""

from __future__ import annotations

from catalogdb.errors import did_you_mean
from catalogdb.schema import Table
from catalogdb.service.parameters import BadRequest
from catalogdb.service.service import Published


def positional_tables(published: Published) -> list[Table]:
    """The tables that can be searched."""
    return [table for table in published.tables if table.is_positional and table.has("ra", "dec")]


def positional_table(published: Published, name: str) -> Table:
    """The table of that name, with its schema or, if no other is called so, without; raises BadRequest."""
    known = {table.qualified_name: table for table in positional_tables(published)}
    wanted = name.lower()
    if wanted in known:
        return known[wanted]
    alike = [table for table in known.values() if table.name == wanted]
    if len(alike) == 1:
        return alike[0]
    if alike:
        names = ", ".join(table.qualified_name for table in alike)
        raise BadRequest(f"{name} may be any of {names}", 404)
    if published.table(name) is not None:
        raise BadRequest(f"{name} has no positions to search", 404)
    raise BadRequest(f"there is no table {name}{did_you_mean(wanted, known)}", 404)
