"""What an interrupted ingest has finished: the pieces whose files are still as they were when read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from catalogdb.pieces import Piece
from catalogdb.provenance import Ingest
from catalogdb.registry import code_version
from ingest.files import NamedFile
from ingest.spec import Spec


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read: as it was then, the zone of its name, and what is recorded of it."""

    path: Path
    size: int
    mtime_ns: int
    zone: str | None
    ingest: Ingest

    def is_now(self, file: NamedFile) -> bool:
        """Whether the file has not changed since."""
        return (self.size, self.mtime_ns) == (file.size, file.mtime_ns)


@dataclass(frozen=True, slots=True)
class FinishedPiece:
    """A piece and the files whose rows it has."""

    piece: Piece
    files: tuple[ReadFile, ...]


def recipe(spec: Spec, form: str | None) -> dict[str, str]:
    """Return what decides how a file becomes rows, beside the file itself."""
    # repr, for a spec made in Python has no text whose sum could be taken.
    text = repr(replace(spec, path=""))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"spec": digest, "form": form or "", "code": code_version()}


def note_of(made_by: Mapping[str, str], files: Sequence[ReadFile]) -> dict[str, Any]:
    """Return the note that a piece carries."""
    listed = [
        {
            "path": str(file.path.absolute()),
            "size": file.size,
            "mtime_ns": file.mtime_ns,
            "zone": file.zone,
            "ingest": asdict(file.ingest),
        }
        for file in files
    ]
    return {"recipe": dict(made_by), "files": listed}


def finished_pieces(
    pieces: Sequence[Piece], made_by: Mapping[str, str], named: Sequence[NamedFile], *, with_rejected: bool
) -> tuple[list[FinishedPiece], list[str]]:
    """Return the pieces that need not be made again, and in words why others must.

    A piece serves where all its files are named now and are what they were, and the spec, the form
    and this program too; one with bad records set aside only where they are set aside again.
    """
    now = {file.path.absolute(): file for file in named}
    used: set[Path] = set()
    kept: list[FinishedPiece] = []
    changed: set[Path] = set()
    others = 0
    for piece in sorted(pieces, key=lambda piece: -len(piece.note["files"])):
        files = tuple(_read_file(entry, now) for entry in piece.note["files"])
        if piece.note["recipe"] != dict(made_by):
            others += 1
            continue
        changed |= {f.path for f in files if (c := now.get(f.path.absolute())) and not f.is_now(c)}
        whole = all((c := now.get(f.path.absolute())) is not None and f.is_now(c) for f in files)
        bad = sum(file.ingest.rows_rejected for file in files)
        if whole and (with_rejected or not bad) and not used & {f.path for f in files}:
            used |= {file.path for file in files}
            kept.append(FinishedPiece(piece, files))
    words = [f"{path} has changed since it was read: it is read anew" for path in sorted(changed - used)]
    if others:
        words.append(f"{others} pieces were read with another spec, form or version: they are not used")
    return kept, words


def _read_file(entry: Mapping[str, Any], now: Mapping[Path, NamedFile]) -> ReadFile:
    """The file of a note, under the name that it is given now."""
    path = Path(entry["path"])
    shown = now[path].path if path in now else path
    return ReadFile(shown, entry["size"], entry["mtime_ns"], entry["zone"], Ingest(**entry["ingest"]))
