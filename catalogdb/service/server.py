"""The server process: uvicorn with the application of a store, until it is told to stop."""

from __future__ import annotations

import logging
import resource
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from catalogdb.errors import StoreError
from catalogdb.registry import code_version
from catalogdb.service.app import application
from catalogdb.service.connections import MOST_CONNECTIONS, Connection
from catalogdb.service.service import Service
from catalogdb.settings import Settings

_LAST_S = 30
"""Seconds that answers on their way have after a signal to stop."""

_GUARDS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),  # the URL of a job is a secret
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none';"
        " form-action 'self'",
    ),
]
"""What browsers are told, beside the escaping of every value: a page of the service runs no script."""


def serve(
    root: Path,
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    base_url: str | None = None,
    on_start: Callable[[str, str], object] = print,
) -> None:
    """Serve the store until SIGINT or SIGTERM; `on_start` is told the URL of the service
    and the address of this process, once the socket listens.

    Raises StoreNotFound and SettingError before anything is served, and StoreError if the port is taken.
    """
    _allow_connections()
    with _listen(host, port) as listening:
        service = Service(root, settings, base_url)
        logging.getLogger("catalogdb.service.access").setLevel(logging.INFO)
        config = uvicorn.Config(
            application(service),
            access_log=False,
            log_level="warning",
            proxy_headers=False,  # Service reads them, of proxies on this machine alone
            server_header=False,
            headers=[("Server", f"catalogdb/{code_version()}"), *_GUARDS],
            http=Connection,
            ws="none",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_LAST_S,
        )
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        on_start((base_url or address).rstrip("/"), address)
        uvicorn.Server(config).run(sockets=[listening])


def _allow_connections() -> None:
    """Ask for as many open files as the connections need; the system may give fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MOST_CONNECTIONS + 256
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = f"{host}:{port} can not be served ({error.strerror})"
        raise StoreError(f"{reason}: choose another --host or --port") from error
