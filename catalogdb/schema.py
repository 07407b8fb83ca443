"""Table and Column: declared once; DDL, comments, TAP_SCHEMA, FIELDs and docs follow from them.

A number without a unit, a column without a UCD or description, and a name that ADQL reserves can
not be made: the constructors refuse them.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from catalogdb.errors import SchemaError
from catalogdb.reserved import ADQL_RESERVED
from catalogdb.vocabulary import is_ucd, is_unit

INTEGERS = ("SMALLINT", "INTEGER", "BIGINT")
FLOATS = ("REAL", "DOUBLE")
SCALARS = ("BOOLEAN", *INTEGERS, *FLOATS, "VARCHAR", "TIMESTAMP")
TYPES = SCALARS + tuple(f"{name}[]" for name in SCALARS)

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def check_name(name: str, what: str) -> None:
    """Raise SchemaError unless `name` can stand unquoted in SQL and ADQL."""
    if not _NAME.fullmatch(name):
        raise SchemaError(f"{what} {name!r}: names are lower case, [a-z_][a-z0-9_]*")
    if name in ADQL_RESERVED:
        raise SchemaError(f"{what} {name!r} is reserved in ADQL: call it {name}_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    `unit` is a VOUnit; "" is a dimensionless number, None a text, boolean, time or identifier.
    `source_name` is the name in the source where it differs from `name`. `delimited` allows a
    reserved word that a standard prescribes as a name (`"size"` in TAP_SCHEMA), to be written in quotes.
    """

    name: str
    type: str
    ucd: str
    about: str
    unit: str | None = None
    source_name: str | None = None
    nullable: bool = True
    principal: bool = False
    delimited: bool = False

    def __post_init__(self) -> None:
        if not (self.delimited and self.name in ADQL_RESERVED):
            check_name(self.name, "column")
        if self.type not in TYPES:
            raise SchemaError(f"column {self.name}: no type {self.type} (there are {', '.join(TYPES)})")
        if not self.about.strip():
            raise SchemaError(f"column {self.name} has no description")
        if not is_ucd(self.ucd):
            raise SchemaError(f"column {self.name}: {self.ucd!r} is not in the UCD vocabulary")
        self._check_unit()

    def _check_unit(self) -> None:
        if not self.is_number:
            if self.unit is not None:
                raise SchemaError(f"column {self.name} is no number and takes no unit")
        elif self.unit is None:
            if not self.ucd.startswith("meta.id"):
                raise SchemaError(f'column {self.name} is a number without a unit ("" is dimensionless)')
        elif not is_unit(self.unit):
            raise SchemaError(f"column {self.name}: {self.unit!r} is not a VOUnit")

    @property
    def is_number(self) -> bool:
        """Whether the column, or each element of it, is an integer or a float."""
        return self.type.removesuffix("[]") in INTEGERS + FLOATS

    @classmethod
    def known(cls, given: dict[str, Any]) -> Column:
        """Return the column with these fields, which were checked when it was made for the first time."""
        column = object.__new__(cls)
        for name, default in _FIELDS:
            value = given[name] if default is MISSING else given.get(name, default)
            object.__setattr__(column, name, value)
        return column


_FIELDS = tuple((each.name, each.default) for each in fields(Column))


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One position that a table carries; every field names a column of that table.

    A table's first position is its listed one, (ra, dec) at ref_epoch. `independent` marks the
    one that owes nothing to another catalogue; multi-epoch tables take that. Where parallax, pmra
    and pmdec are named they were measured together with the position, and their errors and
    correlations stand in the columns of Gaia's names (`pmra_error`, `ra_pmra_corr`, ...).
    """

    name: str
    ra: str = "ra"
    dec: str = "dec"
    ra_epoch: str = "ref_epoch"
    dec_epoch: str = "ref_epoch"
    ra_error: str | None = None
    dec_error: str | None = None
    ra_dec_corr: str | None = None
    parallax: str | None = None
    pmra: str | None = None
    pmdec: str | None = None
    independent: bool = True
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A column that names the star of a row, or the system it belongs to, in some catalogue.

    `namespace` is that catalogue ("HIP", "Gaia DR3", "WDS"); where it differs by row it stands in the
    column `namespace_column` instead. `of` says what is named: "star", or "system" where the
    identifier may belong to several stars that lie together. Several in one value stand with `separator`.
    """

    column: str
    namespace: str | None = None
    namespace_column: str | None = None
    of: str = "star"
    separator: str = ""

    def __post_init__(self) -> None:
        if (self.namespace is None) == (self.namespace_column is None):
            raise SchemaError(f"identifier {self.column}: it needs a namespace or a namespace_column")
        if self.of not in {"star", "system"}:
            raise SchemaError(f"identifier {self.column}: of {self.of!r} is neither star nor system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: catalogue, match, result or TAP_SCHEMA itself.

    `frame` is the system the source lists positions on and `frame_note` how they were brought to
    ICRS, with the source of that statement. Catalogues that share observations carry the same
    `shared_data_group`, so that an analysis counts them once.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    schema: str = "catalogs"
    title: str = ""
    reference: str = ""
    bibcode: str = ""
    source: str = ""
    frame: str = ""
    frame_note: str = ""
    shared_data_group: str = ""
    unique: bool = True
    positions: tuple[Position, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.schema, "schema")
        check_name(self.name, "table")
        if not self.about.strip():
            raise SchemaError(f"table {self.qualified_name} has no description")
        if not self.columns:
            raise SchemaError(f"table {self.qualified_name} has no columns")
        seen: set[str] = set()
        for column in self.columns:
            if column.name in seen:
                raise SchemaError(f"table {self.qualified_name} has two columns {column.name}")
            seen.add(column.name)
        for position in self.positions:
            self._check_position(position, seen)
        for identifier in self.identifiers:
            for name in (identifier.column, identifier.namespace_column):
                if name is not None and name not in seen:
                    raise SchemaError(f"table {self.qualified_name}, identifiers: no column {name}")

    def _check_position(self, position: Position, names: set[str]) -> None:
        for part in fields(position):
            if part.name in {"name", "independent", "about"}:
                continue
            column = getattr(position, part.name)
            if column is not None and column not in names:
                raise SchemaError(
                    f"table {self.qualified_name}, position {position.name}: no column {column}"
                )

    @property
    def qualified_name(self) -> str:
        """`schema.name`, as SQL and TAP write it."""
        return f"{self.schema}.{self.name}"

    @property
    def indexed(self) -> tuple[str, ...]:
        """The columns for whose values each part has an index of DuckDB's, beside those of positions."""
        return tuple(self.extra.get("indexed", ()))

    @property
    def row_group(self) -> int | None:
        """Rows of one row group of DuckDB's, where its own number is too many for rows of long lists."""
        rows = self.extra.get("row_group")
        return None if rows is None else int(rows)

    @property
    def is_positional(self) -> bool:
        """Whether the table has positions and is ordered by `hpx29`."""
        return any(column.name == "hpx29" for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column of that name; raises SchemaError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(f"table {self.qualified_name} has no column {name}")

    def has(self, *names: str) -> bool:
        """Whether every one of `names` is a column."""
        return set(names) <= {column.name for column in self.columns}

    def to_json(self) -> str:
        """The table as JSON text; `Table.from_json` is its inverse."""
        # dataclasses.asdict takes twice as long: it copies all that it meets.
        return json.dumps(_fields_of(self), default=_fields_of, sort_keys=True)

    @staticmethod
    @functools.lru_cache(maxsize=512)
    def from_json(text: str) -> Table:
        """Return the table that `to_json` wrote; its units and UCDs, looked up then, are not again."""
        data = json.loads(text)
        data["columns"] = tuple(map(Column.known, data["columns"]))
        data["positions"] = tuple(Position(**position) for position in data["positions"])
        data["identifiers"] = tuple(Identifier(**each) for each in data.get("identifiers", ()))
        return Table(**data)


def _fields_of(described: Any) -> dict[str, Any]:
    return {each.name: getattr(described, each.name) for each in fields(described)}
