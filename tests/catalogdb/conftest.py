"""A small star table and a way to run Python in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from catalogdb import Column, Table
from catalogdb.astrometry import ASTROMETRY

ID = Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier", nullable=False)
MAG = Column(name="mag", type="REAL", ucd="phot.mag", unit="mag", about="Magnitude")


@pytest.fixture
def plain() -> Table:
    """A table without positions: source_id, mag."""
    return Table(name="plain", about="Two columns", columns=(ID, MAG))


@pytest.fixture
def stars() -> Table:
    """A positional table: source_id, ra, dec, hpx29, mag."""
    sky = tuple(ASTROMETRY[name] for name in ("ra", "dec", "hpx29"))
    return Table(name="stars", about="Stars of a test", columns=(ID, *sky, MAG))


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in a new interpreter with arguments; its output is captured."""

    def run(script: str, *arguments: object, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=tmp_path)

    return run
