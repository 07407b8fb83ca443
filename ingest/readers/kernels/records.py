"""Records: where their fields are cut, and a text of many of them to columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, types

from ingest.readers.kernels.fields import Space, locate, locate_within, unmark
from ingest.readers.kernels.layout import (
    OPEN_END,
    PAD,
    SOUND,
    TOO_LONG,
    WRONG_FIELDS,
    WRONG_WIDTH,
    Fields,
    Layout,
)
from ingest.readers.kernels.values import column
from ingest.readers.kernels.words import BLANK, NEWLINE, W, equal_64, inner, ones, zeros_below


@inner
def _cut(text: Any, start: Any, end: Any, delimiter: Any, quote: Any, cuts: Any) -> Any:
    """Where delimiters and line ends stand, each line end twice, after the byte before the text.

    Returns the number of cuts, of lines, and whether blanks or quotes surround a field.
    """
    n, lines, inside = W(1), W(0), W(0)
    around = W(0)
    cuts[W(0)] = W(start) - W(1)
    base, stop = W(start), W(end)
    while base < stop:
        ends = equal_64(text, base, NEWLINE)
        found = equal_64(text, base, delimiter) | ends
        if quote != 0:
            # The parity of the quotes up to each byte: whether it stands inside of quotes.
            quotes = equal_64(text, base, quote)
            around |= quotes
            for shift in (1, 2, 4, 8, 16, 32):
                quotes ^= quotes << W(shift)
            quotes ^= inside
            inside = W(0) - (quotes >> W(63))
            found &= ~quotes
        if stop - base < W(64):
            found &= (W(1) << (stop - base)) - W(1)
        around |= found & (equal_64(text, base - W(1), BLANK) | equal_64(text, base + W(1), BLANK))
        while found != W(0):
            at = zeros_below(found)
            cuts[n] = base + at
            cuts[n + W(1)] = base + at
            is_end = (ends >> at) & W(1)
            n += W(1) + is_end
            lines += is_end
            found &= found - W(1)
        base += W(64)
    around |= W(text[W(start)] == BLANK)
    return n, lines, around != W(0)


@inner
def _regular(cuts: Any, n: Any, lines: Any, columns: Any) -> Any:
    """Whether every line has the number of fields: there, and only there, stands a line end twice."""
    if lines * (columns + 1) >= np.int64(n):
        return False
    for i in range(lines):
        end = W(i * (columns + 1) + columns)
        if cuts[end] != cuts[end + W(1)]:
            return False
    return columns > 1


@inner
def _is_blank(text: Any, start: Any, end: Any) -> Any:
    while start < end and (text[start] == BLANK or 9 <= text[start] <= 13):
        start += W(1)
    return start == end


@inner
def _without_blank_lines(text: Any, cuts: Any, lines: Any, columns: Any) -> Any:
    """Take the blank lines out of the cuts; returns the number of records, or -1 if one is not regular."""
    kept, at = np.int64(0), W(0)
    for _ in range(lines):
        end = at + W(1)
        while text[W(cuts[end])] != NEWLINE:
            end += W(1)
        if end != at + W(1) or not _is_blank(text, W(cuts[at]) + W(1), W(cuts[end])):
            if end - at != W(columns):
                return -1
            for i in range(columns + 1):
                cuts[W(kept * (columns + 1) + i)] = cuts[at + W(i)]
            kept += 1
        at = end + W(1)
    return kept


@inner
def _cut_lines(text: Any, start: Any, end: Any, width: Any, longest: Any, cuts: Any) -> Any:
    """The byte before each line that is not blank, and its end; -1 lines if one has another width."""
    lines, before = np.int64(0), W(start) - W(1)
    base, stop = W(start), W(end)
    while base < stop:
        found = equal_64(text, base, NEWLINE)
        if stop - base < W(64):
            found &= (W(1) << (stop - base)) - W(1)
        while found != W(0):
            here = base + zeros_below(found)
            if not _is_blank(text, before + W(1), here):
                if width and here - before - W(1) != W(width):
                    return -1
                is_long = longest and here - before - W(1) > W(longest)
                if is_long and not _is_blank(text, before + W(1) + W(longest), here):
                    return -1
                cuts[W(2 * lines)] = before
                cuts[W(2 * lines + 1)] = here
                lines += 1
            before = here
            found &= found - W(1)
        base += W(64)
    return lines


@inner
def _records(text: Any, start: Any, stop: Any, layout: Any, cuts: Any) -> Any:
    """What is wrong, the number of records, where the next one begins, and whether fields must be trimmed."""
    if layout.columns == 0:
        rows = _cut_lines(text, start, stop, layout.width, layout.longest, cuts)
        return WRONG_WIDTH if rows < 0 else SOUND, rows, stop, True
    n, lines, around = _cut(text, start, stop, np.uint8(layout.delimiter), np.uint8(layout.quote), cuts)
    if lines == W(0):
        return OPEN_END, np.int64(0), start, around
    last = n - W(1)
    while cuts[last] != cuts[last - W(1)]:
        last -= W(1)
    after = np.int64(cuts[last]) + 1
    rows = np.int64(lines)
    if not _regular(cuts, n, rows, layout.columns):
        rows = _without_blank_lines(text, cuts, rows, layout.columns)
        if rows < 0:
            return WRONG_FIELDS, rows, start, around
    return SOUND, rows, after, around


def count_lines(text: Any, start: Any, end: Any) -> Any:
    """Number of line ends in text[start:end]; `text` is the address of its bytes."""
    text = carray(text, end)
    n, at = W(0), W(start)
    while at + W(64) <= W(end):
        n += ones(equal_64(text, at, NEWLINE))
        at += W(64)
    while at < W(end):
        n += W(text[at] == NEWLINE)
        at += W(1)
    return np.int64(n)


def read(
    text: Any, start: Any, end: Any, layout: Any, n: Any, fields: Any, marks: Any, memory: Any, size: Any,
    there: Any, rows: Any, odd: Any, room: Any, scratch: Any, tile: Any, found: Any,
) -> Any:  # fmt: skip
    """Read the records of text[start:end], the last byte of which is a line end, into columns.

    All are addresses, but for start and end, the numbers of fields, of rows, of rows of odd, and the bytes
    of a tile. `memory` holds the columns at their offsets, `there` [field, row] is 1 where a value is;
    `odd` gets (field, row, first byte, byte after the last) of every value that others must tell. Returns
    what is wrong (if anything, all else is void); `found` gets the number of rows, and of odd values, which
    may be more than `odd` has room for.
    """
    numbers, listed, bytes_there = carray(layout, 5), carray(fields, 6 * n + 1), carray(there, (n, rows))
    state, rows, n_odd = _read(
        carray(text, end + PAD),
        start,
        end,
        Layout(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]),
        _fields(n, listed, carray(marks, 2 * listed[6 * n])),
        carray(memory, size),
        bytes_there,
        carray(odd, (room, 4)),
        carray(scratch, 9 * tile + 64),
        tile,
    )
    told = carray(found, 2)
    told[0], told[1] = rows, n_odd
    return state


_BYTES, _NUMBERS, _WORDS = (types.CPointer(kind) for kind in (types.uint8, types.int64, types.uint64))
_NUMBER = types.int64
SIGNATURES = {
    "count_lines": (_NUMBER, (_BYTES, _NUMBER, _NUMBER)),
    "read": (
        _NUMBER,
        (_BYTES, _NUMBER, _NUMBER, _NUMBERS, _NUMBER, _NUMBERS, _WORDS, _BYTES, _NUMBER, _BYTES, _NUMBER,
         _NUMBERS, _NUMBER, _WORDS, _NUMBER, _NUMBERS),
    ),
}  # fmt: skip
"""What the functions return and are given."""


@inner
def _fields(n: Any, listed: Any, marks: Any) -> Any:
    n_marks = len(marks) // 2
    return Fields(
        listed[:n],
        listed[n : 2 * n],
        listed[2 * n : 3 * n],
        listed[3 * n : 4 * n],
        listed[4 * n : 5 * n],
        listed[5 * n :],
        marks[:n_marks],
        marks[n_marks:],
    )


@inner
def _space(scratch: Any, tile: Any) -> Any:
    """Where the cuts are kept, and what the loops over a tile leave for each other."""
    halves = scratch[6 * tile :].view(np.uint32)
    return halves[4 * tile :], Space(
        halves[:tile],
        halves[tile : 2 * tile],
        halves[2 * tile : 4 * tile],
        scratch[:tile],
        scratch[tile : 2 * tile],
        scratch[2 * tile : 3 * tile].view(np.int64),
        scratch[3 * tile : 4 * tile],
        scratch[4 * tile : 5 * tile],
        scratch[5 * tile : 6 * tile].view(np.float64),
    )


@inner
def _read(
    text: Any, start: Any, end: Any, layout: Any, fields: Any, memory: Any, there: Any, odd: Any,
    scratch: Any, tile: Any,
) -> Any:  # fmt: skip
    cuts, space = _space(scratch, tile)
    row, n_odd = np.int64(0), np.int64(0)
    while start < end:
        stop = min(end, start + tile)
        if layout.columns == 0 and stop < end:
            stop = _line_end(text, start, stop)
        if stop - start > tile:
            return TOO_LONG, 0, 0
        state, rows, after, around = _records(text, start, stop, layout, cuts)
        if state != SOUND:
            return TOO_LONG if state == OPEN_END and stop < end else state, 0, 0
        for number in range(len(fields.kinds)):
            n = _place(text, cuts, rows, layout, fields, number, around, space)
            n_odd = _note(odd, n_odd, number, row, space, n)
            for i in range(n):
                space.sizes[W(space.rest[W(i)])] = 0
            for i in range(rows):
                there[number, row + i] = space.sizes[W(i)] != 0
            n = column(fields.kinds[number], text, rows, row, memory, fields.offsets[number], space)
            n_odd = _note(odd, n_odd, number, row, space, n)
        start = after
        row += rows
    return SOUND, row, n_odd


@inner
def _place(
    text: Any, cuts: Any, rows: Any, layout: Any, fields: Any, number: Any, around: Any, space: Any
) -> Any:
    """Locate a field in all rows, blank where it is absent; returns the rows with unusual quotes, in rest."""
    step, place = W(layout.columns + 1 if layout.columns else 2), W(fields.places[number])
    n = W(0)
    if around:
        first, last = W(fields.firsts[number]), W(fields.lasts[number])
        n = locate_within(text, cuts, rows, place, step, first, last, np.uint8(layout.quote), space)
    else:
        locate(text, cuts, rows, place, step, space)
    for mark in range(fields.mark_ends[number], fields.mark_ends[number + 1]):
        unmark(rows, space.sizes, space.tails, fields.mark_sizes[mark], fields.mark_words[mark])
    return n


@inner
def _line_end(text: Any, start: Any, stop: Any) -> Any:
    """The byte after the last line end before `stop`, or else after the first one behind it."""
    end = stop
    while end > start and text[end - 1] != NEWLINE:
        end -= 1
    if end > start:
        return end
    while text[stop - 1] != NEWLINE:
        stop += 1
    return stop


@inner
def _note(odd: Any, n_odd: Any, number: Any, row: Any, space: Any, n: Any) -> Any:
    """Add the first `n` rows of space.rest to the odd ones; returns their number."""
    for i in range(n):
        at = W(space.rest[W(i)])
        if n_odd < len(odd):
            odd[n_odd, 0] = number
            odd[n_odd, 1] = row + np.int64(at)
            odd[n_odd, 2] = np.int64(space.begins[at])
            odd[n_odd, 3] = np.int64(space.begins[at]) + np.int64(space.sizes[at])
        n_odd += 1
    return n_odd
