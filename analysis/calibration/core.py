"""The calibration of every catalogue against the motion of its stars in all the others.

Pure: arrays in, arrays out. One catalogue, the reference, defines the system and is not changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.calibration.choice import FEWEST, Own, choose
from analysis.calibration.correction import Correction
from analysis.calibration.ensemble import Ensemble, Stars
from analysis.calibration.robust import Location, Spread, locate, spread
from analysis.calibration.terms import TERMS, Places, Zero, motion_design, position_design

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

BIN_STARS, MOST_BINS = 1000, 5
"""Stars in a magnitude bin of the errors at least, and the number of bins at most."""

ALIKE = 0.15
"""Spread of ln(error) below which a floor can not be told from a scale."""

VAGUE = 0.3
"""Relative standard error beyond which a scale is not applied."""

FAINT = 4.0
"""Ratio of the predictions' variance to the listed one beyond which the residuals tell of the predictions:
were those only a little worse than they say, the catalogue would be blamed for it."""

NO_SPREAD = Spread(1.0, np.nan, np.nan, np.nan)

MOST_PASSES = 8


class ErrorBin(NamedTuple):
    """Errors of the stars of one range of magnitude."""

    low: float
    high: float
    errors: Spread
    n_stars: int


@dataclass(frozen=True, slots=True)
class CatalogueFit:
    """What was found for a catalogue: the correction, standard errors, and why a term is missing.

    `sig` has an entry for each of the correction's values, `left_out` the reason by term.
    """

    correction: Correction
    n_stars: int = 0
    n_motions: int = 0
    sig: Mapping[str, float] = field(default_factory=dict)
    errors: Spread = NO_SPREAD
    bins: Sequence[ErrorBin] = ()
    motion: Spread = NO_SPREAD
    left_out: Mapping[str, str] = field(default_factory=dict)


class Asked(NamedTuple):
    """The degree of the polynomials of the magnitude, and the terms to be fitted."""

    degree: int = 2
    terms: tuple[str, ...] = TERMS


def core(
    stars: Stars,
    names: Sequence[str],
    reference: int,
    *,
    published: bool = False,
    scale: float = 1.0,
    degree: int = 2,
    terms: Sequence[str] = TERMS,
) -> list[CatalogueFit]:
    """Return the calibration of each catalogue of `names`, whose numbers `stars.catalogue` holds.

    Catalogues are fitted in turn, the most precise first, each against the others as they are
    calibrated by then, until nothing changes any more. `published` takes the reference's published
    spin out of its motions first, `scale` multiplies its errors; `terms` are those to be fitted and
    `degree` is that of the polynomials of the magnitude.
    """
    ensemble, asked = Ensemble.of(stars, reference), Asked(degree, tuple(terms))
    fits = [CatalogueFit(Correction(name)) for name in names]
    given = Correction(names[reference], scale=scale, motion_scale=scale, published=published)
    fits[reference] = CatalogueFit(given)
    own = np.flatnonzero(ensemble.stars.catalogue == reference)
    take(ensemble, own, fits[reference].correction)
    sharing = _sharing(ensemble, reference)
    order = _by_precision(ensemble, [i for i in range(len(names)) if i != reference])
    for _ in range(MOST_PASSES):
        change = 0.0
        for i in order:
            new = fit_catalogue(ensemble, i, names[i], asked, shares=i in sharing)
            take(ensemble, np.flatnonzero(ensemble.stars.catalogue == i), new.correction)
            change = max(change, _change(fits[i], new))
            fits[i] = new
        if change < 0.1:
            break
    fits[reference] = replace(fits[reference], n_stars=ensemble.stars.entries.n_stars)
    return fits


def fit_catalogue(ensemble: Ensemble, number: int, name: str, asked: Asked, *, shares: bool) -> CatalogueFit:
    """Return the calibration of one catalogue against the others as they are in the ensemble."""
    own = _own(ensemble, number)
    n, n_motions = len(np.unique(own.star)), int(own.moving.sum())
    if n < FEWEST:
        reason = f"{n} stars have a long-term motion from other catalogues, {FEWEST} are needed"
        return CatalogueFit(Correction(name), n, n_motions, left_out=dict.fromkeys(("offset",), reason))
    zero = _zero(own)
    names, left_out = choose(own, zero, asked.degree, asked.terms)
    design = position_design(own.at, zero, names)
    moving = own.moving if "spin_x" in names else np.zeros_like(own.moving)
    motions = motion_design(own.at, names)[moving]
    fit = CatalogueFit(Correction(name, zero=zero), n, n_motions)
    found = Location(np.zeros(len(names)), np.zeros((len(names), len(names))))
    for last in (False, True):
        position, motion = _covariance(own, fit.correction)
        found = locate(
            np.concatenate([own.residual[:, :2], own.residual[moving, 2:]]),
            np.concatenate([position, motion[moving]]),
            np.concatenate([design, motions]),
            np.concatenate([own.star, own.star[moving]]),
            found.value,
        )
        values = {key: float(value) for key, value in zip(names, found.value, strict=True)}
        fit = replace(fit, correction=replace(fit.correction, values=values))
        fit = _with_errors(fit, own, design @ found.value, shares, left_out, binned=last)
    # What the terms' own errors add to a coordinate, on average over the catalogue's stars.
    added = np.sum((design @ found.covariance) * design, axis=2)
    sig = dict(zip(names, np.sqrt(np.diag(found.covariance)).tolist(), strict=True))
    correction = replace(fit.correction, term_error=float(np.sqrt(added.mean())))
    return replace(fit, correction=correction, sig=sig, left_out=left_out)


def _own(ensemble: Ensemble, number: int) -> Own:
    rows, residual, predicted = ensemble.predict(number)
    entries = ensemble.stars.entries
    star = entries.star[rows]
    return Own(
        star,
        places(ensemble.stars, rows),
        residual,
        ensemble.covariance[rows],
        predicted,
        entries.has_motion[rows],
    )


def places(stars: Stars, rows: Index) -> Places:
    """Return what the terms depend on, of some entries."""
    entries = stars.entries
    star = entries.star[rows]
    epoch = np.stack([entries.ra_epoch[rows], entries.dec_epoch[rows]], axis=1)
    return Places(entries.ra[rows], entries.dec[rows], epoch, stars.magnitude[star], stars.colour[star])


def _zero(own: Own) -> Zero:
    def centre(values: Array) -> tuple[float, float, float]:
        known = values[np.isfinite(values)]
        return tuple(np.percentile(known, (50.0, 1.0, 99.0))) if len(known) else (np.nan,) * 3

    return Zero(float(own.at.epoch.mean()), *centre(own.at.magnitude), *centre(own.at.colour))


def _covariance(own: Own, correction: Correction) -> tuple[Array, Array]:
    """Return the covariance of the residuals in position and in motion (k, 2, 2)."""
    scale, floor = correction.errors(own.at.magnitude)
    position = (scale**2)[:, None, None] * own.listed[:, :2, :2] + own.predicted[:, :2, :2]
    position += (floor**2)[:, None, None] * np.eye(2)
    return position, correction.motion_scale**2 * own.listed[:, 2:, 2:] + own.predicted[:, 2:, 2:]


def _with_errors(
    fit: CatalogueFit, own: Own, systematic: Array, shares: bool, left_out: dict[str, str], *, binned: bool
) -> CatalogueFit:
    """Return the fit with the errors of its positions and motions found anew, by magnitude if `binned`."""
    if shares:
        reason = "shares observations with the reference: their difference tells less than the error"
        left_out |= {"error_scale": reason, "error_floor": reason}
        return fit
    left = own.residual[:, :2] - systematic
    everyone = np.ones(len(left), np.bool_)
    for name in ("error_scale", "error_floor"):
        left_out.pop(name, None)
    overall, reasons = _errors_of(own, left, everyone)
    left_out |= reasons
    bins = _bins(own, left) if binned and overall.found else []
    bins = [bin_ if bin_.errors.found else bin_._replace(errors=overall) for bin_ in bins]
    edges = np.array([bins[0].low, *(bin_.high for bin_ in bins)]) if bins else np.empty(0)
    correction = replace(
        fit.correction,
        scale=overall.scale,
        floor=float(np.nan_to_num(overall.floor)),
        edges_mag=edges,
        scales=np.array([bin_.errors.scale for bin_ in bins]),
        floors=np.nan_to_num(np.array([bin_.errors.floor for bin_ in bins])),
    )
    motion = _motion_errors(own, correction, left_out)
    correction = replace(correction, motion_scale=motion.scale)
    return replace(fit, correction=correction, errors=overall, bins=bins, motion=motion)


def _errors_of(own: Own, left: Array, rows: Flags) -> tuple[Spread, dict[str, str]]:
    """Return scale and floor of some entries, and why one is missing; see `NO_SPREAD`."""
    listed, predicted = own.listed[rows][:, :2, :2], own.predicted[rows][:, :2, :2]
    sizes, unsure = (np.einsum("nii->n", each) for each in (listed, predicted))
    if np.median(unsure) > FAINT * np.median(sizes):
        return NO_SPREAD, dict.fromkeys(("error_scale", "error_floor"), _WORSE)
    alike = bool(0.5 * np.log(sizes).std() < ALIKE)
    found = spread(left[rows], listed, predicted, floor=not alike)
    reasons = {"error_floor": _ALIKE} if alike else {}
    if _vague(found) and not alike:
        # Both together say too little of each: the one that explains the residuals better remains.
        scaled = spread(left[rows], listed, predicted, floor=False)
        floored = spread(left[rows], listed, predicted, scale=False)
        if floored.likelihood > scaled.likelihood:
            return floored, {
                "error_scale": "not to be told from the floor, which explains the residuals better"
            }
        found, reasons = (
            scaled,
            {"error_floor": "not to be told from the scale, which explains the residuals better"},
        )
    if _vague(found):
        return NO_SPREAD, dict.fromkeys(("error_scale", "error_floor"), _WORSE)
    return found, reasons


_WORSE = "the other catalogues predict these stars worse than the catalogue measures them"
_ALIKE = "the errors are all alike: a floor is not to be told from a scale"


def _vague(found: Spread) -> bool:
    return not found.scale_sig <= VAGUE * found.scale


def _bins(own: Own, left: Array) -> list[ErrorBin]:
    known = np.isfinite(own.at.magnitude)
    count = min(MOST_BINS, int(known.sum()) // BIN_STARS)
    if count < 2:
        return []
    edges = np.unique(np.round(np.percentile(own.at.magnitude[known], np.linspace(0.0, 100.0, count + 1)), 2))
    edges[-1] += 0.01  # the faintest star belongs to the last bin
    result = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        rows = known & (own.at.magnitude >= low) & (own.at.magnitude < high)
        if rows.sum() < BIN_STARS // 2:
            return []
        result.append(ErrorBin(float(low), float(high), _errors_of(own, left, rows)[0], int(rows.sum())))
    return result


def _motion_errors(own: Own, correction: Correction, left_out: dict[str, str]) -> Spread:
    rows = own.moving
    left_out.pop("motion_error_scale", None)
    if not rows.any():
        return NO_SPREAD
    _, shift = correction.shifts(own.at)
    found = NO_SPREAD
    if rows.sum() >= FEWEST:
        left = (own.residual[:, 2:] - shift)[rows]
        found = spread(left, own.listed[rows][:, 2:, 2:], own.predicted[rows][:, 2:, 2:], floor=False)
    if _vague(found):
        left_out["motion_error_scale"] = (
            "the other catalogues predict these motions worse, or for too few stars"
        )
        return NO_SPREAD
    return found


def take(ensemble: Ensemble, rows: Index, correction: Correction) -> None:
    """Apply a correction to a catalogue's entries in the ensemble."""
    at = places(ensemble.stars, rows)
    position, motion = correction.shifts(at)
    motion[~ensemble.stars.entries.has_motion[rows]] = 0.0
    scale, floor = correction.errors(at.magnitude)
    stretch = np.stack([scale, scale, *[np.full(len(rows), correction.motion_scale)] * 2], axis=1)
    covariance = ensemble.covariance[rows] * stretch[:, :, None] * stretch[:, None, :]
    covariance[:, :2, :2] += (floor**2 + correction.term_error**2)[:, None, None] * np.eye(2)
    ensemble.calibrate(rows, np.concatenate([position, motion], axis=1), covariance)


def _sharing(ensemble: Ensemble, reference: int) -> set[int]:
    """Return the catalogues that share observations with the reference."""
    rows = ensemble.stars.entries
    ours = ensemble.stars.catalogue == reference
    group = np.full(rows.n_stars, -1)
    group[rows.star[ours]] = rows.group[ours]
    shared = (rows.group >= 0) & (rows.group == group[rows.star]) & ~ours
    return set(np.unique(ensemble.stars.catalogue[shared]).tolist())


def _by_precision(ensemble: Ensemble, numbers: Sequence[int]) -> list[int]:
    size = np.hypot(ensemble.stars.entries.ra_error, ensemble.stars.entries.dec_error)
    catalogue = ensemble.stars.catalogue
    median = {i: np.median(size[catalogue == i]) if (catalogue == i).any() else np.inf for i in numbers}
    return sorted(numbers, key=lambda i: float(median[i]))


def _change(old: CatalogueFit, new: CatalogueFit) -> float:
    """Return the largest change of a term or a scale in its standard error."""
    if set(old.sig) != set(new.sig):
        return np.inf
    steps = [
        abs(new.correction.values[key] - old.correction.values[key]) / sig for key, sig in new.sig.items()
    ]
    if np.isfinite(new.errors.scale_sig):
        steps.append(abs(new.errors.scale - old.errors.scale) / new.errors.scale_sig)
    return max(steps, default=0.0)
