"""Paper 000: the report of the rotation curve of Zhou et al. 2023.

Its counts, units and words; the numbers of the abstract among each other; lines through the published
points; the halo above published stars, with how much it follows them; what errors and assumptions do to a
curve of a simulated disc.
"""

from __future__ import annotations

from pathlib import Path

from analysis.reproduction.item import Item
from analysis.reproduction.paper000 import (
    claims,
    of_consistency,
    of_curves,
    of_halos,
    of_mocks,
    of_units,
)
from analysis.reproduction.paper000.pictures import draw
from analysis.reproduction.simulation import Progress, Simulation
from catalogdb.errors import AnalysisError

__all__ = ["calculations", "core", "draw", "summary", "with_data"]


def core(how: Simulation) -> tuple[Item, ...]:
    """Return every item that needs no real rows; the same seed gives the same numbers."""
    return (*calculations(), *of_mocks.items(how.seed, how.progress))


def calculations() -> tuple[Item, ...]:
    """Return the items without any noise."""
    return (
        *of_units.counts(),
        *of_units.radii(),
        *of_units.densities(),
        *of_units.words(),
        *of_consistency.together(),
        *of_consistency.of_eilers(),
        *of_consistency.of_ou(),
    )


def with_data(folder: Path | None, progress: Progress | None = None) -> tuple[Item, ...]:
    """Return the items of published curves, from a folder of them; None is no folder.

    Raises AnalysisError for a folder without any.
    """
    there = {} if folder is None else of_curves.files(folder)
    items = list(of_curves.missing(set(there)))
    if folder is None:
        return tuple(items)
    if not there:
        raise AnalysisError(
            f"{folder} has none of the files that paper 000 uses, as {claims.FOLDER}/{claims.ZHOU_FILE}"
        )
    if claims.ZHOU_FILE in there:
        zhou = of_curves.curve_of(there[claims.ZHOU_FILE])
        items += of_curves.of_zhou(zhou)
        items += of_halos.of_zhou(zhou, progress)
        items += of_halos.of_ou(zhou)
    for name in (claims.EILERS.file, claims.ABLIMIT.file):
        if name in there:
            curve = of_curves.curve_of(there[name])
            items += of_curves.of_others(name, curve)
            items += of_halos.of_others(name, curve)
    if claims.MROZ_FILE in there:
        items += of_curves.of_mroz(there[claims.MROZ_FILE])
    if of_curves.GAIA.name in there:
        items += of_curves.of_gaia(there[of_curves.GAIA.name])
    return tuple(items)


def summary(items: tuple[Item, ...]) -> tuple[str, ...]:
    """Return what follows from the items together."""
    halos = [item for item in items if item.quantity.startswith("M200, ") and item.ours is not None]
    own = next((item for item in items if item.quantity == "M200" and item.ours is not None), None)
    if own is None or own.ours is None or not halos:
        return (
            "with --data DIR the published curves are fitted: the halo's mass and how it follows the stars",
        )
    values = [own.ours, *(item.ours for item in halos if item.ours is not None)]
    return (
        f"M200 from the same points is {min(values) / 1e11:.2f} to {max(values) / 1e11:.2f} e11 solMass, by "
        f"which published stars and profile are taken; the paper says {claims.M200.value / 1e11:.2f} +- "
        f"{claims.M200.error / 1e11:.2f}",
    )
