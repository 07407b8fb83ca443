"""How fast networks are fitted, against The Payne's own way; what activation and slopes of physics do.

    python tests/bench/bench_payne.py [--stars 128] [--peer-stars 6] [--parts speed accuracy dd binary]

The peer is `fit_normalized_spectrum_single_star_model` of The_Payne's fitting.py: scipy's curve_fit, star by
star, bounds, tolerances 5e-4, finite differences, a linear Doppler shift. Both get the same network, spectra
and number of BLAS threads, and both start in the middle of the training set. Processor time, best of three.
All spectra are simulated but the one of APOGEE.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import curve_fit

from analysis.labels import dd_payne
from analysis.labels.binary import fit_pairs
from analysis.labels.boxes import Box
from analysis.labels.cannon import train as train_cannon
from analysis.labels.fit import fit
from analysis.labels.hull import Hull
from analysis.labels.model import TrainingSet
from analysis.labels.payne import Layers, Network
from analysis.labels.payne_published import read
from analysis.labels.payne_training import Recipe, train
from analysis.labels.synthetic import LABELS, Synthetic, lines
from analysis.labels.velocity import WithVelocity

DATA = Path(os.environ.get("CATALOGDB_DATA", Path(__file__).parents[3] / "shared" / "data"))
C_KM_S = 2.99792458e5


def apogee_grid() -> np.ndarray:
    """The 7214 pixels of APOGEE's DR12: log10 steps of 6e-6 on three detectors."""
    chips = [4.17673 + 6e-6 * np.arange(322, 3242), 0.0, 0.0]
    start = 4.179 - 322 * 6e-6
    chips = [start + 6e-6 * np.arange(a, b) for a, b in ((322, 3242), (3648, 6048), (6412, 8306))]
    return 10.0 ** np.concatenate(chips)


def doppler_shift(wavelength: np.ndarray, flux: np.ndarray, dv: float) -> np.ndarray:
    factor = np.sqrt((1 - dv / C_KM_S) / (1 + dv / C_KM_S))
    return np.interp(wavelength * factor, wavelength, flux)


def random_network(activation: str) -> Network:
    """25 labels, 300 + 300 neurons, 7214 pixels with weights as torch begins with, spread to 2 % of flux."""
    random = np.random.default_rng(1)
    sizes = ((25, 300, 3.0), (300, 300, 3.0), (300, 7214, 0.15))
    weights = tuple(random.uniform(-1, 1, (out, into)) / np.sqrt(into) * size for into, out, size in sizes)
    biases = (weights[0][:, 0] / 3.0, weights[1][:, 0] / 3.0, np.full(7214, 0.9))
    low, high = np.full(25, -0.5), np.full(25, 0.5)
    layers = Layers(weights, biases, activation)
    names = tuple(f"label_{j}" for j in range(25))
    return Network(names, apogee_grid(), layers, low, high, np.zeros(7214), Box.between(low, high))


def peer_flux(network: Any) -> Any:
    """The Payne's evaluation, in its own words: einsum, one star."""
    if isinstance(network, Network):
        w0, w1, w2 = network.layers.weights
        b0, b1, b2 = network.layers.biases

        def act(z: np.ndarray) -> np.ndarray:
            if network.layers.activation == "silu":
                return z / (1.0 + np.exp(-z))
            return np.maximum(0, z) + 0.01 * np.minimum(0, z)

        def one(x: Any) -> Any:
            inside = np.einsum("ij,j->i", w0, x) + b0
            outside = np.einsum("ij,j->i", w1, act(inside)) + b1
            return np.einsum("ij,j->i", w2, act(outside)) + b2

        return one

    def pixels(x: Any) -> Any:
        inside = np.einsum("ijk,k->ij", network.inner, x) + network.inner_bias
        return np.einsum("ij,ij->i", network.middle, 1 / (1 + np.exp(-inside))) + network.middle_bias

    return pixels


def peer_fit(network: Any, flux: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The_Payne's fit of one spectrum; scaled labels and velocity."""
    one, k = peer_flux(network), len(network.labels)

    def fit_func(_: Any, *labels: float) -> Any:
        return doppler_shift(network.wavelength_angstrom, one(labels[:-1]), labels[-1])

    bounds = np.zeros((2, k + 1))
    bounds[0], bounds[1] = -0.5, 0.5
    bounds[0, -1], bounds[1, -1] = -5.0, 5.0
    found, _ = curve_fit(
        fit_func,
        xdata=[],
        ydata=flux,
        sigma=sigma,
        p0=np.zeros(k + 1),
        bounds=bounds,
        ftol=5e-4,
        xtol=5e-4,
        absolute_sigma=True,
        method="trf",
    )
    return np.asarray(found)


def timed(work: Any, times: int = 3) -> tuple[Any, float, float]:
    """What `work` gives, and its least processor and wall time [s]."""
    best = (np.inf, np.inf)
    for _ in range(times):
        cpu, wall = time.process_time(), time.perf_counter()
        made = work()
        best = min(best[0], time.process_time() - cpu), min(best[1], time.perf_counter() - wall)
    return made, *best


def compared(name: str, network: Any, stars: int, peers: int, sigma_0: float) -> None:
    """Fit the same spectra both ways."""
    k, p = len(network.labels), len(network.wavelength_angstrom)
    random = np.random.default_rng(2)
    x = random.uniform(-0.4, 0.4, (stars, k))
    velocity = random.uniform(-3.0, 3.0, stars)
    low, high = network.low, network.high
    theta = np.column_stack([low + (x + 0.5) * (high - low), velocity])
    sigma = sigma_0 * (1.0 + 0.5 * random.random((stars, p)))
    model = WithVelocity(network)
    clean = model.flux(theta)
    noise = random.normal(size=clean.shape) * sigma
    one = peer_flux(network)
    linear = np.array(
        [doppler_shift(network.wavelength_angstrom, one(x[i]), velocity[i]) for i in range(peers)]
    )
    # Each is given spectra of its own Doppler shift, with the same noise: the peer's is linear.
    theirs, cpu, wall = timed(
        lambda: np.array([peer_fit(network, linear[i] + noise[i], sigma[i]) for i in range(peers)]), 1
    )
    start = np.append((low + high) / 2.0, 0.0)
    found, our_cpu, our_wall = timed(lambda: fit(model, clean + noise, sigma**-2.0, start=start))
    scaled = (found.theta[:, :-1] - low) / (high - low) - 0.5
    errors = [np.sqrt(np.mean((each - x[:peers]) ** 2)) for each in (theirs[:, :-1], scaled[:peers])]
    of_velocity = [
        np.sqrt(np.mean((each - velocity[:peers]) ** 2)) for each in (theirs[:, -1], found.theta[:peers, -1])
    ]
    bound = np.sqrt(np.einsum("nkk->nk", found.covariance))
    z = (np.column_stack([x, velocity]) - np.column_stack([scaled, found.theta[:, -1]])) / (
        bound / np.append(high - low, 1.0)
    )
    per_star, ours = cpu / peers * 1e3, our_cpu / stars * 1e3
    print(
        f"{name:34} {per_star:8.1f} {wall / peers * 1e3:8.1f} {ours:7.2f} {our_wall / stars * 1e3:7.2f} "
        f"{per_star / ours:6.1f} {wall / peers * stars / our_wall:6.1f}  {errors[0]:.5f} {errors[1]:.5f} "
        f"{of_velocity[0]:.4f} {of_velocity[1]:.4f}  {found.converged.mean():.3f} {z.std():.3f} "
        f"{found.n_iterations.mean():.1f}"
    )


def speed(stars: int, peers: int) -> None:
    print(
        f"{'network':34} {'peer cpu':>8} {'wall':>8} {'ours':>7} {'wall':>7} {'ratio':>6} {'wall':>6}  "
        "rms of labels (peer, ours), of velocity, converged, z, steps   [ms per star]"
    )
    compared("25 labels, 7214 px, SiLU", random_network("silu"), stars, peers, 0.01)
    compared("25 labels, 7214 px, leaky ReLU", random_network("leaky_relu"), stars, peers, 0.01)
    folder = DATA / "spectra" / "payne"
    if folder.is_dir():
        with np.load(folder / "apogee_wavelength.npz") as opened:
            grid = opened["wavelength"]
        network = read(folder / "NN_normalized_spectra_old.npz", grid)
        compared("2019: 5 labels, 7214 small nets", network, stars, 4 * peers, 0.005)


def synthetic_set(n: int, seed: int, pixels: int, resolution: float) -> tuple[Synthetic, np.ndarray]:
    grid = np.exp(np.log(5000.0) + np.arange(pixels) / (resolution * 2.5))
    model = Synthetic.of(LABELS, grid, resolution)
    low = np.array([4200.0, 1.5, 0.8, -0.8, -0.2, -0.2, -0.2, -0.2])
    high = np.array([6500.0, 4.8, 2.2, 0.4, 0.4, 0.4, 0.4, 0.4])
    return model, low + (high - low) * np.random.default_rng(seed).random((n, 8))


def accuracy(stars: int) -> None:
    """What activation and training do to labels: rms over the Cramer-Rao bound, S/N 50 and 100."""
    truth, theta = synthetic_set(1500, 1, 1500, 10_000.0)
    flux = truth.flux(theta)
    test = synthetic_set(stars, 2, 1500, 10_000.0)[1]
    clean, slopes = truth.flux_and_gradient(test)
    for activation, epochs in (("silu", 100), ("silu", 300), ("leaky_relu", 100), ("leaky_relu", 300)):
        begin = time.process_time()
        recipe = Recipe(activation=activation, epochs=epochs)
        model: Any = train(theta, flux, None, LABELS, truth.wavelength_angstrom, recipe)
        one_line(f"{activation}, {epochs} epochs", model, begin, test, clean, slopes)
    begin = time.process_time()
    model = train_cannon(theta, flux, np.full(flux.shape, 1e6), LABELS, truth.wavelength_angstrom)
    one_line("Cannon (quadratic)", model, begin, test, clean, slopes)


def one_line(name: str, model: Any, begin: float, test: Any, clean: Any, slopes: Any) -> None:
    took = time.process_time() - begin
    rms = np.sqrt(np.mean((model.flux(test) - clean) ** 2))
    words = [f"{name:26} trained {took:5.1f} s, flux rms {rms:.5f}"]
    for snr in (50.0, 100.0):
        seen = clean + np.random.default_rng(3).normal(0.0, 1.0 / snr, clean.shape)
        found = fit(model, seen, np.full(seen.shape, snr**2))
        bound = np.linalg.inv(np.einsum("npk,npl->nkl", slopes, slopes) * snr**2)
        z = (found.theta - test) / np.sqrt(np.einsum("nkk->nk", bound))
        own = (found.theta - test) / np.sqrt(np.einsum("nkk->nk", found.covariance))
        good = found.converged
        words.append(
            f"S/N {snr:.0f}: rms / bound {np.sqrt(np.mean(z[good] ** 2)):.3f}, "
            f"rms / own error {np.sqrt(np.mean(own[good] ** 2)):.3f}, converged {good.mean():.3f}"
        )
    print("; ".join(words))


def slopes_of_physics(stars: int) -> None:
    """Titanium and silicon that correlate by 0.98 in the training set, and not among the stars fitted."""
    labels = ("teff", "logg", "fe_h", "ti_fe", "si_fe")
    grid = np.exp(np.arange(np.log(5000.0), np.log(5200.0), 1.0 / 20000.0))
    truth = Synthetic.of(labels, grid, 8000.0)
    chosen = lines()
    noise = np.random.default_rng(3).normal(0.0, 0.15, (2, len(chosen)))
    chosen = replace(chosen, log_gf=chosen.log_gf + noise[0], log_eta_sun=chosen.log_eta_sun + noise[1])

    def drawn(n: int, correlation: float, seed: int) -> np.ndarray:
        random = np.random.default_rng(seed)
        ti = random.normal(size=n)
        si = correlation * ti + np.sqrt(1.0 - correlation**2) * random.normal(size=n)
        rest = random.uniform((4500.0, 2.0, -0.8), (6000.0, 4.8, 0.4), (n, 3))
        return np.column_stack([rest, 0.1 + 0.12 * ti, 0.1 + 0.12 * si])

    theta = drawn(400, 0.98, 1)
    flux = truth.flux(theta) + np.random.default_rng(2).normal(0.0, 0.01, (400, len(grid)))
    training = TrainingSet(theta, flux, np.full(flux.shape, 1e4), labels, grid)
    test = drawn(stars, 0.0, 4)
    seen = truth.flux(test) + np.random.default_rng(5).normal(0.0, 0.005, (stars, len(grid)))
    data = (theta, flux, training.ivar, labels, grid)
    recipe = Recipe(hidden=(50, 50), epochs=150, batch=50)
    models: dict[str, Any] = {"the truth itself": replace(truth, hull=Hull.of(theta))}
    models["Cannon"] = train_cannon(*data)
    models["Payne"] = train(*data, recipe)
    physics = Synthetic.of(labels, grid, 8000.0, chosen)
    for weight in (1.0, 10.0, 30.0):
        prior = dd_payne.slopes_of_model(physics, training, weight)
        models[f"DD-Payne, weight {weight:g}"] = train(*data, recipe, prior=prior)
    for name, model in models.items():
        found = fit(model, seen, np.full(seen.shape, 4e4))
        good = found.converged
        r = dd_payne.response(test[good], found.theta[good])
        print(
            f"{name:22} d[Si/Fe]/d true Si {r[4, 4]:6.3f}, true Ti {r[4, 3]:6.3f}; "
            f"d[Ti/Fe]/d true Ti {r[3, 3]:6.3f}, true Si {r[3, 4]:6.3f}; converged {good.mean():.2f}"
        )


def binaries(stars: int) -> None:
    """Recall on injected binaries and false alarms on single stars; dwarfs on a simple main sequence."""
    labels = ("teff", "logg", "fe_h", "mg_fe")
    resolution = 11_000.0
    grid = np.exp(np.arange(np.log(5150.0), np.log(5300.0), 1.0 / (2.5 * resolution)))
    truth = Synthetic.of(labels, grid, resolution)
    low, high = np.array([4000.0, 3.8, -0.8, -0.1]), np.array([6800.0, 4.9, 0.4, 0.4])
    theta = low + (high - low) * np.random.default_rng(1).random((700, 4))
    model = train(theta, truth.flux(theta), None, labels, grid, Recipe(hidden=(50, 50), batch=50))
    random = np.random.default_rng(2)
    at = np.array([4000.0, 5000.0, 5800.0, 6800.0])
    t1, fe_h, mg_fe = random.uniform((5000.0, -0.6, 0.0), (6500.0, 0.3, 0.3), (stars, 3)).T
    t2 = np.maximum(4050.0, t1 * random.uniform(0.72, 1.0, stars))
    gravity = [np.interp(each, at, [4.65, 4.58, 4.4, 4.2]) for each in (t1, t2)]
    light = [10.0 ** np.interp(each, at, [-1.0, -0.45, 0.05, 0.6]) for each in (t1, t2)]
    share = light[1] / (light[0] + light[1])
    apart = random.normal(0.0, 40.0, stars)
    first = truth.flux(np.column_stack([t1, gravity[0], fe_h, mg_fe]))
    moving = WithVelocity(replace(truth, hull=model.hull))
    second = moving.flux(np.column_stack([t2, gravity[1], fe_h, mg_fe, apart]))
    both = (1.0 - share)[:, None] * first + share[:, None] * second
    for snr in (50.0, 100.0, 200.0):
        ivar = np.full(first.shape, snr**2)
        noise = random.normal(0.0, 1.0 / snr, (2, *first.shape))
        begin = time.process_time()
        single, double = fit_pairs(model, first + noise[0], ivar), fit_pairs(model, both + noise[1], ivar)
        took = (time.process_time() - begin) / (2 * stars) * 1e3
        parts = []
        for near, far in ((0, 5), (5, 10), (10, 20), (20, 40), (40, 300)):
            inside = (np.abs(apart) >= near) & (np.abs(apart) < far)
            parts.append(f"{near}-{far} km/s {double.found[inside].mean():.2f} of {inside.sum()}")
        ok = double.found
        print(
            f"S/N {snr:.0f}: false alarms {single.found.sum()} of {stars}; "
            f"found {ok.mean():.3f} ({', '.join(parts)}); "
            f"median |Teff - true|: one star {np.median(np.abs(double.single.theta[:, 0] - t1)[ok]):.0f} K, "
            f"two {np.median(np.abs(double.theta[:, 0] - t1)[ok]):.0f} K; "
            "median share error / own "
            f"{np.median((np.abs(double.share - share) / double.share_error)[ok]):.2f}; "
            f"{took:.0f} ms per star"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stars", type=int, default=128)
    parser.add_argument("--peer-stars", type=int, default=6)
    parser.add_argument(
        "--parts", nargs="+", default=["speed"], choices=["speed", "accuracy", "dd", "binary"]
    )
    asked = parser.parse_args()
    print(f"BLAS threads: {os.environ.get('OPENBLAS_NUM_THREADS', 'not set')}")
    if "speed" in asked.parts:
        speed(asked.stars, asked.peer_stars)
    if "accuracy" in asked.parts:
        accuracy(asked.stars)
    if "dd" in asked.parts:
        slopes_of_physics(asked.stars)
    if "binary" in asked.parts:
        binaries(asked.stars)


if __name__ == "__main__":
    main()
