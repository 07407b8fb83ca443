"""The multi-epoch table from catalogues that exist only here."""

from __future__ import annotations

import healpy
import numpy as np
import pyarrow as pa
import pytest

import catalogdb
from analysis import epochs
from analysis.acceleration import table
from analysis.epochs import build
from catalogdb import epoch
from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import AnalysisError, TableExists, TableNotFound
from catalogdb.schema import Column, Position, Table

ID = Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier")
YEAR = {"unit": "yr", "ucd": "time.epoch", "type": "DOUBLE"}
MOTION = ("parallax", "pmra", "pmdec", "parallax_error", "pmra_error", "pmdec_error", "radial_velocity")

MOTHER = Table(
    name="mother",
    about="Stars with motions",
    frame="Gaia-CRF3",
    shared_data_group="gaia",
    columns=(
        ID,
        *(
            ASTROMETRY[n]
            for n in ("ra", "dec", "ref_epoch", "ra_error", "dec_error", "ra_pmra_corr", *MOTION, "hpx29")
        ),
    ),
    positions=(
        Position(
            name="listed",
            ra_error="ra_error",
            dec_error="dec_error",
            parallax="parallax",
            pmra="pmra",
            pmdec="pmdec",
        ),
    ),
)

OLD = Table(
    name="old_plates",
    about="A position that another catalogue went into, and the observed one, each coordinate at its epoch",
    frame="FK5",
    columns=(
        ID,
        *(ASTROMETRY[n] for n in ("ra", "dec", "ref_epoch", "pmra", "pmdec", "hpx29")),
        Column(name="ra_obs", ucd="pos.eq.ra", unit="deg", type="DOUBLE", about="Observed ra"),
        Column(name="dec_obs", ucd="pos.eq.dec", unit="deg", type="DOUBLE", about="Observed dec"),
        Column(name="e_ra", ucd="stat.error;pos.eq.ra", unit="mas", type="DOUBLE", about="Error of ra_obs"),
        Column(
            name="e_dec", ucd="stat.error;pos.eq.dec", unit="mas", type="DOUBLE", about="Error of dec_obs"
        ),
        Column(name="t_ra", about="Epoch of ra_obs", **YEAR),
        Column(name="t_dec", about="Epoch of dec_obs", **YEAR),
    ),
    positions=(
        Position(name="listed", independent=False, pmra="pmra", pmdec="pmdec"),
        Position(
            name="observed",
            ra="ra_obs",
            dec="dec_obs",
            ra_epoch="t_ra",
            dec_epoch="t_dec",
            ra_error="e_ra",
            dec_error="e_dec",
        ),
    ),
)

BARE = Table(
    name="bare",
    about="Positions without errors",
    columns=(ID, *(ASTROMETRY[n] for n in ("ra", "dec", "ref_epoch", "hpx29"))),
    positions=(Position(name="listed"),),
)


def _cells(ra, dec):
    return healpy.ang2pix(2**29, ra, dec, nest=True, lonlat=True)


def _fill(store: catalogdb.Store) -> epoch.Astrometry:
    """Six stars 0.1 deg apart, the second fast, the fifth without motion, the sixth without position."""
    star = epoch.astrometry(
        10.0 + 0.1 * np.arange(6),
        np.full(6, 60.0),
        2016.0,
        parallax_mas=10.0,
        pmra_mas_yr=[5.0, 3000.0, -7.0, 0.0, np.nan, 1.0],
        pmdec_mas_yr=[2.0, -2000.0, 4.0, 0.0, np.nan, 1.0],
        radial_velocity_km_s=20.0,
    )
    has = np.arange(6) < 5
    columns = {
        "source_id": np.arange(101, 107),
        "ra": pa.array(star.ra, mask=~has),
        "dec": pa.array(star.dec, mask=~has),
        "ref_epoch": star.epoch_yr,
        "ra_error": np.full(6, 0.02),
        "dec_error": np.full(6, 0.03),
        "ra_pmra_corr": np.full(6, 0.5),
        "parallax": star.parallax,
        "pmra": pa.array(star.pmra, from_pandas=True),
        "pmdec": pa.array(star.pmdec, from_pandas=True),
        "radial_velocity": star.radial_velocity,
        "hpx29": pa.array(_cells(star.ra, star.dec), mask=~has),
    }
    columns |= {f"{n}_error": np.full(6, 0.1) for n in ("parallax", "pmra", "pmdec")}
    store.publish(MOTHER, pa.table(columns))
    t_ra = np.array([1950.0, 1955.5, 1960.0, 1950.0])
    t_dec = t_ra + np.array([0.0, 3.0, 0.0, 0.0])
    then_ra, then_dec = epoch.propagate(star[:4], t_ra), epoch.propagate(star[:4], t_dec)
    ra = np.append(then_ra.ra, then_ra.ra[3] + 1.0 / 3600.0)  # a second candidate of the fourth star
    dec = np.append(then_dec.dec, then_dec.dec[3])
    old = {
        "source_id": np.arange(1, 6),
        "ra": ra + 1.0,  # the listed position is elsewhere: it must not be used
        "dec": dec,
        "ref_epoch": np.full(5, 2000.0),
        "pmra": np.append(star.pmra[:4], 0.0),
        "pmdec": np.append(star.pmdec[:4], 0.0),
        "hpx29": _cells(ra + 1.0, dec),
        "ra_obs": ra,
        "dec_obs": dec,
        "e_ra": pa.array([150.0, 150.0, None, 150.0, 150.0]),
        "e_dec": np.full(5, 150.0),
        "t_ra": np.append(t_ra, 1950.0),
        "t_dec": np.append(t_dec, 1950.0),
    }
    store.publish(OLD, pa.table(old))
    bare = {
        "source_id": [7, 8],
        "ra": [star.ra[0], star.ra[4]],
        "dec": [60.0, 60.0],
        "ref_epoch": [2016.0, 2016.0],
        "hpx29": _cells(star.ra[[0, 4]], star.dec[[0, 4]]),
    }
    store.publish(BARE, pa.table(bare))
    return star


def _build(store, **options):
    return build(store, "mother", ["old_plates", "bare"], radius_arcsec=2.0, **options)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A store with the multi-epoch table, the true stars and the report; tests only read it."""
    with catalogdb.open(tmp_path_factory.mktemp("built") / "sky", create=True) as store:
        star = _fill(store)
        yield store, star, _build(store)


def _entries(store, **where):
    rows = store.sql("SELECT * FROM results.astrom_epoch ORDER BY obj_id, epoch").arrow().to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def test_each_star_has_its_own_and_every_linked_entry(built):
    store, _, report = built
    found = [(row["obj_id"], row["catalogue_name"], row["entry_id"]) for row in _entries(store)]
    assert sorted(found) == sorted(
        [(str(i), "mother", str(i)) for i in range(101, 107)]
        + [("101", "old_plates", "1"), ("102", "old_plates", "2"), ("103", "old_plates", "3")]
        + [("104", "old_plates", "4"), ("101", "bare", "7"), ("105", "bare", "8")]
    )
    assert (report.rows, report.stars) == (12, 6)
    assert report.table.qualified_name == "results.astrom_epoch"


def test_the_independent_position_is_taken_with_its_two_epochs(built):
    store, star, _ = built
    (row,) = _entries(store, obj_id="102", catalogue_name="old_plates")
    assert row["ra"] == pytest.approx(epoch.propagate(star, 1955.5).ra[1], abs=1e-12)
    assert row["dec"] == pytest.approx(epoch.propagate(star, 1958.5).dec[1], abs=1e-12)
    assert (row["ra_epoch"], row["dec_epoch"], row["epoch"]) == (1955.5, 1958.5, 1957.0)
    assert (row["ra_error"], row["pmra"], row["ref_system"]) == (150.0, None, "FK5")
    assert row["shared_data_group"] is None
    assert row["link_separation"] < 2.0


def test_an_entry_keeps_motion_correlations_and_velocity_measured_with_it(built):
    store, _, report = built
    (row,) = _entries(store, obj_id="101", catalogue_name="mother")
    assert (row["pmra"], row["pmra_error"], row["parallax"], row["ra_pmra_corr"]) == (5.0, 0.1, 10.0, 0.5)
    assert (row["ra_epoch"], row["epoch"], row["radial_velocity"]) == (None, 2016.0, pytest.approx(20.0))
    assert (row["shared_data_group"], row["ref_system"], row["run_id"]) == (
        "gaia",
        "Gaia-CRF3",
        report.run_id,
    )
    assert row["hpx29"] == _cells(row["ra"], row["dec"])


def test_every_star_is_accounted_for_in_every_catalogue(built):
    _, _, report = built
    mother, old, bare = report.accounts
    assert mother.matched == 6
    assert (old.matched, old.no_candidate, old.no_position, old.no_error) == (4, 1, 1, 1)
    assert (bare.matched, bare.no_candidate, bare.no_error) == (2, 3, 2)
    for account in (old, bare):
        parts = (
            account.matched,
            account.no_candidate,
            account.ambiguous,
            account.no_position,
            account.no_epoch,
        )
        assert sum(parts) == 6
    assert (
        report.lines[1]
        == "old_plates: 4 matched (1 none within the radius, 1 without a position); 1 entries without errors"
    )


def test_a_star_whose_candidate_is_nearer_to_another_is_ambiguous(store):
    _fill(store)
    report = build(store, "old_plates", ["mother"], radius_arcsec=2.0)
    _, account = report.accounts
    assert (account.matched, account.ambiguous) == (4, 1)


def test_missing_errors_are_flagged_or_assumed(store):
    _fill(store)
    _build(store)
    assert [row["flags"] for row in _entries(store, catalogue_name="bare")] == ["no_error", "no_error"]
    assert [row["flags"] for row in _entries(store, obj_id="106")] == ["no_position"]
    report = _build(store, mode="replace", default_errors_mas={"catalogs.bare": 70.0})
    assert {(row["flags"], row["dec_error"]) for row in _entries(store, catalogue_name="bare")} == {
        ("assumed_error", 70.0)
    }
    assert report.accounts[2].no_error == 0


def test_both_sides_can_be_moved_to_one_year(store):
    _fill(store)
    report = _build(store, epoch_yr=2000.0, name="at_2000")
    assert report.table.qualified_name == "results.at_2000"
    assert report.accounts[1].matched >= 3


def test_runs_are_recorded_and_links_stay(built):
    store, _, report = built
    rows = store.sql(
        "SELECT settings FROM provenance.runs WHERE run_id = $run", {"run": report.run_id}
    ).fetchall()
    assert '"radius_arcsec": 2.0' in rows[0][0]
    assert store.row_count("matches.astrom_epoch_old_plates") == 4


def test_what_can_not_be_built_is_refused(store):
    _fill(store)
    with pytest.raises(TableNotFound, match="no table nothing"):
        build(store, "mother", ["nothing"], radius_arcsec=1.0)
    with pytest.raises(AnalysisError, match="mother is given twice"):
        build(store, "mother", ["mother"], radius_arcsec=1.0)
    with pytest.raises(AnalysisError, match="default error is given for elsewhere"):
        _build(store, default_errors_mas={"elsewhere": 1.0})
    with pytest.raises(AnalysisError, match="must be positive"):
        _build(store, default_errors_mas={"bare": 0.0})
    with pytest.raises(AnalysisError, match="must be positive"):
        _build(store, default_errors_mas={"bare": np.inf})
    _build(store)
    with pytest.raises(TableExists, match="astrom_epoch exists"):
        _build(store)


def test_tables_without_an_independent_position_or_traceable_rows_are_refused(store):
    ra, dec, cell = np.array([1.0]), np.array([2.0]), _cells(1.0, 2.0)
    listed = tuple(ASTROMETRY[n] for n in ("ra", "dec", "ref_epoch", "hpx29"))
    rows = {"ra": ra, "dec": dec, "ref_epoch": [2000.0], "hpx29": [cell]}
    derived = Table(
        name="derived",
        about="x",
        columns=(ID, *listed),
        positions=(Position(name="listed", independent=False),),
    )
    nameless = Table(name="nameless", about="x", columns=listed, positions=(Position(name="listed"),))
    many = Table(
        name="many", about="x", columns=(ID, *listed), positions=(Position(name="listed"),), unique=False
    )
    store.publish(derived, pa.table(rows | {"source_id": [1]}))
    store.publish(nameless, pa.table(rows))
    store.publish(many, pa.concat_tables([pa.table(rows | {"source_id": [1]})] * 2))
    unnamed = Table(name="unnamed", about="x", columns=(ID, *listed), positions=(Position(name="listed"),))
    store.publish(unnamed, pa.table(rows | {"source_id": pa.array([None], pa.int64())}))
    for name, message in (
        ("unnamed", "1 rows without source_id"),
        ("derived", "no independent position"),
        ("nameless", "no source_id"),
        ("many", "repeats its identifiers"),
    ):
        with pytest.raises(AnalysisError, match=message):
            build(store, name, [], radius_arcsec=1.0)


def test_a_file_of_the_users_own_keeps_its_whole_covariance(store, tmp_path):
    file = tmp_path / "own.csv"
    numbers = {"pmra": 3.0, "pmra_error": 0.1, "pmdec": 4.0, "pmdec_error": 0.2, "pmra_pmdec_corr": 0.3}
    given = {"id": 1, "ra": 10.0, "dec": 20.0, "epoch": 2016.0, "ra_error": 0.1, "dec_error": 0.2}
    given |= {"ra_dec_corr": 0.5} | numbers
    file.write_text(",".join(given) + "\n" + ",".join(map(str, given.values())) + "\n")
    store.ingest_table(file, "own", id="id")
    build(store, "own", [], radius_arcsec=1.0)
    (row,) = _entries(store)
    assert {name: row[name] for name in numbers} == numbers
    assert row["ra_dec_corr"] == 0.5


def test_what_tells_of_brightness_and_blends_comes_along(store, tmp_path):
    """Of the entry's own catalogue where it has such columns; candidates are counted by the link."""
    for name, extra in (("bright", ",phot_g_mean_mag,bp_rp,ruwe,ipd_frac_multi_peak"), ("plain", "")):
        numbers = ",9.5,0.7,1.25,3" if extra else ""
        second = "2,10.0004,20.0,2000.0,0.1,0.1\n" if not extra else ""
        row = f"1,10.0,20.0,2000.0,0.1,0.1{numbers}"
        file = tmp_path / f"{name}.csv"
        file.write_text(f"id,ra,dec,epoch,ra_error,dec_error{extra}\n{row}\n{second}")
        store.ingest_table(file, name, id="id")
    build(store, "bright", ["plain"], radius_arcsec=3.0)
    bright, plain = _entries(store)
    if bright["catalogue_name"] == "plain":
        bright, plain = plain, bright
    names = ("phot_g_mean_mag", "bp_rp", "ruwe", "ipd_frac_multi_peak", "n_candidates")
    assert [bright[name] for name in names] == [9.5, 0.7, 1.25, 3, None]
    assert [plain[name] for name in names] == [None, None, None, None, 2]
    (chunk,) = table.read(store, store.table("results.astrom_epoch"))
    assert (chunk.magnitude.tolist(), chunk.colour.tolist()) == ([9.5], [0.7])
    assert np.nansum(chunk.ruwe) == 1.25
    assert np.nansum(chunk.n_candidates) == 2.0
    assert np.isfinite([chunk.ruwe, chunk.ipd_frac_multi_peak, chunk.n_candidates]).sum() == 3


def test_every_column_of_the_table_is_one_that_entries_fill():
    assert [column.name for column in epochs.RESULT.columns] == epochs._SCHEMA.names
