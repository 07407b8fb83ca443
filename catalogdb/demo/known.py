"""The benchmark stars against what is known of them: HGCA, orbits of ORB6 and SB9, solutions of Gaia."""

from __future__ import annotations

from pathlib import Path

import sql
from catalogdb import app
from catalogdb.demo.benchmark import MOTHER, RADIUS_ARCSEC
from catalogdb.demo.teller import Teller
from catalogdb.store import Store

EPOCHS = "known_epochs"
OTHERS = ("hipparcos", "gaia_dr3")
"""Catalogues whose errors are small and whose positions have their parallax with them."""

LISTS = (
    ("hgca", "hgca", ("hgca/HGCA-test-subset.fits",)),
    ("hgca", "hgca_subset", ("hgca/hgca_subset.csv",)),
    ("orb6", "orb6", ("orb6/orb6orbits.txt",)),
    ("sb9", "sb9", ("sb9/Orbits.dta", "sb9/Main.dta", "sb9/Alias.dta")),
    ("gaia_nss", "gaia_nss", ("gaia_nss/nss_pool.csv",)),
)
"""Catalogue, table and files of each list, below the folder of `--data`."""

PUBLISHED = {16537: 33.886, 51658: 81.993, 65808: 17.811}
"""HGCA's chi2 of the rows whose columns are all here."""


def run(store: Store, files: Path, folder: Path, tell: Teller) -> None:
    """Reproduce HGCA's statistic, test the stars without the infrared surveys, and compare with the lists."""
    have = {table.name for table in store.tables()}
    lacking = [name for name in (MOTHER, *OTHERS) if name not in have]
    if lacking:
        tell.skip("known binaries", f"the store has no {', '.join(lacking)}")
        return
    named = []
    for catalogue, name, parts in LISTS:
        paths = [files.parent / part for part in parts]
        if all(path.exists() for path in paths):
            app.ingest(store, catalogue, paths, name=name, mode="replace")
            named.append(name)
        else:
            tell.skip(name, f"there is no {next(path for path in paths if not path.exists())}")
    app.epochs(store, MOTHER, OTHERS, radius_arcsec=RADIUS_ARCSEC, name=EPOCHS, mode="replace")
    if {"hgca", "hgca_subset"} <= set(named):
        _anomalies(store, tell)
    tested = app.analyze(store, "acceleration", epochs=EPOCHS)
    tell.line(f"  {EPOCHS} ({MOTHER}, {', '.join(OTHERS)}): {'; '.join(tested.lines)}")
    report = app.analyze(store, "comparison", epochs=EPOCHS, run=tested.run_id, lists=",".join(named))
    for line in report.lines:
        tell.line(f"  {line}")
    _table(store, report.run_id, tell)


def _anomalies(store: Store, tell: Teller) -> None:
    """Compute HGCA's chi2 from its own columns, and from the rows of Hipparcos and Gaia."""
    report = app.analyze(store, "proper_motion_anomaly", epochs=EPOCHS, hgca="hgca")
    given = {"run_id": report.run_id, "published": "catalogs.hgca_subset"}
    rows = store.sql(sql.load("demo_anomalies").text, given).arrow().to_pylist()
    own = {row["hip"]: row["chi2"] for row in rows if row["method"] == "hgca_row"}
    for hip, chi2 in PUBLISHED.items():
        ours = own.get(hip, float("nan"))
        what = f"HGCA's chi2 of HIP {hip} from its columns"
        tell.check(what, f"{chi2:.3f}", f"{ours:.3f}", abs(ours - chi2) < 0.005)
    again = [row for row in rows if row["method"] == "hgca" and row["published"] is not None]
    tell.check(
        "stars of the 379 of HGCA with rows of Hipparcos-2 and Gaia DR3",
        "8",
        str(len(again)),
        len(again) == 8,
    )
    tell.line("  HGCA's chi2 of these from the catalogues' rows, without its local rotations:")
    tell.grid(
        ("HIP", "ours", "published", "flags"),
        [(str(row["hip"]), row["chi2"], row["published"], row["flags"]) for row in again],
    )


def _table(store: Store, run_id: str, tell: Teller) -> None:
    """Show the known binaries against what was found of them."""
    rows = store.sql(sql.load("demo_known").text, {"run_id": run_id}).arrow().to_pylist()
    tested = [row for row in rows if row["motion_class"] != "not_tested"]
    found = [row for row in tested if row["motion_class"] == "accelerating"]
    tell.line(
        f"  Known ones among the benchmark stars: {len(rows)}, tested {len(tested)}, found {len(found)}:"
    )
    names = ("hip", "lists", "period_yr", "hgca_chi2", "p_acc", "motion_class")
    tell.grid(names, [(str(row["hip"]), *(row[name] for name in names[1:])) for row in rows])
    with_chi2 = [row for row in rows if row["hgca_chi2"] is not None]
    agreed = sum(row["motion_class"] == "accelerating" for row in with_chi2)
    tell.check(
        "stars above HGCA's threshold that accelerate here too",
        str(len(with_chi2)),
        str(agreed),
        agreed == len(with_chi2),
    )
