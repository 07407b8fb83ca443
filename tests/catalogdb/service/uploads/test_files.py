"""FITS, FITS within VOTable, Parquet and text: their types, their names and what they say of columns."""

from __future__ import annotations

import base64
import datetime
import decimal
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from tests.catalogdb.service.conftest import Server
from tests.catalogdb.service.uploads.sending import csv, parsed, send

ALL = "SELECT * FROM TAP_UPLOAD.t"


def _fits() -> bytes:
    table = Table(
        {
            "Flag": [True, False, True],
            "n": MaskedColumn(np.array([1, 2, 3], "i8"), mask=[False, True, False]),
            "mag": np.array([1.5, np.nan, 3.5], "f4"),
            "name": [b"alpha", b"", b"gamma Cep"],
            "three": np.arange(9, dtype="f8").reshape(3, 3),
            "unsigned": np.array([0, 1, 2**32 - 1], "u4"),
        }
    )
    table["mag"].unit = "mag"
    out = io.BytesIO()
    hdu = fits.BinTableHDU(table)
    hdu.header["TUCD3"] = "phot.mag"
    hdu.header["TCOMM3"] = "How bright"
    hdu.writeto(out)
    return out.getvalue()


def _within(body: bytes) -> bytes:
    """A VOTable whose data are those of a FITS file in it."""
    fields = "".join(
        f'<FIELD name="{name}" datatype="{kind}" {more}/>'
        for name, kind, more in [
            ("Flag", "boolean", ""),
            ("n", "long", ""),
            ("mag", "float", 'unit="mag" ucd="phot.mag"'),
            ("name", "char", 'arraysize="9"'),
            ("three", "double", 'arraysize="3"'),
            ("unsigned", "long", ""),
        ]
    )
    stream = base64.encodebytes(body).decode()
    data = f'<DATA><FITS extnum="1"><STREAM encoding="base64">{stream}</STREAM></FITS></DATA>'
    text = f"<VOTABLE><RESOURCE><TABLE>{fields}{data}</TABLE></RESOURCE></VOTABLE>"
    return text.encode()


@pytest.mark.parametrize("body", [_fits(), _within(_fits())], ids=["fits", "within"])
def test_fits(server: Server, body: bytes) -> None:
    table = parsed(send(server, ALL, body))
    rows = table.to_table()
    assert rows.colnames == ["Flag", "n", "mag", "name", "three", "unsigned"]
    assert rows["Flag"].tolist() == [True, False, True]
    assert rows["n"].tolist() == [1, None, 3]
    assert rows["mag"].tolist() == [1.5, None, 3.5]
    assert [str(each).strip() for each in rows["name"].filled("")] == ["alpha", "", "gamma Cep"]
    assert [np.asarray(each).tolist() for each in rows["three"]] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert rows["unsigned"].tolist() == [0, 1, 2**32 - 1]
    mag = table.fields[2]
    assert (str(mag.unit), mag.ucd) == ("mag", "phot.mag")


def test_a_fits_file_that_is_not_what_the_fields_say(server: Server) -> None:
    body = _within(_fits()).replace(b'<FIELD name="n" datatype="long" />', b"")
    response = send(server, ALL, body)
    assert response.status_code == 400
    assert "uploaded table t" in response.text


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


DAY = "2020-01-02T00:00:00.000000"


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (pa.array([1, None], pa.int8()), "short", [1, None]),
        (pa.array([255, None], pa.uint8()), "short", [255, None]),
        (pa.array([2**16 - 1, None], pa.uint16()), "int", [2**16 - 1, None]),
        (pa.array([2**32 - 1, None], pa.uint32()), "long", [2**32 - 1, None]),
        (pa.array([2**63 - 1, None], pa.uint64()), "long", [2**63 - 1, None]),
        (pa.array([1.5, float("nan")], pa.float32()), "float", [1.5, None]),
        (pa.array([decimal.Decimal("1.25"), None]), "double", [1.25, None]),
        (pa.array(["a", None]).dictionary_encode(), "char", ["a", None]),
        (pa.array(["a", ""], pa.large_string()), "char", ["a", None]),
        (pa.array([b"a", None], pa.binary()), "char", ["a", None]),
        (pa.array([True, None]), "boolean", [True, None]),
        (pa.array([datetime.date(2020, 1, 2), None]), "char", [DAY, None]),
        (pa.array([datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)] * 2), "char", [DAY, DAY]),
        (pa.array([None, None]), "double", [None, None]),
        (pa.array([[1.5, 2.5], [3.5]]), "double", [[1.5, 2.5], [3.5]]),
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.int16(), 2)), "short", [[1, 2], [3, 4]]),
    ],
)
def test_types_of_parquet(server: Server, column: pa.Array, kind: str, expected: list[object]) -> None:
    table = parsed(send(server, ALL, _parquet(pa.table({"x": column}))))
    assert table.fields[0].datatype == kind
    found = [each.tolist() if isinstance(each, np.ndarray) else each for each in table.to_table()["x"]]
    found = [None if np.ma.is_masked(each) or each == "" else each for each in found]
    assert found == expected


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([{"a": 1}]), "column x is of struct"),
        (pa.array([[[1]]]), "column x is of list"),
        (pa.array([2**64 - 1], pa.uint64()), "after row 0"),
        (pa.array([b"\xff\xfe"], pa.binary()), "after row 0"),
    ],
)
def test_parquet_that_no_votable_can_hold(server: Server, column: pa.Array, said: str) -> None:
    response = send(server, ALL, _parquet(pa.table({"x": column})))
    assert response.status_code == 400
    assert "uploaded table t" in response.text
    assert said in response.text


def test_names_and_metadata_of_parquet(server: Server) -> None:
    fields = [
        pa.field("u", pa.float64(), metadata={"unit": "mag", "ucd": "phot.mag", "description": "one"}),
        pa.field("U", pa.float64(), metadata={"utype": "a:b"}),
    ]
    body = _parquet(pa.table([[1.0], [2.0]], schema=pa.schema(fields)))
    table = parsed(send(server, ALL, body))
    one, other = table.fields
    assert (one.name, str(one.unit), one.ucd, one.description) == ("u", "mag", "phot.mag", "one")
    assert (other.name, other.utype) == ("U", "a:b")
    assert table.array[0].tolist() == (1.0, 2.0)


def test_our_own_parquet_comes_back(server: Server) -> None:
    query = "SELECT TOP 5 source_id, ra, mag, name FROM stars ORDER BY source_id"
    answer = server.sync(query, FORMAT="parquet")
    assert answer.status_code == 200, answer.text
    sent = csv(send(server, f"{ALL} ORDER BY source_id", answer.content, FORMAT="csv"))
    assert sent == csv(server.sync(query, FORMAT="csv"))


TEXT = '''id,ra,when,flag,name,mixed
007,10.5,2020-01-01T00:00:00,true,"a, b",1
008,NaN,,false,,x
009,,2021-01-01T00:00:00,,"say ""hi""",
'''


def test_types_of_text(server: Server) -> None:
    table = parsed(send(server, ALL, TEXT.encode()))
    kinds = {field.name: (field.datatype, field.xtype) for field in table.fields}
    assert kinds == {
        "id": ("char", None),
        "ra": ("double", None),
        "when": ("char", "timestamp"),
        "flag": ("boolean", None),
        "name": ("char", None),
        "mixed": ("char", None),
    }
    rows = table.to_table()
    assert rows["ra"].tolist() == [10.5, None, None]
    assert rows["flag"].tolist() == [True, False, None]
    assert [str(each) for each in rows["name"].filled("")] == ["a, b", "", 'say "hi"']


@pytest.mark.parametrize("start", ["\ufeff", "# made by hand\n", "#\n#\n"])
def test_what_may_stand_before_text(server: Server, start: str) -> None:
    body = (start + "x,y\n1,2\n").encode()
    assert csv(send(server, ALL, body, FORMAT="csv")) == [["x", "y"], ["1", "2"]]


def test_ecsv(server: Server) -> None:
    table = Table({"ra": [1.5, 2.5], "name": ["a b", "c"]})
    table["ra"].unit = "deg"
    out = io.StringIO()
    table.write(out, format="ascii.ecsv")
    found = parsed(send(server, ALL, out.getvalue().encode()))
    assert str(found.fields[0].unit) == "deg"
    assert found.array["ra"].tolist() == [1.5, 2.5]
