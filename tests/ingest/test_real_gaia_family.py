"""Gaia's first release, EDR3, orbits, epoch astrometry, cross-matches, and catalogues made of Gaia: real rows."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy.table import Table
from astropy.time import Time

import ingest
from catalogdb.store import Store

MISSING = 1.0e20  # El-Badry et al. write it for a value that is missing


def read(file: Path) -> Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if file.suffix == ".xml":
            return Table.read(file, format="votable", use_names_over_ids=True)
        return Table.read(file)


def ingested(store: Store, name: str, file: Path, count: int, form: str) -> pa.Table:
    """The rows of the table that the file becomes, none of them set aside, in the file's order of identifiers."""
    report = ingest.ingest(store, name, file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (count, count, 0)
    assert report.ingests[0].form == form
    for column in report.table.columns:
        assert column.about
        assert column.ucd
    return store.sql(f"SELECT * FROM catalogs.{name}").arrow()


def assert_equal(ours: pa.ChunkedArray, theirs: np.ndarray, name: str) -> None:
    """Each value is the file's: numbers to the last digit of the file's type, NaN and masked ones missing."""
    mask = np.ma.getmaskarray(theirs)
    plain = np.ma.getdata(theirs)
    if plain.dtype.kind == "f":
        gone = mask | np.isnan(plain) | (plain == plain.dtype.type(MISSING))
        found = np.array([np.nan if x is None else x for x in ours.to_pylist()], float)
        kind = np.dtype("f4") if pa.types.is_float32(ours.type) else plain.dtype
        wanted = np.where(gone, np.nan, plain)
        np.testing.assert_array_equal(found.astype(kind), wanted.astype(kind), err_msg=name)
    elif plain.dtype.kind in "iub":
        found = ours.to_pylist()
        assert [int(x) for x, g in zip(found, mask, strict=True) if not g] == [
            int(x) for x in plain[~mask]
        ], name
        assert all(found[i] is None for i in np.flatnonzero(mask)), name
    else:
        texts = ["" if g else str(x).strip() for x, g in zip(plain.tolist(), mask, strict=True)]
        assert [x or "" for x in ours.to_pylist()] == texts, name


TABLES = [
    ("gaia_edr3", "ultracool/gaia_edr3_full.vot", 1265, 108, "votable", {}),
    ("gaia_dr3_dr2", "ultracool/dr2_dr3_designations.vot", 1265, 8, "votable",
     {"dr3_source_id": "source_id", "source_id": "source_id_2"}),
    ("gaia_dr3", "gaia_formats/pyvo_vizier_I_355_gaiadr3_5rows.xml", 5, 59, "vizier",
     {"Source": "source_id", "RA_ICRS": "ra", "DE_ICRS": "dec", "Plx": "parallax", "e_pmDE": "pmdec_error",
      "RAPlxcor": "ra_parallax_corr", "QSO": "in_qso_candidates", "NSS": "non_single_star", "MCMCMSC": "has_mcmc_msc",
      "[Fe/H]": "mh_gspphot", "A0": "azero_gspphot", "TYC2": "tyc2", "2MASS": "_2mass", "RAJ2000": "raj2000"}),
    ("elbadry2021", "wide_binaries/elbadry2021_2rows.fits", 2, 217, "fits",
     {"source_id1": "source_id"}),
    ("gbs3", "benchmark_stars/joined.fits", 192, 264, "fits",
     {"hip_int": "source_id", "ra_hip": "ra", "dec_hip": "dec", "pm_ra": "pmra", "e_plx": "parallax_error", "source_id": "gaia_dr3_source_id",
      "ra": "ra_tmass", "pmra": "pmra_gaiadr3", "ra_error": "ra_error_allwise", "ref_epoch": "ref_epoch_gaiadr3",
      "parallax": "parallax_gaiadr3", "parallax_hip": "parallax"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "file", "count", "width", "form", "renamed"), TABLES, ids=[t[0] for t in TABLES]
)
def test_every_column_is_the_files(
    store: Store, data: Path, name: str, file: str, count: int, width: int, form: str, renamed: dict[str, str]
) -> None:
    truth = read(data / file)
    assert (len(truth), len(truth.colnames)) == (count, width)
    rows = ingested(store, name, data / file, count, form)
    table = store.table(name)
    key = next(c.source_name or c.name for c in table.columns if c.name == "source_id")
    identifier = next(n for n in truth.colnames if n.lower() == key.lower())
    truth.sort(identifier)
    rows = rows.sort_by("source_id")
    for column in truth.colnames:
        named = [c.name for c in table.columns if c.source_name == column]
        ours = renamed.get(column) or (named[0] if named else column.lower())
        if ours in rows.column_names and (name, column) not in {
            ("gbs3", "dec"),
            ("gbs3", "dec_error"),
            ("gbs3", "hd"),
        }:
            assert_equal(rows.column(ours), truth[column], column)
        else:
            assert name in {"gaia_dr3", "gbs3"}, column  # their forms name them otherwise
    assert table.has(*renamed.values())


def test_bright_stars_are_found_under_all_their_names(store: Store, data: Path) -> None:
    """By common and Bayer names, identifiers with and without zeros; HIP and HD join two catalogues."""
    ingest.ingest(store, "bright_crossids", data / "crossids/bright_hip_tyc_gaia.csv")
    ingest.ingest(store, "gbs3", data / "benchmark_stars/joined.fits")
    for name in ("Menkar", "alf Cet", "HD 18884", "HR 911", "TYC 58-1618-1", "TYC 0058-1618-1", "HIP 14135"):
        rows = {(row.table_name, row.row_id) for row in store.star(name).rows}
        assert rows == {("catalogs.bright_crossids", "911"), ("catalogs.gbs3", "14135")}, name
    both = store.star("Rigil Kentaurus")
    assert len(both.objects) == 2  # A and B


def test_gaia_edr3_has_all_108_columns_described(store: Store, data: Path) -> None:
    ingest.ingest(store, "gaia_edr3", data / "ultracool/gaia_edr3_full.vot")
    columns = {c.name: c for c in store.table("gaia_edr3").columns if c.name != "hpx29"}
    assert len(columns) == 108
    assert columns["phot_g_mean_flux"].unit == "'electron'.s**-1"
    assert columns["ra_pseudocolour_corr"].ucd == "stat.correlation;em.wavenumber;pos.eq.ra"
    assert columns["dr2_radial_velocity"].about == "Radial velocity from Gaia DR2"
    assert columns["angular_distance"].unit == "mas"
    assert {c.unit for c in columns.values() if c.type in {"REAL", "DOUBLE"}} >= {
        "mas",
        "mag",
        "deg",
        "K",
        "",
    }


def test_tgas_as_another_program_wrote_it(store: Store, data: Path) -> None:
    file = data / "gaia_formats/smoh_tgas_2rows.csv"
    rows = ingested(store, "tgas", file, 2, "csv").sort_by("source_id")
    with file.open() as stream:
        truth = sorted(csv.DictReader(stream), key=lambda r: int(r["source_id"]))
    assert len(truth[0]) == 59
    texts = {"tycho2_id", "phot_variable_flag"}
    for name in truth[0]:
        found = rows.column(name).to_pylist()
        if name in texts:
            assert found == [r[name] for r in truth]
        elif name in {"hip", "astrometric_delta_q"}:
            assert found == [None, None]  # 999999 and nan
        elif name in {"astrometric_primary_flag", "duplicated_source"}:
            assert found == [chr(int(r[name])) == "T" for r in truth]
        else:
            wanted = np.array([float(r[name]) for r in truth])
            np.testing.assert_allclose(np.array(found, float), wanted, rtol=1e-7, err_msg=name)
    assert rows.column("source_id").to_pylist() == [int(r["source_id"]) for r in truth]
    assert set(rows.column("ref_epoch").to_pylist()) == {2015.0}
    assert not store.table("tgas").positions[0].independent


def test_selected_orbits_and_accelerations(store: Store, data: Path) -> None:
    file = data / "gaia_nss/nss_pool.csv"
    rows = ingested(store, "gaia_nss", file, 9498, "selection").sort_by("source_id")
    with file.open() as stream:
        truth = sorted(csv.DictReader(stream), key=lambda r: int(r["source_id"]))
    assert rows.column("nss_solution_type").to_pylist() == [r["nss_solution_type"] for r in truth]
    for ours, theirs in (
        ("period", "period_d"),
        ("eccentricity", "eccentricity"),
        ("parallax", "parallax"),
        ("v2_score", "v2_score"),
    ):
        assert rows.column(ours).to_pylist() == [
            None if not r[theirs] else float(r[theirs]) for r in truth
        ], ours
    found = (
        store.sql("SELECT nss_solution_type, count(*) FROM catalogs.gaia_nss GROUP BY ALL")
        .arrow()
        .to_pylist()
    )
    kinds = {row["nss_solution_type"]: row["count_star()"] for row in found}
    assert kinds["Orbital"] == 2576
    assert kinds["Acceleration7"] == 5874


def bh3_tables(store: Store, data: Path) -> tuple[pa.Table, pa.Table]:
    """Observations of Gaia BH3 as the paper and as the pre-release give them."""
    paper = ingested(store, "gaia_epoch_astrometry", data / "gaia_nss/bh3/epochast.dat", 622, "bh3")
    ingest.ingest(
        store, "gaia_epoch_astrometry", data / "gaia_epoch/gaia_bh3_epoch_astrometry.csv", name="draft"
    )
    return paper, store.sql("SELECT * FROM catalogs.draft").arrow()


def test_epoch_astrometry_of_the_paper(store: Store, data: Path) -> None:
    rows = bh3_tables(store, data)[0].sort_by([("transit_id", "ascending"), ("ccd", "ascending")])
    truth = np.genfromtxt(
        data / "gaia_nss/bh3/epochast.dat",
        dtype="i8,i4,f8,f8,f8,f8,f8,i4",
        names="transit_id,ccd,jd,centroid_pos_al,centroid_pos_error_al,parallax_factor_al,scan_pos_angle,outlier_flag",
    )
    truth = np.sort(truth, order=["transit_id", "ccd"])
    assert set(rows.column("source_id").to_pylist()) == {4318465066420528000}
    assert rows.column("transit_id").to_pylist() == truth["transit_id"].tolist()
    for name in ("ccd", "centroid_pos_al", "parallax_factor_al", "scan_pos_angle", "outlier_flag"):
        np.testing.assert_array_equal(np.asarray(rows.column(name)), truth[name], err_msg=name)
    np.testing.assert_allclose(
        np.asarray(rows.column("centroid_pos_error_al")), truth["centroid_pos_error_al"], rtol=1e-7
    )
    years = Time(truth["jd"], format="jd", scale="tcb").tdb.jyear
    assert np.abs(np.asarray(rows.column("epoch")) - years).max() < 1e-10  # 3 ms


def test_epoch_astrometry_of_the_pre_release(store: Store, data: Path) -> None:
    rows = bh3_tables(store, data)[1].sort_by("epoch")
    with (data / "gaia_epoch/gaia_bh3_epoch_astrometry.csv").open() as stream:
        truth = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    truth.sort(key=lambda r: float(r["epoch"]))
    assert len(truth) == 631
    for name in ("transit_id", "centroid_pos_al", "scan_pos_angle", "parallax_factor_al", "outlier_flag"):
        assert rows.column(name).to_pylist() == [
            type(x)(r[name]) for x, r in zip(rows.column(name).to_pylist(), truth, strict=True)
        ]
    used = rows.column("used_by_agis_al").to_pylist()
    assert used == [r["used_by_agis_al"] == "true" for r in truth]
    assert sum(used) == 558
    years = Time([float(r["epoch"]) for r in truth], format="mjd", scale="tcb").tdb.jyear
    assert np.abs(np.asarray(rows.column("epoch")) - years).max() < 1e-10


def onboard_days(transit_ids: list[int]) -> np.ndarray:
    """On-board time [d] in a transit's identifier: its bits from 17 on, of 204.8 us each."""
    return np.array([(t >> 17) * 204800e-9 / 86400 for t in transit_ids])


def light_times_in(epoch_yr: np.ndarray, transit_ids: list[int]) -> float:
    """How often the light time from Gaia BH3 to the barycentre is contained in times of transits."""
    from astropy.coordinates import get_body_barycentric  # noqa: PLC0415

    board = onboard_days(transit_ids)
    earth_au = get_body_barycentric("earth", Time(epoch_yr, format="jyear", scale="tdb")).xyz.to_value("au")
    ra, dec = np.radians([294.8278, 14.9309])
    star = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    light_days = 1.01 * (star @ earth_au) * 499.004784 / 86400  # Gaia is 1 percent further out than the Earth
    model = np.column_stack([np.ones_like(board), board, light_days])
    return float(np.linalg.lstsq(model, epoch_yr * 365.25 - board, rcond=None)[0][2])


def test_what_the_times_of_gaia_bh3_contain(store: Store, data: Path) -> None:
    """Measured, not stated anywhere: twice the light time in the paper's table, none in the pre-release, once in the velocities."""
    paper, draft = bh3_tables(store, data)
    velocities = ingested(store, "gaia_epoch_rv", data / "gaia_nss/bh3/epochrv.dat", 17, "bh3")
    for table, wanted in ((paper, 2), (draft, 0), (velocities, 1)):
        found = light_times_in(np.asarray(table.column("epoch")), table.column("transit_id").to_pylist())
        assert found == pytest.approx(wanted, abs=0.01)


def test_epoch_velocities_of_the_paper(store: Store, data: Path) -> None:
    rows = ingested(store, "gaia_epoch_rv", data / "gaia_nss/bh3/epochrv.dat", 17, "bh3").sort_by(
        "transit_id"
    )
    truth = np.sort(
        np.genfromtxt(data / "gaia_nss/bh3/epochrv.dat", dtype="i8,f8,f8,f8", names="t,jd,rv,e"), order="t"
    )
    assert rows.column("transit_id").to_pylist() == truth["t"].tolist()
    assert rows.column("radial_velocity").to_pylist() == truth["rv"].tolist()
    assert rows.column("radial_velocity_error").to_pylist() == truth["e"].tolist()
    assert (
        np.abs(np.asarray(rows.column("epoch")) - Time(truth["jd"], format="jd", scale="tdb").jyear).max()
        < 1e-10
    )


def test_names_of_bright_stars(store: Store, data: Path) -> None:
    from astropy.coordinates import Angle  # noqa: PLC0415

    file = data / "crossids/bright_hip_tyc_gaia.csv"
    rows = ingested(store, "bright_crossids", file, 9092, "csv").sort_by("source_id").to_pylist()
    with file.open() as stream:
        truth = list(csv.DictReader(stream))

    def named(row: dict[str, str], label: str) -> str | None:
        """The first name with the label; HR, BD and CD are names of variable stars too, such as HR CMa."""
        names = [n.strip()[len(label) :] for n in row["IDs"].split(";") if n.strip().startswith(label)]
        return next((n for n in names if n[0].isdigit()), None)

    truth.sort(key=lambda r: int(named(r, "HR ") or 0))
    assert [r["source_id"] for r in rows] == [int(named(r, "HR ") or 0) for r in truth]
    for column, label in (("hip", "HIP "), ("hd", "HD "), ("gaia_dr3_source_id", "GAIA "), ("sao", "SAO ")):
        assert [r[column] for r in rows] == [int(n) if (n := named(t, label)) else None for t in truth], (
            column
        )
    for column, label in (("tyc", "TYC "), ("wds", "WDS "), ("gj", "GJ ")):
        assert [r[column] for r in rows] == [named(t, label) for t in truth], column
    assert sum(r["gaia_dr3_source_id"] is not None for r in rows) == 7511
    ra = Angle([t["RA"] for t in truth], unit="hourangle").deg
    dec = Angle([t["Dec"] for t in truth], unit="deg").deg
    np.testing.assert_allclose([r["ra"] for r in rows], ra, atol=1e-11)
    np.testing.assert_allclose([r["dec"] for r in rows], dec, atol=1e-11)
    pmra = [
        float(t["pmRA"]) * 15000 * np.cos(np.radians(d)) if t["pmRA"] else None
        for t, d in zip(truth, dec, strict=True)
    ]
    np.testing.assert_allclose(np.array([r["pmra"] for r in rows], float), np.array(pmra, float), rtol=1e-9)
    assert [r["p"] for r in rows] == [float(t["P"]) if t["P"] else None for t in truth]


def test_positions_of_bright_stars_are_of_j2000(store: Store, data: Path) -> None:
    """Moved to 2000.0 Hipparcos agrees with them, at its own epoch it does not."""
    ingest.ingest(store, "bright_crossids", data / "crossids/bright_hip_tyc_gaia.csv")
    ingest.ingest(store, "hipparcos", data / "hipparcos/hip_main_bright.dat.gz")
    query = """SELECT median(abs(b.dec - h.dec - h.pmdec * dt / 3.6e6)) * 3.6e6 AS off_mas FROM catalogs.bright_crossids b
        JOIN catalogs.hipparcos h ON b.hip = h.source_id, (VALUES (0), (8.75)) AS t(dt)
        WHERE abs(h.pmdec) > 50 GROUP BY dt ORDER BY dt"""
    at_1991, at_2000 = store.sql(query).arrow().column("off_mas").to_pylist()
    assert at_2000 < 30
    assert at_1991 > 700


@pytest.mark.parametrize(
    ("name", "file", "count", "zero_is_missing"),
    [
        ("rebull2016", "pleiades/rebull2016_crossids.csv", 754, ("Vmag", "Per3", "Per4", "LPer", "vsini")),
        ("sanghi2023", "ultracool/sanghi2023_multi.csv", 1054, ()),
    ],
)
def test_every_column_of_csv_is_the_files(
    store: Store, data: Path, name: str, file: str, count: int, zero_is_missing: tuple[str, ...]
) -> None:
    rows = ingested(store, name, data / file, count, "csv").to_pylist()
    table = store.table(name)
    ours = {c.source_name or c.name: c.name for c in table.columns}
    with (data / file).open() as stream:
        truth = list(csv.DictReader(stream))
    key = next(n for n, column in ours.items() if column == "source_id")
    by_id = {str(r["source_id"]): r for r in rows}
    assert set(truth[0]) <= set(ours)
    for wanted in truth:
        row = by_id[wanted[key]]
        for theirs, text in wanted.items():
            found, text = row[ours[theirs]], text.strip()
            if text in {"", "Null", "NaN", "-999"} or (theirs in zero_is_missing and text == "0.0"):
                assert found is None, (theirs, text)
            elif isinstance(found, bool):
                assert str(found).lower() == text.lower(), theirs
            elif isinstance(found, str):
                assert found == text, theirs
            else:
                assert found == pytest.approx(float(text), rel=1e-6), theirs


def test_2mass_designations_of_ultracool_dwarfs(store: Store, data: Path) -> None:
    rows = ingested(store, "ultracool_twomass", data / "ultracool/twomass_designations.vot", 1861, "votable")
    truth = read(data / "ultracool/twomass_designations.vot")
    pairs = zip(rows.column("source_id").to_pylist(), rows.column("designation").to_pylist(), strict=True)
    assert sorted(pairs) == sorted(
        (str(a), str(b)) for a, b in zip(truth["db_names"], truth["designation"], strict=True)
    )


@pytest.mark.parametrize(
    ("name", "file", "count"),
    [
        ("hipparcos2", "hipparcos", 192),
        ("twomass", "tmass", 189),
        ("allwise", "allwise", 179),
        ("gaia_dr3", "gaiadr3", 180),
        ("gbs3", "joined", 192),
    ],
)
def test_each_table_of_the_benchmark_stars_has_a_spec(
    store: Store, data: Path, name: str, file: str, count: int
) -> None:
    report = ingest.ingest(store, name, data / f"benchmark_stars/{file}.fits")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (count, count, 0)
