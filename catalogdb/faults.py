"""What DuckDB, SQLite and the system say, told as a CatalogError that names the path and the way out."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from sqlalchemy.exc import DatabaseError

from catalogdb.errors import CatalogError, DataError, QueryError, StoreDamaged, StoreError

_FULL = (
    "no space left",
    "file too large",
    "disk is full",
    "disk i/o error",
    "could not write",
    "quota",
    "requested and",  # numpy's "N requested and M written", which has no errno
)
_FULL_ERRNO = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_DENIED_ERRNO = {errno.EACCES, errno.EPERM, errno.EROFS}


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL_ERRNO
    return any(word in str(error).lower() for word in _FULL)


def disk_full(path: Path, error: BaseException) -> StoreError:
    """The error for a disk, quota or file-size limit that stopped a write below `path`."""
    return StoreError(
        f"the disk is full: {path} could not be written ({_first_line(error)}). "
        "Nothing was published or replaced; free some space (catalogdb gc) and repeat"
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt for Ctrl-C during a statement, of which DuckDB makes another error."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn whatever stops a write below `path` into a StoreError or DataError."""
    try:
        with interruptible():
            yield
    except CatalogError:
        raise
    except (OSError, DatabaseError, duckdb.Error) as error:
        raise _write_error(path, error) from error


def _write_error(path: Path, error: OSError | DatabaseError | duckdb.Error) -> CatalogError:
    if isinstance(error, duckdb.OutOfMemoryException):
        return query_error(error)
    if _is_full(error):
        return disk_full(path, error)
    if isinstance(error, OSError):
        if error.errno in _DENIED_ERRNO:
            return StoreError(f"{path} may not be written by this user ({_first_line(error)})")
        return StoreError(f"{path}: {_first_line(error)}")
    if isinstance(error, DatabaseError):
        return registry_error(path, error)
    if isinstance(
        error, duckdb.ConstraintException | duckdb.ConversionException | duckdb.OutOfRangeException
    ):
        return DataError(f"{path.name}: {_first_line(error)}")
    return query_error(error)


def query_error(error: duckdb.Error) -> CatalogError:
    """The error for a statement that DuckDB refused, with its own words."""
    text = str(error).strip()
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError(f"{text}\nRaise the setting memory_limit or max_temp_size")
    if any(word in text.lower() for word in ("corrupt", "checksum", "could not read")):
        return StoreDamaged(f"a file of the store is damaged (run catalogdb check): {text}")
    return QueryError(text)


def registry_error(path: Path, error: DatabaseError) -> StoreError:
    """The error for a registry that SQLite can not read or write."""
    reason = _first_line(error.orig) if error.orig is not None else _first_line(error)
    lowered = reason.lower()
    if "locked" in lowered:
        return StoreError(
            f"{path} stayed locked by another process's transaction ({reason}): "
            "repeat, or raise the setting busy_timeout_s"
        )
    if "malformed" in lowered or "not a database" in lowered:
        return StoreDamaged(
            f"{path} is damaged ({reason}): catalogdb.rebuild_registry makes it anew from the parts"
        )
    if "readonly" in lowered or "unable to open" in lowered:
        return StoreError(f"{path} may not be opened or written by this user ({reason})")
    return StoreError(f"{path}: {reason}")
