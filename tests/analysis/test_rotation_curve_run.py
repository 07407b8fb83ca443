"""Runs of the rotation curve: tables in, tables out, what is told, what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import catalogdb
from analysis import find
from analysis.rotation_curve import RESULTS, distances, resample
from catalogdb.errors import AnalysisError

QUICK = {"bootstraps": 40, "seed": 1}


@pytest.fixture(scope="module")
def sky(once) -> Path:
    def fill(folder: Path) -> None:
        with catalogdb.open(folder / "sky", create=True) as store:
            store.analyze("mock_galaxy", n_stars=4000, seed=2026)
            rows = store.sql("SELECT * FROM results.mock_star").arrow()
            plain = rows.select(
                ["source_id", "ra", "dec", "dist", "dist_error", "pmra", "pmdec", "radial_velocity"]
                + ["radial_velocity_error"]
            )
            broken = plain.to_pylist()[:600]
            for k, (name, value) in enumerate(
                [("dist", None), ("dist", -1.0), ("dist_error", None), ("dist_error", 99.0), ("pmra", None)]
            ):
                broken[k][name] = value
            for star in broken[10:27]:
                star["radial_velocity_error"] = None
            broken[40] |= {name: broken[41][name] for name in ("ra", "dec")}
            pa.parquet.write_table(
                pa.Table.from_pylist(broken, schema=plain.schema), folder / "plain.parquet"
            )
            store.ingest_table(folder / "plain.parquet", "plain", id="source_id")

    import pyarrow.parquet  # noqa: F401 (pa.parquet)

    return once("rotation_sky", fill)


@pytest.fixture(autouse=True)
def few_twins(monkeypatch):
    monkeypatch.setattr(distances, "TWINS", 8000)
    monkeypatch.setattr(resample, "COMPILED_FROM", 10**12)


@pytest.fixture(scope="module")
def fresh(sky) -> Iterator[catalogdb.Store]:
    """A store that no test of this module changes."""
    with catalogdb.open(sky / "sky") as opened:
        yield opened


@pytest.fixture
def store(sky, tmp_path) -> Iterator[catalogdb.Store]:
    shutil.copytree(sky / "sky", tmp_path / "sky")
    with catalogdb.open(tmp_path / "sky") as opened:
        yield opened


def test_a_run_writes_its_tables_and_pictures(store, tmp_path):
    report = store.analyze(
        "rotation_curve", stars="results.mock_star", bin=2.0, min_count=100, z_max=1.0, wedge=40.0, **QUICK
    )
    assert report.tables == tuple(each.qualified_name for each in RESULTS)
    curve = store.sql("SELECT * FROM results.rotation_curve ORDER BY bin_id").arrow().to_pylist()
    assert len(curve) == 10
    assert all(row["run_id"] == report.run_id and row["stars"] == "results.mock_star" for row in curve)
    for row in curve:
        by_hand = row["vphi2"] - row["vr2"] * (1.0 + row["dlnnu"] + row["dlnvr2"]) - row["cross_term"]
        assert row["vc"] == pytest.approx(by_hand**0.5, rel=1e-12)
        assert row["dlnnu"] == pytest.approx(-row["r_mean"] / 2.5)
        assert row["vc"] == pytest.approx(row["vc_drift"], abs=0.1)
        assert abs(row["vc"] - (234.0 - 1.83 * (row["r_mean"] - 8.122))) < 5.0 * row["e_stat"]
        parts = [row[name] for name in row if name.startswith("e_sys_")]
        assert row["e_sys"] == pytest.approx(sum(each**2 for each in parts) ** 0.5)
        assert row["bias_dist"] is not None
    pairs = store.sql("SELECT * FROM results.rotation_cov ORDER BY bin_i, bin_j").arrow()
    stat = pairs["cov_stat"].to_numpy().reshape(10, 10)
    total = pairs["cov"].to_numpy().reshape(10, 10)
    assert np.sqrt(np.diag(stat)) == pytest.approx([row["e_stat"] for row in curve])
    assert np.sqrt(np.diag(total)) == pytest.approx(
        [(row["e_stat"] ** 2 + row["e_sys"] ** 2) ** 0.5 for row in curve]
    )
    assert np.linalg.eigvalsh(total).min() > 0.0
    lines = store.sql("SELECT * FROM results.rotation_line").arrow().to_pylist()
    adopted = next(line for line in lines if line["assumption"] == "adopted")
    assert abs(adopted["slope"] + 1.83) < 4.0 * adopted["e_slope"]
    assert adopted["dof"] == 8
    assert len(lines) > 15
    told = "\n".join(report.lines)
    for words in ("4,000 stars", "|z| or azimuth", "outside", "line: vc(8.122 kpc)", "scale length: 2 kpc"):
        assert words in told
    known = {
        row[0] for row in store.sql("SELECT DISTINCT assumption FROM results.rotation_systematic").fetchall()
    }
    assert known >= {
        "distance scale",
        "distance scatter",
        "scale length",
        "Sun's velocity",
        "R0",
        "azimuth",
        "side",
    }
    find("rotation_curve").plot(store, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 20_000
    # The same settings replace the rows; a run without systematics has none.
    few = {"stars": "mock_star", "bin": 4.0, "systematics": "none", "distance_errors": "ignore", **QUICK}
    first, second = (store.analyze("rotation_curve", **few) for _ in range(2))
    runs = store.sql("SELECT DISTINCT run_id FROM results.rotation_curve").fetchall()
    assert {row[0] for row in runs} == {report.run_id, second.run_id}
    assert first.run_id != second.run_id
    rows = store.sql(
        "SELECT e_sys, bias_dist FROM results.rotation_curve WHERE run_id = $id", {"id": second.run_id}
    ).fetchall()
    assert set(rows) == {(None, None)}


def test_rows_that_can_not_be_used_are_counted(store):
    report = store.analyze(
        "rotation_curve",
        stars="plain",
        edges="5,12,25",
        systematics="none",
        sun="12,247,7",
        R0=8.2,
        z0=0.02,
        **QUICK,
    )
    told = "\n".join(report.lines)
    for words in (
        "1 left out: no dist",
        "no pmra",
        "not above 0",
        "no error of the distance",
        "above 0.5 of it",
    ):
        assert words in told
    assert "has no column of them: pmra_error, pmdec_error" in told
    assert "WARNING: 1 stars are where another one is" in told
    assert "taken as exact, for they have no radial_velocity_error: 17 stars" in told
    assert "vc(8.2 kpc)" in told


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"stars": "nothing"}, "nothing"),
        ({"edges": "5,4,9"}, "rise"),
        ({"edges": "5,x"}, "radii"),
        ({"edges": "5,9"}, "three or more"),
        ({"range": "5"}, "two radii"),
        ({"bin": 30.0}, "bins"),
        ({"bin": 0.0}, "a width above 0"),
        ({"density": "measured"}, "density measured needs weights"),
        ({"min_count": 3000}, "too few for 2 bins"),
        ({"edges": "5,6,40", "min_count": 2000}, "fewer than 2000 stars"),
        ({"sun": "11,12,7"}, "motion against"),
        ({"dist": "nonsense"}, "no column nonsense"),
        ({"rv_error": "nonsense"}, "no column nonsense"),
        ({"dist": "parallax"}, "parallax is in mas, kpc is needed"),
        ({"alpha_max": -5.0}, "no star of results.mock_star can be used"),
        ({"stars": "plain", "alpha_max": 0.1}, "no column alpha_fe"),
        ({"z_max": 1e-9}, "too few"),
        ({"scale_length": 0.0}, "below its minimum"),
        ({"bootstraps": 3}, "below its minimum"),
        ({"cross": "some"}, "not one of"),
    ],
)
def test_what_can_not_be_done_is_refused_before_anything_is_written(fresh, given, says):
    with pytest.raises(catalogdb.CatalogError, match=says):
        fresh.analyze("rotation_curve", **({"stars": "results.mock_star"} | given))
    assert "rotation_curve" not in [table.name for table in fresh.tables()]


def test_a_run_that_has_no_curve_can_not_be_drawn(store, tmp_path):
    with pytest.raises(catalogdb.CatalogError, match="rotation_curve"):
        find("rotation_curve").plot(store, tmp_path / "curve.png")
    store.analyze("rotation_curve", stars="mock_star", bin=4.0, systematics="none", **QUICK)
    with pytest.raises(AnalysisError, match="no curve of run other"):
        find("rotation_curve").plot(store, tmp_path / "curve.png", run_id="other")
