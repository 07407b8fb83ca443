"""One run of the comparison: a table of stars and the store's known lists in, both results out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

import sql
from analysis import Report
from analysis.comparison.lists import KnownList, known, known_list, pair_period_yr, pull
from analysis.comparison.matching import ANOMALIES, Pairs, Stars, pairs, stars_of
from analysis.comparison.result import RESULT, SUMMARY
from catalogdb.errors import AnalysisError
from catalogdb.schema import Column, Table
from catalogdb.writer import Publication

Array = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

NONE = "none"
MOTION = ("pmra", "pmdec", "pmra_error", "pmdec_error", "pmra_pmdec_corr")


class Ours(NamedTuple):
    """Stars of the run as columns, and where each of them stands."""

    columns: dict[str, Array]
    motion_class: Texts
    place: dict[str, int]


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Hold the stars of a run against every known list of the store and publish what comes out.

    The rows replace those of an earlier run with the same settings. Raises AnalysisError for a table
    without the columns that are asked for, an unknown list, or if the store has none of the lists.
    """
    begin = time.monotonic()
    stars = store.table(settings["stars"])
    _check(stars, settings)
    entries = None if settings["epochs"] == NONE else store.table(settings["epochs"])
    chosen = _lists(store, settings["lists"])
    stars_run = settings["run"] or _latest(store, stars)
    how = stars_of(store, stars.qualified_name, entries, settings["namespace"])
    inputs = [each.qualified_name for each in (stars, entries, *(table for table, _ in chosen)) if each]
    this = store.start_run("comparison", settings, inputs=inputs)
    parts, sums = [], []
    for table, of in chosen:
        rows, summary = _compare(store, (table, of), how, (stars, stars_run), settings)
        parts.append(rows)
        sums.append(summary)
    same = {"stars_run": stars_run, "run_id": this.run_id}
    rows, sums_table = _arrow(RESULT, parts, same), _arrow(SUMMARY, sums, same)
    key = " ".join(f"{name}={value}" for name, value in {**settings, "run": stars_run}.items())
    store.publish_many(
        [
            Publication(table=RESULT, rows=rows, part=key),
            Publication(table=SUMMARY, rows=sums_table, part=key),
        ],
        run=this,
    )
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name, SUMMARY.qualified_name),
        rows=rows.num_rows,
        seconds=time.monotonic() - begin,
        lines=tuple(_sentence(row) for row in sums_table.to_pylist()),
    )


def _check(stars: Table, settings: Mapping[str, Any]) -> None:
    needed = ["source_id", settings["class_column"] or settings["probability"]]
    needed += ["q_fdr"] if settings["q"] is not None else []
    missing = [name for name in needed if not stars.has(name)]
    if missing:
        raise AnalysisError(
            f"{stars.qualified_name} has no {', '.join(missing)}: "
            "name its column with probability or class_column"
        )
    if settings["epochs"] == NONE and not settings["namespace"]:
        raise AnalysisError("comparison: epochs is none, so namespace has to say what source_id is")


def _lists(store: Any, named: str | None) -> list[tuple[Table, KnownList]]:
    """Return the tables of the known lists that are asked for, or all that the store has."""
    if named is None:
        tables = sorted(
            (t for t in store.tables() if t.schema == "catalogs"), key=lambda table: str(table.name)
        )
        tables += [table for table in store.tables() if table.qualified_name == ANOMALIES]
        found = [(table, of) for table in tables if (of := known_list(table.name)) and table.has("source_id")]
        if not found:
            raise AnalysisError("the store has none of the known lists (gaia_nss, hgca, orb6, sb9, wds, ...)")
        return found
    result = []
    for name in (part.strip() for part in named.split(",")):
        table = store.table(name)
        if (of := known_list(table.name)) is None:
            raise AnalysisError(f"{name} begins with the name of no known list: comparison can not read it")
        result.append((table, of))
    return result


def _latest(store: Any, stars: Table) -> str | None:
    if not stars.has("run_id"):
        return None
    query = store.sql(sql.load("comparison_latest").text, {"table": stars.qualified_name})
    ((latest,),) = query.fetchall()
    if latest is None:
        raise AnalysisError(f"{stars.qualified_name} has no rows: nothing to compare")
    return str(latest)


def _compare(
    store: Any,
    chosen: tuple[Table, KnownList],
    how: Stars,
    of_run: tuple[Table, str | None],
    settings: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the rows of one list and its line of the summary."""
    table, of = chosen
    matched = pairs(store, how, table, settings["radius"], settings["graph"])
    ours = _ours(store, *of_run, sorted({star for star, _ in matched.found}), settings)
    both = sorted(pair for pair in matched.found if pair[0] in ours.place)
    place = np.array([ours.place[star] for star, _ in both], np.int64)
    theirs, types = _theirs(store, table, of, [list_id for _, list_id in both])
    said = known(of, theirs, hgca_chi2=settings["hgca_chi2"])
    mine = {name: values[place] for name, values in ours.columns.items()}
    classes = ours.motion_class[place]
    pulls = pull(_motion(mine, len(both)), _motion(theirs, len(both)))
    if of.kind != "motions":
        pulls = type(pulls)(*(np.full(len(both), np.nan) for _ in pulls))
    nothing = np.full(len(both), np.nan)
    rows = {
        "source_id": np.array([star for star, _ in both], object),
        "list_name": np.full(len(both), table.qualified_name, object),
        "list_id": np.array([list_id for _, list_id in both], object),
        "matched_by": np.array([matched.found[pair][0] for pair in both], object),
        "separation": np.array([matched.found[pair][1] for pair in both], np.float64),
        "claimed": np.array([None if np.isnan(x) else bool(x) for x in said.claimed], object),
        "known_type": types,
        "known_period": said.period,
        "known_size": said.size,
        "known_angle": said.angle,
        "known_chi2": said.chi2,
        "p": mine.get(settings["probability"], nothing),
        **{name: mine.get(name, nothing) for name in ("q_fdr", "acc_ra", "acc_dec")},
        "motion_class": classes,
        "agreement": _agreement(said.claimed, classes),
        "pull_ra": pulls.ra,
        "pull_dec": pulls.dec,
        "pull_chi2": pulls.chi2,
    }
    return rows, _summary(rows, table, matched)


def _ours(
    store: Any, stars: Table, stars_run: str | None, ids: Sequence[str], settings: Mapping[str, Any]
) -> Ours:
    """Return what the run found of the stars with these identifiers."""
    text = settings["class_column"]
    names = [settings["probability"], "q_fdr", "acc_ra", "acc_dec", *MOTION]
    names += [name for name in ("run_id", text) if name]
    given = {"table": stars.qualified_name, "ids": list(ids), "columns": names}
    rows = store.sql(sql.load("comparison_rows").text, given).arrow()
    if stars_run is not None:
        rows = rows.filter(pa.compute.equal(rows["run_id"], stars_run))
    place = {name: i for i, name in enumerate(rows["row_id"].to_pylist())}
    columns = _numbers(rows, [name for name in names if name not in ("run_id", text)])
    n = rows.num_rows
    p = columns.get(settings["probability"], np.full(n, np.nan))
    if text:
        said = rows[text].to_pylist()
        classes = [_word(word) for word in said]
        return Ours(columns, np.array(classes, object), place)
    q = columns.get("q_fdr", np.full(n, np.nan))
    moving = p < settings["alpha"] if settings["q"] is None else q <= settings["q"]
    uniform = ~moving & (p > settings["uniform_above"])
    chosen = np.select([np.isnan(p), moving, uniform], ["not_tested", "accelerating", "uniform"], "neither")
    return Ours(columns, chosen.astype(object), place)


def _word(word: str | None) -> str:
    if word is None:
        return "not_tested"
    return word if word in ("accelerating", "uniform") else "neither"


def _theirs(store: Any, table: Table, of: KnownList, ids: Sequence[str]) -> tuple[dict[str, Array], Texts]:
    """Return the list's numbers and its type for each identifier; the best of several rows."""
    given = {"table": table.qualified_name, "ids": sorted(set(ids)), "columns": [*of.columns, "run_id"]}
    rows = store.sql(sql.load("comparison_rows").text, given).arrow()
    if table.schema == "results":
        rows = rows.filter(pa.compute.equal(rows["run_id"], _latest(store, table)))
        ids = [name for name in ids if name in set(rows["row_id"].to_pylist())]
    names = rows["row_id"].to_pylist()
    numbers = _numbers(rows, [name for name in of.columns if name != of.type_ or name == (of.quality or "")])
    rank = np.zeros(len(names))
    if of.quality and of.quality[0] in rows.column_names:
        rank = np.nan_to_num(_floats(rows[of.quality[0]]) * of.quality[1], nan=-np.inf)
    best: dict[str, int] = {}
    for i in np.argsort(rank, kind="stable"):
        best[names[i]] = int(i)
    place = np.array([best[name] for name in ids], np.int64)
    kinds = rows[of.type_].to_pylist() if of.type_ in rows.column_names else [None] * len(names)
    texts = np.array([None if kind is None else str(kind) for kind in kinds], object)
    chosen = {name: values[place] for name, values in numbers.items()}
    return chosen or {"nothing": np.full(len(place), np.nan)}, texts[place]


def _numbers(rows: pa.Table, names: Sequence[str]) -> dict[str, Array]:
    numeric = (pa.types.is_floating, pa.types.is_integer)
    return {
        name: _floats(rows[name])
        for name in names
        if name in rows.column_names and any(test(rows[name].type) for test in numeric)
    }


def _floats(column: Any) -> Array:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _motion(columns: Mapping[str, Array], n: int) -> tuple[Array, Array]:
    """Return motions (n, 2) and covariances (n, 2, 2); NaN without errors, no correlation if not stated."""
    pmra, pmdec, e_ra, e_dec, corr = (columns.get(name, np.full(n, np.nan)) for name in MOTION)
    error = np.stack([e_ra, e_dec], axis=1)
    covariance = error[:, :, None] * error[:, None, :]
    covariance[:, [0, 1], [1, 0]] *= np.nan_to_num(corr)[:, None]
    return np.stack([pmra, pmdec], axis=1), covariance


def _agreement(claimed: Array, classes: Texts) -> Texts:
    ours = classes == "accelerating"
    words = np.select(
        [classes == "not_tested", ours & (claimed == 1.0), claimed == 1.0, ours],
        ["not_tested", "both", "list_only", "ours_only"],
        "neither",
    ).astype(object)
    words[np.isnan(claimed)] = None
    return words


def _summary(rows: Mapping[str, Any], table: Table, matched: Pairs) -> dict[str, Any]:
    """Return one list's line: stars, each once, and the rows' separations, periods and pulls."""
    star, classes, claimed = rows["source_id"], rows["motion_class"], rows["claimed"]

    def count(chosen: Any) -> int:
        return len(set(star[np.asarray(chosen, bool)]))

    period = np.where(
        np.isnan(rows["known_period"]), pair_period_yr(rows["known_size"]), rows["known_period"]
    )
    chi2 = rows["pull_chi2"]
    compared = np.isfinite(chi2)
    binary = claimed == True  # noqa: E712 (an array of True, False and None)
    values = {
        "list_name": table.qualified_name,
        "matched_by": matched.how,
        "n_common": len(set(star)),
        "n_claimed": count(binary),
        "n_tested": count(classes != "not_tested"),
        "n_accelerating": count(classes == "accelerating"),
        "n_uniform": count(classes == "uniform"),
        "n_claimed_accelerating": count(binary & (classes == "accelerating")),
        **_both("size", rows["known_size"]),
        **_both("period", period),
        "n_motion": count(compared),
        "within_3_ra": _share(np.abs(rows["pull_ra"]) < 3.0, compared),
        "within_3_dec": _share(np.abs(rows["pull_dec"]) < 3.0, compared),
        "within_3_both": _share(chi2 < 9.0, compared),
    }
    return {name: np.array([value]) for name, value in values.items()}


def _both(name: str, values: Array) -> dict[str, float]:
    known_values = values[np.isfinite(values)]
    if not len(known_values):
        return {f"{name}_mean": np.nan, f"{name}_median": np.nan}
    return {f"{name}_mean": float(known_values.mean()), f"{name}_median": float(np.median(known_values))}


def _share(holds: Any, of: Any) -> float:
    return float(holds[of].mean()) if of.any() else np.nan


_ARROW = {"DOUBLE": pa.float64(), "VARCHAR": pa.string(), "INTEGER": pa.int32(), "BOOLEAN": pa.bool_()}


def _arrow(table: Table, parts: Sequence[Mapping[str, Any]], same: Mapping[str, Any]) -> pa.Table:
    n = sum(len(part["list_name"]) for part in parts)

    def column(of: Column) -> pa.Array:
        if of.name in same:
            return pa.array([same[of.name]] * n, _ARROW[of.type])
        # NaN becomes NULL: from_pandas is Arrow's name for that.
        return pa.array(np.concatenate([part[of.name] for part in parts]), _ARROW[of.type], from_pandas=True)

    return pa.table({of.name: column(of) for of in table.columns})


def _sentence(row: Mapping[str, Any]) -> str:
    if not row["n_common"]:
        return f"{row['list_name']}: no star in common ({row['matched_by']})"
    text = (
        f"{row['list_name']}: in common {row['n_common']:,} ({row['matched_by']}), "
        f"tested {row['n_tested']:,}, accelerating {row['n_accelerating']:,}, uniform {row['n_uniform']:,}"
    )
    if row["n_claimed"]:
        text += f"; of {row['n_claimed']:,} known ones {row['n_claimed_accelerating']:,} found"
    if row["n_motion"]:
        text += (
            f"; motions within 3 sigma {row['within_3_ra']:.1%}, {row['within_3_dec']:.1%} "
            f"(99.7 % expected), both {row['within_3_both']:.1%} (98.9 %)"
        )
    return text
