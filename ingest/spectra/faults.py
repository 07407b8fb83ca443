"""What is wrong with a file of spectra: where, and what to do."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from catalogdb.errors import DataError, NotOfForm


class SpectrumError(DataError):
    """A spectrum, or the file of it, that can not be read; `where` names the file and the extension."""

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"{where}: {reason}")


class NoSpectrum(NotOfForm):
    """A file that is in none of the layouts of spectra."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file, or one spectrum of it, that was set aside; without `spec_id` it is the whole file."""

    file: str
    spec_id: str | None
    reason: str


def write_rejected(path: Path, rejected: Iterable[Rejected]) -> None:
    """Write what was set aside as CSV: file, spec_id, reason. The file is whole or not there."""
    building = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with building.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("file", "spec_id", "reason"))
            writer.writerows((each.file, each.spec_id or "", each.reason) for each in rejected)
        building.replace(path)
    except OSError as error:
        building.unlink(missing_ok=True)
        raise DataError(f"{path} can not be written: {error.strerror or error}") from error
