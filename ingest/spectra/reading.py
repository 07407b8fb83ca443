"""One file of spectra: opened, decompressed, its layout found, its spectra read; and its SHA-256."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import mmap
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from ingest.readers.stream import compression, open_bytes, unreadable
from ingest.spectra import apogee, desi, galah, generic, lamost
from ingest.spectra.faults import NoSpectrum, SpectrumError
from ingest.spectra.fits_file import Bytes, FitsFile
from ingest.spectra.layout import How, Layout, Notes
from ingest.spectra.spectrum import Block

LAYOUTS: tuple[Layout, ...] = (
    *lamost.LAYOUTS,
    *apogee.LAYOUTS,
    *desi.LAYOUTS,
    *galah.LAYOUTS,
    *generic.LAYOUTS,
)
"""Every layout of FITS files, in the order in which they are tried."""

BIG_BYTES = 100_000_000
"""Files from this size on are not read whole into memory."""

_UNPACKED = 5

_FITS_NAME = re.compile(r"\.(fits|fit|fts|fz)(\.(gz|bz2))?$", re.IGNORECASE)


def is_big(path: Path, size: int) -> bool:
    """Whether the file, decompressed, is too large to be held in memory."""
    return size >= BIG_BYTES or (size * _UNPACKED >= BIG_BYTES and bool(compression(path)))


def read_whole(path: Path, how: How, notes: Notes) -> tuple[str, str, list[Block]]:
    """Return the SHA-256 of a file, the name of its layout, and its spectra.

    Raises NoSpectrum for a file in no layout, SpectrumError for what can not be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    name, blocks = _read(path, _decompressed(path, raw), how, notes)
    return hashlib.sha256(raw).hexdigest(), name, list(blocks)


@contextmanager
def read_mapped(path: Path, how: How, notes: Notes, folder: Path) -> Iterator[tuple[str, Iterator[Block]]]:
    """Yield the name of the layout and the spectra of a file that stays on disk.

    A compressed one is decompressed to a file without a name in `folder`.
    """
    with _plain(path, folder) as stream:
        size = stream.seek(0, io.SEEK_END)
        if not size:
            raise _no_fits(path, b"") or NoSpectrum(f"{path}: it is empty")
        # Not closed here: that fails while an array of it lives; it goes with the last of them.
        mapped = mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ)
        yield _read(path, mapped, how, notes)


def _read(path: Path, data: Bytes, how: How, notes: Notes) -> tuple[str, Iterator[Block]]:
    if len(data) == 0:
        raise _no_fits(path, b"") or NoSpectrum(f"{path}: it is empty")
    if bytes(data[:6]) != b"SIMPLE":
        try:
            return generic.read_other(path, data, how)
        except NoSpectrum as error:
            raise _no_fits(path, bytes(data[:30])) or error from None
    file = FitsFile(path, data)
    layout = layout_of(file)
    return layout.name, layout.read(file, how, notes)


def _no_fits(path: Path, start: bytes) -> SpectrumError | None:
    """The error of a file that is called a FITS file and has none in it, as a download that failed leaves."""
    if _FITS_NAME.search(path.name) is None:
        return None
    begins = f"begins with {start!r}" if start else "is empty"
    return SpectrumError(str(path), f"by its name it is a FITS file, but it {begins}; fetch it again")


def layout_of(file: FitsFile) -> Layout:
    """Return the layout of a FITS file; raises NoSpectrum for one in none."""
    for layout in LAYOUTS:
        if layout.matches(file):
            return layout
    listed = ", ".join(hdu.name or str(hdu.number) for hdu in file.hdus)
    raise NoSpectrum(
        f"{file.path}: it is in no known layout of spectra (extensions: {listed}; known:"
        f" {', '.join(layout.name for layout in LAYOUTS)}; docs/spectra.md says what each has)"
    )


def _decompressed(path: Path, raw: bytes) -> bytes:
    try:
        if raw.startswith(b"\x1f\x8b"):
            return gzip.decompress(raw)
        return bz2.decompress(raw) if raw.startswith(b"BZh") else raw
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> SpectrumError:
    return SpectrumError(
        str(path), f"it is truncated or damaged, and can not be decompressed ({error}); fetch it again"
    )


@contextmanager
def _plain(path: Path, folder: Path) -> Iterator[BinaryIO]:
    if not compression(path):
        try:
            with path.open("rb") as stream:
                yield stream
        except PermissionError as error:
            raise unreadable(path, error) from error
        return
    with tempfile.TemporaryFile(dir=folder) as copy:
        try:
            with open_bytes(path) as packed:
                shutil.copyfileobj(packed, copy, 1 << 20)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _damaged(path, error) from error
        copy.flush()
        yield cast(BinaryIO, copy)
