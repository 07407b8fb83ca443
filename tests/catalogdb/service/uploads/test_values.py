"""Every type in every serialisation: what comes back is what was sent, as astropy reads both."""

from __future__ import annotations

import io
import math

import astropy.io.votable as votable
import numpy as np
import pytest
from astropy.io.votable.tree import Field, Resource, TableElement, VOTableFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogdb.service.conftest import Server
from tests.catalogdb.service.uploads.sending import csv, document, parsed, send

ALL = "SELECT * FROM TAP_UPLOAD.t"

COLUMNS: dict[str, tuple[dict[str, str], list[object]]] = {
    "truth": ({"datatype": "boolean"}, [True, False, None]),
    "one_bit": ({"datatype": "bit"}, [True, False, True]),
    "byte": ({"datatype": "unsignedByte"}, [0, 255, None]),
    "short": ({"datatype": "short", "unit": "pix"}, [-32767, 32767, None]),
    "int": ({"datatype": "int"}, [-(2**31) + 1, 2**31 - 1, None]),
    "long": ({"datatype": "long", "ucd": "meta.id"}, [-(2**63) + 1, 2**63 - 1, None]),
    "float": ({"datatype": "float", "unit": "mag"}, [1.5, -np.inf, None]),
    "double": ({"datatype": "double", "unit": "mas.yr-1"}, [1e-300, math.pi, None]),
    "char": ({"datatype": "char", "arraysize": "1"}, ["a", "Z", "_"]),
    "fixed_text": ({"datatype": "char", "arraysize": "7"}, ["star", "a b c", None]),
    "text": ({"datatype": "char", "arraysize": "*"}, ["<a & b>", "x" * 300, None]),
    "wide": ({"datatype": "unicodeChar", "arraysize": "*"}, ["αβγ", "Ångström", None]),
    "fixed_wide": ({"datatype": "unicodeChar", "arraysize": "5"}, ["δ Cep", "ζ", None]),
    "shorts": ({"datatype": "short", "arraysize": "3"}, [[1, 2, 3], [4, 5, 6], [-7, 8, 9]]),
    "longs": ({"datatype": "long", "arraysize": "*"}, [[1], [2**62, -3], [4, 5, 6]]),
    "floats": ({"datatype": "float", "arraysize": "2"}, [[1.5, 2.5], [3.5, 4.5], [0.0, -1.0]]),
    "doubles": ({"datatype": "double", "arraysize": "*"}, [[1.5], [2.5, -3e300], [1.0, 2.0, 3.0]]),
    "matrix": ({"datatype": "double", "arraysize": "2x2"}, [[[1, 2], [3, 4]]] * 3),
    "truths": ({"datatype": "boolean", "arraysize": "2"}, [[True, False], [False, False], [True, True]]),
    "complex": ({"datatype": "doubleComplex"}, [1 + 2j, -3.5j, 0j]),
    "small_complex": ({"datatype": "floatComplex"}, [1 + 2j, -3.5j, 0j]),
    "time": ({"datatype": "char", "arraysize": "*", "xtype": "timestamp"},
             ["2016-01-01T00:00:00.123", "1999-12-31T23:59:59", None]),
    "place": ({"datatype": "double", "arraysize": "2", "xtype": "point", "unit": "deg"},
              [[10.0, -20.0], [359.9, 89.0], [0.0, 0.0]]),
    "disc": ({"datatype": "double", "arraysize": "3", "xtype": "circle"},
             [[10.0, -20.0, 1.0], [1.0, 2.0, 3.0], [0.0, 0.0, 90.0]]),
    "outline": ({"datatype": "double", "arraysize": "*", "xtype": "polygon"},
                [[0.0, 0.0, 10.0, 0.0, 0.0, 10.0], [1.0, 1.0, 2.0, 1.0, 2.0, 2.0, 1.0, 2.0],
                 [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]]),
    "select": ({"datatype": "int", "utype": "some:model.part"}, [1, 2, 3]),
}  # fmt: skip


NULLS = {"unsignedByte": 7, "short": -32768, "int": -(2**31), "long": -(2**63)}


def _document(how: str, names: list[str]) -> bytes:
    """A VOTable with these columns, made by astropy field by field."""
    file = VOTableFile(version="1.4")
    resource = Resource()
    table = TableElement(file, name="t")
    file.resources.append(resource)
    resource.tables.append(table)
    for name in names:
        table.fields.append(Field(file, name=name, ID=name, **COLUMNS[name][0]))
    table.create_arrays(3)
    for name in names:
        for row, value in enumerate(COLUMNS[name][1]):
            if value is None:
                table.array.mask[name][row] = True
                if table.array.dtype[name].kind == "f":
                    table.array[name].data[row] = np.nan
            else:
                is_open = COLUMNS[name][0].get("arraysize") == "*" and isinstance(value, list)
                table.array[name][row] = np.ma.array(value) if is_open else value
    for field in table.fields:
        if field.datatype in NULLS and None in COLUMNS[field.name][1]:
            field.values.null = NULLS[field.datatype]
    plain, out = io.BytesIO(), io.BytesIO()
    file.to_xml(plain, tabledata_format="tabledata")
    # Lists of any length can be written in binary once astropy has read them.
    votable.parse(io.BytesIO(plain.getvalue())).to_xml(out, tabledata_format=how)
    return out.getvalue()


def _cells(table: TableElement, name: str) -> list[object]:
    """The values of a column as Python has them, None for those that are missing."""
    column = table.array[name]
    masks = np.ma.getmaskarray(column) if column.dtype.kind != "O" else [False] * len(column)
    return [_cell(value, mask) for value, mask in zip(column, masks, strict=True)]


def _cell(value: object, mask: object) -> object:
    if np.all(mask) and np.size(mask):
        return None
    if isinstance(value, str | bytes):
        return (value.decode() if isinstance(value, bytes) else value) or None
    flat = (
        np.ma.filled(np.ma.asarray(value).ravel(), np.nan) if _is_real(value) else np.asarray(value).ravel()
    )
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    found = [None if isinstance(x, float) and math.isnan(x) else x for x in flat.tolist()]
    return found[0] if len(found) == 1 and np.ndim(value) == 0 else found


def _is_real(value: object) -> bool:
    return bool(np.asarray(value).dtype.kind == "f")


WIDER = {"byte": "short"}
"""Datatypes that come back as the next wider one."""


@pytest.mark.parametrize("answer", ["votable/td", "votable/b", "votable/b2"])
@pytest.mark.parametrize("how", ["tabledata", "binary", "binary2"])
def test_round_trip(server: Server, how: str, answer: str) -> None:
    sent = _document(how, list(COLUMNS))
    ours = parsed(send(server, ALL, sent, FORMAT=answer))
    theirs = votable.parse(io.BytesIO(sent)).get_first_table()
    assert [field.name for field in ours.fields] == list(COLUMNS)
    for field in ours.fields:
        name, was = field.name, COLUMNS[field.name][0]
        expected = [_as_sent(was, cell) for cell in _cells(theirs, name)]
        found = [_as_sent(was, cell) for cell in _cells(ours, name)]
        assert found == expected, (name, found, expected)
        assert field.xtype == was.get("xtype"), name
        assert field.ucd == was.get("ucd"), name
        assert field.utype == was.get("utype"), name
        assert str(field.unit or "") == str(theirs.get_field_by_id(name).unit or ""), name
        if "arraysize" not in was and "omplex" not in was["datatype"] and name != "one_bit":
            assert field.datatype == WIDER.get(name, was["datatype"]), name


def _as_sent(was: dict[str, str], cell: object) -> object:
    """Values that mean the same in one form: times with as many digits, complex numbers as two."""
    if was.get("xtype") == "timestamp" and isinstance(cell, str):
        return np.datetime64(cell, "us")
    if was["datatype"] in {"boolean", "bit"} and isinstance(cell, list):
        return [bool(each) for each in cell]
    return cell


@pytest.mark.parametrize("how", ["tabledata", "binary", "binary2"])
def test_descriptions_come_back(server: Server, how: str) -> None:
    about = {"unit": "km/s", "ucd": "phys.veloc;pos.lsr", "description": "How fast <it> moves & where"}
    table = document(_one("velocity"), how, velocity=about)
    (field,) = parsed(send(server, 'SELECT "velocity" AS v FROM TAP_UPLOAD.t', table)).fields
    assert (field.name, str(field.unit), field.ucd, field.description) == (
        "v",
        "km / s",
        *list(about.values())[1:],
    )


def _one(name: str) -> object:
    from astropy.table import Table

    return Table({name: [1.5]})


@pytest.mark.parametrize("unit", ["mag(AB)", "furlong", "'quoted'", "10**(-3)ct s", "", " "])
def test_units_that_are_none_are_kept(server: Server, unit: str) -> None:
    text = document(_one("x")).decode().replace('name="x"', f'name="x" unit="{unit}"')
    values = "x, x * x AS xx, 2 * x AS y, x + x AS z, sqrt(x) AS w, avg(x) AS a"
    query = f"SELECT {values} FROM TAP_UPLOAD.t GROUP BY x"
    response = send(server, query, text.encode(), FORMAT="votable/td")
    assert response.status_code == 200, response.text
    field = votable.parse(io.BytesIO(response.content)).get_first_table().fields[0]
    assert str(field.unit or "").strip() in {unit.strip(), "mag(AB)", "furlong", "'quoted'"} or unit


def test_shapes_and_times_are_used_as_such(server: Server) -> None:
    names = ["place", "disc", "outline", "time", "select"]
    sent = _document("binary2", names)
    query = """SELECT "select", CONTAINS(POINT(11, -20), disc) AS in_disc,
        CONTAINS(POINT(1, 1), outline) AS inside, COORD1(place) AS lon, AREA(disc) AS a FROM TAP_UPLOAD.t
        WHERE "time" > '2000-01-01T00:00:00' OR "time" IS NULL ORDER BY 1"""
    table = parsed(send(server, query, sent)).array
    assert table["select"].tolist() == [1, 3]
    assert table["in_disc"].tolist() == [1, 1]
    assert table["inside"].tolist() == [1, 0]
    assert table["lon"].tolist() == [10.0, 0.0]
    assert table["a"][0] == pytest.approx(
        2 * np.pi * (1 - np.cos(np.pi / 180)) * (180 / np.pi) ** 2, rel=1e-9
    )


def test_a_point_that_is_nan_is_null(server: Server) -> None:
    sent = _document("tabledata", ["place", "select"]).replace(b"359.9", b"NaN")
    query = 'SELECT "select" AS n FROM TAP_UPLOAD.t WHERE place IS NULL'
    assert csv(send(server, query, sent, FORMAT="csv")) == [["n"], ["2"]]


def test_shapes_of_a_wrong_length_are_told(server: Server) -> None:
    sent = _document("tabledata", ["outline"]).replace(b"1 1 2 1 2 2 1 2", b"1 1 2 1 2 2 1")
    response = send(server, ALL, sent)
    assert response.status_code == 400
    assert "row 2: column outline has 7 numbers" in response.text


def test_text_that_is_no_time_is_told(server: Server) -> None:
    sent = _document("tabledata", ["time"]).replace(b"1999-12-31T23:59:59", b"yesterday")
    response = send(server, ALL, sent)
    assert response.status_code == 400
    assert "row 2: column time: 'yesterday' is no timestamp" in response.text


def test_other_xtypes_are_carried(server: Server) -> None:
    sent = document(_one("x"), x={"xtype": "mjd"})
    (field,) = parsed(send(server, "SELECT x AS y FROM TAP_UPLOAD.t", sent)).fields
    assert field.xtype == "mjd"


CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufffe\uffff")
NAMES = st.lists(
    st.one_of(
        st.text(CHARACTERS, min_size=1, max_size=12),
        st.sampled_from(
            ["u", "U", "select", "SELECT", "Select", 'a"b', "a.b", "c1", "C1", "_cell1", "hpx29", "ü", "Ü"]
        ),
    ).map(lambda name: " ".join(name.split()) or "blank"),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES)
def test_any_names_can_be_columns(server: Server, names: list[str]) -> None:
    """Every name in quotes is its column, and the result has the names as they were sent, `*` and by name."""
    fields = "".join(f'<FIELD name="{_escaped(name)}" datatype="int"/>' for name in names)
    cells = "".join(f"<TD>{number}</TD>" for number in range(len(names)))
    text = (
        f"<VOTABLE><RESOURCE><TABLE>{fields}<DATA><TABLEDATA><TR>{cells}</TR></TABLEDATA></DATA>"
        "</TABLE></RESOURCE></VOTABLE>"
    )
    quoted = [f't."{name.replace(chr(34), 2 * chr(34))}"' for name in names]
    for query in (ALL, f"SELECT {', '.join(quoted)} FROM TAP_UPLOAD.t AS t"):
        response = send(server, query, text.encode(), FORMAT="json")
        assert response.status_code == 200, response.text
        found = response.json()
        assert [each["name"] for each in found["metadata"]] == names
        assert found["data"] == [list(range(len(names)))]


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@pytest.mark.parametrize("strict", ["0", "1"])
def test_names_that_differ_by_case_alone(server: Server, strict: str) -> None:
    body = b"u,U,select\n1,2,3\n"
    query = 'SELECT "U" AS a, t."u" AS b, "select" AS c FROM TAP_UPLOAD.t AS t WHERE "u" = 1 ORDER BY "U"'
    assert csv(send(server, query, body, FORMAT="csv", STRICT=strict))[1] == ["2", "1", "3"]
    inner = 'SELECT q."u", q."U" FROM (SELECT "u", "U" FROM TAP_UPLOAD.t) AS q'
    assert csv(send(server, inner, body, FORMAT="csv", STRICT=strict)) == [["u", "U"], ["1", "2"]]


def test_names_are_found_in_any_case_where_there_is_one(server: Server) -> None:
    query = "SELECT SOURCEID, sourceid AS x FROM TAP_UPLOAD.T"
    assert csv(send(server, query, b"SourceId\n5\n", FORMAT="csv")) == [["SourceId", "x"], ["5", "5"]]
    response = send(server, 'SELECT "sourceid" FROM TAP_UPLOAD.T', b"SourceId\n5\n")
    assert response.status_code == 400
    assert "in double quotes the case of letters counts" in response.text


def test_columns_without_a_name_get_one(server: Server) -> None:
    assert csv(send(server, ALL, b",ra\n0,1.5\n", FORMAT="csv")) == [["col_1", "ra"], ["0", "1.5"]]
