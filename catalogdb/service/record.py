"""The registry record of a store's service, from a file that says who publishes it."""

from __future__ import annotations

import dataclasses
import time
import tomllib
from pathlib import Path

from catalogdb.errors import DataError, did_you_mean
from catalogdb.formats import FORMATS
from catalogdb.registry import Registry
from catalogdb.service.limits import Limits
from catalogdb.service.service import published
from catalogdb.service.vosi.holdings import has_places
from catalogdb.service.vosi.registration import Publisher, registry_record
from catalogdb.settings import Settings


def record_of(root: Path, settings: Settings, publisher: Path, base_url: str) -> bytes:
    """The record of the service of the store at `root`; raises StoreNotFound, DataError."""
    registry = Registry(root, settings.busy_timeout_s)
    registry.require()
    shown = published(registry.snapshot(), settings)
    return registry_record(
        read_publisher(publisher),
        base_url.rstrip("/"),
        shown.tables,
        shown.row_count,
        Limits.of(settings),
        FORMATS,
        created=registry.snapshot(0).created,
        updated=time.time(),
        cone_tables=[table.qualified_name for table in shown.tables if has_places(table)],
    )


def read_publisher(file: Path) -> Publisher:
    """The publisher that a TOML file describes; raises DataError that names the key."""
    known = {each.name: each for each in dataclasses.fields(Publisher)}
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: {error}") from error
    for name, value in given.items():
        if name not in known:
            raise DataError(f"{file}: no key {name}{did_you_mean(name, known)}")
        wanted = list if name == "subjects" else str
        if not isinstance(value, wanted):
            raise DataError(f"{file}: {name} is {value!r}, not a {wanted.__name__}")
    missing = [n for n, each in known.items() if each.default is dataclasses.MISSING and n not in given]
    if missing:
        raise DataError(f"{file}: {missing[0]} is missing")
    subjects = {"subjects": tuple(given["subjects"])} if "subjects" in given else {}
    return Publisher(**given | subjects)
