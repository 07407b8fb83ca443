"""The proper-motion anomaly: against dense algebra, injected truth, coverage, and in a store."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import kstest

import analysis
import sql
from analysis.acceleration.entries import entries
from analysis.epochs_table import RESULT as EPOCHS
from analysis.proper_motion_anomaly import anomaly, core
from analysis.proper_motion_anomaly.anomaly import ends, norm, tangential_velocity
from catalogdb import epoch
from catalogdb.astrometry import PARAMETERS
from catalogdb.errors import AnalysisError

YEARS = np.array([1991.25, 2003.5, 2016.0])
RHO = np.array([[1.0, 0.3, -0.4, 0.2], [0.3, 1.0, 0.1, -0.5], [-0.4, 0.1, 1.0, 0.25], [0.2, -0.5, 0.25, 1.0]])
NAMES = ("ra", "dec", "pmra", "pmdec")
ERRORS = np.array([[0.8, 0.6, 0.9, 0.7], [20.0, 20.0, np.nan, np.nan], [0.03, 0.02, 0.04, 0.03]])


def observed(star, seed, *, noise=1.0, acceleration=None):
    """Three entries a star, the middle one without a motion; acceleration (n, 2) about 2016."""
    rng = np.random.default_rng(seed)
    n = len(star)
    index, k = np.repeat(np.arange(n), 3), np.tile(np.arange(3), n)
    true = epoch.propagate(star[index], YEARS[k])
    white = rng.normal(size=(3 * n, 4)) * noise
    unit = np.where((k == 1)[:, None], white, white @ np.linalg.cholesky(RHO).T)
    error = np.nan_to_num(ERRORS[k], nan=0.0)
    offset = unit * error
    if acceleration is not None:
        since = (YEARS[k] - 2016.0)[:, None]
        offset[:, :2] += acceleration[index] * since**2 / 2.0
        offset[:, 2:] += acceleration[index] * since
    moved = epoch.propagate(
        epoch.astrometry(true.ra, true.dec, 0.0, pmra_mas_yr=offset[:, 0], pmdec_mas_yr=offset[:, 1]),
        1.0,
    )
    columns = {"epoch": YEARS[k], "ra": moved.ra, "dec": moved.dec}
    middle = np.where(k == 1, np.nan, 0.0)
    for i, name in enumerate(NAMES):
        columns[f"{name}_error"] = ERRORS[k, i]
        for j in range(i):
            columns[f"{NAMES[j]}_{name}_corr"] = middle + RHO[i, j]
    columns["pmra"] = true.pmra + offset[:, 2] + middle
    columns["pmdec"] = true.pmdec + offset[:, 3] + middle
    # Of the last entry alone: both change in time.
    for name in ("parallax", "radial_velocity"):
        columns[name] = np.where(k == 2, getattr(true, name), np.nan)
    return entries(index, n, columns)


@pytest.mark.parametrize("chosen", ["ends", "all"])
def test_without_anomaly_chi2_is_a_chi_square_of_two(stars, chosen):
    rows = observed(stars(4000, 1), 1)
    rows = rows.rows(ends(rows)) if chosen == "ends" else rows
    found = core(rows)
    assert len(found.entry) == 8000
    for last in (0, 1):
        p = found.p[last::2]
        assert kstest(p, "uniform").pvalue > 1e-3
        assert abs((p < 0.01).mean() - 0.01) < 3.5 * np.sqrt(0.01 * 0.99 / len(p))
    pull = found.anomaly.dec / found.anomaly.dec_error
    assert abs((np.abs(pull) < 1.0).mean() - 0.6827) < 0.02
    correlation = np.corrcoef(found.anomaly.ra[::2] / found.anomaly.ra_error[::2], pull[::2])[0, 1]
    assert abs(correlation - found.anomaly.corr[::2].mean()) < 0.05


def test_covariance_equals_dense_algebra(stars):
    """The anomaly as one matrix applied to all measurements, with their block covariance."""
    rows = observed(stars(3, 2), 2)
    found = core(rows)
    # About any star the motions are (1, t) in time: the covariance needs no positions.
    for star in range(3):
        blocks, model = np.zeros((12, 12)), np.zeros((6, 4))
        for k in range(3):
            error = np.nan_to_num(ERRORS[k], nan=0.0)
            rho = np.eye(4) if k == 1 else RHO
            blocks[4 * k : 4 * k + 4, 4 * k : 4 * k + 4] = rho * np.outer(error, error)
            model[2 * k : 2 * k + 2] = np.hstack([np.eye(2), np.eye(2) * (YEARS[k] - 2016.0)])
        places = np.array([0, 1, 4, 5, 8, 9])
        weight = np.linalg.inv(blocks[np.ix_(places, places)])
        line = np.zeros((4, 12))
        line[:, places] = np.linalg.solve(model.T @ weight @ model, model.T @ weight)
        for row, k in ((2 * star, 0), (2 * star + 1, 2)):
            total = -line[2:]
            total[:, 4 * k + 2 : 4 * k + 4] += np.eye(2)
            c = total @ blocks @ total.T
            # Meridians turn by 1e-3 at most here, but at the poles.
            if abs(rows.dec[3 * star]) < 80.0:
                assert found.anomaly.ra_error[row] == pytest.approx(np.sqrt(c[0, 0]), rel=1e-3)
                assert found.anomaly.dec_error[row] == pytest.approx(np.sqrt(c[1, 1]), rel=1e-3)
                assert found.anomaly.corr[row] == pytest.approx(
                    c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]), abs=2e-3
                )


def test_a_constant_acceleration_gives_half_of_it_times_the_gap(stars):
    acceleration = np.tile([[0.02, -0.03]], (50, 1))
    rows = observed(stars(50, 3), 3, noise=0.0, acceleration=acceleration)
    found = core(rows.rows(ends(rows)))
    plain = np.abs(rows.dec[::3]) < 80.0
    for i, sign in ((0, -1.0), (1, 1.0)):
        np.testing.assert_allclose(found.anomaly.ra[i::2][plain], sign * 0.02 * 24.75 / 2.0, atol=2e-3)
        np.testing.assert_allclose(found.anomaly.dec[i::2][plain], -sign * 0.03 * 24.75 / 2.0, atol=2e-3)


def test_perspective_is_no_anomaly():
    """Barnard's star: 10 arcsec/yr at 547 mas; its motion grows by 1.2 mas/yr every year."""
    star = epoch.astrometry(
        [269.45], [4.69], 2016.0, parallax_mas=546.98, pmra_mas_yr=-801.55, pmdec_mas_yr=10362.39,
        radial_velocity_km_s=-110.5,
    )  # fmt: skip
    found = core(observed(star, 1, noise=0.0))
    assert np.abs([*found.anomaly.ra, *found.anomaly.dec]).max() < 1e-5
    assert found.long_term.dec[1] - found.long_term.dec[0] == pytest.approx(24.75 * 1.24, rel=0.05)


def test_one_position_alone_gives_nothing(stars):
    rows = observed(stars(4, 1), 1)
    assert len(core(rows.rows(np.tile([False, False, True], 4))).entry) == 0
    assert len(core(rows.rows(np.zeros(12, bool))).entry) == 0


def test_velocity_and_length():
    velocity, error = tangential_velocity(
        np.array([1.0, 1.0, 1.0]), np.full(3, 0.1), np.array([100.0, 0.0, np.nan]), np.array([1.0, 1.0, 1.0])
    )
    assert velocity[0] == pytest.approx(47.40470464)
    assert error[0] == pytest.approx(47.40470464 * np.hypot(0.1, 0.01))
    assert np.isnan(velocity[1:]).all()
    length, spread = norm(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[[4.0, 1.0], [1.0, 9.0]]] * 2))
    assert length.tolist() == [5.0, 0.0]
    assert spread[0] == pytest.approx(np.sqrt((9 * 4 + 2 * 12 * 1 + 16 * 9) / 25))
    assert spread[1] == pytest.approx(np.sqrt(6.5))


def test_a_run_needs_something_to_read(store):
    with pytest.raises(AnalysisError, match="epochs is none"):
        analysis.find("proper_motion_anomaly").run(store, {"epochs": "none"})


def test_an_error_that_is_not_positive_is_no_error_of_a_parallax():
    from analysis.proper_motion_anomaly.rows import _parallax

    columns = {"epoch": YEARS, "ra": np.full(3, 10.0), "dec": np.full(3, 20.0)}
    columns |= {f"{name}_error": np.full(3, 1.0) for name in ("ra", "dec")}
    columns |= {"parallax": np.array([5.0, 6.0, 7.0]), "parallax_error": np.array([0.0, 0.5, -1.0])}
    value, error = _parallax(entries(np.zeros(3, np.int64), 1, columns))
    assert (value[0], error[0]) == (6.0, 0.5)
    columns["parallax_error"] = np.array([0.0, 0.0, -1.0])
    value, error = _parallax(entries(np.zeros(3, np.int64), 1, columns))
    assert value[0] in (5.0, 6.0, 7.0)
    assert np.isnan(error[0])


def _publish_epochs(store, name, *, names=None, motions=True):
    """One star in Gaia DR3 and both Hipparcos: a multi-epoch table, its columns named as a user's may be."""
    n = 3
    values = {
        "obj_id": ["1"] * n,
        "catalogue_name": ["gaia_dr3", "hipparcos", "hipparcos2"],
        "entry_id": ["1", "7", "7"],
        "epoch": [2016.0, 1991.25, 1991.25],
        "ra": [10.0] * n,
        "dec": [20.0] * n,
        "parallax": [20.0] * n,
        "radial_velocity": [5.0, None, None],
    }
    for key in ("pmra", "pmdec"):
        values[key] = [3.0 if motions else None] * n
    for i, key in enumerate(PARAMETERS):
        values[f"{key}_error"] = [0.1] * n if motions or "pm" not in key else [None] * n
        values |= {f"{key}_{other}_corr": [0.0] * n for other in PARAMETERS[i + 1 :]}
    columns = tuple(column for column in EPOCHS.columns if column.name in values)
    own = {name: name for name in values} | (names or {})
    table = replace(
        EPOCHS,
        name=name,
        positions=(),
        frame="",
        columns=tuple(replace(column, name=own[column.name]) for column in columns),
    )
    kinds = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "BIGINT": pa.int64(), "REAL": pa.float32()}
    store.publish(
        table,
        pa.table({own[column.name]: pa.array(values[column.name], kinds[column.type]) for column in columns}),
    )


def _found(store, **given):
    report = analysis.find("proper_motion_anomaly").run(store, given)
    query = "SELECT * EXCLUDE run_id FROM results.proper_motion_anomaly WHERE run_id = $run ORDER BY ALL"
    return report, store.sql(query, {"run": report.run_id}).arrow().to_pylist()


def test_the_statistic_of_hgca_reads_the_names_of_a_users_table(store):
    _publish_epochs(store, "plain")
    _publish_epochs(store, "users", names={"obj_id": "source_id", "epoch": "ref_epoch"})
    _, expected = _found(store, epochs="plain")
    report, rows = _found(store, epochs="users")
    assert "hgca" in {row["method"] for row in rows}
    assert not any("no statistic of HGCA" in line for line in report.lines)
    assert rows == expected


def test_catalogues_are_checked_and_what_is_missing_is_said(store):
    _publish_epochs(store, "plain")
    _publish_epochs(store, "still", motions=False)
    with pytest.raises(AnalysisError, match="has no entries of catalogue gaia_dr2; did you mean gaia_dr3"):
        _found(store, epochs="plain", catalogues="hipparcos,gaia_dr2")
    said = "no entry of gaia_dr3, hipparcos, hipparcos2 has a proper motion with errors"
    assert said in _found(store, epochs="still")[0].lines[0]
    assert "gaia_dr3 alone" in _found(store, epochs="plain", catalogues="gaia_dr3")[0].lines[0]


def test_the_picture_shows_a_million_rows_at_most(store, tmp_path):
    _publish_epochs(store, "plain")
    _found(store, epochs="plain")
    plot = analysis.find("proper_motion_anomaly").plot
    for star in (None, "1"):
        plot(store, tmp_path / "pma.png", source_id=star)
        assert (tmp_path / "pma.png").stat().st_size > 10_000
    with pytest.raises(AnalysisError, match="no rows of star 9"):
        plot(store, tmp_path / "pma.png", source_id="9")
    with pytest.raises(AnalysisError, match="no rows of run nosuch"):
        plot(store, tmp_path / "pma.png", run_id="nosuch")
    with duckdb.connect() as con:
        con.execute(
            "CREATE SCHEMA results; CREATE TABLE results.proper_motion_anomaly AS SELECT "
            "'a' AS catalogue_name, 'b' AS method, 1.0 AS chi2, 1.0 AS snr, 1.0 AS dv_tan, "
            "'r' AS run_id FROM range(1_200_000)"
        )
        assert (
            len(con.execute(sql.load("pma_sample").text, {"run_id": "r"}).fetchnumpy()["chi2"]) == 1_000_000
        )


def test_the_unit_of_velocity_is_the_one_of_the_epoch_module():
    assert anomaly.KM_S_PER_AU_YR is epoch.KM_S_PER_AU_YR
