"""One run of paper 004's procedure: the catalogues of a store in, accelerating and uniform stars out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from math import erfc, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sql
from analysis import Report
from analysis import settings as checked
from analysis.paper004.collect import Frames, check_frames, check_writable, collect, epochs_table
from analysis.paper004.fits import fit_stars
from analysis.paper004.layout import CATALOGUES
from analysis.paper004.matching import Plan, find, plan
from analysis.paper004.result import FEWEST, MATCH, OPTIONS, RESULT
from analysis.paper004.wide import check_export, export, read_wide
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from catalogdb.provenance import Run
    from catalogdb.store import Store


def run(store: Store, settings: Mapping[str, Any]) -> Report:
    """Follow the mother's stars through the catalogues and test them, as paper 004 does.

    Publishes results.paper004_match, the multi-epoch table and results.paper004_star. Raises
    AnalysisError for tables or magnitudes that are not there and where no star is left.
    """
    return _build(store, settings, (), force=False)


def build(store: Store, *, fk5_rotation: Sequence[str] = (), force: bool = False, **settings: Any) -> Report:
    """Do what `run` does with the options `settings`, and rotate the catalogues named from FK5 to ICRS.

    The paper rotates NPM1, GSC 2.2, UCAC5, 2MASS and AllWISE. That is refused unless `force`, since what
    a store holds is on the ICRS already: positions would be moved by up to 31.7 mas for nothing.
    """
    return _build(store, checked("paper004", OPTIONS, settings), tuple(fk5_rotation), force=force)


def _build(
    store: Store, settings: Mapping[str, Any], fk5_rotation: tuple[str, ...], *, force: bool
) -> Report:
    begin = time.monotonic()
    if settings["complete"] and settings["min_epochs"] is not None:
        raise AnalysisError(
            f"min_epochs {settings['min_epochs']} contradicts complete, which asks for an entry in every "
            "catalogue: turn complete off (--no-complete), or leave min_epochs out"
        )
    check_writable(store, settings["epochs"])
    if settings["wide"] is not None:
        return read_wide_and_test(store, settings, begin)
    made = plan(store, settings)
    frames = Frames(settings["spins"] == "published", fk5_rotation, force)
    check_frames(made, frames)
    wanted = [each.table.name for each in made.wanted]
    if settings["export"] is not None:
        check_export(Path(settings["export"]), wanted)
    told = dict(settings) | {"fk5_rotation": list(fk5_rotation), "absent": list(made.absent)}
    this = store.start_run("paper004", told, inputs=made.inputs)
    part = part_key(told)
    find(store, made, this, part)
    fewest = len(wanted)
    if not settings["complete"]:
        fewest = min(settings["min_epochs"] or FEWEST, fewest)
    entries = collect(store, made, frames, this, name=settings["epochs"], fewest=fewest)
    lines = account(store, made, this)
    if not entries:
        raise AnalysisError(
            f"no star has kept entries in {fewest} catalogues: see {MATCH.qualified_name}, where run_id is "
            f"{this.run_id}.\n" + "\n".join(lines)
        )
    epochs = epochs_table(settings["epochs"], made.mother.table.qualified_name)
    stars = fit_stars(store, epochs, this, settings, part=part, through=made.through.table.name)
    lines += (f"{epochs.qualified_name}: {entries:,} entries of {stars:,} stars", *verdict(store, this))
    if settings["export"] is not None:
        lines += (export(store, epochs, Path(settings["export"]), mother=made.mother.table.name),)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name, MATCH.qualified_name, epochs.qualified_name),
        rows=stars,
        seconds=time.monotonic() - begin,
        lines=lines,
    )


def part_key(settings: Mapping[str, Any]) -> str:
    """Return the key of a run's rows: those of another run with these settings are replaced."""
    return " ".join(f"{name}={value}" for name, value in settings.items() if name != "export")


def read_wide_and_test(store: Store, settings: Mapping[str, Any], begin: float) -> Report:
    """Test the stars of a file of 55 columns, such as that of the paper, instead of matching catalogues."""
    file = Path(settings["wide"])
    if settings["export"] is not None:
        check_export(Path(settings["export"]), CATALOGUES)
    this = store.start_run("paper004", settings)
    epochs = epochs_table(settings["epochs"], file.name)
    entries = read_wide(store, file, epochs, this)
    if not entries:
        raise AnalysisError(f"{file} has no position of any star")
    stars = fit_stars(store, epochs, this, settings, part=part_key(settings), through=None)
    lines = (f"{file}: {entries:,} positions of {stars:,} stars", *verdict(store, this))
    if settings["export"] is not None:
        lines += (export(store, epochs, Path(settings["export"]), mother=None),)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name, epochs.qualified_name),
        rows=stars,
        seconds=time.monotonic() - begin,
        lines=lines,
    )


def account(store: Store, made: Plan, this: Run) -> tuple[str, ...]:
    """Return sentences that say where the stars are, and what the magnitude cut costs."""
    wanted = [each.table.name for each in made.wanted]
    parameters = {"run": this.run_id, "wanted": wanted, "through": made.through.table.name}
    ((stars, linked, complete, uncut),) = store.sql(sql.load("paper004_followed").text, parameters).fetchall()
    lines = [
        f"{made.mother.table.name}: {stars:,} stars, {linked:,} with an entry in {made.through.table.name}"
    ]
    rows = store.sql(sql.load("paper004_account").text, {"run": this.run_id}).arrow().to_pylist()
    found = {row["catalogue_name"]: row for row in rows}
    lines += [_sentence(found[name]) for name in wanted]
    untested = [each.table.name for each in made.wanted if each.recipe is None]
    if untested:
        lines.append(f"no V magnitude, not compared: {', '.join(untested)}")
    if made.absent:
        lines.append(f"not in the store, left out: {', '.join(made.absent)}")
    if made.cut_sigma is not None:
        lines.append(
            f"a cut at {made.cut_sigma:g} sigma drops {erfc(made.cut_sigma / sqrt(2.0)):.1%} of true matches "
            "in each catalogue compared, if its errors are right"
        )
    alone = store.sql(sql.load("paper004_missing").text, {"run": this.run_id, "wanted": wanted}).fetchall()
    without = f", {uncut:,} without the magnitude cut" if made.cut_sigma is not None else ""
    lines.append(f"{complete:,} stars are in all {len(wanted)} catalogues{without}")
    if alone:
        lost = ", ".join(f"{count:,} for {name}" for name, count in alone)
        lines.append(f"stars that lack one catalogue alone: {lost}")
    return tuple(lines)


def _sentence(row: Mapping[str, Any]) -> str:
    words = (
        ("no_candidate", "none within the radius"),
        ("claimed", "suit another star better"),
        ("unusable", "without position, epoch or error"),
    )
    lost = [f"{row[name]:,} {text}" for name, text in words if row[name]]
    if row["magnitude"]:
        share = row["magnitude"] / row["compared"]
        lost.append(f"{row['magnitude']:,} of {row['compared']:,} dropped by magnitude, {share:.1%}")
    several = f"; {row['ambiguous']:,} had several candidates" if row["ambiguous"] else ""
    return (
        f"{row['catalogue_name']}: {row['kept']:,} kept" + (f" ({', '.join(lost)})" if lost else "") + several
    )


def verdict(store: Store, this: Run) -> tuple[str, ...]:
    """Return sentences that say how many stars of a run accelerate and how many move uniformly."""
    query = sql.load("paper004_classes").text
    ((stars, accelerating, uniform, brightest, faintest, south, north),) = store.sql(
        query, {"run": this.run_id}
    ).fetchall()
    if not stars:
        return ("no star has more positions than parameters",)
    lines = [
        f"{accelerating:,} of {stars:,} stars accelerate by the paper's test ({accelerating / stars:.1%}), "
        f"{uniform:,} move uniformly ({uniform / stars:.1%})"
    ]
    if accelerating:
        magnitudes = "" if brightest is None else f"V {brightest:.3f} to {faintest:.3f}, "
        lines.append(f"the accelerating ones: {magnitudes}declination {south:+.1f} to {north:+.1f}")
    return tuple(lines)
