"""Every file of the shared data: ingested as its catalogue says, row by row counted, or no catalogue, and why."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

import catalogdb
import ingest


class Entry(NamedTuple):
    """A file, and the spec that reads it, "" for `ingest --table`; rows read are rows kept and rejected."""

    file: str
    catalogue: str
    form: str
    read: int
    kept: int
    rejected: int = 0


# One line for each file, in the order of the folder.
CATALOGUES = [
    Entry(*line)
    for line in (
        ("alpha_cen/HD128620_ALMA.abs", "absolute_positions", "abs", 11, 11),
        ("alpha_cen/HD128620_HARPS.rv", "radial_velocities", "rv", 5088, 5088),
        ("alpha_cen/HD128620_hip.abs", "absolute_positions", "abs", 35, 35),
        ("alpha_cen/HD128621_ALMA.abs", "absolute_positions", "abs", 11, 11),
        ("alpha_cen/HD128621_ALMA.rel", "relative_positions", "rel", 11, 11),
        ("alpha_cen/HD128621_HARPS.rv", "radial_velocities", "rv", 12266, 12266),
        ("alpha_cen/HD128621_hip.abs", "absolute_positions", "abs", 35, 35),
        ("alpha_cen/kervella2016_astrometry.dat", "kervella2016", "text", 25, 25),
        ("alpha_cen/wds14396-6050.txt", "wds_measures", "lines", 524, 524),
        ("apass/ey_uma_apass.ecsv", "apass", "vizier_ecsv", 54, 54),
        ("apass/ey_uma_refcat2.ecsv", "refcat2", "vizier_ecsv", 187, 187),
        ("apogee/APOKASC2.h5", "apokasc2", "hdf5", 6676, 6676),
        ("apogee/thecannon_apogee_dr12_labels.csv", "apogee", "labels", 9618, 9618),
        ("benchmark_stars/allwise.fits", "allwise", "archive", 179, 179),
        ("benchmark_stars/gaiadr3.fits", "gaia_dr3", "fits", 180, 180),
        ("benchmark_stars/hipparcos.fits", "hipparcos2", "archive", 192, 192),
        ("benchmark_stars/joined.fits", "gbs3", "fits", 192, 192),
        ("benchmark_stars/tmass.fits", "twomass", "archive", 189, 189),
        ("crossids/bright_hip_tyc_gaia.csv", "bright_crossids", "csv", 9092, 9092),
        ("cyg_x1/allRV.off", "radial_velocities", "phase", 529, 526, 3),
        ("cyg_x1/cyg_x1_measurements_combined.txt", "absolute_positions", "vlbi", 11, 11),
        ("gaia_dr2_fields/mzlsbass2_chunk-00799.fits", "gaia_dr2", "fits", 97, 97),
        ("gaia_dr2_fields/mzlsbass2_chunk-00881.fits", "gaia_dr2", "fits", 95, 95),
        ("gaia_dr2_fields/testcase12_chunk-04795.fits", "gaia_dr2", "fits", 353, 353),
        ("gaia_dr2_fields/testcase12_chunk-04923.fits", "gaia_dr2", "fits", 6, 6),
        ("gaia_dr2_fields/testcase3_chunk-04759.fits", "gaia_dr2", "fits", 122, 122),
        ("gaia_dr2_fields/testcase3_chunk-04886.fits", "gaia_dr2", "fits", 97, 97),
        ("gaia_dr2_fields/testcase3_chunk-04887.fits", "gaia_dr2", "fits", 252, 252),
        ("gaia_dr2_fields/testcase3_chunk-05015.fits", "gaia_dr2", "fits", 238, 238),
        ("gaia_dr2_fields/testcase4_chunk-03458.fits", "gaia_dr2", "fits", 1, 1),
        ("gaia_dr2_fields/testcase4_chunk-03459.fits", "gaia_dr2", "fits", 0, 0),
        ("gaia_dr2_fields/testcase4_chunk-03586.fits", "gaia_dr2", "fits", 148, 148),
        ("gaia_dr2_fields/testcase6_chunk-03559.fits", "gaia_dr2", "fits", 113, 113),
        ("gaia_dr2_fields/testcase6_chunk-03687.fits", "gaia_dr2", "fits", 897, 897),
        ("gaia_dr2_fields/testcase8_chunk-05483.fits", "gaia_dr2", "fits", 884, 884),
        ("gaia_dr2_fields/testcase8_chunk-05610.fits", "gaia_dr2", "fits", 0, 0),
        ("gaia_dr2_fields/testcase8_chunk-05611.fits", "gaia_dr2", "fits", 10, 10),
        ("gaia_dr2_fields/testcase8_chunk-05739.fits", "gaia_dr2", "fits", 0, 0),
        ("gaia_dr2_fields/testcase9_chunk-05571.fits", "gaia_dr2", "fits", 0, 0),
        ("gaia_dr2_fields/testcase9_chunk-05699.fits", "gaia_dr2", "fits", 217, 217),
        ("gaia_dr2_fields/testcase9_chunk-05827.fits", "gaia_dr2", "fits", 0, 0),
        ("gaia_epoch/gaia_bh3_epoch_astrometry.csv", "gaia_epoch_astrometry", "csv", 631, 631),
        ("gaia_formats/HD_219829_query_results.ecsv", "gaia_dr2", "ecsv", 6, 6),
        ("gaia_formats/Meibom_2011_X_GaiaDR2.csv", "gaia_dr2", "csv", 118, 118),
        ("gaia_formats/astroquery_1710099405832VAL-result.vot", "gaia_dr3", "votable", 2, 2),
        ("gaia_formats/astroquery_1712337806100O-result.ecsv", "gaia_dr3", "ecsv", 5, 5),
        ("gaia_formats/astroquery_cone_search.json", "gaia_dr3", "json", 50, 50),
        ("gaia_formats/pyvo_vizier_I_355_gaiadr3_5rows.xml", "gaia_dr3", "vizier", 5, 5),
        ("gaia_formats/smoh_tgas_2rows.csv", "tgas", "csv", 2, 2),
        ("gaia_nss/bh3/epochast.dat", "gaia_epoch_astrometry", "bh3", 622, 622),
        ("gaia_nss/bh3/epochrv.dat", "gaia_epoch_rv", "bh3", 17, 17),
        ("gaia_nss/nss_pool.csv", "gaia_nss", "selection", 9498, 9498),
        ("gsc2/gsc24_jwst_guidestars_from_spelunker_docs.csv", "gsc24", "mast", 11, 11),
        ("hgca/HGCA-test-subset.fits", "hgca", "fits", 3, 3),
        ("hgca/hgca_subset.csv", "hgca", "vizier_csv", 379, 379),
        ("hipparcos/hip2_vizier_part.tsv", "hipparcos2", "vizier", 18967, 18966, 1),
        ("hipparcos/hip_dm_g.dat", "hipparcos_dmsa_g", "native", 2622, 2622),
        ("hipparcos/hip_main_bright.dat.gz", "hipparcos", "native", 9933, 9933),
        ("kruger60/HD239960_WDS.rel", "relative_positions", "rel_alpha", 292, 292),
        ("lamost/lamost_dr9_gaia_dr3.csv", "lamost_lrs", "gaia_match", 1838, 1838),
        ("lamost/lamost_labels.fits", "apogee", "lamost_labels", 1387, 1387),
        ("ngc188/gaia_dr2.fits", "gaia_dr2", "fits", 4876, 4876),
        ("ngc188/twomass.ecsv", "twomass", "vizier_ecsv", 5014, 5014),
        ("orb6/orb6orbits.txt", "orb6", "fixed", 3794, 3794),
        ("orb6/orb6orbits_2018.sql.txt", "orb6", "sql", 2942, 2942),
        ("pleiades/gaia_dr3.fits", "gaia_dr3", "fits", 50000, 50000),
        ("pleiades/rebull2016_crossids.csv", "rebull2016", "csv", 754, 754),
        ("radial_velocities/iwander_Famaey2005.tsv", "famaey2005", "vizier", 6690, 6690),
        ("radial_velocities/iwander_Galah.tsv", "galah", "dr1", 10680, 10680),
        ("rotation_curves/rc_Ablimit20.txt", "ablimit2020", "text", 19, 19),
        ("rotation_curves/rc_Eilers19.txt", "eilers2019", "text", 38, 38),
        ("rotation_curves/rc_Mroz19.txt", "mroz2019", "ogle", 773, 773),
        ("rotation_curves/rc_Zhou23.txt", "zhou2023", "text", 34, 34),
        ("rv/Birkby2017_table1.txt", "birkby2017", "native", 639, 639),
        ("sb9/Alias.dta", "sb9", "alias", 16821, 16821),
        ("sb9/Main.dta", "sb9", "main", 4004, 4004),
        ("sb9/Notes.dta", "sb9_notes", "native", 23165, 23165),
        ("sb9/Orbits.dta", "sb9", "orbits", 5014, 5014),
        ("twomass/irsa_7rows.xml", "twomass", "irsa", 7, 7),
        ("twomass/vizier_full_columns.vot", "twomass", "vizier", 683, 683),
        ("tycho2/legacypipe/mzlsbass2_tycho2.kd.fits", "tycho2", "legacypipe", 90, 90),
        ("tycho2/legacypipe/mzlsbass3_tycho2.kd.fits", "tycho2", "legacypipe", 5, 5),
        ("tycho2/legacypipe/mzlsbass_tycho2.kd.fits", "tycho2", "legacypipe", 1, 1),
        ("tycho2/legacypipe/testcase12_tycho2.kd.fits", "tycho2", "legacypipe", 98, 98),
        ("tycho2/legacypipe/testcase3_tycho2.kd.fits", "tycho2", "legacypipe", 123, 123),
        ("tycho2/legacypipe/testcase4_tycho2.kd.fits", "tycho2", "legacypipe", 64, 64),
        ("tycho2/legacypipe/testcase5_tycho2.kd.fits", "tycho2", "legacypipe", 1, 1),
        ("tycho2/legacypipe/testcase6_tycho2.kd.fits", "tycho2", "legacypipe", 236, 236),
        ("tycho2/legacypipe/testcase8_tycho2.kd.fits", "tycho2", "legacypipe", 167, 167),
        ("tycho2/legacypipe/testcase9_tycho2.kd.fits", "tycho2", "legacypipe", 94, 94),
        ("tycho2/suppl_1.dat.gz", "tycho2_suppl_1", "native", 17588, 17588),
        ("tycho2/suppl_2.dat.gz", "tycho2_suppl_2", "native", 1146, 1146),
        ("ucac4/z001", "ucac4", "native", 206, 206),
        ("ucac4/z001.asc", "ucac4", "ascii", 206, 206),
        ("ucac5/z001", "ucac5", "native", 181, 181),
        ("ultracool/dr2_dr3_designations.vot", "gaia_dr3_dr2", "votable", 1265, 1265),
        ("ultracool/gaia_edr3_full.vot", "gaia_edr3", "votable", 1265, 1265),
        ("ultracool/sanghi2023_multi.csv", "sanghi2023", "csv", 1054, 1054),
        ("ultracool/twomass_designations.vot", "ultracool_twomass", "votable", 1861, 1861),
        ("urat1/z340", "urat1", "native", 46745, 46745),
        ("urat1/z900", "urat1", "native", 35, 35),
        ("wds/keck.dat", "kellogg2017", "table", 11, 11),
        ("wds/visual_data_besselian.csv", "twa3_measures", "csv", 12, 12),
        ("wds/wds11105-3732.txt", "wds_measures", "delivery", 42, 42),
        ("wds/wds_summ_head_2012.txt", "wds", "native", 22, 22),
        ("wide_binaries/elbadry2021_2rows.fits", "elbadry2021", "fits", 2, 2),
    )
]  # fmt: skip

WAITING: tuple[tuple[str, str], ...] = ()
"""(file, catalogue): of catalogues whose spec is not written yet. Each is to become a line above."""

OTHER = {
    "README.md": "description of the folder",
    "gaia_nss/bh3/LICENSE.txt": "terms of use",
    "gaia_nss/bh3/README.md": "description of its folder",
    "orb6/orb6format.txt": "description of the format",
    "rv/Birkby2017_readme.txt": "description of the format",
    "sb9/ReadMe.txt": "description of the format",
    "spectra/cannon/cannon_test_data.npz": "arrays of spectra and their labels",
    "spectra/cannon/trained_apokasc_gc_ind_feh_fix.txt": "coefficients of a model of spectra",
    "spectra/cannon/trained_apokasc_gc_ind_feh_fix_baseline_labels.txt": "labels at the centre of a model of spectra",
    "spectra/cannon/trained_apokasc_gc_ind_feh_fix_scatter.txt": "scatter of a model of spectra",
    "spectra/lamost/med-58268-HIP95119KP01_sp12-076.fits.gz": "one spectrum",
    "spectra/lamost/spec-57287-KP193637N444141V03_sp10-161.fits.gz": "one spectrum",
    "spectra/lamost/spec-58397-EG014118N254444M01_sp03-031.fits": "one spectrum",
    "spectra/payne/NN_normalized_spectra_old.npz": "weights of a model of spectra",
    "spectra/payne/apogee_mask.npz": "mask of pixels",
    "spectra/payne/apogee_wavelength.npz": "wavelengths of pixels",
    "spectra/payne/cannon_cont_pixels_apogee.npz": "pixels of the continuum",
    "spectra/payne/combined_2M13012770+5754582.npz": "one spectrum",
    "tycho2/index.dat.gz": "where each region begins in the main file, which is not here: no stars",
    "visual_sb2/HIP111170.in3": "one star in the format of a program: header, measures and velocities; input of the fit of orbits",
    "wds/datarequest_key.txt": "description of the format",
    "wds/wdsweb_format.txt": "description of the format",
}  # fmt: skip
"""Files that are no catalogue, and why."""

TOGETHER = {"sb9", "gaia_dr2_fields"}
"""Folders whose files of one catalogue are ingested with one command, into one table."""


def test_every_file_is_listed_once(data: Path) -> None:
    found = sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())
    listed = [entry.file for entry in CATALOGUES] + [file for file, _ in WAITING] + list(OTHER)
    assert sorted(listed) == found


def test_what_waits_for_its_spec() -> None:
    if WAITING:
        pytest.skip(f"not read yet: {', '.join(f'{file} ({catalogue})' for file, catalogue in WAITING)}")


def batches() -> list[list[Entry]]:
    """The entries by the command that ingests them: alone, or with those of their catalogue and folder."""
    groups: dict[str, list[Entry]] = {}
    for entry in CATALOGUES:
        folder = entry.file.split("/")[0]
        key = f"{folder}:{entry.catalogue}" if folder in TOGETHER else entry.file
        groups.setdefault(key, []).append(entry)
    return list(groups.values())


@pytest.mark.parametrize("entries", batches(), ids=lambda entries: entries[0].file)
def test_every_row_is_kept_or_rejected(
    store: catalogdb.Store, data: Path, tmp_path: Path, entries: list[Entry]
) -> None:
    files = [data / entry.file for entry in entries]
    catalogue = entries[0].catalogue
    name = "".join(c if c.isalnum() else "_" for c in f"t_{catalogue}_{entries[0].file}".lower())
    rejects = tmp_path / "rejects.csv" if any(entry.rejected for entry in entries) else None
    if catalogue:
        report = ingest.ingest(store, catalogue, files, name=name, rejects=rejects)
    else:
        report = ingest.ingest_table(store, files[0], name, rejects=rejects)
    told = [
        Entry(entry.file, catalogue, each.form, each.rows_read, each.rows_kept, each.rows_rejected)
        for entry, each in zip(entries, report.ingests, strict=True)
    ]
    assert told == entries
    assert report.rows_read == report.rows_kept + report.rows_rejected
    assert store.sql(f"SELECT count(*) FROM catalogs.{name}").fetchall() == [(report.rows_kept,)]
