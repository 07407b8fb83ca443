"""Items of information content: what S/N, resolving power and a smoothed continuum do to the bound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from analysis.label_information.bounds import bounds, fisher
from analysis.label_information.surveys import Arm, Survey, at_resolution
from analysis.labels.normalise import Smoothing
from analysis.labels.synthetic import DEFAULTS, Synthetic
from analysis.reproduction.item import Item
from analysis.reproduction.paper003.verdicts import calculated

Array = npt.NDArray[np.float64]

LABELS = ("teff", "logg", "vmic", "fe_h", "mg_fe", "si_fe", "ca_fe", "ti_fe", "cr_fe", "ni_fe")
GIANT = {"teff": 4800.0, "logg": 2.5, "vmic": 1.5, "fe_h": -0.3}
OPTICAL = Survey("optical", (Arm(5000.0, 5250.0, 24_000.0),), "a made-up spectrograph")
SIMULATED = "simulated with the small synthetic model, whose lines are mostly invented"


def theta() -> Array:
    """Return the labels (k,) of the giant."""
    return np.array([(DEFAULTS | GIANT)[label] for label in LABELS])


def bound(survey: Survey, snr: float) -> Array:
    """Return the bounds (k,) of the giant's labels by a spectrograph of one arm, at S/N per pixel."""
    (arm,) = survey.arms
    wavelength = np.exp(np.arange(np.log(arm.low_angstrom), np.log(arm.high_angstrom), 0.5 / arm.resolution))
    gradient = Synthetic.of(LABELS, wavelength, arm.resolution).flux_and_gradient(theta()[None])[1][0]
    return bounds(fisher(gradient, np.full(len(gradient), snr**2))).together


def bounds_of_spectra() -> Iterator[Item]:
    """Yield E-6 to E-8: 1/(S/N), resolving power at fixed exposure and pixels, smoothing."""
    at_100 = bound(OPTICAL, 100.0)
    yield calculated(
        "E-6",
        "bound of Teff at S/N 50 over that at 100",
        2.0,
        bound(OPTICAL, 50.0)[0] / at_100[0],
        1e-9,
        "",
        "information content follows from range, resolving power and S/N",
    )
    for resolution in (2000.0, 6000.0):
        other = at_resolution(OPTICAL, resolution, same_pixels=True)
        ratio = np.median(bound(other, 100.0 * np.sqrt(24_000.0 / resolution)) / at_100)
        yield calculated(
            "E-7",
            f"median bound at R {resolution:.0f} over that at 24000, same exposure and pixels",
            1.0,
            float(ratio),
            0.5,
            "",
            "Ting et al. 2017, ApJ 843, 32: nearly independent of R; invented lines lie as dense everywhere, "
            f"and a wider range has other lines: within a factor of 1.5; {SIMULATED}",
        )
    yield from _smoothing()


def _smoothing() -> Iterator[Item]:
    """Yield E-8: a slope that is not the star's moves labels, unless both are divided by their smoothing."""
    wavelength = np.linspace(5000.0, 5300.0, 1000)
    model = Synthetic.of(LABELS, wavelength, 6000.0)
    flux, gradient = model.flux_and_gradient(theta()[None])
    sloped = flux * (1.0 + 0.3 * (wavelength - 5150.0) / 150.0)
    same = np.ones_like(flux)
    smoother = Smoothing(wavelength, 30.0)
    both = smoother.of_model(flux, gradient, same, smoother.sums(same))
    for words, data, made in (
        ("data and model divided by their smoothing", smoother.of_data(sloped, same).flux, both),
        ("data alone divided by its smoothing", smoother.of_data(sloped, same).flux, (flux, gradient)),
    ):
        weight = np.full(len(wavelength), 100.0**2)
        slope = made[1][0]
        off = np.linalg.solve(fisher(slope, weight), slope.T @ ((data - made[0])[0] * weight))
        sigma = bounds(fisher(slope, weight)).together
        yield calculated(
            "E-8",
            f"largest offset of a label over its error at S/N 100, {words}",
            0.0,
            float(np.abs(off / sigma).max()),
            1.0,
            "",
            "a slope of 30 % of the continuum that the model knows nothing of; what is left is at the ends, "
            f"where a running mean has one side; {SIMULATED}",
        )
