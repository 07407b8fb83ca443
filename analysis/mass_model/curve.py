"""A rotation curve to fit: radii, circular velocities and their errors, from a file or a table."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import sql
from catalogdb.errors import AnalysisError, TableNotFound
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]

NAME = "mass_model"

ROLES = ("r", "vc", "vc_error", "minus", "plus", "skip")
_WORDS = {
    "r": ("r", "radius", "r_kpc", "rgc", "r_gc", "r_mean"),
    "vc": ("vc", "v_c", "vcirc", "v_circ", "v", "vc_km_s"),
    "vc_error": ("vc_error", "vc_err", "e_vc", "error", "err", "sigma", "v_err", "v_error", "e_stat", "sig"),
    "minus": ("minus", "err_minus", "vc_minus", "sigma_minus", "vc_error_minus", "e_minus"),
    "plus": ("plus", "err_plus", "vc_plus", "sigma_plus", "vc_error_plus", "e_plus"),
}
_SPLIT = re.compile(r"[,;\s]+")


@dataclass(frozen=True, slots=True)
class Curve:
    """n points of a rotation curve: radius [kpc], velocity and its errors [km/s] downwards and upwards.

    `covariance` (n, n) [km2/s2] takes the place of the errors where there is one. `rejected` says what was
    not used, and why.
    """

    name: str
    r: Array
    vc: Array
    minus: Array
    plus: Array
    covariance: Array | None = None
    rejected: tuple[str, ...] = ()

    @property
    def error(self) -> Array:
        """Mean of both errors (n,), or the square root of the covariance's diagonal."""
        if self.covariance is not None:
            return np.asarray(np.sqrt(np.diag(self.covariance)))
        return 0.5 * (self.minus + self.plus)

    def within(self, low: float | None, high: float | None) -> Curve:
        """Return the points from `low` to `high` [kpc]; raises AnalysisError where fewer than 3 are left."""
        keep = (self.r >= (low or 0.0)) & (self.r <= (math.inf if high is None else high))
        if keep.sum() < 3:
            raise AnalysisError(
                f"{NAME}: {self.name} has {keep.sum()} points from {low or 0.0:g} to "
                f"{math.inf if high is None else high:g} kpc: a mass model needs 3 or more"
            )
        chosen = None if self.covariance is None else self.covariance[np.ix_(keep, keep)]
        said = self.rejected
        if not keep.all():
            said = (*said, f"{int((~keep).sum())} points outside the radii that are fitted")
        return replace(
            self,
            r=self.r[keep],
            vc=self.vc[keep],
            minus=self.minus[keep],
            plus=self.plus[keep],
            covariance=chosen,
            rejected=said,
        )


def read(store: Any, where: str, columns: str | None = None) -> Curve:
    """Return the curve of a file, or of a table of the store.

    `columns` names what the columns of a file are, in their order, of `ROLES`. Raises AnalysisError for
    what is neither, and for numbers that can not be used, with file and line.
    """
    file = Path(where)
    if file.is_file():
        return _checked(_of_file(file, columns))
    try:
        table = store.table(where)
    except TableNotFound as error:
        raise AnalysisError(f"{NAME}: curve: there is no file {where}, and {error}") from None
    if columns is not None:
        raise AnalysisError(f"{NAME}: columns is for files: {where} is a table")
    return _checked(_of_table(store, table))


def _of_file(file: Path, columns: str | None) -> tuple[str, list[tuple[str, list[float]]], list[str]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise AnalysisError(f"{NAME}: {file} is no text: {error}") from None
    head: list[str] | None = None
    rows: list[tuple[str, list[float]]] = []
    for number, line in enumerate(lines, 1):
        words = _SPLIT.split(line.strip().lstrip("#").strip())
        if not any(words):
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            if rows and not line.strip().startswith("#"):
                raise AnalysisError(
                    f"{NAME}: {file}, line {number}: {line.strip()!r} is not numbers"
                ) from None
            head = words if not rows else head
            continue
        if line.strip().startswith("#"):
            continue
        if rows and len(values) != len(rows[0][1]):
            raise AnalysisError(
                f"{NAME}: {file}, line {number} has {len(values)} numbers, the first one {len(rows[0][1])}"
            )
        rows.append((f"{file}, line {number}", values))
    if not rows:
        raise AnalysisError(f"{NAME}: {file} has no row of numbers")
    return file.name, rows, _roles(file, head, columns, len(rows[0][1]))


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
        known = {word: role for role, words in _WORDS.items() for word in words}
        roles = [known.get(re.sub(r"[\[(].*", "", word.lower()), "skip") for word in head]
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


def _of_table(store: Any, table: Table) -> tuple[str, list[tuple[str, list[float]]], list[str]]:
    own = table.qualified_name
    known = {word: role for role, words in _WORDS.items() for word in words}
    names = [c.name for c in table.columns if c.name in known]
    roles = [known[each] for each in names]
    if not {"r", "vc"} <= set(roles) or not ("vc_error" in roles or {"minus", "plus"} <= set(roles)):
        raise AnalysisError(f"{NAME}: {own} needs columns r, vc and vc_error; it has {', '.join(names)}")
    found = store.sql(sql.load("mass_curve_of_table").text, {"name": own}).arrow()
    if found.num_rows == 0:
        raise AnalysisError(f"{NAME}: {own} has no rows")
    columns = [found[each].to_pylist() for each in names]
    rows = [
        (f"{own}, row {k}", [math.nan if x is None else float(x) for x in row])
        for k, row in enumerate(zip(*columns, strict=True), 1)
    ]
    return own, rows, roles


def _checked(read_: tuple[str, list[tuple[str, list[float]]], Sequence[str]]) -> Curve:
    """Return the curve of rows, those without a velocity left out and counted."""
    name, rows, roles = read_
    minus, plus = ("minus", "plus") if "minus" in roles else ("vc_error", "vc_error")
    at = {role: roles.index(role) for role in ("r", "vc", minus, plus)}
    kept, rejected = [], []
    for where, values in rows:
        r, vc, low, high = (values[at[role]] for role in ("r", "vc", minus, plus))
        if any(math.isnan(x) for x in (r, vc, low, high)):
            rejected.append(f"{where}: no radius, velocity or error")
            continue
        if not (0.0 < r < 1e3 and 0.0 < vc < 1e3 and 0.0 < low < 1e3 and 0.0 < high < 1e3):
            raise AnalysisError(
                f"{NAME}: {where}: R {r:g} kpc, vc {vc:g} km/s, errors {low:g} and {high:g} km/s: each must "
                "be above 0, and below 1000"
            )
        kept.append((r, vc, low, high))
    if len(kept) < 3:
        raise AnalysisError(f"{NAME}: {name} has {len(kept)} points: a mass model needs 3 or more")
    r_, vc_, low_, high_ = np.array(sorted(kept)).T
    return Curve(name, r_, vc_, low_, high_, rejected=tuple(rejected))
