"""What the service allows: the settings in bytes, seconds and rows."""

from __future__ import annotations

import fnmatch
import os
import re
from dataclasses import dataclass

from catalogdb.errors import SettingError
from catalogdb.schema import Table
from catalogdb.settings import Settings
from catalogdb.tokens import PRIVATE

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}

SPILL = "spill"
"""How the names of folders with the temporary files of queries begin; then comes the process."""

_LONGEST = 4
"""How much longer than `serve_retention_days` the owner of a job can ask to keep it."""

_WORKER_ITSELF = 768 * 1024**2
"""Bytes that a worker may use beside DuckDB: Python, its libraries and one batch of rows."""


def size_in_bytes(text: str, name: str) -> int:
    """The bytes of a size such as 2GB or 512MiB; raises SettingError that names the setting."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise SettingError(f"setting {name} is {text!r}, not a size such as 500MB or 2GiB")
    number, prefix, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[prefix.upper()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits in force; `memory_bytes` is of a whole worker process, beyond which it is stopped."""

    workers: int
    jobs: int
    queue: int
    wait_s: float
    sync_s: float
    async_s: float
    async_max_s: float
    rows: int
    max_rows: int
    memory_bytes: int
    result_bytes: int
    jobs_bytes: int
    retention_s: float
    longest_retention_s: float
    upload_rows: int
    upload_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings give; raises SettingError."""
        workers = settings.serve_workers or (os.cpu_count() or 1) + 2
        max_rows = max(settings.serve_max_rows, 1)
        return cls(
            workers=workers,
            jobs=max(1, min(settings.serve_jobs, workers - 1)),
            queue=settings.serve_queue,
            wait_s=settings.serve_wait_s,
            sync_s=settings.serve_sync_s,
            async_s=min(settings.serve_async_s, settings.serve_async_max_s),
            async_max_s=settings.serve_async_max_s,
            rows=min(settings.serve_rows, max_rows),
            max_rows=max_rows,
            memory_bytes=size_in_bytes(settings.serve_memory, "serve_memory") + _WORKER_ITSELF,
            result_bytes=size_in_bytes(settings.serve_result_size, "serve_result_size"),
            jobs_bytes=size_in_bytes(settings.serve_jobs_size, "serve_jobs_size"),
            retention_s=settings.serve_retention_days * 86400,
            longest_retention_s=_LONGEST * settings.serve_retention_days * 86400,
            upload_rows=settings.serve_upload_rows,
            upload_bytes=size_in_bytes(settings.serve_upload_size, "serve_upload_size"),
        )


def is_private(table: Table) -> bool:
    """Whether the table is a user's own, and shown to nobody else."""
    return table.schema.startswith(PRIVATE)


def is_hidden(table: Table, patterns: str) -> bool:
    """Whether one of the patterns of `serve_hide`, between commas or blanks, fits the table's name.

    A TAP service has its TAP_SCHEMA, whatever they say.
    """
    return table.schema != "tap_schema" and any(
        fnmatch.fnmatchcase(table.qualified_name, each) for each in re.split(r"[,\s]+", patterns) if each
    )
