"""Where the Sun is in the Galaxy and how it moves there, with whose values these are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.options import Option
from catalogdb.errors import AnalysisError

SLOWEST_V_KM_S = 100.0
"""Below this V can not be the Sun's whole velocity along the rotation: it is a motion against the LSR."""


@dataclass(frozen=True, slots=True)
class Sun:
    """Place and velocity of the Sun; the defaults are those of Eilers et al. 2019, ApJ 871, 120.

    `r0_kpc`: distance of the Galactic centre (the whole distance, as astropy's galcen_distance);
    `z0_kpc`: height above the plane; `u_km_s`, `v_km_s`, `w_km_s`: the whole velocity in the Galaxy's
    frame, towards the centre, along the rotation and to the north (galcen_v_sun of astropy).
    """

    r0_kpc: float = 8.122
    z0_kpc: float = 0.025
    u_km_s: float = 11.1
    v_km_s: float = 245.8
    w_km_s: float = 7.8

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Sun:
        """Return the Sun of the options `R0`, `z0` and `sun`.

        A named set gives all five values, of which R0 and z0 replace theirs where given. Raises
        AnalysisError for a name that is none, or numbers that can not be.
        """
        name = str(settings["sun"]).strip().lower()
        named = NAMED.get(name)
        base = named.sun if named is not None else cls()
        motion = (base.u_km_s, base.v_km_s, base.w_km_s) if named else _motion(settings["sun"])
        r0 = base.r0_kpc if settings["R0"] is None else settings["R0"]
        z0 = base.z0_kpc if settings["z0"] is None else settings["z0"]
        if not (math.isfinite(r0) and 1.0 <= r0 <= 20.0):
            raise AnalysisError(f"R0 is {r0:g}: the Galactic centre is some 8 kpc away (give kpc, 1 to 20)")
        if not abs(z0) <= 1.0:
            raise AnalysisError(f"z0 is {z0:g}: the Sun is some 0.02 kpc above the plane (give kpc)")
        if name == "sgr_a":
            motion = (motion[0], *_by_sgr_a(r0))
        return cls(r0, z0, *motion)


@dataclass(frozen=True, slots=True)
class NamedSun:
    """A set of values with where it is from."""

    sun: Sun
    reference: str


NAMED: Mapping[str, NamedSun] = {
    "eilers2019": NamedSun(
        Sun(),
        "Eilers et al. 2019, ApJ 871, 120: R0 of GRAVITY 2018, A&A 615, L15; z0 of Juric et al. 2008, ApJ "
        "673, 864; proper motion of Sgr A* of Reid & Brunthaler 2004, ApJ 616, 872",
    ),
    "astropy_v4": NamedSun(
        Sun(8.122, 0.0208, 12.9, 245.6, 7.78),
        "defaults v4.0 of astropy's Galactocentric: GRAVITY 2018, A&A 615, L15; Drimmel & Poggio 2018, RNAAS "
        "2, 210; Bennett & Bovy 2019, MNRAS 482, 1417",
    ),
    "astropy_pre_v4": NamedSun(
        Sun(8.3, 0.027, 11.1, 232.24, 7.25),
        "defaults pre-v4.0 of astropy's Galactocentric: Gillessen et al. 2009, ApJ 692, 1075; Chen et al. "
        "2001, ApJ 553, 184; Schoenrich et al. 2010, MNRAS 403, 1829 and 220 km/s",
    ),
    "sgr_a": NamedSun(
        Sun(8.122, 0.025, 11.1, 246.8, 8.4),
        "V and W follow from R0 by the proper motion of Sgr A* at rest, 6.411 and 0.219 mas/yr of Reid & "
        "Brunthaler 2020, ApJ 892, 39; the rest as eilers2019",
    ),
}
"""Sets that `sun` takes by name; V and W of sgr_a are those at its R0, and change with it."""

_SGR_A_MAS_YR = (6.411, 0.219)
_KM_S_PER_KPC_MAS_YR = 4.740470463

OPTIONS = (
    Option("R0", float, None, "Distance of the Galactic centre [kpc]; by default that of --sun, or 8.122"),
    Option("z0", float, None, "Height of the Sun above the plane [kpc]; by default that of --sun, or 0.025"),
    Option(
        "sun",
        str,
        "eilers2019",
        "The Sun's whole velocity in the Galaxy's frame, U,V,W [km/s] to the centre, along the rotation and "
        f"to the north, or a set with R0 and z0: {', '.join(NAMED)}",
    ),
)
"""The options that all analyses of the Galaxy have."""


def _by_sgr_a(r0_kpc: float) -> tuple[float, float]:
    """Return V and W [km/s] of the Sun if Sgr A* rests at the centre, at this distance."""
    along, north = (_KM_S_PER_KPC_MAS_YR * r0_kpc * each for each in _SGR_A_MAS_YR)
    return along, north


def _motion(text: str) -> tuple[float, float, float]:
    """Return U, V, W [km/s] of 'U,V,W'; raises AnalysisError for what is not that."""
    words = [word.strip() for word in str(text).split(",")]
    try:
        u, v, w = (float(word) for word in words)
    except ValueError:
        raise AnalysisError(
            f"sun is {text!r}: give U,V,W [km/s], as 11.1,245.8,7.8, or one of {', '.join(NAMED)}"
        ) from None
    if not all(map(math.isfinite, (u, v, w))):
        raise AnalysisError(f"sun is {text!r}: each of U, V and W must be a finite number")
    if v < SLOWEST_V_KM_S:
        raise AnalysisError(
            f"sun is {text!r}: V is {v:g} km/s, which looks like a motion against the local standard of "
            "rest; give the whole velocity along the rotation, that is V + v_c(R0), about 245 km/s"
        )
    return u, v, w
