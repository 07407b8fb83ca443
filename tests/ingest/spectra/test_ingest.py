"""Files of spectra into a store: both tables, provenance, what is refused, and what survives a kill."""

from __future__ import annotations

import csv
import gzip
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import catalogdb
from catalogdb import read_spectra, read_spectrum
from catalogdb.errors import DataError, TableExists, TableNotFound
from catalogdb.store import Store
from ingest.spectra import How, NoSpectrum, SpectrumError, job, reading
from ingest.spectra.layout import Notes
from tests.ingest.spectra import natives


def make_files(folder: Path) -> Path:
    """Four low-resolution spectra of two grids, one of them packed, in a folder with something else."""
    folder.mkdir()
    for i in range(4):
        pixels = natives.PIXELS + (i == 3)
        path = natives.lamost_lrs(
            folder / f"spec-{i}.fits", obsid=i, seed=i, pixels=pixels, ra=90.0 * i, dec=i
        )
    (folder / "spec-3.fits.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    (folder / "notes.txt").write_text("observed at dawn\n")
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files of `make_files`, of this test's own."""
    return make_files(tmp_path / "files")


@pytest.fixture(scope="module")
def stored(once) -> Iterator[Store]:
    """A store with these files in spectrum and an APOGEE spectrum in apogee, only to be read."""

    def fill(folder: Path) -> None:
        with catalogdb.open(folder / "sky", create=True) as store:
            store.spectra(make_files(folder / "files"))
            store.spectra(natives.apstar(folder / "apStar.fits"), name="apogee")

    with catalogdb.open(once("spectra", fill) / "sky") as opened:
        yield opened


def test_both_tables_are_published_together(store: Store, files: Path) -> None:
    report = store.spectra(files)
    assert (report.spectra, report.files, report.grids, store.snapshot) == (4, 4, 2, 1)
    assert [path.name for path in report.strangers] == ["notes.txt"]
    assert [t.qualified_name for t in store.tables()] == ["catalogs.spectrum", "catalogs.spectrum_grid"]
    assert {(each.form, each.rows_read, each.rows_kept) for each in report.ingests} == {("lamost_lrs", 1, 1)}
    packed = (files / "spec-3.fits.gz").read_bytes()
    assert report.ingests[3].sha256 == hashlib.sha256(packed).hexdigest()
    # A spectrum that is there already is refused, whatever else its file has.
    other = natives.lamost_lrs(files.parent / "other.fits", obsid=3, seed=5)
    with pytest.raises(SpectrumError, match=r"spec_id 3 stands in spec-3\.fits\.gz too"):
        store.spectra(other, mode="append")


def test_what_was_stored_is_what_the_file_has(stored: Store) -> None:
    rows = stored.sql("SELECT hpx29 FROM spectrum").fetchall()
    assert rows == sorted(rows)
    assert stored.sql(
        "SELECT sum(rows_kept) FROM provenance.ingests WHERE form = 'lamost_lrs'"
    ).fetchall() == [(4,)]
    data = fits.getdata(stored.path.parent / "files" / "spec-2.fits")
    found = read_spectrum(stored, "2")
    assert found.flux.dtype == np.float32
    assert np.array_equal(found.flux, data[0], equal_nan=True)
    assert np.array_equal(found.wavelength_angstrom, data[2].astype("f8"))
    assert np.array_equal(found.ivar, np.where(np.isnan(data[0]), 0, data[1]))
    assert found.row["radial_velocity"] == -29.9792458
    rest = found.wavelength_angstrom / (1 - 0.0001)
    assert np.allclose(found.rest_wavelength_angstrom(), rest, rtol=1e-14)
    with pytest.raises(DataError, match="has no spectrum 22; did you mean 2"):
        read_spectrum(stored, "22")
    with pytest.raises(DataError, match="is no table of spectra"):
        read_spectrum(stored, "2", "catalogs.spectrum_grid")


def test_many_spectra_come_in_batches_of_one_grid(stored: Store) -> None:
    found = list(read_spectra(stored, columns=["object_id", "snr"], rows=2))
    assert sum(len(each.spec_id) for each in found) == 4
    assert all(each.flux.shape == (len(each.spec_id), len(each.grid.wavelength_angstrom)) for each in found)
    assert {len(each.grid.wavelength_angstrom) for each in found} == {natives.PIXELS, natives.PIXELS + 1}
    (only,) = read_spectra(stored, where="ra > $ra", parameters={"ra": 200.0})
    assert only.spec_id == ["3"]
    with pytest.raises(DataError, match="no column snt; did you mean snr"):
        next(read_spectra(stored, columns=["snt"]))


def test_masked_pixels_have_no_weight(stored: Store) -> None:
    found = read_spectrum(stored, "apo25m.040+60.2M15000439+2645333", "apogee")
    assert (found.ivar[4], found.ivar[6]) == (0, 1 / 16)
    assert found.mask is not None
    assert found.mask[4] == 1
    assert found.rest_wavelength_angstrom() is found.wavelength_angstrom  # it is at rest already


def test_lists_are_asked_in_adql_and_come_as_arrays(stored: Store) -> None:
    asked = stored.adql(
        "SELECT TOP 1 s.spec_id, s.flux, g.wavelength FROM spectrum AS s JOIN spectrum_grid AS g"
        " ON s.grid_id = g.grid_id WHERE s.spec_id = '1'"
    )
    row = asked.table()[0]
    assert len(row["flux"]) == len(row["wavelength"]) == natives.PIXELS
    assert np.ma.getmaskarray(row["flux"])[7] or np.isnan(row["flux"][7])
    assert asked.table()["wavelength"].unit == "Angstrom"


def test_arms_and_surveys_share_one_table(store: Store, tmp_path: Path) -> None:
    store.spectra(natives.lamost_mrs(tmp_path / "med.fits"))
    store.spectra([natives.desi(tmp_path / "desi.fits"), natives.galah_dr3(tmp_path)], mode="append")
    counts = store.sql("SELECT layout, count(*) FROM spectrum GROUP BY ALL ORDER BY 1").fetchall()
    assert counts == [("desi", 9), ("galah_dr3", 1), ("lamost_mrs", 2)]
    assert store.sql("SELECT count(*), count(DISTINCT grid_id) FROM spectrum_grid").fetchall() == [(6, 6)]
    assert store.sql("SELECT count(*) FROM spectrum SEMI JOIN spectrum_grid USING (grid_id)").fetchall() == [
        (12,)
    ]
    # The same grids again: none is added.
    report = store.spectra(natives.desi(tmp_path / "more.fits", first=100, seed=7), mode="append")
    assert (report.spectra, report.grids) == (9, 0)


def test_a_spec_id_stands_once(store: Store, files: Path, tmp_path: Path) -> None:
    natives.lamost_lrs(files / "copy.fits", obsid=2, seed=99)
    with pytest.raises(SpectrumError, match=r"spec-2\.fits: spec_id 2 stands in copy\.fits too: leave one"):
        store.spectra(files)
    assert store.tables() == ()
    report = store.spectra(files, rejects=tmp_path / "bad.csv")
    assert report.spectra == 4
    with (tmp_path / "bad.csv").open() as stream:
        assert [(Path(row["file"]).name, row["spec_id"]) for row in csv.DictReader(stream)] == [
            ("spec-2.fits", "2"),
            ("notes.txt", ""),
        ]


def test_modes_known_files_and_precision(store: Store, files: Path, tmp_path: Path) -> None:
    with pytest.raises(TableNotFound):
        store.spectra(files, mode="append")
    store.spectra([files / "spec-0.fits", files / "spec-1.fits"])
    with pytest.raises(TableExists):
        store.spectra(files)
    with pytest.raises(DataError, match=r"has the spectra of .*spec-0\.fits already .*--skip-known"):
        store.spectra(files, mode="append")
    report = store.spectra(files, mode="append", skip_known=True)
    assert (report.spectra, [path.name for path in report.known]) == (2, ["spec-0.fits", "spec-1.fits"])
    assert store.sql("SELECT count(*), count(DISTINCT spec_id) FROM spectrum").fetchall() == [(4, 4)]
    nothing = store.spectra(files, mode="append", skip_known=True)
    assert (nothing.ingests, nothing.snapshot) == ((), report.snapshot)
    assert store.spectra(files / "spec-1.fits", mode="replace").grids == 1
    assert store.row_count("spectrum_grid") == 1
    # 64 bits have no room in a table of 32, and those of 32 have in one of 64.
    path = natives.galah_dr3(tmp_path)
    with fits.open(path) as hdus:
        hdus[4].data = hdus[4].data.astype("f8") + 1e-12
        hdus.writeto(path, overwrite=True)
    with pytest.raises(DataError, match="32 bits .* 64: they would lose precision.*--as NAME"):
        store.spectra(path, mode="append")
    store.spectra([path, files / "spec-0.fits"], name="two")
    assert store.table("two").column("flux").type == "DOUBLE[]"
    assert np.array_equal(read_spectrum(store, "170418003701205-1", "two").flux, fits.getdata(path, 4))
    low = fits.getdata(files / "spec-0.fits")[0]
    assert np.array_equal(read_spectrum(store, "0", "two").flux, low, equal_nan=True)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def headless(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2000])


def without(*keywords: str):
    def change(path: Path) -> None:
        with fits.open(path, mode="update") as hdus:
            for keyword in keywords:
                del hdus[0].header[keyword]

    return change


def four_rows(path: Path) -> None:
    with fits.open(path, mode="update") as hdus:
        hdus[0].data = hdus[0].data[:4]


def disordered(path: Path) -> None:
    with fits.open(path, mode="update") as hdus:
        hdus[0].data[2, 5] = 1.0


def far(path: Path) -> None:
    with fits.open(path, mode="update") as hdus:
        hdus[0].header["DEC"] = 91.0


def told(**values):
    def change(path: Path) -> None:
        with fits.open(path, mode="update") as hdus:
            natives.put(hdus[0].header, values)

    return change


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (truncated, r"extension Flux: the file is truncated: it has 3000 bytes, and the data .* byte \d+"),
        (headless, "extension 0: the header has no END"),
        (without("RA"), "extension Flux: there is no RA .*--no-position"),
        (without("OBSID"), "the header has no OBSID"),
        (without("VACUUM"), "the header has no VACUUM"),
        (four_rows, r"the image has the shape \(4, 40\); 5 rows are expected"),
        (disordered, "in no order: pixel 6 has 1 Angstrom after 37"),
        (far, "DEC 91.0 is no position"),
        (told(VACUUM="yes"), "VACUUM is 'yes', neither true nor false"),
        (told(HELIO=2), "HELIO is 2, neither true nor false"),
        (told(RA="01:37:30.4"), "RA is '01:37:30.4', which is no number: it is expected in degrees"),
        (lambda path: path.write_bytes(b""), "by its name it is a FITS file, but it is empty; fetch it"),
        (lambda path: path.write_bytes(b"<html>404"), "a FITS file, but it begins with b'<html>404'"),
        (lambda path: path.write_bytes(gzip.compress(path.read_bytes())[:-20]), "truncated or damaged"),
    ],
)
def test_a_bad_file_is_told_where_and_why(tmp_path: Path, spoil, words: str) -> None:
    bad = natives.lamost_lrs(tmp_path / "spec.fits")
    spoil(bad)
    with pytest.raises(SpectrumError, match=words) as caught:
        reading.read_whole(bad, How(), Notes())
    assert str(bad) in str(caught.value)


def test_a_bad_file_stops_it_or_is_set_aside(store: Store, files: Path) -> None:
    bad, listed = files / "spec-1.fits", files.parent / "bad.csv"
    truncated(bad)
    with pytest.raises(SpectrumError, match=r"spec-1\.fits, extension Flux: the file is truncated"):
        store.spectra(files)
    assert store.tables() == ()
    without("RA", "DEC")(files / "spec-2.fits")
    report = store.spectra(files, rejects=listed, no_position=True)
    assert (report.spectra, len(report.rejected), report.without_position) == (3, 1, 1)
    assert str(bad) in listed.read_text()
    assert store.sql("SELECT spec_id FROM spectrum WHERE hpx29 IS NULL").fetchall() == [("2",)]


@pytest.mark.parametrize(("yes", "no"), [("T", "F"), (1, 0), ("true", "false")])
def test_vacuum_and_frame_are_what_the_header_says_in_any_form(tmp_path: Path, yes, no) -> None:
    for name, value, expected in (
        ("yes.fits", yes, ("vacuum", "heliocentric")),
        ("no.fits", no, ("air", "observed")),
    ):
        path = natives.lamost_lrs(tmp_path / name)
        told(VACUUM=value, HELIO=value)(path)
        grid = reading.read_whole(path, How(), Notes())[2][0].grid
        assert (grid.medium, grid.frame) == expected


def test_downloads_that_failed_are_damage_and_strangers_are_listed(store: Store, files: Path) -> None:
    listed = files.parent / "bad.csv"
    (files / "none.fits.gz").touch()
    with fits.open(files / "spec-0.fits", mode="update") as hdus:
        hdus[0].data[0] = np.nan
    with pytest.raises(SpectrumError, match=r"none\.fits\.gz: by its name"):
        store.spectra(files)
    report = store.spectra(files, rejects=listed)
    assert [Path(each.file).name for each in report.rejected] == ["none.fits.gz"]
    assert [path.name for path in report.strangers] == ["notes.txt"]
    assert (report.spectra, report.without_pixels) == (4, 1)
    assert "notes.txt" in listed.read_text()


def test_missing_extensions_and_strangers_by_name(store: Store, tmp_path: Path) -> None:
    path = natives.desi(tmp_path / "desi.fits")
    with fits.open(path) as hdus:
        kept = [hdu.copy() for hdu in hdus if hdu.name != "R_IVAR"]
        fits.HDUList(kept).writeto(tmp_path / "less.fits")
    with pytest.raises(
        SpectrumError, match=r"less\.fits: there is no extension R_IVAR \(there are: .*B_IVAR"
    ):
        store.spectra(tmp_path / "less.fits")
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "picture.fits")
    with pytest.raises(
        NoSpectrum, match=r"picture\.fits: it is in no known layout .*PRIMARY; known: lamost_lrs"
    ):
        store.spectra(tmp_path / "picture.fits")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="is a folder without files"):
        store.spectra(tmp_path / "empty")
    with pytest.raises(DataError, match="no such file"):
        store.spectra(tmp_path / "none.fits")
    with pytest.raises(DataError, match="named twice"):
        store.spectra([path, path])
    with pytest.raises(DataError, match="no spectrum could be read"):
        store.spectra(tmp_path / "picture.fits", rejects=tmp_path / "bad.csv")


def test_pieces_and_large_files_give_the_same_table(
    store: Store, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = natives.desi(files / "desi.fits", targets=5)
    store.spectra(files, name="at_once")
    monkeypatch.setattr(job, "PIECE_BYTES", 1)
    monkeypatch.setattr(reading, "BIG_BYTES", large.stat().st_size)
    told: list[tuple[str, int, int | None]] = []
    store.spectra(files, name="by_pieces", progress=lambda *step: told.append(step))
    for name in ("at_once", "by_pieces"):
        assert store.row_count(f"{name}_grid") == 5
    difference = "SELECT * FROM {} EXCEPT ALL SELECT * FROM {}"
    assert store.sql(difference.format("at_once", "by_pieces")).rows == 0
    assert store.sql(difference.format("at_once_grid", "by_pieces_grid")).rows == 0
    assert ("merging by_pieces, spectra", 19, 19) in told
    assert not list((store.path / "staging").glob("*.pieces"))


def test_what_was_read_outlives_ctrl_c_and_kill_9(
    store: Store, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "PIECE_BYTES", 1)

    def stop(label: str, done: int, total: int | None) -> None:
        if label.endswith("files") and done == 3:
            # What kill -9 leaves is the folder as it is now, pieces and drafts and all.
            shutil.copytree(store.path, tmp_path / "killed")
            (tmp_path / "killed" / "staging" / "catalogs.spectrum.pieces" / "piece.0_1.building").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="2 of 5 files are read and kept"):
        store.spectra(files, progress=stop)
    read: list[str] = []
    whole = job.read_whole
    monkeypatch.setattr(job, "read_whole", lambda path, *rest: read.append(path.name) or whole(path, *rest))
    words: list[str] = []
    with catalogdb.open(tmp_path / "killed") as later:
        assert later.tables() == ()
        report = later.spectra(files, show=words.append)
        assert (report.spectra, report.resumed) == (4, 2)
        assert read == ["notes.txt", "spec-2.fits", "spec-3.fits.gz"]
        assert words == ["2 of 5 files were read before and are not read again"]
        assert later.sql("SELECT count(*), count(DISTINCT spec_id) FROM spectrum").fetchall() == [(4, 4)]
        assert later.check().ok
