"""What a Table and Column refuse, and that JSON gives them back."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogdb import Column, Position, Table
from catalogdb.errors import SchemaError
from catalogdb.schema import FLOATS, INTEGERS, TYPES

GOOD: dict[str, Any] = {"name": "mag", "type": "REAL", "ucd": "phot.mag", "unit": "mag", "about": "Magnitude"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Mag"}, r"column 'Mag': names are lower case"),
        ({"name": "2mass"}, r"names are lower case"),
        ({"name": "size"}, r"column 'size' is reserved in ADQL: call it size_"),
        ({"type": "FLOAT8"}, r"column mag: no type FLOAT8 \(there are BOOLEAN"),
        ({"about": " "}, r"column mag has no description"),
        ({"ucd": "phot.brightness"}, r"column mag: 'phot.brightness' is not in the UCD vocabulary"),
        ({"ucd": ""}, r"is not in the UCD vocabulary"),
        ({"unit": None}, r'column mag is a number without a unit \(""'),
        ({"unit": "furlong"}, r"column mag: 'furlong' is not a VOUnit"),
        ({"type": "VARCHAR"}, r"column mag is no number and takes no unit"),
    ],
)
def test_column_refuses(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        Column(**(GOOD | change))


def test_a_reserved_word_is_allowed_only_where_a_standard_prescribes_it() -> None:
    assert Column(**(GOOD | {"name": "size", "delimited": True})).delimited
    with pytest.raises(SchemaError, match="names are lower case"):
        Column(**(GOOD | {"name": "Size", "delimited": True}))


def test_table_refuses() -> None:
    column = Column(**GOOD)
    with pytest.raises(SchemaError, match="table catalogs.t has no columns"):
        Table(name="t", about="x", columns=())
    with pytest.raises(SchemaError, match="table catalogs.t has no description"):
        Table(name="t", about="", columns=(column,))
    with pytest.raises(SchemaError, match="table catalogs.t has two columns mag"):
        Table(name="t", about="x", columns=(column, column))
    with pytest.raises(SchemaError, match="schema 'select' is reserved"):
        Table(name="t", about="x", columns=(column,), schema="select")
    with pytest.raises(SchemaError, match="position listed: no column ra"):
        Table(name="t", about="x", columns=(column,), positions=(Position(name="listed"),))


def test_column_of_another_name_is_refused() -> None:
    table = Table(name="t", about="x", columns=(Column(**GOOD),))
    assert table.has("mag")
    assert not table.has("mag", "ra")
    with pytest.raises(SchemaError, match="table catalogs.t has no column ra"):
        table.column("ra")


@given(st.sampled_from(TYPES), st.booleans(), st.text(min_size=1).filter(str.strip), st.text())
def test_json_is_lossless(kind: str, flag: bool, about: str, note: str) -> None:
    number = kind.removesuffix("[]") in INTEGERS + FLOATS
    column = Column(
        name="x", type=kind, ucd="phot.mag", unit="mag" if number else None, about=about, nullable=flag
    )
    table = Table(name="t", about=about, columns=(column,), frame_note=note, extra={"note": note, "n": [1]})
    assert Table.from_json(table.to_json()) == table


def test_a_table_is_frozen() -> None:
    table = Table(name="t", about="x", columns=(Column(**GOOD),))
    with pytest.raises(dataclasses.FrozenInstanceError):
        table.name = "u"  # type: ignore[misc]
