"""Which hosts the service fetches tables from: none by which a client could reach what only it can see.

A URL is a client's. Without a guard it could name this machine, its private network, or the metadata of a
cloud. Every address that a host has is looked at, and the connection is made to an address looked at.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from catalogdb.service.parameters import BadRequest

_PORTS = {"http": 80, "https": 443}

_MAPPED = ipaddress.ip_network("::ffff:0:0/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All that IPv6 has given out to public hosts."""
_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
"""Of which Python's versions differ whether any is public."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: the host and port, what is asked of it, and addresses that may be connected to."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Guard:
    """Hosts that may be in private networks: `host`, or `host:port` for one port alone."""

    allowed: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Guard:
        """The guard of the setting `upload_hosts`: hosts between commas or blanks."""
        return cls(frozenset(each.lower() for each in re.split(r"[,\s]+", text) if each))

    def allows(self, host: str, port: int) -> bool:
        """Whether the host is one that may be in a private network."""
        written = {host, f"[{host}]"} if ":" in host else {host}
        return bool(self.allowed & (written | {f"{each}:{port}" for each in written}))

    async def target(self, url: str, resolve: Resolve | None = None) -> Target:
        """Where the URL leads; raises BadRequest that says why it is not fetched."""
        scheme, host, port, path = _parts(url)
        try:
            addresses = await (resolve or resolved)(host, port)
        except OSError as error:
            raise BadRequest(f"UPLOAD: the host {host} is not known ({error.strerror or error})") from error
        if not self.allows(host, port):
            for each in addresses:
                if (why := refused(each)) is not None:
                    raise BadRequest(
                        f"UPLOAD: {host} is {why}, from which this service does not fetch: "
                        "send the file with the request instead"
                    )
        return Target(scheme, host, port, path, tuple(addresses))


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of a URL that has nothing else; raises BadRequest."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadRequest(f"UPLOAD: {url[:200]!r} is no URL ({error})") from error
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise BadRequest(
            f"UPLOAD: {url[:200]!r}: tables come by http:, https:, or with the request by param:PART"
        )
    if parts.username is not None or parts.password is not None:
        raise BadRequest("UPLOAD: a URL with a user name or password is not fetched")
    try:
        host = (parts.hostname or "").rstrip(".").encode("idna").decode() if parts.hostname else ""
    except UnicodeError as error:
        raise BadRequest(f"UPLOAD: {url[:200]!r} has no host that can be ({error})") from error
    if not host or re.search(r"[^\w.:%-]", host) or "%" in host:
        raise BadRequest(f"UPLOAD: {url[:200]!r} has no host")
    if _is_disguised(host):
        raise BadRequest(f"UPLOAD: {host} is an address in a form that is not fetched: write it as a.b.c.d")
    if re.search(r"[\x00-\x20\x7f]", url):
        raise BadRequest(f"UPLOAD: {url[:200]!r} has blanks: encode them")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return scheme, host, _PORTS[scheme] if port is None else port, path


def _is_disguised(host: str) -> bool:
    """Whether it is an address of IPv4 in decimal, octal, hexadecimal, or with parts left out."""
    if re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", host):
        return any(len(part) > 1 and part.startswith("0") or int(part) > 255 for part in host.split("."))
    return re.fullmatch(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*", host.lower()) is not None


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host; raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def refused(text: str) -> str | None:
    """What an address is that must not be reached from outside; None if it is a public one."""
    try:
        address: _Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return f"at {text}, which is no address"
    for each in (address, *_within(address)):
        if (kind := _kind(each)) is not None:
            return f"at {text}, {kind}"
    return None


def _within(address: _Address) -> list[_Address]:
    """Addresses of IPv4 that one of IPv6 leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[_Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        found.append(ipaddress.IPv4Address(address.packed[12:]))
    return [each for each in found if each is not None]


def _kind(address: _Address) -> str | None:
    if address.is_unspecified:
        return "which is no host's"
    if address.is_loopback:
        return "the machine of the service itself"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    if address in _MAPPED or address in _NAT64:
        return None  # what it leads to is looked at
    if isinstance(address, ipaddress.IPv6Address) and (address.sixtofour or address.teredo):
        # Where it leads others decide; versions of Python differ on whether it is public.
        return "an address of the transition to IPv6"
    is_public = address in _UNICAST if address.version == 6 else address not in _PROTOCOLS
    if not is_public or not address.is_global or address.is_reserved:
        return "a private or reserved address"
    return None
