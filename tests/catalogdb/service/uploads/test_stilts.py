"""STILTS, which checks services and asks them: its stage of uploads, and queries with tables of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import catalogdb
from tests.catalogdb.service.conftest import Server, fill, served

pytestmark = pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that fetches from this machine, where taplint offers its tables."""
    store = tmp_path_factory.mktemp("stilts") / "sky"
    with catalogdb.open(store, create=True) as made:
        fill(made, n=1000)
    hosts = f"localhost,127.0.0.1,{socket.gethostname()},{socket.getfqdn()}"
    with served(store, serve_workers=2, upload_hosts=hosts) as running:
        yield running


def _stilts(*arguments: str) -> str:
    run = subprocess.run(["stilts", *arguments], capture_output=True, text=True, timeout=300, check=False)
    return run.stdout + run.stderr


def test_taplint_finds_nothing_wrong_with_uploads(trusting: Server) -> None:
    told = _stilts("taplint", f"tapurl={trusting.tap}", "stages=CAP UPL", "report=EWISF")
    assert "Errors: 0; Warnings: 0;" in told, told
    assert "Failures: 0" in told, told
    assert told.count("I-UPL-QSUB") == 2, told


@pytest.mark.parametrize("sync", ["true", "false"])
def test_tapquery_uploads(trusting: Server, sync: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,ra,dec\n1,10,2\n2,20,3\n")
    query = """SELECT u.id, count(*) AS n FROM tap_upload.u1 AS u JOIN stars AS s
        ON 1 = CONTAINS(POINT('ICRS', s.ra, s.dec), CIRCLE('ICRS', u.ra, u.dec, 20))
        GROUP BY u.id ORDER BY 1"""
    told = _stilts(
        "tapquery", f"tapurl={trusting.tap}", "nupload=1", f"upload1={file}", "ufmt1=csv", "upname1=u1",
        f"adql={query}", f"sync={sync}", "ofmt=csv",
    )  # fmt: skip
    lines = [line.split(",") for line in told.splitlines() if line.count(",") == 1]
    assert [line[0] for line in lines] == ["id", "1", "2"], told
    assert all(int(line[1]) > 10 for line in lines[1:])
