"""The service as the Virtual Observatory's own validators and clients see it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import catalogdb
from tests.catalogdb.service.conftest import STARS, Server, fill, served

STILTS = shutil.which("stilts")

pytestmark = pytest.mark.skipif(STILTS is None, reason="stilts is not installed (apt install stilts)")


def stilts(*words: str) -> str:
    """Run a task of STILTS; what it writes."""
    assert STILTS is not None
    done = subprocess.run([STILTS, *words], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service on a store with two catalogues and the links between them."""
    path = tmp_path_factory.mktemp("taplint") / "sky"
    with catalogdb.open(path, create=True) as store:
        fill(store)
        fill(store, "others", n=3000)
        store.match("stars", "others", radius_arcsec=3600)
    with served(path, serve_workers=2) as running:
        yield running


def test_taplint_finds_nothing_to_say(described: Server) -> None:
    report = stilts("taplint", f"tapurl={described.tap}", "report=EWF")
    totals = re.search(r"Totals: Errors: (\d+); Warnings: (\d+); Failures: (\d+)", report)
    assert totals is not None, report
    found = [line for line in report.splitlines() if re.match(r"[EWF]-(?!LOC-NOTP)", line)]
    assert found == [], report
    assert totals.group(1) == totals.group(2) == "0"


def test_tapquery_in_both_modes(described: Server, tmp_path: Path) -> None:
    for sync in ("true", "false"):
        out = tmp_path / f"{sync}.csv"
        query = "adql=SELECT source_id, ra FROM stars ORDER BY source_id"
        stilts("tapquery", f"tapurl={described.tap}", query, f"sync={sync}", f"out={out}", "ofmt=csv")
        lines = out.read_text().splitlines()
        assert lines[0] == "source_id,ra"
        assert len(lines) == STARS + 1
        assert lines[1].split(",")[0] == "0"


def test_tapquery_tells_what_is_wrong(described: Server) -> None:
    assert STILTS is not None
    done = subprocess.run(
        [STILTS, "tapquery", f"tapurl={described.tap}", "adql=SELECT raa FROM stars", "sync=true"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    assert "there is no column raa" in done.stderr
