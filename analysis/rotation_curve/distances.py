"""True distances behind noisy ones: the survey's own distribution of distances, noise taken out.

The true distances of the stars of a part of the sky have a distribution that does not follow from the
observed ones directly: noise of 15 % fills the far end with stars from nearer by. It is found by expectation
maximisation (Richardson 1972, JOSA 62, 55; Lucy 1974, AJ 79, 745): the histogram of ln d, whose nodes get
the sum of the stars' probabilities to be there, until it changes no more than the data can tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.intp]

STEP_OF_NOISE = 0.4
"""Spacing of nodes in ln d, in units of the median relative error."""

ITERATIONS = 25
"""More of them sharpen noise into peaks."""

STARS_PER_FIELD = 400
"""Where the distances change fast over the sky, as at the ends of a survey, larger parts mix them up."""

NOISES = ("normal", "magnitude")
"""Whether the observed distance is normal about the true one, or its distance modulus is."""

_FEWEST_NODES, _MOST_NODES = 16, 240


TWINS = 120_000
"""Twins of all stars together: their noise must not show beside that of the stars."""


@dataclass(frozen=True, slots=True)
class Twins:
    """Stars as they may be: true distances (copies, n) [kpc] and what would be measured of these."""

    true_kpc: Array
    observed_kpc: Array

    def scaled(self, factor: float) -> Twins:
        """Return them with all distances multiplied."""
        return Twins(self.true_kpc * factor, self.observed_kpc * factor)


def twins(
    distance_kpc: Array, relative_error: Array, direction: Array, noise: str, rng: np.random.Generator
) -> Twins:
    """Return twins of stars (n,), of each as many as make 120,000 together, in directions (n, 3)."""
    copies = max(1, -(-TWINS // len(distance_kpc)))
    true = draw(distance_kpc, relative_error, fields(direction), copies, noise, rng)
    return Twins(true, observe(true, relative_error, noise, rng))


def fields(direction: Array) -> Integers:
    """Return the number of the part of the sky of each star by its direction (n, 3) from the Sun.

    Parts of equal numbers of stars, first by height above the plane (as |b|), then by longitude.
    """
    n = len(direction)
    count = max(1, n // STARS_PER_FIELD)
    heights = max(1, round(np.sqrt(count / 4.0)))
    longitudes = max(1, round(count / heights))
    height = _equal_parts(np.abs(direction[:, 2]), heights)
    longitude = np.arctan2(direction[:, 1], direction[:, 0]) % (2.0 * np.pi)
    made = np.zeros(n, np.intp)
    for k in range(heights):
        mine = np.flatnonzero(height == k)
        made[mine] = k * longitudes + _equal_parts(longitude[mine], longitudes)
    return made


def draw(
    distance_kpc: Array,
    relative_error: Array,
    field: Integers,
    copies: int,
    noise: str,
    rng: np.random.Generator,
) -> Array:
    """Return true distances (copies, n) [kpc], drawn for each star from what its observed one leaves open.

    What is known beforehand of a star is the distribution of its field without noise. `relative_error` is
    that of the distance (n,). Stars without error keep their distance.
    """
    made = np.broadcast_to(distance_kpc, (copies, len(distance_kpc))).copy()
    noisy = relative_error > 0.0
    for k in np.unique(field[noisy]):
        mine = np.flatnonzero(noisy & (field == k))
        nodes = _nodes(distance_kpc[mine], relative_error[mine])
        if len(nodes) < 2:
            continue
        likelihood = _likelihood(distance_kpc[mine], relative_error[mine], nodes, noise)
        posterior = _deconvolved(likelihood.astype(np.float32))
        made[:, mine] = _drawn(posterior, nodes, copies, rng)
    return made


def observe(distance_kpc: Array, relative_error: Array, noise: str, rng: np.random.Generator) -> Array:
    """Return observed distances of true ones (copies, n), noise stratified so that it averages well."""
    from scipy.special import ndtri

    copies, n = distance_kpc.shape
    total = copies * n
    normal = ndtri((rng.permutation(total) + rng.random(total)) / total).reshape(copies, n)
    if noise == "magnitude":
        made: Array = distance_kpc * np.exp(relative_error * normal)
        return made
    # A distance that noise makes negative would never have been published.
    least: Array = np.maximum(distance_kpc * (1.0 + relative_error * normal), 0.02 * distance_kpc)
    return least


def _equal_parts(x: Array, parts: int) -> Integers:
    rank = np.empty(len(x), np.intp)
    rank[np.argsort(x, kind="stable")] = np.arange(len(x))
    made: Integers = rank * parts // max(len(x), 1)
    return made


def _nodes(distance: Array, relative_error: Array) -> Array:
    """Return nodes of ln d as far as true distances may be."""
    typical = float(np.median(relative_error))
    low, high = np.log(distance.min()) - 3.0 * typical, np.log(distance.max()) + 2.0 * typical
    count = int(np.clip((high - low) / (STEP_OF_NOISE * typical), _FEWEST_NODES, _MOST_NODES))
    return np.linspace(low, high, count)


def _likelihood(distance: Array, relative_error: Array, nodes: Array, noise: str) -> Array:
    """Return the probability density (n, nodes) of each observed distance, if the true one is at the node."""
    if noise == "magnitude":
        pull = (np.log(distance)[:, None] - nodes) / relative_error[:, None]
        density: Array = np.exp(-0.5 * pull**2)
        return density
    true = np.exp(nodes)
    sigma = relative_error[:, None] * true
    made: Array = np.exp(-0.5 * ((distance[:, None] - true) / sigma) ** 2) / true
    return made


def _deconvolved(likelihood: Singles) -> Singles:
    """Return each star's probabilities (n, nodes), by the distribution that explains all of them."""
    peak = likelihood.max(axis=1, keepdims=True)
    scaled: Singles = np.asarray(likelihood / np.where(peak > 0.0, peak, 1.0), np.float32)
    prior = np.full(likelihood.shape[1], 1.0 / likelihood.shape[1], np.float32)
    for _ in range(ITERATIONS):
        total = scaled @ prior
        prior = prior * ((1.0 / np.maximum(total, np.float32(1e-30))) @ scaled) / len(scaled)
        prior /= prior.sum()
    posterior: Singles = scaled * prior
    return posterior


def _drawn(posterior: Singles, nodes: Array, copies: int, rng: np.random.Generator) -> Array:
    """Return distances (copies, n): a node by its probability, evenly spread to half way to the next ones."""
    cumulated = np.cumsum(posterior, axis=1)
    n, count = posterior.shape
    made = np.empty((copies, n))
    for k in range(copies):
        wanted = rng.random(n) * cumulated[:, -1]
        node = np.minimum((cumulated < wanted[:, None]).sum(axis=1), count - 1)
        made[k] = np.exp(nodes[node] + (rng.random(n) - 0.5) * (nodes[1] - nodes[0]))
    return made
