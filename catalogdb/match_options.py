"""What can be asked of a match, checked before anything is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from catalogdb.ddl import quoted
from catalogdb.errors import MatchError, did_you_mean
from catalogdb.schema import Table

Keep = Literal["all", "nearest", "mutual"]
KEEP = ("all", "nearest", "mutual")


@dataclass(frozen=True, slots=True, kw_only=True)
class MagnitudeTest:
    """A magnitude of the left row, brought to the right one's band by a colour, against the right one's.

    expected = left + coefficients[0] + coefficients[1] colour + ... (to the third power), where colour
    is the difference of two columns of `color_of`. A pair passes when |right - expected| is at most
    `tolerance_mag`, and at most `tolerance_sigma` times the error: both magnitudes' errors and
    `scatter_mag` in quadrature. Pairs whose magnitudes are missing pass unless `keep_missing` is False.
    """

    left: str
    right: str
    color: tuple[str, str] | None = None
    color_of: Literal["left", "right"] = "left"
    coefficients: tuple[float, ...] = (0.0,)
    tolerance_mag: float | None = None
    tolerance_sigma: float | None = None
    left_error: str | None = None
    right_error: str | None = None
    scatter_mag: float = 0.0
    keep_missing: bool = True

    def __post_init__(self) -> None:
        if not 1 <= len(self.coefficients) <= 4:
            raise MatchError(f"a colour transformation has 1 to 4 coefficients, not {len(self.coefficients)}")
        if len(self.coefficients) > 1 and self.color is None:
            raise MatchError("coefficients beyond the first need a colour: color=(column, column)")
        if self.tolerance_mag is None and self.tolerance_sigma is None:
            raise MatchError("a magnitude test needs tolerance_mag or tolerance_sigma")

    def expressions(self, side: Literal["left", "right"], table: Table) -> dict[str, str]:
        """The SQL of mag, mag_error and color of this side; raises MatchError for a column it has not."""
        mag, error = (self.left, self.left_error) if side == "left" else (self.right, self.right_error)
        named = {"mag": mag} | ({"mag_error": error} if error else {})
        found = {role: _checked(table, column) for role, column in named.items()}
        if self.color is not None and self.color_of == side:
            found["color"] = " - ".join(_checked(table, column) for column in self.color)
        return found

    def parameters(self) -> dict[str, Any]:
        """The parameters of sql/match_refine.sql that belong to this test."""
        padded = (*self.coefficients, 0.0, 0.0, 0.0)
        return {
            "colour": len(self.coefficients) > 1,
            **{f"c{i}": padded[i] for i in range(4)},
            "max_delta_mag": self.tolerance_mag,
            "max_mag_sigma": self.tolerance_sigma,
            "mag_scatter": self.scatter_mag,
            "keep_no_mag": self.keep_missing,
        }


NO_MAGNITUDES: dict[str, Any] = {
    "colour": False,
    **{f"c{i}": 0.0 for i in range(4)},
    "max_delta_mag": None,
    "max_mag_sigma": None,
    "mag_scatter": 0.0,
    "keep_no_mag": True,
}


def _checked(table: Table, column: str) -> str:
    if not table.has(column):
        names = [c.name for c in table.columns]
        raise MatchError(f"{table.qualified_name} has no column {column}{did_you_mean(column, names)}")
    return f"{quoted(column)}::DOUBLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOptions:
    """How two tables are matched; see `catalogdb.match.match`."""

    radius_arcsec: float
    keep: Keep = "all"
    epoch: str | float = "none"
    ellipse: bool = False
    max_distance: float | None = None
    magnitude: MagnitudeTest | None = None
    exclude_self: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.radius_arcsec) and 0 < self.radius_arcsec <= 648000):
            raise MatchError(f"radius {self.radius_arcsec} arcsec is not in (0, 648000]")
        if self.keep not in KEEP:
            raise MatchError(f"keep {self.keep!r} is none of {', '.join(KEEP)}")
        if self.max_distance is not None and not self.max_distance > 0:
            raise MatchError(f"max_distance {self.max_distance} is not positive")
        _check_epoch(self.epoch)

    @property
    def epoch_of(self) -> str:
        """Whose epoch pairs are compared at: none, left, right or fixed."""
        return self.epoch if isinstance(self.epoch, str) else "fixed"

    @property
    def epoch_yr(self) -> float | None:
        """The fixed epoch [Julian yr], or None."""
        return None if isinstance(self.epoch, str) else float(self.epoch)

    @property
    def has_ellipse(self) -> bool:
        """Whether normalised distances are computed."""
        return self.ellipse or self.max_distance is not None

    @property
    def needs_full_rows(self) -> bool:
        """Whether pairs are tested by more than their distance as listed."""
        return self.epoch_of != "none" or self.has_ellipse or self.magnitude is not None


def _check_epoch(epoch: str | float) -> None:
    if isinstance(epoch, str):
        if epoch not in {"none", "left", "right"}:
            raise MatchError(f"epoch {epoch!r} is none of none, left, right or a Julian year")
    elif not 0 < epoch < 10000:
        raise MatchError(f"epoch {epoch} is not a Julian year")
