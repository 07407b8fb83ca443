"""VOTables read as streams against astropy, which reads the same files whole: every type and serialisation."""

from __future__ import annotations

import base64
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from astropy.io.votable import parse
from astropy.io.votable.tree import TableElement
from astropy.utils.data import get_pkg_data_filename

from catalogdb.errors import DataError
from ingest.readers import READERS, votable
from ingest.spec import Form


def ours(path: Path) -> pa.Table:
    """All rows of a file, by our reader alone."""
    form = Form(name="x", reader="votable", fields=())
    schema, batches = READERS["votable"].batches(path, form)  # type: ignore[attr-defined]
    return pa.Table.from_batches(batches, schema)


def theirs(path: Path) -> TableElement:
    """The first table of a file, by astropy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse(path, verify="ignore").get_first_table()


def plain(value: Any, mask: Any) -> Any:
    """A value of astropy's in Python: masked ones None, lists flat, complex numbers two."""
    if isinstance(value, np.ndarray):
        masks = np.broadcast_to(np.ma.getmaskarray(value) | np.asarray(mask, bool), value.shape)
        flat = [plain(x, m) for x, m in zip(np.ma.getdata(value).reshape(-1), masks.reshape(-1), strict=True)]
        return [part for x in flat for part in (x if isinstance(x, list) else [x])]
    if isinstance(value, complex | np.complexfloating):
        return [None, None] if mask else [float(value.real), float(value.imag)]
    if mask:
        return None
    return value.decode() if isinstance(value, bytes) else value.item() if hasattr(value, "item") else value


def is_none(value: Any) -> bool:
    """Missing: NULL, NaN and the empty text, which not every serialisation can tell apart; lists of such."""
    if isinstance(value, list):
        return all(map(is_none, value))
    return value is None or value != value or value == ""


def equal(a: Any, b: Any) -> bool:
    if is_none(a) and is_none(b):
        return True
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and a == b


def differences(path: Path) -> list[tuple[str, int, Any, Any]]:
    """Field, row, our value and astropy's, wherever they differ."""
    rows, table = ours(path), theirs(path)
    names = table.array.dtype.names or ()
    assert rows.num_rows == len(table.array)
    assert rows.column_names == [*(field.name for field in table.fields), "_broken"]
    found = []
    for number, field in enumerate(table.fields):
        values, masks = np.ma.getdata(table.array[names[number]]), table.array.mask[names[number]]
        for row, mine in enumerate(rows.column(number).to_pylist()):
            other = plain(values[row], masks[row])
            if field.arraysize == "1" and isinstance(other, list) and len(other) == 1:
                (other,) = other  # one value is no list
            if not equal(mine, other):
                found.append((field.name, row, mine, other))
    return found


RANGES = {"unsignedByte": (0, 2**8), "short": (-(2**15), 2**15), "int": (-(2**31), 2**31)}
RANGES["long"] = (-(2**63), 2**63 - 1)


def texts_of(rng: np.random.Generator, datatype: str, count: int) -> str:
    """A cell of so many values."""
    if datatype in RANGES:
        return " ".join(map(str, rng.integers(*RANGES[datatype], count)))
    if datatype in {"char", "unicodeChar"}:
        letters = list("abcXYZ 0189<&>'\"" + ("é☆Ω" if datatype == "unicodeChar" else ""))
        text = "".join(rng.choice(letters, count))
        return text.strip().replace("&", "&amp;").replace("<", "&lt;")
    if datatype == "boolean":
        return " ".join(rng.choice(["T", "F"], count))
    if datatype == "bit":
        return " ".join(rng.choice(["0", "1"], count))
    pairs = 2 if "Complex" in datatype else 1
    kind = np.float32 if "float" in datatype else np.float64
    values = kind(rng.normal(0, 1, count * pairs) * 10.0 ** rng.integers(-30, 30, count * pairs))
    return " ".join(map(str, values.tolist()))


DATATYPES = [*RANGES, "float", "double", "floatComplex", "doubleComplex", "boolean", "bit", "char"]
NUMPY = {"unsignedByte": "u1", "short": ">i2", "int": ">i4", "long": ">i8", "float": ">f4", "double": ">f8"}
NUMPY |= {"floatComplex": ">c8", "doubleComplex": ">c16"}
SIZES = {"": 1, "1": 1, "5": 5, "*": None, "9*": None, "2x3": 6}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("datatype", [*DATATYPES, "unicodeChar"])
def test_every_type_in_every_serialisation(tmp_path: Path, datatype: str, size: str) -> None:
    if "x" in size and "har" in datatype:
        pytest.skip("astropy does not read arrays of text")
    rng = np.random.default_rng(len(datatype) * 100 + len(size))
    cells = [texts_of(rng, datatype, SIZES[size] or int(rng.integers(1, 9))) for _ in range(60)]
    whole = datatype in RANGES
    null = '<VALUES null="7"/>' if whole else ""
    attribute = f' arraysize="{size}"' if size else ""
    fields = (
        f'<FIELD name="row" datatype="int"/><FIELD name="x" datatype="{datatype}"{attribute}>{null}</FIELD>'
    )
    if (
        whole
        or datatype in {"char", "unicodeChar"}
        or (datatype in {"float", "double"} and size in {"", "1"})
    ):
        cells[3] = cells[17] = "7" if whole else ""
    rows = "".join(f"<TR><TD>{i}</TD><TD>{cell}</TD></TR>" for i, cell in enumerate(cells))
    file = tmp_path / "x.vot"
    file.write_text(
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>'
        f"{fields}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>",
        encoding="utf-8",
    )
    assert differences(file) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = parse(file, verify="ignore")
        if "*" in size and datatype == "bit":
            return  # astropy gives each bit a byte, the standard and STIL pack eight
        if "*" in size and datatype in NUMPY:  # astropy would write them as long or double
            column = document.get_first_table().array["x"]
            column[:] = [value.astype(NUMPY[datatype]) for value in column]
        # Not TABLEDATA again: astropy 8.0 writes complex numbers beyond the end of its buffer.
        for form in ("binary", "binary2"):
            document.to_xml(str(tmp_path / form), tabledata_format=form)
            assert differences(tmp_path / form) == []
            assert ours(tmp_path / form).column("_broken").null_count == 60


@pytest.mark.parametrize(
    "name",
    [
        "binary2_masked_strings.xml",
        "binary2_variable_length_char.xml",
        "coosys.xml",
        "mivot_annotated_table.xml",
        "names.xml",
        "regression.bin.tabledata.truth.1.1.xml",
        "regression.bin.tabledata.truth.1.3.xml",
        "timesys.xml",
        "valid_votable.xml",
        "vizier_b2_votable.xml",
    ],
)
def test_files_that_astropy_is_tested_with(name: str) -> None:
    try:
        file = get_pkg_data_filename(f"data/{name}", package="astropy.io.votable.tests")
    except FileNotFoundError:
        pytest.skip(f"this astropy has no {name}")
    assert differences(Path(file)) == []


def test_what_is_outside_its_type_is_told_not_clipped(tmp_path: Path) -> None:
    """Where astropy clips 256 to 255 and reads "-" as NaN, the row is set aside with its reason."""
    try:
        given = get_pkg_data_filename("data/regression.xml", package="astropy.io.votable.tests")
    except FileNotFoundError:
        pytest.skip("this astropy has no regression.xml")
    file, text = tmp_path / "x.vot", Path(given).read_text(encoding="utf-8")
    file.write_text(text.replace('<TD encoding="base64">P4AAAA==</TD>', "<TD>1</TD>"), encoding="utf-8")
    assert ours(file).column("_broken").to_pylist() == [
        None,
        "field array: '32,' is no long",
        "field unsignedByte: '-23' is no unsignedByte",
        "field array: 'NaN,' is no long",
        "field array: '31,' is no long",
    ]
    # Longer than its FIELD says: kept, where astropy cuts it.
    kept = {"fixed string test", "unicode test", "string array test"}
    bad = {"unsignedByte", "short", "float", "array", "doubleComplex"}
    assert {name for name, *_ in differences(file)} <= kept | bad


def document(fields: str, data: str) -> str:
    return f"<VOTABLE><RESOURCE><TABLE>{fields}<DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>"


@pytest.mark.parametrize(
    ("datatype", "null", "cells", "values"),
    [
        ("double", "-1", ["-1.0", "-1", "-1e0", "-1.5"], [None, None, None, -1.5]),
        ("float", "-9.99", ["-9.99", "-9.990", "9.99"], [None, None, float(np.float32(9.99))]),
        ("short", "-9", ["-09", "-9", "9"], [None, None, 9]),
        ("long", str(-(2**63)), [str(-(2**63)), str(1 - 2**63)], [None, 1 - 2**63]),
        ("unsignedByte", "-99", ["-99", "255"], [None, 255]),
        ("int", "none", ["none", "3"], [None, 3]),
    ],
)
def test_a_null_is_a_value_not_a_spelling(
    tmp_path: Path, datatype: str, null: str, cells: list[str], values: list[Any]
) -> None:
    file = tmp_path / "x.vot"
    field = f'<FIELD name="a" datatype="{datatype}"><VALUES null="{null}"/></FIELD>'
    rows = "".join(f"<TR><TD>{cell}</TD></TR>" for cell in cells)
    file.write_text(document(field, f"<TABLEDATA>{rows}</TABLEDATA>"))
    assert ours(file).column("a").to_pylist() == values
    assert ours(file).column("_broken").null_count == len(values)


@pytest.mark.parametrize(("cell", "said"), [("256", "'256'"), ("-1", "'-1'")])
def test_an_unsigned_byte_has_its_limits(tmp_path: Path, cell: str, said: str) -> None:
    file = tmp_path / "x.vot"
    file.write_text(
        document(
            '<FIELD name="a" datatype="unsignedByte"/>', f"<TABLEDATA><TR><TD>{cell}</TD></TR></TABLEDATA>"
        )
    )
    assert ours(file).column("_broken").to_pylist() == [f"field a: {said} is no unsignedByte"]


def test_counts_of_lists_of_lists(tmp_path: Path) -> None:
    """Elements of all dimensions are counted (VOTable 1.5, section 5.2; STIL writes 6 for three pairs)."""
    file, field = tmp_path / "x.vot", '<FIELD name="a" datatype="int" arraysize="2x*"/>'

    def written(count: int) -> None:
        text = base64.b64encode(struct.pack(">I6i", count, 1, 2, 3, 4, 5, 6)).decode()
        file.write_text(document(field, f'<BINARY><STREAM encoding="base64">{text}</STREAM></BINARY>'))

    written(6)
    assert ours(file).column("a").to_pylist() == [[1, 2, 3, 4, 5, 6]]
    written(3)  # as astropy writes it
    with pytest.raises(
        DataError, match=r"field a \(2x\*\): a row announces 3 elements, .* write the table anew as TABLEDATA"
    ):
        ours(file)


def test_a_row_that_announces_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votable, "_LONGEST_ROW", 1000)
    file, field = tmp_path / "x.vot", '<FIELD name="a" datatype="int" arraysize="*"/>'
    text = base64.b64encode(struct.pack(">I", 2**31) + bytes(3000)).decode()
    file.write_text(document(field, f'<BINARY><STREAM encoding="base64">{text}</STREAM></BINARY>'))
    with pytest.raises(DataError, match="a row announces more than 1000 bytes"):
        ours(file)


def test_a_cell_in_base64_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.vot"
    cell = '<TD encoding="base64">P4AAAA==</TD>'
    file.write_text(document('<FIELD name="a" datatype="float"/>', f"<TABLEDATA><TR>{cell}</TR></TABLEDATA>"))
    with pytest.raises(DataError, match="line 1: a cell is base64, not plain text: write the table anew"):
        ours(file)
