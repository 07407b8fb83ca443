"""The words of the column `flags`: what limits a star's result, and what may imitate an acceleration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.acceleration.entries import Entries
from analysis.acceleration.gls import Fit

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

LIMITS = (
    *("unused_entries", "repeated_entries", "unused_motion", "shared_data"),
    *("few_epochs", "no_test", "no_acceleration"),
)
BLENDS = ("high_ruwe", "multi_peak", "neighbour")
WORDS = (*LIMITS, *BLENDS)
"""Words of the column, in the order of their bits."""

RUWE = 1.4
"""Above it Gaia's single-star solution does not fit (Lindegren 2018, GAIA-C3-TN-LU-LL-124-01)."""

MULTI_PEAK_PERCENT = 2.0
"""Of a well-behaved single source at most this part of the windows has a second peak: ipd_frac_multi_peak
<= 2 in the selections after Fabricius et al. 2021, A&A 649, A5 (so Pace, Erkal & Li 2022); the numbers are
from code and text that cite these papers, not from the papers themselves."""


def limits(listed: Entries, used: Entries, fit: Fit, *, accelerates: bool) -> Index:
    """Return, as bits (n,), what limits the result; `accelerates`: the weighting tests acceleration."""
    stated = ~(np.isnan(used.pmra) & np.isnan(used.pmdec))

    def number(chosen: npt.NDArray[np.bool_], of: Entries = listed) -> Index:
        return np.bincount(of.star[chosen], minlength=of.n_stars)

    usable, repeated = number(listed.usable), number(listed.repeated)
    return _bits(
        listed.count() - repeated > usable,
        repeated > 0,
        (number(stated & ~used.has_motion, used) > 0) & accelerates,
        usable > used.count(),
        used.count() < 2,
        np.isnan(fit.p_lin),
        np.isnan(fit.p_acc) & accelerates,
    )


def blends(listed: Entries, ruwe: Array, ipd_frac_multi_peak: Array, n_candidates: Array) -> Index:
    """Return, as bits (n,), what tells of a second source in an entry; columns (m,), NaN for unknown."""

    def any_entry(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return np.bincount(listed.star[chosen], minlength=listed.n_stars) > 0

    return _bits(
        any_entry(ruwe > RUWE),
        any_entry(ipd_frac_multi_peak > MULTI_PEAK_PERCENT),
        any_entry(n_candidates > 1),
    ) << len(LIMITS)


def _bits(*conditions: npt.NDArray[np.bool_]) -> Index:
    bits: Index = np.stack([bit.astype(np.int64) << i for i, bit in enumerate(conditions)]).sum(axis=0)
    return bits


def words(bits: Index) -> pa.Array:
    """Return the words of each star's bits, separated by blanks; NULL for none."""
    texts = [
        " ".join(w for i, w in enumerate(WORDS) if code >> i & 1) or None for code in range(2 ** len(WORDS))
    ]
    return pa.array(texts, pa.string()).take(pa.array(bits))
