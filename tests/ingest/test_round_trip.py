"""The law of the round trip: what a spec writes it reads back equal, for every form that can be written."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import ingest
from catalogdb.errors import DataError, SpecError
from catalogdb.schema import INTEGERS, Column
from catalogdb.store import Store
from ingest.convert import select
from ingest.fields import unit_factor
from ingest.forms import plan_file, present_of, with_special
from ingest.readers import READERS, typed_text
from ingest.scratch import scratch
from ingest.spec import Conversion, Form, Spec
from ingest.write import with_own_units

ROWS = 60


def sample(spec: Spec, form: Form, rng: np.random.Generator) -> pa.Table:
    """Rows with plausible values of every column that the form can hold, some missing."""
    fed = set(form.feeds) | {"ref_epoch"}
    columns = {c.name: values(spec, form, c, rng) for c in spec.columns if c.name in fed}
    for conversion in (c for c in form.convert if c.by == "position_name"):
        places = int(conversion.options.get("decimals", 6))
        pairs = zip(*(columns[name].to_pylist() for name in conversion.source), strict=True)
        names = [f"{a:0{places + 4}.{places}f}{d:+0{places + 4}.{places}f}" for a, d in pairs]
        columns[conversion.to[0]] = pa.array(names)
    return pa.table(columns)


def values(spec: Spec, form: Form, column: Column, rng: np.random.Generator) -> pa.Array:
    if column.name in of_the_file(form):
        return pa.array([DESIGNATION] * ROWS)
    item = form.field(column.name)
    if item is not None and item.source == "@record" and not any(c.by == "join" for c in form.convert):
        return pa.array(range(1, ROWS + 1))
    join = next((c for c in form.convert if c.by == "join" and column.name in (*c.source, *c.to)), None)
    if join is not None:
        return joined(form, join, column)
    if any(c.by == "labelled" and column.name in (*c.source, *c.to) for c in form.convert):
        return labelled(form, column)
    if column.name == "source_id" or column.name in copied(spec, form):
        return identifiers(form, column)
    if column.name == "epoch" and form.field("epoch") is None:
        return pa.array(rng.uniform(2012, 2020, ROWS))  # it comes of a date that the form limits
    if column.name == "ra":
        return pa.array([0.25, 359.99, *rng.uniform(1, 359, ROWS - 2)])
    if column.name == "dec":
        return pa.array([-0.25, 89.5, *rng.uniform(-88, 88, ROWS - 2)])
    if column.name == "ref_epoch":
        item = form.field("ref_epoch")
        low, high = item.limits if item is not None and item.limits is not None else (1995, 2010)
        return pa.array([spec.ref_epoch or float(x) for x in rng.uniform(low, high, ROWS).round(2)])
    return plain(form, column, rng)


DESIGNATION = "00000+0000"
"""Word of the name of a file that is one star's."""


def of_the_file(form: Form) -> set[str]:
    """Columns whose one value stands in the file's name, and the identifier where it is copied from it."""
    if not form.zone_from_name or re.search(form.zone_from_name, DESIGNATION) is None:
        return set()
    names = {f.name for f in form.fields if f.source == "@zone"}
    return names | {c.to[0] for c in form.convert if c.by == "first" and c.source[0] in names}


def copied(spec: Spec, form: Form) -> set[str]:
    """Fields that become the identifier, or by which files are joined."""
    keys = {join.on for f in spec.forms for join in f.joins}
    return keys | {c.source[0] for c in form.convert if c.by == "first" and c.to == ("source_id",)}


def identifiers(form: Form, column: Column) -> pa.Array:
    constant = next((c for c in form.convert if c.by == "constant" and column.name in c.to), None)
    if constant is not None:
        return pa.array([constant.options["value"]] * ROWS)
    numbers = list(range(1, ROWS + 1))
    return pa.array([str(n) for n in numbers] if column.type == "VARCHAR" else numbers)


def labelled(form: Form, column: Column) -> pa.Array:
    """Names that are a label and a number each, the numbers behind them, or the text that holds all names."""
    numbers = range(1, ROWS + 1)
    found = next((c for c in form.convert if c.by == "labelled" and column.name in c.to), None)
    if found is not None:
        return pa.array([str(n) for n in numbers] if column.type == "VARCHAR" else list(numbers))
    labels = [c.options["label"] for c in form.convert if c.by == "labelled" and column.name in c.source]
    return pa.array([";".join(f"{label}{n}" for label in labels) for n in numbers])


def joined(form: Form, join: Conversion, column: Column) -> pa.Array:
    """Parts that differ by their first number, or by the record's; the text that they make."""

    def part(name: str, number: int) -> int | str:
        item = form.field(name)
        source = item.source if item is not None else None
        counts = source == "@record" if any_record else name == first
        value = number if counts else 1
        if name in zones:
            return zone_in(form)
        if any(c.by == "split" and name in c.source for c in form.convert):
            return f"{value:05d}+0000"  # a designation by the position
        return f"A{value}" if source in {f"@{c.name}" for c in form.context} else value

    any_record = any(f.source == "@record" for f in form.fields)
    zones = {f.name for f in form.fields if f.source == "@zone"}
    first = next(name for name in join.source if name not in zones)
    if column.name in join.source:
        return pa.array([part(column.name, n) for n in range(1, ROWS + 1)])
    pattern = str(join.options.get("format", "-".join(["%s"] * len(join.source))))
    return pa.array([pattern % tuple(part(name, n) for name in join.source) for n in range(1, ROWS + 1)])


def plain(form: Form, column: Column, rng: np.random.Generator) -> pa.Array:
    """Values whose raw numbers are 1 or 2, or within the field's limits, so that every format holds them."""
    item = form.field(column.name)
    may_miss = column.nullable and item is not None and item.limits is None and "pos.eq" not in column.ucd
    if form.unroll and column.type not in {"REAL", "DOUBLE"}:
        may_miss = False  # VOTables have no mark for a truth value or whole number missing in a list
    gone = rng.random(ROWS) < (0.2 if may_miss else 0)
    if item is not None and item.source == "@element":
        return pa.array(np.full(ROWS, int(1 + item.offset)))  # every row becomes a record of its own
    if column.type.endswith("[]"):
        whole = column.type.removesuffix("[]") in INTEGERS  # FITS has no mark for a missing one among them
        return pa.array([None if g else [1, 2] if whole else [0.5, None, -0.25] for g in gone])
    if column.type == "VARCHAR":
        return text(form, column, gone)
    if column.type == "BOOLEAN":
        return pa.array([None if g else bool(n % 2) for n, g in enumerate(gone)])
    raw = raw_numbers(form, column, rng)
    if item is None:
        return pa.array(raw)
    values = raw * item.scale + item.offset
    if item.limits is not None:
        values = np.clip(values, *item.limits)
    values = values * unit_factor(item.unit, column.unit)
    return pa.array([None if g else float(v) for v, g in zip(values, gone, strict=True)])


def raw_numbers(form: Form, column: Column, rng: np.random.Generator) -> np.ndarray:
    """Ones and twos, but for correlations and covariances, which are less."""
    item = form.field(column.name)
    raw = rng.integers(1, 3, ROWS).astype(float)
    if any(c.by == "cosigma_to_corr" and c.source[0] == column.name for c in form.convert):
        raw = np.full(ROWS, 0.1)  # as large as the errors it would be a correlation of one or more
    if column.name.endswith("_corr"):
        raw = np.full(ROWS, 0.1 / (item.scale if item is not None else 1))
    if "covariance" in column.ucd:
        raw = np.full(ROWS, 0.5)  # the root of a covariance is less than both errors
    return raw


NUMERIC = {"unit_by_code", "coded_date", "number"}


def text(form: Form, column: Column, gone: np.ndarray) -> pa.Array:
    """A letter, a date, number or mark where a conversion reads one, or the first of the values allowed."""
    item = form.field(column.name)
    if any(c.by == "iso_to_year" and column.name in c.source for c in form.convert):
        return pa.array(["1999-12-31"] * len(gone))
    marks = [c for c in form.convert if c.by == "number_and_mark" and column.name == c.to[1]]
    if marks:
        return pa.array([None if n % 3 else str(marks[0].options["marks"]).split()[0] for n in range(ROWS)])
    if any(c.by == "split" and column.name in c.to for c in form.convert):
        return pa.nulls(ROWS, pa.string())
    if item is not None and item.source in {f"@{c.name}" for c in form.context}:
        return pa.array(["A"] * ROWS)  # of a line before the record: none is written for a missing one
    number = any(c.by in NUMERIC and column.name == c.source[0] for c in form.convert)
    value = item.values[0] if item is not None and item.values else "1.5" if number else "A"
    if item is not None and item.starts:
        value = f"{item.starts}{value}"
    return pa.array([None if g else value for g in gone])


def quantum(spec: Spec, form: Form, column: Column) -> float:
    """Half of the last digit that the form writes, in the column's unit; 0 where it writes all digits."""
    item = form.field(column.name)
    turned = bool(spec.rotate) and column.name in {"pmra", "pmdec"}
    if item is None:
        return 1e-5 if turned else _quantum_of_angle(spec, form, column)
    step = abs(item.scale) if item.type and item.type.strip("<>|=")[0] in "iu" else 0.0
    if item.decimals is not None:
        step = 10.0**-item.decimals * abs(item.scale)
    if item.type and item.type.endswith("f4") or column.type == "REAL":
        step = max(step, 1e-5)
    half = 0.501 * step * unit_factor(item.unit, column.unit) + 1e-9
    return max(1e-5, 1.5 * half) if turned else half  # of a turned motion, the other's digit is a part


def _quantum_of_angle(spec: Spec, form: Form, column: Column) -> float:
    """The same of an angle in parts [deg]; near the pole that the test goes to, precession mixes them."""
    angle = next((c for c in form.convert if column.name in c.to and "decimals" in c.options), None)
    if angle is None or not angle.by.startswith("sexagesimal"):
        return 1e-4
    last = 10.0 ** -int(angle.options["decimals"]) / (60 if len(angle.source) == 2 else 3600)
    return 0.51 * last * (15 if angle.by.endswith("hours") else 1) * (20 if spec.equinox else 1)


def writable() -> list[tuple[Spec, Form]]:
    """Every form but those that are only read beside another."""
    parts = {(s.name, join.form) for s in ingest.catalogues() for f in s.forms for join in f.joins}
    return [
        (spec, with_own_units(spec, form))
        for spec in ingest.catalogues()
        for form in spec.forms
        if (spec.name, form.name) not in parts
    ]


def has_two_ways(form: Form) -> bool:
    """Whether the form is text; but files of which only some lines are records are read line by line."""
    return form.reader in ("fixed_width", "delimited", "csv", "vizier", "ecsv") and not form.context


@pytest.mark.parametrize(("spec", "form"), writable(), ids=lambda x: x.name)
def test_rows_come_back_as_they_were_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: Spec, form: Form
) -> None:
    forms = [form, *(f for f in spec.forms if f.name in {join.form for join in form.joins})]
    written = [sample(spec, f, np.random.default_rng(1)) for f in forms]
    files = [tmp_path / f"{number}-{file_name(f)}" for number, f in enumerate(forms)]
    for part, rows, file in zip(forms, written, files, strict=True):
        ingest.write_native(spec, part.name, rows, file)
    if has_two_ways(form):
        check_ways_of_reading(spec, form, files[0])
        monkeypatch.setattr(typed_text, "LARGE_BYTES", 0)
    report = ingest.ingest(store, spec, files, form=form.name)
    assert report.rows_kept == ROWS
    order = order_of(spec, form) if report.table.has("source_id") and not of_the_file(form) else []
    back = store.sql(f"SELECT * FROM {report.table.qualified_name} {ordering(order)}").arrow()
    for part, rows in zip(forms, written, strict=True):
        has_all = order and set(order) <= set(rows.column_names)
        ordered = rows.sort_by([(name, "ascending") for name in order]) if has_all else rows
        for column in (c for c in spec.columns if c.name in back.column_names and compared(part, c)):
            if column.name in ordered.column_names:
                before, after = ordered.column(column.name), back.column(column.name)
                step = quantum(spec, part, column)
                compare(before.to_pylist(), after.to_pylist(), step, column.name)


def check_ways_of_reading(spec: Spec, form: Form, file: Path) -> None:
    """The loops, which read large text, give what DuckDB gives of small text."""
    tables = []
    with scratch() as con, pytest.MonkeyPatch.context() as patch:
        plan = plan_file(con, spec, file, form.name)
        for large in (True, False):
            patch.setattr(typed_text, "LARGE_BYTES", 0 if large else 2**40)
            source = READERS[form.reader].open(con, file, plan.form, "x", lambda rows: None)
            assert source.is_clean == large
            present, rows = present_of(plan.form, source), with_special(plan.form, source.sql, plan.zone)
            broken = source.has_broken
            statement = select(plan.spec, plan.form, present, rows, located=False, broken=broken)
            tables.append(con.sql(statement, params=source.parameters).to_arrow_table())
            con.unregister("x")
    assert tables[0].equals(tables[1])


def ordering(names: list[str]) -> str:
    """Tables without an identifier stay in the order of their files, as do parts of a joined table."""
    return f"ORDER BY {', '.join(names)}" if names else ""


def order_of(spec: Spec, form: Form) -> list[str]:
    """The identifier, where the form gives each row its own; else every column that the form writes."""
    if not any(c.by == "constant" and "source_id" in c.to for c in form.convert):
        return ["source_id"]
    return [c.name for c in spec.columns if form.field(c.name) is not None]


def compared(form: Form, column: Column) -> bool:
    return form.field(column.name) is not None or column.name in {"source_id", "ra", "dec"}


REGION = "N0123012"
"""Word of the name of a file that is one triangle of the sky."""


def zone_in(form: Form) -> int | str:
    """The zone that the name of the form's file holds, a number where it is one."""
    found = re.search(str(form.zone_from_name), file_name(form))
    assert found is not None
    return int(found[1]) if found[1].isdigit() else found[1]


def file_name(form: Form) -> str:
    if of_the_file(form):
        return DESIGNATION
    if form.reader == "fits" and form.zone_from_name:
        return f"{REGION}.fits"
    return {"fits": "x.fits", "csv": "x.csv", "parquet": "x.parquet"}.get(form.reader, "z001")


def compare(before: list[object], after: list[object], tolerance: float, name: str) -> None:
    for old, new in zip(before, after, strict=True):
        if isinstance(old, float) and isinstance(new, int | float):
            assert math.isclose(old, new, rel_tol=2e-7, abs_tol=tolerance), name
        elif old is not None and new is not None:
            assert str(old) == str(new), name


SPEC = """
[catalogue]
name = "plate"
title = "Plates"
about = "A catalogue in old forms"
frame = "FK5"
frame_note = "stated by the test"
rotate = "fk5_to_icrs"
time_scale = "UTC"
columns = [
  { name = "source_id", type = "VARCHAR", about = "Zone and number" },
  "ra", "dec", "ref_epoch", "ra_error", "dec_error", "ra_dec_corr", "pmra", "pmdec",
]
[[positions]]
name = "listed"
pmra = "pmra"
pmdec = "pmdec"
[[forms]]
name = "old"
reader = "fixed_width"
width = 86
fields = [
  { name = "zone", bytes = "1-3", format = "I3.3" }, { name = "number", bytes = "5-9", format = "I5.5" },
  { name = "rah", bytes = "11-12", format = "A2" }, { name = "ram", bytes = "14-15", format = "A2" }, { name = "ras", bytes = "17-23", format = "A7" },
  { name = "ded", bytes = "25-27", format = "A3" }, { name = "dem", bytes = "29-30", format = "A2" }, { name = "des", bytes = "32-37", format = "A6" },
  { name = "mjd", bytes = "39-49", format = "F11.4" },
  { name = "maj", bytes = "51-56", format = "F6.3", unit = "arcsec" }, { name = "min", bytes = "58-63", format = "F6.3", unit = "arcsec" },
  { name = "ang", bytes = "65-69", format = "F5.1", unit = "deg" },
  { name = "pm_a", bytes = "71-78", format = "F8.5", unit = "arcsec/yr" }, { name = "pmdec", bytes = "80-86", format = "F7.4", unit = "arcsec/yr" },
]
convert = [
  { by = "join", from = ["zone", "number"], to = "source_id", format = "%03d-%05d" },
  { by = "sexagesimal_hours", from = ["rah", "ram", "ras"], to = "ra", decimals = 4 },
  { by = "sexagesimal_degrees", from = ["ded", "dem", "des"], to = "dec", decimals = 3 },
  { by = "mjd_to_year", from = "mjd", to = "ref_epoch" },
  { by = "ellipse_to_errors", from = ["maj", "min", "ang"], to = ["ra_error", "dec_error", "ra_dec_corr"] },
  { by = "times_cosdec", from = ["pm_a", "dec"], to = "pmra" },
]
"""


def old_rows() -> pa.Table:
    rng = np.random.default_rng(5)
    return pa.table(
        {
            "source_id": [f"{z:03d}-{n:05d}" for z, n in zip(range(ROWS), range(10, 10 + ROWS), strict=True)],
            "ra": [0.0, 359.99999, *rng.uniform(0, 360, ROWS - 2)],
            "dec": [-0.0001, 89.9, *rng.uniform(-85, 85, ROWS - 2)],
            "ref_epoch": rng.uniform(1975, 2015, ROWS),
            "ra_error": rng.uniform(100, 200, ROWS),
            "dec_error": rng.uniform(100, 200, ROWS),
            "ra_dec_corr": rng.uniform(-0.8, 0.8, ROWS),
            "pmra": [10.0, 0.1, *rng.normal(0, 50, ROWS - 2)],
            "pmdec": rng.normal(0, 50, ROWS),
        }
    )


def test_every_conversion_at_once_and_the_frame(store: Store, tmp_path: Path) -> None:
    spec = ingest.read_spec(SPEC, "plate.toml")
    rows = old_rows()
    file = tmp_path / "plate.dat"
    ingest.write_native(spec, "old", rows, file)
    assert {len(line) for line in file.read_text().splitlines()} == {86}
    ingest.ingest(store, spec, file)
    back = store.sql("SELECT * FROM catalogs.plate ORDER BY source_id").arrow()
    tolerances = {"ra": 15 * 0.51e-4 / 3600, "dec": 0.51e-3 / 3600, "ref_epoch": 1e-4 / 365, "ra_error": 2, "dec_error": 2,
                  "ra_dec_corr": 0.02, "pmra": 0.01, "pmdec": 0.06}  # fmt: skip
    assert back.column("source_id").to_pylist() == rows.column("source_id").to_pylist()
    for name, tolerance in tolerances.items():
        off = np.abs(np.asarray(back.column(name)) - np.asarray(rows.column(name)))
        if name == "ra":
            off = np.minimum(off, 360 - off)
        assert off.max() < tolerance, name
    again = tmp_path / "again.dat"
    ingest.write_native(spec, "old", back.drop_columns(["hpx29"]), again)
    same = [
        a == b for a, b in zip(file.read_text().splitlines(), again.read_text().splitlines(), strict=True)
    ]
    assert np.mean(same) > 0.8  # a digit on the edge of rounding may flip


def test_what_can_not_be_written(tmp_path: Path) -> None:
    spec = ingest.read_spec(SPEC, "plate.toml")
    with pytest.raises(SpecError, match="plate has no form odl; did you mean old"):
        ingest.write_native(spec, "odl", old_rows(), tmp_path / "x")
    with pytest.raises(DataError, match="plate has no column parallax"):
        ingest.write_native(
            spec, "old", old_rows().append_column("parallax", pa.array([1.0] * ROWS)), tmp_path / "x"
        )
    wide = old_rows().set_column(7, "pmra", pa.array([1e9] * ROWS))
    with pytest.raises(DataError, match="pm_a needs more than 8 characters"):
        ingest.write_native(spec, "old", wide, tmp_path / "x")
