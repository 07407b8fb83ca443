"""Gaia's orbits with covariances, and epoch astrometry of the DR4 pre-release, in files that astropy writes."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io.votable import from_table
from astropy.io.votable.converters import get_converter
from astropy.table import Table
from astropy.time import Time
from typer.testing import CliRunner

import catalogdb
import ingest
from catalogdb.astrometry import PARAMETERS
from catalogdb.cli import app
from catalogdb.errors import BadRecord
from catalogdb.store import Store

ORBITAL = (
    *PARAMETERS,
    "a_thiele_innes",
    "b_thiele_innes",
    "f_thiele_innes",
    "g_thiele_innes",
    "eccentricity",
    "period",
    "t_periastron",
)


def correlations(rng: np.random.Generator, size: int) -> np.ndarray:
    """A matrix of correlations that can occur."""
    samples = rng.normal(size=(size, 3 * size)) + rng.normal(size=3 * size)
    return np.corrcoef(samples)


def packed(matrix: np.ndarray, room: int) -> list[float]:
    """The upper triangle, column by column, in a vector with `room` for the largest model."""
    elements = [matrix[i, j] for j in range(len(matrix)) for i in range(j)]
    return [*elements, *[np.nan] * (room - len(elements))]


def orbits(vectors: list[list[float]]) -> Table:
    """One astrometric and one spectroscopic orbit, of which the latter has no astrometric errors."""
    table = Table({"solution_id": [1, 1], "source_id": [10, 11], "nss_solution_type": ["Orbital", "SB1"]})
    for name in ("ra", "dec"):
        table[name] = [1.0, 2.0]
        table[name + "_error"] = np.array([0.5, np.nan], "f4")
    for name in ORBITAL[2:]:
        table[name] = [0.25, np.nan]
        table[name + "_error"] = np.array([0.5, np.nan], "f4")
    table["bit_index"] = [8191, 127]
    table["corr_vec"] = np.array(vectors, "f4")
    return table


def write(table: Table, file: Path, reader: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if reader == "csv":
            table = table.copy()
            table["corr_vec"] = [json.dumps([float(x) for x in row]) for row in table["corr_vec"]]
            for name in table.colnames:
                if table[name].dtype.kind == "f":
                    table[name] = ["null" if np.isnan(x) else repr(float(x)) for x in table[name]]
            table.write(file, format="ascii.csv")
        else:
            table.write(file, format={"ecsv": "ascii.ecsv"}.get(reader, reader))


@pytest.mark.parametrize("reader", ["csv", "ecsv", "votable", "fits"])
def test_covariances_of_orbits(store: Store, tmp_path: Path, reader: str) -> None:
    rng = np.random.default_rng(3)
    astrometric, spectroscopic = correlations(rng, 12), correlations(rng, 6)
    file = tmp_path / f"nss.{reader}"
    write(orbits([packed(astrometric, 231), packed(spectroscopic, 231)]), file, reader)
    report = ingest.ingest(store, "gaia_nss", file)
    assert (report.rows_kept, report.ingests[0].form) == (2, reader)
    one, two = store.sql("SELECT * FROM catalogs.gaia_nss ORDER BY source_id").arrow().to_pylist()
    for j, b in enumerate(PARAMETERS):
        for i, a in enumerate(PARAMETERS[:j]):
            assert one[f"{a}_{b}_corr"] == pytest.approx(astrometric[i, j], abs=1e-7)
            assert two[f"{a}_{b}_corr"] is None
    # Element (i, j) of a model, counted from 1, stands at (j - 1)(j - 2)/2 + i: here of period and eccentricity.
    (found,) = (
        store.sql("SELECT corr_vec[10 * 9 // 2 + 10] AS r FROM catalogs.gaia_nss WHERE source_id = 10")
        .arrow()
        .to_pylist()
    )
    assert found["r"] == pytest.approx(
        astrometric[ORBITAL.index("eccentricity"), ORBITAL.index("period")], abs=1e-7
    )
    assert len(two["corr_vec"]) == 231
    assert two["corr_vec"][14:16] == [pytest.approx(spectroscopic[4, 5], abs=1e-7), None]
    assert two["parallax"] is None


PER_TRANSIT = {
    "solution_id": "i8", "source_id": "i8", "transit_id": "i8", "ra0": "f8", "dec0": "f8", "agis_source_excess_noise": "f4",
    "obs_time_bary_corr": "f4", "zeta": "f4", "parallax_factor_al": "f4", "parallax_factor_ac": "f4",
    "nu_eff_used_in_astrometry": "f4", "nu_eff_error": "f4", "transit_acq_flags": "i2", "transit_proc_flags": "i2",
    "multipeak": "?", "blended": "?", "g_mag": "f4", "g_class": "i2", "ac_rate": "f4",
}  # fmt: skip
PER_CCD = {
    "obs_time_tcb": "i8", "scan_pos_angle": "f8", "colour_factor_al": "f4", "colour_factor_ac": "f4", "centroid_pos_al": "f8",
    "centroid_pos_ac": "f8", "calculated_pos_ac": "f8", "centroid_pos_error_al": "f4", "centroid_pos_error_ac": "f4",
    "used_by_agis_al": "?", "used_by_agis_ac": "?", "ccd_proc_flags": "i2", "ipd_error_al": "f4", "ipd_error_ac": "f4",
    "gates": "i2", "source_dist_to_last_ci": "f4", "sub_pixel_coord": "f4", "mu": "f4",
}  # fmt: skip
EMPTY = ("centroid_pos_ac", "centroid_pos_error_ac")
TRANSITS = 7


def pre_release(file: Path) -> Table:
    """A VOTable in the layout of the pre-release: ten CCDs to a transit, nothing measured across scan."""
    rng = np.random.default_rng(4)
    table = Table()
    for name, kind in PER_TRANSIT.items():
        table[name] = rng.integers(1, 100, TRANSITS).astype(kind)
    table["source_id"], table["transit_id"] = [7] * TRANSITS, np.arange(TRANSITS) + 2**55
    table["obs_time_bary_corr"] = np.array([3e11, -2e11, *[np.nan] * (TRANSITS - 2)], "f4")
    for name, kind in PER_CCD.items():
        column = np.empty(TRANSITS, object)
        for row in range(TRANSITS):
            values = rng.integers(1, 100, 10).astype(kind)
            if name == "obs_time_tcb":
                values = 200_000_000_000_000_000 + row * 10**15 + 4_856_000_000 * np.arange(10)
            if kind == "f4":
                values[0] = np.nan
            if name in EMPTY:  # the real file has lists of no elements, which astropy can not write
                values[:] = np.nan
            column[row] = np.ma.MaskedArray(values, mask=np.zeros(10, bool))
        table[name] = column
    document = from_table(table)
    for field in document.get_first_table().fields:
        if (
            field.datatype == "bit"
        ):  # archives write boolean; astropy does not pack bits as the standard has it
            field.datatype = "boolean"
            field.converter = get_converter(field)
    document.to_xml(str(file), tabledata_format="binary2")
    return table


def test_epoch_astrometry_of_the_pre_release(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "GAIA_DR4_PRERELEASE_EPOCH_ASTROMETRY_RAW.xml"
    truth = pre_release(file)
    assert len(truth.colnames) == 37
    report = ingest.ingest(store, "gaia_epoch_astrometry", file)
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (
        10 * TRANSITS,
        10 * TRANSITS,
        "raw",
    )
    rows = store.sql("SELECT * FROM catalogs.gaia_epoch_astrometry ORDER BY transit_id, ccd").arrow()
    assert rows.column("ccd").to_pylist() == list(range(10)) * TRANSITS
    for name in (n for n in PER_CCD if n not in EMPTY):
        wanted = [None if x != x else x for row in truth[name] for x in row.tolist()]
        assert rows.column(name).to_pylist() == wanted, name
    for name in EMPTY:
        assert rows.column(name).null_count == len(rows)
    for name in (n for n in PER_TRANSIT if n != "obs_time_bary_corr"):
        assert rows.column(name).to_pylist() == np.repeat(truth[name], 10).tolist(), name
    days = np.concatenate([np.asarray(row) for row in truth["obs_time_tcb"]]) / 8.64e13
    at_gaia = Time(2455197.5, days, format="jd", scale="tcb").tdb.jyear
    assert np.abs(np.asarray(rows.column("epoch_gaia")) - at_gaia).max() < 1e-10
    light = np.repeat(np.asarray(truth["obs_time_bary_corr"], float), 10) / 8.64e13
    epochs = np.array(rows.column("epoch").to_pylist(), float)
    assert np.array_equal(np.isnan(epochs), np.isnan(light))
    off = epochs - Time(2455197.5, days + np.nan_to_num(light), format="jd", scale="tcb").tdb.jyear
    assert np.nanmax(np.abs(off)) < 1e-10


def test_neighbours_in_other_catalogues(store: Store, tmp_path: Path) -> None:
    """A Gaia source may have several matches in a catalogue that is sparser than Gaia."""
    file = tmp_path / "Tycho2tdscMergeBestNeighbour.csv"
    file.write_text(
        "source_id,original_ext_source_id,angular_distance,xm_flag,tycho2tdsc_merge_oid,number_of_neighbours\n"
        "5,1-13-1,0.25,8,17,1\n5,1-13-2,0.5,8,18,1\n"
    )
    report = ingest.ingest(store, "gaia_dr3_tycho2", file)
    assert report.rows_kept == 2
    assert store.table("gaia_dr3_tycho2").column("angular_distance").unit == "arcsec"


def test_the_releases_and_what_is_made_of_them_count_as_one() -> None:
    family = [
        s
        for s in ingest.catalogues()
        if s.name.startswith("gaia") or s.name in {"tgas", "elbadry2021", "rebull2016"}
    ]
    assert {s.shared_data_group for s in family} == {"gaia"}
    assert all(s.verified for s in family)
    epochs = {s.name: (s.frame, s.ref_epoch) for s in family if s.ref_epoch}
    assert epochs["gaia_dr1"] == epochs["tgas"] == ("Gaia-CRF1", 2015.0)
    assert epochs["gaia_dr2"] == ("Gaia-CRF2", 2015.5)
    assert epochs["gaia_edr3"] == epochs["gaia_dr3"] == epochs["gaia_nss"] == ("Gaia-CRF3", 2016.0)


@pytest.mark.parametrize(
    ("name", "other"), [("gaia_dr3", 2015.5), ("gaia_dr2", 2016.0), ("gaia_dr1", 2015.5)]
)
def test_rows_of_another_release_are_refused(tmp_path: Path, name: str, other: float) -> None:
    file = tmp_path / "source.csv"
    file.write_text(f"source_id,ref_epoch,ra,dec\n1,{other},10,20\n")
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        with pytest.raises(BadRecord, match=f"line 2, column ref_epoch: is not the epoch of {name}"):
            ingest.ingest(store, name, file)
        report = ingest.ingest(store, name, file, rejects=tmp_path / "rejects.csv")
        assert (report.rows_read, report.rows_kept, report.rows_rejected) == (1, 0, 1)


@pytest.mark.parametrize(
    ("name", "own", "other"),
    [
        ("gaia_dr3", "Gaia DR3", "Gaia DR2"),
        ("gaia_dr3", "Gaia DR3", "Gaia EDR3"),
        ("gaia_dr2", "Gaia DR2", "Gaia DR3"),
        ("gaia_edr3", "Gaia EDR3", "Gaia DR3"),
    ],
)
def test_a_designation_of_another_release_is_refused(
    store: Store, tmp_path: Path, name: str, own: str, other: str
) -> None:
    file = tmp_path / "source.csv"
    rows = [f"1,{own} 1,10,20", f"2,{other} 2,10,20", "3,null,10,20", f'4,"""{own} 4""",1,2']
    file.write_text("\n".join(["source_id,designation,ra,dec", *rows, ""]))
    with pytest.raises(BadRecord, match=f"line 3, column designation: does not begin with {own}: a row of"):
        ingest.ingest(store, name, file)
    report = ingest.ingest(store, name, file, rejects=tmp_path / "rejects.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (4, 3, 1)


def test_an_epoch_that_no_column_tells_is_said(store: Store, tmp_path: Path) -> None:
    without, told = tmp_path / "without.csv", []
    without.write_text("source_id,ra,dec\n1,10,20\n")
    report = ingest.ingest(store, "gaia_dr3", without, show=told.append)
    assert told == ["no column ref_epoch in without.csv: taken as 2016.0 of gaia_dr3"]
    assert report.epoch_assumed == (without,)
    own = tmp_path / "own.csv"
    own.write_text("source_id,ref_epoch,ra,dec\n2,2016.0,10,20\n")
    report = ingest.ingest(store, "gaia_dr3", own, mode="append", show=told.append)
    assert (len(told), report.epoch_assumed) == (1, ())


def test_on_the_command_line_it_is_said_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("source_id,ra,dec\n1,10,20\n")
    done = CliRunner().invoke(app, ["ingest", "gaia_dr3", f"{tmp_path}/a.csv", "--store", f"{tmp_path}/sky"])
    assert "no column ref_epoch in a.csv: taken as 2016.0 of gaia_dr3" in done.stderr
    assert "no column" not in done.stdout
