"""Settings: one list gives the defaults, the file, the environment, the help and the docs."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogdb.errors import SettingError, did_you_mean


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name, default (which fixes its type) and meaning."""

    name: str
    default: str | int | float | bool
    about: str


SETTINGS = (
    Setting("memory_limit", "4GB", "DuckDB's memory limit; work beyond it spills to the store's tmp folder"),
    Setting("threads", 0, "DuckDB's threads; 0 is one for each core"),
    Setting("max_temp_size", "", "Limit of the temporary files, such as 100GB; empty is what the disk has"),
    Setting("retention_days", 7.0, "Days for which gc keeps the files of superseded snapshots"),
    Setting("lease_hours", 24.0, "Hours after which gc no longer honours a reader that did not end it"),
    Setting("busy_timeout_s", 30.0, "Seconds to wait for another process's registry transaction"),
    Setting("compact_beyond", 16, "Parts of a table beyond which an append compacts them into one"),
    Setting("fetch_services", "", "TOML file of remote services of your own, or of mirrors (docs/fetch.md)"),
    Setting("fetch_rows", 100_000, "Rows asked of a remote service at a time; a chunk of more is divided"),
    Setting("fetch_parallel", 2, "Requests to a remote service at a time"),
    Setting("fetch_timeout_s", 60.0, "Seconds to wait for a remote service to answer, or to send more"),
    Setting("fetch_job_s", 7200.0, "Seconds for which a job may run at a remote service"),
    Setting(
        "fetch_retries", 6, "Times that a request to a remote service is repeated when it fails in passing"
    ),
    Setting("fetch_backoff_s", 2.0, "Seconds before the first repetition; doubled before each further one"),
    Setting(
        "serve_workers", 0, "Processes of the service that run queries; 0 is two more than there are cores"
    ),
    Setting("serve_jobs", 2, "Asynchronous jobs that run at a time; always fewer than serve_workers"),
    Setting("serve_queue", 64, "Requests that may wait for a worker; further ones are told to come again"),
    Setting(
        "serve_wait_s", 20.0, "Seconds that a request waits for a worker before it is told to come again"
    ),
    Setting("serve_sync_s", 120.0, "Seconds that a synchronous query may run"),
    Setting("serve_async_s", 3600.0, "Seconds that an asynchronous job may run, unless its owner says less"),
    Setting("serve_async_max_s", 86400.0, "The most seconds that the owner of a job can ask for"),
    Setting("serve_rows", 1_000_000, "Rows of a result if the client names no MAXREC"),
    Setting("serve_max_rows", 100_000_000, "The largest MAXREC; a result of more rows is cut, and says so"),
    Setting(
        "serve_memory", "2GB", "Memory of one worker; a query beyond what spills is stopped, and says so"
    ),
    Setting("serve_temp", "20GB", "Temporary files of one worker"),
    Setting("serve_result_size", "20GB", "Size of one result"),
    Setting("serve_jobs_size", "200GB", "Size of the results of all jobs; beyond it no job is taken"),
    Setting("serve_retention_days", 7.0, "Days for which a job and its result are kept"),
    Setting("serve_strict", False, "Hold every query to ADQL 2.1, without the extensions of docs/adql.md"),
    Setting(
        "serve_hide", "", "Tables that the service does not show, such as catalogs.draft or provenance.*"
    ),
    Setting("serve_upload_rows", 10_000_000, "Rows of one uploaded table"),
    Setting("serve_upload_size", "500MB", "Size of one request with uploaded tables"),
    Setting("upload_hosts", "", "Hosts in private networks from which tables may be uploaded by URL"),
    Setting("serve_user_tables", False, "Let users with a token keep tables of their own (docs/users.md)"),
    Setting("serve_user_most", 100, "Tables that one user may have"),
    Setting("serve_user_size", "10GB", "Size of the tables of one user"),
    Setting("log_level", "warning", "What is logged to stderr: debug, info, warning or error"),
    Setting("progress", True, "Show progress bars when stderr is a terminal"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force; built by `load_settings`, passed in, never global."""

    memory_limit: str
    threads: int
    max_temp_size: str
    retention_days: float
    lease_hours: float
    busy_timeout_s: float
    compact_beyond: int
    fetch_services: str
    fetch_rows: int
    fetch_parallel: int
    fetch_timeout_s: float
    fetch_job_s: float
    fetch_retries: int
    fetch_backoff_s: float
    serve_workers: int
    serve_jobs: int
    serve_queue: int
    serve_wait_s: float
    serve_sync_s: float
    serve_async_s: float
    serve_async_max_s: float
    serve_rows: int
    serve_max_rows: int
    serve_memory: str
    serve_temp: str
    serve_result_size: str
    serve_jobs_size: str
    serve_retention_days: float
    serve_strict: bool
    serve_hide: str
    serve_upload_rows: int
    serve_upload_size: str
    upload_hosts: str
    serve_user_tables: bool
    serve_user_most: int
    serve_user_size: str
    log_level: str
    progress: bool


def load_settings(store: Path | None, flags: Mapping[str, object] | None = None) -> Settings:
    """Return the settings with precedence flag > environment > settings.toml > default.

    The environment's names are CATALOGDB_ and the setting in capitals. Raises SettingError for
    a key that is not in SETTINGS or a value of the wrong type.
    """
    values: dict[str, Any] = {s.name: s.default for s in SETTINGS}
    file = None if store is None else store / "settings.toml"
    if file is not None:
        for name, value in _read(file).items():
            values[name] = _typed(name, value, str(file))
    for setting in SETTINGS:
        variable = f"CATALOGDB_{setting.name.upper()}"
        if variable in os.environ:
            values[setting.name] = _typed(setting.name, os.environ[variable], variable)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _typed(name, value, "argument")
    return Settings(**values)


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingError(f"{file} may not be read by this user ({error.strerror})") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{file}: {error}") from error


def _typed(name: str, value: object, where: str) -> object:
    known = {s.name: s for s in SETTINGS}
    if name not in known:
        raise SettingError(f"{where}: no setting {name}{did_you_mean(name, known)}")
    kind = type(known[name].default)
    typed = _boolean(value) if kind is bool else _number_or_text(kind, value)
    if typed is None:
        raise SettingError(f"{where}: setting {name} is {value!r}, not a {kind.__name__}")
    if isinstance(typed, int | float) and not typed >= 0:
        raise SettingError(f"{where}: setting {name} is {value!r}, but may not be negative")
    return typed


def _boolean(value: object) -> bool | None:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    return value if isinstance(value, bool) else words.get(str(value).lower())


def _number_or_text(kind: Callable[[Any], object], value: object) -> object | None:
    if isinstance(value, bool):
        return None
    try:
        return kind(value)
    except (TypeError, ValueError):
        return None
