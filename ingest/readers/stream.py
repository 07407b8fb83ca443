"""Text files as streams of numbered lines, compressed or not, in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from catalogdb.errors import DataError
from ingest.readers.base import BATCH_BYTES, BATCH_ROWS

GZIP, BZIP2 = b"\x1f\x8b", b"BZh"


def magic(path: Path, size: int = 512) -> bytes:
    """Return the first bytes of the file, decompressed."""
    with open_bytes(path) as stream:
        try:
            return stream.read(size)
        except (OSError, EOFError, zlib.error) as error:
            check_readable(path)
            raise DataError(f"{path}: it can not be decompressed ({error})") from error


def unreadable(path: Path, error: OSError) -> DataError:
    """Return the error for a file that the system does not let us read."""
    if isinstance(error, PermissionError):
        return DataError(f"{path} may not be read by this user: chmod it, or run as its owner")
    return DataError(f"{path} can not be read: {error.strerror or error}")


_RAISED = re.compile(r"Detail: Python exception: Traceback.*\n(catalogdb\.errors\.\w+): (.*)\Z", re.DOTALL)
_OTHER = re.compile(r"Detail: Python exception: Traceback.*\n([A-Za-z_][\w.]*(?:: [^\n]*)?)\s*\Z", re.DOTALL)


def raised_in_stream(error: BaseException) -> DataError | None:
    """The error of our own that a stream raised while DuckDB read it, which tells it with a traceback."""
    found = _RAISED.search(str(error))
    return None if found is None else DataError(found[2].strip())


def without_traceback(error: BaseException) -> str:
    """What an error says; of another's exception in a stream its last line."""
    found = _OTHER.search(str(error))
    return str(error) if found is None else found[1]


def compression(path: Path) -> str:
    """Return "gzip", "bzip2" or "" by the file's first bytes."""
    try:
        with path.open("rb") as stream:
            start = stream.read(3)
    except OSError as error:
        raise unreadable(path, error) from error
    if start.startswith(GZIP):
        return "gzip"
    return "bzip2" if start == BZIP2 else ""


def open_bytes(path: Path) -> IO[bytes]:
    """Open the file for reading, decompressing as its first bytes demand."""
    kind = compression(path)
    if kind == "gzip":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if kind == "bzip2":
        return cast(IO[bytes], bz2.open(path, "rb"))
    return path.open("rb")


def open_text(path: Path, encoding: str, *, strict: bool = False) -> IO[str]:
    """Open the file as text; bytes that are not of the encoding become U+FFFD and are seen in errors.

    Strict: reading them is a UnicodeDecodeError. The mark of UTF-8 that a file may begin with is no text.
    """
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    errors = "strict" if strict else "replace"
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, errors=errors, newline="")


def check_readable(path: Path) -> None:
    """Raise DataError if the file can not be decompressed to its end; plain files pass."""
    if not compression(path):
        return
    done = 0
    with cast(io.BufferedIOBase, open_bytes(path)) as stream:
        try:
            while chunk := stream.read1(1 << 20):
                done += len(chunk)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"{path} is truncated or damaged: it can be decompressed to byte {done} only ({error}); "
                "fetch it again"
            ) from error


def check_encoding(path: Path, encoding: str) -> None:
    """Raise DataError, with the line, if the file is not text of that encoding."""
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                shown = line.decode(encoding, "replace").rstrip("\r\n")
                byte = f"byte 0x{line[error.start]:02x}"
                raise DataError(
                    f"{path}, line {number}: is not {encoding.upper()} text ({byte})\n"
                    f"  {shown}\nConvert the file, as by iconv -f latin1 -t {encoding} FILE > NEW"
                ) from error


SCHEMA = pa.schema([("_line", pa.int64()), ("_raw", pa.string())])


def lines(path: Path, encoding: str, *, strict: bool = False) -> Iterator[pa.RecordBatch]:
    """Yield the lines that are not blank, with their numbers counted from 1, in batches."""
    numbers: list[int] = []
    texts: list[str] = []
    size = 0
    with open_text(path, encoding, strict=strict) as stream:
        for number, line in enumerate(stream, 1):
            text = line.rstrip("\r\n")
            if text.strip():
                numbers.append(number)
                texts.append(text)
                size += len(text)
            if len(numbers) == BATCH_ROWS or size > BATCH_BYTES:
                yield _batch(numbers, texts)
                numbers, texts, size = [], [], 0
    if numbers:
        yield _batch(numbers, texts)


def _batch(numbers: list[int], texts: list[str]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(numbers, pa.int64()), pa.array(texts, pa.string())], schema=SCHEMA)
