"""The commands serve and record: the store as a service of the Virtual Observatory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalogdb.commands.frame import Session


def serve(
    session: Session,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; 0.0.0.0 is every one of this machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 is any that is free.")
    ] = 8080,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url", metavar="URL", help="The URL by which clients know the service, behind a proxy."
        ),
    ] = None,
) -> None:
    """Serve the store to TOPCAT, pyvo, astroquery, Aladin and browsers, until Ctrl-C.

    TAP is at /tap, a cone search for each table with positions at /scs/TABLE, and a page for people at /.
    New versions of tables appear by themselves. Every request is logged to stderr.
    """
    from catalogdb.service.server import serve as run

    run(
        session.path,
        session.settings,
        host=host,
        port=port,
        base_url=base_url,
        on_start=_told,
    )


def _told(url: str, address: str) -> None:
    at = "" if url == address else f", listening on {address}"
    typer.echo(f"TAP service at {url}/tap{at} (Ctrl-C ends it)", err=True)


def record(
    session: Session,
    publisher: Annotated[
        Path, typer.Argument(metavar="PUBLISHER.toml", help="Who publishes the service (docs/service.md).")
    ],
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="The URL by which clients know the service.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file.")
    ] = None,
) -> None:
    """Write the registry record of the service, for a publishing registry of the Virtual Observatory.

    It is of the type vs:CatalogService, with capabilities and tables, and keeps to VOResource 1.1.
    """
    from catalogdb.output import replaced
    from catalogdb.service.record import record_of

    text = record_of(session.path, session.settings, publisher, base_url)
    if output is None:
        typer.echo(text.decode(), nl=False)
        return
    with replaced(output) as new:
        new.write_bytes(text)
