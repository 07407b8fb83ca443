"""The services that fetch knows by name: where they are, how they are spoken to, what they give at most."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from catalogdb.errors import DataError, SettingError, did_you_mean

PROTOCOLS = ("tap", "scs", "xmatch")
MODES = ("auto", "sync", "async")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The table in which a service keeps names of objects: its columns, and the column they lead `to`."""

    table: str
    name: str
    key: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A remote service.

    `table`, with `ra`, `dec` and `id`, is what is asked for where no table is named. `sync_rows` and
    `most_rows` are the limits at which its answers end, where the service itself does not tell.
    `mode` is how a TAP service is asked: auto, sync or async. `parallel`: requests at a time.
    """

    name: str
    protocol: str
    url: str
    about: str = ""
    mode: str = "auto"
    table: str = ""
    ra: str = ""
    dec: str = ""
    id: str = ""
    names: Names | None = None
    sync_rows: int | None = None
    most_rows: int | None = None
    parallel: int | None = None

    @property
    def shown(self) -> str:
        """Its address without user name and password, as it is told and recorded."""
        return without_password(self.url)


def services(own: str = "") -> dict[str, Service]:
    """Return every known service by name; `own` is the path of a file with more (setting fetch_services)."""
    text = (resources.files("ingest.remote") / "services.toml").read_text(encoding="utf-8")
    found = _read(text, "services.toml")
    if own:
        try:
            text = Path(own).read_text(encoding="utf-8")
        except OSError as error:
            raise SettingError(f"setting fetch_services: {own} can not be read ({error.strerror})") from error
        found |= _read(text, own)
    return found


def find_service(name: str, own: str = "") -> Service:
    """Return the service of that name; DataError, which lists those that there are, for any other."""
    known = services(own)
    if name not in known:
        raise DataError(f"no service {name} (any address: --tap URL, --scs URL){did_you_mean(name, known)}")
    return known[name]


def service_at(url: str, protocol: str) -> Service:
    """Return the service at an address that is known by no name."""
    return Service(name=urlsplit(url).hostname or url, protocol=protocol, url=checked_url(url))


def checked_url(url: str) -> str:
    """Return an address without its trailing slash or question mark; DataError if it is not http(s)."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DataError(f"{url!r} is no address of a service: it begins with http:// or https://")
    return url.rstrip("?").rstrip("/")


def without_password(url: str) -> str:
    """Return the address without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _read(text: str, where: str) -> dict[str, Service]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{where}: {error}") from error
    _keys(data, {"services"}, where)
    listed = (_service(item, where) for item in data.get("services", []))
    return {service.name: service for service in listed}


def _service(data: dict[str, Any], where: str) -> Service:
    place = f"{where}, service {data.get('name', '?')}"
    _keys(data, {f.name for f in fields(Service)}, place)
    given = dict(data)
    try:
        if "names" in given:
            _keys(given["names"], {f.name for f in fields(Names)}, place)
            given["names"] = Names(**given["names"])
        service = Service(**given)
        checked_url(service.url)
    except (TypeError, DataError) as error:
        raise SettingError(f"{place}: {str(error).partition('__init__() ')[2] or error}") from error
    if service.protocol not in PROTOCOLS or service.mode not in MODES:
        raise SettingError(
            f"{place}: protocol is one of {', '.join(PROTOCOLS)}, mode one of {', '.join(MODES)}"
        )
    return service


def _keys(data: dict[str, Any], allowed: set[str], where: str) -> None:
    for key in data:
        if key not in allowed:
            raise SettingError(f"{where}: unknown key {key}{did_you_mean(key, allowed)}")
