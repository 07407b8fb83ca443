"""Step 1 of paper 004: the mother's stars in every catalogue, by way of an intermediary and its magnitudes.

All positions are taken as listed. What is chosen among several candidates, and what becomes of each star in
each catalogue, is decided in SQL (sql/paper004_ranked.sql and paper004_matches.sql).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from analysis.epochs_table import independent_position, sources
from analysis.paper004.photometry import RELATIONS, Recipe, recipe, v_magnitude
from analysis.paper004.result import MATCH, SAMPLE
from catalogdb.errors import AnalysisError
from catalogdb.match import match
from catalogdb.schema import Position, Table

if TYPE_CHECKING:
    from catalogdb.provenance import Run
    from catalogdb.store import Store

Array = npt.NDArray[np.float64]

ROWS_AT_ONCE = 200_000

_TEXTS = ("star", "catalogue_name", "entry")
_NUMBERS = ("separation", "v_mag", "v_mag_error", "ra", "dec")
_CANDIDATE = pa.schema(
    [(name, pa.string()) for name in _TEXTS]
    + [("n_candidates", pa.int32()), ("usable", pa.bool_())]
    + [(name, pa.float64()) for name in _NUMBERS]
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue of the run: its table, the position for the multi-epoch table, and how it tells V."""

    table: Table
    position: Position | None
    recipe: Recipe | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is matched with what: the mother, the intermediary, the other catalogues, and how."""

    mother: Catalogue
    through: Catalogue
    others: tuple[Catalogue, ...]
    absent: tuple[str, ...]
    radii_arcsec: tuple[float, float]
    cut_sigma: float | None
    scatter: bool
    name: str

    @property
    def wanted(self) -> tuple[Catalogue, ...]:
        """The catalogues that give a star its epochs, the mother first."""
        return (self.mother, *self.others)

    @property
    def inputs(self) -> list[str]:
        """The qualified names of all tables that are read."""
        return [each.table.qualified_name for each in (self.mother, self.through, *self.others)]

    def links(self, catalogue: Catalogue) -> str:
        """The link table of a catalogue, that of the intermediary from the mother."""
        return f"matches.{self.name}_{catalogue.table.name}"

    @property
    def sample(self) -> str:
        """The table of the stars at the places of the intermediary."""
        return f"matches.{self.name}_through"


def plan(store: Store, settings: Mapping[str, Any]) -> Plan:
    """Return what a run with these settings does; raises AnalysisError where it can not be done."""
    relation = RELATIONS[settings["relation"]]

    def catalogue(name: str) -> Catalogue:
        table = store.table(name)
        if not table.has("source_id"):
            raise AnalysisError(f"{table.qualified_name} has no source_id to trace its entries by")
        names = {column.name for column in table.columns}
        return Catalogue(table, independent_position(table), recipe(names, relation))

    mother, through = (_needed(store, settings[role], role) for role in ("mother", "through"))
    present, absent = _present(store, settings["tables"])
    others = tuple(catalogue(name) for name in present)
    made = Plan(
        mother=catalogue(mother),
        through=catalogue(through),
        others=others,
        absent=absent,
        radii_arcsec=(settings["radius_through"], settings["radius"]),
        cut_sigma=_cut(settings["magnitude_cut"]),
        scatter=settings["scatter"],
        name=settings["epochs"].rpartition(".")[2],
    )
    _check(store, made)
    return made


def _needed(store: Store, name: str, role: str) -> str:
    words = {
        "mother": "the mother sample, whose stars are followed",
        "through": "the intermediary, whose positions and V magnitudes decide the matches",
    }
    known = {table.qualified_name for table in store.tables()} | {table.name for table in store.tables()}
    if name.lower() not in known:
        raise AnalysisError(f"there is no table {name} in {store.path}: it is {words[role]} (option {role})")
    return name


def _present(store: Store, listed: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the tables of a comma list that the store has, and those that it has not."""
    names = [name.strip() for name in listed.split(",") if name.strip()]
    if len(set(names)) < len(names):
        raise AnalysisError(f"tables names one twice: {listed}")
    known = {table.qualified_name for table in store.tables()} | {table.name for table in store.tables()}
    present = [name for name in names if name.lower() in known]
    if not present:
        raise AnalysisError(f"none of the tables {listed} is in {store.path}: ingest them first")
    return present, tuple(name for name in names if name not in present)


def _cut(text: str) -> float | None:
    if text == "none":
        return None
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not value > 0.0:
        raise AnalysisError(f"magnitude_cut is {text!r}: a number of standard errors above 0, or none")
    return value


def _check(store: Store, made: Plan) -> None:
    through = made.through
    if through.recipe is None:
        raise AnalysisError(
            f"{through.table.qualified_name} tells no V magnitude, by which the matches of paper 004 are "
            "decided: name an intermediary with vmag (option through)"
        )
    mother = made.mother.table.qualified_name
    ((unnamed,),) = store.sql(sql.load("identifiers_missing").text, {"table": mother}).fetchall()
    if unnamed:
        raise AnalysisError(f"{mother} has {unnamed:,} rows without source_id: they are no stars to follow")
    names = [each.table.name for each in (made.mother, through, *made.others)]
    for name in names:
        if names.count(name) > 1:
            raise AnalysisError(f"{name} is given twice: each catalogue has one part in the procedure")
    for each in made.wanted:
        table = each.table
        if each.position is None:
            raise AnalysisError(
                f"{table.qualified_name} has no independent position with an epoch: "
                "it can not stand in a multi-epoch table"
            )
        query = sql.load("identifiers_repeated").text
        repeats = not table.unique and store.sql(query, {"table": table.qualified_name}).fetchall()[0][0]
        if repeats:
            raise AnalysisError(f"{table.qualified_name} repeats identifiers: entries could not be traced")


def find(store: Store, made: Plan, run: Run, part: str) -> None:
    """Publish the links, the stars with their intermediary, and results.paper004_match."""
    radius_through, radius = made.radii_arcsec
    mother, through = made.mother.table.qualified_name, made.through.table.qualified_name
    links = made.links(made.through)
    match(
        store,
        mother,
        through,
        radius_arcsec=radius_through,
        name=links,
        mode="replace",
        left_id="source_id",
        right_id="source_id",
    )
    table = replace(SAMPLE, name=made.sample.rpartition(".")[2])
    with store.writer(table, mode="replace") as writer:
        _load(writer.con, _MOTHER, "mother_magnitude", _mothers(store, made))
        _load(writer.con, _CANDIDATE, "raw_candidate", _candidates(store, made, made.through))
        writer.con.execute(sql.load("paper004_compared_mother").text)
        writer.con.execute(sql.load("paper004_ranked").text)
        if not writer.insert(sql.load("paper004_through").text):
            raise AnalysisError(
                f"no star of {mother} has an entry in {through} within {radius_through:g} arcsec"
            )
        writer.publish(run=run)
    for other in made.others:
        match(
            store,
            made.sample,
            other.table.qualified_name,
            radius_arcsec=radius,
            name=made.links(other),
            mode="replace",
            left_id="source_id",
            right_id="source_id",
        )
    _publish(store, made, run, part)


def _publish(store: Store, made: Plan, run: Run, part: str) -> None:
    parameters = {
        "mother": made.mother.table.qualified_name,
        "through": made.through.table.name,
        "links": made.links(made.through),
        "sample": made.sample,
        "wanted": [each.table.name for each in made.wanted],
        "cut": made.cut_sigma,
        "run": run.run_id,
    }

    def everything() -> Iterator[pa.RecordBatch]:
        yield from _own(store, made)
        for other in made.others:
            yield from _candidates(store, made, other)

    with store.writer(MATCH, part=part) as writer:
        _load(writer.con, _CANDIDATE, "raw_candidate", everything())
        writer.con.execute(sql.load("paper004_compared").text, {"sample": made.sample})
        writer.con.execute(sql.load("paper004_ranked").text)
        writer.insert(sql.load("paper004_matches").text, parameters)
        writer.publish(run=run)


def _load(con: Any, schema: pa.Schema, name: str, batches: Iterator[pa.RecordBatch]) -> None:
    """Set the rows aside as a temporary table of the writer."""
    con.register("incoming", pa.RecordBatchReader.from_batches(schema, batches))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM incoming")
    con.unregister("incoming")


_MOTHER = pa.schema(
    [("star", pa.string()), ("usable", pa.bool_()), ("v_mag", pa.float64()), ("v_mag_error", pa.float64())]
)


def _mothers(store: Store, made: Plan) -> Iterator[pa.RecordBatch]:
    """Yield V of every star of the mother, and whether its own entry can be used."""
    mother = made.mother
    columns = _columns(mother)
    parameters = {"mother": mother.table.qualified_name, "columns": columns}
    for batch in store.sql(sql.load("paper004_stars").text, parameters).batches(ROWS_AT_ONCE):
        v, error = _magnitude(batch, mother, made.scatter)
        usable = pa.array(_usable(batch, mother))
        yield pa.record_batch([batch["star"], usable, _nullable(v), _nullable(error)], schema=_MOTHER)


def _own(store: Store, made: Plan) -> Iterator[pa.RecordBatch]:
    """Yield the mother's stars as candidates of their own."""
    name = made.mother.table.name
    for batch in _mothers(store, made):
        n = batch.num_rows
        columns = {key: batch[key] for key in ("star", "usable", "v_mag", "v_mag_error")}
        columns |= {"entry": batch["star"], "catalogue_name": pa.array([name] * n, pa.string())}
        yield _batch(columns, n)


def _candidates(store: Store, made: Plan, other: Catalogue) -> Iterator[pa.RecordBatch]:
    """Yield every candidate of a catalogue with its V, and whether it can be an entry."""
    parameters = {
        "links": made.links(other),
        "entries": other.table.qualified_name,
        "columns": _columns(other),
    }
    for batch in store.sql(sql.load("paper004_candidates").text, parameters).batches(ROWS_AT_ONCE):
        n = batch.num_rows
        v, error = _magnitude(batch, other, made.scatter)
        columns = {name: batch[name] for name in ("star", "entry", "separation", "n_candidates")}
        columns |= {name: batch[name] for name in ("ra", "dec") if name in batch.schema.names}
        columns |= {
            "catalogue_name": pa.array([other.table.name] * n, pa.string()),
            "usable": pa.array(_usable(batch, other)),
            "v_mag": _nullable(v),
            "v_mag_error": _nullable(error),
        }
        yield _batch(columns, n)


def _batch(columns: Mapping[str, pa.Array], n: int) -> pa.RecordBatch:
    """Return the columns of a candidate, those that are not given NULL."""
    return pa.record_batch(
        [
            columns[field.name].cast(field.type) if field.name in columns else pa.nulls(n, field.type)
            for field in _CANDIDATE
        ],
        schema=_CANDIDATE,
    )


def _columns(catalogue: Catalogue) -> list[str]:
    """Return the columns that are read of a catalogue's rows."""
    wanted = {"source_id", "ra", "dec", *_measured(catalogue)}
    wanted |= set(catalogue.recipe.columns) if catalogue.recipe else set()
    return sorted(name for name in wanted if catalogue.table.has(name))


def _measured(catalogue: Catalogue) -> Sequence[str]:
    """Return the columns that an entry of the multi-epoch table must have."""
    if catalogue.position is None:
        return ()
    found = sources(catalogue.table, catalogue.position)
    names = ("ra", "dec", "ra_epoch", "dec_epoch", "ra_error", "dec_error")
    return [found.get(name, "") for name in names]


def _usable(batch: pa.RecordBatch, catalogue: Catalogue) -> npt.NDArray[np.bool_]:
    """Whether each row has a position, its epoch and positive errors."""
    usable = np.ones(batch.num_rows, np.bool_)
    for name in _measured(catalogue):
        values = _floats(batch, name) if name else np.full(batch.num_rows, np.nan)
        usable &= np.isfinite(values)
    for name in _measured(catalogue)[4:]:
        if name:
            usable &= _floats(batch, name) > 0.0
    return usable


def _magnitude(batch: pa.RecordBatch, catalogue: Catalogue, scatter: bool) -> tuple[Array, Array]:
    how = catalogue.recipe
    if how is None:
        return np.full(batch.num_rows, np.nan), np.full(batch.num_rows, np.nan)
    columns = {name: _floats(batch, name) for name in how.columns if name in batch.schema.names}
    return v_magnitude(how, columns, scatter=scatter)


def _floats(batch: pa.RecordBatch, name: str) -> Array:
    """Return a column as floats, NaN for NULL."""
    return np.asarray(batch[name].cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _nullable(values: Array) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)
