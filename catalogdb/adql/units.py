"""Units of what is computed, by astropy, as VOUnits."""

from __future__ import annotations

import functools
from typing import Any

from catalogdb.vocabulary import astropy_unit


@functools.cache
def product(left: str, right: str) -> str | None:
    """The unit of a product; None if it can not be written."""
    if "" in {left, right}:
        return left or right
    return _written(lambda a, b: a * b, left, right)


@functools.cache
def quotient(left: str, right: str) -> str | None:
    """The unit of a quotient; None if it can not be written."""
    if left == right:
        return ""
    if right == "":
        return left
    return _written(lambda a, b: a / b, left, right)


@functools.cache
def power(unit: str, exponent: float) -> str | None:
    """The unit of a power; None if it can not be written."""
    if unit == "":
        return ""
    return _written(lambda a, _: a**exponent, unit, "")


@functools.cache
def factor(source: str, target: str) -> float:
    """By what a number in `source` is multiplied to be in `target`; raises ValueError, which says why not."""
    if source == target:
        return 1.0
    try:
        return float(_unit(source).to(_unit(target)))
    except Exception as error:
        # astropy has errors of several families here; UnitConversionError is no ValueError.
        raise ValueError(str(error)) from error


def _unit(text: str) -> Any:
    import astropy.units as u

    return astropy_unit(text) if text else u.dimensionless_unscaled


def _written(combine: Any, left: str, right: str) -> str | None:
    """The combination in VOUnit's form, without a scale: `mas / arcsec` keeps both names."""
    try:
        text: str = combine(_unit(left), _unit(right)).to_string("vounit")
    except (ValueError, TypeError):
        return None
    return text
