"""Analyses of analyses read the rows of one run, not of all that a table of results has."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import catalogdb
from analysis.columns import number, text
from analysis.galaxy.sun import Sun
from analysis.label_training.job import checksums
from analysis.labels.model import unit
from analysis.options import settings
from analysis.rotation_curve import inputs
from analysis.rotation_curve.result import OPTIONS
from analysis.runs import rows_of
from analysis.spectro_distance.read import read as read_giants
from analysis.spectro_distance.result import OPTIONS as OF_GIANTS
from catalogdb.cli import app
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

NUMBERS = (
    *("ra", "dec", "dist", "dist_error", "pmra", "pmdec", "radial_velocity"),
    *("k", "teff", "logg", "parallax", "parallax_error"),
)


def stars(schema: str) -> Table:
    return Table(
        name="star",
        schema=schema,
        title="Stars",
        about="Stars of several runs",
        unique=False,
        columns=(
            text("source_id", "meta.id;meta.main", "The star", nullable=False),
            *(number(name, "meta.number", "", name) for name in NUMBERS),
            text("run_id", "meta.id", "Run"),
        ),
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two runs of a table; the name of the later comes first by the alphabet, and it has fewer stars."""
    with catalogdb.open(tmp_path_factory.mktemp("runs") / "sky", create=True) as opened:
        for n in (7, 5):
            run = opened.start_run("habitable_zone", {})
            columns = {
                "source_id": [f"star {k}" for k in range(n)],
                **{name: [0.1 if "error" in name else 1.0] * n for name in NUMBERS},
            }
            made = pa.table(columns | {"run_id": [run.run_id] * n})
            opened.publish(stars("results"), made, part=str(n), run=run)
        yield opened


def runs(store) -> list[str]:
    return [row[0] for row in store.sql("SELECT run_id FROM provenance.runs ORDER BY started").fetchall()]


def test_the_latest_run_is_read_or_the_one_that_is_named(store):
    first, last = runs(store)
    table = store.table("results.star")
    found = rows_of("a", store, table)
    assert found.run_id == last
    assert found.lines == (f"results.star: run {last} is read, the latest of 2 (--run-id)",)
    assert rows_of("a", store, table, first).run_id == first
    with pytest.raises(AnalysisError, match=r"a: run_id: results.star has no rows of run other"):
        rows_of("a", store, table, "other")
    with pytest.raises(AnalysisError, match=r"run_id: catalogs.star is not a table of runs"):
        rows_of("a", store, stars("catalogs"), first)
    assert rows_of("a", store, stars("catalogs")) == (None, "", ())


@pytest.mark.parametrize(("k", "n"), [(None, 5), (0, 7), (1, 5)])
def test_stars_of_one_run_are_used(store, k, n):
    given = {"stars": "results.star", "run_id": None if k is None else runs(store)[k]}
    sample = inputs.read(store, settings("rotation_curve", OPTIONS, given), Sun())
    giants = read_giants(store, store.table("results.star"), settings("spectro_distance", OF_GIANTS, given))
    assert len(sample.stars.ra_deg) == len(giants.ids) == n
    assert sample.run_id == giants.run_id == runs(store)[1 if k is None else k]
    assert sample.run_id in sample.lines[1]


def test_files_of_a_model_are_told_by_their_checksum(tmp_path):
    file = tmp_path / "network.npz"
    file.write_bytes(b"numbers")
    given = dict.fromkeys(("coefficients", "scatter", "pivots", "wavelengths", "ranges", "mask", "continuum"))
    found = checksums(given | {"network": str(file), "scatter": "0.01"})
    assert found == {str(file): hashlib.sha256(b"numbers").hexdigest()}


def test_broadening_is_a_velocity():
    assert [unit(label) for label in ("vmacro", "vsini", "mg_fe", "c12_c13")] == [
        *("km.s**-1", "km.s**-1"),
        *("dex", ""),
    ]


@pytest.mark.parametrize("statement", ["CREATE TABLE results.wide AS SELECT 1 AS a", "/* x */ insert INTO t"])
def test_sql_says_that_it_keeps_nothing(store, statement):
    out = CliRunner().invoke(app, ["sql", statement, "--store", str(store.path)])
    assert out.exit_code == 2
    assert "catalogdb ingest --table" in " ".join(out.output.replace("│", " ").split())
