"""The lines of the small physical model: a few that are real, and many that are invented.

What stands here as real was looked up. The invented lines have wavelengths, excitation potentials and
strengths of a fixed seed: they are there in numbers as those of the spectrum of the Sun are, and nowhere
where they are in it. Nothing that is computed with them is a prediction for a star.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ELEMENTS = ("na", "mg", "al", "si", "ca", "ti", "cr", "mn", "fe", "ni")
"""Elements with lines, beside hydrogen."""

SOLAR = {
    "h": 12.00,
    "na": 6.24,
    "mg": 7.60,
    "al": 6.45,
    "si": 7.51,
    "ca": 6.34,
    "ti": 4.95,
    "cr": 5.64,
    "mn": 5.43,
    "fe": 7.50,
    "ni": 6.22,
}
"""log10 of the number of atoms in the Sun, hydrogen 12 (Asplund et al. 2009, ARA&A 47, 481)."""

IONISATION_EV = {
    "h": 13.5984,
    "na": 5.1391,
    "mg": 7.6462,
    "al": 5.9858,
    "si": 8.1517,
    "ca": 6.1132,
    "ti": 6.8281,
    "cr": 6.7665,
    "mn": 7.4340,
    "fe": 7.9024,
    "ni": 7.6398,
}
"""First ionisation energies (NIST, Periodic Table: Atomic Properties of the Elements)."""

MASS = {
    "h": 1.00794,
    "na": 22.98977,
    "mg": 24.3051,
    "al": 26.98154,
    "si": 28.0855,
    "ca": 40.078,
    "ti": 47.867,
    "cr": 51.9961,
    "mn": 54.93805,
    "fe": 55.845,
    "ni": 58.6934,
}
"""Atomic masses [u] of the same table."""

REAL = (
    # Wavelength in air [Angstrom], element, ion stage, excitation potential [eV], log gf. Hydrogen: Menzel &
    # Pekeris 1935, MNRAS 96, 77 (f of the whole multiplet, times its weight 8); Ca II: NIST; the others as
    # they stand in VALD.
    (6562.80, "h", 0, 10.199, 0.710),
    (4861.33, "h", 0, 10.199, -0.020),
    (5889.951, "na", 0, 0.000, 0.108),
    (5895.924, "na", 0, 0.000, -0.194),
    (5172.684, "mg", 0, 2.712, -0.402),
    (5183.604, "mg", 0, 2.717, -0.239),
    (4226.728, "ca", 0, 0.000, 0.244),
    (8498.018, "ca", 1, 1.692, -1.318),
    (8542.086, "ca", 1, 1.700, -0.360),
)
"""Strong lines that are there."""

NUMBERS = {
    "na": 50,
    "mg": 80,
    "al": 50,
    "si": 180,
    "ca": 170,
    "ti": 280,
    "cr": 230,
    "mn": 150,
    "fe": 1000,
    "ni": 280,
}
"""How many lines are invented of each element, from RANGE_ANGSTROM[0] to RANGE_ANGSTROM[1]."""

RANGE_ANGSTROM = (3600.0, 17_500.0)
"""Where there are lines: beyond it the model is a continuum."""

SEED = 2017
"""Of the invented lines."""

IONIC = 0.15
"""Share of the invented lines of an element that are of its first ion (none of sodium's and aluminium's)."""


@dataclass(frozen=True, slots=True)
class Lines:
    """m lines, ordered by wavelength: (m,) arrays.

    `ion` is 0 for neutral atoms and 1 for first ions. Of invented lines `log_eta_sun` is the decadic
    logarithm of their central opacity in the Sun, in units of the continuous one, and log gf follows from
    it; of real ones it is NaN and `log_gf` is given.
    """

    wavelength_angstrom: Array
    element: npt.NDArray[np.str_]
    ion: npt.NDArray[np.int64]
    excitation_ev: Array
    log_gf: Array
    log_eta_sun: Array

    def __len__(self) -> int:
        return len(self.wavelength_angstrom)

    def within(self, low_angstrom: float, high_angstrom: float) -> Lines:
        """Return those between two wavelengths."""
        inside = (self.wavelength_angstrom >= low_angstrom) & (self.wavelength_angstrom <= high_angstrom)
        return self[inside]

    def __getitem__(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Lines:
        return Lines(
            *(
                getattr(self, name)[index]
                for name in (
                    "wavelength_angstrom",
                    "element",
                    "ion",
                    "excitation_ev",
                    "log_gf",
                    "log_eta_sun",
                )
            )
        )


@functools.cache
def lines(seed: int = SEED) -> Lines:
    """Return every line of the model: REAL ones and those that the seed invents."""
    rng = np.random.default_rng(seed)
    rows = [(*real, np.nan) for real in REAL]
    for element, n in NUMBERS.items():
        # Half of them in the visible, where metals crowd, half wherever there are lines.
        low, high = (np.log(x) for x in RANGE_ANGSTROM)
        visible = rng.random(n) < 0.5
        at = np.exp(np.where(visible, rng.uniform(low, np.log(7000.0), n), rng.uniform(low, high, n)))
        ion = ((rng.random(n) < IONIC) & (element not in ("na", "al"))).astype(np.int64)
        excitation = np.where(ion == 1, rng.uniform(1.0, 4.0, n), rng.uniform(0.0, 5.0, n))
        strength = rng.uniform(-1.5, 1.7, n)
        rows += [(at[k], element, ion[k], excitation[k], np.nan, strength[k]) for k in range(n)]
    rows.sort(key=lambda row: row[0])
    at_all, element_all, ion_all, *numbers = zip(*rows, strict=True)
    return Lines(
        np.array(at_all, np.float64),
        np.array(element_all),
        np.array(ion_all, np.int64),
        *(np.array(each, np.float64) for each in numbers),
    )
