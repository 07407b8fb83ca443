"""The main job on real rows, each step against a number that another program found in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from catalogdb.demo import benchmark, fields, known, zones
from catalogdb.demo.teller import Teller
from catalogdb.store import Store

Step = Callable[[Store, Path, Path, Teller], None]

STEPS: tuple[tuple[str, str, Step], ...] = (
    ("benchmark_stars", "Gaia benchmark stars: Hipparcos-2, 2MASS, AllWISE, Gaia DR3", benchmark.run),
    ("ngc188", "NGC 188: Gaia DR2 x 2MASS, crowded", fields.ngc188),
    ("pleiades", "Pleiades: members by identifier and by position", fields.pleiades),
    ("ucac5", "UCAC5, zone 1: motions from its two positions", zones.ucac5),
    ("ucac4", "UCAC4, zone 1: binary and ASCII", zones.ucac4),
    ("urat1", "URAT1, zones 340 and 900", zones.urat1),
    ("tycho2", "Tycho-2, both supplements", zones.tycho2),
    ("hipparcos", "Hipparcos: bright stars of hip_main, and a torn fragment of Hipparcos-2", zones.hipparcos),
    ("hgca", "Known binaries among the benchmark stars: HGCA, ORB6, SB9, Gaia's solutions", known.run),
)
"""The folders of `--data`, what is in them, and what is done with it."""


def run(store: Store, data: Path, folder: Path, tell: Teller) -> Path | None:
    """Run every step whose folder is there, and return the picture of the acceleration test."""
    for name, title, step in STEPS:
        tell.heading(title)
        if not (data / name).is_dir():
            tell.skip(name, f"there is no {data / name}")
            continue
        step(store, data / name, folder, tell)
    _next(store, tell)
    picture = folder / benchmark.PICTURE
    return picture if picture.exists() else None


NEXT = (
    "catalogdb info",
    'catalogdb sql "SELECT table_name, rows_read, rows_kept, rows_rejected FROM provenance.ingests"',
    'catalogdb sql "SELECT * FROM results.acceleration ORDER BY p_acc LIMIT 5"',
    'catalogdb sql "SELECT * FROM results.acceleration_comparison_list"',
    "catalogdb cone pleiades_gaia 56.75 24.12 0.1",
    "catalogdb match ngc188_gaia ngc188_twomass --radius 1 --keep mutual --as ngc188_mutual",
)
"""Commands for a first look at the store."""


def _next(store: Store, tell: Teller) -> None:
    tell.heading("What to look at next")
    tell.commands(store.path, NEXT)
