"""Cones and whole tables over real HTTP: every row once, whatever the service's limits and shapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import catalogdb
from catalogdb.errors import DataError, RemoteError
from catalogdb.store import Store
from ingest.remote.cells import Cone
from ingest.remote.fetch import How, fetch, planned
from ingest.remote.request import Request
from ingest.remote.source import Address

CONES = [Cone(130, 20, 0.6), Cone(0, 90, 25), Cone(359.9, 0, 4), Cone(120, -80, 40)]
ASKED = [(CONES[0], 100_000), *((cone, 40) for cone in CONES), (Cone(10, 20, 130), 300)]
"""Cones, and the rows that are asked for at a time: so few that most cones are divided."""


@pytest.fixture
def small(tmp_path: Path) -> Callable[[str], str]:
    """A catalogue's spec as a file that says it has few rows, so that it starts with few chunks."""

    def made(name: str) -> str:
        text = (resources.files("ingest") / "specs" / f"{name}.toml").read_text()
        file = tmp_path / f"{name}.toml"
        file.write_text(re.sub(r"^rows = \d+$", "rows = 900", text, count=1, flags=re.MULTILINE))
        return str(file)

    return made


def with_rows(store: Store, rows: int) -> Store:
    """The same store, asking for so many rows at a time."""
    settings = catalogdb.load_settings(None, {"fetch_rows": rows, "fetch_backoff_s": 0.01, "threads": 1})
    return catalogdb.open(store.path, settings=settings)


def ids(store: Store, name: str) -> list[Any]:
    return [row[0] for row in store.sql(f"SELECT source_id FROM {name} ORDER BY source_id").fetchall()]


def truth(table: Table, cone: Cone, names: tuple[str, str, str]) -> list[Any]:
    """Identifiers of the stars in a cone by astropy."""
    identifier, ra, dec = names
    centre = SkyCoord(cone.ra_deg, cone.dec_deg, unit="deg")
    separation = SkyCoord(np.asarray(table[ra]), np.asarray(table[dec]), unit="deg").separation(centre).deg
    return sorted(np.asarray(table[identifier])[separation <= cone.radius_deg].tolist())


@pytest.mark.parametrize(("cone", "rows"), ASKED, ids=str)
def test_a_cone_by_ranges_of_identifiers(
    store: Store, server: Any, gaia: Table, small: Callable[[str], str], cone: Cone, rows: int
) -> None:
    """An eighth of the stars have left the cell that their identifier names: they are found as well."""
    with with_rows(store, rows) as quick:
        fetch(quick, Request(catalogue=small("gaia_dr3"), cone=cone), Address(tap=server.url))
        assert ids(quick, "gaia_dr3") == truth(gaia, cone, ("source_id", "ra", "dec"))


@pytest.mark.parametrize("polygons", [True, False], ids=["polygons", "circles"])
@pytest.mark.parametrize(("cone", "rows"), ASKED, ids=str)
def test_a_cone_by_cells_of_the_position(
    store: Store,
    server: Any,
    vizier: Table,
    small: Callable[[str], str],
    cone: Cone,
    rows: int,
    polygons: bool,
) -> None:
    server.polygons = polygons
    with with_rows(store, rows) as quick:
        fetch(quick, Request(catalogue=small("twomass"), cone=cone), Address(tap=server.url))
        assert ids(quick, "twomass") == truth(vizier, cone, ("2MASS", "RAJ2000", "DEJ2000"))
    shapes = {word for query in server.queries() for word in ("POLYGON", "CIRCLE") if word in query}
    assert ("POLYGON" in shapes) == (polygons and len(server.queries()) > 1)


@pytest.mark.parametrize("name", ["gaia_dr3", "twomass"])
def test_a_whole_table(
    store: Store, server: Any, gaia: Table, vizier: Table, small: Callable[[str], str], name: str
) -> None:
    with with_rows(store, 120) as quick:
        report = fetch(
            quick, Request(catalogue=small(name), whole=True), Address(tap=server.url), How(verify=True)
        )
        found = ids(quick, name)
    assert found == sorted(np.asarray(gaia["source_id"] if name == "gaia_dr3" else vizier["2MASS"]).tolist())
    assert report.chunks >= 12
    assert any(query.startswith("SELECT COUNT(*)") for query in server.queries())


def test_rows_without_a_position_come_with_the_whole_table(
    store: Store, server: Any, vizier: Table, small: Callable[[str], str]
) -> None:
    for name in ("RAJ2000", "DEJ2000"):
        vizier[name].mask[[5, 50, 500]] = True
    server.con.execute('DROP TABLE "II/246/out"')
    server.con.execute("DELETE FROM tap_schema.tables; DELETE FROM tap_schema.columns")
    server.add("II/246/out", vizier)
    report = fetch(store, Request(catalogue=small("twomass"), whole=True), Address(tap=server.url))
    assert report.ingest.rows_kept == len(vizier)
    assert report.ingest.without_position == 3


def test_a_crowded_cell_is_divided_and_an_empty_sky_is_not(
    store: Store, server: Any, vizier: Table, small: Callable[[str], str]
) -> None:
    with with_rows(store, 80) as quick:
        fetch(quick, Request(catalogue=small("twomass"), whole=True), Address(tap=server.url))
        notes = quick.sql("SELECT note, rows_read FROM provenance.ingests").fetchall()
    assert max(rows for _, rows in notes) <= 80
    assert sum(rows for _, rows in notes) == len(vizier)
    assert len(notes) < 120


def test_too_many_at_one_place_is_told_and_not_lost(
    store: Store, server: Any, small: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred rows at one position fit no chunk of fifty, however small its cell."""
    monkeypatch.setattr("ingest.remote.sky_plans.FINEST", 10)
    table = vizier_stack(100)
    server.add("II/246/out", table)
    with (
        with_rows(store, 50) as quick,
        pytest.raises(RemoteError, match="gave 51 rows, which is where it stops"),
    ):
        fetch(quick, Request(catalogue=small("twomass"), cone=Cone(10, 20, 1)), Address(tap=server.url))
    assert store.tables() == ()


def vizier_stack(n: int) -> Table:
    return Table(
        {
            "2MASS": [f"{i:08d}+{i:07d}" for i in range(n)],
            "RAJ2000": np.full(n, 10.0),
            "DEJ2000": np.full(n, 20.0),
        }
    )


def test_a_cone_that_holds_nothing_is_an_empty_table(
    store: Store, server: Any, gaia: Table, small: Callable[[str], str]
) -> None:
    report = fetch(
        store, Request(catalogue=small("gaia_dr3"), cone=Cone(211.5, -3.25, 1e-5)), Address(tap=server.url)
    )
    assert report.ingest.rows_kept == 0
    assert store.row_count("gaia_dr3") == 0


def test_where_and_columns(store: Store, server: Any, gaia: Table, small: Callable[[str], str]) -> None:
    request = Request(
        catalogue=small("gaia_dr3"), cone=CONES[0], where="phot_g_mean_mag < 12", columns=("phot_g_mean_mag",)
    )
    report = fetch(store, request, Address(tap=server.url))
    bright = gaia[np.asarray(gaia["phot_g_mean_mag"]) < 12]
    assert ids(store, "gaia_dr3") == truth(bright, CONES[0], ("source_id", "ra", "dec"))
    names = {column.name for column in report.ingest.table.columns}
    assert names == {"source_id", "ra", "dec", "ref_epoch", "phot_g_mean_mag", "hpx29"}
    wrong = Request(catalogue=small("gaia_dr3"), whole=True, columns=("colour",))
    with pytest.raises(DataError, match="no column colour"):
        fetch(store, wrong, Address(tap=server.url), How(name="x"))


@pytest.mark.parametrize("rows", [100_000, 100])
def test_a_cone_search_service(store: Store, server: Any, gaia: Table, rows: int) -> None:
    """A service that knows nothing but cones, and cuts its answers off; it tells so."""
    server.cone_table = "gaiadr3.gaia_source"
    server.sync_limit = rows
    report = fetch(store, Request(cone=CONES[0]), Address(scs=server.scs), How(name="field"))
    assert ids(store, "field") == truth(gaia, CONES[0], ("source_id", "ra", "dec"))
    assert (report.chunks > 1) == (rows == 100)
    assert store.table("field").column("parallax").unit == "mas"
    assert store.sql("SELECT DISTINCT ref_epoch FROM field").fetchall() == [(2016.0,)]


def test_a_cone_search_service_knows_cones_alone(store: Store, server: Any, gaia: Table) -> None:
    for wrong in ({"whole": True}, {"cone": CONES[0], "where": "x > 1"}, {"ids": ("1",)}):
        with pytest.raises(DataError, match="knows cones alone"):
            fetch(store, Request(**wrong), Address(scs=server.scs), How(name="x"))


def test_what_would_be_asked_is_told_without_asking(
    store: Store, server: Any, gaia: Table, small: Callable[[str], str]
) -> None:
    told = planned(store, Request(catalogue=small("gaia_dr3"), cone=CONES[0]), Address(tap=server.url))
    assert "1 request to begin with, divided where they are too large" in told[0]
    assert told[1].startswith("SELECT source_id, ref_epoch, ra")
    assert not server.queries()


def test_requests_are_as_many_at_a_time_as_the_setting_says(
    store: Store, server: Any, vizier: Table, small: Callable[[str], str]
) -> None:
    server.sync_s = 0.02
    settings = catalogdb.load_settings(None, {"fetch_rows": 100, "fetch_parallel": 3, "threads": 1})
    with catalogdb.open(store.path, settings=settings) as busy:
        fetch(busy, Request(catalogue=small("twomass"), whole=True), Address(tap=server.url))
    assert server.most_running == 3
