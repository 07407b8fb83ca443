"""What several test modules share: the real data, where it is, and a fresh store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import catalogdb

DATA = Path(os.environ.get("CATALOGDB_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture
def data() -> Path:
    """The folder of real rows; the test is skipped, visibly, where there is none."""
    if not DATA.is_dir():
        pytest.skip(f"no real data at {DATA}: set CATALOGDB_DATA to the folder that has it")
    return DATA


@pytest.fixture
def store(tmp_path: Path) -> Iterator[catalogdb.Store]:
    """An empty store of this test's own."""
    with catalogdb.open(tmp_path / "sky", create=True) as opened:
        yield opened
