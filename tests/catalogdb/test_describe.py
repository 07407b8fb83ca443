"""Editing the description of a table: its parts stay, its history is kept, a rebuilt registry knows it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import catalogdb
import ingest
from catalogdb import Store, Table
from catalogdb.cli import app
from catalogdb.errors import DataError, SchemaError, StoreError

TEN = "SELECT range AS source_id, range / 2.0 AS mag FROM range(10)"

SPEC = """
[catalogue]
name = "tiny"
title = "Tiny"
about = "A catalogue of a test"
reference = "Nobody, 2026"
systematics = "none known"
frame = "ICRS"
frame_note = "stated by the test"
ref_epoch = 2000.0
columns = [
  { name = "source_id", about = "Number" }, "ra", "dec", "pmra",
  { name = "vmag", type = "REAL", unit = "mag", ucd = "phot.mag;em.opt.V", about = "Magnitude" },
  { name = "never", type = "REAL", unit = "mag", ucd = "phot.mag", about = "In no file" },
]
[[positions]]
name = "listed"
[[forms]]
name = "csv"
reader = "csv"
fields = ["source_id", "ra", "dec", "pmra", "vmag", { name = "never", optional = true }]
"""


def edited(**changed: str) -> ingest.Spec:
    text = SPEC
    for old, new in changed.items():
        line = next(line for line in SPEC.splitlines() if line.startswith(f"{old} = "))
        text = text.replace(line, f"{old} = {new}")
    return ingest.read_spec(text, "tiny.toml")


@pytest.fixture
def tiny(store: Store, tmp_path: Path) -> Path:
    """A spec's file, with which a table was ingested."""
    (tmp_path / "a.csv").write_text(
        "source_id,ra,dec,pmra,vmag,colour\n1,10,20,1.5,7,red\n2,30,40,2.5,8,blue\n"
    )
    (tmp_path / "b.csv").write_text("source_id,ra,dec,pmra,vmag,colour\n3,50,60,3.5,9,green\n")
    spec = tmp_path / "tiny.toml"
    spec.write_text(SPEC)
    ingest.ingest(store, str(spec), tmp_path / "a.csv")
    return spec


def history(store: Store) -> list[tuple[object, ...]]:
    return store.sql(
        "SELECT table_name, column_name, item, was, now, snapshot FROM provenance.edits"
    ).fetchall()


def test_rows_and_parts_stay_and_the_history_is_kept(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    before = store.info("plain")
    report = store.describe(
        "plain", title="Ten", columns={"mag": {"about": "V magnitude", "ucd": "phot.mag;em.opt.V"}}
    )
    assert report.snapshot == store.snapshot == 2
    assert [str(edit) for edit in report.edits] == [
        "title: '' is now 'Ten'",
        "mag about: 'Magnitude' is now 'V magnitude'",
        "mag ucd: 'phot.mag' is now 'phot.mag;em.opt.V'",
    ]
    after = store.info("plain")
    assert (after.parts, after.rows) == (before.parts, 10)
    assert (after.table.title, after.table.column("mag").about) == ("Ten", "V magnitude")
    assert store.sql("SELECT sum(mag) FROM catalogs.plain").fetchall() == [(22.5,)]
    assert history(store) == [
        ("catalogs.plain", None, "title", "", "Ten", 2),
        ("catalogs.plain", "mag", "about", "Magnitude", "V magnitude", 2),
        ("catalogs.plain", "mag", "ucd", "phot.mag", "phot.mag;em.opt.V", 2),
    ]
    described = store.sql("SELECT ucd, description FROM tap_schema.columns WHERE column_name = 'mag'")
    assert described.fetchall() == [("phot.mag;em.opt.V", "V magnitude")]
    assert store.sql("SELECT mag FROM catalogs.plain").columns[0].about == "V magnitude"
    assert (
        "describe catalogs.plain" in store.sql("SELECT changes FROM provenance.snapshots").fetchall()[-1][0]
    )
    with catalogdb.open(store.path, snapshot=1) as earlier:
        assert earlier.table("plain").title == ""
        assert history(earlier) == []
        with pytest.raises(StoreError, match="opened to be read"):
            earlier.describe("plain", title="x")
    report = store.check()
    assert (report.ok, report.orphans) == (True, ())


def test_nothing_to_change_publishes_nothing(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    assert store.describe("plain", about=plain.about).edits == ()
    assert store.snapshot == 1


@pytest.mark.parametrize(
    ("what", "error", "match"),
    [
        ({"columns": {"magg": {"about": "x"}}}, SchemaError, "has no column magg; did you mean mag"),
        (
            {"columns": {"mag": {"abuot": "x"}}},
            SchemaError,
            "a column has no abuot to be edited; did you mean about",
        ),
        ({"columns": {"mag": {"ucd": "phot.mga"}}}, SchemaError, "is not in the UCD vocabulary"),
        ({"columns": {"mag": {"about": " "}}}, SchemaError, "has no description"),
        ({"columns": {"mag": {"unit": "mmag"}}}, SchemaError, "the values are in 'mag'.*--replace"),
        ({"columns": {"mag": {"type": "DOUBLE"}}}, SchemaError, "a column has no type to be edited"),
        ({"titel": "x"}, SchemaError, "a table has no titel to be edited; did you mean title"),
        ({"about": ""}, SchemaError, "has no description"),
    ],
)
def test_what_can_not_be_edited(
    store: Store, plain: Table, what: dict[str, object], error: type[Exception], match: str
) -> None:
    store.publish(plain, TEN)
    with pytest.raises(error, match=match):
        store.describe("plain", **what)
    assert store.snapshot == 1
    assert not list((store.path / "tables").rglob("*.json"))


def test_another_spelling_of_a_unit(store: Store, tiny: Path) -> None:
    store.describe("tiny", columns={"pmra": {"unit": "mas/yr"}})
    assert store.table("tiny").column("pmra").unit == "mas/yr"


def rebuilt(store: Store, *, attached: bool) -> Store:
    """The store with its registry lost, and the list of what is current too."""
    store.close()
    (store.path / "store.sqlite").unlink()
    if not attached:
        (store.path / "attach.sql").unlink()
    catalogdb.rebuild_registry(store.path)
    return catalogdb.open(store.path)


@pytest.mark.parametrize("attached", [True, False])
@pytest.mark.parametrize("then", ["nothing", "append", "rename", "part", "edit"])
def test_a_rebuilt_registry_knows_the_edit(store: Store, plain: Table, attached: bool, then: str) -> None:
    store.publish(plain, TEN)
    store.describe("plain", title="Ten", columns={"mag": {"about": "V magnitude"}})
    name = "plain"
    if then == "append":
        store.publish(plain, "SELECT 100 AS source_id", mode="append")
    elif then == "rename":
        store.rename("plain", "others")
        name = "others"
    elif then == "part":
        store.publish(plain, "SELECT 100 AS source_id", part="run1")
    elif then == "edit":
        store.describe("plain", title="Eleven")
    told, said = history(store), store.table(name)
    with rebuilt(store, attached=attached) as again:
        assert again.table(name) == said
        assert said.title == ("Eleven" if then == "edit" else "Ten")
        assert said.column("mag").about == "V magnitude"
        assert [row for row in history(again) if row[0] == said.qualified_name] == told
        assert again.check().ok
        again.gc(retention_days=0)
        assert again.check().orphans == ()
        assert again.table(name) == said


def test_rows_that_are_appended_do_not_undo_an_edit(store: Store, tiny: Path) -> None:
    store.describe("tiny", title="Better", columns={"vmag": {"about": "V magnitude"}})
    again = tiny.with_name("b.csv")
    tiny.write_text(SPEC.replace('"Nobody, 2026"', '"Somebody, 2027"'))
    ingest.ingest(store, str(tiny), again, mode="append")
    table = store.table("tiny")
    assert (table.title, table.column("vmag").about) == ("Better", "V magnitude")
    assert table.reference == "Somebody, 2027", "what nobody edited follows the spec"
    assert store.row_count("tiny") == 3
    # A new version is described by its spec again.
    ingest.ingest(store, str(tiny), again, mode="replace")
    assert store.table("tiny").title == "Tiny"


def test_gc_removes_descriptions_with_their_snapshots(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    store.describe("plain", title="One")
    store.describe("plain", title="Two")
    first, second = sorted((store.path / "tables").rglob("*.json"), key=lambda path: path.name)
    store.gc()
    assert first.exists()
    store.gc(retention_days=0)
    assert not first.exists()
    assert second.exists()
    store.publish(plain, TEN, mode="replace")
    store.gc(retention_days=0)
    assert not second.exists()
    assert store.check().orphans == ()


def test_a_torn_description_is_an_orphan_and_no_harm(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    torn = store.path / "tables" / "catalogs" / "plain.2_00000000.json"
    torn.write_text('{"table": {"na')
    assert store.check().orphans == ("tables/catalogs/plain.2_00000000.json",)
    with rebuilt(store, attached=True) as again:
        assert again.table("plain").title == ""
        again.gc(retention_days=0)
    assert not torn.exists()


def test_a_commit_that_fails_leaves_no_description(
    store: Store, plain: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.publish(plain, TEN)
    from catalogdb import publication

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publication, "set_description_file", fail)
    with pytest.raises(StoreError, match="the disk is full"):
        store.describe("plain", title="Ten")
    assert store.snapshot == 1
    assert not list((store.path / "tables").rglob("*.json"))


# --- from an edited spec ---------------------------------------------------------------------------


def test_an_edited_spec(store: Store, tiny: Path) -> None:
    parts = store.info("tiny").parts
    text = SPEC.replace('title = "Tiny"', 'title = "Small"').replace(
        'about = "Magnitude"', 'about = "Johnson V"'
    )
    text = text.replace('systematics = "none known"', 'epoch_note = "of the plates"')
    text = text.replace('name = "listed"', 'name = "listed"\nindependent = false').replace(
        '"pmra",', '{ name = "pmra", about = "Motion" },', 1
    )
    tiny.write_text(text)
    report = store.describe("tiny", spec=str(tiny), reference="Everybody")
    changed = {(edit.column, edit.item): (edit.was, edit.now) for edit in report.edits}
    positions = changed.pop((None, "positions"))
    assert [json.loads(each)[0]["independent"] for each in positions] == [True, False]
    assert changed.pop(("pmra", "about"))[1] == "Motion"
    assert changed == {
        (None, "title"): ("Tiny", "Small"),
        (None, "reference"): ("Nobody, 2026", "Everybody"),
        (None, "systematics"): ("none known", ""),
        (None, "epoch_note"): ("", "of the plates"),
        ("vmag", "about"): ("Magnitude", "Johnson V"),
    }
    table = store.table("tiny")
    assert store.info("tiny").parts == parts
    assert table.extra["form"] == "csv"
    assert "systematics" not in table.extra
    assert table.has("colour"), "what only the file describes stays"
    assert not table.has("never")
    assert store.describe("tiny", spec=str(tiny), reference="Everybody").edits == ()


UCD = 'unit = "mag", ucd = "phot.mag;em.opt.V"'
OTHERS = {
    "epoch": ("ref_epoch = 2000.0", "ref_epoch = 1991.25", "its ref_epoch is 2000.0, the spec says 1991.25"),
    "frame": (
        'frame = "ICRS"',
        'frame = "FK5"\nrotate = "fk5_to_icrs"',
        "its frame is 'ICRS', the spec says",
    ),
    "type": (f'type = "REAL", {UCD}', f'type = "DOUBLE", {UCD}', "type of vmag is 'REAL'"),
    "unit": (UCD, UCD.replace('"mag"', '"mmag"'), "column vmag: the values are in 'mag'"),
    "name": ('name = "tiny"', 'name = "other"', "is a table of tiny, not of other"),
    "scale": (
        "ref_epoch =",
        'time_scale = "UTC"\nref_epoch =',
        "its time_scale is 'TDB', the spec says 'UTC'",
    ),
}


@pytest.mark.parametrize(("old", "new", "match"), OTHERS.values(), ids=OTHERS)
def test_a_spec_to_which_other_rows_would_belong(
    store: Store, tiny: Path, old: str, new: str, match: str
) -> None:
    assert old in SPEC
    tiny.write_text(SPEC.replace(old, new, 1))
    with pytest.raises((DataError, SchemaError), match=match) as caught:
        store.describe("tiny", spec=str(tiny))
    assert "--replace" in str(caught.value) or "not of other" in str(caught.value)
    assert store.snapshot == 1


def test_aligned_frames_are_only_names(store: Store, tiny: Path) -> None:
    tiny.write_text(SPEC.replace('frame = "ICRS"', 'frame = "Gaia-CRF3"'))
    store.describe("tiny", spec=str(tiny))
    assert store.table("tiny").frame == "Gaia-CRF3"


# --- on the command line ---------------------------------------------------------------------------


@pytest.fixture
def run(store: Store) -> Callable[..., tuple[int, str]]:
    def invoke(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["describe", *words, "--store", str(store.path)])
        return result.exit_code, " ".join(result.output.split())

    return invoke


def test_the_command(store: Store, tiny: Path, run: Callable[..., tuple[int, str]]) -> None:
    code, told = run("tiny", "--title", "Small", "--column", "vmag=V = Johnson's", "--unit", "pmra=mas/yr")
    assert code == 0, told
    assert "title: 'Tiny' is now 'Small'" in told
    assert "catalogs.tiny: 3 changes, snapshot 2" in told
    store.refresh()
    assert store.table("tiny").column("vmag").about == "V = Johnson's"
    assert run("tiny", "--spec", str(tiny), "--title", "Small")[0] == 0
    store.refresh()
    assert store.table("tiny").column("vmag").about == "Magnitude"
    assert run("tiny", "--title", "Small") == (0, "catalogs.tiny: nothing to change, snapshot 3")
    assert run("tiny")[0] == 2
    assert run("tiny", "--ucd", "vmag")[0] == 2
    code, told = run("tinny", "--title", "x")
    assert code == 1
    assert "did you mean catalogs.tiny" in told


def test_descriptions_are_equal_after_the_round_trip(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    store.describe("plain", title="Ten")
    table = store.table("plain")
    assert Table.from_json(table.to_json()) == table
    assert dataclasses.replace(table, title="", extra={}) == plain
