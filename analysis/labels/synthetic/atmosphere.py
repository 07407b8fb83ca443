"""How strong a line is in a star: one layer with Saha's and Boltzmann's equations and opacity of H-.

The layer has 0.9 of the effective temperature. Everything is an analytic function of the labels, so that
derivatives are exact by a complex step (Squire & Trapp 1998, SIAM Rev. 40, 110).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.synthetic.lines import ELEMENTS, IONISATION_EV, MASS, SOLAR, Lines

Array = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

DEFAULTS = {"teff": 5772.0, "logg": 4.438, "vmic": 1.0, "fe_h": 0.0, "alpha_fe": 0.0} | {
    f"{element}_fe": 0.0 for element in ELEMENTS if element != "fe"
}
"""Every label of the model and its value where it is not given: the Sun."""

ALPHA = ("mg", "si", "ca", "ti")
"""Elements that `alpha_fe` raises together."""

LAYER = 0.9
"""Temperature of the layer where lines form, of the effective one; the surface has SURFACE of it."""
SURFACE = 0.80
"""T of the grey atmosphere at optical depth 0 is 0.81 Teff (2**-0.25 is 0.84)."""

K_EV = 8.617333262e-5
C_KM_S = 299_792.458
PI_E2_MC = 0.02654
"""pi e2 / (m c) [cm2 Hz], the cross-section of an oscillator."""
DAMPING_SUN = 0.02
"""Damping constant of an optical line in the Sun, of its Doppler width; invented, of usual size."""
STEP = 1e-30
"""Of the complex derivative: with no difference to take there is nothing to cancel."""


@dataclass(frozen=True, slots=True)
class Strength:
    """Of n stars and m lines, the natural logarithms (n, m) of what their profiles follow from.

    `ln_eta` is opacity at the centre over the continuous one, `ln_doppler` the Doppler width [km/s],
    `ln_damping` the damping constant in units of it; `contrast` (n, m) is how deep a line can become. With
    derivatives these are (n, m, k) in `d_*`, by label.
    """

    ln_eta: Array
    ln_doppler: Array
    ln_damping: Array
    contrast: Array
    d_ln_eta: Array
    d_ln_doppler: Array
    d_ln_damping: Array
    d_contrast: Array


def strength(theta: Array, labels: Sequence[str], lines: Lines, *, slopes: bool = True) -> Strength:
    """Return what the profiles of lines follow from, and unless told otherwise its derivatives by labels."""
    n, k = theta.shape
    values = _all(theta.astype(np.complex128), labels, lines)
    derivatives = np.empty((4, n, len(lines), k if slopes else 0))
    for j in range(derivatives.shape[3]):
        moved = theta.astype(np.complex128)
        moved[:, j] += 1j * STEP
        derivatives[:, :, :, j] = np.imag(_all(moved, labels, lines)) / STEP
    real = np.real(values)
    return Strength(*real, *derivatives)


def _all(theta: Complex, labels: Sequence[str], lines: Lines) -> Complex:
    """Return ln_eta, ln_doppler, ln_damping and contrast (4, n, m) of labels that may be complex."""
    label = {name: np.full(len(theta), value, np.complex128) for name, value in DEFAULTS.items()}
    label |= {name: theta[:, j] for j, name in enumerate(labels)}
    ln_eta, ln_doppler, ln_damping, contrast = _layer(label, lines)
    invented = np.isfinite(lines.log_eta_sun)
    if invented.any():
        sun = {name: np.full(1, value, np.complex128) for name, value in DEFAULTS.items()}
        of_sun = _layer(sun, lines)[0]
        ln_eta = ln_eta + np.where(invented, np.nan_to_num(lines.log_eta_sun) * np.log(10.0) - of_sun, 0.0)
    return np.stack([ln_eta, ln_doppler, ln_damping, contrast])


def _layer(label: dict[str, Complex], lines: Lines) -> tuple[Any, Any, Any, Any]:
    """Return ln_eta, ln_doppler, ln_damping and contrast (n, m), with log gf 0 for invented lines."""
    ln10 = np.log(10.0)
    teff, logg = label["teff"][:, None], label["logg"][:, None]
    metals = label["fe_h"][:, None]
    t = LAYER * teff
    theta = 5040.0 / t
    # Electrons come from metals: Gray (2005, chapter 9) has their pressure go with g**(1/3) and exp(T) in
    # cool stars. The constants are ours: 20 dyn/cm2 in the Sun, and an e-folding in 830 K.
    ln_pe = np.log(20.0) + ln10 * (logg - 4.438) / 3.0 + 0.0012 * (teff - 5772.0) + ln10 * metals / 3.0
    at_cm = lines.wavelength_angstrom * 1e-8
    mass = np.array([MASS[e] for e in lines.element])
    thermal2 = 2.0 * 8.314462618e-3 * t / mass  # 2 k T / m [km2/s2]
    doppler = np.sqrt(thermal2 + label["vmic"][:, None] ** 2)
    # Opacity at the centre of a Gaussian: sqrt(pi) e2 f / (m c dnu), dnu = doppler / wavelength.
    per_atom = PI_E2_MC / np.sqrt(np.pi) * at_cm / (doppler * 1e5)
    stage, ln_fraction = lines.ion, _fraction(t, theta, ln_pe, lines)
    boltzmann = -lines.excitation_ev / (K_EV * t)
    ln_abundance = _abundance(label, lines)
    stimulated = np.log(1.0 - np.exp(-1.438777 / (at_cm * t)))
    ln_eta = (
        ln_abundance
        + ln_fraction
        + ln10 * np.nan_to_num(lines.log_gf)
        + boltzmann
        - np.log(_partition(lines, stage))
        + np.log(per_atom)
        + stimulated
        - _ln_continuum(t, theta, ln_pe, lines.wavelength_angstrom)
    )
    # Collisions widen lines with the pressure of the gas (g**(2/3)); those of hydrogen by electrons, more.
    of_hydrogen = lines.element == "h"
    ln_gamma = (
        np.log(DAMPING_SUN) + ln10 * 2.0 / 3.0 * (logg - 4.438) + np.log(np.where(of_hydrogen, 15.0, 1.0))
    )
    ln_damping = ln_gamma + np.log(2.0) - np.log(doppler)
    surface = 1.438777 / (at_cm * SURFACE * teff)
    deep = 1.438777 / (at_cm * teff)
    contrast = 1.0 - (np.exp(deep) - 1.0) / (np.exp(surface) - 1.0)
    return ln_eta, np.log(doppler), ln_damping, contrast


def _abundance(label: dict[str, Complex], lines: Lines) -> Any:
    """Return the natural logarithm of atoms per atom of hydrogen (n, m)."""
    log = {}
    for element in {str(each) for each in lines.element}:
        log[element] = np.full_like(label["teff"], SOLAR[element] - 12.0)
        if element != "h":
            log[element] = log[element] + label["fe_h"]
            if element != "fe":
                log[element] = log[element] + label[f"{element}_fe"]
            if element in ALPHA:
                log[element] = log[element] + label["alpha_fe"]
    return np.stack([log[str(each)] for each in lines.element], axis=1) * np.log(10.0)


def _fraction(t: Complex, theta: Complex, ln_pe: Complex, lines: Lines) -> Any:
    """Return the natural logarithm of the share of atoms in the line's stage (n, m), by Saha's equation."""
    energy = np.array([IONISATION_EV[e] for e in lines.element])
    weights = np.array([_U[str(e)][1] / _U[str(e)][0] for e in lines.element])
    # log10 (N1/N0 Pe) = -0.1761 + log10 (u1/u0) + 2.5 log10 T - theta I: Gray 2005, eq. 1.20.
    ln_ratio = np.log(10.0) * (-0.1761 + 2.5 * np.log10(t) - theta * energy) + np.log(weights) - ln_pe
    ratio = np.exp(ln_ratio)
    return np.where(lines.ion == 1, ln_ratio, 0.0) - np.log(1.0 + ratio)


_U = {
    "h": (2.0, 1.0),
    "na": (2.0, 1.0),
    "mg": (1.0, 2.0),
    "al": (6.0, 1.0),
    "si": (9.5, 5.7),
    "ca": (1.2, 2.3),
    "ti": (30.0, 55.0),
    "cr": (10.5, 7.2),
    "mn": (6.5, 7.5),
    "fe": (27.0, 42.0),
    "ni": (30.0, 10.5),
}
"""Partition functions of atom and ion near 5500 K, rounded and held constant: of the right size, no more."""


def _partition(lines: Lines, stage: npt.NDArray[np.int64]) -> Array:
    return np.array([_U[str(e)][s] for e, s in zip(lines.element, stage, strict=True)])


def _ln_continuum(t: Complex, theta: Complex, ln_pe: Complex, wavelength_angstrom: Array) -> Any:
    """Return ln of the opacity of H- [cm2 per atom of hydrogen] (n, m): Gray 2005, eqs. 8.11 to 8.13.

    Bound-free, to 16,444 Angstrom, and free-free.
    """
    w = wavelength_angstrom
    alpha = np.polynomial.polynomial.polyval(
        w, [1.99654, -1.18267e-5, 2.64243e-6, -4.40524e-10, 3.23992e-14, -1.39568e-18, 2.78701e-23]
    )
    alpha = np.where(w < 16_444.0, np.maximum(alpha, 0.0), 0.0) * 1e-18
    stimulated = 1.0 - np.exp(-1.438777 / (w * 1e-8 * t))
    bound = 4.158e-10 * alpha * theta**2.5 * 10.0 ** (0.754 * theta) * stimulated
    log, log_theta = np.log10(w), np.log10(theta)
    f0 = -2.2763 - 1.6850 * log + 0.76661 * log**2 - 0.0533464 * log**3
    f1 = 15.2827 - 9.2846 * log + 1.99381 * log**2 - 0.142631 * log**3
    f2 = -197.789 + 190.266 * log - 67.9775 * log**2 + 10.6913 * log**3 - 0.625151 * log**4
    free = 10.0 ** (-26.0 + f0 + f1 * log_theta + f2 * log_theta**2)
    return ln_pe + np.log(bound + free)
