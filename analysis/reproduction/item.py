"""One number of a paper: what it claims, what comes out here, and whether both agree."""

from __future__ import annotations

import math
from dataclasses import dataclass

HOLDS, DIFFERS, NOT_TESTABLE = "holds", "differs", "not testable here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A claim and our number for it, in the same `unit` (VOUnit).

    `item` is the label of the checklist (C-5). `claimed` is what the paper says, or what it says by
    implication, or, where it gives no number, what an independent calculation expects: `reason` then
    says so. `ours` is None for what can not be computed here; `ours_error` is the standard error of a
    simulation, None for a calculation. `tolerance` says how far both may be apart.

    Raises ValueError for a number that is not finite, and for a missing reason of a claim that does
    not hold.
    """

    item: str
    quantity: str
    claimed: float
    ours: float | None
    tolerance: float | None
    unit: str
    ours_error: float | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        numbers = (self.claimed, self.ours, self.tolerance, self.ours_error)
        if not all(number is None or math.isfinite(number) for number in numbers):
            raise ValueError(f"{self.item}, {self.quantity}: not every number is finite")
        if (self.ours is None) != (self.tolerance is None):
            raise ValueError(f"{self.item}, {self.quantity}: a result needs a tolerance, and only a result")
        if self.verdict != HOLDS and not self.reason:
            raise ValueError(f"{self.item}, {self.quantity}: a reason is needed, for it {self.verdict}")

    @property
    def verdict(self) -> str:
        """`holds` exactly when |ours - claimed| <= tolerance, in double precision; else one of the others."""
        if self.ours is None or self.tolerance is None:
            return NOT_TESTABLE
        return HOLDS if abs(self.ours - self.claimed) <= self.tolerance else DIFFERS


def not_testable(item: str, quantity: str, claimed: float, unit: str, reason: str) -> Item:
    """Return the item of a claim for which something is missing here, which the reason names."""
    return Item(
        item=item, quantity=quantity, claimed=claimed, ours=None, tolerance=None, unit=unit, reason=reason
    )
