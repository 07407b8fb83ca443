"""Tycho-2: both supplements line by line, the main layout from its ReadMe, and derived main rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import ingest
from catalogdb.store import Store

# The example line of the ReadMe's layout, and one whose flag X says that it has no mean position.
MEAN = (
    "0001 00008 1| |  2.31750494|  2.23184345|  -16.3|   -9.0| 68| 73| 1.7| 1.8|1958.89|1951.94"
    "| 4|1.0|1.0|0.9|1.0|12.146|0.158|12.146|0.223|999| "
    "|         |  2.31754222|  2.23186444|1.67|1.54| 88.0|100.8| |-0.2"
)
NO_MEAN = (
    "0001 00009 1|X|            |            |       |       |   |   |    |    |       |       "
    "|  |   |   |   |   |12.146|0.158|12.146|0.223| 13|T"
    "|    12A  |  3.31754222|  2.23186444|1.67|1.54| 88.0|100.8|D| 0.1"
)


@pytest.mark.parametrize(("number", "count"), [(1, 17588), (2, 1146)])
def test_a_supplement_is_its_lines(store: Store, data: Path, tmp_path: Path, number: int, count: int) -> None:
    name, file = f"tycho2_suppl_{number}", data / f"tycho2/suppl_{number}.dat.gz"
    report = ingest.ingest(store, name, file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (count, count, 0)
    rows = store.sql(f"SELECT * FROM catalogs.{name} ORDER BY tyc1, tyc2, tyc3").arrow()
    with gzip.open(file, "rt") as stream:
        truth = sorted(line.rstrip("\n") for line in stream)
    parts = [line.split("|") for line in truth]
    identifiers = ["-".join(str(int(x)) for x in p[0].split()) for p in parts]
    assert rows.column("source_id").to_pylist() == identifiers
    for place, column in {
        2: "ra",
        3: "dec",
        4: "pmra",
        5: "pmdec",
        6: "ra_error",
        9: "pmdec_error",
        11: "btmag",
    }.items():
        wanted = [float(p[place]) if p[place].strip() else np.nan for p in parts]
        np.testing.assert_array_equal(
            np.asarray(rows.column(column).to_numpy(zero_copy_only=False), float), wanted
        )
    ingest.write_native(name, "native", rows, tmp_path / "suppl.dat")
    for ours, theirs in zip((tmp_path / "suppl.dat").read_text().splitlines(), truth, strict=True):
        # The file pads degrees with zeros; all else is equal, byte by byte.
        assert (ours[:15], ours[40:]) == (theirs[:15], theirs[40:])
        assert [float(x) for x in ours[15:40].split("|")] == [float(x) for x in theirs[15:40].split("|")]


def test_the_main_layout_has_mean_and_observed_positions(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "tyc2.dat"
    file.write_text(f"{MEAN}\n{NO_MEAN}\n")
    report = ingest.ingest(store, "tycho2", file)
    assert (report.rows_kept, report.without_position) == (2, 1)
    rows = store.sql("SELECT * FROM catalogs.tycho2 ORDER BY source_id").arrow().to_pylist()
    first, second = rows
    assert (first["source_id"], first["ra"], first["dec"], first["ref_epoch"]) == (
        "1-8-1", 2.31750494, 2.23184345, 2000.0,
    )  # fmt: skip
    assert (first["observed_ra"], first["observed_ra_epoch"], first["observed_dec_epoch"]) == (
        2.31754222, 1991.67, 1991.54,
    )  # fmt: skip
    # 68 mas at 1958.89, carried to 2000 by 1.7 mas/yr.
    assert first["ra_error"] == pytest.approx(np.hypot(68, 1.7 * (2000 - 1958.89)), rel=1e-12)
    assert (second["ra"], second["hpx29"], second["pflag"], second["hip"], second["ccdm"]) == (
        None,
        None,
        "X",
        12,
        "A",
    )
    assert second["observed_ra"] == 3.31754222
    assert second["prox"] == pytest.approx(1.3)
    assert first["prox"] is None
    ingest.write_native(
        "tycho2", "native", store.sql("SELECT * FROM catalogs.tycho2 ORDER BY source_id").arrow(), file
    )
    assert file.read_text() == f"{MEAN}\n{NO_MEAN}\n"


def test_the_independent_position_is_the_observed_one() -> None:
    listed, observed = ingest.spec_table(ingest.load_spec("tycho2")).positions
    assert (listed.ra, listed.independent) == ("ra", False)
    assert (observed.ra, observed.ra_epoch, observed.independent) == (
        "observed_ra",
        "observed_ra_epoch",
        True,
    )


def test_derived_main_rows_agree_with_their_table(store: Store, data: Path) -> None:
    total = 0
    for file in sorted((data / "tycho2/legacypipe").glob("*.fits")):
        report = ingest.ingest(store, "tycho2", file, mode="replace" if total else "create")
        truth = fits.getdata(file, 1)
        assert report.rows_kept == len(truth)
        total += len(truth)
        rows = store.sql("SELECT * FROM catalogs.tycho2 ORDER BY tyc1, tyc2, tyc3").arrow()
        truth = truth[np.lexsort((truth["tyc3"], truth["tyc2"], truth["tyc1"]))]
        zero = truth["mean_ra"] == 0
        ra = np.asarray(rows.column("ra").to_numpy(zero_copy_only=False), float)
        np.testing.assert_array_equal(np.isnan(ra), zero)
        np.testing.assert_array_equal(ra[~zero], truth["mean_ra"][~zero])
        np.testing.assert_array_equal(np.asarray(rows.column("observed_dec")), truth["dec"])
        error = np.asarray(rows.column("observed_ra_error"))
        np.testing.assert_allclose(error, truth["sigma_ra"].astype(float) * 3.6e6, rtol=1e-12)
        known = np.asarray(rows.column("pmra").to_numpy(zero_copy_only=False), float)
        sure = truth["sigma_pm_ra"] > 0
        np.testing.assert_allclose(known[sure], truth["pm_ra"][sure].astype(float) * 1000, rtol=1e-6)
        assert np.isnan(known[~sure]).all()
    assert total == 879
