"""What is said of one list as a whole, collected while its rows go by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.comparison.lists import pair_period_yr

Array = npt.NDArray[np.float64]


class Account:
    """The line of one list: stars, each counted once, and its rows' separations, periods and pulls.

    Rows come in the order of source_id. Of each row two numbers at most stay in memory.
    """

    def __init__(self, list_name: str) -> None:
        self.list_name = list_name
        self._stars: dict[str, int] = {}
        self._last: dict[str, str] = {}
        self._sizes: list[Array] = []
        self._periods: list[Array] = []
        self._pulls = np.zeros(4)

    def add(self, rows: Mapping[str, Any]) -> None:
        """Take rows of the result; those of a star may be of several calls, one after the other."""
        classes = rows["motion_class"]
        # An array of True, False and None.
        binary = np.asarray(rows["claimed"] == True, np.bool_)  # noqa: E712
        moving = classes == "accelerating"
        for name, chosen in (
            ("n_common", np.ones(len(classes), np.bool_)),
            ("n_claimed", binary),
            ("n_tested", classes != "not_tested"),
            ("n_accelerating", moving),
            ("n_uniform", classes == "uniform"),
            ("n_claimed_accelerating", binary & moving),
        ):
            self._count(name, rows["source_id"][np.asarray(chosen, np.bool_)])
        size, known = rows["known_size"], rows["known_period"]
        period = np.where(np.isnan(known), pair_period_yr(size), known)
        self._sizes.append(size[np.isfinite(size)])
        self._periods.append(period[np.isfinite(period)])
        compared = np.isfinite(rows["pull_chi2"])
        ra, dec, chi2 = (rows[name][compared] for name in ("pull_ra", "pull_dec", "pull_chi2"))
        within = [(np.abs(ra) < 3.0).sum(), (np.abs(dec) < 3.0).sum(), (chi2 < 9.0).sum()]
        self._pulls += [compared.sum(), *within]

    def _count(self, name: str, stars: Any) -> None:
        new = 0
        if len(stars):
            new = 1 + int((stars[1:] != stars[:-1]).sum()) - (stars[0] == self._last.get(name))
            self._last[name] = stars[-1]
        self._stars[name] = self._stars.get(name, 0) + int(new)

    def line(self, matched_by: str) -> dict[str, Any]:
        """Return the list's row of the summary, without the runs."""
        n, *within = self._pulls
        shares = [float(value / n) if n else np.nan for value in within]
        return {
            "list_name": self.list_name,
            "matched_by": matched_by,
            **{f"n_{name}": self._stars.get(f"n_{name}", 0) for name in _COUNTED},
            **_both("size", self._sizes),
            **_both("period", self._periods),
            "n_motion": int(n),
            **dict(zip(("within_3_ra", "within_3_dec", "within_3_both"), shares, strict=True)),
        }


_COUNTED = ("common", "claimed", "tested", "accelerating", "uniform", "claimed_accelerating")


def _both(name: str, parts: list[Array]) -> dict[str, float]:
    values = np.concatenate([np.empty(0), *parts])
    if not len(values):
        return {f"{name}_mean": np.nan, f"{name}_median": np.nan}
    return {f"{name}_mean": float(values.mean()), f"{name}_median": float(np.median(values))}
