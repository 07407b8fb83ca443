"""How much wider errors are whose covariance was itself estimated, of a finite number of replicates.

The inverse of such a covariance is too large (Hartlap et al. 2007, A&A 464, 399), and what is fitted with it
scatters more than it says (Dodelson & Schneider 2013; Percival et al. 2014, MNRAS 439, 2531, eq. 18: the
factors are from memory, and are what draws of lines through simulated points show).
"""

from __future__ import annotations

LEAST = 4
"""Replicates for each point, at least."""
_FITTED = 2
"""Parameters that the points decide on: level and slope of a line, mass and concentration of a halo."""


def enough(replicates: int, points: int) -> bool:
    """Return whether the covariance of so many points is known from so many replicates."""
    return replicates >= LEAST * points and replicates > points + 4


def widening(replicates: int, points: int) -> float:
    """Return the factor of a covariance of points, with which errors of what is fitted are right.

    Raises ValueError for fewer replicates than `enough` asks for.
    """
    if not enough(replicates, points):
        raise ValueError(f"{replicates} replicates of {points} points")
    n, p = replicates, points
    inverse = (n - 1.0) / (n - p - 2.0)
    below = (n - p - 1.0) * (n - p - 4.0)
    a, b = 2.0 / below, (n - p - 2.0) / below
    return inverse * (1.0 + b * max(0, p - _FITTED)) / (1.0 + a + b * (_FITTED + 1.0))
