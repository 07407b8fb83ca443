"""One run of the calibration: a multi-epoch table in, `results.catalogue_calibration` out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from analysis import Report
from analysis.acceleration.table import Chunk, check, read
from analysis.calibration.core import CatalogueFit, core
from analysis.calibration.ensemble import Stars, draws, sample
from analysis.calibration.result import RESULT, to_arrow
from analysis.calibration.terms import HIGHEST_DEGREE, TERMS, term_of
from catalogdb.errors import AnalysisError, did_you_mean
from catalogdb.schema import Table

PREFERRED = "gaia_dr3"


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Calibrate every catalogue of the table `settings["epochs"]` and publish what was found.

    The rows stand beside those of all other runs, also of the same settings: results name them by run.
    Raises AnalysisError for a table that is no multi-epoch table, or has no catalogue with motions.
    """
    begin = time.monotonic()
    table = store.table(settings["epochs"])
    check(table)
    degree = settings["magnitude_degree"]
    if degree > HIGHEST_DEGREE:
        raise AnalysisError(f"calibration: magnitude_degree is {degree}, above its maximum {HIGHEST_DEGREE}")
    terms = [term for term in settings["terms"].split(",") if term]
    unknown = [term for term in terms if term not in TERMS]
    if unknown:
        raise AnalysisError(f"calibration: no term {unknown[0]} (there are {', '.join(TERMS)})")
    this = store.start_run("calibration", settings, inputs=(table.qualified_name,))
    stars, names = drawn(read(store, table, settings["default_error"]), table)
    reference = choose_reference(stars, names, settings["reference"])
    fits = core(
        stars,
        names,
        names.index(reference),
        published=settings["spin"] == "published",
        scale=settings["reference_scale"],
        degree=degree,
        terms=terms,
    )
    rows = to_arrow(fits, reference, table.qualified_name, this.run_id)
    # A part for each run: an acceleration test that was corrected by it is read with it, however old.
    store.publish(RESULT, rows, part=f"run={this.run_id}", run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name,),
        rows=rows.num_rows,
        seconds=time.monotonic() - begin,
        lines=_summary(fits, reference),
    )


def drawn(chunks: Iterable[Chunk], table: Table) -> tuple[Stars, list[str]]:
    """Return the sample of a table's stars that calibrates it, and the catalogues' names by number.

    Raises AnalysisError for a table without usable entries.
    """
    names: list[str] = []
    stars = sample(_stars(chunks, names))
    if stars is None or not len(stars.entries):
        raise AnalysisError(f"{table.qualified_name} has no entry with position, epoch and error")
    return stars, names


def _stars(chunks: Iterable[Chunk], names: list[str]) -> Iterator[Stars]:
    first = 0
    for chunk in chunks:
        encoded = chunk.catalogue.cast(pa.string()).fill_null("").dictionary_encode()
        own = encoded.dictionary.to_pylist()
        names += [name for name in own if name not in names]
        number = np.array([names.index(name) for name in own], np.int64)
        usable, n = chunk.entries.usable, chunk.entries.n_stars
        catalogue = number[np.asarray(encoded.indices)][usable]
        yield Stars(chunk.entries.rows(usable), catalogue, chunk.magnitude, chunk.colour, draws(first, n))
        first += n


def choose_reference(stars: Stars, names: Sequence[str], given: str | None) -> str:
    """Return the catalogue that defines the system: the one given, Gaia DR3, or the most precise.

    Raises AnalysisError where it does not exist, or has no motions: nothing would say then how the
    stars move.
    """
    rows = stars.entries
    size = np.hypot(rows.ra_error, rows.dec_error)
    moving = {
        name: float(np.median(size[own]))
        for i, name in enumerate(names)
        if (own := (stars.catalogue == i) & rows.has_motion).any()
    }
    if given is not None and given not in names:
        raise AnalysisError(f"no entry is of the catalogue {given}{did_you_mean(given, names)}")
    if given is not None and given not in moving:
        raise AnalysisError(f"{given} has no motions: it can not define how the stars move")
    if not moving:
        raise AnalysisError("no catalogue of the table has motions: nothing defines how the stars move")
    if given is None:
        given = PREFERRED if PREFERRED in moving else min(moving, key=lambda name: moving[name])
    return given


def _summary(fits: Sequence[CatalogueFit], reference: str) -> tuple[str, ...]:
    others = [fit for fit in fits if fit.correction.catalogue_name != reference]
    first = f"{len(others)} catalogues calibrated against {reference} and each other"
    return (first, *(_sentence(fit) for fit in others))


def _sentence(fit: CatalogueFit) -> str:
    correction = fit.correction
    terms = dict.fromkeys(term_of(name) for name in correction.values)
    found = f"{correction.catalogue_name}: {fit.n_stars:,} stars, {', '.join(terms) or 'no terms'}"
    if np.isfinite(fit.errors.scale_sig):
        found += f"; errors times {correction.scale:.2f} +- {fit.errors.scale_sig:.2f}"
    if correction.floor > 0.0:
        found += f"; error floor {correction.floor:.3g} +- {fit.errors.floor_sig:.2g} mas"
    if fit.left_out:
        found += f"; without {', '.join(fit.left_out)} (see note)"
    return found
