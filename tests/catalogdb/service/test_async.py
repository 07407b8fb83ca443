"""/async: UWS 1.1 over real HTTP, by hand and by pyvo."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
import time
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
import pyvo
from astropy.table import Table

import catalogdb
from catalogdb.service.uws.jobs import Jobs
from tests.catalogdb.service.conftest import STARS, Serve, Server, fill

UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
QUERY = "SELECT TOP 3 source_id, ra FROM stars ORDER BY source_id"
ENDLESS = (
    "SELECT COUNT(*) AS n FROM stars AS a, stars AS b, stars AS c"
    " WHERE SIN(a.ra + b.ra) * COS(c.dec) > SIN(b.dec * c.ra)"
)


def make(server: Server, query: str = QUERY, **parameters: object) -> str:
    """A new job; its URL."""
    response = server.post("/tap/async", **{"LANG": "ADQL", "QUERY": query} | parameters)
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def told(url: str, **parameters: object) -> ElementTree.Element:
    """The document of a job."""
    texts = {name: str(value) for name, value in parameters.items()}
    response = httpx.get(url, params=texts, timeout=70)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/xml"
    return ElementTree.fromstring(response.content)


def phase(url: str) -> str:
    """The phase alone, as text."""
    return httpx.get(f"{url}/phase").text


def ended(url: str) -> str:
    """The phase at the end."""
    until = time.monotonic() + 60
    while (now := phase(url)) in {"PENDING", "QUEUED", "EXECUTING"}:
        assert time.monotonic() < until, now
        told(url, WAIT=20)
    return now


def test_a_job_from_its_making_to_its_removal(server: Server) -> None:
    url = make(server, RUNID="mine", FORMAT="csv")
    job = told(url)
    assert job.get("version") == "1.1"
    names = [child.tag.removeprefix(UWS) for child in job]
    assert names == [
        *("jobId", "runId", "ownerId", "phase", "quote", "creationTime", "startTime", "endTime"),
        *("executionDuration", "destruction", "parameters", "results"),
    ]
    assert job.findtext(f"{UWS}phase") == "PENDING"
    assert job.findtext(f"{UWS}runId") == "mine"
    given = {each.get("id"): each.text for each in job.iter(f"{UWS}parameter")}
    assert given == {"LANG": "ADQL", "QUERY": QUERY, "RUNID": "mine", "FORMAT": "csv"}
    assert httpx.post(f"{url}/phase", data={"PHASE": "RUN"}).status_code == 303
    assert ended(url) == "COMPLETED"
    (result,) = told(url).iter(f"{UWS}result")
    assert result.get("id") == "result"
    assert result.get("mime-type") == "text/csv;header=present"
    answer = httpx.get(str(result.get(f"{XLINK}href")))
    assert answer.headers["content-type"] == "text/csv;header=present"
    assert len(answer.content) == int(str(result.get("size")))
    assert len(answer.text.splitlines()) == 4
    assert httpx.delete(url).headers["location"] == f"{server.tap}/async"
    assert httpx.get(url).status_code == 404
    assert httpx.get(f"{url}/results/result").status_code == 404


def test_pyvo_runs_a_job_and_lists_it(server: Server) -> None:
    service = pyvo.dal.TAPService(server.tap)
    began = time.monotonic()
    table = service.run_async("SELECT TOP 1 source_id FROM stars WHERE source_id = 77").to_table()
    assert time.monotonic() - began < 20
    assert list(table["source_id"]) == [77]
    job = service.submit_job(QUERY)
    assert [each.jobid for each in service.get_job_list()] == [job.job_id]
    job.run().wait(timeout=60)
    job.raise_if_error()
    assert len(job.fetch_result()) == 3
    job.delete()
    assert not service.get_job_list()


def test_a_failed_query_says_why(server: Server) -> None:
    url = make(server, "SELECT raa FROM stars", PHASE="RUN")
    assert ended(url) == "ERROR"
    message = told(url).findtext(f"{UWS}errorSummary/{UWS}message")
    assert "there is no column raa; did you mean ra" in str(message)
    error = httpx.get(f"{url}/error")
    assert error.status_code == 200
    assert b'value="ERROR"' in error.content
    assert httpx.get(f"{url}/results/result").status_code == 404
    with pytest.raises(pyvo.dal.DALQueryError, match="no column raa"):
        pyvo.dal.TAPService(server.tap).run_async("SELECT raa FROM stars")


def test_parameters_can_be_given_while_it_is_pending(server: Server) -> None:
    url = make(server, "SELECT nothing")
    assert httpx.post(f"{url}/parameters", data={"QUERY": QUERY, "format": "csv"}).status_code == 303
    given = [(each.get("id"), each.text) for each in told(url).iter(f"{UWS}parameter")]
    assert given == [("LANG", "ADQL"), ("QUERY", QUERY), ("FORMAT", "csv")]
    httpx.post(url, data={"PHASE": "RUN"})
    assert ended(url) == "COMPLETED"
    assert httpx.post(f"{url}/parameters", data={"QUERY": "x"}).status_code == 400
    assert httpx.post(f"{url}/phase", data={"PHASE": "RUN"}).status_code == 400


def test_limits_are_clipped_and_told_alike(server: Server) -> None:
    url = make(server)
    far = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3650)).isoformat()
    httpx.post(f"{url}/executionduration", data={"EXECUTIONDURATION": "1000000000"})
    httpx.post(f"{url}/destruction", data={"DESTRUCTION": far})
    job = told(url)
    assert job.findtext(f"{UWS}executionDuration") == "86400"
    assert httpx.get(f"{url}/executionduration").text == "86400"
    destruction = str(job.findtext(f"{UWS}destruction"))
    assert httpx.get(f"{url}/destruction").text == destruction
    assert datetime.datetime.fromisoformat(destruction) < datetime.datetime.fromisoformat(far)
    assert httpx.post(f"{url}/destruction", data={"DESTRUCTION": "soon"}).status_code == 400
    assert httpx.post(f"{url}/executionduration", data={"EXECUTIONDURATION": "-5"}).status_code == 400
    assert httpx.get(f"{url}/owner").status_code == 200
    assert httpx.get(f"{url}/nonsense").status_code == 404


def test_it_stops_when_its_time_is_over(server: Server) -> None:
    url = make(server, ENDLESS, EXECUTIONDURATION=1, PHASE="RUN")
    assert ended(url) == "ERROR"
    assert "more than 1 s" in httpx.get(f"{url}/error").text
    assert server.sync("SELECT TOP 1 ra FROM stars").status_code == 200


def test_it_can_be_aborted_and_removed_while_it_runs(server: Server) -> None:
    url = make(server, ENDLESS, PHASE="RUN")
    assert phase(url) == "EXECUTING"
    httpx.post(f"{url}/phase", data={"PHASE": "ABORT"})
    assert phase(url) == "ABORTED"
    other = make(server, ENDLESS, PHASE="RUN")
    assert httpx.post(other, data={"ACTION": "DELETE"}).status_code == 303
    assert httpx.get(other).status_code == 404
    assert server.sync("SELECT TOP 1 ra FROM stars").status_code == 200


def test_waiting_ends_with_the_phase(server: Server) -> None:
    url = make(server)
    began = time.monotonic()
    assert told(url, WAIT=30, PHASE="EXECUTING").findtext(f"{UWS}phase") == "PENDING"
    assert told(url, WAIT=0.2).findtext(f"{UWS}phase") == "PENDING"
    assert time.monotonic() - began < 20
    httpx.post(f"{url}/phase", data={"PHASE": "RUN"})
    while (job := told(url, WAIT=-1)).findtext(f"{UWS}phase") == "EXECUTING":
        pass
    assert job.findtext(f"{UWS}phase") == "COMPLETED"
    assert httpx.get(url, params={"WAIT": "long"}).status_code == 400


def test_a_result_is_packed_for_who_takes_it_and_resumes_plain(server: Server) -> None:
    url = make(server, "SELECT * FROM stars ORDER BY source_id", FORMAT="csv", PHASE="RUN")
    assert ended(url) == "COMPLETED"
    packed = httpx.get(f"{url}/results/result", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    part = httpx.get(f"{url}/results/result", headers={"Accept-Encoding": "gzip", "Range": "bytes=5-19"})
    assert (part.status_code, part.content) == (206, packed.content[5:20])


def test_the_result_of_a_job_has_the_links_that_a_synchronous_one_has(server: Server) -> None:
    proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "sky.example"}
    given = {"LANG": "ADQL", "QUERY": QUERY, "PHASE": "RUN", "FORMAT": "votable/td"}
    made = httpx.post(f"{server.tap}/async", data=given, headers=proxy)
    url = made.headers["location"].replace("https://sky.example", server.url)
    assert ended(url) == "COMPLETED"
    assert "Secure" in made.headers["set-cookie"]
    text = httpx.get(f"{url}/results/result").text
    assert "https://sky.example/datalink/catalogs.stars" in text
    assert text == httpx.post(f"{server.tap}/sync", data=given, headers=proxy).text


def test_jobs_of_the_first_version_are_kept(tmp_path: Path) -> None:
    with catalogdb.open(tmp_path / "sky", create=True):
        pass
    jobs = Jobs(tmp_path / "sky")
    job = jobs.add(duration_s=1.0, destruction=time.time() + 100)
    jobs.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "sky/jobs/jobs.sqlite")) as connection:
        connection.execute("ALTER TABLE job DROP COLUMN service")
        connection.execute("PRAGMA user_version=1")
    jobs = Jobs(tmp_path / "sky")
    assert jobs.get(job.id) == job
    jobs.close()


def test_the_list_is_ones_own_and_can_be_cut(server: Server) -> None:
    with httpx.Client(base_url=server.url) as mine, httpx.Client(base_url=server.url) as other:
        form = {"LANG": "ADQL", "QUERY": QUERY}
        urls = [mine.post("/tap/async", data=form).headers["location"] for _ in range(3)]
        other.post("/tap/async", data=form)
        mine.post(f"{urls[0]}/phase", data={"PHASE": "ABORT"})

        def listed(**parameters: str) -> list[str]:
            root = ElementTree.fromstring(mine.get("/tap/async", params=parameters).content)
            return [str(each.get(f"{XLINK}href")) for each in root.iter(f"{UWS}jobref")]

        assert listed() == urls[::-1]
        assert listed(PHASE="PENDING") == urls[:0:-1]
        assert listed(PHASE="ARCHIVED") == []
        assert listed(LAST="1") == urls[-1:]
        assert listed(AFTER="2100-01-01T00:00:00Z") == []
        assert mine.get("/tap/async", params={"PHASE": "DONE"}).status_code == 400


@pytest.mark.parametrize(
    "number", ["%2e%2e", "%2e%2e%2fjobs.sqlite", "jobs.sqlite", "0" * 32, "a'b", "0" * 5000]
)
def test_no_id_leads_elsewhere(server: Server, number: str) -> None:
    for part in ("", "/phase", "/results/result"):
        assert httpx.get(f"{server.tap}/async/{number}{part}").status_code == 404


def test_a_job_takes_tables_along(server: Server) -> None:
    table = Table({"id": [3, 5, 9_999_999]})
    service = pyvo.dal.TAPService(server.tap)
    query = "SELECT u.id, s.ra FROM TAP_UPLOAD.mine AS u JOIN stars AS s ON s.source_id = u.id ORDER BY u.id"
    found = service.run_async(query, uploads={"mine": table}).to_table()
    assert list(found["id"]) == [3, 5]
    url = make(
        server, "SELECT COUNT(*) AS n FROM tap_upload.a JOIN tap_upload.b ON a.id = b.id", FORMAT="csv"
    )
    for name, text in (("a", "id\n1\n2\n"), ("b", "id\n7\n"), ("b", "id\n2\n3\n")):
        files = {"x": (name, text)}
        assert (
            httpx.post(f"{url}/parameters", data={"UPLOAD": f"{name},param:x"}, files=files).status_code
            == 303
        )
    httpx.post(f"{url}/phase", data={"PHASE": "RUN"})
    assert ended(url) == "COMPLETED"
    assert httpx.get(f"{url}/results/result").text.split()[-1] == "1"
    refused = httpx.post(
        f"{server.tap}/async", data={"LANG": "ADQL", "QUERY": QUERY, "UPLOAD": "t,param:none"}
    )
    assert refused.status_code == 400


def test_more_jobs_than_slots_wait_for_their_turn(tmp_path: Path, serve: Serve) -> None:
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        fill(store, n=2000)
    with serve(tmp_path / "sky", serve_workers=2, serve_jobs=1) as server:
        slow = make(server, ENDLESS, PHASE="RUN")
        quick = [make(server, PHASE="RUN") for _ in range(3)]
        assert [phase(url) for url in (slow, *quick)] == ["EXECUTING", "QUEUED", "QUEUED", "QUEUED"]
        assert server.sync("SELECT TOP 1 ra FROM stars").status_code == 200
        httpx.delete(quick[1])
        httpx.post(f"{slow}/phase", data={"PHASE": "ABORT"})
        assert [ended(quick[0]), ended(quick[2])] == ["COMPLETED", "COMPLETED"]


def test_jobs_outlive_the_service(tmp_path: Path, serve: Serve) -> None:
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        fill(store)
    with serve(tmp_path / "sky", serve_workers=2, serve_jobs=1) as server:
        done = make(server, "SELECT source_id FROM stars", FORMAT="csv", PHASE="RUN")
        assert ended(done) == "COMPLETED"
        runs = make(server, ENDLESS, PHASE="RUN")
        waits = make(server, FORMAT="csv", PHASE="RUN")
        pending = make(server)
        assert [phase(url) for url in (runs, waits, pending)] == ["EXECUTING", "QUEUED", "PENDING"]
        server.process.kill()
        server.process.wait(10)
        old = server.url
    (tmp_path / "sky" / "jobs" / "stray").mkdir()
    with serve(tmp_path / "sky", serve_workers=2, serve_jobs=1) as server:
        done, runs, waits, pending = (url.replace(old, server.url) for url in (done, runs, waits, pending))
        assert phase(done) == "COMPLETED"
        assert len(httpx.get(f"{done}/results/result").text.splitlines()) == STARS + 1
        assert phase(runs) == "ERROR"
        assert "run it again" in httpx.get(f"{runs}/error").text
        assert told(runs).find(f"{UWS}errorSummary").get("type") == "transient"  # type: ignore[union-attr]
        assert ended(waits) == "COMPLETED"
        assert phase(pending) == "PENDING"
        assert not (tmp_path / "sky" / "jobs" / "stray").exists()


def test_a_job_goes_when_its_time_has_come(tmp_path: Path, serve: Serve) -> None:
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        fill(store, n=10)
    with serve(tmp_path / "sky", serve_workers=1) as server:
        url = make(server, PHASE="RUN")
        assert ended(url) == "COMPLETED"
        httpx.post(f"{url}/destruction", data={"DESTRUCTION": "2020-01-01T00:00:00Z"})
        assert httpx.get(url).status_code == 404
        assert httpx.get(f"{url}/results/result").status_code == 404
    with serve(tmp_path / "sky", serve_workers=1):
        folders = [each for each in (tmp_path / "sky" / "jobs").iterdir() if each.is_dir()]
        with sqlite3.connect(tmp_path / "sky" / "jobs" / "jobs.sqlite") as jobs:
            assert jobs.execute("SELECT count(*) FROM job").fetchone() == (0,)
        assert folders == []


def test_a_store_is_served_once(server: Server, small_store: Path) -> None:
    from typer.testing import CliRunner

    from catalogdb.cli import app

    result = CliRunner().invoke(app, ["serve", "--store", str(small_store), "--port", "0"])
    assert result.exit_code == 1
    assert "is served already by" in result.output


def test_jobs_of_a_newer_version_are_left_alone(tmp_path: Path) -> None:
    from catalogdb.errors import StoreTooNew
    from catalogdb.service.uws.jobs import Jobs

    Jobs(tmp_path).close()
    with sqlite3.connect(tmp_path / "jobs" / "jobs.sqlite") as jobs:
        jobs.execute("PRAGMA user_version=99")
    with pytest.raises(StoreTooNew, match="schema version 99"):
        Jobs(tmp_path)
