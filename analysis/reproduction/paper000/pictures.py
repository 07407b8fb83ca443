"""A picture of the abstract's numbers: what its line and its halo leave for stars and gas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.galaxy import potentials
from analysis.galaxy.baryons import MODELS
from analysis.reproduction.paper000 import claims
from analysis.reproduction.paper000.of_consistency import halo, law
from analysis.reproduction.paper000.of_halos import NEEDS_GALPY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.reproduction.simulation import Simulation


def draw(figure: Figure, how: Simulation) -> None:
    """Draw circular velocities by radius; nothing of it is simulated, and `how` changes nothing."""
    figure.set_size_inches(9.0, 5.5)
    axes = figure.subplots()
    r = np.linspace(claims.INNER_KPC, claims.OUTER_KPC, 81)
    line = np.array([law(x) for x in r])
    dark = np.sqrt(halo().v2(r)[0])
    axes.plot(r, line, "k-", label="line of the abstract")
    axes.plot(r, dark, "C9--", label="halo of its M200 and local density (NFW)")
    axes.plot(r, np.sqrt(line**2 - dark**2), "C3-", lw=2, label="what both leave for stars and gas")
    for k, name in enumerate(name for name in MODELS if name not in NEEDS_GALPY):
        all_ = np.sum(list(potentials.v2(name, r).values()), axis=0)
        axes.plot(r, np.sqrt(all_), f"C{k}:", label=f"stars of {name}")
    axes.set(xlabel="R [kpc]", ylabel="circular velocity [km/s]", title="paper 000")
    axes.legend(fontsize="small")
