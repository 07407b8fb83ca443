"""A rotation curve to fit: radii, circular velocities and their errors, from a file or a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import sql
from analysis.mass_model.file import NAME, of_file, roles_of
from analysis.mass_model.replicates import LEAST, enough, widening
from catalogdb.errors import AnalysisError, TableNotFound
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """n points of a rotation curve: radius [kpc], velocity and its errors [km/s] downwards and upwards.

    `covariance` (n, n) [km2/s2] takes the place of the errors where there is one; `statistical` (n, n) is the
    part of it that was estimated from so many `replicates`. `rejected` says what was not used, and why;
    `origin` is the file's whole path, or the table, and `run_id` the run that measured it.
    """

    name: str
    r: Array
    vc: Array
    minus: Array
    plus: Array
    covariance: Array | None = None
    rejected: tuple[str, ...] = ()
    statistical: Array | None = None
    replicates: int | None = None
    origin: str = ""
    run_id: str | None = None

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
        square = np.ix_(keep, keep)
        chosen = None if self.covariance is None else self.covariance[square]
        own = None if self.statistical is None else self.statistical[square]
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
            statistical=own,
            rejected=said,
        )

    def widened(self) -> Curve:
        """Return the curve with its covariance widened for the finite number of its replicates.

        Raises AnalysisError for a covariance of too few replicates, or of an unknown number.
        """
        if self.covariance is None or self.statistical is None:
            return self
        n, points = self.replicates, len(self.r)
        if n is None or not enough(n, points):
            raise AnalysisError(
                f"{NAME}: the covariance of {points} bins is of {'an unknown number of' if n is None else n} "
                f"bootstraps: {LEAST} for each bin or more are needed; run rotation_curve with --bootstraps "
                f"{LEAST * points} or more, or leave out --covariance"
            )
        more = widening(n, points) - 1.0
        return replace(self, covariance=self.covariance + more * self.statistical)


def read(store: Any, where: str, columns: str | None = None) -> Curve:
    """Return the curve of a file, or of a table of the store.

    `columns` names what the columns of a file are, in their order, of `ROLES`. Raises AnalysisError for
    what is neither, and for numbers that can not be used, with file and line.
    """
    file = Path(where)
    if file.is_file():
        return _checked(of_file(file, columns), str(file.resolve()))
    try:
        table = store.table(where)
    except TableNotFound as error:
        raise AnalysisError(f"{NAME}: curve: there is no file {where}, and {error}") from None
    if columns is not None:
        raise AnalysisError(f"{NAME}: columns is for files: {where} is a table")
    return _checked(_of_table(store, table), table.qualified_name)


def _of_table(store: Any, table: Table) -> tuple[str, list[tuple[str, list[float]]], list[str]]:
    own = table.qualified_name
    named = [
        (c.name, role)
        for c, role in zip(table.columns, roles_of([c.name for c in table.columns]), strict=True)
    ]
    names = [name for name, role in named if role != "skip"]
    roles = [role for _, role in named if role != "skip"]
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


def _checked(read_: tuple[str, list[tuple[str, list[float]]], Sequence[str]], origin: str) -> Curve:
    """Return the curve of rows; those without a velocity and repeated ones are left out and named."""
    name, rows, roles = read_
    minus, plus = ("minus", "plus") if "minus" in roles else ("vc_error", "vc_error")
    at = {role: roles.index(role) for role in ("r", "vc", minus, plus)}
    kept: dict[tuple[float, ...], str] = {}
    rejected = []
    for where, values in rows:
        point = r, vc, low, high = tuple(values[at[role]] for role in ("r", "vc", minus, plus))
        if any(math.isnan(x) for x in point):
            rejected.append(f"{where}: no radius, velocity or error")
        elif not (0.0 < r < 1e3 and 0.0 < vc < 1e3 and 0.0 < low < 1e3 and 0.0 < high < 1e3):
            raise AnalysisError(
                f"{NAME}: {where}: R {r:g} kpc, vc {vc:g} km/s, errors {low:g} and {high:g} km/s: each must "
                "be above 0, and below 1000"
            )
        elif point in kept:
            rejected.append(f"{where}: the same point once more as {kept[point]}")
        else:
            kept[point] = where
    if len(kept) < 3:
        raise AnalysisError(f"{NAME}: {name} has {len(kept)} points: a mass model needs 3 or more")
    r_, vc_, low_, high_ = np.array(sorted(kept)).T
    return Curve(name, r_, vc_, low_, high_, rejected=tuple(rejected), origin=origin)
