"""Stars of a run against known lists, in a store whose lists are made up so that the answers are known."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import analysis
import catalogdb
from analysis.comparison import lists
from analysis.epochs_table import RESULT as EPOCHS
from analysis.kernels.orbit import thiele_innes
from analysis.proper_motion_anomaly.result import RESULT as ANOMALIES
from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import AnalysisError
from catalogdb.schema import Column, Identifier, Table

N = 8


def test_what_lists_say():
    a, b, f, g = thiele_innes(np.array([3.0]), np.array([1.1]), np.array([0.4]), np.array([2.0]))
    np.testing.assert_allclose(lists.photocentre(a, b, f, g), 3.0)
    nss = lists.known_list("gaia_nss")
    said = lists.known(
        nss,
        {"period": np.array([730.5]), **dict(zip(nss.others, (a, b, f, g), strict=True))},
        hgca_chi2=11.8,
    )
    assert said.period[0] == pytest.approx(2.0)
    assert said.angle[0] == pytest.approx(3.0)
    assert said.claimed[0] == 1.0
    hgca = lists.known(
        lists.known_list("hgca_subset"), {"chisq": np.array([11.7, 11.9, np.nan])}, hgca_chi2=11.8
    )
    np.testing.assert_array_equal(hgca.claimed, [0.0, 1.0, np.nan])
    assert lists.known_list("hgca2") is None
    assert lists.known_list("gaia_nss_acceleration").name == "gaia_nss_acceleration"


def test_periods_of_wide_pairs_are_those_of_the_paper():
    """Table 4 and the text after it: 74,742 au are 5.1 million years."""
    assert lists.pair_period_yr(np.array([74742.0]))[0] == pytest.approx(5.108e6, rel=1e-3)


def test_pulls_of_equal_motions_are_normal():
    """Within 3 sigma 99.73 % in each coordinate, and 98.89 % of both together."""
    rng, n = np.random.default_rng(1), 100_000
    ours = np.array([[4.0, 1.5], [1.5, 1.0]])
    theirs = np.array([[0.5, -0.3], [-0.3, 0.6]])
    values = [rng.multivariate_normal([0.0, 0.0], each, n) for each in (ours, theirs)]
    found = lists.pull((values[0], np.tile(ours, (n, 1, 1))), (values[1], np.tile(theirs, (n, 1, 1))))
    for share, expected in (
        ((np.abs(found.ra) < 3.0).mean(), 0.9973),
        ((np.abs(found.dec) < 3.0).mean(), 0.9973),
        ((found.chi2 < 9.0).mean(), 1.0 - np.exp(-4.5)),
    ):
        assert abs(share - expected) < 4.0 * np.sqrt(expected * (1.0 - expected) / n)


def _column(name, kind="DOUBLE", unit="", ucd="stat.value"):
    if name in ASTROMETRY:
        return ASTROMETRY[name]
    unit = None if kind in ("VARCHAR", "BOOLEAN") else unit
    return Column(name=name, type=kind, unit=unit, ucd="meta.note" if kind == "VARCHAR" else ucd, about=name)


def _id(kind="BIGINT"):
    return Column(name="source_id", type=kind, ucd="meta.id;meta.main", about="Star", nullable=False)


def _publish(store, name, rows, *, identifiers=(), unique=True, schema="catalogs"):
    columns = []
    for key, values in rows.items():
        kind = (
            "VARCHAR" if isinstance(values[0], str) else "BIGINT" if isinstance(values[0], int) else "DOUBLE"
        )
        columns.append(_id(kind) if key == "source_id" else _column(key, kind))
    named = tuple(
        Identifier(namespace=namespace, column=column, **more) for namespace, column, more in identifiers
    )
    frame = "ICRS" if "hpx29" in rows else ""
    table = Table(
        name=name,
        schema=schema,
        about=name,
        columns=tuple(columns),
        identifiers=named,
        unique=unique,
        frame=frame,
    )
    store.publish(table, pa.table(rows))


def _positions(ra, dec):
    import healpy

    cells = healpy.ang2pix(2**29, np.array(ra), np.array(dec), nest=True, lonlat=True)
    return {"ra": list(ra), "dec": list(dec), "hpx29": [int(cell) for cell in cells]}


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    """Stars 1 to 8 of Gaia DR3, 101 to 108 in DR2; the odd ones accelerate, 8 has no test."""
    with catalogdb.open(tmp_path_factory.mktemp("comparison") / "sky", create=True) as store:
        _fill(store)
        yield store


def _fill(store):
    ra, dec = [10.0 + 0.1 * i for i in range(N)], [20.0] * N
    ids = list(range(1, N + 1))
    _publish(
        store,
        "gaia_dr3",
        {
            "source_id": ids,
            **_positions(ra, dec),
            "ref_epoch": [2016.0] * N,
            "pmra": [5.0] * N,
            "pmdec": [1.0] * N,
        },
        identifiers=[("Gaia DR3", "source_id", {})],
    )
    _publish(
        store,
        "gaia_dr2",
        {"source_id": [100 + i for i in ids], **_positions(ra, dec), "ref_epoch": [2015.5] * N},
        identifiers=[("Gaia DR2", "source_id", {})],
    )
    both = {
        "obj_id": [str(i) for i in ids] * 2,
        "catalogue_name": ["gaia_dr3"] * N + ["gaia_dr2"] * N,
        "entry_id": [str(i) for i in ids] + [str(100 + i) for i in ids],
        "epoch": [2016.0] * N + [1996.0] * N,
        "ra": ra * 2,
        "dec": dec * 2,
        "ra_error": [0.1] * N + [5.0] * N,
        "dec_error": [0.1] * N + [5.0] * N,
        "link_separation": [None] * N + [0.01] * N,
    }
    columns = tuple(column for column in EPOCHS.columns if column.name in both)
    order = {column.name: both[column.name] for column in columns}
    store.publish(replace(EPOCHS, positions=(), columns=columns, frame=""), pa.table(order))
    found = {
        "source_id": [str(i) for i in ids],
        "p_acc": [1e-6 if i % 2 else 0.9995 for i in ids[:-1]] + [None],
        "q_fdr": [1e-5 if i % 2 else 1.0 for i in ids[:-1]] + [None],
        "pmra": [5.0] * N,
        "pmdec": [1.0] * N,
        "pmra_error": [0.3] * N,
        "pmdec_error": [0.4] * N,
        "motion_class": [
            "accelerating",
            "uniform",
            "neither",
            "uniform",
            "neither",
            "uniform",
            "neither",
            "",
        ],
        "run_id": ["run-2"] * N,
    }
    _publish(store, "mine", found, schema="results", unique=False)
    nss = {
        "source_id": [1, 2, 99],
        "period": [365.25, 3652.5, 5.0],
        "nss_solution_type": ["Orbital", "SB1", "SB1"],
        **{f"{k}_thiele_innes": [v, v, v] for k, v in (("a", 1.0), ("b", 0.5), ("f", -0.5), ("g", 1.0))},
    }
    _publish(store, "gaia_nss", nss, identifiers=[("Gaia DR3", "source_id", {})])
    wide = {
        "source_id": [103, 104],
        "source_id2": [203, 108],
        "sep_au": [60000.0, 80000.0],
        "pairdistance": [0.1, 0.2],
    }
    of = [("Gaia DR2", "source_id", {}), ("Gaia DR2", "source_id2", {"of": "system"})]
    _publish(store, "tian2020", wide, identifiers=of)
    _publish(
        store,
        "wds",
        {
            "source_id": ["00400+2000A", "00404+2000B", "00800+2000C"],
            **_positions([10.0 + 1e-4, 10.1 + 1e-4, 30.0], [20.0, 20.0, 20.0]),
            "rho_last": [1.5, 2.5, 3.5],
        },
        identifiers=[("WDS", "source_id", {"of": "system"})],
    )
    motions = {
        "source_id": [101, 102, 103],
        "pmra": [5.0, 5.0, 9.0],
        "pmdec": [1.5, 1.0, 1.0],
        "pmra_error": [0.4] * 3,
        "pmdec_error": [0.3] * 3,
    }
    _publish(store, "tgas", motions, identifiers=[("Gaia DR2", "source_id", {})])


def _rows(store, run_id):
    query = "SELECT * FROM results.acceleration_comparison WHERE run_id = $run ORDER BY list_name, source_id"
    rows = store.sql(query, {"run": run_id}).arrow().to_pylist()
    query = "SELECT * FROM results.acceleration_comparison_list WHERE run_id = $run"
    sums = store.sql(query, {"run": run_id}).arrow().to_pylist()
    return {(row["list_name"].partition(".")[2], row["source_id"]): row for row in rows}, {
        row["list_name"].partition(".")[2]: row for row in sums
    }


def test_every_list_by_its_own_way(sky, tmp_path):
    found = analysis.find("comparison")
    report = found.run(sky, {"stars": "mine"})
    rows, sums = _rows(sky, report.run_id)
    assert sorted(rows) == [
        ("gaia_nss", "1"),
        ("gaia_nss", "2"),
        ("tgas", "1"),
        ("tgas", "2"),
        ("tgas", "3"),
        ("tian2020", "3"),
        ("tian2020", "4"),
        ("tian2020", "8"),
        ("wds", "1"),
        ("wds", "2"),
    ]
    one = rows["gaia_nss", "1"]
    assert (one["matched_by"], one["motion_class"], one["agreement"]) == ("Gaia DR3", "accelerating", "both")
    assert (one["known_period"], one["known_type"], one["stars_run"]) == (1.0, "Orbital", "run-2")
    assert (rows["gaia_nss", "2"]["motion_class"], rows["gaia_nss", "2"]["agreement"]) == (
        "uniform",
        "list_only",
    )
    assert rows["tian2020", "3"]["matched_by"] == "Gaia DR2"
    assert rows["tian2020", "8"]["agreement"] == "not_tested"
    assert rows["wds", "1"]["matched_by"] == "position"
    # 1e-4 deg in right ascension.
    assert rows["wds", "1"]["separation"] == pytest.approx(0.36 * np.cos(np.radians(20.0)), rel=1e-4)
    assert rows["wds", "2"]["known_angle"] == 2500.0
    assert rows["tgas", "1"]["agreement"] is None
    assert rows["tgas", "1"]["pull_dec"] == pytest.approx(-1.0)
    assert rows["tgas", "3"]["pull_ra"] == pytest.approx(-8.0)
    line = sums["tian2020"]
    assert (line["n_common"], line["n_tested"], line["n_accelerating"], line["n_uniform"]) == (3, 2, 1, 1)
    assert line["size_mean"] == pytest.approx(220000.0 / 3.0)
    assert line["period_median"] == pytest.approx(lists.pair_period_yr(np.array([80000.0]))[0])
    assert sums["tgas"]["within_3_ra"] == pytest.approx(2 / 3)
    assert sums["tgas"]["within_3_dec"] == 1.0
    assert any("of 2 known ones 1 found" in text for text in report.lines)
    file = tmp_path / "comparison.png"
    found.plot(sky, file)
    assert file.stat().st_size > 20_000
    with pytest.raises(AnalysisError, match="no picture of one"):
        found.plot(sky, file, source_id="1")


def test_classes_of_the_table_itself_and_names_without_epochs(sky):
    given = {"stars": "mine", "class_column": "motion_class", "epochs": "none", "namespace": "Gaia DR3"}
    rows, sums = _rows(sky, analysis.find("comparison").run(sky, {**given, "lists": "gaia_nss"}).run_id)
    assert [rows["gaia_nss", star]["motion_class"] for star in "12"] == ["accelerating", "uniform"]
    assert list(sums) == ["gaia_nss"]
    by_q = analysis.find("comparison").run(sky, {"stars": "mine", "q": 0.01, "lists": "gaia_nss"})
    assert _rows(sky, by_q.run_id)[1]["gaia_nss"]["n_accelerating"] == 1


def test_wide_binaries_deviate_by_epoch(sky):
    """|O - C| of star 3, whose two entries lie on no line that a fixed position would give: both are met."""
    from analysis.comparison.plot import deviations

    report = analysis.find("comparison").run(sky, {"stars": "mine", "lists": "tian2020", "graph": False})
    means = deviations(sky, report.run_id, ["3", "4"])
    assert sorted(means) == ["gaia_dr2", "gaia_dr3"]
    assert means["gaia_dr2"][0] == 1996.0
    assert max(means["gaia_dr2"][1:] + means["gaia_dr3"][1:]) < 1e-3


def test_what_can_not_be_compared(sky):
    run = analysis.find("comparison").run
    with pytest.raises(AnalysisError, match="has no p_lin"):
        run(sky, {"stars": "mine", "probability": "p_lin"})
    with pytest.raises(AnalysisError, match="namespace has to say"):
        run(sky, {"stars": "mine", "epochs": "none"})
    with pytest.raises(AnalysisError, match="no known list"):
        run(sky, {"stars": "mine", "lists": "gaia_dr2"})


def _run_of(store, run_id, started):
    return replace(store.start_run("made_up", {}), run_id=run_id, started=started)


def _anomalies(store, run_id, started, chi2):
    """Publish a run of the proper-motion anomaly, of each star two rows: chi2 and a tenth of it."""
    stars = [star for star in chi2 for _ in range(2)]
    given = {
        "source_id": stars,
        "catalogue_name": ["gaia_dr3", "gaia_dr2"] * len(chi2),
        "method": ["positions"] * len(stars),
        "chi2": [chi2[star] / (1 + 9 * (i % 2)) for i, star in enumerate(stars)],
        "run_id": [run_id] * len(stars),
    }
    columns = tuple(column for column in ANOMALIES.columns if column.name in given)
    rows = pa.table({column.name: given[column.name] for column in columns})
    run = _run_of(store, run_id, started)
    store.publish(replace(ANOMALIES, columns=columns), rows, part=run_id, run=run)


def _mine(store, run_id, started, stars, p, weighting="gls"):
    """Publish a run of a table of stars."""
    given = {
        "source_id": stars,
        "p_acc": p,
        "q_fdr": p,
        "dof": [16, 2, 0][: len(p)] if len(p) < 4 else [16] * len(p),
        "weighting": [weighting] * len(p),
        "run_id": [run_id] * len(p),
    }
    kinds = {"p_acc": "DOUBLE", "q_fdr": "DOUBLE", "dof": "INTEGER"}
    columns = [
        _id("VARCHAR") if name == "source_id" else _column(name, kinds.get(name, "VARCHAR")) for name in given
    ]
    table = Table(name="mine", schema="results", about="mine", columns=tuple(columns), unique=False)
    arrow = {"DOUBLE": pa.float64(), "INTEGER": pa.int32(), "VARCHAR": pa.string()}
    rows = pa.table(
        {column.name: pa.array(given[column.name], arrow[column.type]) for column in table.columns}
    )
    store.publish(table, rows, part=run_id, run=_run_of(store, run_id, started))


@pytest.fixture
def runs(store):
    """Two runs of stars and two of anomalies; the later ones, first by name, have fewer stars."""
    _mine(store, "z-early", 1000.0, ["1", "2", "3"], [1e-6, 0.5, 1e-6])
    _mine(store, "a-late", 2000.0, ["1", "2"], [0.5, 1e-6])
    _anomalies(store, "z-early", 1500.0, {"1": 2.0, "2": 3.0, "3": 99.0})
    _anomalies(store, "a-late", 2500.0, {"1": 20.0, "2": 30.0})
    return store


GIVEN = {"stars": "mine", "epochs": "none", "namespace": "Gaia DR3", "lists": "proper_motion_anomaly"}


def test_only_the_latest_runs_are_compared(runs):
    """Star 3 is in earlier runs alone, of the stars and of the list; of two rows the larger chi2 counts."""
    rows, sums = _rows(runs, analysis.find("comparison").run(runs, GIVEN).run_id)
    found = {star: (row["known_chi2"], row["p"], row["agreement"]) for (_, star), row in rows.items()}
    assert found == {"1": (20.0, 0.5, "list_only"), "2": (30.0, 1e-6, "both")}
    assert {row["stars_run"] for row in rows.values()} == {"a-late"}
    assert sums["proper_motion_anomaly"]["n_common"] == 2
    rows, _ = _rows(runs, analysis.find("comparison").run(runs, {**GIVEN, "run": "z-early"}).run_id)
    assert {star: row["motion_class"] for (_, star), row in rows.items()} == {
        "1": "accelerating",
        "2": "neither",
    }


def test_a_run_without_a_tested_star_is_an_error_that_names_the_cause(runs):
    _mine(runs, "untested", 3000.0, ["1", "2", "3"], [None] * 3, weighting="F1")
    run = analysis.find("comparison").run
    with pytest.raises(
        AnalysisError,
        match=r"no tested star: p_acc is NULL in all 3 rows of run untested \(weighting F1\); "
        r"choose --run a-late or z-early, .*--class-column",
    ):
        run(runs, GIVEN)
    assert run(runs, {**GIVEN, "run": "a-late"}).rows == 2


def test_what_is_no_run_or_no_probability_is_refused(runs):
    for given, says in (
        ({"run": "nosuch"}, "results.mine has no run nosuch; its runs, the latest first: a-late, z-early"),
        ({"probability": "source_id"}, "source_id is VARCHAR, not a number"),
        ({"probability": "dof"}, "dof is no probability: its values are 2 to 16, not within 0 to 1"),
        ({"class_column": "p_acc"}, "class_column p_acc is DOUBLE, not text"),
        ({"alpha": 5.0}, "alpha is 5, but a probability is at most 1"),
        ({"uniform_above": 1.5}, "uniform_above is 1.5, but"),
        ({"q": 2.0}, "q is 2, but"),
    ):
        with pytest.raises(AnalysisError, match=says):
            analysis.find("comparison").run(runs, {**GIVEN, **given})


def test_several_rows_of_a_star_are_one_and_that_is_said(runs):
    _mine(runs, "twice", 4000.0, ["1", "1"], [0.5, 1e-6])
    report = analysis.find("comparison").run(runs, GIVEN)
    said = "2 rows of 1 stars: of several rows of a star the one with the smallest p_acc counts"
    assert said in report.lines
    assert [row["p"] for row in _rows(runs, report.run_id)[0].values()] == [1e-6]


def test_many_stars_take_time_in_proportion(store):
    """20,000 stars; a second of work, or 40 s where each star asks for all."""
    n = 20_000
    _mine(store, "one", 1000.0, [str(i) for i in range(n)], [0.5] * n)
    _anomalies(store, "one", 1000.0, {str(i): 1.0 for i in range(n)})
    begin = time.process_time()
    report = analysis.find("comparison").run(store, GIVEN)
    assert report.rows == n
    assert time.process_time() - begin < 15.0


def test_rows_of_a_star_in_two_batches_are_one_star():
    from analysis.comparison.account import Account

    account = Account("catalogs.wds")
    nan = np.full(2, np.nan)
    for stars in (["a", "b"], ["b", "c"]):
        account.add(
            {
                "source_id": np.array(stars, object),
                "motion_class": np.array(["accelerating", "accelerating"], object),
                "claimed": np.array([True, None], object),
                "known_size": np.array([np.nan, 7.0]),
                **dict.fromkeys(("known_period", "pull_ra", "pull_dec", "pull_chi2"), nan),
            }
        )
    line = account.line("position")
    assert (line["n_common"], line["n_accelerating"], line["n_claimed_accelerating"]) == (3, 3, 2)
    assert (line["size_mean"], line["n_motion"]) == (7.0, 0)
    assert np.isnan(line["within_3_ra"])
