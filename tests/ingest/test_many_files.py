"""Catalogues of many files: named, in folders or by patterns; read in batches, and published as one table."""

from __future__ import annotations

import bz2
import csv
import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

import catalogdb
import ingest
from catalogdb.errors import BadRecord, DataError, NotOfForm
from catalogdb.store import Store
from ingest import batches, engine, files, reading
from tests.ingest.stars import stars as small_spec

SPEC = small_spec(
    '{ name = "n", type = "SMALLINT", unit = "", ucd = "meta.number", about = "Number of plates" }'
)
CSV = """
[[forms]]
name = "csv"
reader = "csv"
fields = [{ name = "source_id", from = "id" }, "ra", "dec", { name = "n", optional = true }]
"""
PIPE = """
[[forms]]
name = "pipe"
reader = "delimited"
delimiter = "|"
fields = ["source_id", "ra", "dec", "n"]
"""
FIXED = """
[[forms]]
name = "fixed"
reader = "fixed_width"
width = 33
fields = [
  { name = "source_id", bytes = "1-7", format = "I7" }, { name = "ra", bytes = "9-18", format = "F10.5" },
  { name = "dec", bytes = "20-29", format = "F10.5" }, { name = "n", bytes = "31-33", format = "I3" },
]
"""
ZONES = """
[[forms]]
name = "zones"
reader = "binary"
zone_from_name = 'z(\\d{3})'
fields = [
  { name = "ra", type = "<i4", unit = "mas" }, { name = "dec", type = "<i4", unit = "mas" },
  { name = "n", type = "<i2", limits = [0, 99] },
  { name = "_zone", from = "@zone" }, { name = "_record", from = "@record" },
]
convert = [{ by = "join", from = ["_zone", "_record"], to = "source_id", format = "%d-%d" }]
"""
Rows = list[tuple[int, float, float, int]]


def spec_of(*forms: str) -> ingest.Spec:
    text = SPEC + "".join(forms)
    if ZONES in forms:
        text = text.replace('about = "Number" }', 'type = "VARCHAR", about = "Zone and record" }')
    return ingest.read_spec(text, "stars.toml")


def stars(first: int, count: int, seed: int = 0) -> Rows:
    rng = np.random.default_rng(first + seed)
    ra, dec = rng.uniform(0, 360, count).round(5), np.degrees(np.arcsin(rng.uniform(-1, 1, count))).round(5)
    return [(first + i, float(ra[i]), float(dec[i]), i % 90) for i in range(count)]


def text_of(form: str, rows: Rows) -> str:
    if form == FIXED:
        return "".join(f"{i:7d} {ra:10.5f} {dec:10.5f} {n:3d}\n" for i, ra, dec, n in rows)
    mark = "|" if form == PIPE else ","
    head = "id,ra,dec,n\n" if form == CSV else ""
    return head + "".join(mark.join(map(str, row)) + "\n" for row in rows)


def written(path: Path, form: str, rows: Rows) -> Path:
    """A file in the form, compressed as its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == ZONES:
        records = np.zeros(len(rows), [("ra", "<i4"), ("dec", "<i4"), ("n", "<i2")])
        for name, index, factor in (("ra", 1, 3_600_000), ("dec", 2, 3_600_000), ("n", 3, 1)):
            records[name] = np.rint(np.array([row[index] for row in rows]) * factor)
        path.write_bytes(records.tobytes())
        return path
    pack: Callable[[bytes], bytes] = {".gz": gzip.compress, ".bz2": bz2.compress}.get(path.suffix, bytes)
    path.write_bytes(pack(text_of(form, rows).encode()))
    return path


@pytest.fixture(params=["one batch", "a batch for each file"])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to read: all files in one, or each into a piece."""
    if request.param != "one batch":
        monkeypatch.setattr(batches, "LEAST_BYTES", 1)
    return str(request.param)


@pytest.fixture
def each_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "LEAST_BYTES", 1)


def stored(store: Store, columns: str = "source_id, ra, dec, n") -> list[tuple[object, ...]]:
    return store.sql(f"SELECT {columns} FROM catalogs.stars ORDER BY source_id").fetchall()


def staged(store: Store) -> list[str]:
    return sorted(path.name for path in (store.path / "staging").rglob("*.pieces/*"))


# --- one table of many files -----------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2"])
@pytest.mark.parametrize("form", [CSV, PIPE, FIXED], ids=["csv", "pipe", "fixed"])
def test_text_files_are_one_ordered_part(
    store: Store, tmp_path: Path, batch: str, form: str, suffix: str
) -> None:
    rows = [stars(1000 * k, 300) for k in range(5)]
    paths = [written(tmp_path / f"x{k}{suffix}", form, rows[k]) for k in range(5)]
    report = ingest.ingest(store, spec_of(form), paths)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (1500, 1500, 0)
    assert [each.rows_kept for each in report.ingests] == [300] * 5
    assert [each.file for each in report.ingests] == list(map(str, paths))
    assert stored(store) == [row for part in rows for row in part]
    (part,) = store.info("stars").parts
    assert part.rows == 1500
    order = [cell for (cell,) in store.sql("SELECT hpx29 FROM catalogs.stars").fetchall()]
    assert order == sorted(order)
    assert staged(store) == []


def test_zones_and_records_are_numbered_in_each_file(store: Store, tmp_path: Path, batch: str) -> None:
    for zone in (1, 2, 10):
        written(tmp_path / f"z{zone:03d}", ZONES, stars(zone, zone + 2))
    report = ingest.ingest(store, spec_of(ZONES), tmp_path)
    assert [each.rows_kept for each in report.ingests] == [3, 4, 12]
    names = [f"{zone}-{i + 1}" for zone in (1, 2, 10) for i in range(zone + 2)]
    assert stored(store, "source_id") == [(name,) for name in sorted(names)]
    wanted = {f"{zone}-{i + 1}": row[1] for zone in (1, 2, 10) for i, row in enumerate(stars(zone, zone + 2))}
    for name, ra in stored(store, "source_id, ra"):
        assert ra == pytest.approx(wanted[str(name)], abs=1e-6)


@pytest.mark.parametrize("kind", ["fits", "votable", "parquet", "ecsv"])
def test_self_describing_files(store: Store, tmp_path: Path, batch: str, kind: str) -> None:
    spec = spec_of(CSV.replace('"csv"', f'"{kind}"'))
    paths = []
    for k in range(3):
        columns = dict(zip(("id", "ra", "dec", "n"), zip(*stars(100 * k, 40), strict=True), strict=True))
        paths.append(tmp_path / f"x{k}.{kind}")
        if kind == "parquet":
            pq.write_table(pa.table({name: list(values) for name, values in columns.items()}), paths[-1])
        else:
            Table({name: list(values) for name, values in columns.items()}).write(
                paths[-1], format="ascii.ecsv" if kind == "ecsv" else kind
            )
    ingest.ingest(store, spec, paths)
    assert stored(store) == [row for k in range(3) for row in stars(100 * k, 40)]


def test_a_folder_of_parquet_is_one_file_for_a_catalogue_in_parquet(store: Store, tmp_path: Path) -> None:
    for k in range(3):
        columns = dict(zip(("id", "ra", "dec", "n"), zip(*stars(100 * k, 40), strict=True), strict=True))
        (tmp_path / "hats" / f"Norder={k}").mkdir(parents=True)
        pq.write_table(
            pa.table({name: list(values) for name, values in columns.items()}),
            tmp_path / "hats" / f"Norder={k}" / "x.parquet",
        )
    report = ingest.ingest(store, spec_of(CSV.replace('"csv"', '"parquet"')), tmp_path / "hats")
    assert (len(report.ingests), report.rows_kept) == (1, 120)


def test_files_of_several_forms_and_of_other_columns(store: Store, tmp_path: Path, batch: str) -> None:
    """What a file has not is NULL; the order of its columns is its own."""
    written(tmp_path / "a.csv", CSV, stars(0, 3))
    (tmp_path / "b.csv").write_text("dec,id,ra\n5.5,10,1.5\n")
    written(tmp_path / "c.txt", PIPE, stars(20, 3))
    (tmp_path / "d.csv").write_text("ra,dec,id,colour\n1.5,6.5,30,red\n")
    report = ingest.ingest(
        store, spec_of(CSV, PIPE), [tmp_path / f for f in ("a.csv", "b.csv", "c.txt", "d.csv")]
    )
    assert [each.form for each in report.ingests] == ["csv", "csv", "pipe", "csv"]
    assert store.table("stars").extra["form"] == "csv, pipe"
    rows = {row[0]: row[1:] for row in stored(store, "source_id, ra, dec, n, colour")}
    assert (rows[10], rows[30]) == ((1.5, 5.5, None, None), (1.5, 6.5, None, "red"))
    assert rows[1] == (*stars(0, 3)[1][1:], None)
    assert len(rows) == 8


def test_a_column_that_files_describe_gets_room_for_the_values_of_all(
    store: Store, tmp_path: Path, batch: str
) -> None:
    for name, value in (("a", "7"), ("b", "1.5"), ("c", "8")):
        (tmp_path / f"{name}.csv").write_text(f"id,ra,dec,extra\n{ord(name)},1,2,{value}\n")
    ingest.ingest(store, spec_of(CSV), tmp_path)
    assert store.table("stars").column("extra").type == "DOUBLE"
    assert stored(store, "extra") == [(7.0,), (1.5,), (8.0,)]


def test_files_that_state_different_units_are_refused(store: Store, tmp_path: Path) -> None:
    for name, unit in (("a", "mas"), ("b", "arcsec")):
        table = Table({"id": [ord(name)], "ra": [1.0], "dec": [2.0], "width": [3.0]})
        table["width"].unit = unit
        table.write(tmp_path / f"{name}.fits")
    with pytest.raises(
        DataError, match=r"b.fits: column width has the unit 'arcsec', in files before it 'mas'"
    ):
        ingest.ingest(store, spec_of(CSV.replace('"csv"', '"fits"')), tmp_path)


def open_files() -> int:
    """How many files this process has open; 0 where the system does not say."""
    listed = Path("/proc/self/fd")
    return len(list(listed.iterdir())) if listed.exists() else 0


def test_many_files_are_few_statements_and_no_open_readers(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k in range(300):
        written(tmp_path / f"x{k}.csv", CSV, stars(10 * k, 10))
    joined = []
    statement = reading.joined_statement
    monkeypatch.setattr(
        reading,
        "joined_statement",
        lambda con, plans, *rest: joined.append(len(plans)) or statement(con, plans, *rest),
    )
    before = open_files()
    report = ingest.ingest(store, spec_of(CSV), tmp_path)
    assert joined == [300]
    assert [each.rows_kept for each in report.ingests] == [10] * 300
    assert open_files() < before + 20


# --- which files are meant -------------------------------------------------------------------------


def test_natural_order() -> None:
    names = ["z10", "z2", "a/z3", "z2b", "z1.gz", "10", "9"]
    assert sorted(names, key=files.natural) == ["9", "10", "a/z3", "z1.gz", "z2", "z2b", "z10"]


def test_patterns_are_expanded_in_natural_order(store: Store, tmp_path: Path) -> None:
    for name in ("x2.csv", "x10.csv", "sub/x3.csv", "other.csv"):
        number = sum(map(ord, name)) * 10
        written(tmp_path / name, CSV, stars(number, 2))
    report = ingest.ingest(store, spec_of(CSV), [tmp_path / "x*.csv", str(tmp_path / "**" / "x3.csv")])
    assert [Path(each.file).name for each in report.ingests] == ["x2.csv", "x10.csv", "x3.csv"]
    for pattern in ("y*.csv", "[ab].csv", "x?"):
        with pytest.raises(DataError, match=r"no file matches this pattern"):
            ingest.ingest(store, spec_of(CSV), tmp_path / pattern, mode="replace")
    with pytest.raises(DataError, match="nothing.csv: no such file"):
        ingest.ingest(store, spec_of(CSV), tmp_path / "nothing.csv", mode="replace")


def test_a_file_whose_name_looks_like_a_pattern(store: Store, tmp_path: Path) -> None:
    file = written(tmp_path / "x[1].csv", CSV, stars(0, 2))
    assert ingest.ingest(store, spec_of(CSV), file).rows_kept == 2


@pytest.mark.parametrize("form", [CSV, PIPE, FIXED, ZONES], ids=["csv", "pipe", "fixed", "zones"])
def test_strangers_in_a_folder_are_left_out_and_named(store: Store, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "catalogue"
    for k in range(3):
        written(folder / f"z00{k}", form, stars(100 * k, 50))
    (folder / "ReadMe").write_text(
        "I/999   Stars   (Somebody, 2026)\n\nByte-by-byte description, of stars\n" * 20
    )
    (folder / "sub").mkdir()
    (folder / "sub" / "plot.fits").write_bytes(b"SIMPLE  =                    T" + b" " * 2850)
    (folder / ".hidden").write_text("no")
    (folder / "_SUCCESS").write_text("")
    told: list[str] = []
    report = ingest.ingest(store, spec_of(form), folder, show=told.append)
    assert [path.name for path in report.left_out] == ["ReadMe", "plot.fits"]
    assert told == ["left out, in no form of stars: ReadMe, plot.fits"]
    assert (report.rows_kept, len(report.ingests)) == (150, 3)
    # Named one by one they are an error, as any file that is named.
    with pytest.raises(DataError, match="ReadMe"):
        ingest.ingest(store, spec_of(form), [folder / "z001", folder / "ReadMe"], mode="replace")


def test_a_folder_where_nothing_fits(store: Store, tmp_path: Path) -> None:
    (tmp_path / "ReadMe").write_text("This is about stars\n" * 30)
    (tmp_path / "x.csv").write_text("name,ra\na,1\n")
    with pytest.raises(NotOfForm, match="no file in it is in a form of stars:") as caught:
        ingest.ingest(store, spec_of(CSV), tmp_path)
    assert "ReadMe: form csv needs a column id" in str(caught.value)
    assert "x.csv: form csv needs a column id" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def damage(file: Path, how: str) -> str:
    """Spoil a file; return what the error says of it."""
    if how == "truncated gzip":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        return "is truncated or damaged"
    if how == "empty":
        file.write_bytes(b"")
        return "is empty"
    if how == "a link to nothing":
        file.unlink()
        file.symlink_to("gone")
        return "no such file"
    file.write_bytes(file.read_bytes()[:-3])
    return "is truncated or of another form"


@pytest.mark.parametrize("how", ["truncated gzip", "empty", "a link to nothing", "torn zone"])
def test_a_damaged_file_in_a_folder_is_no_stranger(
    store: Store, tmp_path: Path, batch: str, how: str
) -> None:
    form, suffix = (ZONES, "") if how == "torn zone" else (CSV, ".gz")
    paths = [written(tmp_path / f"z00{k}{suffix}", form, stars(10_000 * k, 4000)) for k in range(4)]
    with pytest.raises(DataError, match=damage(paths[2], how)) as caught:
        ingest.ingest(store, spec_of(form), tmp_path)
    assert paths[2].name in str(caught.value)
    assert store.tables() == ()


def test_the_same_file_twice(store: Store, tmp_path: Path, batch: str) -> None:
    file = written(tmp_path / "x.csv", CSV, stars(0, 5))
    (tmp_path / "link.csv").symlink_to(file)
    for arguments in ([file, file], [tmp_path / "x.csv", tmp_path / "x*.csv"], [file, tmp_path / "link.csv"]):
        with pytest.raises(DataError, match="is named twice"):
            ingest.ingest(store, spec_of(CSV), arguments)
    (tmp_path / "link.csv").unlink()
    (tmp_path / "copy.csv").write_bytes(file.read_bytes())
    anything = ingest.read_spec(SPEC.replace("ref_epoch", "unique = false\nref_epoch") + CSV, "stars.toml")
    with pytest.raises(DataError, match=r"x.csv has the same content as .*copy.csv: leave one of them out"):
        ingest.ingest(store, anything, tmp_path)
    assert store.tables() == ()


# --- records at fault ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [CSV, PIPE, FIXED, ZONES], ids=["csv", "pipe", "fixed", "zones"])
def test_a_bad_record_is_named_with_its_file(store: Store, tmp_path: Path, batch: str, form: str) -> None:
    for k in range(4):
        rows = stars(100 * k, 50)
        if k == 2:
            rows[30] = (rows[30][0], 361.0, *rows[30][2:])
        written(tmp_path / f"z00{k}", form, rows)
    with pytest.raises(BadRecord, match="lies outside 0 to 360 deg") as caught:
        ingest.ingest(store, spec_of(form), tmp_path)
    error = caught.value
    assert (Path(error.file).name, error.line, error.column) == ("z002", 32 if form == CSV else 31, "ra")
    assert "361" in str(error.raw) or form == ZONES
    assert store.tables() == ()
    rejects = tmp_path.parent / "rejects.csv"
    report = ingest.ingest(store, spec_of(form), tmp_path, rejects=rejects)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (200, 199, 1)
    assert [each.rows_rejected for each in report.ingests] == [0, 0, 1, 0]
    (entry,) = csv.DictReader(rejects.read_text().splitlines())
    assert (entry["file"], entry["line"], entry["column"]) == (error.file, str(error.line), "ra")


@pytest.mark.parametrize("form", [CSV, FIXED, PIPE], ids=["csv", "fixed", "pipe"])
def test_an_identifier_that_another_file_has(store: Store, tmp_path: Path, batch: str, form: str) -> None:
    rows = [stars(100 * k, 50) for k in range(4)]
    rows[3][20] = (105, *rows[3][20][1:])
    rows[3][40] = (105, *rows[3][40][1:])
    rows[1][45] = (7, *rows[1][45][1:])
    for k in range(4):
        written(tmp_path / f"x{k}", form, rows[k])
    shift = 1 if form == CSV else 0
    with pytest.raises(BadRecord, match="repeats the identifier of x") as caught:
        ingest.ingest(store, spec_of(form), tmp_path)
    place = (Path(caught.value.file).name, caught.value.line - shift, caught.value.value)
    assert place in {("x1", 46, "7"), ("x3", 21, "105")}
    rejects = tmp_path.parent / "rejects.csv"
    report = ingest.ingest(store, spec_of(form), tmp_path, rejects=rejects)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (200, 197, 3)
    assert [each.rows_rejected for each in report.ingests] == [0, 1, 0, 2]
    entries = [
        (Path(e["file"]).name, int(e["line"]) - shift, e["value"], e["reason"])
        for e in csv.DictReader(rejects.read_text().splitlines())
    ]
    first = f"repeats the identifier of {tmp_path / 'x1'}, line {6 + shift}"
    assert entries == [
        ("x1", 46, "7", f"repeats the identifier of {tmp_path / 'x0'}, line {8 + shift}"),
        ("x3", 21, "105", first),
        ("x3", 41, "105", first),
    ]
    # What is kept is the first record of each.
    assert (7, *rows[0][7][1:]) in stored(store)
    assert (105, *rows[1][5][1:]) in stored(store)


def test_text_of_another_encoding_among_many(store: Store, tmp_path: Path, batch: str) -> None:
    spec = ingest.read_spec(
        (SPEC + PIPE).replace(
            '"n", type = "SMALLINT", unit = "", ucd = "meta.number"',
            '"n", type = "VARCHAR", ucd = "meta.note"',
        ),
        "stars.toml",
    )
    for k in range(3):
        (tmp_path / f"x{k}").write_bytes(f"{k}|1.5|2.5|Müller\n".encode("latin1" if k == 1 else "utf-8"))
    with pytest.raises(DataError, match=r"x1, line 1: is not UTF-8 text \(byte 0xfc\)"):
        ingest.ingest(store, spec, tmp_path)


def test_rejected_records_of_the_table_that_is_added_to(store: Store, tmp_path: Path, batch: str) -> None:
    ingest.ingest(store, spec_of(CSV), written(tmp_path / "a.csv", CSV, stars(0, 5)))
    written(tmp_path / "b.csv", CSV, stars(3, 5))
    written(tmp_path / "c.csv", CSV, stars(100, 5))
    more = [tmp_path / "b.csv", tmp_path / "c.csv"]
    with pytest.raises(BadRecord, match="stands in catalogs.stars already"):
        ingest.ingest(store, spec_of(CSV), more, mode="append")
    report = ingest.ingest(store, spec_of(CSV), more, mode="append", rejects=tmp_path / "r.csv")
    assert (report.rows_kept, report.rows_rejected) == (8, 2)
    assert "stands in catalogs.stars already" in (tmp_path / "r.csv").read_text()
    assert store.row_count("stars") == 13
    assert (3, *stars(0, 5)[3][1:]) in stored(store), "the table's own row stays"


# --- appending -------------------------------------------------------------------------------------


def test_files_that_the_table_has_are_known_by_their_content(
    store: Store, tmp_path: Path, batch: str
) -> None:
    for k in range(3):
        written(tmp_path / f"x{k}.csv", CSV, stars(100 * k, 5))
    ingest.ingest(store, spec_of(CSV), [tmp_path / "x0.csv", tmp_path / "x1.csv"])
    (tmp_path / "x1.csv").rename(tmp_path / "renamed.csv")
    with pytest.raises(DataError, match="catalogs.stars has the rows of these files already") as caught:
        ingest.ingest(store, spec_of(CSV), tmp_path, mode="append")
    assert "x0.csv\n" in str(caught.value)
    assert f"renamed.csv (as {tmp_path / 'x1.csv'})" in str(caught.value)
    told: list[str] = []
    report = ingest.ingest(store, spec_of(CSV), tmp_path, mode="append", skip_known=True, show=told.append)
    assert (report.rows_kept, [path.name for path in report.known]) == (5, ["renamed.csv", "x0.csv"])
    assert told == ["passed over, the table has them already: renamed.csv, x0.csv"]
    snapshot = store.snapshot
    again = ingest.ingest(store, spec_of(CSV), tmp_path, mode="append", skip_known=True)
    assert (again.rows_read, again.snapshot, len(again.known)) == (0, snapshot, 3)
    assert store.row_count("stars") == 15
    store.rename("stars", "others")
    with pytest.raises(DataError, match="catalogs.others has the rows of these files already"):
        ingest.ingest(store, spec_of(CSV), tmp_path / "x0.csv", name="others", mode="append")
    # A new version has only what it was made of.
    ingest.ingest(store, spec_of(CSV), tmp_path / "x0.csv", name="others", mode="replace")
    assert (
        ingest.ingest(store, spec_of(CSV), tmp_path / "x2.csv", name="others", mode="append").rows_kept == 5
    )


def test_compacted_tables_know_their_files(tmp_path: Path) -> None:
    settings = catalogdb.load_settings(None, {"compact_beyond": 2})
    with catalogdb.open(tmp_path / "sky", create=True, settings=settings) as store:
        for k in range(4):
            written(tmp_path / f"x{k}.csv", CSV, stars(100 * k, 5))
            ingest.ingest(store, spec_of(CSV), tmp_path / f"x{k}.csv", mode="append" if k else "create")
        assert len(store.info("stars").parts) < 4
        assert [Path(each.file).name for each in store.ingests("stars")] == [f"x{k}.csv" for k in range(4)]
        with pytest.raises(DataError, match="has the rows of these files already"):
            ingest.ingest(store, spec_of(CSV), tmp_path / "x0.csv", mode="append")
    catalogdb.rebuild_registry(tmp_path / "sky")
    with catalogdb.open(tmp_path / "sky") as store:
        assert [Path(each.file).name for each in store.ingests("stars")] == [f"x{k}.csv" for k in range(4)]
        assert store.row_count("stars") == 20


def test_progress_tells_files_and_rows(store: Store, tmp_path: Path, each_a_batch: None) -> None:
    for k in range(6):
        written(tmp_path / f"x{k}.csv", CSV, stars(10_000 * k, 3000))
    told: list[tuple[str, int, int | None]] = []
    ingest.ingest(store, spec_of(CSV), tmp_path, progress=lambda *step: told.append(step))
    assert ("reading stars, files", 6, 6) in told
    assert ("merging stars, rows", 18_000, 18_000) in told
    assert max(done for label, done, _ in told if label == "reading stars, rows") == 18_000


def named(parts: Sequence[Sequence[object]]) -> list[list[str]]:
    return [[Path(str(file)).name for file in part] for part in parts]


def test_batches_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setattr(batches, "LEAST_BYTES", 1000)
    found = []
    divide = batches.batches
    monkeypatch.setattr(engine, "batches", lambda files: found.append(divide(files)) or found[-1])
    for name, size in (("a", 10), ("b", 10), ("c", 200), ("d", 10), ("e", 10)):
        written(tmp_path / name, CSV, stars(sum(map(ord, name)) * 1000, size))
    ingest.ingest(store, spec_of(CSV), tmp_path)
    assert named([[file.path for file in batch] for batch in found[0]]) == [["a", "b"], ["c"], ["d", "e"]]
