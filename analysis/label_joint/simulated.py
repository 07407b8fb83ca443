"""Simulated giants with spectra, magnitudes and parallaxes, fitted by spectrum alone and by all together."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.label_experiment.population import LABELS, stars
from analysis.label_information.bounds import bounds, fisher
from analysis.labels import cannon
from analysis.labels.fit import Fit, fit
from analysis.labels.joint import JointModel, Photometry, absolute
from analysis.labels.synthetic import Synthetic

Array = npt.NDArray[np.float64]

BANDS = ("g", "rp", "k")
EXTINCTION = np.array([0.84, 0.60, 0.08])
"""Extinction in the bands over A: invented, of usual size."""
MAGNITUDE_ERROR = 0.02
COSMIC_MAG = 0.05
"""Scatter of true absolute magnitudes at given labels, by masses that differ."""
DUST_MAG = (0.3, 0.1)
"""Extinction of the stars: mean and standard deviation, which is what is known of it beforehand."""


class Simulated(NamedTuple):
    """Labels and distance modulus as they are, by the spectrum alone, and together; and the bounds."""

    true: Array
    alone: Fit
    together: Fit
    bound_alone: Array
    bound_together: Array
    labels: tuple[str, ...]


class Stars(NamedTuple):
    """Labels (n, k), true moduli and dust (n,), spectra (n, p), magnitudes (n, b), parallaxes (n,)."""

    theta: Array
    modulus: Array
    dust: Array
    flux: Array
    magnitude: Array
    parallax: Array
    parallax_error: Array


def magnitudes(theta: Array) -> Array:
    """Return absolute magnitudes (n, 3) of giants of 1.2 solar masses: invented bolometric corrections."""
    teff, logg, iron = theta[:, 0], theta[:, 1], theta[:, 3]
    # log L = log M - (logg - 4.438) + 4 log (Teff / 5772), M_bol = 4.74 - 2.5 log L (IAU 2015 B2).
    bolometric = 4.74 - 2.5 * (np.log10(1.2) - (logg - 4.438) + 4.0 * np.log10(teff / 5772.0))
    cool = (5000.0 - teff) / 1000.0
    return np.column_stack(
        [bolometric + 0.3 + 0.5 * cool, bolometric - 0.3 - 0.1 * cool + 0.02 * iron, bolometric - 2.0 - cool]
    )


def observe(n: int, physical: Synthetic, snr: float, error_mas: float, random: np.random.Generator) -> Stars:
    """Return n observed giants at 0.5 to 5 kpc with parallax errors [mas]."""
    theta = stars(n, random)
    modulus = 5.0 * np.log10(random.uniform(50.0, 500.0, n))
    dust = np.abs(random.normal(*DUST_MAG, n))
    flux = physical.flux(theta)
    # The mass of a star moves all its magnitudes together: it is drawn once for each.
    own = magnitudes(theta) + random.normal(0.0, COSMIC_MAG, n)[:, None]
    bright = own + modulus[:, None] + dust[:, None] * EXTINCTION
    parallax = 10.0 ** ((10.0 - modulus) / 5.0)
    return Stars(
        theta,
        modulus,
        dust,
        flux + random.normal(0.0, 1.0 / snr, flux.shape),
        bright + random.normal(0.0, MAGNITUDE_ERROR, bright.shape),
        parallax + random.normal(0.0, error_mas, n),
        np.full(n, error_mas),
    )


def simulate(
    n: int, snr: float, error_mas: float, seed: int, *, train: int = 800, pixels: int = 600
) -> Simulated:
    """Return n giants fitted with a Cannon that learnt from others: by spectrum alone, and together.

    The relation of magnitudes is learnt from 800 others with parallax errors of 0.01 mas and known dust.
    """
    random = np.random.default_rng(seed)
    physical = Synthetic.of(LABELS, np.linspace(5000.0, 5300.0, pixels), 6000.0)
    learn = observe(train, physical, 300.0, 0.01, random)
    model = cannon.train(
        learn.theta, learn.flux, np.full_like(learn.flux, 9e4), LABELS, physical.wavelength_angstrom
    )
    error = np.full_like(learn.magnitude, MAGNITUDE_ERROR)
    photometry = absolute(
        learn.theta,
        LABELS,
        learn.magnitude,
        error,
        learn.parallax,
        learn.parallax_error,
        BANDS,
        EXTINCTION,
        extinction=learn.dust,
    )
    test = observe(n, physical, snr, error_mas, random)
    joint = JointModel(model, photometry, extinction=DUST_MAG[0])
    ivar = np.full_like(test.flux, snr**2)
    together = fit_together(joint, test.flux, ivar, test, DUST_MAG)
    alone = fit(model, test.flux, ivar)
    return Simulated(
        np.column_stack([test.theta, test.modulus]),
        alone,
        together,
        *_bounds(physical, joint, photometry, test, snr, error_mas),
        LABELS,
    )


def fit_together(joint: JointModel, flux: Array, ivar: Array, test: Any, dust: tuple[float, float]) -> Fit:
    """Return the fit of spectra (n, p) with magnitudes and parallaxes, and a prior of the extinction."""
    data = np.hstack([flux, test.magnitude, test.parallax[:, None]])
    weight = np.hstack(
        [ivar, np.full_like(test.magnitude, MAGNITUDE_ERROR**-2), test.parallax_error[:, None] ** -2]
    )
    k = len(joint.labels)
    mean, spread = np.zeros(k), np.full(k, np.inf)
    mean[-1], spread[-1] = dust
    return fit(joint, data, weight, prior=(mean, spread))


def _bounds(
    physical: Synthetic,
    joint: JointModel,
    photometry: Photometry,
    test: Stars,
    snr: float,
    error_mas: float,
) -> tuple[Array, Array]:
    """Return the Cramer-Rao bounds of the labels (n, k), by the true spectra alone and together."""
    true = np.column_stack([test.theta, test.modulus, test.dust])
    slopes = physical.flux_and_gradient(test.theta)[1]
    more = joint.flux_and_gradient(true)[1][:, -len(photometry.bands) - 1 :]
    own = photometry.relation.scatter**2
    weight = np.concatenate([1.0 / (MAGNITUDE_ERROR**2 + own), [error_mas**-2]])
    k = len(LABELS)
    alone, together = np.empty((len(true), k)), np.empty((len(true), k))
    for i, slope in enumerate(slopes):
        spectrum = fisher(slope, np.full(len(slope), snr**2))
        alone[i] = bounds(spectrum).together
        whole = fisher(more[i], weight)
        whole[:k, :k] += spectrum
        whole[-1, -1] += DUST_MAG[1] ** -2
        together[i] = bounds(whole).together[:k]
    return alone, together
