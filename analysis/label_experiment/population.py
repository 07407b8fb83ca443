"""Simulated stars: giants of the disc whose abundances go together, or do not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ABUNDANCES = ("mg_fe", "si_fe", "ca_fe", "ti_fe")
LABELS = ("teff", "logg", "vmic", "fe_h", *ABUNDANCES)
"""Eight labels, as in section E of the checklist."""

OWN_SCATTER_DEX = 0.15
"""Of each abundance of independent stars about the alpha elements of its iron."""
TIGHT_DEX = 0.01
"""The same of stars whose abundances go together."""
ALPHA_DEX = 0.12
"""Scatter, at a given iron, that the alpha elements of such stars have in common."""


def stars(n: int, random: np.random.Generator, *, spread: float = 1.0, together: bool = False) -> Array:
    """Return labels (n, 8) of giants in the order of LABELS.

    Temperatures are within 300 K times `spread` of 4800 K, gravities along a giant branch with a scatter
    of 0.3 dex, iron within 0.6 dex times `spread` of -0.1. `together`: the four alpha elements are one but
    for TIGHT_DEX; else they have OWN_SCATTER_DEX each.
    """
    teff = random.uniform(4800.0 - 300.0 * spread, 4800.0 + 300.0 * spread, n)
    logg = 2.5 + (teff - 4800.0) / 400.0 + random.normal(0.0, 0.3, n)
    iron = random.uniform(-0.1 - 0.6 * spread, -0.1 + 0.6 * spread, n)
    vmic = 1.5 + random.normal(0.0, 0.15, n)
    alpha = -0.25 * iron + random.normal(0.0, ALPHA_DEX if together else 0.05, n)
    own = TIGHT_DEX if together else OWN_SCATTER_DEX
    return np.stack(
        [teff, logg, vmic, iron, *(alpha + random.normal(0.0, own, n) for _ in ABUNDANCES)], axis=1
    )


def beyond(n: int, random: np.random.Generator) -> Array:
    """Return labels (n, 8) of stars each of which is unlike all `stars(spread=1)` in a label at least."""
    at = stars(n, random)
    which = random.integers(0, 4, n)
    sign = np.where(random.random(n) < 0.5, -1.0, 1.0)
    at[which == 0, 0] = 4800.0 + sign[which == 0] * random.uniform(450.0, 800.0, (which == 0).sum())
    at[which == 1, 1] = (
        2.5
        + (at[which == 1, 0] - 4800.0) / 400.0
        + sign[which == 1] * random.uniform(1.6, 2.2, (which == 1).sum())
    )
    at[which == 2, 3] = -0.1 + sign[which == 2] * random.uniform(0.8, 1.2, (which == 2).sum())
    column = 4 + random.integers(0, 4, n)
    odd = which == 3
    at[odd, column[odd]] = -0.25 * at[odd, 3] + sign[odd] * random.uniform(0.8, 1.1, odd.sum())
    return at
