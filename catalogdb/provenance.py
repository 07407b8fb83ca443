"""Where rows come from: the ingest of a file and the run of an analysis, as publications record them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from catalogdb.registry import code_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """One file that was read into a part; `started` is a Unix time [s], `seconds` the duration [s]."""

    file: str
    sha256: str = ""
    catalogue: str = ""
    form: str = ""
    spec_sha256: str = ""
    rows_read: int = 0
    rows_kept: int = 0
    rows_rejected: int = 0
    started: float = 0.0
    seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of an analysis; its `run_id` stands in every row it writes.

    `inputs` are the part files it could read of the tables it named, `snapshot` the one it read.
    """

    run_id: str
    analysis: str
    settings: Mapping[str, Any]
    seed: int | None
    inputs: tuple[str, ...]
    snapshot: int
    started: float
    code_version: str = field(default_factory=code_version)

    def row(self) -> dict[str, Any]:
        """The registry's row, with the seconds the run has taken until now."""
        return {
            "run_id": self.run_id,
            "analysis": self.analysis,
            "settings": json.dumps(dict(self.settings), sort_keys=True, default=str),
            "seed": self.seed,
            "inputs": json.dumps(self.inputs),
            "input_snapshot": self.snapshot,
            "code_version": self.code_version,
            "started": self.started,
            "seconds": time.time() - self.started,
        }


def new_run_id(analysis: str) -> str:
    """A run id that sorts by time, such as `acceleration-20260102T030405-1f2e3d`."""
    return f"{analysis}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.urandom(3).hex()}"


def ingest_row(ingest: Ingest) -> dict[str, Any]:
    """The registry's row of an ingest, without the part it went to."""
    return asdict(ingest)
