"""The curve made again with other assumptions: by how much it changes, and what all bins share of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.rotation_curve.curve import Curve, Model, curve, twins_of
from analysis.rotation_curve.distances import Twins
from analysis.rotation_curve.response import NoCorrectionError
from analysis.rotation_curve.seen import Stars, place, seen

Array = npt.NDArray[np.float64]

_SPLIT_REPLICATES = 60
_FEWEST = 10
"""Stars of a bin of a part of the sample; with less nothing is said."""

_SMOOTH_FROM = 6
_SMOOTH_OVER = 7
"""Bins that a straight line is fitted to, the nearer ones with more weight: over more than that the effect of
wrong distances turns its sign, between 6 and 9 kpc."""

_NEIGHBOURS = 5
"""Bins over which the scatter of parts of the sky is averaged: one bin's is mostly chance."""

FLARE_KPC = 9.0
"""Growth of the scale height by e, where none is adopted: 2.1 times at 15 kpc what it is at the Sun. Lopez-
Corredoira & Molgo 2014, A&A 567, A106, have 3.3 (+2.2, -1.6) for thin and thick disc together."""


@dataclass(frozen=True, slots=True)
class Change:
    """Another assumption: by how much vc of the bins (b,) changes, NaN where nothing can be said.

    `error` (b,) of dvc and `count` (b,) are of a part of the stars, None where all are used.
    """

    assumption: str
    change: str
    shift: float | None
    dvc: Array
    error: Array | None = None
    count: Array | None = None


@dataclass(frozen=True, slots=True)
class Assumed:
    """How wrong the assumptions may be."""

    distance_scale: float
    distance_scatter: float
    scale_length_kpc: float
    vsun_km_s: float
    r0_kpc: float
    scale_height_kpc: float


@dataclass(frozen=True, slots=True)
class Errors:
    """Systematic errors (b,) by the name of their column, and their covariance (b, b)."""

    of: dict[str, Array]
    covariance: Array


def changes(
    stars: Stars, edges_kpc: Array, model: Model, adopted: Curve, twins: Twins | None, seed: int, sectors: int
) -> Iterator[Change]:
    """Yield the changes of the adopted curve, each as soon as it is made."""

    def again(other: Model, factor: float = 1.0) -> Curve | None:
        return _made(stars.scaled(factor), edges_kpc, other, twins and twins.scaled(factor), seed)

    def change(name: str, words: str, shift: float | None, made: Curve | None) -> Change:
        return Change(name, words, shift, _less(made, adopted))

    for shift in (-0.05, 0.05):
        words = f"all distances times {1.0 + shift:.2f}"
        yield change("distance scale", words, shift, again(model, 1.0 + shift))
    yield from _scatter(stars, edges_kpc, model, adopted, twins, seed)
    for name, attribute, shift, unit in (
        ("Sun's velocity", "v_km_s", 5.0, "km/s along the rotation"),
        ("Sun's radial motion", "u_km_s", 1.0, "km/s to the centre"),
        ("R0", "r0_kpc", 0.1, "kpc"),
    ):
        for sign in (-1.0, 1.0):
            moved = replace(model.sun, **{attribute: getattr(model.sun, attribute) + sign * shift})
            yield change(name, f"{sign * shift:+g} {unit}", sign * shift, again(replace(model, sun=moved)))
    yield from _same_moments(stars, edges_kpc, model, adopted, seed)
    yield Change("no Jeans term", "vc = sqrt <vphi^2>", None, np.sqrt(adopted.vphi2) - adopted.vc)
    yield from _parts(stars, edges_kpc, model, adopted, twins, seed, sectors)


def _made(
    stars: Stars, edges_kpc: Array, model: Model, twins: Twins | None, seed: int, replicates: int = 0
) -> Curve | None:
    """Return a curve, None where errors of distance can not be undone; that is told as NULL."""
    try:
        return curve(stars, edges_kpc, model, twins, replicates=replicates, seed=seed)
    except NoCorrectionError:
        return None


def _less(made: Curve | None, adopted: Curve) -> Array:
    return np.full(len(adopted.vc), np.nan) if made is None else made.vc - adopted.vc


def _same_moments(
    stars: Stars, edges_kpc: Array, model: Model, adopted: Curve, seed: int
) -> Iterator[Change]:
    """Yield the changes that leave the moments of the bins as they are."""

    def told(name: str, words: str, shift: float | None, other: Model) -> Change:
        made = curve(stars, edges_kpc, other, known=adopted.correction, seed=seed)
        return Change(name, words, shift, made.vc - adopted.vc)

    for factor in (0.8, 1.6):
        length = factor * model.scale_length_kpc
        other = replace(model, scale_length_kpc=length)
        yield told("scale length", f"{length:g} kpc", length - model.scale_length_kpc, other)
    for factor in (0.8, 1.25):
        height = factor * model.scale_height_kpc
        other = replace(model, scale_height_kpc=height)
        yield told("scale height", f"{height:g} kpc", height - model.scale_height_kpc, other)
    flare, words = (
        (FLARE_KPC, f"by e in {FLARE_KPC:g} kpc") if np.isinf(model.flare_kpc) else (np.inf, "none")
    )
    yield told("flare", words, None, replace(model, flare_kpc=flare))
    for cross in ("measured", "spherical", "none"):
        if cross != model.cross:
            yield told("cross term", cross, None, replace(model, cross=cross))
    degree = model.dispersion_degree + 1
    if degree < len(adopted.r_kpc):
        words = f"ln <vR^2> of degree {degree} in R"
        yield told("dispersion", words, None, replace(model, dispersion_degree=degree))
    words = "<vR^2> of bins" if model.smooth else "<vR^2> smoothed"
    yield told("dispersion", words, None, replace(model, smooth=not model.smooth))


def _scatter(
    stars: Stars, edges_kpc: Array, model: Model, adopted: Curve, twins: Twins | None, seed: int
) -> Iterator[Change]:
    if twins is None:
        return
    for shift in (-0.33, 0.33):
        other = stars.scaled(1.0, 1.0 + shift)
        made = _made(other, edges_kpc, model, twins_of(other, model, seed), seed)
        words = f"their errors times {1.0 + shift:.2f}"
        yield Change("distance scatter", words, shift, _less(made, adopted))
    plain = curve(stars, edges_kpc, model, None, seed=seed)
    yield Change("distance scatter", "errors ignored", None, plain.vc - adopted.vc)


def _parts(
    stars: Stars,
    edges_kpc: Array,
    model: Model,
    adopted: Curve,
    twins: Twins | None,
    seed: int,
    sectors: int,
) -> Iterator[Change]:
    """Yield the curves of parts of the stars: sectors in azimuth, north and south of the plane."""
    view = seen(stars, model.sun)
    at = place(view.along, stars.distance_kpc, view.place)
    used = model.chosen(at) & (at.r_kpc >= edges_kpc[0]) & (at.r_kpc < edges_kpc[-1])
    limits = np.quantile(at.phi_rad[used], np.linspace(0.0, 1.0, sectors + 1)[1:-1])
    limits = np.concatenate([[-np.inf], limits, [np.inf]])
    parts = []
    for k in range(sectors):
        inside = used & (at.phi_rad >= limits[k]) & (at.phi_rad < limits[k + 1])
        low, high = np.degrees([at.phi_rad[inside].min(), at.phi_rad[inside].max()])
        words = f"{low:.1f} to {high:.1f} deg"
        parts.append(("azimuth", words, replace(model, phi_range_rad=(limits[k], limits[k + 1]))))
    parts.append(("side", "north", replace(model, z_range_kpc=(0.0, np.inf))))
    parts.append(("side", "south", replace(model, z_range_kpc=(-np.inf, 0.0))))
    for name, words, part in parts:
        count = np.histogram(at.r_kpc[part.chosen(at)], edges_kpc)[0]
        full = _longest(count >= _FEWEST)
        dvc, error = np.full(len(count), np.nan), np.full(len(count), np.nan)
        made = None
        if full.stop - full.start >= 2:
            edges = edges_kpc[full.start : full.stop + 1]
            made = _made(stars, edges, part, twins, seed, _SPLIT_REPLICATES)
        if made is not None:
            # The part is one of the stars of the whole: what both share is not in their difference.
            apart = np.sqrt(1.0 - np.minimum(made.count / adopted.count[full], 1.0))
            dvc[full], error[full] = made.vc - adopted.vc[full], made.error * apart
        yield Change(name, words, None, dvc, error, count)


def _longest(good: npt.NDArray[np.bool_]) -> slice:
    """Return the longest run of bins that are good."""
    best, start = slice(0, 0), 0
    for k, each in enumerate([*good.tolist(), False]):
        if not each:
            if k - start > best.stop - best.start:
                best = slice(start, k)
            start = k + 1
    return best


def errors(
    found: list[Change], model: Model, adopted: Curve, assumed: Assumed, again: Callable[[Model], Curve]
) -> Errors:
    """Return the systematic errors: slopes of vc by each assumption, times how wrong that may be.

    What an assumption does is shared by all bins, with its sign; parts of the sky say how much the bins are
    wrong each by itself. Where distances change, stars change bins, and vc by chance: what is shared is a
    smooth curve through these changes. Flare, cross term and the degree of ln <vR^2> are no numbers with
    errors: what the other choice changes counts in full, the larger one of two.
    """

    def per_unit(name: str) -> Array:
        slope = _per_unit(found, name)
        few = len(slope) < _SMOOTH_FROM or not np.isfinite(slope).all()
        return slope if few else _smooth(adopted.r_kpc, slope, adopted.error)

    length, height = assumed.scale_length_kpc, assumed.scale_height_kpc
    shared = {
        "e_sys_dist": per_unit("distance scale") * assumed.distance_scale,
        "e_sys_scatter": per_unit("distance scatter") * assumed.distance_scatter,
        "e_sys_scale": _half(model, "scale_length_kpc", length, 0.1, again),
        "e_sys_height": _half(model, "scale_height_kpc", height, 0.02, again),
        "e_sys_flare": _largest(found, "flare"),
        "e_sys_cross": _largest(found, "cross term"),
        "e_sys_dispersion": _largest(found, "dispersion", "of degree"),
        "e_sys_vsun": per_unit("Sun's velocity") * assumed.vsun_km_s,
        "e_sys_r0": per_unit("R0") * assumed.r0_kpc,
    }
    bins = len(adopted.r_kpc)
    shared = {name: each if each.shape == (bins,) else np.zeros(bins) for name, each in shared.items()}
    own = {"e_sys_azimuth": _spread(found, "azimuth", bins), "e_sys_side": _spread(found, "side", bins)}
    covariance = sum((np.outer(each, each) for each in shared.values()), np.zeros((bins, bins)))
    covariance = covariance + np.diag(sum((each**2 for each in own.values()), np.zeros(bins)))
    made = {name: np.abs(each) for name, each in shared.items()} | own
    made["e_sys"] = np.sqrt(np.diag(covariance))
    return Errors(made, covariance)


def _per_unit(found: list[Change], name: str) -> Array:
    """Return the slope (b,) of vc by an assumption, from its shifts down and up, or the one that there is.

    Where there is none, () for an assumption that is not made, NaN for shifts that can not be.
    """
    shifted = [each for each in found if each.assumption == name and each.shift is not None]
    slopes = [each.dvc / each.shift for each in shifted if each.shift is not None]
    if not slopes:
        return np.zeros(0)
    known = [slope for slope in slopes if np.isfinite(slope).all()]
    made: Array = np.mean(known or slopes, axis=0)
    return made


def _smooth(r_kpc: Array, slope: Array, error: Array) -> Array:
    """Return a smooth curve through values (b,): at each bin a line through the nearest ones."""
    made = np.empty(len(r_kpc))
    for k, r in enumerate(r_kpc):
        distance = np.abs(r_kpc - r)
        near = np.argsort(distance, kind="stable")[: _SMOOTH_OVER + 1]
        reach = distance[near[-1]]
        weight = np.sqrt((1.0 - (distance[near] / reach) ** 3) ** 3) / error[near]  # polyfit squares it
        made[k] = np.polyfit(r_kpc[near] - r, slope[near], 1, w=weight)[-1]
    return made


def _half(
    model: Model, name: str, error_kpc: float, least_kpc: float, again: Callable[[Model], Curve]
) -> Array:
    """Return half the difference (b,) between a length one error longer and one shorter."""
    value = getattr(model, name)
    short = max(value - error_kpc, least_kpc)
    low, high = (again(replace(model, **{name: each})) for each in (short, value + error_kpc))
    made: Array = (high.vc - low.vc) / 2.0
    return made


def _largest(found: list[Change], name: str, words: str = "") -> Array:
    """Return the change (b,) that is the largest in the mean of squares, of those by a name; () for none."""
    those = [each.dvc for each in found if each.assumption == name and words in each.change]
    return max(those, key=lambda dvc: float(np.mean(dvc**2)), default=np.zeros(0))


def _spread(found: list[Change], name: str, bins: int) -> Array:
    """Return the root mean square (b,) of the parts' differences, beyond statistical errors."""
    parts = [each for each in found if each.assumption == name and each.error is not None]
    if not parts:
        return np.zeros(bins)
    square = np.array([each.dvc**2 - each.error**2 for each in parts if each.error is not None])
    known = np.isfinite(square)
    near = np.abs(np.subtract.outer(np.arange(bins), np.arange(bins))) <= _NEIGHBOURS // 2
    mean = near @ np.where(known, square, 0.0).sum(axis=0) / np.maximum(near @ known.sum(axis=0), 1)
    made: Array = np.sqrt(np.maximum(mean, 0.0))
    return made
