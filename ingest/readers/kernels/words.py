"""Words of eight characters, and what a processor can do with them that NumPy has no name for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS = {"error_model": "numpy"}


def inner(function: Function) -> Function:
    """The function, compiled for those that call it."""
    return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)  # type: ignore[no-any-return]


def inline(function: Function) -> Function:
    """The function, compiled into those that call it."""
    return njit(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)  # type: ignore[no-any-return]


def _address(context: Any, builder: Any, kind: Any, array: Any, index: Any, target: Any) -> Any:
    start = builder.bitcast(make_array(kind)(context, builder, array).data, ir.IntType(8).as_pointer())
    return builder.bitcast(builder.gep(start, [index]), target.as_pointer())


@intrinsic
def word_at(typing: Any, text: Any, index: Any) -> Any:
    """Eight bytes of text from an index that need not be a multiple of eight."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        word = ir.IntType(64)
        address = _address(context, builder, signature.args[0], given[0], given[1], word)
        return builder.load(address, align=1)

    return types.uint64(text, types.uint64), code


@intrinsic
def equal_64(typing: Any, text: Any, index: Any, byte: Any) -> Any:
    """A bit for each of 64 bytes from the index: whether it is that byte."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        many = ir.VectorType(ir.IntType(8), 64)
        address = _address(context, builder, signature.args[0], given[0], given[1], many)
        undefined = ir.Constant(many, ir.Undefined)
        single = builder.insert_element(undefined, given[2], ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), 64), None)
        wanted = builder.shuffle_vector(single, undefined, zeros)
        equal = builder.icmp_unsigned("==", builder.load(address, align=1), wanted)
        return builder.bitcast(equal, ir.IntType(64))

    return types.uint64(text, types.uint64, types.uint8), code


@intrinsic
def zeros_below(typing: Any, word: Any) -> Any:
    """Number of zero bits below the lowest one; 64 for zero."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), code


@intrinsic
def ones(typing: Any, word: Any) -> Any:
    """Number of one bits."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.ctpop(given[0])

    return types.uint64(types.uint64), code


@intrinsic
def zeros_above(typing: Any, word: Any) -> Any:
    """Number of zero bits above the highest one; 64 for zero."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.ctlz(given[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), code


@intrinsic
def product(typing: Any, a: Any, b: Any) -> Any:
    """High and low 64 bits of the product of two words."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        long, short = ir.IntType(128), ir.IntType(64)
        whole = builder.mul(*(builder.zext(x, long) for x in given))
        high = builder.trunc(builder.lshr(whole, ir.Constant(long, 64)), short)
        return context.make_tuple(builder, signature.return_type, [high, builder.trunc(whole, short)])

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), code


@intrinsic
def as_double(typing: Any, bits: Any) -> Any:
    """The double with these bits."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], ir.DoubleType())

    return types.float64(types.uint64), code


@intrinsic
def as_bits(typing: Any, number: Any) -> Any:
    """The bits of a double."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], ir.IntType(64))

    return types.uint64(types.float64), code


W = np.uint64
NEWLINE, BLANK = np.uint8(10), np.uint8(32)


def eight(byte: int) -> np.uint64:
    """The word of eight such bytes."""
    return W(byte * 0x0101010101010101)


DIGITS, BLANKS, _ONES, _TOPS, _ABOVE_9 = (eight(x) for x in (0x30, 0x20, 0x01, 0x80, 0x76))
MINUS, PLUS, _POINT = (W(ord(c) ^ ord("0")) for c in "-+.")
_POINTS = eight(ord(".") ^ ord("0"))
_EVEN, _LOW_16 = W(0x00FF00FF00FF00FF), W(0xFFFF)
TEN_8 = W(10**8)


@inline
def sum_digits(word: Any) -> Any:
    """The number whose eight decimal digits are the bytes of the word."""
    pairs = ((word << W(3)) + (word << W(1)) + (word >> W(8))) & _EVEN
    fours = (pairs << W(6)) + (pairs << W(5)) + (pairs << W(2)) + (pairs >> W(16))
    return (fours & _LOW_16) * W(10000) + ((fours >> W(32)) & _LOW_16)


@inline
def no_digits(word: Any) -> Any:
    """Not zero if a byte of the word is above nine."""
    return (word | (word + _ABOVE_9)) & _TOPS


@inline
def point_of(word: Any) -> Any:
    """The lowest bit of the first byte that is a decimal point; 0 without one."""
    points = word ^ _POINTS
    tops = (points - _ONES) & ~points & _TOPS
    return (tops & (~tops + W(1))) >> W(7)


@inline
def closed(word: Any, point: Any) -> Any:
    """The word without its point: what stands below it moved up by one byte."""
    below = word & (point - W(1) if point != W(0) else W(0))
    return word - below - (point << W(5)) + (point << W(1)) + (below << W(8))
