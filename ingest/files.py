"""The files that an ingest is asked for: files by name, the files of a folder, what a pattern matches."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalogdb.errors import DataError
from catalogdb.registry import Registry
from ingest.readers.parquet import parquet_files
from ingest.readers.stream import unreadable
from ingest.spec import Spec


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file to be read, as it is now; `folder` is the one it was found in, where that was named instead.

    Of a folder of Parquet files the size is that of all, the time that of the newest.
    """

    path: Path
    size: int
    mtime_ns: int
    folder: Path | None = None


def named_files(arguments: Iterable[str | Path], spec: Spec) -> list[NamedFile]:
    """Return the files that these arguments name, in their order, and in natural order within each.

    An argument is a file, a folder (all files below it whose names begin with neither . nor _, but not a
    store; of a catalogue in Parquet the folder itself), or a pattern with * ? [] or **. Raises DataError
    for one that is not there or matches nothing, a folder without files, and a file named twice.
    """
    whole_folders = any(form.reader == "parquet" for form in spec.forms)
    found = [file for argument in arguments for file in expanded(argument, whole_folders=whole_folders)]
    if not found:
        raise DataError(f"{spec.name}: no file is named")
    refuse_twice(found)
    return found


def expanded(argument: str | Path, *, whole_folders: bool = False) -> Iterator[NamedFile]:
    """Yield the files that one argument of `named_files` names; of Parquet `whole_folders` stay whole."""
    path = Path(argument)
    if _exists(path):
        yield from _file_or_folder(path, whole_folders)
        return
    if not glob.has_magic(str(argument)):
        raise DataError(f"{argument}: no such file")
    pattern = str(Path(argument).expanduser())
    # Not Path.glob, which takes no absolute patterns.
    matches = sorted(map(Path, glob.glob(pattern, recursive=True)), key=natural)  # noqa: PTH207
    if not matches:
        raise DataError(f"{argument}: no file matches this pattern")
    for match in matches:
        # With ** a folder and the files in it both match: the files are meant.
        if not (match.is_dir() and "**" in str(argument)):
            yield from _file_or_folder(match, whole_folders)


def state_of(path: Path, folder: Path | None = None) -> NamedFile:
    """Return the file with its present size and time of modification; DataError if it has gone."""
    try:
        states = [Path(file).stat() for file in parquet_files(path)]
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except OSError as error:
        raise unreadable(path, error) from error
    return NamedFile(path, sum(s.st_size for s in states), max(s.st_mtime_ns for s in states), folder)


def natural(path: Path | str) -> list[tuple[int, int, str]]:
    """Return the key by which z2 comes before z10."""
    parts = re.split(r"(\d+)", str(path))
    return [(1, int(part), part) if part.isdecimal() else (0, 0, part) for part in parts]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise unreadable(path, error) from error


def _file_or_folder(path: Path, whole_folders: bool) -> Iterator[NamedFile]:
    if not path.is_dir():
        yield state_of(path)
        return
    if whole_folders and next(path.rglob("*.parquet"), None) is not None:
        yield state_of(path)
        return
    files = sorted(_below(path), key=natural)
    if not files:
        raise DataError(f"{path} is a folder without files")
    for file in files:
        yield state_of(file, path)


def _below(folder: Path) -> Iterator[Path]:
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from error
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            if not Registry(entry).exists():
                yield from _below(entry)
        elif entry.is_file() or entry.is_symlink():  # a link to nothing is told, not passed over
            yield entry


def refuse_twice(files: Sequence[NamedFile]) -> None:
    """Raise DataError for a file that is named twice."""
    seen: dict[Path, Path] = {}
    for file in files:
        real = file.path.resolve()
        if real in seen:
            other = "" if seen[real] == file.path else f", also as {seen[real]}"
            raise DataError(f"{file.path} is named twice{other}: its rows would be too; leave one out")
        seen[real] = file.path
