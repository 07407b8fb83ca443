"""Which of the described tables a file is, and the parts in which the CDS splits a large one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from catalogdb.errors import DataError, SpecError
from ingest.cds.readme import DescribedTable, Readme
from ingest.files import expanded

_PACKED = re.compile(r"\.(gz|bz2|Z)$")
_PART = re.compile(r"\.(\d{2,3})(?:\.(?:gz|bz2))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The described table, the files that hold it, and remarks; `within`: the data stand below the ReadMe."""

    table: DescribedTable
    paths: tuple[Path, ...]
    remarks: tuple[str, ...] = ()
    within: bool = False


def choose_table(readme: Readme, files: Sequence[Path], name: str | None = None) -> Choice:
    """Return which table the files are, by their names or by `name`; without files, that below the ReadMe.

    Of a folder these are the files in it that are described. Raises SpecError, with the tables that there
    are, if none or more than one fits, and DataError for a file or part that is missing.
    """
    if not readme.tables:
        raise SpecError(
            f"{readme.path}: it has no Byte-by-byte Description of a file: write a spec instead "
            "(docs/adding_a_catalogue.md)"
        )
    if not files:
        return _within(readme)
    paths = tuple(path for file in files for path in _named(readme, file, name))
    names = [name] * len(paths) if name else [plain_name(path) for path in paths]
    found = {wanted: _described(readme, wanted) for wanted in names}
    unknown = [wanted for wanted, table in found.items() if table is None]
    if unknown and len(readme.tables) == 1 and not name:
        only = readme.tables[0]
        remark = f"{', '.join(unknown)}: taken for {', '.join(only.names)}, the only table described"
        return Choice(table=only, paths=paths, remarks=(remark,))
    if unknown:
        raise SpecError(
            f"{readme.path} describes no file {unknown[0]}: it describes "
            f"{described_names(readme)}; say which of them a file is with --form"
        )
    first, *others = [table for table in found.values() if table is not None]
    if any(other is not first for other in others):
        raise SpecError(
            f"{readme.path} describes {', '.join(names)} in different tables: ingest them one after the other"
        )
    return Choice(table=first, paths=paths)


def described_names(readme: Readme) -> str:
    """The files that the ReadMe describes, each with the line of its description."""
    return ", ".join(f"{' '.join(table.names)} (line {table.line})" for table in readme.tables)


def plain_name(path: Path) -> str:
    """The file's name without what compression and splitting add: tyc2.dat of tyc2.dat.07.gz."""
    return _PART.sub("", _PACKED.sub("", path.name))


def _described(readme: Readme, name: str) -> DescribedTable | None:
    """The table of that name; one that names it comes before one whose pattern it fits."""
    for exact in (True, False):
        for table in readme.tables:
            for pattern in table.names:
                plain = _PACKED.sub("", pattern).rpartition("/")[2]
                if plain == name or (not exact and fnmatchcase(name, plain)):
                    return table
    return None


def _within(readme: Readme) -> Choice:
    if readme.data_line is None:
        raise SpecError(
            f"{readme.path}: no data stand below it; name the file: it describes {described_names(readme)}"
        )
    if len(readme.tables) > 1:
        raise SpecError(f"{readme.path} describes {described_names(readme)}: name the file that is meant")
    return Choice(table=readme.tables[0], paths=(readme.path,), within=True)


def _named(readme: Readme, file: Path, name: str | None) -> list[Path]:
    """The file, its parts, what a pattern matches, or the described files of a folder."""
    if not file.is_dir():
        return [file] if file.exists() else _parts(file) or [each.path for each in expanded(file)]
    wanted = _described(readme, name) if name else None
    inside = [each.path for each in expanded(file) if each.path != readme.path]
    tables = [(path, _described(readme, plain_name(path))) for path in inside]
    found = [path for path, table in tables if table is not None and (wanted is None or table is wanted)]
    if not found:
        raise DataError(
            f"{file}: no file in this folder has a name that {readme.path} describes: it describes "
            f"{described_names(readme)}; name the file, and its table by --form"
        )
    return found


def _parts(file: Path) -> list[Path]:
    """Its compressed form, or the parts that lie there instead of the file, in their order."""
    if not file.parent.is_dir():
        return []
    packed = [each for ending in (".gz", ".bz2") if (each := file.with_name(file.name + ending)).exists()]
    if packed:
        return packed[:1]
    parts = {}
    for each in file.parent.iterdir():
        match = _PART.search(each.name)
        if match and each.name.startswith(file.name + ".") and plain_name(each) == file.name:
            parts[int(match[1])] = each
    if not parts:
        return []
    first = min(parts)
    missing = [number for number in range(min(first, 1), max(parts)) if number not in parts]
    missing = [number for number in missing if number >= first or number == 0 and first > 1]
    if missing:
        width = len(_PART.search(parts[first].name)[1])  # type: ignore[index]
        raise DataError(f"{file} is split, and its part .{missing[0]:0{width}d} is missing: fetch it too")
    return [parts[number] for number in sorted(parts)]
