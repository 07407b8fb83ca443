"""A DuckDB without a store, for looking at files and for writing native ones."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from catalogdb.connect import connect
from catalogdb.settings import load_settings


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection of its own, closed at the end."""
    with tempfile.TemporaryDirectory(prefix="catalogdb.") as folder:
        con = connect(Path(folder), load_settings(None))
        try:
            yield con
        finally:
            con.close()
