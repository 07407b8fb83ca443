"""One run of injection and recovery: a multi-epoch table in, rates and stars out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from analysis import Report
from analysis.acceleration import gls
from analysis.acceleration.entries import MEASURED, Entries
from analysis.acceleration.table import Raw, check, chunk, read_raw
from analysis.calibration.core import core as calibrate
from analysis.calibration.correction import Calibration
from analysis.calibration.job import choose_reference, drawn
from analysis.injection.draw import Faults, Truth, counted, information, inject_chunk
from analysis.injection.result import RATES, STARS
from analysis.injection.rows import Found, rates, stars
from analysis.kernels.fdr import benjamini_hochberg
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table
from catalogdb.writer import Publication

Settings = Mapping[str, Any]


def run(store: Any, settings: Settings) -> Report:
    """Inject, test, and publish the rates and the stars; the rows stand beside those of other runs.

    Raises AnalysisError for a table that is no multi-epoch table, and for limits that exclude each other.
    """
    begin = time.monotonic()
    _check(settings)
    table = store.table(settings["epochs"])
    check(table)
    this = store.start_run("injection", settings, inputs=(table.qualified_name,), seed=settings["seed"])
    found = recover(store, table, settings)
    _check_found(found, table, settings)
    q = benjamini_hochberg(found["p_acc"])
    listed, named = rates(found, q, settings, this.run_id), stars(found, q, settings, this.run_id)
    key = " ".join(f"{name}={value}" for name, value in {**settings, "epochs": table.qualified_name}.items())
    publications = (
        Publication(table=RATES, rows=listed, part=key),
        Publication(table=STARS, rows=named, part=key),
    )
    store.publish_many(publications, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RATES.qualified_name, STARS.qualified_name),
        rows=listed.num_rows + named.num_rows,
        seconds=time.monotonic() - begin,
        lines=_summary(listed),
    )


def _check(settings: Settings) -> None:
    if settings["fraction"] > 1.0:
        raise AnalysisError(f"injection: fraction is {settings['fraction']:g}, a share is at most 1")
    for low, high in (("snr_min", "snr_max"), ("mass_min", "mass_max"), ("separation_min", "separation_max")):
        if not settings[low] < settings[high]:
            raise AnalysisError(f"injection: {low} {settings[low]:g} is not below {high} {settings[high]:g}")
    for name in ("p_limit", "q_limit"):
        if settings[name] > 1.0:
            raise AnalysisError(f"injection: {name} is {settings[name]:g}, a probability is at most 1")
    if settings["error_factor"] != 1.0 and settings["noise"] != "simulated":
        raise AnalysisError("injection: error_factor changes noise that is drawn: it needs noise simulated")


def _check_found(found: Found, table: Table, settings: Settings) -> None:
    if not found.source_id:
        raise AnalysisError(f"{table.qualified_name} has no stars: nothing to inject into")
    if not np.isfinite(found["p_acc"]).any():
        raise AnalysisError(
            f"{table.qualified_name}: no star's entries determine an acceleration, nothing can be recovered"
        )
    if settings["fraction"] and settings["kind"] == "companion" and not found["injected"].any():
        raise AnalysisError(
            f"{table.qualified_name}: no star that was drawn has a positive parallax, which a companion of a "
            "given mass and separation needs"
        )


class Injected(NamedTuple):
    """The columns of a chunk after the injection and before it, with the same noise; what was injected."""

    after: Raw
    before: Raw
    truth: Truth


def injected(store: Any, table: Table, settings: Settings) -> Iterator[Injected]:
    """Yield the table's chunks with what is injected into them; the same again for the same settings."""
    faults = Faults(settings["systematics"], settings["seed"])
    for number, raw in enumerate(read_raw(store, table)):
        stars = chunk(raw)
        names = np.asarray(stars.catalogue.to_pylist(), np.str_)
        made = inject_chunk(stars.entries, names, stars.magnitude, settings, number, faults)
        yield Injected(_changed(raw, made.after), _changed(raw, made.before), made.truth)


def _changed(raw: Raw, rows: Entries) -> Raw:
    measured = {name: getattr(rows, name) for name in MEASURED if name in raw.numbers}
    return raw._replace(numbers=raw.numbers | measured)


def calibration_of(store: Any, table: Table, settings: Settings) -> Calibration:
    """Return the calibration of the table's catalogues, as found from the injected entries."""
    stars, names = drawn((chunk(made.after) for made in injected(store, table, settings)), table)
    reference = choose_reference(stars, names, None)
    fits = calibrate(stars, names, names.index(reference), published=False)
    return Calibration("", {fit.correction.catalogue_name: fit.correction for fit in fits})


def recover(store: Any, table: Table, settings: Settings) -> Found:
    """Return what the test says of every star of the table after the injection."""
    calibration = calibration_of(store, table, settings) if settings["calibrate"] else None
    found = Found()
    for made in injected(store, table, settings):
        after, before = (gls.core(counted(chunk(raw, calibration).entries)) for raw in made[:2])
        # The fit is linear: what the injection changes is the signal, whatever the noise is.
        change = np.stack([after.acc_ra - before.acc_ra, after.acc_dec - before.acc_dec], axis=1)
        snr = np.sqrt(np.einsum("ni,nij,nj->n", change, information(before), change))
        truth = made.truth
        signal = np.where(truth.injected[:, None], change, np.nan)
        found.add(
            made.after.source_id,
            injected=truth.injected.astype(np.float64),
            acc_ra=signal[:, 0],
            acc_dec=signal[:, 1],
            snr=np.where(truth.injected, snr, np.nan),
            mass=truth.mass,
            separation=truth.separation,
            displacement=truth.displacement,
            p_acc=after.p_acc,
        )
    return found


def _summary(listed: pa.Table) -> tuple[str, ...]:
    words = {
        "completeness": "of the injected stars are found",
        "untouched": "of the others",
        "fdr": "of all that are found are not injected",
    }
    lines = []
    for row in listed.to_pylist():
        if row["quantity"] is None and row["n_star"]:
            least, most = row["rate_low"], row["rate_high"]
            expected = "" if row["predicted"] is None else f", {row['predicted']:.3%} expected"
            lines.append(
                f"{row['criterion']}: {row['rate']:.3%} ({least:.3%} to {most:.3%}{expected}) "
                f"{words[row['measure']]} ({row['n_found']:,} / {row['n_star']:,})"
            )
    return tuple(lines)
