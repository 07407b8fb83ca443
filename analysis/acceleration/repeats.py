"""Entries that a table has more than once: counted each time they would make a star seem to accelerate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.acceleration.entries import NUMBERS, Array, Flags, Index


def repeats(star: Index, catalogue: Index, numbers: Mapping[str, Array]) -> Flags:
    """Return which of m entries say again what another one does, shape (m,).

    Those are of one star (m,) and catalogue (m,), at one place and the same epochs: one observation,
    whatever else is said of it. Of them that counts which says most; the first, if several do.
    `numbers` has columns (m,) named as in `NUMBERS`. Entries without place or epoch repeat none.
    """
    again = np.zeros(len(star), np.bool_)
    rows = _candidates(star, numbers["ra"])
    if not len(rows):
        return again
    part = {name: values[rows] for name, values in numbers.items()}
    epochs = (part.get(f"{axis}_epoch", part["epoch"]) for axis in ("ra", "dec"))
    times = (np.where(np.isnan(own), part["epoch"], own) for own in epochs)
    said = (star[rows], catalogue[rows], part["ra"], part["dec"], *times)
    order = np.lexsort((rows, -_said(part), *reversed(said)))
    same = np.all([values[order][1:] == values[order][:-1] for values in said], axis=0)
    again[rows[order[1:][same]]] = True
    return again


def _candidates(star: Index, ra: Array) -> Index:
    """Return the entries that share star and right ascension with another: mostly none, and soon found."""
    order = np.lexsort((ra, star))
    pair = (star[order][1:] == star[order][:-1]) & (ra[order][1:] == ra[order][:-1])
    return np.asarray(np.unique(np.concatenate([order[1:][pair], order[:-1][pair]])), np.int64)


def _said(numbers: Mapping[str, Array]) -> Index:
    """Return how many of the columns that a fit reads have a value, of errors a positive one, shape (m,)."""
    total = np.zeros(len(numbers["ra"]), np.int64)
    for name in NUMBERS:
        if name in numbers:
            total += np.isfinite(numbers[name]) & ((numbers[name] > 0.0) | (not name.endswith("_error")))
    return total
