"""Paper 001: slides of M. Xiang on stellar labels by machine learning (2024), and section E.

What the slides say in numbers, the errata of their references, the experiment of section E on simulated
spectra, and what two real sets of published files give.
"""

from __future__ import annotations

from pathlib import Path

from analysis.reproduction.item import DIFFERS, Item
from analysis.reproduction.paper001 import of_data, of_experiment, of_information, of_text
from analysis.reproduction.paper001.pictures import draw
from analysis.reproduction.simulation import Progress, Simulation

__all__ = ["core", "draw", "summary", "with_data"]


def core(how: Simulation) -> tuple[Item, ...]:
    """Return every item that needs no real rows; the same simulation gives the same numbers."""
    return (
        *of_text.references(),
        *of_text.instruments(),
        *of_text.anchors(),
        *of_information.bounds_of_spectra(),
        *of_experiment.items(how),
    )


def with_data(folder: Path | None, progress: Progress | None = None) -> tuple[Item, ...]:
    """Return the items that need rows, from a folder of them; None is no folder."""
    return tuple(of_data.without_data() if folder is None else of_data.of_data(folder, progress))


def summary(items: tuple[Item, ...]) -> tuple[str, ...]:
    """Return what follows from the items together."""
    read = {item.quantity: item for item in items if item.item == "E-11"}
    lines = [f"{name}: {item.ours:.0f} of 4" for name, item in read.items() if item.ours is not None]
    wrong = [item for item in items if item.item == "E-12" and item.verdict == DIFFERS]
    return (*lines, f"{len(wrong)} references of the slides are to another year or paper than they say")
