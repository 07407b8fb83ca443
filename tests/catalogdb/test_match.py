"""The options of a match, from tables in a store to the published link table."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from catalogdb import Column, Position, Table
from catalogdb.astrometry import ASTROMETRY
from catalogdb.epoch import astrometry, propagate
from catalogdb.errors import MatchError, TableExists, TableNotFound
from catalogdb.match import MagnitudeTest, match
from catalogdb.match_through import match_through

ID = Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier")
NAME = Column(name="source_id", type="VARCHAR", ucd="meta.id;meta.main", about="Name")
ARCSEC = 1 / 3600
MAGNITUDES = tuple(
    Column(name=name, type="DOUBLE", unit="mag", ucd="phot.mag", about="Magnitude")
    for name in ("b", "r", "r_error")
)
SECOND = tuple(
    Column(name=name, type="DOUBLE", unit=unit, ucd=ucd, about="Second position")
    for name, unit, ucd in (
        ("ra2", "deg", "pos.eq.ra"),
        ("dec2", "deg", "pos.eq.dec"),
        ("epoch2", "yr", "time.epoch"),
    )
)
ASTROMETRIC = tuple(
    ASTROMETRY[name]
    for name in (
        *("ra", "dec", "ref_epoch", "parallax", "pmra", "pmdec", "radial_velocity"),
        *("ra_error", "dec_error", "ra_dec_corr", "pmra_error", "pmdec_error", "hpx29"),
    )
)
STARS = Table(name="stars", about="Stars of a test", columns=(ID, *ASTROMETRIC, *MAGNITUDES, *SECOND))


@pytest.fixture
def publish(store):
    """Publish rows, given as columns, as a table; source_id counts from 0 unless given."""

    def put(name, table=STARS, **columns):
        length = len(columns["ra"])
        rows = {"source_id": np.arange(length)} | columns
        with store.writer(replace(table, name=name)) as writer:
            writer.con.register("given", pa.table({key: pa.array(value) for key, value in rows.items()}))
            writer.insert("FROM with_hpx29('given')")
            writer.publish()
        return store

    return put


def links(store, name="matches.a_b", columns="left_id, right_id"):
    return store.sql(f"SELECT {columns} FROM {name} ORDER BY ALL").fetchall()


def line(*arcsec):
    """Positions along declination 0, at these distances east of RA 10 deg."""
    return {"ra": [10 + x * ARCSEC for x in arcsec], "dec": [0.0] * len(arcsec)}


def test_links_say_what_was_matched_and_how(store, publish):
    publish("a", ra=[10.0, 50.0, None], dec=[20.0, 0.0, 5.0], ref_epoch=[2000.0] * 3)
    publish("b", ra=[10.0, 200.0], dec=[20 + ARCSEC, 0.0], ref_epoch=[2016.0] * 2)
    report = match(store, "a", "b", radius_arcsec=2)
    columns = (
        "left_id, right_id, separation, position_angle, left_epoch, right_epoch, match_epoch, n_candidates"
    )
    (row,) = links(store, columns=columns)
    assert row == pytest.approx((0, 0, 1, 0, 2000, 2016, None, 1), abs=1e-6)
    assert (report.rows, report.left_rows, report.right_rows, report.left_matched) == (1, 3, 2, 1)
    assert (report.without_position, report.without_epoch) == ((1, 0), (0, 0))
    assert store.table("a_b").qualified_name == "matches.a_b"
    ((analysis, settings, inputs),) = store.sql(
        "SELECT analysis, settings, inputs FROM provenance.runs"
    ).fetchall()
    assert analysis == "match"
    assert json.loads(settings)["radius_arcsec"] == 2
    assert len(json.loads(inputs) if isinstance(inputs, str) else inputs) == 2


def test_keep_all_nearest_and_mutual(store, publish):
    publish("a", **line(0, 3, 10))
    publish("b", **line(1, -1, 4.5, 100))
    match(store, "a", "b", radius_arcsec=3)
    assert links(store, columns="left_id, right_id, n_candidates") == [
        (0, 0, 2),
        (0, 1, 2),
        (1, 0, 2),
        (1, 2, 2),
    ]
    match(store, "a", "b", radius_arcsec=3, keep="nearest", name="near")
    assert links(store, "matches.near") == [(0, 0), (1, 2)]
    match(store, "b", "a", radius_arcsec=3, keep="nearest", name="back")
    assert links(store, "matches.back") == [(0, 0), (1, 0), (2, 1)]
    match(store, "b", "a", radius_arcsec=3, keep="mutual", name="mutual")
    assert links(store, "matches.mutual", "left_id, right_id, n_candidates") == [(0, 0, 2), (2, 1, 1)]


def test_every_way_to_keep_counts_the_same_candidates(store, publish):
    rng = np.random.default_rng(7)
    skies = {name: rng.normal((150.0, 60.0), 20 * ARCSEC, (400, 2)).T for name in ("a", "b")}
    for name, (ra, dec) in skies.items():
        publish(name, ra=ra, dec=dec, ref_epoch=[2000.0 if name == "a" else 2016.0] * 400)
    for keep in ("all", "nearest", "mutual"):
        match(store, "a", "b", radius_arcsec=5, keep=keep, name=f"kept_{keep}")
    columns = "left_id, right_id, separation, left_epoch, right_epoch, match_epoch, n_candidates"
    everything = links(store, "matches.kept_all", columns)
    count = np.bincount([row[0] for row in everything])
    assert count.max() > 5
    assert [row[6] for row in everything] == [count[row[0]] for row in everything]
    assert {row[3:6] for row in everything} == {(2000.0, 2016.0, None)}
    best = {
        left: min(row[2] for row in everything if row[0] == left) for left in {row[0] for row in everything}
    }
    nearest = links(store, "matches.kept_nearest", columns)
    assert nearest == [row for row in everything if row[2] == best[row[0]]]
    assert set(links(store, "matches.kept_mutual", columns)) < set(nearest)


def test_ties_go_to_the_smaller_identifier(store, publish):
    publish("a", ra=[10.0], dec=[0.0])
    publish("b", source_id=[7, 3, 5], ra=[10.0] * 3, dec=[ARCSEC] * 3)
    match(store, "a", "b", radius_arcsec=2, keep="nearest")
    assert links(store) == [(0, 3)]
    match(store, "b", "a", radius_arcsec=2, keep="mutual", name="mutual")
    assert links(store, "matches.mutual") == [(3, 0)]


def test_identifiers_keep_their_types(store, publish):
    named = replace(STARS, columns=(NAME, *STARS.columns[1:]))
    publish("a", named, source_id=["HD 1", "HD 2"], **line(0, 50))
    publish("b", **line(0.5, 49))
    match(store, "a", "b", radius_arcsec=2, keep="mutual")
    assert links(store) == [("HD 1", 0), ("HD 2", 1)]
    assert [c.type for c in store.table("a_b").columns[:2]] == ["VARCHAR", "BIGINT"]


def test_repeated_identifiers_count_as_one(store, publish):
    publish("a", replace(STARS, unique=False), source_id=[1, 1, 2], **line(0, 1, 2))
    publish("b", **line(1.2))
    match(store, "a", "b", radius_arcsec=5)
    found = links(store, columns="left_id, right_id, separation, n_candidates")
    assert [row[:2] for row in found] == [(1, 0), (2, 0)]
    assert [row[2] for row in found] == pytest.approx([0.2, 0.8], abs=1e-6)


def test_pairs_that_can_not_be_named_are_refused(store, publish):
    publish("a", replace(STARS, columns=(NAME, *STARS.columns[1:])), source_id=["x", None], **line(0, 50))
    publish("b", **line(0))
    match(store, "a", "b", radius_arcsec=1)
    assert links(store) == [("x", 0)]
    with pytest.raises(MatchError, match=r"catalogs.a: rows without source_id stand in 1 pairs.*left_id"):
        match(store, "a", "b", radius_arcsec=60, name="wide")
    with pytest.raises(MatchError, match=r"choose another identifier \(right_id\)"):
        match(store, "b", "a", radius_arcsec=60, name="wide")


def test_a_table_matched_with_itself(store, publish):
    publish("a", **line(0, 1, 50))
    match(store, "a", "a", radius_arcsec=2)
    assert links(store, "matches.a_a") == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]
    match(store, "a", "a", radius_arcsec=2, exclude_self=True, name="pairs")
    assert links(store, "matches.pairs") == [(0, 1), (1, 0)]


@pytest.mark.parametrize("epoch", ["none", "left", 2000.0])
def test_empty_tables_have_no_links(store, publish, epoch):
    nothing = {"ra": pa.array([], pa.float64()), "dec": pa.array([], pa.float64())}
    publish("a", **nothing)
    publish("b", ra=[1.0], dec=[2.0], ref_epoch=[2000.0])
    for left, right in (("a", "b"), ("b", "a"), ("a", "a")):
        assert match(store, left, right, radius_arcsec=5, epoch=epoch).rows == 0


# Epochs -----------------------------------------------------------------------------------------


def moving_sky(rng, n, epochs):
    """Stars of all speeds, at a pole, the seam and elsewhere, some lacking a motion; columns of STARS."""
    centre = rng.integers(0, 3, n)
    dec = np.array([89.9, 0.0, -30.0])[centre] + rng.uniform(-0.05, 0.05, n)
    columns = {
        "ra": np.where(centre == 0, rng.uniform(0, 360, n), rng.normal(0, 0.05, n) % 360),
        "dec": dec,
        "ref_epoch": rng.uniform(*epochs, n),
        "pmra": 10 ** rng.uniform(0, 4, n) * rng.choice([-1, 1], n),
        "pmdec": 10 ** rng.uniform(0, 4, n) * rng.choice([-1, 1], n),
        "parallax": rng.uniform(1, 300, n),
        "radial_velocity": rng.normal(0, 100, n),
    }
    for name in ("pmra", "pmdec", "parallax", "radial_velocity"):
        columns[name] = pa.array(columns[name], mask=rng.random(n) < 0.2)
    columns["ref_epoch"] = pa.array(columns["ref_epoch"], mask=rng.random(n) < 0.05)
    return columns


def stars_of(columns):
    value = lambda name: np.array(pa.array(columns[name]).to_numpy(zero_copy_only=False), float)  # noqa: E731
    return astrometry(
        value("ra"),
        value("dec"),
        value("ref_epoch"),
        parallax_mas=value("parallax"),
        pmra_mas_yr=value("pmra"),
        pmdec_mas_yr=value("pmdec"),
        radial_velocity_km_s=value("radial_velocity"),
    )


def seen_again(rng, columns, epochs):
    """The same stars listed where they are at other epochs, two arcseconds off."""
    stars, n = stars_of(columns), len(columns["ra"])
    epoch = rng.uniform(*epochs, n)
    there = propagate(stars, np.where(np.isnan(stars.epoch_yr), np.nan, epoch))
    dec = np.nan_to_num(there.dec) + rng.normal(0, 2 / 3600, n)
    ra = np.nan_to_num(there.ra) + rng.normal(0, 2 / 3600, n) / np.cos(np.radians(dec))
    again = {"ra": ra % 360, "dec": dec, "ref_epoch": pa.array(epoch, mask=rng.random(n) < 0.05)}
    return columns | again


def vectors(ra, dec):
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def brute_force(left, right, epoch):
    """Separations [arcsec], shape (n, m), each pair at its own epoch; NaN where one has no epoch."""
    sides, n, m = (stars_of(left), stars_of(right)), len(left["ra"]), len(right["ra"])
    found = np.empty((n, m))
    rows = np.arange(n)
    for j in range(m):
        other = sides[1][np.full(n, j)]
        at = {"left": sides[0].epoch_yr, "right": other.epoch_yr}.get(epoch, epoch)
        here, there = propagate(sides[0][rows], at), propagate(other, at)
        gap = np.linalg.norm(vectors(here.ra, here.dec) - vectors(there.ra, there.dec), axis=1)
        found[:, j] = np.degrees(2 * np.arcsin(np.minimum(gap / 2, 1))) * 3600
    return found


@pytest.mark.parametrize("epoch", ["left", "right", 1950.0])
@pytest.mark.parametrize("radius_arcsec", [5.0, 60.0])
@pytest.mark.parametrize("epochs", [((1900, 1990), (2000, 2016)), ((2016, 2016), (1950, 2000))])
def test_moved_pairs_equal_brute_force(store, publish, epoch, radius_arcsec, epochs):
    rng = np.random.default_rng(11)
    left = moving_sky(rng, 150, epochs[0])
    right = seen_again(rng, left, epochs[1])
    publish("a", **left)
    publish("b", **right)
    report = match(store, "a", "b", radius_arcsec=radius_arcsec, epoch=epoch)
    truth = brute_force(left, right, epoch)
    rows = links(store, columns="left_id, right_id, separation, match_epoch, left_epoch, right_epoch")
    expected = {(int(i), int(j)) for i, j in zip(*np.nonzero(truth <= radius_arcsec), strict=True)}
    assert {row[:2] for row in rows} == expected
    assert len(expected) == report.rows > 10
    for left_id, right_id, separation, match_epoch, left_epoch, right_epoch in rows:
        assert separation == pytest.approx(truth[left_id, right_id], abs=1e-6)
        assert match_epoch == {"left": left_epoch, "right": right_epoch}.get(epoch, epoch)
    missing = tuple(pa.array(side["ref_epoch"]).null_count for side in (left, right))
    assert report.without_epoch == missing


def test_one_fast_star_is_found_where_it_was(store, publish):
    publish(
        "a", ra=[10.0, 10.0], dec=[0.0, 40.0], ref_epoch=[1900.0, 2000.0], pmra=[0.0, 0.0], pmdec=[0.0, 0.0]
    )
    publish("b", ra=[10.0], dec=[0.25], ref_epoch=[2000.0], pmra=[0.0], pmdec=[9000.0])
    assert match(store, "a", "b", radius_arcsec=1).rows == 0
    assert match(store, "a", "b", radius_arcsec=1, epoch="left", name="earlier").rows == 1
    assert match(store, "a", "b", radius_arcsec=1, epoch=1900, name="in1900").rows == 1
    assert match(store, "a", "b", radius_arcsec=1, epoch="right", name="now").rows == 0


def test_another_position_of_the_table(store, publish):
    positions = (
        Position(name="listed"),
        Position(name="observed", ra="ra2", dec="dec2", ra_epoch="epoch2", dec_epoch="epoch2"),
    )
    shifted = {"ra2": [50.0, None], "dec2": [-5.0, None], "epoch2": [1990.0, None]}
    publish("a", replace(STARS, positions=positions), ra=[10.0, 11.0], dec=[0.0, 0.0], **shifted)
    publish("b", ra=[50.0], dec=[-5.0])
    assert match(store, "a", "b", radius_arcsec=1, left_position="listed").rows == 0
    report = match(store, "a", "b", radius_arcsec=1, left_position="observed", name="observed")
    assert links(store, "matches.observed", "left_id, right_id, left_epoch") == [(0, 0, 1990.0)]
    assert report.without_position == (1, 0)
    with pytest.raises(MatchError, match="catalogs.a has no position obseved; did you mean observed"):
        match(store, "a", "b", radius_arcsec=1, left_position="obseved", name="x")


# Errors and magnitudes --------------------------------------------------------------------------


def test_normalised_distance_is_that_of_both_error_ellipses(store, publish):
    left = {"ra_error": [300.0], "dec_error": [200.0], "ra_dec_corr": [0.5]}
    right = {"ra_error": [400.0] * 2, "dec_error": [100.0] * 2}
    publish("a", ra=[10.0], dec=[60.0], **left)
    east = 0.7 * ARCSEC / np.cos(np.radians(60))
    publish("b", ra=[10 + east, 10 - east], dec=[60 + 0.3 * ARCSEC] * 2, **right)
    match(store, "a", "b", radius_arcsec=2, ellipse=True)
    covariance = np.array([[300**2 + 400**2, 0.5 * 300 * 200], [0.5 * 300 * 200, 200**2 + 100**2]])
    expected = [d @ np.linalg.solve(covariance, d) for d in np.array([[700.0, 300.0], [-700.0, 300.0]])]
    found = links(store, columns="right_id, chi2, normalised_distance")
    assert [row[1] for row in found] == pytest.approx(expected, rel=1e-4)
    assert [row[2] for row in found] == pytest.approx(np.sqrt(expected), rel=1e-4)
    cut = float(np.sqrt(np.mean(expected)))
    match(store, "a", "b", radius_arcsec=2, max_distance=cut, name="cut")
    assert links(store, "matches.cut") == [(0, 0)]


def test_a_motions_error_widens_the_ellipse(store, publish):
    publish("a", ra=[10.0], dec=[0.0], ref_epoch=[2000.0], ra_error=[30.0], dec_error=[30.0])
    moving = {"ra_error": [40.0], "dec_error": [40.0], "pmra_error": [12.0], "pmdec_error": [12.0]}
    publish("b", ra=[10 + ARCSEC], dec=[0.0], ref_epoch=[2010.0], **moving)
    match(store, "a", "b", radius_arcsec=2, ellipse=True, epoch="left")
    ((distance,),) = links(store, columns="normalised_distance")
    assert distance == pytest.approx(1000 / np.sqrt(30**2 + 40**2 + 120**2), rel=1e-6)


def test_unknown_errors_give_no_distance_and_fail_a_cut(store, publish):
    publish("a", **line(0))
    publish("b", **line(0.5))
    match(store, "a", "b", radius_arcsec=2, ellipse=True)
    assert links(store, columns="chi2") == [(None,)]
    assert match(store, "a", "b", radius_arcsec=2, max_distance=5, name="cut").rows == 0


def test_magnitudes_are_compared_through_a_colour(store, publish):
    publish("a", **line(0), b=[12.0], r=[11.0])
    publish("b", **line(0.1, 0.2, 0.3), r=[12.05, 12.6, None], r_error=[0.02, 0.02, 0.02])
    # expected = r + 0.5 + 0.4 (b - r) + 0.1 (b - r)^2 = 12.0
    colour = {"left": "r", "right": "r", "color": ("b", "r"), "coefficients": (0.5, 0.4, 0.1)}
    match(store, "a", "b", radius_arcsec=2, magnitude=MagnitudeTest(**colour, tolerance_mag=0.1))
    found = links(store, columns="right_id, delta_mag")
    assert [row[0] for row in found] == [0, 2]
    assert found[0][1] == pytest.approx(0.05)
    assert found[1][1] is None
    strict = MagnitudeTest(**colour, tolerance_mag=0.1, keep_missing=False)
    assert match(store, "a", "b", radius_arcsec=2, magnitude=strict, name="strict").rows == 1
    sigmas = MagnitudeTest(**colour, tolerance_sigma=2, right_error="r_error", keep_missing=False)
    assert match(store, "a", "b", radius_arcsec=2, magnitude=sigmas, name="sigmas").rows == 0
    loose = replace(sigmas, scatter_mag=0.05)
    assert match(store, "a", "b", radius_arcsec=2, magnitude=loose, name="loose").rows == 1


# Through an intermediary ------------------------------------------------------------------------


def test_a_third_table_connects_two(store, publish):
    publish("mother", **line(0, 100, 200))
    publish("bridge", **line(12, 13, 95, 250))
    publish("far", **line(15, 90, 99, 500))
    report = match_through(store, "mother", "bridge", "far", radii_arcsec=(15, 5))
    columns = "left_id, right_id, separation, position_angle, n_candidates"
    found = links(store, "matches.mother_bridge_far", columns)
    assert [(row[0], row[1], row[4]) for row in found] == [(0, 0, 1), (1, 1, 2), (1, 2, 2)]
    assert [row[2] for row in found] == pytest.approx([15, 10, 1], abs=1e-6)
    assert [row[3] for row in found] == pytest.approx([90, 270, 270], abs=1e-6)
    assert (report.rows, report.left_rows, report.right_rows, report.left_matched) == (3, 3, 4, 2)
    match_through(store, "mother", "bridge", "far", radii_arcsec=(15, 5), keep="nearest", name="nearest")
    assert links(store, "matches.nearest") == [(0, 0), (1, 2)]
    with pytest.raises(MatchError, match="radius -1 arcsec"):
        match_through(store, "mother", "bridge", "far", radii_arcsec=(15, -1), name="x")


# What can not be asked --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radius_arcsec": 0}, r"radius 0 arcsec is not in \(0, 648000\]"),
        ({"radius_arcsec": float("nan")}, "radius nan arcsec"),
        ({"keep": "best"}, "keep 'best' is none of all, nearest, mutual"),
        ({"epoch": "now"}, "epoch 'now' is none of none, left, right or a Julian year"),
        ({"epoch": -5.0}, "epoch -5.0 is not a Julian year"),
        ({"max_distance": 0.0}, "max_distance 0.0 is not positive"),
        ({"left_id": "sorce_id"}, "catalogs.a has no column sorce_id; did you mean source_id"),
        ({"right_position": "x"}, "catalogs.a has no position x"),
    ],
)
def test_wrong_options_are_refused(store, publish, options, message):
    publish("a", **line(0))
    with pytest.raises(MatchError, match=message):
        match(store, "a", "a", **({"radius_arcsec": 1} | options))
    assert [table.name for table in store.tables() if table.schema == "matches"] == []


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({}, "a magnitude test needs tolerance_mag or tolerance_sigma"),
        ({"coefficients": (0.0, 1.0), "tolerance_mag": 1}, "coefficients beyond the first need a colour"),
        ({"coefficients": (), "tolerance_mag": 1}, "1 to 4 coefficients, not 0"),
    ],
)
def test_wrong_magnitude_tests_are_refused(test, message):
    with pytest.raises(MatchError, match=message):
        MagnitudeTest(left="r", right="r", **test)


def test_tables_that_can_not_be_matched(store, publish):
    publish("a", **line(0))
    plain = Table(name="plain", about="No positions", columns=(ID,))
    store.publish(plain, pa.table({"source_id": [1]}))
    with pytest.raises(MatchError, match="catalogs.plain has no ra and dec to match on"):
        match(store, "a", "plain", radius_arcsec=1)
    undated = Table(
        name="undated", about="No epochs", columns=(ID, *(ASTROMETRY[c] for c in ("ra", "dec", "hpx29")))
    )
    publish("undated", undated, **line(0))
    with pytest.raises(
        MatchError, match="catalogs.undated has no epochs, so it can not be matched at another"
    ):
        match(store, "a", "undated", radius_arcsec=1, epoch=2000)
    nameless = Table(name="nameless", about="No identifier", columns=undated.columns[1:])
    store.publish(nameless, pa.table({"ra": [1.0], "dec": [2.0], "hpx29": [5]}))
    with pytest.raises(MatchError, match="catalogs.nameless has no source_id: name its identifier"):
        match(store, "a", "nameless", radius_arcsec=1)
    test = MagnitudeTest(left="v", right="r", tolerance_mag=1)
    with pytest.raises(MatchError, match="catalogs.a has no column v"):
        match(store, "a", "a", radius_arcsec=1, magnitude=test)
    with pytest.raises(TableNotFound, match="no table c"):
        match(store, "a", "c", radius_arcsec=1)


def test_a_link_table_is_replaced_only_when_asked(store, publish):
    publish("a", **line(0, 1))
    match(store, "a", "a", radius_arcsec=5, name="results.near")
    with pytest.raises(TableExists, match="results.near exists already"):
        match(store, "a", "a", radius_arcsec=5, name="results.near")
    assert match(store, "a", "a", radius_arcsec=0.1, name="results.near", mode="replace").rows == 2
    assert match(store, "a", "a", radius_arcsec=0.1, name="results.near", mode="append").rows == 2
    assert store.row_count("results.near") == 4
