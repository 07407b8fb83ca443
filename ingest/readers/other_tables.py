"""Files of several tables: the names of those that are not read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.readers import fits, hdf5, votable
from ingest.spec import Form

_FINDERS: dict[str, Callable[[Path, Form], list[str]]] = {
    "fits": fits.other_tables,
    "votable": votable.other_tables,
    "hdf5": hdf5.other_tables,
}


def other_tables(path: Path, form: Form) -> list[str]:
    """Return the names, else the numbers, of the tables of the file that are not read; none of most kinds."""
    find = _FINDERS.get(form.reader)
    return [] if find is None else find(path, form)
