"""The definition of a user's table: a VOSI table, or the FIELDs of a VOTable."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import DataError
from catalogdb.reserved import ADQL_RESERVED
from catalogdb.schema import Column, Table

_MOST_BYTES = 4 * 1024**2
_MOST_COLUMNS = 1000

_TYPES = {
    "boolean": "BOOLEAN",
    "bit": "BOOLEAN",
    "unsignedbyte": "SMALLINT",
    "short": "SMALLINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "long": "BIGINT",
    "bigint": "BIGINT",
    "float": "REAL",
    "real": "REAL",
    "double": "DOUBLE",
    "char": "VARCHAR",
    "varchar": "VARCHAR",
    "unicodechar": "VARCHAR",
    "clob": "VARCHAR",
    "timestamp": "TIMESTAMP",
}
"""The types of VOTable, of TAP's TAPType, by their names in lower case."""

_TEXTS = frozenset({"char", "unicodechar"})


def read_definition(path: Path, qualified_name: str) -> Table:
    """The table that a document describes; raises DataError that says which column is wrong, and why.

    The columns of VOSI tables (VODataService 1.1) and of VOTables are taken alike: name, type, unit, UCD and
    description. A table with DOUBLE columns ra and dec has positions (ICRS, deg) and is indexed by them.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise DataError(f"the definition is larger than {_MOST_BYTES / 1e6:.0f} MB")
    try:
        root = fromstring(path.read_bytes(), forbid_dtd=True)
    except DefusedXmlException as error:
        raise DataError(f"the definition has what a table needs none of: {type(error).__name__}") from error
    except (ParseError, ValueError, LookupError) as error:
        raise DataError(f"the definition is no XML: {error}") from error
    columns = [_column(each) for each in _described(root)]
    if not columns:
        raise DataError("the definition has no columns: a VOSI table has <column>, a VOTable <FIELD>")
    if len(columns) > _MOST_COLUMNS:
        raise DataError(f"the definition has {len(columns)} columns; {_MOST_COLUMNS} are the most")
    schema, _, name = qualified_name.partition(".")
    return Table(
        schema=schema,
        name=name,
        about=_text(root, "description") or f"Table {name} of a user",
        columns=tuple(_with_index(columns)),
        frame="ICRS" if _has_positions(columns) else "",
        unique=False,
    )


def _described(root: Element) -> Iterable[Element]:
    return (each for each in root.iter() if _local(each.tag) in {"column", "field"})


def _column(element: Element) -> Column:
    name = (element.get("name") or _text(element, "name")).strip().lower()
    if name in ADQL_RESERVED:
        raise DataError(f"column {name}: the name is reserved in ADQL: call it {name}_")
    kind = _type(element, name)
    ucd = element.get("ucd") or _text(element, "ucd") or "meta.note"
    unit = element.get("unit") or _text(element, "unit")
    about = _text(element, "description") or f"Column {name}"
    is_number = kind.removesuffix("[]") not in {"VARCHAR", "BOOLEAN", "TIMESTAMP"}
    return Column(name=name, type=kind, ucd=ucd, unit=unit if is_number else None, about=about)


def _type(element: Element, name: str) -> str:
    told = next((each for each in element if _local(each.tag) == "datatype"), None)
    text = element.get("datatype") or ("" if told is None else (told.text or ""))
    size = element.get("arraysize") or (
        "" if told is None else told.get("arraysize") or told.get("size") or ""
    )
    xtype = element.get("xtype") or ("" if told is None else told.get("xtype") or "")
    base = text.strip().lower().removeprefix("adql:").removeprefix("vs:")
    found = _TYPES.get(base)
    if found is None:
        raise DataError(f"column {name}: no type {text!r}: one of {', '.join(sorted(_TYPES))}")
    if xtype.lower().endswith("timestamp"):
        return "TIMESTAMP"
    is_list = bool(size) and size != "1" and base not in _TEXTS and found != "VARCHAR"
    return f"{found}[]" if is_list else found


def _with_index(columns: list[Column]) -> list[Column]:
    """The columns; positions are those of every table, with the HEALPix index behind them."""
    if not _has_positions(columns):
        return columns
    found = [ASTROMETRY[each.name] if each.name in {"ra", "dec"} else each for each in columns]
    if not any(each.name == "hpx29" for each in found):
        place = 1 + max(i for i, each in enumerate(found) if each.name in {"ra", "dec"})
        found.insert(place, ASTROMETRY["hpx29"])
    return found


def _has_positions(columns: list[Column]) -> bool:
    kinds = {each.name: (each.type, each.unit) for each in columns}
    return all(kinds.get(name) in {("DOUBLE", "deg"), ("DOUBLE", "")} for name in ("ra", "dec"))


def _text(element: Element, name: str) -> str:
    found = next((each for each in element.iter() if _local(each.tag) == name and each is not element), None)
    direct = next((each for each in element if _local(each.tag) == name), found)
    return "" if direct is None or direct.text is None else " ".join(direct.text.split())


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].lower()
