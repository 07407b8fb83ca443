"""CAST: which types can be brought to which, and how DuckDB is told."""

from __future__ import annotations

from dataclasses import replace

from catalogdb.adql import write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.tree import Cast
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import (
    BIGINT,
    BOOLEAN,
    CIRCLE,
    DOUBLE,
    INTEGER,
    POINT,
    POLYGON,
    REAL,
    SMALLINT,
    TIMESTAMP,
    VARCHAR,
    Described,
    Type,
)

_TARGETS = {
    "CHAR": VARCHAR, "VARCHAR": VARCHAR, "SMALLINT": SMALLINT, "INTEGER": INTEGER, "INT": INTEGER,
    "BIGINT": BIGINT, "REAL": REAL, "DOUBLE PRECISION": DOUBLE, "DOUBLE": DOUBLE, "FLOAT": DOUBLE,
    "BOOLEAN": BOOLEAN, "TIMESTAMP": TIMESTAMP, "DATE": TIMESTAMP,
    "POINT": POINT, "CIRCLE": CIRCLE, "POLYGON": POLYGON,
}  # fmt: skip

LONGEST = 1_000_000
"""Characters that CHAR(n) may be filled up to."""


def cast(node: Cast, inner: Typed) -> Typed:
    """The value as the type; raises AdqlError where no value of it can be one."""
    kind = _TARGETS[node.target]
    if not _may_be(inner.type, kind):
        article = f"{inner.type} can not be cast to {node.target}"
        raise AdqlError(article, node.at)
    known = inner.described
    described = Described(
        type=kind, unit=known.unit if kind.is_number else None, ucd=known.ucd, about=known.about
    )
    if kind == VARCHAR:
        return _text(node, inner, described)
    constant = inner.constant if isinstance(inner.constant, int | float) and kind.is_real else None
    return Typed(
        sql=_written(node.target, inner, kind),
        described=described,
        at=node.at,
        made_by="CAST",
        parts=(inner,),
        constant=constant,
    )


def _may_be(source: Type, target: Type) -> bool:
    if source.is_unknown or source.is_text:
        return True
    if source.is_array:
        return source.name == "DOUBLE" and target.is_geometry
    if source.is_geometry:
        return target in {source, VARCHAR}
    if target.is_geometry:
        return False
    if target == TIMESTAMP or source == TIMESTAMP:
        return source == target or target == VARCHAR
    return True


def _text(node: Cast, inner: Typed, described: Described) -> Typed:
    if inner.type.is_geometry:
        sql = f"array_to_string({inner.sql}, ' ')"
    elif inner.type == TIMESTAMP:
        sql = f"strftime({inner.sql}, '%Y-%m-%dT%H:%M:%S.%f')"
    elif inner.type.is_text:
        sql = inner.sql
    else:
        sql = write.cast(inner.sql, VARCHAR)
    if node.length is not None:
        if not 0 < node.length <= LONGEST:
            raise AdqlError(f"the length of {node.target} is from 1 to {LONGEST:,}", node.at)
        sql = f"left({sql}, {node.length})"
        if node.target == "CHAR":
            sql = f"rpad({sql}, {node.length}, ' ')"
    length = node.length or (inner.type.length if inner.type.is_text else None)
    return Typed(
        sql=sql,
        described=replace(described, type=Type("VARCHAR", length)),
        at=node.at,
        made_by="CAST",
        parts=(inner,),
        constant=inner.constant if isinstance(inner.constant, str) and node.length is None else None,
    )


def _written(target: str, inner: Typed, kind: Type) -> str:
    if kind.is_geometry and inner.type.is_text:
        # DALI's form of a geometry is its numbers with spaces between them.
        numbers = f"string_split_regex(trim({inner.sql}), '\\s+')"
        return f"CAST({numbers} AS DOUBLE[])"
    if target == "DATE":
        return f"CAST(CAST({inner.sql} AS DATE) AS TIMESTAMP)"
    if inner.type == kind:
        return inner.sql
    return write.cast(inner.sql, kind)
