"""Which stars are selected: each criterion by itself, and all of them together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.disc_star.result import CUTS
from analysis.galaxy.coords import Cylinder
from analysis.galaxy.populations import BOUNDARIES, V_LSR_OF_SUN_KM_S, Boundary, below, line_of, probabilities
from analysis.galaxy.sun import Sun
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "toomre": {"z_max": 1.0, "toomre": 100.0},
    # The authors' own program for the paper's figures: [alpha/M] < 0.12, |z| < 0.5 kpc or |z|/R < tan 6 deg,
    # vz < 100 km/s (in it on one side alone), |phi| < 30 deg; log g <= 2.2 of the sample's.
    "eilers2019": {
        "alpha_line": "eilers2019",
        "z_max": 0.5,
        "z_angle": 6.0,
        "vz_max": 100.0,
        "wedge": 30.0,
        "logg_max": 2.2,
    },
}
"""Values of the options of a selection that has a name."""

NAMES = (
    "alpha_line",
    "z_max",
    "z_angle",
    "vz_max",
    "toomre",
    "vphi_min",
    "vphi_max",
    "td_d_max",
    "wedge",
    "logg_max",
    "dist_error_max",
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Limits by the name of their option, those that are asked for; the line, and what v is compared with."""

    limit: Mapping[str, float]
    boundary: Boundary | None
    v_lsr_km_s: float
    populations: str

    @classmethod
    def of(cls, settings: Mapping[str, Any], sun: Sun) -> Selection:
        """Return the selection of the settings; raises AnalysisError for limits that contradict."""
        chosen = dict(PRESETS[settings["preset"]])
        chosen |= {name: settings[name] for name in NAMES if settings[name] is not None}
        line = chosen.pop("alpha_line", None)
        # 0 leaves a criterion out; a limit of vphi may be 0 and be meant.
        limit = {name: value for name, value in chosen.items() if value or name.startswith("vphi")}
        low, high = limit.get("vphi_min", -math.inf), limit.get("vphi_max", math.inf)
        if not low < high:
            raise AnalysisError(f"disc_star: vphi_min {low:g} is not below vphi_max {high:g}")
        if "z_angle" in limit and "z_max" not in limit:
            raise AnalysisError("disc_star: z_angle widens z_max: give that too")
        v_lsr = settings["v_lsr"]
        return cls(
            limit,
            _boundary(line),
            sun.v_km_s - V_LSR_OF_SUN_KM_S if v_lsr is None else v_lsr,
            settings["populations"],
        )

    @property
    def asked(self) -> tuple[str, ...]:
        """The columns of the criteria that make the selection."""
        by = {
            "in_alpha": self.boundary is not None,
            "in_height": "z_max" in self.limit,
            "in_vz": "vz_max" in self.limit,
            "in_toomre": "toomre" in self.limit,
            "in_vphi": "vphi_min" in self.limit or "vphi_max" in self.limit,
            "in_probability": "td_d_max" in self.limit,
            "in_wedge": "wedge" in self.limit,
            "in_logg": "logg_max" in self.limit,
            "in_dist_error": "dist_error_max" in self.limit,
        }
        return tuple(name for name in CUTS if by[name])


def _boundary(line: str | None) -> Boundary | None:
    if line is None or line == "none":
        return None
    if line in BOUNDARIES:
        return BOUNDARIES[line]
    try:
        points = [tuple(float(word) for word in point.split(":")) for point in line.split(",")]
        return line_of([(fe_h, alpha_fe) for fe_h, alpha_fe in points])
    except ValueError as error:
        raise AnalysisError(
            f"disc_star: alpha_line is {line!r} ({error}): give {', '.join(BOUNDARIES)}, none, or points "
            "FE_H:ALPHA_FE with commas between them, as -0.4:0.14,0.2:0.04"
        ) from None


@dataclass(frozen=True, slots=True)
class Selected:
    """n stars: |v - v_lsr| [km/s], probabilities (3, n), criteria (1, 0 or NaN) by name, and all together."""

    v_lsr_diff: Array
    probability: Array
    flag: Mapping[str, Array]
    thin_disc: Array


def select(
    star: Cylinder, fe_h: Array, alpha_fe: Array, logg: Array, dist_fraction: Array, how: Selection
) -> Selected:
    """Return which stars (n,) meet the criteria; what is missing is NaN, and so is what needs it."""
    limit = how.limit
    v = star.vphi - how.v_lsr_km_s
    apart = np.sqrt(star.vR**2 + v**2 + star.vz**2)
    probability = probabilities(-star.vR, v, star.vz, how.populations)
    with np.errstate(invalid="ignore", divide="ignore"):
        td_d = probability[1] / probability[0]
        tests = {
            "in_height": (
                np.abs(star.z_kpc) - np.maximum(limit.get("z_max", 0.0), _wide(star.R_kpc, limit)) < 0.0,
                star.z_kpc,
            ),
            "in_vz": (np.abs(star.vz) < limit.get("vz_max", 0.0), star.vz),
            "in_toomre": (apart < limit.get("toomre", 0.0), apart),
            "in_vphi": (
                (star.vphi >= limit.get("vphi_min", -np.inf)) & (star.vphi <= limit.get("vphi_max", np.inf)),
                star.vphi,
            ),
            "in_probability": (td_d <= limit.get("td_d_max", 0.0), td_d),
            "in_wedge": (np.abs(star.phi_rad) < np.radians(limit.get("wedge", 0.0)), star.phi_rad),
            "in_logg": (logg <= limit.get("logg_max", 0.0), logg),
            "in_dist_error": (dist_fraction <= limit.get("dist_error_max", 0.0), dist_fraction),
        }
    unknown = np.full(len(apart), np.nan)
    flag = {name: unknown for name in CUTS}
    for name in how.asked:
        if name == "in_alpha":
            assert how.boundary is not None  # it was asked for
            flag[name] = below(how.boundary, fe_h, alpha_fe)
        else:
            holds, needs = tests[name]
            flag[name] = np.where(np.isnan(needs), np.nan, holds.astype(np.float64))
    return Selected(apart, probability, flag, _together([flag[name] for name in how.asked], star))


def _wide(r_kpc: Array, limit: Mapping[str, float]) -> Array:
    return r_kpc * math.tan(math.radians(limit.get("z_angle", 0.0)))


def _together(flags: list[Array], star: Cylinder) -> Array:
    """Return 1 where all hold, 0 where one does not, else NaN; a star without velocity is never known."""
    known = np.isfinite(star.vphi + star.vR + star.vz)
    if not flags:
        return np.where(known, 1.0, np.nan)
    stacked = np.stack(flags)
    fails = (stacked == 0.0).any(axis=0)
    holds = (stacked == 1.0).all(axis=0) & known
    return np.where(fails, 0.0, np.where(holds, 1.0, np.nan))
