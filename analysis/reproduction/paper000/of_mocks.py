"""Items of simulated discs: what assumptions and errors do to a curve that is measured as the paper's was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analysis.reproduction.item import Item
from analysis.reproduction.paper000 import of_bias
from analysis.reproduction.paper000.discs import DISC, EDGES_KPC, MOCKS, SUN, mock, near
from analysis.reproduction.paper003.verdicts import INDEPENDENT, calculated
from analysis.reproduction.simulation import Progress
from analysis.rotation_curve.curve import Model, curve

SIZE = 0.25
"""Part by which a shift may differ from the checklist's, whose disc had other dispersions."""


def items(seed: int, progress: Progress | None = None) -> Iterator[Item]:
    """Yield what simulated samples of the paper's size show; shifts are of the same stars."""
    if progress is not None:
        progress("mock disc of paper 000", 0, None)
    yield from of_bias.items(MOCKS, seed, progress)
    model = Model(SUN, deconvolve=False)
    exact = mock(seed, 0.0)
    adopted = curve(exact, EDGES_KPC, model, seed=seed)
    for length, claimed in ((2.0, 2.5), (4.0, -3.2)):
        other = curve(exact, EDGES_KPC, replace(model, scale_length_kpc=length), seed=seed)
        words = f"scale length of the tracers {length:g} instead of 2.5 kpc, vc at the Sun"
        yield _shift(words, claimed, near(other.vc - adopted.vc, adopted, SUN.r0_kpc), SIZE)
    for sign in (-1.0, 1.0):
        sun = replace(SUN, v_km_s=SUN.v_km_s + 5.0 * sign)
        other = curve(exact, EDGES_KPC, replace(model, sun=sun), seed=seed)
        words = f"Sun {sign * 5.0:+g} km/s along the rotation, vc of all bins"
        yield _shift(words, 5.0 * sign, float(np.mean(other.vc - adopted.vc)), 0.1)
    apart = float(np.max(np.abs(adopted.vc_drift - adopted.vc)))
    yield calculated(
        "D-12",
        "asymmetric drift in place of the Jeans equation, largest difference of a bin",
        0.0,
        apart,
        0.1,
        "km.s**-1",
        f"{INDEPENDENT}: both forms are one equation",
    )
    off = np.sqrt(adopted.vphi2) - adopted.vc
    for r, claimed in ((8.0, -8.7), (24.0, -4.9)):
        yield _shift(f"no Jeans term, vc at {r:g} kpc", claimed, near(off, adopted, r), SIZE)


def _shift(words: str, claimed: float, ours: float, part: float) -> Item:
    return calculated(
        "D-12",
        words,
        claimed,
        ours,
        part * abs(claimed),
        "km.s**-1",
        f"{INDEPENDENT}, to {100 * part:g} %: its size follows the dispersion of the simulated disc, here "
        f"{DISC.sigma_r_km_s:g} km/s at the Sun",
    )
