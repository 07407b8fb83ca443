"""The picture of the simulation: figure 2 of the paper, the errors of both weightings, F2's objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2 as chi_square

from analysis.reproduction.paper004.fits import MAIN, TRUE_PLACE, simulate
from analysis.reproduction.paper004.of_fits import BETTER, DOF, HIGH, LOW, RATIO
from analysis.reproduction.simulation import Simulation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = npt.NDArray[np.float64]


def draw(figure: Figure, how: Simulation) -> None:
    """Draw the run that `how` describes: the same stars and noise as its items have."""
    outcomes = simulate((MAIN, TRUE_PLACE), how.stars, how.seed)
    left, middle, right = figure.subplots(1, 3)
    for setup, name in ((TRUE_PLACE, "place known"), (MAIN, "place of Gaia DR3")):
        _ratios(left, outcomes[setup.name].deviation, name)
    _mark_claim(left)
    _errors(middle, outcomes[MAIN.name].deviation)
    _objective(right, outcomes[MAIN.name].chi2[:, 1])
    figure.suptitle(f"Paper 004, {how.stars:,} simulated uniform stars, seed {how.seed}")


def _ratios(axes: Axes, deviation: Array, name: str) -> None:
    ratio = deviation[:, 1] / deviation[:, 0]
    better, of_means = np.mean(ratio < 1.0), np.divide(*deviation.mean(axis=0)[::-1])
    axes.hist(
        ratio,
        bins=np.geomspace(1e-2, 1e4, 61).tolist(),
        histtype="step",
        label=f"{name}: mean F2 / mean F1 {of_means:.1f}, below 1: {better:.1%}",
    )


def _mark_claim(axes: Axes) -> None:
    axes.axvspan(1e-2, 1.0, color="C2", alpha=0.15, label=f"claimed: {BETTER:.0%} of stars are here")
    axes.axvline(RATIO, color="C2", linestyle="--", label=f"claimed: ratio of the means {RATIO:.2f}")
    axes.set(xscale="log", xlabel="Delta2 / Delta1 of a star", ylabel="stars", title="figure 2 of the paper")
    axes.set_ylim(top=1.4 * axes.get_ylim()[1])  # room for the legend above the histograms
    axes.legend(fontsize="x-small", loc="upper left")


def _errors(axes: Axes, deviation: Array) -> None:
    bins = np.geomspace(1e-3, 10.0, 61).tolist()
    for i, name in enumerate(("F1", "F2")):
        size = deviation[:, i]
        axes.hist(size, bins=bins, histtype="step", label=f"{name}: mean {size.mean():.3f} mas/yr")
    axes.set(
        xscale="log", xlabel="|fitted - true motion| [mas/yr]", ylabel="stars", title="errors of the motion"
    )
    axes.legend(fontsize="x-small")


def _objective(axes: Axes, chi2: Array) -> None:
    """Draw F2's objective of uniform stars, scaled to the mean of a chi-square, against that chi-square."""
    bins = np.linspace(0.0, 80.0, 81).tolist()
    axes.hist(chi2, bins=bins, density=True, histtype="step", label="16 Q / E0(Q) of F2, uniform stars")
    axes.plot(bins, chi_square.pdf(bins, DOF), "k--", label="chi-square, 16 dof")
    for limit, share, word in ((LOW, np.mean(chi2 < LOW), "below"), (HIGH, np.mean(chi2 > HIGH), "above")):
        axes.axvline(limit, color="C3", linestyle=":", label=f"{share:.1%} {word} {limit} (nominal 0.1 %)")
    axes.set(xlabel="statistic", ylabel="density", title="F2 under the null")
    axes.legend(fontsize="x-small")
