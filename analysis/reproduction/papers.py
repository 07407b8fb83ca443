"""The papers whose numbers can be reproduced; a further one is a module and a line here."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from analysis.reproduction.item import Item
from analysis.reproduction.simulation import Progress, Simulation
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPERS = {
    "001": "analysis.reproduction.paper001",
    "000": "analysis.reproduction.paper000",
    "002": "analysis.reproduction.paper002",
    "003": "analysis.reproduction.paper003",
    "004": "analysis.reproduction.paper004",
}


class Paper(Protocol):
    """What the module of a paper has."""

    def core(self, how: Simulation) -> tuple[Item, ...]:
        """Return the items that need no real rows: pure, the same for the same simulation."""

    def with_data(self, folder: Path | None, progress: Progress | None = None) -> tuple[Item, ...]:
        """Return the items that need real rows, from a folder of them; None is no folder."""

    def summary(self, items: tuple[Item, ...]) -> tuple[str, ...]:
        """Return sentences that follow from the items together."""

    def draw(self, figure: Figure, how: Simulation) -> None:
        """Draw what the simulation shows."""


def find(paper: str) -> Paper:
    """Return the module of a paper; raises AnalysisError for one that there is not."""
    if paper not in PAPERS:
        raise AnalysisError(f"no reproduction of paper {paper}: there is {', '.join(PAPERS)}")
    return cast(Paper, importlib.import_module(PAPERS[paper]))
