"""Files of points of a rotation curve: numbers by lines, and what their columns are."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from catalogdb.errors import AnalysisError

NAME = "mass_model"

ROLES = ("r", "vc", "vc_error", "minus", "plus", "skip")
_WORDS = {
    "r": ("r", "radius", "r_kpc", "rgc", "r_gc", "r_mean"),
    "vc": ("vc", "v_c", "vcirc", "v_circ", "v", "vc_km_s"),
    "vc_error": (
        "vc_error",
        "vc_err",
        "e_vc",
        "err_vc",
        "error_vc",
        "sigma_vc",
        "v_err",
        "v_error",
        "e_stat",
    ),
    "minus": ("minus", "err_minus", "vc_minus", "sigma_minus", "vc_error_minus", "e_minus"),
    "plus": ("plus", "err_plus", "vc_plus", "sigma_plus", "vc_error_plus", "e_plus"),
}
_KNOWN = {word: role for role, words in _WORDS.items() for word in words}
_ANY_ERROR = ("error", "err", "sigma", "sig")
"""Words of an error that do not say of what: of the column before."""
_MISSING = ("", "nan", "null", "none", "na", "n/a", "-", "--", "...")

Read = tuple[str, list[tuple[str, list[float]]], list[str]]


def of_file(file: Path, columns: str | None) -> Read:
    """Return a file's name, its rows of numbers with their places, NaN for what is missing, and the roles.

    Raises AnalysisError for a row that is not numbers, and for columns that nothing names.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise AnalysisError(f"{NAME}: {file} is no text: {error}") from None
    head: list[str] | None = None
    rows: list[tuple[str, list[float]]] = []
    for number, line in enumerate(lines, 1):
        comment = line.strip().startswith("#")
        words = _words(line.strip().lstrip("#").strip())
        if not any(words):
            continue
        values = [_number(word) for word in words]
        words_alone = None in values and all(value is None or math.isnan(value) for value in values)
        if comment or (words_alone and not rows):
            # Of the lines before the first row the last one of words is the head.
            head = words if words_alone and not rows else head
            continue
        if None in values:
            word = words[values.index(None)]
            raise AnalysisError(
                f"{NAME}: {file}, line {number}: {line.strip()!r} is not numbers: {word!r} (what is "
                "missing is nan, null, n/a or nothing between commas)"
            )
        if rows and len(values) != len(rows[0][1]):
            raise AnalysisError(
                f"{NAME}: {file}, line {number} has {len(values)} numbers, the first one {len(rows[0][1])}"
            )
        rows.append((f"{file}, line {number}", [value for value in values if value is not None]))
    if not rows:
        raise AnalysisError(f"{NAME}: {file} has no row of numbers")
    return file.name, rows, _roles(file, head, columns, len(rows[0][1]))


def _words(line: str) -> list[str]:
    """Return the cells of a line: between commas or semicolons, which may enclose nothing, or blanks."""
    cells = [cell.strip() for cell in re.split("[,;]", line)]
    if len(cells) > 1 and not any(re.search(r"\s", cell) for cell in cells):
        return cells
    return [word for word in re.split(r"[,;\s]+", line) if word]


def _number(word: str) -> float | None:
    """Return a number, NaN for a missing one, None for what is neither."""
    if word.lower() in _MISSING:
        return math.nan
    try:
        return float(word)
    except ValueError:
        return None


def roles_of(head: Sequence[str]) -> list[str]:
    """Return what columns are by their names; an error without one is that of the column before."""
    made = []
    of = ""
    for word in head:
        name = re.sub(r"[\[(].*", "", word.lower())
        role = _KNOWN.get(name, "skip")
        if name in _ANY_ERROR:
            role = "vc_error" if of == "vc" else "skip"
        elif role in ("r", "vc", "skip"):
            of = role
        made.append(role)
    return made


def _roles(file: Path, head: list[str] | None, columns: str | None, n: int) -> list[str]:
    """Return what each of n columns is: as asked, by the head, or R, vc and error if there are three."""
    if columns is not None:
        roles = [word.strip().lower() for word in columns.split(",")]
        wrong = [role for role in roles if role not in ROLES]
        if wrong or len(roles) != n:
            raise AnalysisError(
                f"{NAME}: columns is {columns!r}: {file} has {n} columns, each is one of {', '.join(ROLES)}"
            )
    elif head is not None and len(head) == n:
        roles = roles_of(head)
    elif n == 3:
        roles = ["r", "vc", "vc_error"]
    else:
        raise AnalysisError(
            f"{NAME}: {file} has {n} columns and no head that names them: say --columns, as r,vc,minus,plus"
        )
    missing = [role for role in ("r", "vc") if roles.count(role) != 1]
    if missing or not (roles.count("vc_error") == 1 or (roles.count("minus") == roles.count("plus") == 1)):
        raise AnalysisError(
            f"{NAME}: {file}: columns are {', '.join(roles)}: one r, one vc, and vc_error or both of minus "
            "and plus are needed; say --columns"
        )
    return roles
