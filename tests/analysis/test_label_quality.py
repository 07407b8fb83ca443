"""Precision and accuracy: each estimate against what was put in, and what the analysis writes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import catalogdb
from analysis import find
from analysis.label_quality import core
from analysis.label_quality.statistics import against, members, trend
from catalogdb.errors import AnalysisError


def test_repeats_recover_precision_and_scale() -> None:
    """400 stars with 2 to 4 spectra, true errors 1.5 times the claimed ones; a few spectra are wild."""
    random = np.random.default_rng(1)
    star = np.repeat(np.arange(400), random.integers(2, 5, 400))
    truth = random.normal(0.0, 1.0, 400)
    sigma = random.uniform(0.04, 0.06, len(star))
    value = truth[star] + 1.5 * sigma * random.normal(size=len(star))
    found = core(star.tolist(), value, sigma)
    assert found is not None
    assert found.scale == pytest.approx(1.5, abs=3.0 * found.scale_error)
    assert found.scale_error == pytest.approx(found.scale / np.sqrt(2.0 * (len(star) - 400)))
    assert found.precision == pytest.approx(1.5 * np.sqrt((sigma**2).mean()), rel=0.08)
    assert found.robust == pytest.approx(1.5, rel=0.1)
    value[::100] += 5.0
    wild = core(star.tolist(), value, sigma)
    assert wild is not None
    assert wild.scale > 3.0
    assert wild.robust == pytest.approx(1.5, rel=0.1)


def test_the_error_of_the_scale_is_right() -> None:
    """In 300 simulations of 30 pairs the scale is off by its error, as often as a normal number is."""
    random = np.random.default_rng(2)
    star = np.repeat(np.arange(30), 2).tolist()
    off = []
    for _ in range(300):
        found = core(star, random.normal(size=60), np.ones(60))
        assert found is not None
        off.append((found.scale - 1.0) / found.scale_error)
    assert np.std(off) == pytest.approx(1.0, abs=0.12)


def test_single_spectra_tell_no_precision() -> None:
    assert core(["a", "b"], np.ones(2), np.ones(2)) is None
    assert core(["a", "a"], np.array([1.0, np.nan]), np.ones(2)) is None


def test_errors_of_the_reference_are_taken_off() -> None:
    random = np.random.default_rng(3)
    n = 4000
    truth = random.normal(size=n)
    value, reference = truth + 0.2 + random.normal(0.0, 0.03, n), truth + random.normal(0.0, 0.04, n)
    found = against(value, np.full(n, 0.03), reference, np.full(n, 0.04))
    assert found is not None
    assert found.bias == pytest.approx(0.2, abs=3.0 * found.bias_error)
    assert found.scatter == pytest.approx(0.05, rel=0.05)
    assert found.own == pytest.approx(0.03, rel=0.1)
    assert found.scale == pytest.approx(1.0, abs=0.05)
    assert against(value[:2], value[:2], reference[:2], value[:2]) is None


def test_a_trend_has_the_error_of_least_squares() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    slope, error = trend(np.array([1.0, 3.0, 4.0, 6.0]), x)
    fitted, covariance = np.polyfit(x, [1.0, 3.0, 4.0, 6.0], 1, cov=True)
    assert slope == pytest.approx(fitted[0])
    assert error == pytest.approx(np.sqrt(covariance[0, 0]))
    assert np.isnan(trend(np.ones(3), np.arange(3.0))).all()


def test_excess_scatter_of_members() -> None:
    random = np.random.default_rng(4)
    cluster = np.repeat(["one", "two"], 500).tolist()
    value = np.repeat([0.0, 0.5], 500) + random.normal(0.0, 0.05, 1000)
    found, off = members([*cluster, "few"], np.append(value, 3.0), np.full(1001, 0.03))
    assert found is not None
    assert (found.n, found.clusters) == (1000, 2)
    assert found.scatter == pytest.approx(0.05, rel=0.07)
    assert found.excess == pytest.approx(0.04, rel=0.1)
    assert np.isnan(off[-1])


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[catalogdb.Store]:
    """Forty stars with two spectra each; iron is 0.1 dex too high, and by 0.1 more for 1000 K."""
    random = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("quality")
    teff, iron = random.uniform(4500.0, 5500.0, 40), np.repeat([0.0, -0.4], 20)
    labels, reference, groups = [], [], []
    for k in range(40):
        for spectrum in range(2):
            told = {
                "teff": (teff[k] + random.normal(0.0, 30.0), 30.0),
                "fe_h": (iron[k] + 0.1 + (teff[k] - 5000.0) / 1e4 + random.normal(0.0, 0.02), 0.02),
            }
            labels += [
                {"source_id": f"s{k}", "spec_id": f"s{k}-{spectrum}", "label": name}
                | {"param_value": value, "sig_stat": error, "flag": "", "run_id": "by hand"}
                for name, (value, error) in told.items()
            ]
        reference.append({"star": f"s{k}", "teff": teff[k], "e_teff": 10.0, "fe_h": iron[k], "e_fe_h": 0.01})
        groups.append({"source_id": f"s{k}", "cluster": "old" if k < 20 else "poor"})
    labels.append(labels[0] | {"param_value": 99.0, "flag": "poor_fit"})
    with catalogdb.open(folder / "sky", create=True) as store:
        store.ingest_table(written(folder / "labels.csv", labels), "told")
        store.ingest_table(written(folder / "reference.csv", reference), "reference")
        store.ingest_table(written(folder / "groups.csv", groups), "groups")
        yield store


def rows_of(store: catalogdb.Store, report: Any) -> list[dict[str, Any]]:
    query = "SELECT * FROM results.label_quality WHERE run_id = $run_id"
    return store.sql(query, {"run_id": report.run_id}).arrow().to_pylist()


def test_precision_and_accuracy_are_apart(judged: catalogdb.Store, tmp_path: Path) -> None:
    given = {"labels": "told", "benchmarks": "reference", "clusters": "groups"}
    report = find("label_quality").run(judged, given)
    rows = rows_of(judged, report)
    by = {(row["kind"], row["test"], row["sample"], row["label"]): row for row in rows}
    repeats = by["precision", "repeats", "told", "fe_h"]
    assert repeats["n_star"] == 40.0
    assert repeats["scatter"] == pytest.approx(0.02, rel=0.25)
    assert repeats["bias"] is None
    truth = by["accuracy", "benchmarks", "reference", "fe_h"]
    assert truth["bias"] == pytest.approx(0.1, abs=4.0 * truth["bias_error"])
    assert truth["trend_teff"] == pytest.approx(0.1, abs=4.0 * truth["trend_teff_error"])
    assert truth["trend_teff_error"] < 0.02
    assert by["accuracy", "clusters", "poor", "fe_h"]["n_star"] == 20.0
    pooled = by["accuracy", "clusters", "all", "fe_h"]
    # Members should be alike: what the trend with temperature adds is more than the errors.
    assert pooled["own"] > 0.015
    assert pooled["trend_teff"] == pytest.approx(0.1, abs=4.0 * pooled["trend_teff_error"])
    assert ("accuracy", "clusters", "all", "teff") not in by
    (left,) = [row for row in rows if row["verdict"] == "not testable here"]
    assert left["test"] == "cross_validation"
    assert all(line.startswith(("precision", "accuracy")) for line in report.lines[1:])
    assert report.lines[0] == "told: run by hand is read"
    find("label_quality").plot(judged, tmp_path / "quality.png")
    assert (tmp_path / "quality.png").stat().st_size > 10_000


def test_what_can_not_be_tested_says_why(judged: catalogdb.Store) -> None:
    rows = rows_of(judged, find("label_quality").run(judged, {"labels": "told"}))
    why = {row["test"]: row["reason"] for row in rows if row["verdict"] == "not testable here"}
    assert set(why) == {"cross_validation", "benchmarks", "clusters"}
    assert "--benchmarks" in why["benchmarks"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "neither labels"),
        ({"labels": "reference"}, "has no column label"),
        ({"labels": "told", "benchmarks": "reference", "benchmark_star": "hip"}, "has no column hip"),
        ({"labels": "told", "clusters": "groups", "cluster_name": "clusters"}, "did you mean cluster"),
        ({"labels": "told", "label_errors": "tef=3"}, "no label tef; did you mean teff"),
        ({"labels": "told", "run_id": "another"}, "no good labels of run another"),
    ],
)
def test_wrong_input_is_told(judged: catalogdb.Store, given: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        find("label_quality").run(judged, given)
