"""Runs on stores: simulated stars, a user's table with clusters and spectra, real stars, and wrong input."""

from __future__ import annotations

from dataclasses import replace

import h5py
import healpy
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

import catalogdb
from analysis import find
from analysis.columns import arrow_schema
from analysis.spectro_distance import simulate
from analysis.spectro_distance.clusters import CLUSTERS
from analysis.spectro_distance.posterior import kpc_of_modulus
from analysis.spectro_distance.read import Stars
from analysis.spectro_distance.result import OPTIONS, RESULT
from analysis.spectro_distance.select import choice_of
from analysis.star_labels.result import RESULT as STAR_LABEL
from catalogdb.errors import AnalysisError

NAME = "spectro_distance"
UNITS = {"ra": "deg", "dec": "deg", "teff": "K", "k": "mag", "parallax": "mas", "parallax_error": "mas"}


def publish(store, name, columns, lists=()):
    """Publish columns as the table catalogs.NAME."""
    kinds = {"U": "VARCHAR", "O": "VARCHAR", "i": "BIGINT", "f": "DOUBLE"}

    def column(key, values):
        kind = "DOUBLE[]" if key in lists else kinds[np.asarray(values).dtype.kind]
        number = kind not in {"VARCHAR"} and key != "gaia_source_id"
        return catalogdb.Column(
            name=key,
            type=kind,
            unit=UNITS.get(key, "") if number else None,
            ucd="meta.id" if not number else "stat.value",
            about=f"Column {key}",
        )

    table = catalogdb.Table(
        name=name, about="A table", unique=False, columns=tuple(column(*each) for each in columns.items())
    )
    arrays = {
        key: pa.array(list(map(list, values)), pa.list_(pa.float64()))
        if key in lists
        else pa.array(values, from_pandas=True)
        for key, values in columns.items()
    }
    store.publish(table, pa.table(arrays))


def giants(n, seed, **nature):
    columns, truth = simulate.draw(n, seed, simulate.SURVEYS["apogee"], simulate.Nature(**nature))
    return {"source_id": np.array([f"star {i}" for i in range(n)]), **columns}, truth


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    with catalogdb.open(tmp_path_factory.mktemp("distance") / "sky", create=True) as store:
        report = store.analyze(NAME, simulate=1200, joint=True, seed=1, folds=2)
        yield store, report


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A store with 120 giants without a G magnitude."""
    with catalogdb.open(tmp_path_factory.mktemp("few") / "sky", create=True) as store:
        columns, _ = giants(120, 1)
        del columns["phot_g_mean_mag"]
        publish(store, "giants", columns)
        yield store


def test_a_simulation_is_published_with_its_truth(simulated):
    store, report = simulated
    assert report.rows == 1200
    assert report.tables == tuple(each.qualified_name for each in find(NAME).results)
    rows = store.sql("SELECT * FROM results.spectro_distance").arrow()
    assert rows.num_rows == 1200
    apart = np.log(rows["dist"].to_numpy() / rows["true_dist"].to_numpy())
    assert abs(apart.mean()) < 0.03
    assert apart.std() < 0.15
    ok = rows["flag"].to_numpy(zero_copy_only=False) == np.array(None)
    joint = np.log(rows["dist_joint"].to_numpy() / rows["true_dist"].to_numpy())
    near = ok & (rows["true_dist"].to_numpy() < 2.0)
    assert joint[near].std() < 0.5 * apart[near].std()  # a parallax of 2 % says more than a spectrum
    assert any("naive" in line for line in report.lines)


def test_models_and_checks_are_tables(simulated):
    store, report = simulated
    found = store.sql(
        "SELECT fold, param, param_value, sig FROM results.spectro_distance_model WHERE param = 'zero_point' "
        "ORDER BY fold"
    ).fetchall()
    assert [row[0] for row in found] == [-2, -1, 0, 1]  # -2: by the nearer half
    assert all(value == pytest.approx(-0.03, abs=0.01) and 0.0 < sig < 0.01 for _, _, value, sig in found)
    (variance,) = store.sql(
        "SELECT covariance FROM results.spectro_distance_cov "
        "WHERE param = 'zero_point' AND other_param = param"
    ).fetchall()[0]
    assert variance == pytest.approx(found[1][3] ** 2)
    kinds = {row[0]: row[1] for row in store.sql(
        "SELECT check_kind, count(*) FROM results.spectro_distance_check WHERE run_id = $r GROUP BY ALL",
        {"r": report.run_id},
    ).fetchall()}  # fmt: skip
    assert {"total", "fold", "distance", "parallax_snr", "truth", "naive"} <= kinds.keys()
    naive, ours = (
        store.sql(
            "SELECT bias FROM results.spectro_distance_check WHERE check_kind = $k AND item = 'true' "
            "AND range_lo = 0 AND range_hi IS NULL",
            {"k": kind},
        ).fetchall()[0][0]
        for kind in ("naive", "truth")
    )
    assert naive > 0.06 > 0.02 > abs(ours)


def test_pictures(simulated, tmp_path):
    store, report = simulated
    find(NAME).plot(store, tmp_path / "all.png", run_id=report.run_id, source_id="simulated 3")
    assert (tmp_path / "all.png").stat().st_size > 20_000
    with pytest.raises(AnalysisError, match="no distance of 'nobody'"):
        find(NAME).plot(store, tmp_path / "none.png", source_id="nobody")


def test_a_table_with_clusters_spectra_wrong_sources_and_missing_values(store):
    columns, truth = giants(900, 2, nearest_kpc=0.7, farthest_kpc=8.0)
    cluster = next(each for each in CLUSTERS if each.name == "NGC 6819")
    rng = np.random.default_rng(2)
    members = slice(0, 20)
    # The members are put at the cluster's place and distance: m - M and the parallax follow.
    shift = 5.0 * np.log10(cluster.dist / truth.dist[members])
    columns["k"][members] += shift
    columns["parallax"][members] = 1.0 / cluster.dist - 0.03 + rng.normal(0.0, 0.02, 20)
    columns["ra"][members] = cluster.ra + rng.normal(0.0, 0.03, 20)
    columns["dec"][members] = cluster.dec + rng.normal(0.0, 0.03, 20)
    columns["parallax"][100:110] = np.nan
    columns["teff"][110:115] = np.nan
    columns["k"][115] = np.nan
    columns["snr"][120:125] = 3.0
    columns["a_k"] = np.zeros(900)
    columns["a_k"][116:119] = np.nan
    columns["source_id"][150:153] = columns["source_id"][153]
    cell = healpy.ang2pix(4096, columns["ra"], columns["dec"], nest=True, lonlat=True).astype(np.int64)
    cell[130:140] = cell[140:150]
    columns["gaia_source_id"] = (cell << 35) + 1
    columns["spectrum"] = rng.normal(size=(900, 30)) + columns["logg"][:, None] * np.linspace(-1.0, 1.0, 30)
    publish(store, "giants", columns, ("spectrum",))
    report = store.analyze(
        NAME, stars="giants", snr_min=20.0, spectra="spectrum", components=3, extinction="a_k", folds=2
    )
    text = "\n".join(report.lines)
    assert "886 of 900 stars are selected" in text
    for said in (
        "1 no magnitude",
        "5 a label or colour is missing",
        "5 signal to noise below 20",
        "3 no extinction",
    ):
        assert said in text
    assert "10 no parallax with an error" in text
    assert "3 another spectrum of the same star" in text
    assert "10 the parallax is of a Gaia source elsewhere on the sky" in text
    (found,) = store.sql(
        "SELECT n, dist, dist_error, published, bias, pull_sd FROM results.spectro_distance_check "
        "WHERE check_kind = 'cluster'"
    ).fetchall()
    assert found[0] >= 15
    assert found[1] == pytest.approx(cluster.dist, rel=0.06)
    assert found[3] == cluster.dist
    flags = dict(store.sql("SELECT flag, count(*) FROM results.spectro_distance GROUP BY ALL").fetchall())
    assert flags["no_parallax"] >= 8
    assert sum(n for flag, n in flags.items() if flag and "wrong_source" in flag) == 10
    terms = store.sql("SELECT param FROM results.spectro_distance_model WHERE fold = -1").fetchall()
    assert ("component_3",) in terms
    assert ("component_3*component_3",) not in terms  # spectra enter linearly
    assert store.sql("SELECT count(*) FROM results.spectro_distance WHERE NOT trained").fetchall() == [(23,)]
    # No row of a star is judged by a model that has seen the star.
    twice = str(columns["source_id"][153])
    same = "SELECT fold, count(*) FROM results.spectro_distance WHERE source_id = $star GROUP BY 1"
    ((fold, n),) = store.sql(same, {"star": twice}).fetchall()
    assert fold >= 0
    assert n == 4


def test_the_zero_point_of_gaia_is_not_taken_for_simulated_stars():
    columns = {name: np.ones(2) for name in ("phot_g_mean_mag", "ra", "dec", "bp_rp")}
    none = np.zeros((2, 0))
    stars = Stars(["a", "b"], columns, np.zeros(2, np.int64), (), none, none, 0, {})
    assert choice_of(stars, None) == "lindegren"
    made_up = replace(stars, column={**columns, "simulated": np.ones(2)})
    assert choice_of(made_up, None) == "fit"
    assert choice_of(made_up, "lindegren") == "lindegren"


def test_members_of_a_table_and_other_distances(store):
    columns, truth = giants(600, 4, nearest_kpc=0.7, farthest_kpc=8.0)
    columns["other_kpc"] = truth.dist * 1.1
    publish(store, "giants", columns)
    chosen = np.argsort(np.abs(truth.dist - 2.0))[:12]
    publish(
        store,
        "chosen",
        {"source_id": columns["source_id"][chosen], "cluster": np.array(["A shell"] * 12)},
    )
    report = store.analyze(
        NAME, stars="giants", members="chosen", reference="other_kpc", zero_point="-0.03", folds=2
    )
    rows = store.sql(
        "SELECT check_kind, n, dist, bias FROM results.spectro_distance_check "
        "WHERE check_kind IN ('cluster', 'reference') ORDER BY 1"
    ).fetchall()
    assert rows[0][:2] == ("cluster", 12)
    assert rows[0][2] == pytest.approx(np.mean(truth.dist[chosen]), rel=0.06)
    assert rows[0][3] is None  # of an unknown cluster nothing is published
    assert rows[1][3] == pytest.approx(-np.log(1.1), abs=0.02)
    assert any("(-0.03): -30.0 to -30.0 uas" in line for line in report.lines)
    assert store.sql(
        "SELECT DISTINCT parallax_zero_point FROM results.spectro_distance"
    ).fetchall() == [(-0.03,)]  # fmt: skip


def test_labels_by_spectra_stand_beside_the_astrometry_of_a_match(store):
    """Labels through a match give the distances that the same labels as columns give."""
    columns, _ = giants(400, 3, nearest_kpc=0.7, farthest_kpc=6.0)
    names = ("teff", "logg", "fe_h", "alpha_fe")
    publish(store, "labelled", columns)
    publish(
        store, "gaia", {name: each for name, each in columns.items() if name.split("_error")[0] not in names}
    )
    stars = [str(each) for each in columns["source_id"]]
    rows = [
        {
            "spec_id": f"{star}-{spectrum}",
            "source_id": f"2M {star}",
            "label": label,
            "unit": "dex",
            "param_value": float(columns[label][i]) + (0.0 if spectrum == 1 else 9.0),
            # The second spectrum is worse, of star 0 both are flagged.
            "sig_stat": 0.6 * spectrum * float(columns[f"{label}_error"][i]),
            "sig_sys": 0.8 * spectrum * float(columns[f"{label}_error"][i]),
            "chi2": 1.0,
            "dof": 1,
            "hull_dist": 0.5,
            "flag": "hull" if i == 0 else None,
            "model_id": "m",
            "model_run": "m1",
            "run_id": "r",
        }
        for i, star in enumerate(stars)
        for spectrum in (1, 2)
        for label in names
    ]
    store.publish(STAR_LABEL, rows=pa.Table.from_pylist(rows, schema=arrow_schema(STAR_LABEL)))
    links = {
        "left_id": np.array([f"{star}-{k}" for star in stars for k in (1, 2)]),
        "right_id": np.repeat(np.array(stars), 2),
    }
    publish(store, "links", links)
    given = {"zero_point": "-0.03", "folds": 2, "features": None}
    store.analyze(NAME, stars="gaia", match="catalogs.links", **given)
    other = store.analyze(NAME, stars="labelled", **given | {"features": "teff,logg,fe_h,alpha_fe"})
    same = store.sql(
        "SELECT count(*), max(abs(a.teff - b.teff)), corr(a.modulus, b.modulus), "
        "max(abs(a.modulus - b.modulus)) "
        "FROM results.spectro_distance a JOIN results.spectro_distance b USING (source_id) "
        "WHERE a.run_id <> $run AND b.run_id = $run",
        {"run": other.run_id},
    ).fetchall()
    assert same[0][0] == 399
    assert same[0][1] == 0.0
    assert same[0][2] > 0.999
    assert same[0][3] < 0.1  # one star less was learned from
    (inputs,) = store.sql(
        "SELECT inputs::VARCHAR FROM provenance.runs WHERE analysis = $name AND run_id <> $run",
        {"name": NAME, "run": other.run_id},
    ).fetchall()
    assert "results/star_label" in inputs[0]
    assert "catalogs/links" in inputs[0]
    with pytest.raises(AnalysisError, match="no left_id and right_id"):
        store.analyze(NAME, stars="gaia", match="catalogs.gaia")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "give a table of stars"),
        ({"stars": "giants", "simulate": 500}, "give a table of stars"),
        ({"simulate": 500, "features": "teff"}, "features is for a table"),
        ({"simulate": 500, "degree": 3}, "give 1 or 2"),
        ({"simulate": 500, "teff_min": 6000.0}, "teff_min is not below"),
        ({"simulate": 500, "zero_point": "-30"}, "give fit, lindegren"),
        ({"simulate": 500, "zero_point": "much"}, "give fit, lindegren"),
        ({"simulate": 500, "logg_max": 0.05, "logg_min": 0.04}, None),
        ({"stars": "giants", "features": "tef"}, "no column tef; did you mean teff"),
        ({"stars": "giants", "magnitude": "h"}, "no column h"),
        ({"stars": "giants", "zero_point": "lindegren"}, "zero_point lindegren needs"),
        ({"stars": "giants", "members": "giants"}, "has no column cluster"),
        ({"stars": "giants", "spectra": "teff"}, "not a list of numbers"),
        ({"stars": "giants", "logg_max": 0.02}, "no star is left to learn from"),
        ({"stars": "giants", "id": "name"}, "no column name"),
    ],
)
def test_what_can_not_be_done_is_said_before_anything_is_written(few, given, said):
    if said is None:  # so narrow a cut would draw for ever
        given, said = {**given, "simulate": 99}, "below its minimum"
    with pytest.raises(AnalysisError, match=said):
        few.analyze(NAME, **given)
    assert not [table for table in few.tables() if table.schema == "results"]


def test_options_have_names_of_their_own():
    names = [option.name for option in OPTIONS]
    assert len(names) == len(set(names))
    assert {"dist", "dist_error", "ra", "dec", "pmra", "pmdec", "radial_velocity"} <= {
        column.name for column in RESULT.columns
    }


def test_real_giants_of_lamost(store, data):
    """428 giants: pulls of left-out stars near 1, ten per cent."""
    rows = pa_csv.read_csv(data / "lamost/lamost_dr9_gaia_dr3.csv")
    names = {"ra_gaia": "ra", "dec_gaia": "dec", "source_id": "gaia_source_id", "combined_obsid": "source_id"}
    same = ("parallax", "parallax_over_error", "phot_g_mean_mag", "bp_rp", "ruwe", "feh", "logg", "teff")
    columns = {names.get(key, key): rows[key].to_numpy() for key in (*names, *same)}
    publish(store, "lamost", columns)
    report = store.analyze(NAME, stars="lamost", logg_max=3.5, folds=2)  # the zero point is lindegren's
    assert report.rows == 428
    row = store.sql(
        "SELECT n, bias, bias_error, pull_sd FROM results.spectro_distance_check WHERE check_kind = 'total'"
    ).fetchall()[0]
    assert row[0] == 428
    assert abs(row[1]) < 3.0 * row[2] < 0.02
    assert row[3] == pytest.approx(1.0, abs=0.15)


def test_parallaxes_of_apokasc_2_are_of_other_stars(store, data):
    """The Gaia identifiers of its rows lie degrees from their stars; by their cells 1,224 are found again.

    Then the distances agree with those by seismology, which no parallax enters.
    """
    with h5py.File(data / "apogee/APOKASC2.h5") as file:
        columns = {
            name: file[key][:].astype(np.float64)
            for key in ("TEFF", "LOGG", "FE_H", "K", "Rcorr", "parallax", "parallax_error")
            if (name := key.lower())
        }
        columns["source_id"] = np.array([each.decode() for each in file["APOGEE_ID"][:]])
        columns["gaia_source_id"] = file["source_id"][:].astype(np.int64)
    columns = {
        key: np.where(each < -9000, np.nan, each) if each.dtype.kind == "f" else each
        for key, each in columns.items()
    }
    publish(store, "apokasc", columns)
    with pytest.raises(AnalysisError, match="6,566 the parallax is of a Gaia source elsewhere on the sky"):
        store.analyze(NAME, stars="apokasc", logg_max=3.5)
    publish(store, "matched", found_again(columns))
    report = store.analyze(
        NAME, stars="matched", logg_max=3.5, reference="seismic_kpc", folds=2, zero_point="0"
    )
    assert "1,224 of them are learned from" in "\n".join(report.lines)
    bias, scatter = store.sql(
        "SELECT bias, scatter FROM results.spectro_distance_check WHERE check_kind = 'reference'"
    ).fetchall()[0]
    assert abs(bias) < 0.06  # what zero point and bolometric correction leave open
    assert scatter < 0.11


def found_again(columns):
    """APOKASC-2 with the parallax of the one source of the file in each star's own cell of order 12."""
    texts = columns["source_id"]
    part = [
        [float(each[a:b]) for each in texts]
        for a, b in ((2, 4), (4, 6), (6, 10), (11, 13), (13, 15), (15, 18))
    ]
    h, m, s, d, minute, second = np.array(part)
    ra, dec = 15.0 * (h + m / 60.0 + s / 360_000.0), d + minute / 60.0 + second / 36_000.0  # all are north
    cell = healpy.ang2pix(4096, ra, dec, nest=True, lonlat=True)
    of_source = columns["gaia_source_id"] >> 35
    known = np.isfinite(columns["parallax"]) & (columns["gaia_source_id"] > 0)
    one_source, row, times = np.unique(np.where(known, of_source, -1), return_index=True, return_counts=True)
    row_of = {c: r for c, r, n in zip(one_source, row, times, strict=True) if c >= 0 and n == 1}
    _, inverse, stars = np.unique(cell, return_inverse=True, return_counts=True)
    index = np.array([row_of.get(c, -1) if stars[i] == 1 else -1 for c, i in zip(cell, inverse, strict=True)])
    made = {key: each for key, each in columns.items() if key not in {"rcorr", "gaia_source_id"}}
    for key in ("parallax", "parallax_error"):
        made[key] = np.where(index >= 0, columns[key][index], np.nan)
    # Luminosity by radius and temperature; the correction puts the red clump (4780 K) at M_K = -1.61.
    light = np.log10(columns["rcorr"] ** 2 * (columns["teff"] / 5772.0) ** 4)
    m_k = 4.74 - 2.5 * light - (2.0 - 0.9e-3 * (columns["teff"] - 4780.0))
    return {**made, "seismic_kpc": 10.0 ** ((columns["k"] - m_k) / 5.0 - 2.0), "ra": ra, "dec": dec}


def test_the_modulus_is_that_of_the_distance(simulated):
    store, _ = simulated
    rows = store.sql("SELECT modulus, dist FROM results.spectro_distance").arrow()
    assert kpc_of_modulus(rows["modulus"].to_numpy()) == pytest.approx(rows["dist"].to_numpy(), rel=1e-12)
    assert 10.0 ** (rows["modulus"][0].as_py() / 5.0 - 2.0) == pytest.approx(
        rows["dist"][0].as_py(), rel=1e-12
    )
