"""A V magnitude from what a catalogue measures, with its error: paper 004, equations 1 to 3.

Pure. Every catalogue that can be compared has a magnitude and a colour, and V is the magnitude plus a
polynomial of the colour. Which columns these are follows from the names a table has, not from its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial.polynomial import polyder, polyval

Array = npt.NDArray[np.float64]

MAG_PER_RATIO = 2.5 / np.log(10.0)
"""Error of a magnitude times the ratio of flux and its error."""


@dataclass(frozen=True, slots=True)
class Relation:
    """V - magnitude as a polynomial of a colour, with its scatter [mag] and the colours it holds for."""

    coefficients: tuple[float, ...]
    scatter_mag: float
    colours: tuple[float, float]
    reference: str


RELATIONS: Mapping[str, Relation] = {
    "dr2": Relation(
        (0.01760, 0.006860, 0.1732),
        0.045858,
        (-0.5, 2.75),
        "G - V of paper 004, equation 1: Gaia DR2 documentation, table 5.8 (which gives the scatter); "
        "Evans et al. 2018, A&A 616, A4, table A.1",
    ),
    "dr3": Relation(
        (0.02704, -0.01424, 0.2156, -0.01426),
        0.03017,
        (-0.5, 5.0),
        "G - V = -0.02704 + 0.01424 x - 0.2156 x^2 + 0.01426 x^3: Riello et al. 2021, A&A 649, A3, "
        "tables C.1 and C.2",
    ),
}
"""V - G with x = BP - RP, by the name of the option `relation`."""

# Good to 0.015 mag for -0.2 < BT - VT < 1.8 (ESA SP-1200, vol. 1, sect. 1.3, also in the guide of Tycho-2).
TYCHO = Relation(
    (0.0, -0.090), 0.015, (-0.2, 1.8), "V = VT - 0.090 (BT - VT): ESA 1997, SP-1200, vol. 1, 1.3"
)

# To 0.2 and 0.15 mag: I/199A as its specification quotes it.
NPM1_ERRORS_MAG = (0.2, 0.15)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which columns make V: `magnitude` + relation(`colour`), the colour one column or the difference of two.

    `errors` names the error of the magnitude and of each colour column: a column in mag, one of flux over
    error (`as_ratio`), or a number that the catalogue states for all. A missing one counts as zero.
    """

    magnitude: str
    colour: tuple[str, ...]
    relation: Relation
    errors: Mapping[str, str | float]
    as_ratio: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the recipe can use; a table may lack those of the errors."""
        named = (error for error in self.errors.values() if isinstance(error, str))
        return tuple(dict.fromkeys((self.magnitude, *self.colour, *named)))


NO_COLOUR = Relation((0.0,), 0.0, (-np.inf, np.inf), "V as listed")


def recipe(names: set[str], relation: Relation) -> Recipe | None:
    """Return how a table with these columns tells V; None where it has no V and no G with its colour.

    2MASS and AllWISE are infrared, URAT1 and UCAC5 measure between V and R or I, Gaia DR1 has G alone:
    none of them has a V of its own (the V that URAT1 and UCAC4 list is that of APASS).
    """
    if "vmag" in names:
        return Recipe("vmag", (), NO_COLOUR, {"vmag": "e_vmag"})
    if {"vtmag", "btmag"} <= names:
        return Recipe("vtmag", ("btmag", "vtmag"), TYCHO, {"vtmag": "e_vtmag", "btmag": "e_btmag"})
    if {"bmag", "b_v"} <= names:
        minus = Relation((0.0, -1.0), 0.0, (-np.inf, np.inf), "V = B - (B - V)")
        return Recipe("bmag", ("b_v",), minus, dict(zip(("bmag", "b_v"), NPM1_ERRORS_MAG, strict=True)))
    bands = {band: f"phot_{band}_mean_mag" for band in ("g", "bp", "rp")}
    if set(bands.values()) <= names:
        # Equation 3 of the paper counts the errors of both colours; that of G is in it here too.
        ratios = {mag: f"phot_{band}_mean_flux_over_error" for band, mag in bands.items()}
        return Recipe(bands["g"], (bands["bp"], bands["rp"]), relation, ratios, as_ratio=True)
    return None


def v_magnitude(how: Recipe, columns: Mapping[str, Array], *, scatter: bool = True) -> tuple[Array, Array]:
    """Return V and its error [mag] of n rows, NaN where a value is missing or the colour is out of range.

    `columns` has arrays (n,) of the columns of `how` that the table has. The errors are propagated through
    the magnitude and each colour (equation 3); `scatter` adds that of stars about the relation, without
    which the error is that of the measurements alone.
    """
    magnitude = columns[how.magnitude]
    value: Array = np.zeros(len(magnitude))
    slope: Array = np.zeros(len(magnitude))
    if how.colour:
        parts = [columns[name] for name in how.colour]
        colour = parts[0] - parts[1] if len(parts) == 2 else parts[0]
        low, high = how.relation.colours
        colour = np.where((colour >= low) & (colour <= high), colour, np.nan)
        value = np.asarray(polyval(colour, how.relation.coefficients), np.float64)
        slope = np.asarray(polyval(colour, polyder(how.relation.coefficients)), np.float64)
    else:
        value = value + how.relation.coefficients[0]
    # A column can be the magnitude and part of the colour: its error counts once, with both slopes.
    slopes: dict[str, Array] = {how.magnitude: np.ones(len(magnitude))}
    for sign, name in zip((1.0, -1.0), how.colour, strict=False):
        slopes[name] = slopes.get(name, np.zeros(len(magnitude))) + sign * slope
    variance = np.full(len(magnitude), how.relation.scatter_mag**2 if scatter else 0.0)
    for name, rate in slopes.items():
        variance = variance + (rate * _error(how, name, columns)) ** 2
    v = magnitude + value
    return v, np.where(np.isfinite(v), np.sqrt(variance), np.nan)


def _error(how: Recipe, name: str, columns: Mapping[str, Array]) -> Array:
    """Return the error [mag] of a column of the recipe, 0 where it is not known."""
    source = how.errors[name]
    if not isinstance(source, str):
        return np.full(len(columns[name]), source)
    listed = columns.get(source)
    if listed is None:
        return np.zeros(len(columns[name]))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = MAG_PER_RATIO / listed if how.as_ratio else listed
    return np.where(np.isfinite(error) & (error > 0.0), error, 0.0)
