"""Coordinate systems, and regions that are written as text: DALI's shapes and the simple ones of STC-S.

Positions are ICRS throughout. A coordinate system given as ICRS, J2000 or FK5, or not at all, is taken for
it: the axes of FK5 at J2000 lie 0.023 arcsec from those of the ICRS. GALACTIC is turned to
ICRS. A reference position or a flavor of STC-S changes nothing for directions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from catalogdb.adql.frames import rotation
from catalogdb.adql.outline import unit_vectors

TO_ICRS = rotation("GALACTIC", "ICRS")

ICRS_WORDS = frozenset({"", "ICRS", "J2000", "FK5", "UNKNOWNFRAME"})
GALACTIC_WORDS = frozenset({"GALACTIC", "GALACTIC_II"})
_REFERENCE_POSITIONS = frozenset(
    {"GEOCENTER", "BARYCENTER", "HELIOCENTER", "TOPOCENTER", "LSR", "UNKNOWNREFPOS", "RELOCATABLE"}
)
_FLAVORS = frozenset({"SPHERICAL2"})
_SHAPES = {
    "POSITION": ("POINT", 2),
    "POINT": ("POINT", 2),
    "CIRCLE": ("CIRCLE", 3),
    "BOX": ("BOX", 4),
    "POLYGON": ("POLYGON", None),
}
_BY_COUNT = {2: "POINT", 3: "CIRCLE"}
_COMPOUND = frozenset({"UNION", "INTERSECTION", "NOT", "DIFFERENCE"})


class Region(NamedTuple):
    """A shape by the name of its constructor, its numbers [deg], and whether they are galactic."""

    shape: str
    numbers_deg: tuple[float, ...]
    is_galactic: bool = False


def is_galactic(text: str) -> bool:
    """Whether a coordinate system is galactic rather than ICRS; raises ValueError if it is neither."""
    words = text.upper().split()
    frame = words.pop(0) if words and words[0] not in _REFERENCE_POSITIONS | _FLAVORS else ""
    if set(words) - _REFERENCE_POSITIONS - _FLAVORS or frame not in ICRS_WORDS | GALACTIC_WORDS:
        raise ValueError(
            f"{text!r} is no coordinate system here: positions are ICRS, and there are ICRS and GALACTIC"
        )
    return frame in GALACTIC_WORDS


def icrs(lon_deg: float, lat_deg: float) -> tuple[float, float]:
    """Return right ascension and declination [deg] of a galactic position."""
    turn = np.array(TO_ICRS).reshape(3, 3)
    x, y, z = turn @ unit_vectors(lon_deg, lat_deg)
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y)))


def parse_region(text: str) -> Region:
    """Return the shape that a text tells of; raises ValueError that says what is wrong with it."""
    words = text.replace("(", " ( ").replace(")", " ) ").replace(",", " ").split()
    if not words:
        raise ValueError("a region needs a shape, as in 'CIRCLE ICRS 10.68 41.27 0.5'")
    first = words[0].upper()
    if first in _COMPOUND:
        raise ValueError(f"{first} of regions is not supported: join conditions with AND, OR and NOT")
    if _is_number(words[0]):
        numbers = _numbers(words)
        return Region(_checked(_BY_COUNT.get(len(numbers), "POLYGON"), numbers), numbers)
    if first not in _SHAPES:
        raise ValueError(f"{words[0]} is no shape of a region: there are CIRCLE, BOX, POLYGON and POSITION")
    start = next((i for i, word in enumerate(words[1:], 1) if _is_number(word)), len(words))
    numbers = _numbers(_without_unit(words[start:]))
    shape = _checked(_SHAPES[first][0], numbers)
    return Region(shape, numbers, is_galactic(" ".join(words[1:start])))


def _without_unit(words: list[str]) -> list[str]:
    return words[:-2] if [word.lower() for word in words[-2:]] == ["unit", "deg"] else words


def _numbers(words: list[str]) -> tuple[float, ...]:
    for word in words:
        if not _is_number(word):
            raise ValueError(f"{word} is not a number of degrees")
    return tuple(map(float, words))


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _checked(shape: str, numbers: tuple[float, ...]) -> str:
    wanted = {"POINT": 2, "CIRCLE": 3, "BOX": 4}.get(shape)
    if wanted is None and (len(numbers) < 6 or len(numbers) % 2):
        raise ValueError(f"a polygon needs three pairs of numbers or more; here are {len(numbers)} numbers")
    if wanted is not None and len(numbers) != wanted:
        raise ValueError(f"a {shape.lower()} needs {wanted} numbers, and here are {len(numbers)}")
    return shape
