"""Tables to result tables: one module for each question.

A module of `ANALYSES` has `OPTIONS` (what can be asked of it), `RESULT` (the table it writes; `RESULTS`
if it writes several, that one first), pure `core` functions, `run(store, settings) -> Report`, and
`plot(store, file, run_id=..., source_id=...)`; it may have `check_star(store, settings, source_id)`, which
refuses a star that can not be drawn before anything is computed. A new analysis is one module and one line
in `ANALYSES`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from analysis.options import Option, settings
from analysis.pictures import check_picture
from catalogdb.errors import AnalysisError, did_you_mean
from catalogdb.schema import Table

__all__ = ["ANALYSES", "Analysis", "Option", "Report", "check_picture", "find", "settings"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: its id, the tables it wrote, how many rows, and sentences to print."""

    run_id: str
    tables: tuple[str, ...]
    rows: int
    seconds: float
    lines: tuple[str, ...]


class _Module(Protocol):
    OPTIONS: tuple[Option, ...]
    RESULT: Table

    def run(self, store: Any, settings: Mapping[str, Any]) -> Report: ...

    def plot(self, store: Any, file: Path, *, run_id: str | None, source_id: str | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Analysis:
    """A question that can be asked of a store; its module is imported when it is first used."""

    name: str
    about: str
    reads_tables: bool = True
    """False for one that needs nothing of the store, and may be the first to write to it."""

    @property
    def module(self) -> _Module:
        """The module `analysis.NAME`."""
        return cast(_Module, importlib.import_module(f"analysis.{self.name}"))

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be asked, in the order of the help text."""
        return self.module.OPTIONS

    @property
    def results(self) -> tuple[Table, ...]:
        """The tables that a run writes, the main one first."""
        return getattr(self.module, "RESULTS", None) or (self.module.RESULT,)

    def run(self, store: Any, given: Mapping[str, Any]) -> Report:
        """Check the options, run, publish the result; raises AnalysisError for what can not be done.

        Nothing is computed that could not be published: StoreBusy, StoreError and SchemaError (an older
        table of other columns) come first.
        """
        checked = settings(self.name, self.options, given)
        for table in self.results:
            store.writer(table, part=self.name).close()
        return self.module.run(store, checked)

    def check_star(self, store: Any, given: Mapping[str, Any], source_id: str) -> None:
        """Raise AnalysisError for a star that a run could not draw, if the analysis can tell before."""
        check = getattr(self.module, "check_star", None)
        if check is not None:
            check(store, settings(self.name, self.options, given), source_id)

    def plot(
        self, store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None
    ) -> None:
        """Draw a run's result to a file: the ensemble, or one star of it.

        Raises AnalysisError for what can not be drawn, or not to such a file.
        """
        check_picture(file)
        self.module.plot(store, file, run_id=run_id, source_id=source_id)


ANALYSES = (
    Analysis("acceleration", "Which stars do not move uniformly: linear against accelerated motion"),
    Analysis("calibration", "What is wrong with each catalogue: frame, magnitude and colour terms, errors"),
    Analysis("proper_motion_anomaly", "Whether a star's motion in one catalogue is its motion over decades"),
    Analysis("sensitivity", "Which unseen companions the acceleration test would have found"),
    Analysis("reproduction", "What a paper claims, what comes out here, and the verdict", reads_tables=False),
    Analysis("paper004", "The procedure of paper 004: matches by way of APASS, ten epochs, its F2 test"),
    Analysis("comparison", "A run against the known lists of binaries, accelerations and motions"),
    Analysis(
        "injection", "What the acceleration test would find: injected signals recovered, false alarms counted"
    ),
    Analysis("orb6_ephemeris", "Where every visual binary of the Sixth Orbit Catalog is at given dates"),
    Analysis(
        "orb6_exact", "Where the tangent plane fails visual binaries; their masses; where both stars are"
    ),
    Analysis(
        "nss_orbit", "Gaia's orbits of non-single stars as Campbell elements, with masses of companions"
    ),
    Analysis("binary_statistics", "Periods, eccentricities and mass against luminosity of visual binaries"),
    Analysis("orbital_parallax", "Parallaxes and masses of pairs with a visual and a spectroscopic orbit"),
    Analysis(
        "orbit_refit",
        "Orbits of many pairs from deliveries of measures, against published ones",
        reads_tables=False,
    ),
    Analysis(
        "ches_orbit",
        "Orbits and masses of planets from positions of their star in microarcseconds, and velocities",
        reads_tables=False,
    ),
    Analysis("orbit", "The orbit of a binary from files of measures and velocities", reads_tables=False),
    Analysis(
        "orbit_posterior",
        "What files of measures and velocities say of an orbit, and how surely: posterior by MCMC or nested "
        "sampling",
        reads_tables=False,
    ),
    Analysis(
        "orbit_sparse", "Orbits that few positions or velocities leave open, as draws", reads_tables=False
    ),
    Analysis(
        "orbit_joint",
        "Orbit and masses of a pair from relative and absolute astrometry and velocities together",
        reads_tables=False,
    ),
    Analysis(
        "ches_simulation",
        "Visits of CHES to stars with planets: positions relative to reference stars, with their truth",
        reads_tables=False,
    ),
    Analysis(
        "habitable_zone",
        "Where around stars a planet may have water: limits of Kopparapu et al. 2014",
        reads_tables=False,
    ),
    Analysis(
        "planet_context",
        "Inclinations and eccentricities of known planets, and which targets have known companions",
        reads_tables=False,
    ),
    Analysis(
        "ches_reference_check",
        "Which star of a field carries a signal, target or reference, and what that does to the target",
        reads_tables=False,
    ),
    Analysis(
        "ches_posterior",
        "What positions and velocities say of planets, and how surely: posterior by MCMC or nested sampling",
        reads_tables=False,
    ),
    Analysis(
        "ches_calibration",
        "Whether the posteriors of planets are what they say: simulated truths ranked among draws",
        reads_tables=False,
    ),
    Analysis(
        "ches_search",
        "Planets in relative astrometry: periodograms, false-alarm probabilities, candidates",
        reads_tables=False,
    ),
    Analysis("ches_selection", "Targets and reference stars of the CHES mission, and what its visits cost"),
    Analysis(
        "ches_detection",
        "How probable it is to detect a planet by relative astrometry, against the number of visits",
        reads_tables=False,
    ),
    Analysis(
        "spectro_distance",
        "Distances of red giants by their spectra, trained on parallaxes of other stars as likelihood",
        reads_tables=False,
    ),
    Analysis(
        "ches_survey",
        "Many targets with many planets each: simulated, searched, retrieved; what a mission would find",
        reads_tables=False,
    ),
    Analysis(
        "mock_galaxy",
        "Simulated giants of a disc with known rotation curve, as a survey would list them",
        reads_tables=False,
    ),
    Analysis(
        "label_information",
        "How well labels can be known from a spectrum at all: Cramer-Rao bounds",
        reads_tables=False,
    ),
    Analysis("label_quality", "How good labels are: precision and accuracy, measured apart"),
    Analysis(
        "label_joint",
        "Labels and distances from spectra, magnitudes and parallaxes together",
        reads_tables=False,
    ),
    Analysis("disc_star", "Where stars are in the Galaxy, how they move there, and which are thin disc"),
    Analysis(
        "mass_model",
        "Mass models of the Galaxy: the dark halo that a rotation curve asks for above stars and gas",
        reads_tables=False,
    ),
    Analysis(
        "label_experiment",
        "Methods for labels on simulated spectra: errors against their bound, and whose lines they read",
        reads_tables=False,
    ),
    Analysis("label_training", "Models of spectra that learn temperature, gravity and abundances from stars"),
    Analysis("star_labels", "Temperature, gravity and abundances of stars, by a model of their spectra"),
    Analysis(
        "rotation_curve", "Circular velocity of the Galaxy by the Jeans equation, with what it depends on"
    ),
)


def find(name: str) -> Analysis:
    """Return the analysis of that name; raises AnalysisError with suggestions."""
    for analysis in ANALYSES:
        if analysis.name == name:
            return analysis
    raise AnalysisError(f"no analysis {name}{did_you_mean(name, (a.name for a in ANALYSES))}")
