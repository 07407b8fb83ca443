"""Items of the halo: fitted to the published curves above published stars and gas."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from analysis.galaxy.baryons import DESALAS2019_B2, MODELS, PAPER_000, find
from analysis.mass_model.curve import Curve
from analysis.mass_model.derived import Quantity, of_halo
from analysis.mass_model.job import build
from analysis.mass_model.solve import solve
from analysis.reproduction.item import Item, not_testable
from analysis.reproduction.paper000 import claims
from analysis.reproduction.paper003.verdicts import calculated
from analysis.reproduction.simulation import Progress

SEED = 1
SETTINGS: Mapping[str, Any] = {
    "errors": "jitter",
    "asymmetric": False,
    "sys_point": 0.0,
    "sys_level": 0.0,
    "sys_slope": 0.0,
    "baryon_scatter": 0.0,
    "prior": None,
    "H0": claims.HUBBLE,
    "sampler": "emcee",
    "seed": SEED,
    "draws": 1000,
    "steps": 4000,
    "walkers": 32,
}
"""Of `mass_model`; what differs is said in the reasons."""

NEEDS_GALPY = frozenset({"mcmillan2017", "desalas2019_b2"})


@dataclass(frozen=True, slots=True)
class Found:
    """Value and error of each parameter of a halo."""

    value: Mapping[str, float]
    error: Mapping[str, float]


def fitted(curve: Curve, baryons: str, kind: str, **other: Any) -> Found:
    """Return the halo that a curve asks for above a model of stars and gas."""
    settings = dict(SETTINGS) | other
    model = build(curve, baryons, kind, settings, claims.R0_KPC)
    rows = {q.param: q.row() for q in _of(model, settings)}
    return Found(
        {name: float(row["param_value"]) for name, row in rows.items()},
        {name: float(row["sig"]) for name, row in rows.items()},
    )


def _of(model: Any, settings: Mapping[str, Any]) -> list[Quantity]:
    return of_halo(solve(model, settings), claims.R0_KPC)


def of_zhou(curve: Curve, progress: Progress | None = None) -> Iterator[Item]:
    """Yield the paper's halo above the stars that stand for its own, then above others and another halo."""
    found: dict[tuple[str, str], Found] = {}
    pairs = [(name, "nfw") for name in MODELS if _there(name)]
    pairs += [(name, "einasto") for name in (PAPER_000, DESALAS2019_B2.name) if _there(name)]
    for k, pair in enumerate(pairs):
        if progress is not None:
            progress("halos of paper 000", k, len(pairs))
        found[pair] = fitted(curve, *pair)
    plain = fitted(curve, PAPER_000, "nfw", errors="given")
    systematic = fitted(
        curve,
        PAPER_000,
        "nfw",
        sys_level=claims.VC_R0_SYSTEMATIC,
        sys_slope=claims.SLOPE_SYSTEMATIC,
    )
    yield from _own(found, plain, systematic)
    yield from _variants(found)


def _there(name: str) -> bool:
    return name not in NEEDS_GALPY or importlib.util.find_spec("galpy") is not None


def _own(found: Mapping[tuple[str, str], Found], plain: Found, systematic: Found) -> Iterator[Item]:
    nfw = {name: one for (name, kind), one in found.items() if kind == "nfw"}
    own = nfw[PAPER_000]
    masses = [one.value["M200"] / 1e11 for one in nfw.values()]
    local = [one.value["rho_sun"] for one in nfw.values()]
    why = (
        f"{PAPER_000}: bulge and discs of Pouliasis et al. 2017, Model I, fixed before the fit in place of "
        f"the paper's own, whose values are not public. Over {len(nfw)} published models of stars and gas "
        f"M200 is {min(masses):.2f} to {max(masses):.2f} e11 and the local density {min(local):.3f} to "
        f"{max(local):.3f}: the answer follows the stars. With the points' errors as given M200 is "
        f"{plain.value['M200'] / 1e11:.2f} +- {plain.error['M200'] / 1e11:.2f} e11; with the abstract's "
        f"systematic errors too {systematic.value['M200'] / 1e11:.2f} +- "
        f"{systematic.error['M200'] / 1e11:.2f} e11"
    )
    for words, name, claimed, unit in (
        ("M200", "M200", claims.M200, "solMass"),
        ("r200", "r200", claims.R200_KPC, "kpc"),
        ("local density of dark matter", "rho_sun", claims.RHO_SUN_GEV, "GeV.cm**-3"),
    ):
        yield _item("D-9", words, claimed, own, name, unit, why)
    yield calculated(
        "D-9",
        "concentration",
        16.2,
        own.value["c"],
        0.1 * 16.2,
        "",
        "claimed is that of the abstract's M200 and local density; to 10 %",
    )


def _variants(found: Mapping[tuple[str, str], Found]) -> Iterator[Item]:
    for (name, kind), one in found.items():
        if (name, kind) == (PAPER_000, "nfw"):
            continue
        why = f"a variant, not the paper's: {find(name).reference}"
        if kind == "einasto":
            why = (
                f"{why}. An Einasto halo (alpha {one.value['alpha']:.2f} +- {one.error['alpha']:.2f}) "
                "describes the same points and falls faster beyond: M200 is an extrapolation by the profile"
            )
        yield _item("D-9", f"M200, {kind} halo above {name}", claims.M200, one, "M200", "solMass", why)
        yield _item(
            "D-9",
            f"local density, {kind} halo above {name}",
            claims.RHO_SUN_GEV,
            one,
            "rho_sun",
            "GeV.cm**-3",
            why,
        )
    for name in sorted(NEEDS_GALPY):
        if not _there(name):
            yield not_testable(
                "D-9",
                f"M200, nfw halo above {name}",
                claims.M200.value,
                "solMass",
                "needs galpy (extra galaxy)",
            )


def _item(
    label: str, words: str, claimed: claims.Number, found: Found, name: str, unit: str, why: str
) -> Item:
    return Item(
        item=label,
        quantity=words,
        claimed=claimed.value,
        ours=found.value[name],
        ours_error=found.error[name],
        tolerance=claimed.error,
        unit=unit,
        reason=why,
    )


def of_others(name: str, curve: Curve) -> Iterator[Item]:
    """Yield the halos of the other measurements, with what their papers say of the fit."""
    other = claims.EILERS if name == claims.EILERS.file else claims.ABLIMIT
    errors = "given" if other is claims.EILERS else "jitter"
    found = fitted(curve, PAPER_000, "nfw", errors=errors, H0=other.hubble)
    why = f"{other.reference}; stars of {PAPER_000}, errors {errors}, H0 {other.hubble:g} km/s/Mpc"
    make = partial(_item, "D-10", found=found, why=why)
    yield make(f"M200 of {other.name}", other.m200, name="M200", unit="solMass")
    yield make(f"local density of {other.name}", other.rho_sun_gev, name="rho_sun", unit="GeV.cm**-3")
    if other is claims.EILERS:
        yield make(f"concentration of {other.name}", claims.EILERS_C, name="c", unit="")
        number = claims.Number(claims.EILERS_R200_KPC, 0.5)
        yield make(f"r200 of {other.name}", number, name="r200", unit="kpc")


def of_ou(curve: Curve) -> Iterator[Item]:
    """Yield a cored halo above the stars that Ou et al. take, on the paper's points instead of theirs."""
    if not _there(DESALAS2019_B2.name):
        return
    found = fitted(curve, DESALAS2019_B2.name, "einasto")
    yield _item(
        "D-11",
        "M200 of an Einasto halo above the stars of Ou et al. 2024",
        claims.OU_M200,
        found,
        "M200",
        "solMass",
        f"theirs is of their own curve, which falls faster beyond 20 kpc; the paper's points give alpha "
        f"{found.value['alpha']:.2f} (theirs: {claims.OU_SLOPE}), and a quarter of the mass of an NFW halo",
    )
