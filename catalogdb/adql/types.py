"""The types of ADQL's values, and what is known of a value beside its type."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catalogdb.schema import Column
from catalogdb.uploaded import UploadedColumn

_WHOLE = ("SMALLINT", "INTEGER", "BIGINT")
_REAL = ("REAL", "DOUBLE")
_GEOMETRIES = ("POINT", "CIRCLE", "POLYGON")


@dataclass(frozen=True, slots=True)
class Type:
    """A type by its name; `length` is the most characters of a text, None where that is not known.

    A geometry is in DuckDB a list of doubles as DALI has it [deg]: POINT lon, lat; CIRCLE lon, lat, r;
    POLYGON lon1, lat1, lon2, lat2, ... A box is a polygon.
    """

    name: str
    length: int | None = None
    is_array: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it is one number."""
        return self.is_whole or self.is_real

    @property
    def is_whole(self) -> bool:
        """Whether it is one whole number."""
        return not self.is_array and self.name in _WHOLE

    @property
    def is_real(self) -> bool:
        """Whether it is one number with decimals."""
        return not self.is_array and self.name in _REAL

    @property
    def is_text(self) -> bool:
        """Whether it is one character string."""
        return not self.is_array and self.name == "VARCHAR"

    @property
    def is_geometry(self) -> bool:
        """Whether it is a point, circle or polygon."""
        return not self.is_array and self.name in _GEOMETRIES

    @property
    def is_unknown(self) -> bool:
        """Whether it is the type of NULL, which goes with every other."""
        return self.name == "NULL"

    @property
    def sql(self) -> str:
        """The type's name in DuckDB."""
        if self.is_unknown:
            return "INTEGER"
        name = "DOUBLE[]" if self.name in _GEOMETRIES else self.name
        return f"{name}[]" if self.is_array else name

    @property
    def xtype(self) -> str | None:
        """The extended type that DALI names, of what VOTable has no type for."""
        if self.is_array:
            return None
        return self.name.lower() if self.is_geometry or self.name == "TIMESTAMP" else None

    def __str__(self) -> str:
        """The type as people are told of it."""
        if self.is_array:
            return f"an array of {self.name}"
        if self.is_number:
            return "a number"
        words = {
            "VARCHAR": "a character string",
            "BOOLEAN": "a truth value",
            "TIMESTAMP": "a timestamp",
            "NULL": "NULL",
        }
        return words.get(self.name) or f"a {self.name.lower()}"


SMALLINT, INTEGER, BIGINT = (Type(name) for name in _WHOLE)
REAL, DOUBLE = (Type(name) for name in _REAL)
VARCHAR = Type("VARCHAR")
BOOLEAN = Type("BOOLEAN")
TIMESTAMP = Type("TIMESTAMP")
POINT, CIRCLE, POLYGON = (Type(name) for name in _GEOMETRIES)
NULL = Type("NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What is known of a value: it becomes the FIELD of a result.

    `unit` is a VOUnit; "" is a dimensionless number, None what has no unit or is not known.
    """

    type: Type
    unit: str | None = None
    ucd: str | None = None
    about: str | None = None
    utype: str | None = None
    own_xtype: str | None = None
    """That of a user's column, where the type has none."""
    is_uploaded: bool = False
    """Whether it is of a user's column, of whose coordinate system nothing is known."""

    @property
    def xtype(self) -> str | None:
        """The extended type that DALI names."""
        return self.type.xtype or self.own_xtype

    @classmethod
    def of(cls, column: Column) -> Described:
        """What a table says of its column."""
        name = column.type.removesuffix("[]")
        kind = Type(name, is_array=name != column.type)
        if not isinstance(column, UploadedColumn):
            return cls(type=kind, unit=column.unit, ucd=column.ucd, about=column.about)
        shape = (column.xtype or "").upper()
        is_shape = column.type == "DOUBLE[]" and shape in _GEOMETRIES
        return cls(
            type=Type(shape) if is_shape else kind,
            unit=column.unit,
            ucd=column.ucd or None,
            about=column.about or None,
            utype=column.utype,
            own_xtype=column.xtype,
            is_uploaded=True,
        )

    def but(self, **changed: object) -> Described:
        """The same with some of it changed."""
        return replace(self, **changed)  # type: ignore[arg-type]


def common_type(left: Type, right: Type) -> Type | None:
    """Return the type that has the values of both, or None if they do not go together."""
    if left == right or right.is_unknown:
        return left
    if left.is_unknown:
        return right
    if left.is_number and right.is_number:
        return _wider(left, right)
    if left.name == right.name and left.is_array == right.is_array:
        lengths = (left.length, right.length)
        return Type(left.name, None if None in lengths else max(filter(None, lengths)), left.is_array)
    return None


def _wider(left: Type, right: Type) -> Type:
    order = (*_WHOLE, *_REAL)
    wider = max(left, right, key=lambda each: order.index(each.name))
    # A REAL has 24 bits: of a larger whole number it would lose the end.
    return DOUBLE if wider == REAL and {left, right} & {INTEGER, BIGINT} else wider
