"""Every error a user can meet, as one tree; all others are defects.

CatalogError
├── StoreError                 the folder of the store
│   ├── StoreNotFound          there is no store at that path
│   ├── StoreTooNew            written by a newer version
│   ├── StoreBusy              another process writes this table now
│   └── StoreDamaged           a file or the registry is not what was published
├── SchemaError                a Table or Column that may not exist
├── TableNotFound              no such table in this snapshot
├── TableExists                the name is taken
├── SpecError                  a catalogue's specification is wrong
├── DataError                  the input is at fault
│   ├── BadRecord              one record, with file, line, column and raw text
│   └── NotOfForm              a sound file, but in no form of the catalogue
├── RemoteError                a service that refuses, fails or can not be reached
│   └── TruncatedAnswer        a service that gave fewer rows than there are
├── QueryError                 SQL that DuckDB refuses, or wrong ADQL, with line and column
├── MatchError                 a match or cone that can not be asked
├── AnalysisError              settings or input an analysis can not work with
├── SettingError               an unknown setting or a value out of its range
└── ShadowedPackage            a user's file stands in for one of our packages
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class CatalogError(Exception):
    """Base of all errors that are the user's to mend; the command line exits with 1."""


class StoreError(CatalogError):
    """The folder of the store can not be used as asked."""


class StoreNotFound(StoreError):
    """There is no store at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"no store at {path}: name another with --store or CATALOGDB_STORE, "
            "or make one by ingesting a catalogue"
        )


class StoreTooNew(StoreError):
    """The store at `path` was written by a newer version of catalogdb."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(
            f"{path} was written by a newer catalogdb (schema version {found}, "
            f"this one knows {known}): upgrade catalogdb to use it"
        )


class StoreBusy(StoreError):
    """Another process holds the writer's lock of `table`."""

    def __init__(self, table: str, holder: str) -> None:
        self.table, self.holder = table, holder
        super().__init__(f"{table} is being written by {holder}: wait until it has finished")


class StoreDamaged(StoreError):
    """A file or the registry is not what was published."""


class SchemaError(CatalogError):
    """A Table or Column that may not exist, with what to change."""


class TableNotFound(CatalogError):
    """No table of that name in the snapshot; suggests the nearest names."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"no table {name}{did_you_mean(name, known)}")


class TableExists(CatalogError):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name} exists already: --replace publishes a new version, --append adds to it, "
            "--as NAME chooses another name"
        )


class SpecError(CatalogError):
    """A catalogue's specification is wrong: which file, which key, and what is allowed."""


class DataError(CatalogError):
    """The input is at fault; nothing was published."""


class BadRecord(DataError):
    """One record that can not be read, with everything needed to find it."""

    def __init__(
        self,
        file: str,
        line: int,
        reason: str,
        *,
        column: str | None = None,
        value: str | None = None,
        raw: str | None = None,
        unit: str = "line",
    ) -> None:
        self.file, self.line, self.reason = file, line, reason
        self.column, self.value, self.raw = column, value, raw
        where = f"{file}, {unit} {line}" + (f", column {column}" if column else "")
        what = f": {reason}" + (f" (value {value!r})" if value is not None else "")
        text = f"\n  {_excerpt(raw, value)}" if raw is not None else ""
        super().__init__(
            f"{where}{what}{text}\nMend the record, or pass --rejects FILE to set bad records aside"
        )


def _excerpt(raw: str, value: str | None, width: int = 400) -> str:
    """Return the record as shown to people: of a long one the part with the value."""
    if len(raw) <= width:
        return raw
    start = max(0, (raw.find(value) if value else 0) - width // 2)
    end = start + width
    return f"{'... ' * (start > 0)}{raw[start:end]}{' ...' * (end < len(raw))} ({len(raw):,} characters)"


class NotOfForm(DataError):
    """A file that can be read, but is in no form of the catalogue; in a folder it is left out, and named."""


class RemoteError(CatalogError):
    """A service that refuses a request, fails, or can not be reached, in its own words."""


class TruncatedAnswer(RemoteError):
    """A service that gave fewer rows than there are, for a request that can not be divided."""


class QueryError(CatalogError):
    """SQL that DuckDB refuses, with its message."""


class MatchError(CatalogError):
    """A match or cone search that can not be asked."""


class AnalysisError(CatalogError):
    """Settings or an input table that an analysis can not work with."""


class SettingError(CatalogError):
    """An unknown setting, or a value outside its range."""


class ShadowedPackage(CatalogError, ImportError):
    """Python finds `file` where our package `package` should be."""

    def __init__(self, package: str, file: Path) -> None:
        self.package, self.file = package, file
        super().__init__(
            f"{file} hides catalogdb's own package {package}: rename that file, or run from another folder"
        )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean a, b?" or what exists, to end an error message with.

    Of qualified names the last component is compared: a schema in common makes no two names alike.
    """
    names = sorted(known)
    last = {each: each.rpartition(".")[2] for each in names}
    close = difflib.get_close_matches(name.rpartition(".")[2], last.values(), n=3, cutoff=0.6)
    near = [each for each in names if last[each] in close][:3]
    if near:
        return f"; did you mean {', '.join(near)}?"
    if not names:
        return " (there is none yet)"
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f" (there are: {listed})"
