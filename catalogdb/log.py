"""Logging to stderr, as text or one JSON object per line, each record with its run id."""

from __future__ import annotations

import json
import logging
import time
from contextvars import ContextVar

from catalogdb.errors import SettingError, did_you_mean

LEVELS = ("debug", "info", "warning", "error")

RUN_ID: ContextVar[str] = ContextVar("run_id", default="")
"""The id of the run in progress: of one command line, or of the analysis that it has started."""


def configure(level: str, *, as_json: bool = False) -> None:
    """Log what catalogdb, ingest and analysis have to say to stderr, from `level` on; replaces itself.

    Raises SettingError for an unknown level. A program that uses the library and configures logging
    itself needs none of this.
    """
    if level not in LEVELS:
        raise SettingError(f"no log level {level}{did_you_mean(level, LEVELS)}")
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if as_json else _Text())
    for name in ("catalogdb", "ingest", "analysis"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level.upper())


class _Text(logging.Formatter):
    """`time level run-id name: message`."""

    def format(self, record: logging.LogRecord) -> str:
        when = _utc(record.created)
        text = f"{when} {record.levelname.lower()} {RUN_ID.get() or '-'} {record.name}: {record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class _Json(logging.Formatter):
    """The same as an object with the keys time, level, run_id, name, message and, of a fault, error."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _utc(record.created),
            "level": record.levelname.lower(),
            "run_id": RUN_ID.get(),
            "name": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _utc(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"
