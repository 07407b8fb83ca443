"""Reading spectra: simulated low-resolution files of LAMOST, by a plain loop of astropy and by the store.

    [CATALOGDB_MEMORY_LIMIT=500MB] python tests/bench/bench_spectra.py --files 2000 [--folder DIR] [--ingest]

The loop opens each file, takes the five rows and the keywords that a table of spectra needs, and keeps
nothing. The store checks, sums, writes, orders and publishes them. Memory is the peak of a process that
does nothing else.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

PIXELS = 3909
KEYWORDS = (
    *("OBSID", "DESIG", "OBJNAME", "DATA_V", "RA", "DEC", "DATE-OBS", "EXPTIME", "FIBERMAS", "HELIO"),
    *("HELIO_RV", "VACUUM", "CLASS", "SUBCLASS", "Z", "Z_ERR", "SNRG", "TELESCOP"),
)


def simulate(folder: Path, files: int, seed: int = 1) -> None:
    """Write files of one grid; noise of 20 spectra is used again and again, with other keywords."""
    rng = np.random.default_rng(seed)
    wavelength = 10 ** (3.5682 + 1e-4 * np.arange(PIXELS)).astype("f4")
    whole: list[bytes] = []
    for _ in range(20):
        flux, ivar = rng.normal(1000, 20, PIXELS), rng.uniform(1e-3, 4e-3, PIXELS)
        hdu = fits.PrimaryHDU(np.vstack([flux, ivar, wavelength, 0 * flux, 0 * flux]).astype("f4"))
        told: dict[str, Any] = {
            "TELESCOP": "LAMOST", "OBSID": 0, "DATA_V": "DR7", "DESIG": "LAMOST J0", "OBJNAME": "simulated",
            "DATE-OBS": "2018-10-05T12:00:00", "RA": 0.0, "DEC": 0.0, "EXPTIME": 1800.0, "FIBERMAS": 0,
            "HELIO": True, "HELIO_RV": 1.0, "VACUUM": True, "CLASS": "STAR", "SUBCLASS": "G2", "Z": 1e-4,
            "Z_ERR": 1e-5, "SNRG": 50.0,
        }  # fmt: skip
        for key, value in told.items():
            hdu.header[key] = value
        for i in range(100):
            hdu.header[f"OTHER{i}"] = (i * 1.5, "as many cards as a real header has")
        path = folder / "one.fits"
        hdu.writeto(path, overwrite=True)
        whole.append(path.read_bytes())
        path.unlink()
    ra, dec = rng.uniform(0, 360, files), np.degrees(np.arcsin(rng.uniform(-0.1, 0.99, files)))
    for i in range(files):
        data = whole[i % 20]
        for key, value in (("OBSID", i + 1), ("RA", round(ra[i], 6)), ("DEC", round(dec[i], 6))):
            start = data.index(f"{key:8s}=".encode())
            data = data[:start] + f"{key:8s}= {value:>20}".ljust(80).encode() + data[start + 80 :]
        (folder / f"spec-{i:06d}.fits").write_bytes(data)


def by_astropy(folder: Path, _: Path) -> int:
    """The plain loop."""
    pixels = 0
    for path in sorted(folder.iterdir()):
        with fits.open(path) as hdus:
            header, data = hdus[0].header, hdus[0].data
            told = {key: header[key] for key in KEYWORDS}
            flux, ivar, wavelength, _mask, _or_mask = (np.array(row) for row in data)
            pixels += len(told) and len(flux) + 0 * len(ivar) * len(wavelength)
    return pixels


def by_reader(folder: Path, _: Path) -> int:
    """The store's reader alone: file, sum, layout, checks, masks."""
    from ingest.spectra import How
    from ingest.spectra.layout import Notes
    from ingest.spectra.reading import read_whole

    return sum(
        each.flux.size for path in sorted(folder.iterdir()) for each in read_whole(path, How(), Notes())[2]
    )


def by_store(folder: Path, sky: Path) -> int:
    """The whole ingest."""
    import catalogdb

    with catalogdb.open(sky, create=True) as store:
        print(f"memory_limit {store.settings.memory_limit}")
        return int(store.spectra(folder).spectra) * PIXELS


def read_back(folder: Path, sky: Path) -> int:
    """All of the table as matrices."""
    import catalogdb

    with catalogdb.open(sky) as store:
        return sum(each.flux.size for each in catalogdb.read_spectra(store))


def measured(work: Callable[[Path, Path], int], folder: Path, sky: Path) -> tuple[float, float, float, int]:
    """Seconds, processor seconds, peak memory [MB] and pixels, of a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_run, (work, folder, sky))


def _run(work: Callable[[Path, Path], int], folder: Path, sky: Path) -> tuple[float, float, float, int]:
    started, busy = time.perf_counter(), time.process_time()
    pixels = work(folder, sky)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.perf_counter() - started, time.process_time() - busy, peak, pixels


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--ingest", action="store_true", help="the ingest and its reading back alone")
    given = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="spectra-", dir=given.folder))
    try:
        folder, sky = base / "files", base / "sky"
        folder.mkdir()
        simulate(folder, given.files)
        print(f"{given.files} simulated files of {PIXELS} pixels, {folder}")
        print(f"{'':34s}{'s':>8s}{'cpu s':>8s}{'files/s':>9s}{'peak MB':>9s}")
        every = (
            ("astropy, plain loop", by_astropy),
            ("the store's reader alone", by_reader),
            ("ingest: read, order, publish", by_store),
            ("read_spectra: all as matrices", read_back),
        )
        for name, work in every[2:] if given.ingest else every:
            seconds, busy, peak, pixels = measured(work, folder, sky)
            assert pixels == given.files * PIXELS, (name, pixels)
            print(f"{name:34s}{seconds:8.2f}{busy:8.2f}{given.files / seconds:9.0f}{peak:9.0f}")
        size = sum(file.stat().st_size for file in (sky / "tables").rglob("*") if file.is_file())
        print(f"store: {size / 1e6:.0f} MB of {given.files * PIXELS * 4 * 5 / 1e6:.0f} MB of images")
    finally:
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
