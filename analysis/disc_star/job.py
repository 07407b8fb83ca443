"""One run: stars of a table in, their places and motions in the Galaxy and the selection out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis import Report
from analysis.columns import arrow_schema
from analysis.disc_star import inputs
from analysis.disc_star.cuts import Selected, Selection, select
from analysis.disc_star.inputs import Stars
from analysis.disc_star.result import CORRELATIONS, CUTS, PAIRS, PLACE, RESULT
from analysis.disc_star.selected import SCHEMA as SELECTED_SCHEMA
from analysis.disc_star.selected import SELECTED, selected_rows
from analysis.galaxy import coords
from analysis.galaxy.coords import Cylinder
from analysis.galaxy.named import named
from analysis.galaxy.sun import Sun
from catalogdb.errors import AnalysisError
from catalogdb.writer import Publication

Array = npt.NDArray[np.float64]

NAME = inputs.NAME
SCHEMA = arrow_schema(RESULT)


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Compute each star and publish the rows; they replace those of the same settings.

    The selected stars are published with them as a table of their own.

    Raises AnalysisError for a table that has not what is needed, and settings that contradict.
    """
    begin = time.monotonic()
    sun = Sun.of(settings)
    how = Selection.of(settings, sun)
    selected = named(NAME, "selected", store, SELECTED, settings["selected"])
    of = inputs.source(store, settings)
    if selected.qualified_name in of.inputs:
        raise AnalysisError(
            f"{NAME}: selected: {selected.qualified_name} is what is read: choose another name"
        )
    _check_asked(of, how)
    about = inputs.said(store, of)
    read = inputs.read(store, of, settings)
    first = next(read, None)
    if first is None:
        raise AnalysisError(f"{NAME}: {of.table.qualified_name} has no rows")
    this = store.start_run(NAME, dict(settings) | {"run_id": of.rows.run_id}, inputs=of.inputs)
    tally = Tally(how)
    chosen: list[pa.RecordBatch] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for stars in chain([first], read):
            rows = rows_of(stars, sun, how, this.run_id)
            tally.add(rows)
            chosen.extend(selected_rows(stars, rows).to_batches())
            yield from rows.to_batches()

    def chosen_batches() -> Iterator[pa.RecordBatch]:
        yield from chosen  # there when all stars have been through

    key = " ".join(f"{name}={value}" for name, value in settings.items())
    every = pa.RecordBatchReader.from_batches(SCHEMA, batches())
    few = pa.RecordBatchReader.from_batches(SELECTED_SCHEMA, chosen_batches())
    both = (
        Publication(table=RESULT, rows=every, part=key),
        Publication(table=selected, rows=few, mode="replace"),
    )
    store.publish_many(both, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name, selected.qualified_name),
        rows=tally.rows,
        seconds=time.monotonic() - begin,
        lines=tally.sentences(first.source, about),
    )


def _check_asked(of: inputs.Source, how: Selection) -> None:
    """Raise AnalysisError for a criterion that no star could meet, as the table has not what it needs."""
    for criterion, name, instead in (
        ("in_alpha", "alpha_fe", "name it (--alpha-fe), or leave it out (--alpha-line none)"),
        ("in_logg", "logg", "name it (--logg), or leave it out (--logg-max 0)"),
    ):
        if criterion in how.asked and of.columns[name][0] is None:
            raise AnalysisError(
                f"{NAME}: {of.table.qualified_name} has no {name}, which the selection needs: {instead}"
            )


def rows_of(stars: Stars, sun: Sun, how: Selection, run_id: str) -> pa.Table:
    """Return the rows of some stars."""
    number, n = stars.number, len(stars.source_id)
    with np.errstate(invalid="ignore"):
        distance = np.where(stars.distance_kpc > 0.0, stars.distance_kpc, np.nan)
    made, spread = places(stars, distance, sun)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.sqrt(np.diagonal(spread, axis1=1, axis2=2))
        fraction = stars.distance_error_kpc / distance
    chosen = select(made, number["fe_h"], number["alpha_fe"], number["logg"], fraction, how)
    columns: dict[str, Any] = {
        "source_id": stars.source_id,
        "ra": number["ra"],
        "dec": number["dec"],
        "dist": distance,
        "dist_error": np.where(np.isnan(distance), np.nan, stars.distance_error_kpc),
        "dist_source": [stars.source] * n,
        "fe_h": number["fe_h"],
        "alpha_fe": number["alpha_fe"],
        "logg": number["logg"],
        "v_lsr_diff": chosen.v_lsr_diff,
        "weight": (chosen.thin_disc == 1.0).astype(np.float64),
        "reason": reasons(stars, made, errors),
        "run_id": [run_id] * n,
    }
    columns |= dict(zip(("p_thin", "p_thick", "p_halo"), chosen.probability, strict=True))
    for k, (name, *_) in enumerate(PLACE):
        columns |= {name: made[k], f"{name}_error": errors[:, k]}
    for name, (i, j) in zip(CORRELATIONS, PAIRS, strict=True):
        with np.errstate(invalid="ignore", divide="ignore"):
            columns[name] = spread[:, i, j] / (errors[:, i] * errors[:, j])
    columns |= _flags(chosen)
    # NaN becomes NULL: from_pandas is Arrow's name for that.
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in SCHEMA]
    return pa.table(arrays, schema=SCHEMA)


def places(stars: Stars, distance_kpc: Array, sun: Sun) -> tuple[Cylinder, Array]:
    """Return the coordinates of stars (n,), and their covariance (n, 6, 6), NaN where an error is missing."""
    number = stars.number
    given = (
        number["ra"],
        number["dec"],
        distance_kpc,
        number["pmra"],
        number["pmdec"],
        number["radial_velocity"],
    )
    made, d = coords.jacobian(*given, sun)
    sigma = np.stack(
        [
            stars.distance_error_kpc,
            number["pmra_error"],
            number["pmdec_error"],
            number["radial_velocity_error"],
        ],
        axis=1,
    )
    parallax = stars.of_parallax
    matrix = coords.covariance(
        *np.nan_to_num(sigma).T,
        pmra_pmdec_corr=np.nan_to_num(number["pmra_pmdec_corr"]),
        parallax_pmra_corr=np.nan_to_num(number["parallax_pmra_corr"]) if parallax else 0.0,
        parallax_pmdec_corr=np.nan_to_num(number["parallax_pmdec_corr"]) if parallax else 0.0,
    )
    # Where a velocity is missing its derivative by the distance may be too; R, phi and z need neither.
    lost = (np.isnan(sigma)[:, None, :] & (d != 0.0)).any(axis=2) | np.isnan(np.array(made).T)
    d = np.nan_to_num(d)
    spread = d @ matrix @ np.swapaxes(d, 1, 2)
    spread[lost[:, :, None] | lost[:, None, :]] = np.nan
    return made, spread


def reasons(stars: Stars, star: Cylinder, errors: Array) -> list[str | None]:
    """Return why stars (n,) have no place, velocity or error; else None."""
    number = stars.number
    with np.errstate(invalid="ignore"):
        why = {
            "no position": np.isnan(number["ra"] + number["dec"]),
            stars.why: np.isnan(stars.distance_kpc),
            "distance not above 0": stars.distance_kpc <= 0.0,
            "no proper motion": np.isnan(number["pmra"] + number["pmdec"]),
            "no radial velocity": np.isnan(number["radial_velocity"]),
        }
        complete = np.isfinite(star.vphi) & np.isfinite(star.vz)
        why["no error of distance, motion or velocity"] = complete & np.isnan(errors).any(axis=1)
    bad: npt.NDArray[np.bool_] = np.stack(list(why.values()))
    words = list(why)
    return [
        "; ".join(words[i] for i in np.flatnonzero(bad[:, k])) if some else None
        for k, some in enumerate(np.any(bad, axis=0).tolist())
    ]


def _flags(chosen: Selected) -> dict[str, Any]:
    made = {**chosen.flag, "thin_disc": chosen.thin_disc}
    return {
        name: pa.array(np.nan_to_num(each).astype(np.int32), pa.int32(), mask=np.isnan(each))
        for name, each in made.items()
    }


class Tally:
    """What is told of a run: how many stars each criterion takes, and why some can not be used."""

    def __init__(self, how: Selection) -> None:
        self.rows = 0
        self._how = how
        self._counts: Counter[tuple[str, int | None]] = Counter()
        self._reasons: Counter[str] = Counter()
        self._complete = 0

    def add(self, rows: pa.Table) -> None:
        """Count some stars."""
        self.rows += rows.num_rows
        self._complete += rows.num_rows - rows["vphi"].null_count
        for name in (*self._how.asked, "thin_disc"):
            for each in rows[name].value_counts().to_pylist():
                self._counts[name, each["values"]] += each["counts"]
        self._reasons.update(reason for reason in rows["reason"].to_pylist() if reason)

    def sentences(self, source: str, about: Sequence[str] = ()) -> tuple[str, ...]:
        """Return what there is to say, with what is known `about` the rows."""
        head = f"{self.rows:,} stars, {self._complete:,} with position and velocity; distances: {source}"
        lines = [head, *about]
        for name in self._how.asked:
            yes, no, unknown = (self._counts[name, value] for value in (1, 0, None))
            lines.append(f"{CUTS[name]}: {yes:,} yes, {no:,} no, {unknown:,} not known")
        yes, no, unknown = (self._counts["thin_disc", value] for value in (1, 0, None))
        lines.append(f"selected: {yes:,} stars; not: {no:,}; not known: {unknown:,}")
        lines += [f"{n:,} without: {reason}" for reason, n in self._reasons.most_common()]
        return tuple(lines)
