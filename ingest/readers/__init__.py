"""The closed set of readers, one file each."""

from __future__ import annotations

from ingest.readers.base import FileColumn, Reader, Source
from ingest.readers.binary import Binary
from ingest.readers.delimited import Delimited
from ingest.readers.fits import Fits
from ingest.readers.fixed_width import FixedWidth

READERS: dict[str, Reader] = {
    "fixed_width": FixedWidth(),
    "delimited": Delimited(),
    "fits": Fits(),
    "binary": Binary(),
}
"""Every reader by the name that a form calls it."""

__all__ = ["READERS", "FileColumn", "Reader", "Source"]
