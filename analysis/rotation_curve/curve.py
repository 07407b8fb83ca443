"""The rotation curve of a sample of stars: bins, moments freed of errors, Jeans equation, errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.galaxy import jeans
from analysis.galaxy.line import Line, fit
from analysis.galaxy.sun import Sun
from analysis.rotation_curve import distances
from analysis.rotation_curve.profiles import X_KPC, Statistics, scaled, tilts
from analysis.rotation_curve.resample import bin_means, resampled
from analysis.rotation_curve.response import OUTPUTS, Correction, Response, correction, response
from analysis.rotation_curve.seen import MOMENTS, Mask, Place, Seen, Stars, moments, place, seen

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Model:
    """What the Jeans equation and the correction for distance errors are told."""

    sun: Sun
    scale_length_kpc: float = 2.5
    scale_height_kpc: float = 0.3
    dispersion_degree: int = 1
    smooth: bool = False
    cross: str = "measured"
    deconvolve: bool = True
    noise: str = "normal"
    z_max_kpc: float = np.inf
    wedge_rad: float = np.inf
    phi_range_rad: tuple[float, float] = (-np.inf, np.inf)
    z_range_kpc: tuple[float, float] = (-np.inf, np.inf)
    flare_kpc: float = np.inf

    def height_kpc(self, r_kpc: Array) -> Array:
        """Return the tracers' scale height (n,) at R: it grows by e in `flare_kpc`, as given at R0."""
        made: Array = self.scale_height_kpc * np.exp((r_kpc - self.sun.r0_kpc) / self.flare_kpc)
        return made

    def chosen(self, at: Place) -> Mask:
        """Return which stars (n,) at these places are to be used."""
        made: Mask = (
            (np.abs(at.z_kpc) <= self.z_max_kpc)
            & (np.abs(at.phi_rad) <= self.wedge_rad)
            & (at.phi_rad >= self.phi_range_rad[0])
            & (at.phi_rad < self.phi_range_rad[1])
            & (at.z_kpc >= self.z_range_kpc[0])
            & (at.z_kpc < self.z_range_kpc[1])
        )
        return made


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve at b bins, its replicates (k, b) and what it was made of."""

    edges_kpc: Array
    count: Array
    r_kpc: Array
    vphi: Array
    vphi2: Array
    vr2: Array
    vz2: Array
    dlnnu: Array
    dlnvr2: Array
    dlnvr2_error: Array
    cross_term: Array
    tilt: float
    vc: Array
    vc_drift: Array
    vc_drift_first_order: Array
    replicates: Array
    outside: int
    correction: Correction | None

    @property
    def covariance(self) -> Array:
        """The statistical covariance (b, b) [km2/s2]."""
        made: Array = np.atleast_2d(np.cov(self.replicates, rowvar=False))
        return made

    @property
    def error(self) -> Array:
        """The statistical errors (b,) [km/s]."""
        return np.sqrt(np.diag(self.covariance))


def line_of(made: Curve, r0_kpc: float) -> Line:
    """Return the line through a curve with replicates, weighted by the bins' errors.

    Its errors are the scatter of the lines through the replicates, so they know what bins share; chi2 is that
    of the full covariance, whose inverse is shrunk for the finite number of replicates (Hartlap et al. 2007,
    A&A 464, 399).
    """
    plain = fit(made.r_kpc, made.vc, made.error, r0_kpc)
    design = np.column_stack([np.ones_like(made.r_kpc), made.r_kpc - r0_kpc])
    weight = (design / made.error[:, None] ** 2).T
    project = np.linalg.solve(weight @ design, weight)
    covariance = np.cov(made.replicates @ project.T, rowvar=False)
    replicates, bins = made.replicates.shape
    off = made.vc - plain.at(made.r_kpc)[0]
    chi2 = plain.chi2
    if replicates > 2 * bins:
        shrunk = (replicates - bins - 2) / (replicates - 1)
        chi2 = float(off @ np.linalg.solve(made.covariance, off)) * shrunk
    return Line(r0_kpc, plain.vc_r0, plain.slope, covariance, chi2, plain.dof)


def twins_of(stars: Stars, model: Model, seed: int) -> distances.Twins | None:
    """Return twins of the stars, which serve every model with the same noise; None where none are needed."""
    if not model.deconvolve or not (stars.relative_error > 0.0).any():
        return None
    rng = np.random.default_rng([seed, 1])
    along = seen(stars, model.sun).along
    return distances.twins(stars.distance_kpc, stars.relative_error, along, model.noise, rng)


def curve(
    stars: Stars,
    edges_kpc: Array,
    model: Model,
    twins: distances.Twins | None = None,
    *,
    known: Correction | None = None,
    redraws: int = 0,
    replicates: int = 0,
    seed: int = 2026,
) -> Curve:
    """Return the rotation curve of stars (n,) in bins of R between edges (b + 1,).

    `replicates` bootstraps give the errors: stars drawn anew within bins. With `twins` the moments are freed
    of what errors of distance do, or by `known`, if that is of the same stars, bins and Sun. The same seed
    gives the same result. Every bin must have a star.

    The correction is as uncertain as the distribution of distances that it is made with: with `redraws`, two
    or more, the replicates know that by as many other twins, of stars drawn anew.
    """
    rng = np.random.default_rng(seed)
    view = seen(stars, model.sun)
    at = place(view.along, stars.distance_kpc, view.place)
    bins = binned(at, edges_kpc, model)
    n_bins = len(edges_kpc) - 1
    columns = moments(stars, view, at, model.height_kpc(at.r_kpc))
    kept = bins >= 0
    count = np.bincount(bins[kept], minlength=n_bins).astype(float)
    r = np.bincount(bins[kept], at.r_kpc[kept], n_bins) / count
    means = bin_means(columns, bins, n_bins).T
    again = resampled(columns[kept], bins[kept], n_bins, replicates, rng).transpose(0, 2, 1)
    found = Statistics(r, means[: len(OUTPUTS)], means[MOMENTS.index("z2")], count)
    fixed = known
    values, again_values = means[: len(OUTPUTS)], again[:, : len(OUTPUTS)]
    if fixed is None and twins is not None:
        fixed = _correction(view, twins, edges_kpc, model, found)
    if fixed is not None:
        values, again_values = fixed.applied(again_values)
        if redraws > 1 and replicates:
            others = fixed.carried(_redrawn(stars, edges_kpc, model, fixed, redraws, seed))
            share = rng.normal(size=(replicates, redraws)) / np.sqrt(redraws - 1.0)
            again_values = again_values - np.tensordot(share, others - others.mean(axis=0), 1)
    fall = MOMENTS.index("z_fall")
    first = _jeans(values[None], found, means[fall], model)
    rest = _jeans(again_values, found, again[:, fall], model)
    return Curve(
        edges_kpc,
        count,
        r,
        values[0],
        values[1],
        first["vr2"][0],
        values[4],
        first["dlnnu"][0],
        first["dlnvr2"][0],
        rest["dlnvr2"].std(axis=0, ddof=1) if replicates > 1 else np.full(n_bins, np.nan),
        first["cross_term"][0],
        float(first["tilt"][0]),
        first["vc"][0],
        first["vc_drift"][0],
        first["vc_drift_first_order"][0],
        rest["vc"],
        int((~kept).sum()),
        fixed,
    )


def binned(at: Place, edges_kpc: Array, model: Model) -> Integers:
    """Return the bin of each star (n,), -1 outside all or not chosen."""
    bins = np.searchsorted(edges_kpc, at.r_kpc, side="right") - 1
    bins[(bins >= len(edges_kpc) - 1) | ~model.chosen(at)] = -1
    return bins


def _correction(
    view: Seen, twins: distances.Twins, edges_kpc: Array, model: Model, found: Statistics
) -> Correction:
    return correction(_folding(view, twins, edges_kpc, model), found)


def _folding(view: Seen, twins: distances.Twins, edges_kpc: Array, model: Model) -> Response:
    along = np.tile(view.along, (len(twins.true_kpc), 1))
    d, d_again = twins.true_kpc.ravel(), twins.observed_kpc.ravel()
    there, thought = place(along, d, view.place), place(along, d_again, view.place)
    bins = binned(thought, edges_kpc, model)
    return response(along, view.motion, there, thought, d_again / d, bins, len(edges_kpc) - 1)


def _redrawn(stars: Stars, edges_kpc: Array, model: Model, fixed: Correction, times: int, seed: int) -> Array:
    """Return biases (times, 6, b) by twins of stars drawn anew, for the same profiles of the disc."""
    made = []
    for k in range(times):
        pick = np.random.default_rng([seed, 3, k]).integers(0, len(stars), len(stars))
        drawn = stars.of(pick)
        twins = twins_of(drawn, model, seed + 1 + k)
        if twins is None:  # none of the stars drawn has an error
            return np.zeros((times, *fixed.bias.shape))
        view = seen(drawn, model.sun)
        fold = _folding(view, twins, edges_kpc, model)
        made.append(fold.bias(fixed.profiles))
    return np.array(made)


def _jeans(values: Array, found: Statistics, fall: Array, model: Model) -> dict[str, Array]:
    """Return the terms of the Jeans equation and vc (k, b) of moments (k, 6, b) and falls (b,) or (k, b)."""
    vphi, vphi2, _, vr2, vz2, vrvz_z = values.transpose(1, 0, 2)
    r, n, x = found.r_kpc, found.count, scaled(found.r_kpc)
    coefficients, eta = jeans.log_polynomial(x, vr2, n, min(model.dispersion_degree, len(r) - 1))
    dlnvr2 = r / X_KPC * jeans.log_slope(coefficients, x)
    _, eta_z = jeans.log_polynomial(x, vz2, n, min(1, len(r) - 1))
    smooth_r, smooth_z = np.exp(eta), np.exp(eta_z)
    if model.cross == "measured":
        tilt = tilts(r, n, found.z2, smooth_r, smooth_z, vrvz_z)
    else:
        tilt = np.full(len(values), 1.0 if model.cross == "spherical" else 0.0)
    cross = jeans.cross_term(smooth_r, smooth_z, fall, tilt[:, None])
    used = smooth_r if model.smooth else vr2
    # In a disc that flares, density falls less, or rises, off the plane: 0 over all heights of the tracers.
    falls = jeans.exponential_density(r, model.scale_length_kpc) - r / model.flare_kpc * (1.0 - fall)
    dlnnu = np.broadcast_to(falls, used.shape)
    terms = (used, dlnnu, dlnvr2, cross)
    variance = vphi2 - vphi**2
    return {
        "vr2": used,
        "dlnnu": dlnnu,
        "dlnvr2": dlnvr2,
        "cross_term": cross,
        "tilt": tilt,
        "vc": jeans.circular_velocity(vphi2, *terms),
        "vc_drift": jeans.drift_velocity(vphi, variance, *terms),
        "vc_drift_first_order": jeans.drift_velocity_first_order(vphi, variance, *terms),
    }
