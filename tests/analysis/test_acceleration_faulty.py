"""The acceleration test on tables with faults: repeated entries, errors that are none, absurd numbers."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from analysis.acceleration import paper004
from analysis.acceleration.repeats import repeats
from analysis.acceleration.table import chunk, read
from analysis.epochs_table import RESULT as EPOCHS
from analysis.injection.job import injected
from analysis.injection.result import OPTIONS
from analysis.options import settings
from analysis.sensitivity.job import Base, _stars

NAMES = np.array([f"c{i}" for i in range(10)])


def _columns(rows) -> dict[str, np.ndarray]:
    given = {name: getattr(rows, name) for name in ("ra", "dec", "ra_error", "dec_error")}
    given["catalogue_name"] = np.tile(NAMES, rows.n_stars)
    return given | {"obj_id": np.char.add("s", rows.star.astype(str)), "epoch": rows.ra_epoch}


def _publish(store, columns, name="mine"):
    m = len(columns["epoch"])
    given = {"hpx29": np.zeros(m, np.int64), "run_id": ["made"] * m, **columns}
    arrays = {key: pa.array(values, from_pandas=True) for key, values in given.items()}
    store.publish(replace(EPOCHS, name=name), pa.table(arrays))


def _rows(store, report):
    query = "SELECT * EXCLUDE (run_id) FROM results.acceleration WHERE run_id = $run ORDER BY source_id"
    return store.sql(query, {"run": report.run_id}).arrow().to_pylist()


@pytest.mark.parametrize("weighting", ["gls", "F2"])
def test_repeated_entries_count_once(store, paper_sky, weighting):
    """A table with each row twice is tested as without; every star says so."""
    _, rows = paper_sky(50, 1)
    once = _columns(rows)
    _publish(store, once, "once")
    _publish(store, {name: np.concatenate([values, values]) for name, values in once.items()}, "twice")
    plain, doubled = (
        _rows(store, store.analyze("acceleration", epochs=f"results.{name}", weighting=weighting))
        for name in ("once", "twice")
    )
    assert {row.pop("flags") for row in plain} == {None}
    assert {row.pop("flags") for row in doubled} == {"repeated_entries"}
    assert doubled == plain


def test_repeated_entries_stay_so_where_noise_is_drawn_anew(store, paper_sky):
    """What calibration, sensitivity and injection are made of: a half of the entries is usable."""
    _, rows = paper_sky(5, 2)
    once = _columns(rows)
    _publish(store, {name: np.concatenate([values, values]) for name, values in once.items()})
    table = store.table("results.mine")
    listed = [part.entries.usable for part in read(store, table)]
    given = settings("injection", OPTIONS, {"epochs": "results.mine", "noise": "simulated"})
    drawn = [chunk(made.after).entries.usable for made in injected(store, table, given)]
    for usable in (np.concatenate(listed), np.concatenate(drawn)):
        assert (len(usable), usable.sum()) == (100, 50)


def test_what_repeats_is_of_one_catalogue_place_and_time():
    """Of the same the one that says most counts, the first of equals; a missing place repeats none."""
    nan = np.nan
    star = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    catalogue = np.array([0, 0, 1, 0, 0, 0, 0, 0, 0])
    numbers = {
        "ra": np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, nan, nan]),
        "dec": np.array([2.0, 2.0, 2.0, 2.0, 3.0, 2.0, 2.0, 2.0, 2.0]),
        "epoch": np.array([2000.0, 2000.0, 2000.0, 2001.0, 2000.0, 2000.0, 2000.0, 2000.0, 2000.0]),
        "ra_epoch": np.array([nan, 2000.0, nan, nan, nan, nan, nan, nan, nan]),
        "ra_error": np.array([1.0, nan, 1.0, 1.0, 1.0, 0.0, 2.0, 1.0, 1.0]),
    }
    # Rows 0 and 1 say as much (an error, an epoch); of 5 and 6 the latter has an error that is one.
    expected = [False, True, False, False, False, True, False, False, False]
    assert repeats(star, catalogue, numbers).tolist() == expected


def test_an_error_that_is_not_positive_makes_no_parallax_the_best(store, paper_sky):
    """Nor a missing or infinite one; a parallax without an error is taken where there is no other."""
    _, rows = paper_sky(6, 3)
    columns = _columns(rows)
    parallax, error = np.full((2, len(rows)), np.nan)
    parallax[rows.ra_epoch == 2016.0], error[rows.ra_epoch == 2016.0] = 10.0, 0.1
    other = rows.ra_epoch == 1955.0
    parallax[other] = np.array([50.0, 50.0, 50.0, np.inf, 50.0, 50.0])
    error[other] = np.array([0.0, -1.0, np.nan, 0.01, np.inf, 0.01])
    error[rows.star == 2] = np.where(other, -1.0, np.nan)[rows.star == 2]
    parallax[(rows.star == 2) & ~other] = np.nan
    _publish(store, columns | {"parallax": parallax, "parallax_error": error})
    found = [row["parallax"] for row in _rows(store, store.analyze("acceleration", epochs="results.mine"))]
    assert found == [10.0, 10.0, 50.0, 10.0, 10.0, 50.0]
    asked = {"epochs": "results.mine", "default_error": None, "shared": "best"}
    base, chosen = Base("", asked, 0.01), {f"s{i}" for i in range(6)}
    assert [best for _, _, best in _stars(store, base, chosen, "acceleration")] == found


def test_a_motion_that_is_not_used_is_flagged(store, paper_sky):
    _, rows = paper_sky(7, 4)
    last = rows.ra_epoch == 2016.0
    motion = {name: np.where(last, value, np.nan) for name, value in (("pmra", 5.0), ("pmdec", 5.0))}
    motion |= {f"{name}_error": np.where(last, 1e3, np.nan) for name in ("pmra", "pmdec")}
    faults = (("pmra", np.inf), ("pmra_error", 0.0), ("pmdec_error", -1.0), ("pmra_error", np.nan))
    for star, (name, value) in enumerate((*faults, ("pmdec", np.nan)), 1):
        motion[name][last & (rows.star == star)] = value
    for values in motion.values():
        values[rows.star == 6] = np.nan
    columns = _columns(rows) | motion
    _publish(store, columns)
    flags = [row["flags"] for row in _rows(store, store.analyze("acceleration", epochs="results.mine"))]
    assert flags == [None, *["unused_motion"] * 5, None]
    report = store.analyze("acceleration", epochs="results.mine", weighting="F1")
    assert {row["flags"] for row in _rows(store, report)} == {None}  # it uses no motions at all


@pytest.mark.parametrize("error", [1e300, 1e160, 1e-300, np.inf])
def test_absurd_errors_give_no_warnings(store, paper_sky, error):
    _, rows = paper_sky(4, 5)
    columns = _columns(rows)
    for name in ("ra_error", "dec_error"):
        columns[name] = np.where(rows.star < 2, error, columns[name])
        columns[name][rows.star == 1] = np.where(rows.ra_epoch == 2016.0, 1.0, error)[rows.star == 1]
    columns["shared_data_group"] = np.where(rows.ra_epoch > 2000.0, "all", None)
    _publish(store, columns)
    parts = [part.entries for part in read(store, store.table("results.mine"))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for weighting in ("gls", "F1", "F2"):
            found = _rows(store, store.analyze("acceleration", epochs="results.mine", weighting=weighting))
            assert found[2]["p_lin"] > 0.0
            for part in parts:
                if weighting != "gls":
                    paper004.core(part.rows(part.usable), weighting=weighting, free=True)
