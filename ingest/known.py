"""Files whose rows a table has already, recognised by their content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from catalogdb.errors import DataError
from catalogdb.store import Store
from ingest.job import sha256_of
from ingest.planning import PlannedFile
from ingest.resume import FinishedPiece

_AT_ONCE = 4


def sums_of(files: Sequence[PlannedFile]) -> dict[Path, str]:
    """Return the SHA-256 of each file."""
    paths = [file.path for file in files]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(paths, pool.map(sha256_of, paths), strict=True))


def known_files(store: Store, table: str, sums: Mapping[Path, str]) -> dict[Path, str]:
    """Return the files that the table has, each with the name under which it was ingested."""
    names = {each.sha256: each.file for each in store.ingests(table) if each.rows_read}
    return {path: names[digest] for path, digest in sums.items() if digest in names}


def has_known(piece: FinishedPiece, known: Mapping[Path, str]) -> bool:
    """Whether the piece has the rows of a known file."""
    return any(file.path in known for file in piece.files)


def refuse_known(table: str, known: dict[Path, str]) -> None:
    """Raise DataError for files that the table has already."""
    if not known:
        return
    listed = "\n".join(
        f"  {path}" + (f" (as {was})" if str(path.absolute()) != was else "") for path, was in known.items()
    )
    raise DataError(
        f"{table} has the rows of these files already:\n{listed}\n"
        "Leave them out, or pass --skip-known to add only the others"
    )
