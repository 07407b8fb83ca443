"""A catalogue's calibration: what to subtract from its entries, and what their errors become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analysis.calibration.terms import Places, Zero, motion_design, position_design
from analysis.frames import along, spin
from catalogdb.epoch import astrometry, propagate

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

POSITION_PAIRS = ("ra_dec_corr",)
CROSS_PAIRS = ("ra_pmra_corr", "ra_pmdec_corr", "dec_pmra_corr", "dec_pmdec_corr")


@dataclass(frozen=True, slots=True)
class Correction:
    """Calibration of one catalogue; with no arguments but its name, that which changes nothing.

    `values` are the fitted parameters by name. `edges_mag` (b + 1,) bound the magnitude bins of
    `scales` and `floors` (b,) [mas]; `scale` and `floor` hold for stars without a magnitude, and for
    all where there are no bins. `term_error` [mas] is what the parameters' own errors add to each
    coordinate. `published` subtracts the spin that was published for the catalogue.
    """

    catalogue_name: str
    values: Mapping[str, float] = field(default_factory=dict)
    zero: Zero = Zero(2000.0)
    scale: float = 1.0
    floor: float = 0.0
    edges_mag: Array = field(default_factory=lambda: np.empty(0))
    scales: Array = field(default_factory=lambda: np.empty(0))
    floors: Array = field(default_factory=lambda: np.empty(0))
    motion_scale: float = 1.0
    term_error: float = 0.0
    published: bool = False

    @property
    def changes(self) -> bool:
        """Whether any entry is another one when it is applied."""
        terms = (*self.values.values(), self.floor, self.term_error, *self.floors)
        scales = (self.scale, self.motion_scale, *self.scales)
        return self.published or any(terms) or any(scale != 1.0 for scale in scales)

    def shifts(self, at: Places) -> tuple[Array, Array]:
        """Return (ra*, dec) [mas] and (pmra, pmdec) [mas/yr] to subtract, each of shape (m, 2)."""
        names, values = list(self.values), np.array(list(self.values.values()))
        position = position_design(at, self.zero, names) @ values
        motion = motion_design(at, names) @ values
        if self.published:
            motion = motion + np.einsum(
                "mij,mj->mi", along(at.ra, at.dec), spin(self.catalogue_name, at.magnitude)
            )
        return position, motion

    def errors(self, magnitude: Array) -> tuple[Array, Array]:
        """Return each entry's error scale and floor [mas] by its star's magnitude, shape (m,)."""
        if not len(self.scales):
            return np.full(len(magnitude), self.scale), np.full(len(magnitude), self.floor)
        bin_of = np.clip(
            np.searchsorted(self.edges_mag, magnitude, side="right") - 1, 0, len(self.scales) - 1
        )
        known = np.isfinite(magnitude)
        return (
            np.where(known, self.scales[bin_of], self.scale),
            np.where(known, self.floors[bin_of], self.floor),
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The corrections of a run, by catalogue name, and the run's id."""

    run_id: str
    corrections: Mapping[str, Correction]

    def apply(
        self,
        numbers: Mapping[str, Array],
        catalogues: npt.NDArray[np.object_],
        magnitude: Array,
        colour: Array,
    ) -> dict[str, Array]:
        """Return the columns of m entries as `numbers` names them, calibrated; others are as they were.

        `catalogues` (m,) names each entry's catalogue, `magnitude` and `colour` (m,) are its star's.
        An entry of a catalogue that the run did not calibrate stays as it is.
        """
        result = {name: np.array(values, np.float64) for name, values in numbers.items()}
        for name, correction in self.corrections.items():
            rows = np.flatnonzero(catalogues == name)
            if len(rows):
                part = {column: values[rows] for column, values in result.items()}
                for column, values in calibrated(correction, part, magnitude[rows], colour[rows]).items():
                    result[column][rows] = values
        return result


def calibrated(
    correction: Correction, numbers: Mapping[str, Array], magnitude: Array, colour: Array
) -> dict[str, Array]:
    """Return the changed columns of one catalogue's entries: positions, motions, errors, correlations."""
    epoch = numbers["epoch"]
    epochs = [numbers.get(f"{axis}_epoch", epoch) for axis in ("ra", "dec")]
    both = np.stack([np.where(np.isnan(own), epoch, own) for own in epochs], axis=1)
    at = Places(numbers["ra"], numbers["dec"], both, magnitude, colour)
    position, motion = correction.shifts(at)
    changed = dict(zip(("ra", "dec"), moved(at.ra, at.dec, -position), strict=True))
    for j, name in enumerate(("pmra", "pmdec")):
        if name in numbers:
            changed[name] = numbers[name] - motion[:, j]
    return changed | _new_errors(correction, numbers, magnitude)


def _new_errors(correction: Correction, numbers: Mapping[str, Array], magnitude: Array) -> dict[str, Array]:
    scale, floor = correction.errors(magnitude)
    changed, kept = {}, {}
    for name in ("ra", "dec"):
        listed = numbers[f"{name}_error"]
        changed[f"{name}_error"] = np.sqrt((scale * listed) ** 2 + floor**2 + correction.term_error**2)
        # What is added is the same for no two coordinates: it dilutes the correlation.
        with np.errstate(divide="ignore", invalid="ignore"):
            kept[name] = scale * listed / changed[f"{name}_error"]
        # An error that is not positive is no error, and must stay so.
        changed[f"{name}_error"] = np.where(listed > 0.0, changed[f"{name}_error"], listed)
    for name in ("pmra_error", "pmdec_error"):
        if name in numbers:
            changed[name] = numbers[name] * correction.motion_scale
    for name in (*POSITION_PAIRS, *CROSS_PAIRS):
        if name in numbers:
            first, second, _ = name.split("_")
            changed[name] = numbers[name] * kept.get(first, 1.0) * kept.get(second, 1.0)
    return changed


def moved(ra_deg: Array, dec_deg: Array, shift_mas: Array) -> tuple[Array, Array]:
    """Return positions moved by (ra*, dec) [mas] of shape (m, 2) along the sky, over a pole too.

    Where nothing is to be moved the position keeps its own digits.
    """
    place = astrometry(ra_deg, dec_deg, 0.0, pmra_mas_yr=shift_mas[:, 0], pmdec_mas_yr=shift_mas[:, 1])
    there = propagate(place, 1.0)
    still = ~shift_mas.any(axis=1)
    return np.where(still, ra_deg, there.ra), np.where(still, dec_deg, there.dec)
