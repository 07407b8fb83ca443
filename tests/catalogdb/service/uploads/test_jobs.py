"""Tables that come with an asynchronous query, with the request that makes the job or with later ones."""

from __future__ import annotations

import time

import httpx
import pyvo
from astropy.table import Table

from tests.catalogdb.service.conftest import Server

QUERY = "SELECT a.x, b.y FROM TAP_UPLOAD.a JOIN TAP_UPLOAD.b ON a.x = b.x ORDER BY 1"
FILES = {"a": b"x\n1\n2\n", "b": b"x,y\n1,5\n2,6\n"}


def _result(job: str) -> str:
    with httpx.Client() as client:
        for _ in range(200):
            if client.get(f"{job}/phase").text in {"COMPLETED", "ERROR"}:
                break
            time.sleep(0.1)
        found = client.get(f"{job}/results/result")
        return found.text if found.status_code == 200 else client.get(f"{job}/error").text


def test_a_job_with_its_tables(server: Server) -> None:
    service = pyvo.dal.TAPService(server.tap)
    query = "SELECT id * 2 AS twice FROM TAP_UPLOAD.mine ORDER BY 1"
    found = service.run_async(query, uploads={"mine": Table({"id": [1, 2]})})
    assert found["twice"].tolist() == [2, 4]


def test_tables_that_come_one_by_one(server: Server) -> None:
    form = {"LANG": "ADQL", "QUERY": QUERY, "FORMAT": "csv", "UPLOAD": "a,param:f"}
    made = httpx.post(f"{server.tap}/async", data=form, files={"f": ("f", FILES["a"])})
    job = made.headers["location"]
    more = httpx.post(f"{job}/parameters", data={"UPLOAD": "b,param:f"}, files={"f": ("f", FILES["b"])})
    assert (made.status_code, more.status_code) == (303, 303)
    httpx.post(f"{job}/phase", data={"PHASE": "RUN"})
    assert _result(job).replace('"', "").split() == ["x,y", "1,5", "2,6"]
    folder = next(server.store.glob(f"jobs/**/{job.rpartition('/')[2]}"))
    assert len(list(folder.glob("upload.*"))) == 2
    httpx.delete(job)
    assert not folder.exists()


def test_what_is_wrong_with_an_upload_is_said_at_once_or_in_the_job(server: Server) -> None:
    form = {"LANG": "ADQL", "QUERY": QUERY, "FORMAT": "csv", "PHASE": "RUN"}
    response = httpx.post(f"{server.tap}/async", data=form | {"UPLOAD": "a,param:f"})
    assert response.status_code == 400
    assert "the request has no part 'f'" in response.text
    both = {"p": ("p", FILES["a"]), "q": ("q", b"x,y\n1\n")}
    made = httpx.post(f"{server.tap}/async", data=form | {"UPLOAD": "a,param:p;b,param:q"}, files=both)
    assert "uploaded table b, line 2: 1 fields stand where 2 are expected" in _result(
        made.headers["location"]
    )
