"""The curve that a run measured, with what its bins share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import catalogdb
from analysis import find
from analysis.columns import number, text
from analysis.galaxy import line
from analysis.mass_model.curve import Curve
from analysis.mass_model.job import curve_of, recorded
from analysis.mass_model.measured import measured
from analysis.mass_model.noise import noise
from analysis.mass_model.replicates import widening
from analysis.mass_model.tables import literature_rows
from analysis.options import settings
from catalogdb.errors import AnalysisError, TableNotFound
from catalogdb.schema import Column, Table
from catalogdb.writer import Publication

R = np.array([5.5, 8.0, 11.0, 14.0, 18.0, 23.0])
VC = 234.0 - 1.83 * (R - 8.122)


def integer(name):
    return Column(name=name, type="INTEGER", unit="", ucd="meta.number", about="A number", nullable=False)


CURVE = Table(
    name="rotation_curve",
    schema="results",
    title="Rotation curves",
    about="What is read of it",
    unique=False,
    columns=(
        text("stars", "meta.dataset", "Table of the stars"),
        integer("bin_id"),
        number("r_mean", "pos.distance;pos.galactic", "kpc", "Mean R"),
        number("vc", "phys.veloc.rotat", "km.s**-1", "Velocity"),
        number("e_stat", "stat.error;phys.veloc.rotat", "km.s**-1", "Error"),
        text("run_id", "meta.id", "Run"),
    ),
)
COVARIANCE = Table(
    name="rotation_cov",
    schema="results",
    title="Covariances",
    about="What is read of it",
    unique=False,
    columns=(
        integer("bin_i"),
        integer("bin_j"),
        number("cov_stat", "stat.covariance", "km2.s**-2", "Statistical"),
        number("cov", "stat.covariance", "km2.s**-2", "All"),
        text("run_id", "meta.id", "Run"),
    ),
)


def asked(**given):
    return settings("mass_model", find("mass_model").options, {"curve": "rotation_curve", **given})


def shared(level):
    return np.diag(np.full(6, 0.25)) + level**2


def published(store, run_id, shift=0.0, gap=None, pairs=36):
    vc = [None if k == gap else v for k, v in enumerate(VC + shift)]
    n = len(R)
    rows = {
        "stars": ["user.giants"] * n,
        "bin_id": pa.array(range(n), pa.int32()),
        "r_mean": R,
        "vc": pa.array(vc, pa.float64()),
        "e_stat": np.full(n, 0.5),
        "run_id": [run_id] * n,
    }
    store.publish(CURVE, pa.table(rows), part=run_id)
    i, j = (a.ravel()[:pairs] for a in np.indices((n, n)))
    cov = {
        "bin_i": pa.array(i, pa.int32()),
        "bin_j": pa.array(j, pa.int32()),
        "cov_stat": shared(0.0).ravel()[:pairs],
        "cov": shared(2.0).ravel()[:pairs],
        "run_id": [run_id] * pairs,
    }
    store.publish(COVARIANCE, pa.table(cov), part=run_id)


@pytest.fixture
def store(tmp_path):
    with catalogdb.open(tmp_path / "sky", create=True) as opened:
        yield opened


def test_the_covariance_of_a_run_is_taken_with_its_bins(store):
    published(store, "a", gap=2)
    published(store, "b", shift=5.0)
    one = measured(store, "a", "all")
    assert one.rejected == ("bin 2: no velocity or error",)
    assert (one.run_id, one.replicates) == ("a", None)  # nothing is recorded of that run
    settings_, inputs = recorded(one, [], asked())
    assert settings_ == asked() | {"run_id": "a", "files": {}}
    assert inputs == ("results.rotation_curve", "results.rotation_cov")
    this = store.start_run("rotation_curve", {"bootstraps": 77})
    store.publish_many(
        [
            Publication(
                table=COVARIANCE,
                rows=store.sql("SELECT * FROM results.rotation_cov LIMIT 0").arrow(),
                part="none",
            )
        ],
        run=this,
    )
    published(store, this.run_id)
    assert measured(store, this.run_id, "stat").replicates == 77
    assert one.r.tolist() == [5.5, 8.0, 14.0, 18.0, 23.0]
    keep = [0, 1, 3, 4, 5]
    assert one.covariance.tolist() == shared(2.0)[np.ix_(keep, keep)].tolist()
    assert measured(store, "b", "none").vc.tolist() == (VC + 5.0).tolist()
    within = measured(store, "b", "stat").within(7.0, 20.0)
    assert within.covariance.tolist() == shared(0.0)[1:5, 1:5].tolist()


def test_what_all_bins_share_widens_the_level_and_not_the_slope(store):
    published(store, "a")
    for covariance, level in (("stat", 0.0), ("all", 2.0)):
        curve = curve_of(store, asked(covariance=covariance))
        drawn = literature_rows({}, [curve])[0]
        assert drawn["vc_plus"].to_pylist() == drawn["vc_minus"].to_pylist()
        assert drawn["vc_plus"][0].as_py() == pytest.approx(np.hypot(0.5, level))
        through = line.fit(curve.r, curve.vc, curve.covariance, 8.122)
        alone = line.fit(R, VC, np.full(6, 0.5), 8.122)
        assert through.slope_error == pytest.approx(alone.slope_error)
        assert through.vc_error == pytest.approx(np.hypot(alone.vc_error, level))
        about = noise(curve, asked(errors="given"), 8.122)
        off = np.array([[1.0, -0.5, 0.3, 0.0, 0.2, 2.0]])
        chi2 = off[0] @ np.linalg.solve(shared(level), off[0])
        assert about.squares(off)[0][0] == pytest.approx(chi2)


def test_errors_know_of_how_many_bootstraps_the_covariance_is():
    """Lines through points whose covariance is of 4 replicates for each scatter as they say."""
    rng = np.random.default_rng(1)
    points, replicates = 12, 48
    r = np.linspace(5.0, 20.0, points)
    true = np.exp(-np.abs(r[:, None] - r) / 4.0)
    lower = np.linalg.cholesky(true)
    off = []
    for _ in range(600):
        seen = np.cov(lower @ rng.standard_normal((points, replicates)))
        vc = 230.0 + lower @ rng.standard_normal(points)
        bare = Curve("c", r, vc, np.ones(points), np.ones(points), seen, (), seen, replicates)
        both = [line.fit(r, vc, c.covariance, 8.0) for c in (bare, bare.widened())]
        off.append([(each.vc_r0 - 230.0) / each.vc_error for each in both])
    plain, widened = np.sqrt(np.mean(np.square(off), axis=0))
    assert plain > 1.2  # sqrt of 1.38 times 1.19
    assert widened == pytest.approx(1.0, abs=0.09)  # three errors of a scatter of 600 draws


def test_systematic_errors_are_not_widened_and_few_bootstraps_are_refused():
    stat, n = shared(0.0), len(R)
    curve = Curve("c", R, VC, np.ones(n), np.ones(n), stat + 4.0, (), stat, 500)
    more = curve.widened().covariance - curve.covariance
    assert more == pytest.approx((widening(500, n) - 1.0) * stat)
    assert widening(500, n) == pytest.approx(
        499.0 / 492.0 * (1.0 + 4.0 / 490.0) / (1.0 + 3.0 / 490.0), rel=1e-4
    )
    for few, words in ((23, "is of 23 bootstraps"), (None, "unknown number")):
        with pytest.raises(AnalysisError, match=f"{words}.*--bootstraps 24 or more"):
            replace(curve, replicates=few).widened()
    # Fewer bins need fewer.
    assert replace(curve, replicates=23).within(6.0, 20.0).widened().replicates == 23


def test_a_table_of_a_published_curve_is_read_by_its_names(store):
    columns = [
        number(n, "phys.veloc.rotat", "km.s**-1", n) for n in ("vc", "vc_error_minus", "vc_error_plus")
    ]
    table = Table(
        name="published",
        schema="catalogs",
        title="A curve",
        about="As the catalogues of curves have it",
        unique=False,
        columns=(number("r", "pos.distance;pos.galactic", "kpc", "Radius"), *columns),
    )
    rows = {"r": R[::-1], "vc": VC[::-1], "vc_error_minus": np.full(6, 0.3), "vc_error_plus": np.full(6, 0.6)}
    store.publish(table, pa.table(rows))
    for name in ("published", "catalogs.published"):
        curve = curve_of(store, asked(curve=name))
        assert curve.r.tolist() == R.tolist()
        assert (curve.minus[0], curve.plus[0]) == (0.3, 0.6)
        assert curve.error[0] == pytest.approx(0.45)
    with pytest.raises(AnalysisError, match="no file publisht.*did you mean catalogs.published"):
        curve_of(store, asked(curve="publisht"))


def test_what_a_run_lacks_is_told(store):
    with pytest.raises(TableNotFound):
        measured(store, None, "none")
    published(store, "a", pairs=30)
    with pytest.raises(AnalysisError, match="lacks 1 of 36 pairs of bins of run a"):
        measured(store, "a", "all")
    with pytest.raises(AnalysisError, match="no rows of run c"):
        measured(store, "c", "none")
    with pytest.raises(AnalysisError, match="columns is for files"):
        store.analyze("mass_model", curve="results.rotation_curve", columns="r,vc,vc_error")
