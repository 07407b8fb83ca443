"""The annex of double and multiple systems: real rows of part G, line by line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import ingest
from catalogdb.store import Store


def test_part_g_is_its_lines(store: Store, data: Path, tmp_path: Path) -> None:
    file = data / "hipparcos/hip_dm_g.dat"
    report = ingest.ingest(store, "hipparcos_dmsa_g", file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (2622, 2622, 0)
    rows = store.sql("SELECT * FROM catalogs.hipparcos_dmsa_g ORDER BY source_id").arrow()
    truth = sorted(file.read_text().splitlines(), key=lambda line: int(line[:6]))
    parts = [line.split("|") for line in truth]
    for place, column in enumerate(
        ["source_id", "gra", "gde", "e_gra", "e_gde", "fg", "dgra", "dgde", "e_dgra", "e_dgde", "fdg"]
    ):
        wanted = [float(p[place]) if p[place].strip() else np.nan for p in parts]
        ours = np.asarray(rows.column(column).to_numpy(zero_copy_only=False), float)
        np.testing.assert_allclose(ours, wanted, rtol=1e-6, err_msg=column)  # fg, fdg are REAL
    assert set(rows.column("num").to_pylist()) == {7, 9}
    ingest.write_native("hipparcos_dmsa_g", "native", rows, tmp_path / "g.dat")
    assert (tmp_path / "g.dat").read_text().splitlines() == truth


def test_its_correlations_are_those_of_the_main_catalogue(store: Store, data: Path) -> None:
    ingest.ingest(store, "hipparcos_dmsa_g", data / "hipparcos/hip_dm_g.dat")
    with gzip.open(data / "hipparcos/hip_main_bright.dat.gz", "rt") as stream:
        main = {int(f[1]): f for f in (line.split("|") for line in stream) if f[19].strip()}
    names = ["ra_dec_corr", "ra_parallax_corr", "dec_parallax_corr", "ra_pmra_corr", "dec_pmra_corr",
             "parallax_pmra_corr", "ra_pmdec_corr", "dec_pmdec_corr", "parallax_pmdec_corr", "pmra_pmdec_corr"]  # fmt: skip
    rows = store.sql(f"SELECT source_id, {', '.join(names)} FROM catalogs.hipparcos_dmsa_g").fetchall()
    common = [row for row in rows if row[0] in main]
    assert len(common) == 461
    printed = [[float(x) for x in main[row[0]][19:29]] for row in common]
    # The main catalogue rounds to 0.01, the codes to 0.003 at most.
    np.testing.assert_allclose([row[1:] for row in common], printed, atol=0.007)


def test_a_cubic_solution_by_eye(store: Store, data: Path) -> None:
    ingest.ingest(store, "hipparcos_dmsa_g", data / "hipparcos/hip_dm_g.dat")
    row = store.sql(
        "SELECT gra, gde, dgra, dgde, fdg, num, ra_dec_corr, dgra_dgde_corr "
        "FROM catalogs.hipparcos_dmsa_g WHERE source_id = 340"
    ).fetchall()[0]
    assert row[:4] == (3.16, -0.99, -29.08, -17.63)
    assert (row[4], row[5]) == (pytest.approx(3.84), 9)
    # 532 and 510: 82 and 60 of 549 parts of a right angle
    assert row[6:] == pytest.approx((np.sin(82 / 549 * np.pi / 2), np.sin(60 / 549 * np.pi / 2)))
