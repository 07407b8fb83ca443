"""Where a field stands in many rows: its bounds, its last characters, whether it says that it is absent."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ingest.readers.kernels.words import (
    BLANKS,
    DIGITS,
    W,
    inline,
    inner,
    word_at,
    zeros_above,
    zeros_below,
)


class Space(NamedTuple):
    """What the loops over the rows of one tile leave for each other."""

    begins: np.ndarray[Any, Any]
    sizes: np.ndarray[Any, Any]
    rest: np.ndarray[Any, Any]
    tails: np.ndarray[Any, Any]
    heads: np.ndarray[Any, Any]
    values: np.ndarray[Any, Any]
    points: np.ndarray[Any, Any]
    faults: np.ndarray[Any, Any]
    numbers: np.ndarray[Any, Any]


@inline
def last_word(text: Any, end: Any, size: Any) -> Any:
    """The last eight characters of a field, right-adjusted over zeros, less the digit 0."""
    gap = W(32) - W(4) * min(size, W(8))
    return (word_at(text, end - W(8)) ^ DIGITS) >> gap >> gap << gap << gap


@inner
def locate(text: Any, cuts: Any, rows: Any, place: Any, step: Any, space: Any) -> None:
    """Where the field of each row begins, its size and last word, where no blanks or quotes surround it."""
    begins, sizes, tails = space.begins, space.sizes, space.tails
    for i in range(rows):
        row = W(i)
        at = place + row * step
        start, end = W(cuts[at]) + W(1), W(cuts[at + W(1)])
        begins[row] = start
        sizes[row] = end - start
        tails[row] = last_word(text, end, end - start)


@inner
def locate_within(
    text: Any, cuts: Any, rows: Any, place: Any, step: Any, first: Any, last: Any, quote: Any, space: Any
) -> Any:
    """The same of what stands within quotes and blanks; returns the rows whose quotes are unusual."""
    begins, sizes, tails, rest = space.begins, space.sizes, space.tails, space.rest
    n_rest = W(0)
    for i in range(rows):
        row = W(i)
        at = place + row * step
        end = W(cuts[at + W(1)])
        start = min(W(cuts[at]) + first, end)
        end = min(W(cuts[at]) + last + W(1), end)
        if quote != 0 and start < end and text[start] == quote:
            unusual = end - start < W(2) or text[end - W(1)] != quote
            for inner in range(start + W(1), end - W(1)):
                unusual |= text[W(inner)] == quote
            if unusual:
                rest[n_rest] = row
                n_rest += W(1)
                begins[row] = start
                sizes[row] = end - start
                tails[row] = W(0)
                continue
            start += W(1)
            end -= W(1)
        while start < end:
            blanks = zeros_below(word_at(text, start) ^ BLANKS) >> W(3)
            start += blanks
            if blanks < W(8):
                break
        start = min(start, end)
        while start < end:
            blanks = zeros_above(word_at(text, end - W(8)) ^ BLANKS) >> W(3)
            end -= blanks
            if blanks < W(8):
                break
        begins[row] = start
        sizes[row] = end - start
        tails[row] = last_word(text, end, end - start)
    return n_rest


@inner
def extent(rows: Any, sizes: Any) -> Any:
    """The size of the longest field, and the number of those beyond 16 characters."""
    longest, beyond = np.uint32(0), 0
    for i in range(rows):
        longest = max(longest, sizes[W(i)])
        beyond += sizes[W(i)] > np.uint32(16)
    return W(longest), beyond


@inner
def unmark(rows: Any, sizes: Any, tails: Any, size: Any, word: Any) -> None:
    """Make a field that is the mark of absence, of at most eight characters, a blank one."""
    for i in range(rows):
        row = W(i)
        kept = W((W(sizes[row]) != size) | (tails[row] != word))
        sizes[row] = W(sizes[row]) * kept
        tails[row] &= W(0) - kept
