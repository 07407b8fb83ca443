"""Numbers one by one: digits and a power of ten to the nearest double, and text in any notation.

Digits and a power of ten that are both exact in a double give it by one operation (Clinger 1990, "How to
read floating point numbers accurately"), others by the method of Eisel and Lemire (Lemire 2021, Software:
Practice and Experience 51, 1700, "Number parsing at a gigabyte per second"), which gives up on a few.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ingest.readers.kernels.words import (
    DIGITS,
    MINUS,
    PLUS,
    TEN_8,
    W,
    as_double,
    closed,
    inline,
    inner,
    no_digits,
    point_of,
    product,
    sum_digits,
    word_at,
    zeros_above,
    zeros_below,
)

_TEN = 10.0 ** np.arange(23)
_BEYOND_19 = W(1843)
"""1844 with 16 digits more may be beyond a word."""

_LOWEST, _HIGHEST = -342, 308


def _powers_of_five() -> np.ndarray[Any, Any]:
    """The highest 128 bits of 5^q in two words; those of negative q are rounded up, as the method wants."""
    table = np.zeros((_HIGHEST - _LOWEST + 1, 2), np.uint64)
    for q in range(_LOWEST, _HIGHEST + 1):
        if q >= 0:
            power = 5**q << 128
        else:
            size = (5**-q - 1).bit_length()
            power = 2 ** (size + 127 if q >= -27 else 2 * size + 128) // 5**-q + 1
        table[q - _LOWEST] = divmod(power >> (power.bit_length() - 128), 2**64)
    return table


_FIVES = _powers_of_five()


@inline
def _decimal(mantissa: Any, power: Any) -> Any:
    """Whether it can be told, and the double nearest to mantissa * 10^power."""
    if mantissa <= W(2**53) and -22 <= power <= 22:
        number = float(np.int64(mantissa))
        return True, number / _TEN[-power] if power < 0 else number * _TEN[power]
    if mantissa == W(0):
        return True, 0.0
    if power < _LOWEST or power > _HIGHEST:
        return False, 0.0
    shift = zeros_above(mantissa)
    mantissa <<= shift
    row = np.uint64(power - _LOWEST)
    high, low = product(mantissa, _FIVES[row, 0])
    if high & W(0x1FF) == W(0x1FF):
        more, _ = product(mantissa, _FIVES[row, 1])
        low += more
        if low < more:
            high += W(1)
        if low == W(2**64 - 1):
            return False, 0.0
    top = high >> W(63)
    bits = high >> (top + W(9))
    exponent = ((217706 * power) >> 16) + 63 + np.int64(top) - np.int64(shift) + 1023
    if exponent <= 0 or exponent >= 2046:
        return False, 0.0
    if low <= W(1) and -4 <= power <= 23 and bits & W(3) == W(1) and bits << (top + W(9)) == high:
        bits &= ~W(1)  # half way between two doubles: to the even one
    bits = (bits + (bits & W(1))) >> W(1)
    if bits >= W(2**53):
        bits = W(2**52)
        exponent += 1
    return True, as_double((bits & W(2**52 - 1)) | (W(exponent) << W(52)))


@inner
def any_double(text: Any, start: Any, end: Any) -> Any:
    """Whether it is a number, and the number: digits, point and exponent read one by one."""
    negative = text[start] == 45
    if negative or text[start] == 43:
        start += W(1)
    mantissa = W(0)
    digits: Any = 0
    power: Any = 0
    rest = after = seen = False
    while start < end:
        byte = text[start]
        if byte == 46 and not after:
            after = True
        elif 48 <= byte <= 57:
            seen = True
            if digits < 19:
                mantissa = mantissa * W(10) + W(byte - 48)
                digits += mantissa > W(0)
                power -= after
            else:
                rest |= byte > 48
                power += not after
        else:
            break
        start += W(1)
    sound, exponent = _exponent(text, start, end)
    if not (seen and sound):
        return False, 0.0
    sound, number = _decimal(mantissa, power + exponent)
    if rest:  # digits beyond the nineteenth matter only where the next number is another double
        other, above = _decimal(mantissa + W(1), power + exponent)
        sound = sound and other and above == number
    return sound, -number if negative else number


@inner
def _exponent(text: Any, start: Any, end: Any) -> Any:
    """Whether it is nothing, or e and a whole number; and that number."""
    if start == end:
        return True, 0
    if text[start] | 32 != 101:
        return False, 0
    start += W(1)
    negative = start < end and text[start] == 45
    if start < end and (negative or text[start] == 43):
        start += W(1)
    if start == end or end - start > W(4):
        return False, 0
    exponent: Any = 0
    while start < end:
        if not 48 <= text[start] <= 57:
            return False, 0
        exponent = 10 * exponent + np.int64(text[start] - 48)
        start += W(1)
    return True, -exponent if negative else exponent


@inline
def long_double(text: Any, start: Any, end: Any) -> Any:
    """The same of 17 to 24 characters, such as doubles with all their digits have."""
    sign = W(text[start]) ^ W(48)
    signed = (sign == MINUS) | (sign == PLUS)
    gap = W(192) - W(8) * (end - start)
    first = ((word_at(text, start) ^ DIGITS) ^ (sign if signed else W(0))) << gap
    middle, last = word_at(text, end - W(16)) ^ DIGITS, word_at(text, end - W(8)) ^ DIGITS
    point = point_of(first)
    if point != W(0):
        first = closed(first, point)
        power = np.int64(zeros_below(point) >> W(3)) - 23
    else:
        point = point_of(middle)
        power = np.int64(zeros_below(point) >> W(3)) - 15
        if point == W(0):
            return any_double(text, start, end)
        middle = closed(middle, point) | (first >> W(56))
        first <<= W(8)
    high = sum_digits(first)
    if no_digits(first) | no_digits(middle) | no_digits(last) or high > _BEYOND_19:
        return any_double(text, start, end)
    sound, number = _decimal((high * TEN_8 + sum_digits(middle)) * TEN_8 + sum_digits(last), power)
    return sound, -number if sign == MINUS else number


@inner
def any_integer(text: Any, start: Any, end: Any) -> Any:
    """Whether it is a whole number of at most 19 digits that fits 64 bits, and the number."""
    negative = text[start] == 45
    if negative or text[start] == 43:
        start += W(1)
    if start == end or end - start > W(19):
        return False, 0
    number = W(0)
    while start < end:
        if not 48 <= text[start] <= 57:
            return False, 0
        number = W(10) * number + W(text[start] - 48)
        start += W(1)
    return number < W(2**63), -np.int64(number) if negative else np.int64(number)
