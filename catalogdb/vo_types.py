"""What the types of columns are called in the VO: datatype, arraysize and xtype, as in VOTable and DALI."""

from __future__ import annotations

from dataclasses import dataclass

_DATATYPES = {
    "BOOLEAN": "boolean",
    "SMALLINT": "short",
    "INTEGER": "int",
    "BIGINT": "long",
    "REAL": "float",
    "DOUBLE": "double",
    "VARCHAR": "char",
    "TIMESTAMP": "char",
}


@dataclass(frozen=True, slots=True)
class VoType:
    """A type of VOTable; `arraysize` is None for a single value."""

    datatype: str
    arraysize: str | None = None
    xtype: str | None = None


def vo_type(name: str) -> VoType:
    """The VOTable type of a column's type (`schema.TYPES`), in TAP_SCHEMA, the table set and the pages alike.

    Arrays and texts are of variable length, so that TAP_SCHEMA's deprecated "size" stays empty.
    """
    element = name.removesuffix("[]")
    datatype = _DATATYPES[element]
    varies = name != element or datatype == "char"
    return VoType(datatype, "*" if varies else None, "timestamp" if name == "TIMESTAMP" else None)
