"""The known lists: what each says of a star, from its own columns.

Pure: columns in, numbers out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

DAY_YR = 1.0 / 365.25
MAS_PER_ARCSEC = 1000.0
MAS_PER_DEG = 3.6e6
CHANCE = 0.1
"""R_chance_align below which El-Badry et al. (2021, MNRAS 506, 2269) hold a pair for bound."""


@dataclass(frozen=True, slots=True)
class KnownList:
    """A list by the name that its table begins with, and which of its columns tell what, in which unit.

    `kind` is `binaries` (every row claims that the star is not alone), `test` (a number decides) or
    `motions`. Of several rows of one identifier that with the highest `quality` counts.
    """

    name: str
    kind: str
    period: tuple[str, float] | None = None  # column, years per unit
    size: str | None = None  # au
    angle: tuple[str, float] | None = None  # column, mas per unit
    chi2: str | None = None
    type_: str | None = None
    quality: tuple[str, float] | None = None  # column, sign
    others: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        pairs = (self.period, self.angle, self.quality)
        named = [pair[0] for pair in pairs if pair] + [self.size, self.chi2, self.type_, *self.others]
        return tuple(dict.fromkeys(name for name in named if name))


_THIELE_INNES = ("a_thiele_innes", "b_thiele_innes", "f_thiele_innes", "g_thiele_innes")
_MOTION = ("pmra", "pmdec", "pmra_error", "pmdec_error", "pmra_pmdec_corr")

LISTS = (
    KnownList("gaia_nss_acceleration", "binaries", type_="nss_solution_type"),
    KnownList(
        "gaia_nss", "binaries", period=("period", DAY_YR), type_="nss_solution_type", others=_THIELE_INNES
    ),
    KnownList(
        "elbadry2021", "test", size="sep_au", angle=("pairdistance", MAS_PER_DEG), others=("r_chance_align",)
    ),
    KnownList("tian2020", "binaries", size="sep_au", angle=("pairdistance", MAS_PER_DEG)),
    KnownList("hgca", "test", chi2="chisq"),
    KnownList("pma_kervella", "test", others=("snrpmah2eg3b",)),
    KnownList("proper_motion_anomaly", "test", chi2="chi2", quality=("chi2", 1.0)),
    KnownList(
        "orb6",
        "binaries",
        period=("p", 1.0),
        angle=("a", MAS_PER_ARCSEC),
        type_="grade",
        quality=("grade", -1.0),
    ),
    KnownList("sb9", "binaries", period=("p", DAY_YR), type_="grade", quality=("grade", 1.0)),
    KnownList("wds", "binaries", angle=("rho_last", MAS_PER_ARCSEC), type_="notes"),
    KnownList("tgas", "motions", others=_MOTION),
    KnownList("apop", "motions", others=_MOTION),
)


def known_list(table: str) -> KnownList | None:
    """Return the list whose name a table's name (without schema) begins with; None for another table."""
    return next((each for each in LISTS if table == each.name or table.startswith(f"{each.name}_")), None)


class Known(NamedTuple):
    """What a list says of its rows, arrays of shape (n,); NaN where it does not say.

    `claimed` is 1 where the list holds the star for not alone, 0 where it does not, NaN where it says
    nothing of the kind. Period [yr], size (semi-major axis or projected separation) [au], angle [mas].
    """

    claimed: Array
    period: Array
    size: Array
    angle: Array
    chi2: Array


def known(of: KnownList, columns: Mapping[str, Array], *, hgca_chi2: float, snr: float = 3.0) -> Known:
    """Return what the list says by the rows' columns; one that the table has not counts as unknown."""
    n = len(next(iter(columns.values()))) if columns else 0
    nothing = np.full(n, np.nan)

    def scaled(pair: tuple[str, float] | None) -> Array:
        return nothing if pair is None else columns.get(pair[0], nothing) * pair[1]

    angle = scaled(of.angle)
    if of.name == "gaia_nss":
        angle = photocentre(*(columns.get(name, nothing) for name in _THIELE_INNES))
    chi2 = nothing if of.chi2 is None else columns.get(of.chi2, nothing)
    size = nothing if of.size is None else columns.get(of.size, nothing)
    claimed = np.full(n, {"binaries": 1.0, "test": np.nan, "motions": np.nan}[of.kind])
    for name, test in (
        ("hgca", _decided(chi2, chi2 > hgca_chi2)),
        ("proper_motion_anomaly", _decided(chi2, chi2 > hgca_chi2)),
        ("elbadry2021", _decided(r := columns.get("r_chance_align", nothing), r < CHANCE)),
        ("pma_kervella", _decided(s := columns.get("snrpmah2eg3b", nothing), s > snr)),
    ):
        claimed = test if of.name == name else claimed
    return Known(claimed, scaled(of.period), size, angle, chi2)


def _decided(number: Array, holds: Flags) -> Array:
    return np.where(np.isnan(number), np.nan, holds.astype(np.float64))


def photocentre(a: Array, b: Array, f: Array, g: Array) -> Array:
    """Return the semi-major axis of Thiele-Innes elements, in their unit (Binnendijk 1960, chapter 2)."""
    u, v = (a * a + b * b + f * f + g * g) / 2.0, a * g - b * f
    return np.sqrt(u + np.sqrt(np.maximum(u * u - v * v, 0.0)))


def pair_period_yr(separation_au: Array) -> Array:
    """Return the period by paper 004 (section 4): two suns, the semi-major axis half of the separation."""
    return np.sqrt((separation_au / 2.0) ** 3 / 2.0)


class Pull(NamedTuple):
    """Difference of two motions over its error, per coordinate, and as chi-square of both (n,)."""

    ra: Array
    dec: Array
    chi2: Array


def pull(ours: tuple[Array, Array], theirs: tuple[Array, Array]) -> Pull:
    """Return the pulls of motions (n, 2) with covariances (n, 2, 2), taken as independent."""
    difference, total = ours[0] - theirs[0], ours[1] + theirs[1]
    error = np.sqrt(np.einsum("nii->ni", total))
    x, y = (difference / error).T
    rho = total[:, 0, 1] / (error[:, 0] * error[:, 1])
    return Pull(x, y, (x * x - 2.0 * rho * x * y + y * y) / (1.0 - rho * rho))
