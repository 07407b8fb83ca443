"""Which catalogues of a table a calibration corrects: one of another table may have none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sql
from analysis.calibration.correction import Calibration
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table


def corrected(store: Any, table: Table, calibration: Calibration) -> tuple[str, ...]:
    """Return sentences that say which catalogues of a multi-epoch table are corrected, and which not.

    Raises AnalysisError where the calibration is of other catalogues and would change nothing.
    """
    rows = store.sql(sql.load("epochs_catalogues").text, {"table": table.qualified_name}).fetchall()
    return sentences([name for (name,) in rows], table, calibration)


def sentences(names: Sequence[str], table: Table, calibration: Calibration) -> tuple[str, ...]:
    """Return what `corrected` does, of the catalogues that the table is known to have."""
    run, known = calibration.run_id, calibration.corrections
    changed = [name for name in names if name in known and known[name].changes]
    same = [name for name in names if name in known and not known[name].changes]
    absent = [name for name in names if name not in known]
    # A calibration of these catalogues that found nothing wrong is none of others.
    elsewhere = any(correction.changes for correction in known.values())
    if not changed and (elsewhere or not same):
        raise AnalysisError(
            f"{run} corrects none of the catalogues of {table.qualified_name} ({', '.join(names)}): "
            f"catalogdb analyze calibration --epochs {table.qualified_name} makes a calibration that does"
        )
    lists = (
        ("corrected", changed),
        ("in it without a correction", same),
        ("not in it, left as they are", absent),
    )
    said = "; ".join(f"{words}: {', '.join(found)}" for words, found in lists if found)
    return (f"{run}: {said}",)
