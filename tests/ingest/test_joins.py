"""Tables made of several files joined by a key: partners, keys that stand twice, files that are missing."""

from __future__ import annotations

import csv
import logging
from pathlib import Path

import pytest

import ingest
from catalogdb.errors import BadRecord, DataError, SpecError
from catalogdb.store import Store

SPEC = """
[catalogue]
name = "pair"
title = "Orbits of systems"
about = "A row for each orbit beside its system"
frame = "ICRS"
frame_note = "stated by the test"
ref_epoch = 2000.0
unique = false
columns = [
  { name = "source_id", type = "BIGINT", about = "System" },
  { name = "period", type = "DOUBLE", unit = "d", ucd = "time.period", about = "Period" },
  "ra", "dec",
  { name = "aliases", type = "VARCHAR", ucd = "meta.id", about = "Names" },
]
[[positions]]
name = "listed"
[[forms]]
name = "orbits"
about = "orbits.txt"
reader = "delimited"
joins = [{ form = "systems", on = "source_id" }, { form = "names", on = "source_id", gather = "; ", optional = true }]
fields = [{ name = "source_id", format = "I0" }, { name = "period", limits = [0, 1000] }]
[[forms]]
name = "systems"
about = "systems.txt"
reader = "delimited"
fields = [{ name = "source_id", format = "I0" }, "ra", "dec"]
[[forms]]
name = "names"
reader = "delimited"
fields = [{ name = "source_id", format = "I0" }, { name = "aliases", format = "A0" }, { name = "_letter", format = "A1" }, { name = "_more", format = "A1" }]
"""
ORBITS = "1,10.5\n1,11.5\n2,20\n"
SYSTEMS = "1,10,-5\n2,359.5,5\n"
NAMES = "1,b,x,x\n1,a,x,x\n1,b,x,x\n2,c,x,x\n"


def files(folder: Path, orbits: str = ORBITS, systems: str = SYSTEMS, names: str = NAMES) -> list[Path]:
    paths = []
    for name, text in (("names.txt", names), ("systems.txt", systems), ("orbits.txt", orbits)):
        (folder / name).write_text(text)
        paths.append(folder / name)
    return paths


def rows(store: Store) -> list[tuple]:
    query = "SELECT source_id, period, ra, dec, ref_epoch, aliases FROM catalogs.pair ORDER BY ALL NULLS LAST"
    return [tuple(r.values()) for r in store.sql(query).arrow().to_pylist()]


@pytest.fixture
def spec() -> ingest.Spec:
    return ingest.read_spec(SPEC, "pair.toml")


def test_rows_of_the_parts_stand_beside_those_of_the_whole(
    store: Store, tmp_path: Path, spec: ingest.Spec
) -> None:
    report = ingest.ingest(store, spec, files(tmp_path))
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (3, 3, 0)
    assert [(i.form, i.rows_read, i.rows_kept) for i in report.ingests] == [
        ("names", 4, 4),
        ("systems", 2, 2),
        ("orbits", 3, 3),
    ]
    assert rows(store) == [
        (1, 10.5, 10, -5, 2000, "a; b"),
        (1, 11.5, 10, -5, 2000, "a; b"),
        (2, 20, 359.5, 5, 2000, "c"),
    ]


def test_an_optional_part_may_be_left_out_and_the_order_of_files_does_not_matter(
    store: Store, tmp_path: Path, spec: ingest.Spec
) -> None:
    _, systems, orbits = files(tmp_path)
    report = ingest.ingest(store, spec, [orbits, systems])
    assert not report.table.has("aliases")
    assert report.rows_kept == 3
    named = ingest.ingest(store, spec, [systems, orbits], form="orbits", name="named")
    assert named.rows_kept == 3


def test_several_files_of_each_form(store: Store, tmp_path: Path, spec: ingest.Spec) -> None:
    paths = files(tmp_path, orbits="1,10.5\n1,11.5\n", systems="1,10,-5\n")
    (tmp_path / "orbits2.txt").write_text("2,20\n")
    (tmp_path / "systems2.txt").write_text("2,359.5,5\n")
    ingest.ingest(store, spec, [*paths, tmp_path / "orbits2.txt", tmp_path / "systems2.txt"])
    assert [r[:4] for r in rows(store)] == [(1, 10.5, 10, -5), (1, 11.5, 10, -5), (2, 20, 359.5, 5)]


def test_rows_without_a_partner_are_kept_and_told(
    store: Store, tmp_path: Path, spec: ingest.Spec, caplog: pytest.LogCaptureFixture
) -> None:
    paths = files(tmp_path, systems="1,10,-5\n7,20,30\n", names="8,h,x,x\n")
    with caplog.at_level(logging.WARNING):
        report = ingest.ingest(store, spec, paths)
    assert rows(store) == [
        (1, 10.5, 10, -5, 2000, None),
        (1, 11.5, 10, -5, 2000, None),
        (2, 20, None, None, None, None),
        (7, None, 20, 30, 2000, None),
        (8, None, None, None, None, "h"),
    ]
    assert (report.rows_kept, report.without_position) == (5, 2)
    told = caplog.text
    assert "1 rows of orbits.txt have no partner in systems.txt, the first source_id 2" in told
    assert "1 rows of systems.txt have no partner in orbits.txt, the first source_id 7" in told
    assert "1 rows of names.txt have no partner in orbits.txt, the first source_id 8" in told


def test_a_key_that_stands_twice_is_named(store: Store, tmp_path: Path, spec: ingest.Spec) -> None:
    """Joined, it would double the rows."""
    paths = files(tmp_path, systems=SYSTEMS + "2,1,1\n")
    reason = "systems.txt, line 3, column source_id: repeats the identifier of systems.txt, line 2"
    with pytest.raises(BadRecord, match=reason):
        ingest.ingest(store, spec, paths)
    report = ingest.ingest(store, spec, paths, rejects=tmp_path / "rejects.csv")
    assert (report.rows_kept, report.rows_rejected) == (3, 1)
    assert rows(store)[2][:4] == (2, 20, 359.5, 5)


def test_a_bad_record_of_a_part_is_named_and_may_be_set_aside(
    store: Store, tmp_path: Path, spec: ingest.Spec
) -> None:
    paths = files(tmp_path, systems="1,10,-5\n2,359.5,95\n")
    with pytest.raises(BadRecord, match="systems.txt, line 2, column dec: lies outside -90 to 90"):
        ingest.ingest(store, spec, paths)
    report = ingest.ingest(store, spec, paths, rejects=tmp_path / "rejects.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (4, 3, 1)
    assert [(i.form, i.rows_kept, i.rows_rejected) for i in report.ingests][1] == ("systems", 1, 1)
    with (tmp_path / "rejects.csv").open() as stream:
        (reject,) = csv.DictReader(stream)
    assert (Path(reject["file"]).name, reject["line"]) == ("systems.txt", "2")
    assert rows(store)[2] == (2, 20, None, None, None, "c")


def test_a_missing_file_is_asked_for(store: Store, tmp_path: Path, spec: ingest.Spec) -> None:
    names, systems, orbits = files(tmp_path)
    with pytest.raises(
        DataError, match=r"orbits.txt .*is read together with a file of form systems \(systems.txt\)"
    ):
        ingest.ingest(store, spec, orbits)
    with pytest.raises(
        DataError, match=r"systems.txt .*only a part of the table: name the file of form orbits"
    ):
        ingest.ingest(store, spec, [systems, names])


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('{ form = "systems",', '{ form = "system",', "join with system: no other form has that name; did you mean"),
        ('{ form = "systems",', '{ form = "orbits",', "join with orbits: no other form has that name"),
        ('on = "source_id" }', 'on = "period" }', "on = period must be a column of both forms"),
        ('on = "source_id" }', 'onn = "source_id" }', "form orbits, join 1: unknown key onn; did you mean on"),
        (', on = "source_id" }', " }", "join 1: missing 1 required keyword-only argument: 'on'"),
        ('on = "source_id" }', 'on = "source_id", gather = "," }', "gather joins texts, and ra is DOUBLE"),
        ('name = "systems"\n', 'name = "systems"\njoins = [{ form = "names", on = "source_id" }]\n', "has no joins of its own"),
    ],
)  # fmt: skip
def test_wrong_joins_in_a_spec(old: str, new: str, match: str) -> None:
    assert old in SPEC
    with pytest.raises(SpecError, match=match):
        ingest.read_spec(SPEC.replace(old, new, 1), "pair.toml")
