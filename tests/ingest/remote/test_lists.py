"""Lists of identifiers, names of objects, and matches with a table of the store."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import catalogdb
import ingest
from catalogdb.errors import DataError, RemoteError
from catalogdb.schema import Column
from catalogdb.schema import Table as Declared
from catalogdb.store import Store
from ingest.remote.cells import Cone
from ingest.remote.fetch import How, fetch, ids_in
from ingest.remote.request import Request
from ingest.remote.source import Address


def few_rows(name: str, folder: Path) -> str:
    text = (resources.files("ingest") / "specs" / f"{name}.toml").read_text()
    file = folder / f"{name}.toml"
    file.write_text(re.sub(r"^rows = \d+$", "rows = 900", text, count=1, flags=re.MULTILINE))
    return str(file)


def known(server: Any, folder: Path, **names: Any) -> catalogdb.Settings:
    """Settings in which the loopback services have the names of the real ones."""
    file = folder / "services.toml"
    file.write_text(
        f'[[services]]\nname = "vizier"\nprotocol = "tap"\nurl = "{server.url}"\n'
        f'[[services]]\nname = "xmatch"\nprotocol = "xmatch"\nurl = "{server.xmatch}"\nparallel = 1\n'
        f'[[services]]\nname = "simbad"\nprotocol = "tap"\nurl = "{server.url}"\ntable = "basic"\nra = "ra"\ndec = "dec"\n'
        'id = "main_id"\nnames = { table = "ident", name = "id", key = "oidref", to = "oid" }\n'
    )
    given = {"fetch_services": str(file), "fetch_backoff_s": 0.01, "fetch_retries": 2, "threads": 1, **names}
    return catalogdb.load_settings(None, given)


def ids(store: Store, name: str) -> list[Any]:
    return [row[0] for row in store.sql(f"SELECT source_id FROM {name} ORDER BY source_id").fetchall()]


# --- identifiers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("uploads", [True, False], ids=["sent along", "in lists"])
def test_a_long_list_of_identifiers(
    store: Store, server: Any, gaia: Table, tmp_path: Path, uploads: bool
) -> None:
    server.uploads = uploads
    listed = [str(i) for i in np.asarray(gaia["source_id"])[:700]]
    request = Request(catalogue=few_rows("gaia_dr3", tmp_path), ids=(*listed, "17", listed[3], " "))
    report = fetch(store, request, Address(tap=server.url))
    assert ids(store, "gaia_dr3") == sorted(map(int, listed))
    assert report.missing == ("17",)
    assert report.chunks == (1 if uploads else 2)
    assert any("TAP_UPLOAD.wanted" in query for query in server.queries()) == uploads


def test_identifiers_as_text_are_quoted(store: Store, server: Any, vizier: Table, tmp_path: Path) -> None:
    wanted = ("00000003+0000003", "00000899+0000899", "it's none")
    report = fetch(
        store, Request(catalogue=few_rows("twomass", tmp_path), ids=wanted), Address(tap=server.url)
    )
    assert ids(store, "twomass") == list(wanted[:2])
    assert report.missing == ("it's none",)
    assert "'it''s none'" in server.queries()[0]


def test_a_list_that_overflows_is_divided_in_two(store: Store, server: Any, tmp_path: Path) -> None:
    """Ten rows for each identifier: more than a chunk may have."""
    server.add("public.epochs", Table({"star": np.repeat(np.arange(50), 10), "flux": np.arange(500.0)}))
    with catalogdb.open(
        store.path, settings=catalogdb.load_settings(None, {"fetch_rows": 60, "threads": 1})
    ) as few:
        request = Request(table="public.epochs", ids=tuple(map(str, range(50))), id="star")
        report = fetch(few, request, Address(tap=server.url), How(name="epochs"))
    assert (report.ingest.rows_kept, report.missing) == (500, ())
    assert report.chunks > 8


@pytest.mark.parametrize(
    ("wrong", "message"), [("12a", "its identifiers are whole numbers"), ("1.5", "whole numbers")]
)
def test_what_is_no_identifier(
    store: Store, server: Any, gaia: Table, tmp_path: Path, wrong: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        fetch(
            store,
            Request(catalogue=few_rows("gaia_dr3", tmp_path), ids=("5", wrong)),
            Address(tap=server.url),
        )


def test_identifiers_of_several_numbers(store: Store, server: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'1-2' is no identifier: 3 numbers with - between"):
        tycho(store, server, tmp_path, "1-2")
    assert tycho(store, server, tmp_path, "2-1-1").ingest.rows_kept == 1
    assert "(TYC1=2 AND TYC2=1 AND TYC3=1)" in server.queries()[-1]


def tycho(store: Store, server: Any, folder: Path, wanted: str) -> Any:
    spec = ingest.load_spec("tycho2_suppl_1")
    rows = pa.table({"source_id": ["1-1-1", "2-1-1"], "tyc1": [1, 2], "tyc2": [1, 1], "tyc3": [1, 1], "ra": [1.0, 2.0], "dec": [3.0, 4.0]})  # fmt: skip
    ingest.write_native(spec, "vizier", rows, folder / "t.vot")
    server.con.execute("DELETE FROM tap_schema.tables; DELETE FROM tap_schema.columns")
    server.add("I/259/suppl_1", Table.read(folder / "t.vot", format="votable", use_names_over_ids=True))
    return fetch(
        store, Request(catalogue="tycho2_suppl_1", ids=(wanted,)), Address(tap=server.url), How(name="t")
    )


def test_lists_in_files_and_between_commas(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# stars\n1\n 2  # the second\n\n3\n")
    assert [each for each in ids_in(str(tmp_path / "list.txt")) if each] == ["1", "2", "3"]
    assert list(ids_in("alpha Cen,Barnard's star")) == ["alpha Cen", "Barnard's star"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1\n\xff\xfe2\n", r"list.txt, line 2: b'\\xff\\xfe2' is no text in UTF-8"),
        (b"Barnard\x92s star\n", "line 1: .* is no text in UTF-8"),
        (None, "list.txt: there is no such file"),
    ],
)
def test_lists_that_can_not_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "list.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=message):
        ids_in(str(file))
    with pytest.raises(DataError, match="is a folder, not a list"):
        ids_in(str(tmp_path))


def test_a_list_as_editors_on_windows_write_it(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbf1\r\n2\r\n")
    assert list(ids_in(str(tmp_path / "list.txt"))) == ["1", "2"]


# --- names -----------------------------------------------------------------------------------------


@pytest.fixture
def simbad(server: Any) -> None:
    """Three objects with their names, as SIMBAD keeps them."""
    basic = Table({"oid": [1, 2, 3], "main_id": ["* alf Cen", "NAME Barnard's star", "M 31"], "ra": [219.9, 269.45, 10.68], "dec": [-60.83, 4.69, 41.27]})  # fmt: skip
    basic["ra"].unit = basic["dec"].unit = "deg"
    server.add("basic", basic)
    server.add(
        "ident", Table({"oidref": [1, 1, 2, 3], "id": ["* alf Cen", "alpha Cen", "Barnard's star", "M 31"]})
    )


def test_objects_by_their_names(store: Store, server: Any, simbad: None, tmp_path: Path) -> None:
    settings = known(server, tmp_path)
    with catalogdb.open(store.path, settings=settings) as told:
        request = Request(ids=("alpha Cen", "Barnard's star", "Planet X"))
        report = fetch(told, request, Address(name="simbad"), How(name="named"))
        rows = told.sql("SELECT wanted_id, source_id, ra FROM named ORDER BY ra").fetchall()
    assert rows == [("alpha Cen", "* alf Cen", 219.9), ("Barnard's star", "NAME Barnard's star", 269.45)]
    assert report.missing == ("Planet X",)


def test_a_cone_of_a_service_that_has_one_main_table(
    store: Store, server: Any, simbad: None, tmp_path: Path
) -> None:
    with catalogdb.open(store.path, settings=known(server, tmp_path)) as told:
        fetch(told, Request(cone=Cone(10, 41, 2)), Address(name="simbad"), How(name="near"))
        assert ids(told, "near") == ["M 31"]


# --- matches ---------------------------------------------------------------------------------------


@pytest.fixture
def mine(store: Store, vizier: Table) -> Store:
    """A store with stars of one's own: 200 of the remote table, some seen twice, and 50 that are not there."""
    rng = np.random.default_rng(9)
    chosen = np.concatenate([np.arange(200), np.arange(20)])
    ra = np.concatenate([np.asarray(vizier["RAJ2000"])[chosen] + 1e-5, rng.uniform(0, 360, 50)]) % 360
    dec = np.clip(
        np.concatenate([np.asarray(vizier["DEJ2000"])[chosen], rng.uniform(-60, 60, 50)]), -89.9, 90
    )
    table = Table({"source_id": np.arange(len(ra)), "ra": ra, "dec": dec})
    table.write(store.path.parent / "mine.fits")
    ingest.ingest_table(store, store.path.parent / "mine.fits", "mine", epoch=2000)
    return store


def expected(store: Store, vizier: Table, radius_arcsec: float) -> list[tuple[int, str]]:
    """All pairs by astropy."""
    rows = store.sql("SELECT source_id, ra, dec FROM mine").fetchall()
    left = SkyCoord([r[1] for r in rows], [r[2] for r in rows], unit="deg")
    right = SkyCoord(np.asarray(vizier["RAJ2000"]), np.asarray(vizier["DEJ2000"]), unit="deg")
    found = [
        (rows[i][0], str(vizier["2MASS"][j]))
        for i in range(len(left))
        for j in np.flatnonzero(left[i].separation(right).arcsec <= radius_arcsec)
    ]
    return sorted(found)


@pytest.mark.parametrize("by", ["xmatch", "vizier"])
def test_pairs_of_a_table_that_no_spec_describes(
    mine: Store, server: Any, vizier: Table, tmp_path: Path, by: str
) -> None:
    """By astroquery at the cross-match service, and by a TAP service that takes the positions."""
    with catalogdb.open(mine.path, settings=known(server, tmp_path)) as told:
        request = Request(table="II/246/out", near="mine", radius_arcsec=3.0)
        report = fetch(told, request, Address(name=by), How(name="pairs"))
        found = told.sql("SELECT left_id, source_id FROM pairs ORDER BY ALL").fetchall()
    truth = expected(mine, vizier, 3.0)
    assert found == truth
    assert len(truth) >= 200
    assert report.ingest.table.column("jmag").unit == "mag"


@pytest.mark.parametrize("by", ["xmatch", "vizier"])
def test_identifiers_of_pairs_are_those_of_the_table(
    store: Store, server: Any, vizier: Table, tmp_path: Path, by: str
) -> None:
    """Zeros at the front, blanks and commas are no business of the service, which sees none of them."""
    names = ["007", "a, b", "Barnard's star"]
    Table({"source_id": names, "ra": np.asarray(vizier["RAJ2000"])[:3], "dec": np.asarray(vizier["DEJ2000"])[:3]}).write(tmp_path / "named.fits")  # fmt: skip
    ingest.ingest_table(store, tmp_path / "named.fits", "named", epoch=2000)
    with catalogdb.open(store.path, settings=known(server, tmp_path)) as told:
        request = Request(table="II/246/out", near="named", radius_arcsec=1e-3)
        fetch(told, request, Address(name=by), How(name="pairs"))
        found = told.sql("SELECT left_id, source_id FROM pairs ORDER BY source_id").fetchall()
    assert found == list(zip(names, np.asarray(vizier["2MASS"])[:3].tolist(), strict=True))


@pytest.mark.parametrize("by", ["xmatch", "vizier"])
def test_rows_of_a_catalogue_come_once(
    mine: Store, server: Any, vizier: Table, tmp_path: Path, by: str
) -> None:
    with catalogdb.open(mine.path, settings=known(server, tmp_path)) as told:
        request = Request(catalogue=few_rows("twomass", tmp_path), near="mine", radius_arcsec=3.0)
        report = fetch(told, request, Address(name=by), How(name="near_mine"))
        found = ids(told, "near_mine")
    assert found == sorted({pair[1] for pair in expected(mine, vizier, 3.0)})
    assert not report.ingest.table.has("left_id")
    assert report.ingest.table.column("j_m").unit == "mag"
    assert {spec for (spec,) in mine.sql("SELECT DISTINCT catalogue FROM provenance.ingests WHERE table_name LIKE '%near_mine'").fetchall()} <= {"twomass"}  # fmt: skip


def test_a_match_in_many_pieces(
    mine: Store, server: Any, vizier: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.remote.list_plans.UPLOADED", 60)
    server.sync_limit = 40
    with catalogdb.open(mine.path, settings=known(server, tmp_path)) as told:
        request = Request(table="II/246/out", near="mine", radius_arcsec=3.0)
        report = fetch(told, request, Address(name="xmatch"), How(name="pairs"))
        found = told.sql("SELECT left_id, source_id FROM pairs ORDER BY ALL").fetchall()
    assert found == expected(mine, vizier, 3.0)
    assert report.chunks > 6
    assert server.most_running == 1, "the service bans those who send several requests at a time"


def test_the_services_radius_and_its_tables(mine: Store, server: Any, vizier: Table, tmp_path: Path) -> None:
    with catalogdb.open(mine.path, settings=known(server, tmp_path)) as told:
        far = Request(table="II/246/out", near="mine", radius_arcsec=181.0)
        with pytest.raises(DataError, match="xmatch matches within 0 to 180 arcsec, not 181"):
            fetch(told, far, Address(), How(name="x"))
        none = Request(table="II/247/out", near="mine", radius_arcsec=1.0)
        with pytest.raises(RemoteError, match="II/247/out"):
            fetch(told, none, Address(), How(name="x"))
        with pytest.raises(catalogdb.CatalogError, match="no table nine; did you mean catalogs.mine"):
            fetch(told, Request(table="II/246/out", near="nine", radius_arcsec=1.0), Address(), How(name="x"))


@pytest.mark.parametrize("kind", ["503", "cut", "drop", "ban", "error"])
def test_faults_of_the_cross_match(
    mine: Store, server: Any, vizier: Table, tmp_path: Path, kind: str
) -> None:
    server.fail("403" if kind == "ban" else kind, "POST /xmatch/sync")
    with catalogdb.open(mine.path, settings=known(server, tmp_path)) as told:
        request = Request(table="II/246/out", near="mine", radius_arcsec=3.0)
        if kind in {"ban", "error"}:
            with pytest.raises(RemoteError, match="banned from the XMatch|the service says: no such column"):
                fetch(told, request, Address(), How(name="x"))
        else:
            assert fetch(told, request, Address(), How(name="x")).ingest.rows_kept >= 200


def test_nothing_is_left_in_astroquerys_cache(
    mine: Store, server: Any, vizier: Table, tmp_path: Path
) -> None:
    from astropy.config import paths  # noqa: PLC0415

    before = sorted(Path(paths.get_cache_dir()).rglob("*.pickle"))
    with catalogdb.open(mine.path, settings=known(server, tmp_path)) as told:
        fetch(told, Request(table="II/246/out", near="mine", radius_arcsec=1.0), Address(), How(name="x"))
    assert sorted(Path(paths.get_cache_dir()).rglob("*.pickle")) == before


def test_positions_are_moved_to_the_epoch_of_the_other_table(
    store: Store, server: Any, tmp_path: Path
) -> None:
    """A star of 10 arcsec a year is found where it was in 2000, not where it is listed for 2016."""
    columns = (
        Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Number"),
        *(catalogdb.astrometry.ASTROMETRY[n] for n in ("ra", "dec", "ref_epoch", "pmra", "pmdec", "hpx29")),
    )
    store.publish(
        Declared(name="fast", about="A fast star", columns=columns),
        "SELECT 1 AS source_id, 100.0 AS ra, 20.0 AS dec, 2016.0 AS ref_epoch, 0.0 AS pmra, 10000.0 AS pmdec, hpx29(100.0, 20.0) AS hpx29",
    )
    server.add(
        "II/246/out",
        Table({"2MASS": ["then", "now"], "RAJ2000": [100.0, 100.0], "DEJ2000": [20.0 - 160 / 3600, 20.0]}),
    )
    with catalogdb.open(store.path, settings=known(server, tmp_path)) as told:
        for epoch, found in ((2000.0, "then"), (None, "now")):
            request = Request(table="II/246/out", near="fast", radius_arcsec=2.0, epoch_yr=epoch)
            fetch(told, request, Address(), How(name="x", mode="replace" if epoch is None else "create"))
            assert ids(told, "x") == [found]
