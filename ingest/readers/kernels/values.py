"""What a field says in many rows: numbers, truth values and texts.

A number of up to 16 characters is one or two words, right-adjusted and less the digit 0: its sign is
cleared, its point is closed up and its digits are added up. These loops have no branches, so that the
compiler takes several rows at a time; what they can not read is listed and read one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ingest.readers.kernels.fields import extent
from ingest.readers.kernels.layout import BIGINT, BOOLEAN, DOUBLE, INTEGER, REAL, ROUNDED, TEXT
from ingest.readers.kernels.numbers import any_double, any_integer, long_double
from ingest.readers.kernels.words import (
    BLANKS,
    DIGITS,
    MINUS,
    PLUS,
    TEN_8,
    W,
    as_bits,
    closed,
    inner,
    no_digits,
    point_of,
    sum_digits,
    word_at,
    zeros_below,
)

_TRUE, _FALSE = (W(int.from_bytes(bytes((c ^ 48) | 32 for c in x), "little")) for x in (b"true", b"false"))
_SCALES = np.array([10.0 ** (7 - bit // 8 + 8 * (bit % 8 == 1)) for bit in range(65)])
"""The power of ten by which digits are divided, by the bit that stands for the point."""


_MOST_REAL, _LEAST_REAL = float(np.finfo(np.float32).max), float(np.finfo(np.float32).smallest_normal)


@inner
def _short(rows: Any, sizes: Any, tails: Any, values: Any, points: Any, faults: Any) -> Any:
    """Numbers of up to 8 characters: their digits, and where in them the point was, as a bit of a word.

    Faults are 1 where it is none or longer, and 2 where it has a point. Returns those that occur.
    """
    some = W(0)
    for i in range(rows):
        row = W(i)
        size, word = W(sizes[row]), tails[row]
        gap = (W(8) - min(size, W(8))) << W(3) & W(63)
        sign = (word >> gap) & W(0xFF)
        signed = (sign == MINUS) | (sign == PLUS)
        word = word ^ ((sign << gap) if signed else W(0))
        point = point_of(word)
        word = closed(word, point)
        value = np.int64(sum_digits(word))
        values[row] = -value if sign == MINUS else value
        pointed = W(point != W(0))
        points[row] = point | (pointed ^ W(1)) << W(56)
        wrong = (no_digits(word) != W(0)) | (size == W(signed) + pointed) | (size > W(8))
        fault = W(wrong) | pointed << W(1) if size != W(0) else W(0)
        faults[row] = fault
        some |= fault
    return some


@inner
def _medium(text: Any, rows: Any, space: Any) -> Any:
    """The same of numbers of up to 16 characters; a point before the last eight is one bit higher up."""
    begins, sizes, heads = space.begins, space.sizes, space.heads
    for i in range(rows):
        row = W(i)
        gap = W(64) - W(4) * min(max(W(sizes[row]), W(8)), W(16))
        heads[row] = (word_at(text, W(begins[row])) ^ DIGITS) << gap << gap
    return _two_words(rows, sizes, heads, space.tails, space.values, space.points, space.faults)


@inner
def _two_words(rows: Any, sizes: Any, heads: Any, tails: Any, values: Any, points: Any, faults: Any) -> Any:
    some = W(0)
    for i in range(rows):
        row = W(i)
        size, tail = W(sizes[row]), tails[row]
        long = size > W(8)
        head = heads[row] if long else W(0)
        gap = (W(16) - min(size, W(16))) << W(3) & W(63)
        sign = ((head if long else tail) >> gap) & W(0xFF)
        signed = (sign == MINUS) | (sign == PLUS)
        clear = (sign << gap) if signed else W(0)
        head ^= clear if long else W(0)
        tail ^= W(0) if long else clear
        point = point_of(tail)
        above = point_of(head) if point == W(0) else W(0)
        tail = closed(tail, point) | (head >> W(56) if point != W(0) else W(0))
        head = head << W(8) if point != W(0) else closed(head, above)
        value = np.int64(sum_digits(head) * TEN_8 + sum_digits(tail))
        values[row] = -value if sign == MINUS else value
        pointed = W((point | above) != W(0))
        points[row] = point | above << W(1) | (pointed ^ W(1)) << W(56)
        wrong = ((no_digits(head) | no_digits(tail)) != W(0)) | (size == W(signed) + pointed)
        wrong |= (size > W(16)) | (value > 2**53)
        fault = W(wrong) | pointed << W(1) if size != W(0) else W(0)
        faults[row] = fault
        some |= fault
    return some


@inner
def _listed(rows: Any, faults: Any, which: Any, rest: Any) -> Any:
    """List the rows that have one of the faults; returns their number."""
    n_rest = W(0)
    for i in range(rows):
        row = W(i)
        rest[n_rest] = row
        n_rest += W((faults[row] & which) != W(0))
    return n_rest


@inner
def _numbers(text: Any, rows: Any, longest: Any, space: Any) -> Any:
    """The digits and points of the fields; returns the faults that occur."""
    if longest <= W(8):
        return _short(rows, space.sizes, space.tails, space.values, space.points, space.faults)
    return _medium(text, rows, space)


@inner
def _divide(rows: Any, values: Any, points: Any, out: Any) -> None:
    """Digits to numbers."""
    for i in range(rows):
        row = W(i)
        out[row] = float(values[row]) / _SCALES[zeros_below(points[row])]


@inner
def _doubles(text: Any, rows: Any, space: Any, out: Any) -> Any:
    """Doubles of the fields; returns the number of those it can not tell, which it leaves in rest."""
    sizes, rest = space.sizes, space.rest
    longest, beyond = extent(rows, sizes)
    n_rest = W(0)
    if longest == W(0):
        out[:rows] = 0.0
        return n_rest
    if 2 * beyond > rows:  # numbers with all their digits: one by one at once
        for i in range(rows):
            row = W(i)
            out[row] = 0.0
            rest[n_rest] = row
            n_rest += W(sizes[row] != 0)
    else:
        some = _numbers(text, rows, longest, space)
        _divide(rows, space.values, space.points, out)
        if some & W(1):
            n_rest = _listed(rows, space.faults, W(1), rest)
    return _doubles_one_by_one(text, n_rest, space.begins, sizes, rest, out)


@inner
def _doubles_one_by_one(text: Any, n_rest: Any, begins: Any, sizes: Any, rest: Any, out: Any) -> Any:
    n_odd = W(0)
    for i in range(n_rest):
        row = W(rest[W(i)])
        start, size = W(begins[row]), W(sizes[row])
        if W(16) < size <= W(24):
            sound, out[row] = long_double(text, start, start + size)
        else:
            sound, out[row] = any_double(text, start, start + size)
        rest[n_odd] = row
        n_odd += W(not sound)
    return n_odd


@inner
def _reals(rows: Any, space: Any, out: Any, n_odd: Any, to_nearest: Any) -> Any:
    """REALs of the doubles. Odd are those beyond them, and where the text may be nearer to another REAL than
    the double: one half way between two, or of fewer bits."""
    numbers, sizes, faults = space.numbers, space.sizes, space.faults
    some = W(0)
    for i in range(rows):
        row = W(i)
        size, number = abs(numbers[row]), numbers[row]
        out[row] = np.float32(number)
        half_way = as_bits(number) & W(2**29 - 1) == W(2**28)
        unsure = half_way | ((size < _LEAST_REAL) & (size > 0.0))
        fault = W((size > _MOST_REAL) | (to_nearest & unsure)) & W(sizes[row] != 0)
        faults[row] = fault
        some |= fault
    if some == W(0):
        return n_odd
    for i in range(rows):
        row = W(i)
        space.rest[n_odd] = row
        n_odd += faults[row]
    return n_odd


@inner
def _integers(text: Any, rows: Any, space: Any, out: Any, most: Any) -> Any:
    """Whole numbers up to the most that the column holds; returns the number of others, left in rest."""
    begins, sizes, values, faults, rest = space.begins, space.sizes, space.values, space.faults, space.rest
    longest, _ = extent(rows, sizes)
    if longest == W(0):
        out[:rows] = 0
        return W(0)
    some = _numbers(text, rows, longest, space)
    if some != W(0):
        n_rest = _listed(rows, faults, W(3), rest)
        for i in range(n_rest):
            row = W(rest[W(i)])
            start = W(begins[row])
            sound, values[row] = any_integer(text, start, start + W(sizes[row]))
            faults[row] = W(not sound)
    for i in range(rows):
        row = W(i)
        value = values[row]
        out[row] = value
        fault = faults[row] | W((value < -most - 1) | (value > most))
        faults[row] = fault
        some |= fault
    return W(0) if some == W(0) else _listed(rows, faults, W(3), rest)


@inner
def _booleans(rows: Any, sizes: Any, tails: Any, out: Any, faults: Any, rest: Any) -> Any:
    """true and false in any case as bytes; returns the number of others, left in rest."""
    for i in range(rows):
        row = W(i)
        size = W(sizes[row])
        word = (tails[row] | BLANKS) >> (W(64) - W(8) * min(max(size, W(1)), W(8)))
        is_true = (size == W(4)) & (word == _TRUE)
        is_false = (size == W(5)) & (word == _FALSE)
        out[row] = is_true
        faults[row] = W(not (is_true | is_false | (size == W(0))))
    return _listed(rows, faults, W(1), rest)


@inner
def _texts(text: Any, rows: Any, begins: Any, sizes: Any, out: Any) -> None:
    """Arrow's string views: the size, then up to 12 characters, or the first 4 and where the text begins."""
    for i in range(rows):
        row = W(i)
        start, size = W(begins[row]), W(sizes[row])
        word = word_at(text, start)
        gap = W(32) - W(4) * min(size, W(4))
        head, tail = word << gap << gap >> gap >> gap, W(0)
        if size > W(12):
            tail = start << W(32)
        elif size > W(4):
            gap = W(96) - W(8) * size
            tail = word_at(text, start + W(4)) << gap >> gap
        out[row << W(1)] = size | head << W(32)
        out[(row << W(1)) + W(1)] = tail


@inner
def column(kind: Any, text: Any, rows: Any, row: Any, memory: Any, offset: Any, space: Any) -> Any:
    """Read `rows` fields that were located into the column at `offset` [bytes], from its row `row` on.

    Returns the number of those that others must tell, left in space.rest.
    """
    if kind == TEXT:
        start = (offset >> 3) + 2 * row
        _texts(text, rows, space.begins, space.sizes, memory.view(np.uint64)[start:])
        return W(0)
    if kind == BOOLEAN:
        return _booleans(rows, space.sizes, space.tails, memory[offset + row :], space.faults, space.rest)
    if kind <= ROUNDED:
        return _real_numbers(kind, text, rows, row, memory, offset, space)
    return _whole_numbers(kind, text, rows, row, memory, offset, space)


@inner
def _real_numbers(kind: Any, text: Any, rows: Any, row: Any, memory: Any, offset: Any, space: Any) -> Any:
    if kind == DOUBLE:
        return _doubles(text, rows, space, memory.view(np.float64)[(offset >> 3) + row :])
    n_odd = _doubles(text, rows, space, space.numbers)
    out = memory.view(np.float32)[(offset >> 2) + row :]
    return _reals(rows, space, out, n_odd, kind == REAL)


@inner
def _whole_numbers(kind: Any, text: Any, rows: Any, row: Any, memory: Any, offset: Any, space: Any) -> Any:
    if kind == BIGINT:
        return _integers(text, rows, space, memory.view(np.int64)[(offset >> 3) + row :], 2**63 - 1)
    if kind == INTEGER:
        return _integers(text, rows, space, memory.view(np.int32)[(offset >> 2) + row :], 2**31 - 1)
    return _integers(text, rows, space, memory.view(np.int16)[(offset >> 1) + row :], 2**15 - 1)
