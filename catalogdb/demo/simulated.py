"""The main job on a simulated sky: native files, tables, matches, epochs, accelerations, score."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from catalogdb import app
from catalogdb.demo import picture
from catalogdb.demo.scores import ALPHA, expected_alarms, injected_significance, pulls, recoveries
from catalogdb.demo.teller import Teller, shown
from catalogdb.store import Store

MOTHER = "gaia_dr3"
OTHERS = ("hipparcos", "hipparcos2", "tycho2", "twomass", "allwise", "ucac4", "ucac5", "urat1", "gaia_dr2")
MATCHED = ("hipparcos2", "twomass", "urat1")
"""Catalogues whose match with the mother is shown by itself; the epochs table matches all."""

RADIUS_ARCSEC = 3.0
TOLD_ABOVE_SIGMA = 7.0
"""Injected significance above which the search has to be complete."""

FILES = {
    "hipparcos": "hip_main.dat",
    "hipparcos2": "hip2.dat",
    "tycho2": "tyc2.dat",
    "twomass": "psc_aaa",
    "allwise": "wise-allwise-cat-part01",
    "ucac4": "z{zone:03d}",
    "ucac5": "z{zone:03d}",
    "urat1": "z{zone:03d}",
    "gaia_dr2": "gaia_dr2.csv",
    "gaia_dr3": "gaia_dr3.fits",
    "npm1": "npm1.csv",
    "gsc22": "gsc22.csv",
    "apass": "apass9.dat",
    "gaia_dr1": "gaia_dr1.csv",
}
"""The native files; those of zone catalogues are one to a zone of declination. The last four are of the
catalogues that paper 004 needs beside those of the demo."""

FORMS = {"gaia_dr3": "fits", "npm1": "csv", "gsc22": "stsci"}
"""The form of files that have not the first of the catalogue's specification."""


def run(store: Store, folder: Path, tell: Teller, *, n_stars: int, seed: int) -> Path:
    """Run every step, telling what comes out, and return the picture's path."""
    tell.heading(f"1. A simulated sky of {n_stars:,} stars (seed {seed}), as native files")
    truth_table, sky = app.simulated_sky(n_stars, seed)
    native = folder / "native"
    files = write_files(sky.catalogues, native)
    tell.line(f"{sum(map(len, files.values()))} files of {len(files)} catalogues in {native}")
    store.publish(truth_table, sky.truth, mode="replace")
    _ingest(store, files, sky.catalogues, folder, tell)
    _match(store, tell)
    _epochs(store, tell)
    runs = _analyze(store, tell)
    stars = scored(store, runs["gls"])
    _score(stars, tell)
    file = folder / "acceleration.png"
    picture.draw(stars, file)
    _next(store, file, tell)
    return file


def write_files(catalogues: Mapping[str, pa.Table], native: Path) -> dict[str, list[Path]]:
    """Write every catalogue's native files, replacing those of an earlier run."""
    shutil.rmtree(native, ignore_errors=True)
    files: dict[str, list[Path]] = {}
    for name, rows in catalogues.items():
        (native / name).mkdir(parents=True)
        files[name] = []
        for file, part in _parts(rows, FILES[name]):
            path = native / name / file
            app.write_native(name, FORMS.get(name), part, path)
            files[name].append(path)
    return files


def _parts(rows: pa.Table, pattern: str) -> Iterator[tuple[str, pa.Table]]:
    """Yield the files of a catalogue and their rows; records of a zone stand in the order of identifiers."""
    if "{zone" not in pattern:
        yield pattern, rows
        return
    dec = rows["dec"].to_numpy()
    zones = np.clip(np.floor((dec + 90.0) / 0.2), 0, 899).astype(np.int64) + 1
    for zone in np.unique(zones).tolist():
        yield pattern.format(zone=zone), rows.filter(pa.array(zones == zone)).sort_by("source_id")


def _ingest(
    store: Store,
    files: Mapping[str, list[Path]],
    written: Mapping[str, pa.Table],
    folder: Path,
    tell: Teller,
) -> None:
    tell.heading("2. Ingest: each file checked, brought to ICRS, degrees and mas, ordered by HEALPix")
    tell.line("  two records of hip_main.dat are spoilt first: one torn off, one at declination +91")
    spoil(files["hipparcos"][0])
    rows = []
    for name, paths in files.items():
        rejects = folder / f"{name}.rejects" if name == "hipparcos" else None
        report = app.ingest(store, name, paths, mode="replace", rejects=rejects)
        counts = (report.rows_read, report.rows_kept, report.rows_rejected)
        blank = (report.without_position, report.without_epoch)
        rows.append((name, len(paths), *counts, *blank, report.seconds))
    names = ("table", "files", "rows read", "kept", "rejected", "no position", "no epoch", "s")
    tell.grid(names, rows)
    balanced = all(read == kept + rejected for _, _, read, kept, rejected, *_ in rows)
    tell.check("rows read = kept + rejected, in every table", "yes", "yes" if balanced else "no", balanced)
    lost = [
        f"{len(written[name]) - kept} of {name}"
        for name, _, _, kept, *_ in rows
        if kept != len(written[name])
    ]
    tell.check(
        "simulated rows that were set aside", "2 of hipparcos", ", ".join(lost), lost == ["2 of hipparcos"]
    )


def spoil(file: Path) -> None:
    """Tear the tenth record of a text file off in its middle, and move the twentieth past the pole."""
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[9] = lines[9][:200]
    fields = lines[19].split("|")
    fields[9] = "+91.00000000"
    lines[19] = "|".join(fields)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _match(store: Store, tell: Teller) -> None:
    tell.heading(f"3. Cross-match in SQL, within {RADIUS_ARCSEC:g} arcsec")
    rows = []
    for name in MATCHED:
        for epoch in ("none", "right"):
            report = app.match(
                store,
                MOTHER,
                name,
                radius_arcsec=RADIUS_ARCSEC,
                epoch=epoch,
                name=f"{MOTHER}_{name}" if epoch == "right" else f"{MOTHER}_{name}_unpropagated",
                mode="replace",
            )
            told = "as listed" if epoch == "none" else f"moved to the epoch of each {name} row"
            rows.append((f"{MOTHER} x {name}", told, report.rows, report.left_matched, report.seconds))
    tell.grid(("tables", "positions", "pairs", f"{MOTHER} stars matched", "s"), rows)
    gained = [after[3] - before[3] for before, after in zip(rows[::2], rows[1::2], strict=True)]
    tell.check(
        "stars that only propagation finds", "> 0 in each", ", ".join(map(str, gained)), min(gained) > 0
    )


def _epochs(store: Store, tell: Teller) -> None:
    tell.heading("4. Multi-epoch table: every position with its own epoch, error and motion")
    report = app.epochs(store, MOTHER, OTHERS, radius_arcsec=RADIUS_ARCSEC, mode="replace")
    tell_epochs(store, report, tell)


def tell_epochs(store: Store, report: Any, tell: Teller) -> None:
    """Show, for each catalogue of the multi-epoch table, its entries and epochs, and who is missing why."""
    spans = {name: rest for name, *rest in store.sql(sql.load("demo_epochs").text).fetchall()}
    rows = []
    for account in report.accounts:
        entries, first, last = spans.get(account.catalogue_name, (0, None, None))
        span = "" if first is None else f"{first:.1f} to {last:.1f}"
        missing = (account.no_candidate, account.ambiguous, account.no_epoch)
        rows.append((account.catalogue_name, entries, span, *missing))
    names = ("catalogue", "entries", "epochs", "stars without: candidate", "clear one", "an epoch")
    tell.grid(names, rows)


def _analyze(store: Store, tell: Teller) -> dict[str, str]:
    tell.heading("5. Acceleration test of every star: GLS, and F1 and F2 of paper 004")
    runs = {}
    rows = []
    for weighting in ("gls", "F1", "F2"):
        report = app.analyze(store, "acceleration", weighting=weighting)
        runs[weighting] = report.run_id
        stars = scored(store, report.run_id)
        probability = stars["p_acc"] if weighting == "gls" else stars["p_lin"]
        uniform, bent = (stars["kind"] == kind for kind in ("single", "accelerating"))
        flagged = probability < ALPHA
        rows.append(
            (
                weighting,
                int(np.isfinite(probability).sum()),
                int((flagged & bent).sum()),
                int(bent.sum()),
                int((flagged & uniform).sum()),
                int(uniform.sum()),
                report.seconds,
            )
        )
    names = ("weighting", "stars tested", "accelerating: p < 0.001", "of", "single: p < 0.001", "of", "s")
    tell.grid(names, rows)
    tell.line("  p is p_acc for gls; F1 and F2 have no acceleration, theirs is p_lin (F2's is nominal only)")
    return runs


def scored(store: Store, run_id: str) -> dict[str, npt.NDArray[Any]]:
    """Return the stars that a run tested beside their truth, as arrays by column; NULL is NaN."""
    rows = store.sql(sql.load("demo_scores").text, {"run": run_id}).arrow()
    return {name: _array(rows[name]) for name in rows.schema.names}


def _array(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array(column.to_pylist(), dtype=object)
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _score(stars: Mapping[str, npt.NDArray[Any]], tell: Teller) -> None:
    tell.heading(f"6. Recovered against injected (GLS, p_acc < {ALPHA:g})")
    tested = np.isfinite(stars["p_acc"])
    found = stars["p_acc"] < ALPHA
    kinds = []
    for kind in ("single", "accelerating", "blend", "outlier"):
        rows = (stars["kind"] == kind) & tested
        kinds.append(
            (kind, int(rows.sum()), int((rows & found).sum()), int((rows & (stars["q_fdr"] < 0.01)).sum()))
        )
    tell.grid(("kind", "tested", f"p_acc < {ALPHA:g}", "q_fdr < 0.01"), kinds)
    sigma = injected_significance(stars)
    bent = (stars["kind"] == "accelerating") & tested
    bins = recoveries(sigma, found, bent)
    tell.grid(
        ("injected significance [sigma]", "injected", "recovered", "completeness"),
        [
            (
                f"{b.low:g} to {b.high:g}",
                b.injected,
                b.found,
                f"{b.found / b.injected:.0%}" if b.injected else "",
            )
            for b in bins
        ],
    )
    strong = bent & (sigma > TOLD_ABOVE_SIGMA)
    share = float(found[strong].mean())
    tell.check(
        f"completeness above {TOLD_ABOVE_SIGMA:g} sigma ({strong.sum()} stars)",
        ">= 98 %",
        f"{share:.1%}",
        share >= 0.98,
    )
    low, high = expected_alarms(kinds[0][1])
    tell.check(
        "false alarms among single stars", f"{low} to {high}", str(kinds[0][2]), low <= kinds[0][2] <= high
    )
    steady = bent & np.isnan(stars["period"])
    off = pulls(stars, steady)
    spread, tolerance = float(np.sqrt(np.mean(off**2))), 0.05 + 4.0 / np.sqrt(2.0 * len(off))
    tell.check(
        "(fitted - true) / error of constant accelerations, rms",
        f"1 +- {tolerance:.2f}",
        f"{spread:.2f}",
        abs(spread - 1.0) < tolerance,
    )
    tell.line("  blends and outliers that seem to accelerate are why the real ones have to be checked")


NEXT = (
    "catalogdb info",
    'catalogdb sql "SELECT * FROM results.acceleration ORDER BY p_acc LIMIT 5"',
    'catalogdb sql "SELECT kind, count(*) FROM results.demo_truth GROUP BY kind"',
    "catalogdb cone gaia_dr3 0 89.9 0.2 --epoch 1991.25",
    "catalogdb match gaia_dr3 allwise --radius 3 --epoch right --keep nearest",
    "catalogdb analyze acceleration --epochs astrom_epoch --weighting F1 --plot f1.png",
)
"""Commands for a first look at the store."""


def _next(store: Store, picture_file: Path, tell: Teller) -> None:
    tell.heading("7. What to look at next")
    tell.line(f"  the picture {shown(picture_file)}, and")
    tell.commands(store.path, NEXT)
