"""Every [[remote]] of every spec: what a service gives of it becomes the same table as a file of the same form."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from astropy.table import Table

import ingest
from catalogdb.errors import DataError, SpecError
from catalogdb.schema import Column
from catalogdb.store import Store
from ingest.remote.cells import Cone
from ingest.remote.fetch import How, fetch
from ingest.remote.request import Request
from ingest.remote.services import find_service
from ingest.remote.source import Address
from ingest.remote.spec import id_columns, position_columns
from ingest.spec import Form, Remote, Spec

ROWS = 40

ENTRIES = [(spec, remote) for spec in ingest.catalogues() for remote in spec.remote]


def identity(value: object) -> str:
    return (
        f"{value.name}"
        if isinstance(value, Spec)
        else f"{value.service}"
        if isinstance(value, Remote)
        else ""
    )


def test_the_catalogues_that_services_have() -> None:
    assert {spec.name for spec, _ in ENTRIES} >= {
        "allwise", "gaia_dr2", "gaia_dr3", "hipparcos", "hipparcos2", "twomass", "tycho2", "tycho2_suppl_1",
        "tycho2_suppl_2", "ucac4", "ucac5", "urat1",
    }  # fmt: skip


def native_rows(spec: Spec, remote: Remote) -> pa.Table:
    """Rows with every column that the form can hold; plain values that each format has room for."""
    form = spec.form(remote.form)
    assert form is not None
    fed = {*form.feeds, "ref_epoch"}
    columns = {c.name: plain(form, c) for c in spec.columns if c.name in fed}
    rng = np.random.default_rng(3)
    columns["ra"] = np.concatenate([[0.25, 359.99], rng.uniform(100, 110, ROWS - 2)])
    columns["dec"] = np.concatenate([[-0.25, 89.5], rng.uniform(20, 30, ROWS - 2)])
    if "observed_ra" in columns:
        columns["observed_ra"], columns["observed_dec"] = columns["ra"], columns["dec"]
    columns["ref_epoch"] = np.full(ROWS, spec.ref_epoch or 2013.5)
    numbers = np.arange(1, ROWS + 1)
    joined = next((c for c in form.convert if c.by == "join" and c.to == ("source_id",)), None)
    if joined is not None:
        columns |= {
            name: numbers if name == joined.source[0] else np.ones(ROWS, int) for name in joined.source
        }
        columns["source_id"] = [f"{i}-1-1" for i in numbers]
    elif not isinstance(columns["source_id"], list):
        columns["source_id"] = numbers * 2**35 if remote.id_order else numbers
    return pa.table(columns)


def plain(form: Form, column: Column) -> Any:
    item = form.field(column.name)
    low, high = item.limits if item is not None and item.limits is not None else (1.0, 2.0)
    if column.type == "VARCHAR":
        text = f"{(item and item.starts) or ''}A"
        return [f"{i:03d}-{i:06d}" if column.name == "source_id" else text for i in range(1, ROWS + 1)]
    if column.type == "BOOLEAN":
        return [bool(i % 2) for i in range(ROWS)]
    if column.type in {"REAL[]", "DOUBLE[]"}:
        return [[0.25] * (i % 4) or None for i in range(ROWS)]
    if "INT" in column.type:
        return np.full(ROWS, int(max(low, 1)))
    small = {"stat.correlation": 0.1, "stat.covariance;pos.eq": 0.0001}
    return np.full(ROWS, small.get(column.ucd, (low + high) / 2))


def offered(server: Any, spec: Spec, remote: Remote, folder: Path) -> tuple[Path, Table]:
    """A file of the form, and the same table at the service, with the units that the form has."""
    form = spec.form(remote.form)
    assert form is not None
    file = folder / ("x.fits" if form.reader == "fits" else "x.vot")
    ingest.write_native(spec, form.name, native_rows(spec, remote), file)
    table = Table.read(
        file, **({} if form.reader == "fits" else {"format": "votable", "use_names_over_ids": True})
    )
    for name in table.colnames:
        if table[name].dtype.kind == "S":
            table[name] = table[name].astype(str)
    position = position_columns(spec, remote)
    if position is not None:
        for (names, ucd), values in zip(
            ((position[0], "ra"), (position[1], "dec")),
            (native_rows(spec, remote)["ra"], native_rows(spec, remote)["dec"]),
            strict=True,
        ):
            if names[0] not in table.colnames:
                table[names[0]] = values.to_numpy()
                table[names[0]].unit = "deg"
            table[names[0]].meta["ucd"] = f"pos.eq.{ucd};meta.main"
    server.add(remote.table, table)
    return file, table


@pytest.mark.parametrize(("spec", "remote"), ENTRIES, ids=identity)
def test_what_is_fetched_is_what_a_file_has(
    store: Store, server: Any, tmp_path: Path, spec: Spec, remote: Remote
) -> None:
    """By a cone that holds all but two of the stars, and by identifiers; each by the service's own columns."""
    file, _ = offered(server, spec, remote, tmp_path)
    by_file = ingest.ingest(store, spec, file, form=remote.form, name="by_file")
    small = of_few_rows(spec, tmp_path)
    cone = Request(catalogue=small, cone=Cone(105, 25, 20))
    report = fetch(store, cone, Address(tap=server.url), How(name="fetched"))
    assert (report.ingest.rows_kept, by_file.rows_kept) == (ROWS - 2, ROWS)
    kept = [c for c in report.ingest.table.columns if by_file.table.has(c.name)]
    assert [c.name for c in by_file.table.columns if not report.ingest.table.has(c.name)] == extra_of(
        by_file.table, spec
    )
    for column in kept:
        assert replace(column, source_name=None) == replace(
            by_file.table.column(column.name), source_name=None
        )
    names = ", ".join(f'"{c.name}"' for c in kept)
    rows = store.sql(f"SELECT {names} FROM fetched ORDER BY source_id").fetchall()
    inside = "WHERE ra BETWEEN 90 AND 120"
    assert rows == store.sql(f"SELECT {names} FROM by_file {inside} ORDER BY source_id").fetchall()
    assert report.ingest.table.positions == by_file.table.positions
    wanted = [str(row[0]) for row in store.sql("SELECT source_id FROM fetched LIMIT 3").fetchall()]
    listed = Request(catalogue=small, ids=(*wanted, wanted[0]))
    report = fetch(store, listed, Address(tap=server.url), How(name="i"))
    assert sorted(str(row[0]) for row in store.sql("SELECT source_id FROM i").fetchall()) == sorted(wanted)
    assert report.missing == ()


def of_few_rows(spec: Spec, folder: Path) -> str:
    """The spec as a file that knows of few rows, so that its sky is not divided into thousands of cells."""
    text = (resources.files("ingest") / "specs" / f"{spec.name}.toml").read_text()
    file = folder / f"{spec.name}.toml"
    file.write_text(re.sub(r"^rows = \d+$", f"rows = {ROWS}", text, count=1, flags=re.MULTILINE))
    return str(file)


def extra_of(table: Any, spec: Spec) -> list[str]:
    """Columns of the file that the spec does not know: a fetch does not ask for them."""
    return [c.name for c in table.columns if spec.column(c.name) is None and c.name != "hpx29"]


@pytest.mark.parametrize(("spec", "remote"), ENTRIES, ids=identity)
def test_entries_are_whole(spec: Spec, remote: Remote) -> None:
    assert find_service(remote.service).protocol == "tap"
    assert position_columns(spec, remote) is not None
    assert id_columns(spec, remote)


SPEC = """
[catalogue]
name = "stars"
title = "Stars"
about = "Stars of a test"
frame = "ICRS"
frame_note = "stated by the test"
ref_epoch = 2000.0
columns = [{ name = "source_id", about = "Number" }, "ra", "dec", { name = "vmag", type = "REAL", unit = "mag", ucd = "phot.mag", about = "V" }]
[[forms]]
name = "radians"
reader = "votable"
fields = [{ name = "source_id", from = ["id", "ident"] }, { name = "ra", unit = "rad" }, { name = "dec", unit = "rad" }, { name = "vmag", optional = true }]
[[forms]]
name = "text"
reader = "fixed_width"
fields = [{ name = "source_id", bytes = "1-5", format = "I5" }]
[[remote]]
"""


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('service = "gaja"\ntable = "t"\nform = "radians"', "remote 1: no service gaja; did you mean gaia"),
        ('service = "gaia"\ntable = "t"\nform = "radian"', "remote 1: radian is no form with named columns; did you mean radians"),
        ('service = "gaia"\ntable = "t"\nform = "text"', "remote 1: text is no form with named columns"),
        ('service = "gaia"\ntable = "t"\nform = "radians"', "remote 1: the form's ra and dec are not in degrees"),
        ('service = "gaia"\ntable = "t"\nform = "radians"\nra = "ra"', "ra and dec are given together"),
        ('service = "gaia"\ntable = "t"\nform = "radians"\nra = "a"\ndec = "d"\nid_order = 12', "id_order and id_factor are given together"),
        ('service = "gaia"\ntabel = "t"\nform = "radians"', "unknown key tabel; did you mean table"),
        ('service = "gaia"\nform = "radians"', "remote 1: missing 1 required"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused(entry: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        ingest.read_spec(SPEC + entry, "stars.toml")


def test_a_column_may_have_several_names(tmp_path: Path, store: Store) -> None:
    spec = ingest.read_spec(SPEC.replace("[[remote]]", ""), "stars.toml")
    for number, name in enumerate(("id", "ident", "IDENT")):
        table = Table({name: [7], "ra": [1.0], "dec": [0.5]})
        table.write(tmp_path / f"{name}{number}.vot", format="votable")
        ingest.ingest(store, spec, tmp_path / f"{name}{number}.vot", name=f"t{number}")
        assert store.sql(f"SELECT source_id FROM t{number}").fetchall() == [(7,)]
    Table({"number": [7], "ra": [1.0], "dec": [0.5]}).write(tmp_path / "x.vot", format="votable")
    with pytest.raises(DataError, match="form radians needs a column id"):
        ingest.ingest(store, spec, tmp_path / "x.vot", name="x")
    with pytest.raises(SpecError, match=r"field source_id: from \[\] is no name, nor a list of names"):
        ingest.read_spec(SPEC.replace('["id", "ident"]', "[]").replace("[[remote]]", ""), "stars.toml")
