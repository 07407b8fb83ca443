"""Pieces: finished parts of an unfinished ingest, kept in staging/ until all can be merged.

A piece is a file like a part, with a note of what its rows were read from. It gets its name when
it is whole and synced, so that what bears the name survives Ctrl-C and kill -9. The folder is its
table's; who changes it holds the table's lock. The name carries the snapshot that the ingest began
from: a piece older than the table's version is a leftover, of an ingest that did come to its end.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from catalogdb.attach import ROWS
from catalogdb.ddl import literal, qualified, quoted, select_aligned, select_document
from catalogdb.draft import Draft
from catalogdb.faults import writing
from catalogdb.schema import Table
from catalogdb.staging import NOTE, close_file, discard, sync_file, sync_folder

SUFFIX = ".pieces"
"""Of the folder staging/<schema>.<name>.pieces."""

_BUILDING = ".building"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A finished piece: its file, the table as it stood then, its rows, and what was noted of them."""

    path: Path
    table: Table
    rows: int
    note: Mapping[str, Any]

    @property
    def alias(self) -> str:
        """The name under which it is attached."""
        return self.path.stem

    @property
    def built(self) -> str:
        """Its rows as a FROM item, while it is attached."""
        return qualified(self.alias, "main", ROWS)

    def select(self, table: Table, where: str = "") -> str:
        """SELECT of its rows with the columns of `table`."""
        return select_aligned(table, self.built, [c.name for c in self.table.columns], where)

    def attach(self, con: duckdb.DuckDBPyConnection) -> None:
        """Attach it to be read."""
        con.execute(f"ATTACH IF NOT EXISTS {literal(str(self.path))} AS {quoted(self.alias)} (READ_ONLY)")


class Pieces:
    """The folder with the pieces of one table; those begun now are of an ingest from this snapshot."""

    def __init__(self, staging: Path, table_name: str, snapshot: int = 0) -> None:
        self.folder = staging / f"{table_name}{SUFFIX}"
        self._snapshot = snapshot

    def exists(self) -> bool:
        """Whether anything is kept."""
        return self.folder.is_dir()

    def found(self, con: duckdb.DuckDBPyConnection) -> list[Piece]:
        """The finished pieces; one that can not be read is left out, and said so in the log."""
        return [piece for path in finished(self.folder) if (piece := _read(con, path)) is not None]

    def begin(self, con: duckdb.DuckDBPyConnection, table: Table) -> Draft:
        """A draft for one more piece, to be filled on a connection of its own."""
        with writing(self.folder):
            self.folder.mkdir(exist_ok=True)
        name = f"piece.{self._snapshot}_{os.urandom(4).hex()}{_BUILDING}"
        return Draft(con, self.folder / name, table)

    def keep(self, draft: Draft, note: Mapping[str, Any]) -> Piece:
        """Close the draft and make it a piece that outlives this process."""
        with writing(draft.path):
            document = close_file(draft.con, draft.path, draft.table, {"note": note})
            sync_file(draft.path)
            path = draft.path.with_suffix(".duckdb")
            draft.path.rename(path)
            sync_folder(self.folder)
        return Piece(path=path, table=draft.table, rows=document["rows"], note=note)

    def remove(self, pieces: Iterable[Piece]) -> None:
        """Remove these pieces, what was never finished, and the folder if that was all."""
        self._discard(piece.path for piece in pieces)

    def remove_older(self, since: int) -> None:
        """Remove the pieces of ingests from snapshots before `since`, and what was never finished."""
        self._discard(older(self.folder, since))

    def clear(self) -> None:
        """Remove all."""
        self._discard(finished(self.folder))

    def _discard(self, files: Iterable[Path]) -> None:
        with writing(self.folder):
            for file in [*files, *unfinished(self.folder)]:
                discard(file)
            if self.folder.is_dir() and not any(self.folder.iterdir()):
                self.folder.rmdir()


def older(folder: Path, since: int) -> list[Path]:
    """The files of the pieces that were begun from a snapshot before `since`."""
    return [file for file in finished(folder) if _snapshot_of(file) < since]


def _snapshot_of(file: Path) -> int:
    """The snapshot in the name of a piece; 0 of one without it, from an earlier catalogdb."""
    number, found, _ = file.stem.removeprefix("piece.").partition("_")
    return int(number) if found and number.isdecimal() else 0


def finished(folder: Path) -> list[Path]:
    """The files of the pieces in the folder."""
    return sorted(folder.glob("*.duckdb"))


def unfinished(folder: Path) -> list[Path]:
    """The files in the folder that are no piece: what a killed process was writing."""
    return sorted(file for file in folder.glob("*") if file.suffix != ".duckdb")


def _read(con: duckdb.DuckDBPyConnection, path: Path) -> Piece | None:
    alias = path.stem
    try:
        con.execute(f"ATTACH {literal(str(path))} AS {quoted(alias)} (READ_ONLY)")
        ((text,),) = con.execute(select_document(qualified(alias, "main", NOTE))).fetchall()
        con.execute(f"DETACH {quoted(alias)}")
    except duckdb.Error as error:
        _log.warning("%s can not be read and is not used: %s", path, error)
        return None
    document = json.loads(text)
    table = Table.from_json(json.dumps(document["table"]))
    return Piece(path=path, table=table, rows=document["rows"], note=document["note"])
