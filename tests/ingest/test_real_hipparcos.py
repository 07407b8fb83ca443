"""The Hipparcos Catalogue: real lines of hip_main.dat against a reading of our own."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

import ingest
from catalogdb.store import Store

FILE = "hipparcos/hip_main_bright.dat.gz"
# Number of the field between bars (CDS I/239, H1 to H28), and the column.
FIELDS = {
    8: "ra", 9: "dec", 11: "parallax", 12: "pmra", 13: "pmdec", 14: "ra_error", 15: "dec_error",
    16: "parallax_error", 17: "pmra_error", 18: "pmdec_error", 19: "ra_dec_corr", 20: "ra_parallax_corr",
    21: "dec_parallax_corr", 22: "ra_pmra_corr", 23: "dec_pmra_corr", 24: "parallax_pmra_corr",
    25: "ra_pmdec_corr", 26: "dec_pmdec_corr", 27: "parallax_pmdec_corr", 28: "pmra_pmdec_corr",
    5: "vmag", 32: "btmag", 37: "b_v", 40: "v_i", 44: "hpmag", 51: "period", 64: "rho",
}  # fmt: skip


def lines(file: Path) -> list[list[str]]:
    with gzip.open(file, "rt") as stream:
        rows = [[part.strip() for part in line.rstrip("\n").split("|")] for line in stream]
    return sorted(rows, key=lambda parts: int(parts[1]))


def test_every_number_is_that_of_the_line(store: Store, data: Path) -> None:
    report = ingest.ingest(store, "hipparcos", data / FILE)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (9933, 9933, 0)
    assert report.without_position == 5
    rows = store.sql("SELECT * FROM catalogs.hipparcos ORDER BY source_id").arrow()
    truth = lines(data / FILE)
    assert rows.column("source_id").to_pylist() == [int(parts[1]) for parts in truth]
    for number, name in FIELDS.items():
        wanted = [float(parts[number]) if parts[number] else np.nan for parts in truth]
        found = np.asarray(rows.column(name).to_numpy(zero_copy_only=False), float)
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if name in REAL else 0, err_msg=name)
    assert rows.column("sptype").to_pylist() == [parts[76] or None for parts in truth]
    assert set(rows.column("ref_epoch").to_pylist()) == {1991.25}


REAL = {"vmag", "b_v", "v_i", "rho"}


def test_stars_without_a_solution_have_no_cell(store: Store, data: Path) -> None:
    ingest.ingest(store, "hipparcos", data / FILE)
    ((nowhere,),) = store.sql(
        "SELECT count(*) FROM catalogs.hipparcos "
        "WHERE hpx29 IS NULL AND ra IS NULL AND dec IS NULL AND parallax IS NULL"
    ).fetchall()
    assert nowhere == 5


def test_the_lines_are_written_as_they_were(store: Store, data: Path, tmp_path: Path) -> None:
    ingest.ingest(store, "hipparcos", data / FILE)
    rows = store.sql("SELECT * FROM catalogs.hipparcos").arrow()
    ingest.write_native("hipparcos", "native", rows, tmp_path / "hip_main.dat")
    written = (tmp_path / "hip_main.dat").read_text().splitlines()
    again = sorted(([x.strip() for x in line.split("|")] for line in written), key=lambda p: int(p[1]))
    for ours, theirs in zip(again, lines(data / FILE), strict=True):
        for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if number not in {8, 9, 31}:  # zero-padded degrees; the repeated number is not kept
                assert a == b, (theirs[1], number)
