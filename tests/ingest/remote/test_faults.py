"""What services do when they fail: what passes is tried again, what does not is told, nothing is lost in silence."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

import catalogdb
from catalogdb.errors import DataError, RemoteError, TruncatedAnswer
from catalogdb.store import Store
from ingest.remote.cells import Cone
from ingest.remote.fetch import How, fetch
from ingest.remote.request import Request
from ingest.remote.source import Address

ALL = Cone(130, 20, 5)
QUERY = "SELECT source_id, ra, dec FROM gaiadr3.gaia_source"


def asked(store: Store, server: Any, **how: Any) -> Any:
    """A cone of the Gaia-like table, described by its own VOTable."""
    return fetch(
        store, Request(table="gaiadr3.gaia_source", cone=ALL), Address(tap=server.url), How(name="x", **how)
    )


def queried(store: Store, server: Any, query: str = QUERY, **how: Any) -> Any:
    return fetch(store, Request(query=query), Address(tap=server.url), How(name="x", **how))


def quick(store: Store, **settings: object) -> Store:
    given = {"fetch_backoff_s": 0.01, "fetch_retries": 3, "threads": 1, **settings}
    return catalogdb.open(store.path, settings=catalogdb.load_settings(None, given))


# --- what passes -----------------------------------------------------------------------------------


PASSING = ["500", "502", "503", "504", "429", "408", "cut", "cut-silently", "drop"]


@pytest.mark.parametrize(
    ("kind", "form"),
    [(kind, "binary2") for kind in PASSING]
    + [(kind, form) for kind in ("cut", "cut-silently") for form in ("tabledata", "binary")],
)
def test_what_passes_is_asked_again(store: Store, server: Any, gaia: Table, kind: str, form: str) -> None:
    server.format = form
    server.fail(kind, "gaiadr3.gaia_source WHERE", times=2)
    report = asked(store, server)
    assert report.ingest.rows_kept == store.row_count("x") >= 250
    assert len(server.queries()) == 3
    assert store.sql("SELECT count(DISTINCT source_id) = count(*) FROM x").fetchall() == [(True,)]


def test_a_service_that_says_when_is_asked_then(store: Store, server: Any, gaia: Table) -> None:
    server.fail("503", "gaiadr3.gaia_source WHERE", retry_after="1")
    asked(store, server)
    first, second = (a.at for a in server.log if "gaia_source WHERE" in a.query)
    assert second - first >= 1


def test_the_listing_of_columns_and_the_capabilities_are_asked_again(
    store: Store, server: Any, gaia: Table
) -> None:
    server.fail("503", "/tap/capabilities", times=1)
    server.fail("cut", "TAP_SCHEMA", times=2)
    assert asked(store, server).ingest.rows_kept >= 250


def test_capabilities_that_are_cut_are_asked_again(store: Store, server: Any, gaia: Table) -> None:
    server.hard_limit = 150
    server.fail("cut", "/tap/capabilities")
    asked(store, server)
    assert any("POLYGON" in query for query in server.queries()), "what it says of itself is known"


def test_a_service_that_says_nothing_of_itself_is_asked_all_the_same(
    store: Store, server: Any, gaia: Table, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail("html", "/tap/capabilities", times=99)
    assert asked(store, server).ingest.rows_kept >= 250
    assert "does not say what it offers: its /capabilities can not be read" in caplog.text


def test_a_web_page_is_no_service(store: Store, server: Any, gaia: Table) -> None:
    server.fail("html", times=99)
    with pytest.raises(RemoteError, match="it answers with no VOTable but: <html>"):
        asked(store, server)


@pytest.mark.parametrize("kind", ["gz", "gz-encoded"])
def test_packed_answers_are_unpacked(store: Store, server: Any, gaia: Table, kind: str) -> None:
    server.fail(kind, "gaia_source WHERE")
    assert asked(store, server).ingest.rows_kept >= 250
    assert len(server.queries()) == 1


@pytest.mark.parametrize("kind", ["cut-gz", "cut-gz-silently"])
def test_packed_answers_that_are_cut_are_asked_again(
    store: Store, server: Any, gaia: Table, kind: str
) -> None:
    server.fail(kind, "gaia_source WHERE")
    assert asked(store, server).ingest.rows_kept >= 250
    assert len(server.queries()) == 2


@pytest.mark.parametrize("kind", ["301", "302", "307", "308"])
def test_a_service_that_has_moved_to_another_host(store: Store, server: Any, gaia: Table, kind: str) -> None:
    """Each step is sent on once; the query is not lost on its way, as a browser would lose it."""
    server.fail(kind, "GET /tap/capabilities")
    server.fail(kind, "TAP_SCHEMA")
    server.fail(kind, "gaia_source WHERE")
    report = asked(store, server)
    assert report.ingest.rows_kept >= 250
    ((file,),) = store.sql("SELECT file FROM provenance.ingests").fetchall()
    assert file.startswith("http://localhost:"), "where the rows came from in the end"


def test_nothing_is_left_of_a_fetch_that_brought_nothing(store: Store, server: Any, gaia: Table) -> None:
    with pytest.raises(RemoteError):
        queried(store, server, "SELECT colour FROM gaiadr3.gaia_source")
    assert list((store.path / "staging").glob("fetch.*/")) == []


def test_what_does_not_pass_is_told_after_so_many_attempts(store: Store, server: Any, gaia: Table) -> None:
    server.fail("503", "gaiadr3.gaia_source WHERE", times=99)
    with pytest.raises(
        RemoteError,
        match=r"chunk cone: it answers 503 Service Unavailable: the service is tired, after 4 attempts$",
    ):
        asked(store, server)
    assert store.tables() == ()
    assert len(server.queries()) == 4


def test_a_silent_service_is_given_up(store: Store, server: Any, gaia: Table) -> None:
    """Twice no answer in time: by the synchronous way, and then by a job that can not be made."""
    server.has_jobs = False
    server.fail("slow", "gaiadr3.gaia_source", times=99, seconds=3.0)
    with (
        quick(store, fetch_timeout_s=0.3, fetch_retries=1) as short,
        pytest.raises(RemoteError, match="no answer in time, after 2 att"),
    ):
        queried(short, server)


# --- what is wrong ---------------------------------------------------------------------------------


def test_a_service_that_is_not_there(store: Store) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(
        RemoteError, match=r"it can not be reached \(.*Connection failed.*\), after 3 attempts"
    ):
        queried(store, type("Gone", (), {"url": f"http://127.0.0.1:{port}/tap"}))


def test_bad_adql_is_told_in_the_services_words_and_not_repeated(
    store: Store, server: Any, gaia: Table
) -> None:
    with pytest.raises(RemoteError, match=r"400 Bad Request: Incorrect ADQL query: .*colour"):
        queried(store, server, "SELECT colour FROM gaiadr3.gaia_source")
    assert len(server.queries()) == 1


def test_an_error_with_status_200_is_an_error(store: Store, server: Any, gaia: Table) -> None:
    server.fail("error", "gaiadr3.gaia_source")
    with pytest.raises(RemoteError, match="the service says: no such column: colour"):
        queried(store, server)


def test_a_page_that_is_no_table(store: Store, server: Any, gaia: Table) -> None:
    server.fail("html", "gaiadr3.gaia_source")
    with pytest.raises(
        RemoteError, match="it answers with no VOTable but: <html><body><h1>Welcome</h1>please log in"
    ):
        queried(store, server)


@pytest.mark.parametrize("status", ["400", "401", "403", "404"])
def test_what_a_service_refuses_is_not_repeated(store: Store, server: Any, gaia: Table, status: str) -> None:
    server.fail(status, "gaiadr3.gaia_source", times=99)
    with pytest.raises(RemoteError, match=f"it answers {status} .*: the service is tired"):
        queried(store, server)
    assert len(server.queries()) == 1


def test_an_unknown_table_is_told_with_the_nearest(store: Store, server: Any, gaia: Table) -> None:
    request = Request(table="gaiadr3.gaia_sorce", cone=ALL)
    with pytest.raises(
        DataError, match=r"has no table gaiadr3.gaia_sorce; did you mean gaiadr3.gaia_source\?"
    ):
        fetch(store, request, Address(tap=server.url), How(name="x"))


def test_a_table_without_position_or_identifier(store: Store, server: Any) -> None:
    server.add("public.labels", Table({"hip": [1, 2], "logg": [4.5, 4.4]}))
    with pytest.raises(DataError, match="which columns are its position is not known: name them with --ra"):
        fetch(store, Request(table="public.labels", cone=ALL), Address(tap=server.url), How(name="x"))
    with pytest.raises(DataError, match="which column identifies its rows is not known: name one with --id"):
        fetch(store, Request(table="public.labels", ids=("1",)), Address(tap=server.url), How(name="x"))
    report = fetch(
        store, Request(table="public.labels", ids=("2",), id="hip"), Address(tap=server.url), How(name="x")
    )
    assert report.ingest.rows_kept == 1
    report = fetch(store, Request(table="public.labels", whole=True), Address(tap=server.url), How(name="y"))
    assert report.ingest.rows_kept == 2


# --- what is cut off -------------------------------------------------------------------------------


@pytest.mark.parametrize("silent", [False, True], ids=["OVERFLOW", "silent"])
def test_a_query_that_is_cut_off_is_an_error_unless_asked_for(
    store: Store, server: Any, gaia: Table, silent: bool
) -> None:
    server.hard_limit, server.silent = 200, silent
    with pytest.raises(
        TruncatedAnswer,
        match=r"gave 200 rows, which is where it stops, for\n  SELECT source_id.*\nAsk for less, or",
    ):
        queried(store, server)
    assert store.tables() == ()
    report = queried(store, server, truncated=True)
    assert report.truncated
    assert report.ingest.rows_kept == 200
    assert store.table("x").extra["remote"]["truncated"] is True
    ((note,),) = store.sql("SELECT note FROM provenance.ingests").fetchall()
    assert note.startswith("truncated: SELECT")


def test_a_query_that_ends_below_the_limit_is_whole(store: Store, server: Any, gaia: Table) -> None:
    server.hard_limit = 200
    report = queried(store, server, f"SELECT TOP 199 * FROM ({QUERY})")
    assert (report.truncated, report.ingest.rows_kept) == (False, 199)


@pytest.mark.parametrize("silent", [False, True], ids=["OVERFLOW", "silent"])
def test_a_cone_that_is_cut_off_is_divided(store: Store, server: Any, gaia: Table, silent: bool) -> None:
    server.hard_limit, server.silent = 100, silent
    report = asked(store, server)
    server.hard_limit = 1_000_000
    whole = fetch(
        store, Request(table="gaiadr3.gaia_source", cone=ALL), Address(tap=server.url), How(name="y")
    )
    assert report.ingest.rows_kept == whole.ingest.rows_kept >= 250
    assert (report.chunks > 3, report.truncated) == (True, False)


def test_a_service_that_ends_synchronous_answers_is_asked_by_jobs(
    store: Store, server: Any, gaia: Table
) -> None:
    """As the Gaia archive does at 2000 rows; there without a word, hence the entry sync_rows."""
    server.sync_limit = 50
    report = asked(store, server)
    assert (report.chunks, report.ingest.rows_kept >= 250) == (1, True)
    assert {a.path for a in server.log if a.method == "DELETE"} == {"/tap/async/1"}, "its job is removed"
    assert server.jobs == {}


def test_a_silent_limit_that_is_known_of_a_service(
    store: Store, server: Any, gaia: Table, tmp_path: Path
) -> None:
    server.sync_limit, server.silent = 50, True
    file = tmp_path / "services.toml"
    file.write_text(f'[[services]]\nname = "mine"\nprotocol = "tap"\nurl = "{server.url}"\nsync_rows = 50\n')
    with quick(store, fetch_services=str(file)) as told:
        report = fetch(
            told, Request(table="gaiadr3.gaia_source", cone=ALL), Address(name="mine"), How(name="x")
        )
    assert report.ingest.rows_kept >= 250


def test_verify_finds_a_service_that_lies(store: Store, server: Any, gaia: Table) -> None:
    server.sync_limit, server.silent, server.has_jobs = 50, True, False
    with pytest.raises(RemoteError, match=r"it gave 50 rows and counts \d+, after 4 attempts"):
        asked(store, server, verify=True)
    assert asked(store, server).ingest.rows_kept == 50, "what it can not be caught at without"


# --- jobs ------------------------------------------------------------------------------------------


@pytest.fixture
def jobs(server: Any, tmp_path: Path) -> dict[str, object]:
    """Settings in which the server is a service that is asked by jobs alone."""
    file = tmp_path / "services.toml"
    file.write_text(f'[[services]]\nname = "mine"\nprotocol = "tap"\nurl = "{server.url}"\nmode = "async"\n')
    return {"fetch_services": str(file)}


def by_jobs(store: Store, request: Request) -> Any:
    return fetch(store, request, Address(name="mine"), How(name="x"))


@pytest.mark.parametrize("where", ["POST /tap/async", "/phase", "/results/result", "GET /tap/async/"])
def test_every_step_of_a_job_is_tried_again(
    store: Store, server: Any, gaia: Table, jobs: dict[str, object], where: str
) -> None:
    """Even where it fails three times, each time otherwise."""
    for kind in ("503", "cut", "drop"):
        server.fail(kind, where, times=1)
    with quick(store, **jobs) as patient:
        assert by_jobs(patient, Request(query=QUERY)).ingest.rows_kept == len(gaia)
    started = [a for a in server.log if a.method == "POST" and a.path == "/tap/async"]
    known = where in {"/phase", "/results/result"}
    assert len(started) <= (1 if known else 4), "a job whose address is known is not made anew"


@pytest.mark.parametrize(("kind", "nth"), [("503", 1), ("drop", 1), ("503", 2)])
def test_a_job_that_can_not_be_reached_is_not_left_behind(
    store: Store, server: Any, gaia: Table, jobs: dict[str, object], kind: str, nth: int
) -> None:
    """The job is made, but the way to it, or its first description, fails; another one is asked for."""
    server.fail("none", "GET /tap/async/1", times=nth - 1)
    server.fail(kind, "GET /tap/async/1")
    with quick(store, **jobs) as patient:
        assert by_jobs(patient, Request(query=QUERY)).ingest.rows_kept == len(gaia)
    assert server.jobs == {}
    assert [a.path for a in server.log if a.method == "DELETE"] == ["/tap/async/1", "/tap/async/2"]


def test_a_job_that_can_neither_be_reached_nor_deleted_is_told(
    store: Store, server: Any, gaia: Table, jobs: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    server.fail("503", "GET /tap/async/1")
    server.fail("503", "DELETE /tap/async/1")
    with quick(store, **jobs) as patient:
        by_jobs(patient, Request(query=QUERY))
    assert list(server.jobs) == ["1"]
    assert "async/1 was made in vain and could not be deleted" in caplog.text


def test_a_job_is_waited_for(store: Store, server: Any, gaia: Table, jobs: dict[str, object]) -> None:
    server.job_s = 0.5
    with quick(store, **jobs) as patient:
        assert by_jobs(patient, Request(query=QUERY)).ingest.rows_kept == len(gaia)


def test_a_job_that_ends_in_an_error_is_told_in_its_words(
    store: Store, server: Any, gaia: Table, jobs: dict[str, object]
) -> None:
    with (
        quick(store, **jobs) as patient,
        pytest.raises(RemoteError, match="the service says: Incorrect ADQL query: .*colour"),
    ):
        by_jobs(patient, Request(query="SELECT colour FROM gaiadr3.gaia_source"))
    assert server.jobs == {}


def test_a_job_that_runs_too_long_is_divided_or_told(
    store: Store, server: Any, gaia: Table, jobs: dict[str, object]
) -> None:
    server.job_s = 60.0
    with (
        quick(store, **jobs, fetch_job_s=0.3) as short,
        pytest.raises(RemoteError, match="its job runs for longer than 0.3 s"),
    ):
        by_jobs(short, Request(query=QUERY))
    assert server.jobs == {}


def test_a_service_without_jobs_is_asked_synchronously(
    store: Store, server: Any, gaia: Table, tmp_path: Path
) -> None:
    server.has_jobs = False
    server.sync_limit = 60
    report = asked(store, server)
    assert report.ingest.rows_kept >= 250


def test_no_password_is_recorded(store: Store, server: Any, gaia: Table) -> None:
    secret = server.url.replace("http://", "http://me:secret@")
    fetch(store, Request(query=QUERY), Address(tap=secret), How(name="x"))
    told = str(store.sql("SELECT * FROM provenance.ingests").fetchall()) + store.table("x").to_json()
    assert "secret" not in told
    assert "127.0.0.1" in told
