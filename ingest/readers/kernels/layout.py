"""What the compiled loops and their callers agree on: kinds of values, faults, how records look."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

DOUBLE, REAL, ROUNDED, BIGINT, INTEGER, SMALLINT, BOOLEAN, TEXT = range(8)
"""What a field is read as. ROUNDED is a double made REAL; REAL the nearest to the text itself."""

SOUND, WRONG_FIELDS, WRONG_WIDTH, OPEN_END, TOO_LONG = range(5)
"""What is wrong with the records of a text, if anything; TOO_LONG: one of them is longer than a tile."""

PAD = 64
"""Bytes that must be readable before and after a text: words and masks reach beyond its ends."""

FAR = 2**40
"""The last character of a field that ends where its delimiter stands."""


class Fields(NamedTuple):
    """The fields to be read, an element for each: kind, where it stands, where its column begins."""

    kinds: np.ndarray[Any, Any]
    places: np.ndarray[Any, Any]
    """Delimited: the number of its column. Fixed width: 0."""
    firsts: np.ndarray[Any, Any]
    lasts: np.ndarray[Any, Any]
    """Fixed width: its first and last character, from 1. Delimited: 1 and FAR."""
    offsets: np.ndarray[Any, Any]
    """Where its column begins in the memory of the columns [bytes], a multiple of 64."""
    mark_ends: np.ndarray[Any, Any]
    """Marks of absence of field i are those from mark_ends[i] to mark_ends[i + 1]."""
    mark_words: np.ndarray[Any, Any]
    mark_sizes: np.ndarray[Any, Any]


class Layout(NamedTuple):
    """How records look; 0 says: `columns` fixed width, `width` and `longest` any of lines, `quote` none."""

    columns: int
    delimiter: int
    quote: int
    width: int
    longest: int
