"""The spec of a small catalogue of stars, which several tests read in forms of their own."""

from __future__ import annotations

HEAD = """
[catalogue]
name = "stars"
title = "Stars"
about = "Stars of a test"
frame = "ICRS"
frame_note = "stated by the test"
ref_epoch = 2000.0
columns = [{ name = "source_id", about = "Number" }, "ra", "dec"%s]
"""

CSV = """
[[forms]]
name = "csv"
reader = "csv"
"""


def stars(*columns: str) -> str:
    """The spec without forms: source_id, ra, dec, and further columns."""
    return HEAD % "".join(f", {column}" for column in columns)


def stars_in_csv(fields: str, extra: str = "") -> str:
    """The spec with the one form that reads these fields of a CSV file; `extra` says what of other columns."""
    more = f'extra = "{extra}"\n' if extra else ""
    return f"{stars()}{CSV}{more}fields = [{fields}]\n"
