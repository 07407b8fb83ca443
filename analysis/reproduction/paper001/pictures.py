"""The picture of paper 001: errors over the bound of each label, by method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.reproduction.paper001.of_experiment import rows, setup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.reproduction.simulation import Simulation


def draw(figure: Figure, how: Simulation) -> None:
    """Draw rms over the Cramer-Rao bound for training spectra of S/N 200 and of 50."""
    axes = figure.subplots(1, 2, sharey=True)
    for ax, train_snr in zip(axes, (200.0, 50.0), strict=True):
        found = rows(setup(how, train_snr))
        for k, method in enumerate(dict.fromkeys(row["method"] for row in found)):
            mine = [row for row in found if row["method"] == method]
            ax.plot(
                [row["label"] for row in mine], [row["ratio"] for row in mine], "os^v"[k % 4], label=method
            )
        ax.axhline(1.0, color="black", lw=0.8)
        ax.axhline(1.1, color="0.6", lw=0.8, ls=":")
        ax.set(title=f"trained at S/N {train_snr:.0f}, tried at 50 (simulated)")
        ax.tick_params(axis="x", rotation=45)
    axes[0].set(ylabel="rms over the Cramer-Rao bound")
    axes[0].legend(fontsize="small")
