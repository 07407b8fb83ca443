"""Native files of the USNO's zone catalogues, Tycho-2 and Hipparcos, read as their authors wrote them."""

from __future__ import annotations

from pathlib import Path

import sql
from catalogdb import app
from catalogdb.demo.teller import Teller
from catalogdb.store import Store


def _count(
    store: Store, tell: Teller, catalogue: str, file: Path, name: str, rows: int, form: str | None = None
) -> None:
    report = app.ingest(store, catalogue, [file], name=name, form=form, mode="replace")
    tell.check(
        f"rows of {file.name} in {name}", f"{rows:,}", f"{report.rows_kept:,}", report.rows_kept == rows
    )


def ucac5(store: Store, files: Path, folder: Path, tell: Teller) -> None:
    """Recompute the proper motions of zone 1 from the catalogue's two positions."""
    _count(store, tell, "ucac5", files / "z001", "ucac5", 181)
    ((stars, ra, dec),) = store.sql(sql.load("demo_ucac5_motions").text).fetchall()
    tell.check(
        f"motions recomputed from two epochs of {stars} stars, largest difference",
        "<= 0.1 mas/yr",
        f"{ra:.3f} and {dec:.3f} mas/yr",
        max(ra, dec) <= 0.1,
    )


def ucac4(store: Store, files: Path, folder: Path, tell: Teller) -> None:
    """Read the binary zone and its ASCII twin, and compare them row by row."""
    _count(store, tell, "ucac4", files / "z001", "ucac4", 206)
    _count(store, tell, "ucac4", files / "z001.asc", "ucac4_ascii", 206)
    binary, text = (
        store.sql(sql.load("demo_all_rows").text, {"tbl": f"catalogs.{name}"}).arrow().to_pylist()
        for name in ("ucac4", "ucac4_ascii")
    )
    common = sorted(set(binary[0]) & set(text[0]))
    equal = sum(all(one[c] == two[c] for c in common) for one, two in zip(binary, text, strict=True))
    tell.check(
        f"rows equal in all {len(common)} common columns, binary and ASCII", "206", str(equal), equal == 206
    )
    apart = ", ".join(sorted(set(binary[0]) ^ set(text[0])))
    # The ASCII twin gives gcflg without its tens, so its specification does not read it.
    tell.check("columns that only the binary file has", "gcflg", apart, apart == "gcflg")


def urat1(store: Store, files: Path, folder: Path, tell: Teller) -> None:
    """Read two zones, one at the pole, into one table."""
    _count(store, tell, "urat1", files / "z340", "urat1_z340", 46745)
    _count(store, tell, "urat1", files / "z900", "urat1_z900", 35)


def tycho2(store: Store, files: Path, folder: Path, tell: Teller) -> None:
    """Read both supplements."""
    _count(store, tell, "tycho2_suppl_1", files / "suppl_1.dat.gz", "tycho2_suppl_1", 17588)
    _count(store, tell, "tycho2_suppl_2", files / "suppl_2.dat.gz", "tycho2_suppl_2", 1146)


def hipparcos(store: Store, files: Path, folder: Path, tell: Teller) -> None:
    """Read the bright stars of hip_main, and a fragment whose torn first line is set aside."""
    _count(store, tell, "hipparcos", files / "hip_main_bright.dat.gz", "hipparcos", 9933)
    rejects = folder / "hip2_vizier_part.rejects"
    report = app.ingest(
        store,
        "hipparcos2",
        [files / "hip2_vizier_part.tsv"],
        name="hipparcos2_fragment",
        mode="replace",
        rejects=rejects,
    )
    told = f"{report.rows_read:,} = {report.rows_kept:,} + {report.rows_rejected}"
    balanced = report.rows_read == report.rows_kept + report.rows_rejected
    tell.check(
        "Hipparcos-2 fragment, rows read = kept + rejected",
        "1 torn line set aside",
        told,
        balanced and report.rows_rejected == 1,
    )
    tell.line(f"  set aside in {rejects}")
