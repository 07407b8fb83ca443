"""The stars that calibrate: a bounded sample of a table, and each entry's prediction by the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.acceleration.entries import Entries, without_shared
from analysis.acceleration.gls import design, refine
from analysis.acceleration.reference import residuals
from analysis.kernels.spd import invert

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

SAMPLE = 20_000
"""Stars of each catalogue that are used at most: with them a term is known to 1/140 of one star's error."""


class Stars(NamedTuple):
    """n stars: entries that are usable, catalogue (m,) of each as a number, and per star what is known.

    `draw` (n,) in [0, 1) is the star's place in the draw.
    """

    entries: Entries
    catalogue: Index
    magnitude: Array
    colour: Array
    draw: Array


def draws(first: int, n: int) -> Array:
    """Return a number in [0, 1) for each of the stars first, first + 1, ... (SplitMix64, a fixed seed).

    Steele, Lea and Flood 2014, OOPSLA, figure 17. A star's number is its place in the table's order,
    so that the sample does not depend on how the table is read.
    """
    with np.errstate(over="ignore"):
        z = (np.arange(first, first + n, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53


def sample(chunks: Iterable[Stars], most: int = SAMPLE) -> Stars | None:
    """Return of each catalogue the `most` stars with the smallest draws, whole; None of no chunk.

    Memory is that of the sample and one chunk, whatever the number of stars.
    """
    kept: Stars | None = None
    for chunk in chunks:
        kept = chosen(chunk if kept is None else joined(kept, chunk), most)
    return kept


def chosen(stars: Stars, most: int) -> Stars:
    """Return the stars that are among the `most` with the smallest draws of any catalogue."""
    keep = np.zeros(stars.entries.n_stars, np.bool_)
    for number in np.unique(stars.catalogue):
        members = np.unique(stars.entries.star[stars.catalogue == number])
        order = np.argsort(stars.draw[members], kind="stable")[:most]
        keep[members[order]] = True
    return of_stars(stars, keep)


def of_stars(stars: Stars, keep: Flags) -> Stars:
    """Return the chosen stars."""
    entries = stars.entries.of_stars(keep)
    catalogue = stars.catalogue[keep[stars.entries.star]]
    return Stars(entries, catalogue, stars.magnitude[keep], stars.colour[keep], stars.draw[keep])


def joined(first: Stars, second: Stars) -> Stars:
    """Return the stars of both; group numbers count within a star alone."""
    a, b = first.entries, second.entries
    parts = {
        f.name: np.concatenate([getattr(a, f.name), getattr(b, f.name)])
        for f in fields(Entries)
        if f.name not in ("n_stars", "star")
    }
    star = np.concatenate([a.star, b.star + a.n_stars])
    entries = replace(a, star=star, n_stars=a.n_stars + b.n_stars, **parts)
    rest = (np.concatenate([u, v]) for u, v in zip(first[1:], second[1:], strict=True))
    return Stars(entries, *rest)


@dataclass(slots=True)
class Ensemble:
    """The sample in the tangent planes of its stars; `shift` and `weight` hold the calibration so far.

    `observed` (m, 4) are the entries' offsets from their reference star [mas, mas/yr], `model`
    (m, 4, 4) the design of uniform motion, `covariance` (m, 4, 4) the listed one. `counted` (m,) are
    the entries that predict: those that share observations once, that of the reference catalogue first.
    """

    stars: Stars
    reference: int
    observed: Array
    model: Array
    covariance: Array
    weight: Array
    shift: Array
    counted: Flags

    @classmethod
    def of(cls, stars: Stars, reference: int) -> Ensemble:
        """Return the ensemble of those stars that have an entry of the reference catalogue."""
        has = np.zeros(stars.entries.n_stars, np.bool_)
        has[stars.entries.star[stars.catalogue == reference]] = True
        stars = of_stars(stars, has)
        rows = stars.entries
        left = residuals(rows, refine(rows))
        weight = rows.weight.copy()
        return cls(
            stars=stars,
            reference=reference,
            observed=left.values,
            model=np.ascontiguousarray(design(left)[:, :, :4]),
            covariance=covariances(rows),
            weight=weight,
            shift=np.zeros_like(left.values),
            counted=_counted(stars, reference),
        )

    def predict(self, number: int) -> tuple[Index, Array, Array]:
        """Return a catalogue's rows whose stars the others fix, residuals (k, 4), and predicted covariance.

        Residuals are of the entries as they are listed, against the other catalogues calibrated.
        Entries that share observations with the catalogue do not predict it, but the reference does.
        """
        rows = self.stars.entries
        own = np.flatnonzero(self.stars.catalogue == number)
        group = np.full(rows.n_stars, -1)
        group[rows.star[own]] = rows.group[own]
        shares = (rows.group >= 0) & (rows.group == group[rows.star])
        shares &= self.stars.catalogue != self.reference
        others = np.flatnonzero(self.counted & (self.stars.catalogue != number) & ~shares)
        weighted = np.swapaxes(self.model[others], 1, 2) @ self.weight[others]
        normal = _sum(weighted @ self.model[others], rows.star[others], rows.n_stars)
        value = (self.observed - self.shift)[others]
        right = _sum((weighted @ value[:, :, None])[:, :, 0], rows.star[others], rows.n_stars)
        covariance, fixed = invert(normal)
        own = own[fixed[rows.star[own]]]
        star, model = rows.star[own], self.model[own]
        place = (covariance[star] @ right[star][:, :, None])[:, :, 0]
        residual = self.observed[own] - (model @ place[:, :, None])[:, :, 0]
        return own, residual, model @ covariance[star] @ np.swapaxes(model, 1, 2)

    def calibrate(self, own: Index, shift: Array, covariance: Array) -> None:
        """Take a catalogue's entries as shifted by -`shift` (k, 4) and of `covariance` (k, 4, 4)."""
        self.shift[own] = shift
        self.weight[own] = _weights(covariance, self.stars.entries.has_motion[own])


def covariances(rows: Entries) -> Array:
    """Return the covariance (m, 4, 4) behind the weights; 0 for the motion where there is none."""
    padded = rows.weight.copy()
    padded[~rows.has_motion, 2, 2] = padded[~rows.has_motion, 3, 3] = 1.0
    covariance, _ = invert(padded)
    covariance[~rows.has_motion, 2:, 2:] = 0.0
    return covariance


def _weights(covariance: Array, has_motion: Flags) -> Array:
    padded = covariance.copy()
    padded[~has_motion, 2, 2] = padded[~has_motion, 3, 3] = 1.0
    weight, _ = invert(padded)
    weight[~has_motion, 2:, 2:] = 0.0
    return weight


def _counted(stars: Stars, reference: int) -> Flags:
    rows = stars.entries
    best = without_shared(rows, "best")
    ours = (stars.catalogue == reference) & (rows.group >= 0)
    pair = rows.star * (int(rows.group.max(initial=0)) + 1) + rows.group
    has = (rows.group >= 0) & np.isin(pair, pair[ours])
    return np.where(has, ours, best)


def _sum(values: Array, star: Index, n_stars: int) -> Array:
    """Return the sums over each star's rows, which stand together, shape (n, ...)."""
    total = np.zeros((n_stars, *values.shape[1:]))
    if len(star):
        names, first = np.unique(star, return_index=True)
        total[names] = np.add.reduceat(values, first, axis=0)
    return total
