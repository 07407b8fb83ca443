"""/sync: results, parameters and errors of TAP 1.1 over real HTTP."""

from __future__ import annotations

import gc
import io
from pathlib import Path

import astropy.io.votable as votable
import httpx
import pytest
from astroquery.utils.tap.core import TapPlus

import catalogdb
from tests.catalogdb.service.conftest import STARS, Serve, Server, fill

QUERY = "SELECT TOP 3 source_id, ra, dec, mag FROM stars ORDER BY source_id"


def _table(response: httpx.Response) -> votable.tree.TableElement:
    return votable.parse(io.BytesIO(response.content), verify="exception").get_first_table()


def _infos(response: httpx.Response) -> dict[str, str]:
    resource = votable.parse(io.BytesIO(response.content)).resources[0]
    return {info.name: info.value for info in resource.infos}


def test_a_query_is_answered_as_votable(server: Server) -> None:
    response = server.sync(QUERY)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-votable+xml"
    table = _table(response)
    assert list(table.to_table()["source_id"]) == [0, 1, 2]
    assert table.to_table()["mag"].mask.tolist() == [True, False, False]
    assert {field.name: str(field.unit or "") for field in table.fields}["ra"] == "deg"
    infos = _infos(response)
    assert infos["QUERY_STATUS"] == "OK"
    assert infos["QUERY"] == QUERY
    assert infos["source_table"] == "catalogs.stars"
    assert infos["citation"] == "2026Test....1....T"


@pytest.mark.parametrize("lang", ["ADQL", "adql", "ADQL-2.0", "ADQL-2.1"])
def test_its_languages(server: Server, lang: str) -> None:
    assert server.post("/tap/sync", LANG=lang, QUERY=QUERY, FORMAT="csv").status_code == 200


def test_names_of_parameters_come_in_any_case_and_unknown_ones_do_not_matter(server: Server) -> None:
    response = server.post("/tap/sync", lang="ADQL", Query=QUERY, format="csv", nonsense="1", RUNID="a")
    assert response.text.splitlines()[0].replace('"', "") == "source_id,ra,dec,mag"
    assert server.get("/tap/sync", LANG="ADQL", QUERY=QUERY, RESPONSEFORMAT="text/csv").status_code == 200


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"LANG": "SQL"}, "LANG is 'SQL'"),
        ({"LANG": ""}, "there is no LANG"),
        ({"QUERY": " "}, "there is no QUERY"),
        ({"FORMAT": "xls"}, "no format 'xls'"),
        ({"MAXREC": "-1"}, "MAXREC is '-1'"),
        ({"MAXREC": "many"}, "MAXREC is 'many'"),
        ({"REQUEST": "getCapabilities"}, "doQuery"),
        ({"RUNID": "r" * 65}, "RUNID has 65"),
        ({"STRICT": "perhaps"}, "STRICT"),
        ({"QUERY": "SELECT raa FROM stars"}, "line 1, column 8: there is no column raa; did you mean ra"),
        ({"QUERY": "SELECT * FROM nothing"}, "there is no table nothing"),
        ({"QUERY": "DROP TABLE stars"}, "line 1, column 1"),
        ({"QUERY": "SELECT 9223372036854775807 + source_id FROM stars"}, "verflow"),
        ({"QUERY": "SELECT *, ra FROM stars", "STRICT": "1"}, "line 1"),
        ({"QUERY": "SELECT (SELECT ra FROM stars) AS r FROM stars"}, "one row"),
    ],
)
def test_what_is_wrong_is_told_with_status_400(server: Server, given: dict[str, str], said: str) -> None:
    response = server.post("/tap/sync", **{"LANG": "ADQL", "QUERY": QUERY} | given)
    assert response.status_code == 400
    document = votable.parse(io.BytesIO(response.content))
    (info,) = document.resources[0].infos
    assert (info.name, info.value) == ("QUERY_STATUS", "ERROR")
    assert said in info.content
    assert "SET " not in info.content


def test_maxrec_cuts_and_says_so(server: Server) -> None:
    response = server.sync("SELECT source_id FROM stars", MAXREC=10)
    assert len(_table(response).array) == 10
    assert b'name="QUERY_STATUS" value="OVERFLOW"' in response.content
    whole = server.sync("SELECT TOP 10 source_id FROM stars", MAXREC=10)
    assert b"OVERFLOW" not in whole.content
    assert len(_table(server.sync("SELECT source_id FROM stars")).array) == STARS


def test_maxrec_keeps_the_order_and_the_first(server: Server) -> None:
    table = _table(server.sync("SELECT source_id FROM stars ORDER BY source_id DESC", MAXREC=5)).to_table()
    assert list(table["source_id"]) == [STARS - 1 - i for i in range(5)]


def test_maxrec_0_gives_the_columns_and_finds_errors(server: Server) -> None:
    response = server.sync("SELECT ra, dec FROM stars", MAXREC=0)
    assert [field.name for field in _table(response).fields] == ["ra", "dec"]
    assert b'value="OVERFLOW"' in response.content
    assert server.sync("SELECT nothing FROM stars", MAXREC=0).status_code == 400


def test_a_result_larger_than_a_message_comes_whole(server: Server) -> None:
    query = "SELECT a.source_id, b.ra FROM stars AS a CROSS JOIN (SELECT TOP 60 ra FROM stars) AS b"
    response = server.sync(query, FORMAT="csv")
    assert len(response.text.splitlines()) == 60 * STARS + 1
    assert len(_table(server.sync(query)).array) == 60 * STARS


def test_text_is_packed_for_who_takes_it(server: Server) -> None:
    assert server.sync("SELECT * FROM stars", FORMAT="csv").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in server.sync("SELECT * FROM stars").headers


@pytest.mark.parametrize("path", ["/tap", "/tap/tables", "/tap/capabilities", "/tap/examples"])
def test_metadata_is_packed_for_who_takes_it(server: Server, path: str) -> None:
    plain = httpx.get(server.url + path, headers={"Accept-Encoding": "identity"})
    packed = httpx.get(server.url + path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "accept-encoding" in plain.headers["vary"].lower()


def test_a_slash_too_many_leads_to_where_the_proxy_is_asked(server: Server) -> None:
    proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "sky.example", "X-Forwarded-Prefix": "/vo"}
    response = httpx.get(f"{server.tap}/sync/?LANG=ADQL", headers=proxy)
    assert (response.status_code, response.headers["location"]) == (
        307,
        "https://sky.example/vo/tap/sync?LANG=ADQL",
    )
    assert httpx.get(f"{server.url}//").status_code == 404


# astroquery leaves its sockets to the garbage collector.
@pytest.mark.filterwarnings(
    "ignore:unclosed <socket:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("form", ["votable", "votable_plain", "csv", "fits", "json"])
def test_astroquery_reads_its_formats(server: Server, form: str) -> None:
    service = TapPlus(url=server.tap, verbose=False)
    query = "SELECT TOP 3 source_id, ra FROM stars ORDER BY source_id"
    for launch in (service.launch_job, service.launch_job_async):
        table = launch(query, output_format=form).get_results()
        assert list(table["source_id"]) == [0, 1, 2]
        assert form == "csv" or table["ra"].unit == "deg"
    gc.collect()


def test_any_page_may_ask(server: Server) -> None:
    response = httpx.get(
        f"{server.tap}/sync",
        params={"LANG": "ADQL", "QUERY": QUERY},
        headers={"Origin": "https://aladin.example"},
    )
    assert response.headers["access-control-allow-origin"] == "*"
    preflight = httpx.options(
        f"{server.tap}/sync",
        headers={"Origin": "https://aladin.example", "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status_code == 200


def test_a_new_version_appears_without_a_restart(tmp_path: Path, serve: Serve) -> None:
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        fill(store, n=10)
        with serve(tmp_path / "sky", serve_workers=2) as server:
            count = "SELECT COUNT(*) AS n FROM stars"
            assert server.sync(count, FORMAT="csv").text.split()[-1] == "10"
            fill(store, n=20)
            fill(store, "others", n=5)
            # The first requests may still see the old one; none fails.
            _eventually(server, count, "20")
            _eventually(server, "SELECT COUNT(*) AS n FROM others", "5")


def _eventually(server: Server, query: str, value: str) -> None:
    import time

    until = time.monotonic() + 5
    while (last := server.sync(query, FORMAT="csv").text.split()[-1]) != value:
        assert time.monotonic() < until, last
        time.sleep(0.05)


def test_hidden_tables_are_not_there(tmp_path: Path, serve: Serve) -> None:
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        fill(store, n=10)
        fill(store, "draft", n=5)
    with serve(tmp_path / "sky", serve_workers=1, serve_hide="*.draft, provenance.*") as server:
        listed = server.sync("SELECT table_name FROM tap_schema.tables", FORMAT="csv").text
        assert "catalogs.stars" in listed
        assert "draft" not in listed
        assert "provenance" not in listed
        for hidden in ("draft", "provenance.ingests"):
            assert server.sync(f"SELECT * FROM {hidden}").status_code == 400


def test_a_port_that_is_taken_is_told(server: Server, small_store: Path) -> None:
    from typer.testing import CliRunner

    from catalogdb.cli import app

    port = server.url.rpartition(":")[2]
    result = CliRunner().invoke(app, ["serve", "--store", str(small_store), "--port", port])
    assert result.exit_code == 1
    assert "choose another --host or --port" in result.output
