"""Labels of simulated spectra by a quadratic model: this package against scipy's curve_fit, star by star.

    python tests/bench/bench_labels.py [--stars N] [--lamost N]

The loop is that of The Cannon (infer_labels of github.com/annayqho/TheCannon): curve_fit for each star, with
numerical derivatives, from the middle of the training set, on the same model, spectra and weights. Its model
function is written as there (outer product, hstack, dot), and in a second run faster than there. Times are of
the processor.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.optimize import curve_fit

from analysis.labels.cannon import CannonModel, train
from analysis.labels.fit import fit
from analysis.labels.normalise import Smoothing

NAMES = tuple("abcdefgh")


def simulated(pixels, seed):
    """Return a truth of 8 labels: lines with slopes and curvatures, as in the comparison of science.md E."""
    rng = np.random.default_rng(seed)
    slope = np.where(rng.random((8, pixels)) < 0.3, rng.normal(0.0, 0.03, (8, pixels)), 0.0)
    curve = rng.normal(0.0, 0.004, (8, 8, pixels))

    def flux(theta):
        bent = np.einsum("ni,nj,ijp->np", theta, theta, curve, optimize=True)
        return 0.9 + theta @ slope + bent

    return flux, rng


def observed(flux, rng, n, snr):
    theta = rng.uniform(-1.0, 1.0, (n, 8))
    clean = flux(theta)
    return theta, clean + rng.normal(0.0, 1.0 / snr, clean.shape), np.full(clean.shape, snr**2.0)


def of_the_cannon(model):
    """Return the model function (_, *theta) -> flux (p,) in the words of The Cannon, of scaled labels."""
    coefficients = np.ascontiguousarray(model.coefficients.T)

    def flux(_, *theta):
        x = (np.array(theta) - model.pivot) / model.scale
        terms = np.hstack((x, np.outer(x, x)[np.triu_indices(len(x))]))
        return coefficients[:, 0] + np.dot(coefficients[:, 1:], terms)

    return flux


def faster(model):
    """Return the same function with less work."""
    first, second = np.triu_indices(len(model.labels))

    def flux(_, *theta):
        x = (np.array(theta) - model.pivot) / model.scale
        return np.concatenate([[1.0], x, x[first] * x[second]]) @ model.coefficients

    return flux


def loop(function, model: CannonModel, spectra, ivar):
    """Return labels (n, k) by curve_fit, star by star."""
    out = np.full((len(spectra), len(model.labels)), np.nan)
    sigma = np.sqrt(1.0 / ivar + model.scatter**2)
    for n, spectrum in enumerate(spectra):
        out[n] = curve_fit(function, None, spectrum, p0=model.pivot, sigma=sigma[n], absolute_sigma=True)[0]
    return out


def rms(found, theta):
    return float(np.sqrt(np.mean((found - theta) ** 2)))


def clock(function, *arguments, repeats=3):
    """Return the result and the shortest time of the processor [s]: others may be using the machine."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        result = function(*arguments)
        times.append(time.process_time() - begin)
    return result, min(times)


def line(what, value, unit, rest=""):
    print(f"{what:52}{value:9.3f} {unit:8} {rest}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stars", type=int, default=1000)
    parser.add_argument("--lamost", type=int, default=2000)
    given = parser.parse_args()
    loops(given.stars)
    lamost(given.lamost)


def loops(stars):
    """Print the fit against the loop."""
    flux, rng = simulated(1500, 1)
    seen = observed(flux, rng, 1500, 50.0)
    model, seconds = clock(train, *seen, NAMES, np.arange(1500.0), repeats=1)
    line("training, 1500 stars x 1500 pixels x 45 terms", seconds, "s")
    theta, spectra, ivar = observed(flux, rng, stars, 50.0)
    ours, seconds = clock(fit, model, spectra, ivar)
    ours_ms = 1e3 * seconds / stars
    line("fit, 8 labels x 1500 pixels", ours_ms, "ms/star", f"rms {rms(ours.theta, theta):.4f}")
    few = slice(0, max(stars // 10, 20))
    # The loop knows nothing of the noise of coefficients, for which the fit corrects: compared without that.
    bare = fit(replace(model, noise=np.zeros(1500)), spectra[few], ivar[few])
    sig = np.sqrt(np.einsum("nkk->nk", bare.covariance))
    line("rms of the fit on the first of them", rms(ours.theta[few], theta[few]), "")
    line("  without correction for the noise of training", rms(bare.theta, theta[few]), "")
    for what, function in (("as The Cannon", of_the_cannon(model)), ("written faster", faster(model))):
        peer, seconds = clock(loop, function, model, spectra[few], ivar[few])
        ms = 1e3 * seconds / len(peer)
        line(
            f"curve_fit loop, {what}, on these {len(peer)}", ms, "ms/star", f"rms {rms(peer, theta[few]):.4f}"
        )
        line("  largest difference of the two", np.abs((peer - bare.theta) / sig).max(), "sigma")
        line("  ratio of the times", ms / ours_ms, "")


def lamost(stars):
    """Print the time for spectra of LAMOST's size, with and without their normalisation in the fit."""
    wavelength = 10.0 ** (np.log10(3800.0) + 1e-4 * np.arange(3909))
    flux, rng = simulated(3909, 2)
    smoothing = Smoothing(wavelength, 50.0)
    seen = observed(flux, rng, 600, 50.0)
    model = train(seen[0], *smoothing.of_data(*seen[1:])[:2], NAMES, wavelength)
    theta, spectra, ivar = observed(flux, rng, stars, 50.0)

    def whole(also_model):
        made = smoothing.of_data(spectra, ivar)
        return fit(model, made.flux, made.ivar, normalisation=smoothing if also_model else None)

    for what, also_model in (("data and model normalised", True), ("data alone normalised", False)):
        found, seconds = clock(whole, also_model, repeats=1)
        label = f"{stars} x 3909 pixels, 8 labels, {what}"
        each = f"{1e4 * seconds / stars:.0f} s for 1e4; rms {rms(found.theta, theta):.4f}"
        line(label, seconds, "s", each)


if __name__ == "__main__":
    main()
