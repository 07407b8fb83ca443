"""The entries of a multi-epoch table as arrays, and which of them count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from analysis.kernels.arrays import plain

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

REQUIRED = ("obj_id", "catalogue_name", "epoch", "ra", "dec", "ra_error", "dec_error")
"""Columns that a multi-epoch table must have."""

MEASURED = ("ra", "dec", "pmra", "pmdec")
"""What the fit uses of an entry, in the order of its covariance."""

CORRELATIONS = tuple(f"{a}_{b}_corr" for i, a in enumerate(MEASURED) for b in MEASURED[i + 1 :])

NUMBERS = (
    "epoch",
    "ra_epoch",
    "dec_epoch",
    *MEASURED,
    *(f"{name}_error" for name in MEASURED),
    *CORRELATIONS,
    "parallax",
    "parallax_error",
    "radial_velocity",
)
"""Every column that the fit reads as a number; those that a table has not are missing values."""


@dataclass(frozen=True, slots=True)
class Entries:
    """m entries of n stars, those of one star together and in ascending order of `star`.

    `star` (m,) counts stars from 0; `weight` (m, 4, 4) is the inverse covariance of (ra*, dec,
    pmra, pmdec) [mas, mas/yr], zero for the motion where `has_motion` is false; `group` (m,) numbers
    the shared observations, -1 for none; `repeated` (m,) tells which entries say again what another
    one does; `usable` (m,) which have what a fit needs and are not repeated. A parallax measured
    with them is marginalised: its errors are in the others' covariance, and two catalogues' different
    parallax zero points are no acceleration. A `parallax_error` that is not positive is missing.
    """

    star: Index
    ra: Array
    dec: Array
    ra_epoch: Array
    dec_epoch: Array
    pmra: Array
    pmdec: Array
    parallax: Array
    parallax_error: Array
    radial_velocity: Array
    ra_error: Array
    dec_error: Array
    pm_error: Array  # of both components together
    weight: Array
    has_motion: Flags
    group: Index
    repeated: Flags
    usable: Flags
    n_stars: int

    def __len__(self) -> int:
        return len(self.star)

    def rows(self, chosen: Flags) -> Entries:
        """The chosen entries, of the same stars: a star may be left with none."""
        parts = {f.name: getattr(self, f.name)[chosen] for f in fields(self) if f.name != "n_stars"}
        return replace(self, **parts)

    def of_stars(self, chosen: Flags) -> Entries:
        """The entries of the chosen stars, renumbered from 0."""
        number = np.cumsum(chosen) - 1
        kept = self.rows(chosen[self.star])
        return replace(kept, star=number[kept.star], n_stars=int(chosen.sum()))

    def count(self) -> Index:
        """Number of entries of each star, shape (n,)."""
        return np.bincount(self.star, minlength=self.n_stars).astype(np.int64)

    def span(self) -> tuple[Array, Array]:
        """First and last epoch of each star, shape (n,); NaN for a star without entries."""
        first, last = np.full((2, self.n_stars), np.nan)
        if len(self):
            stars, rows = np.unique(self.star, return_index=True)
            first[stars] = np.minimum.reduceat(np.minimum(self.ra_epoch, self.dec_epoch), rows)
            last[stars] = np.maximum.reduceat(np.maximum(self.ra_epoch, self.dec_epoch), rows)
        return first, last


def entries(
    star: Index,
    n_stars: int,
    numbers: Mapping[str, Array],
    group: Index | None = None,
    default_error_mas: float | None = None,
    repeated: Flags | None = None,
) -> Entries:
    """Return the Entries of columns named as in `NUMBERS`; an absent column is a missing value.

    `ra_epoch` and `dec_epoch` default to `epoch`. A position without errors takes
    `default_error_mas`, or is not usable; nor is one with an error that is not positive. A motion
    counts if both components have positive errors; a parallax without one is the last to be taken.
    `repeated` (m,) are entries that are not to count.
    """
    m = len(star)
    column = {name: np.asarray(numbers.get(name, np.full(m, np.nan)), np.float64) for name in NUMBERS}
    for name in ("ra_epoch", "dec_epoch"):
        column[name] = np.where(np.isnan(column[name]), column["epoch"], column[name])
    if default_error_mas is not None:
        for name in ("ra_error", "dec_error"):
            column[name] = np.where(np.isnan(column[name]), default_error_mas, column[name])
    has_motion = _all_finite(column, _MOTION) & _all_positive(column, _MOTION[2:])
    column["parallax"], column["parallax_error"] = _parallax(column["parallax"], column["parallax_error"])
    weight, usable = _weight(column, has_motion)
    again = np.zeros(m, np.bool_) if repeated is None else repeated
    same = ("ra", "dec", "ra_epoch", "dec_epoch", "pmra", "pmdec", "ra_error", "dec_error")
    return Entries(
        star=np.asarray(star, np.int64),
        **{name: column[name] for name in (*same, "parallax", "parallax_error", "radial_velocity")},
        pm_error=np.hypot(column["pmra_error"], column["pmdec_error"]),
        weight=weight,
        has_motion=has_motion,
        group=np.full(m, -1) if group is None else np.asarray(group, np.int64),
        repeated=again,
        usable=usable & ~again,
        n_stars=n_stars,
    )


_MOTION = ("pmra", "pmdec", "pmra_error", "pmdec_error")


def _parallax(value: Array, error: Array) -> tuple[Array, Array]:
    """Return parallaxes and errors with NaN for what is not finite, and for errors that are not positive."""
    known = np.isfinite(value)
    stated = known & np.isfinite(error) & (error > 0.0)
    return np.where(known, value, np.nan), np.where(stated, error, np.nan)


def _all_finite(column: Mapping[str, Array], names: Sequence[str]) -> Flags:
    return np.asarray(np.isfinite([column[name] for name in names]).all(axis=0), np.bool_)


def _all_positive(column: Mapping[str, Array], names: Sequence[str]) -> Flags:
    return np.asarray((np.array([column[name] for name in names]) > 0.0).all(axis=0), np.bool_)


def _weight(column: Mapping[str, Array], has_motion: Flags) -> tuple[Array, Flags]:
    """Return the weights and which entries have a place, an epoch and a covariance that is one."""
    from analysis.kernels import entry_loops  # numba takes a quarter of a second to import

    weight = np.empty((len(has_motion), 4, 4))
    errors, correlations = (
        plain(*(column[name] for name in names))
        for names in ((f"{name}_error" for name in MEASURED), CORRELATIONS)
    )
    entry_loops.weights(errors, correlations, has_motion, weight)
    placed = _all_finite(column, ("ra", "dec", "ra_epoch", "dec_epoch")) & (np.abs(column["dec"]) <= 90.0)
    return weight, placed & ~np.isnan(weight[:, 0, 0])


def first_of_star(rows: Entries, *keys: Array) -> Index:
    """Return for each star the row with the smallest keys, the first most significant; -1 for none."""
    order = np.lexsort((np.arange(len(rows)), *reversed(keys), rows.star))
    stars, first = np.unique(rows.star[order], return_index=True)
    result = np.full(rows.n_stars, -1)
    result[stars] = order[first]
    return result


def without_shared(rows: Entries, keep: str) -> Flags:
    """Return which entries count when each star's shared observations count once, shape (m,).

    Of the usable entries of one star and group that is kept which has the smallest position errors
    (`best`; the later one of equals) or the latest epoch (`latest`).
    """
    from analysis.kernels import entry_loops

    epoch = -0.5 * (rows.ra_epoch + rows.dec_epoch)
    with np.errstate(over="ignore"):  # what is infinite is the least precise, as it should be
        variance = rows.ra_error**2 + rows.dec_error**2
    keys = (variance, epoch) if keep == "best" else (epoch, variance)
    counts = np.empty(len(rows), np.bool_)
    entry_loops.once(*plain(rows.star, rows.group, rows.usable, *keys), counts)
    return counts
