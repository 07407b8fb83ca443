"""What the pages ask of the registry: the files of a table, and a place where it has rows."""

from __future__ import annotations

from catalogdb.history import ingests_of
from catalogdb.provenance import Ingest
from catalogdb.registry import Registry
from catalogdb.service.vosi.holdings import Place
from catalogdb.sky import ORDER


def table_ingests(registry: Registry, name: str) -> tuple[Ingest, ...]:
    """The files whose rows a table has, by its qualified name, in the current snapshot."""
    version = registry.snapshot().tables.get(name)
    if version is None:
        return ()
    with registry.read() as connection:
        return ingests_of(connection, [part.file for part in version.parts])


def table_place(registry: Registry, name: str) -> Place | None:
    """A position [deg] within 1 mas of a row of the table, from its parts; None if it has no positions."""
    version = registry.snapshot().tables.get(name)
    cells = [] if version is None else [p.hpx29_min for p in version.parts if p.hpx29_min is not None]
    if not cells:
        return None
    from cdshealpix.nested import healpix_to_lonlat

    # The first part may be at the edge of what the catalogue covers.
    longitude, latitude = healpix_to_lonlat([cells[len(cells) // 2]], ORDER)
    return float(longitude.deg[0]), float(latitude.deg[0])
