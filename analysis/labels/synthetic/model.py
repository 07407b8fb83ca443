"""Spectra of the small physical model with exact derivatives: flux over continuum, as a spectrograph sees it.

Line by line, in LTE and for one layer: opacities of overlapping lines add up, eta = sum of eta_l H(a_l, v),
and F / F_c = 1 - A eta / (1 + eta), the Milne-Eddington atmosphere, A = 1 - B(T_surface) / B(T_eff). H is
exp(-v2) + a / (sqrt(pi) (v2 + 3/2)), which has the core and the wings of Voigt's function for a << 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from analysis.labels.synthetic.atmosphere import DEFAULTS, Strength, strength
from analysis.labels.synthetic.grid import Grid, grid
from analysis.labels.synthetic.lines import ELEMENTS, Lines
from catalogdb.errors import AnalysisError, did_you_mean

Array = npt.NDArray[np.float64]

ROOT_PI = np.sqrt(np.pi)
LABELS = ("teff", "logg", "vmic", "fe_h", "mg_fe", "si_fe", "ca_fe", "ti_fe")
"""Eight labels to try things with."""


@dataclass(frozen=True, slots=True)
class Synthetic:
    """The physical model as a `SpectralModel`: k labels in natural units to p pixels; labelled as simulated.

    What is not among `labels` is as in the Sun (`atmosphere.DEFAULTS`). `scatter` (p,) is 0: by definition
    the model is right.
    """

    labels: tuple[str, ...]
    wavelength_angstrom: Array
    resolution: float
    scatter: Array
    grid: Grid
    hull: Any = None
    kind: str = field(default="synthetic", init=False)

    @classmethod
    def of(
        cls,
        labels: Sequence[str],
        wavelength_angstrom: npt.ArrayLike,
        resolution: float,
        chosen: Lines | None = None,
    ) -> Synthetic:
        """Return the model of some labels on a grid; `chosen` are its lines, by default all.

        Raises AnalysisError for a label that the model has not, or one that is there twice.
        """
        for name in labels:
            if name not in DEFAULTS:
                raise AnalysisError(f"the synthetic model has no label {name}{did_you_mean(name, DEFAULTS)}")
        if len(set(labels)) != len(labels):
            raise AnalysisError(f"a label is there twice: {', '.join(labels)}")
        at = np.asarray(wavelength_angstrom, np.float64)
        made = grid(at, resolution, chosen)
        return cls(tuple(labels), at, float(resolution), np.zeros(len(at)), made)

    def flux(self, theta: npt.ArrayLike) -> Array:
        """Return flux over continuum (n, p) of labels (n, k)."""
        return self._spectra(theta, slopes=False)[0]

    def flux_and_gradient(self, theta: npt.ArrayLike) -> tuple[Array, Array]:
        """Return flux over continuum (n, p) and its derivatives (n, p, k) by the labels."""
        return self._spectra(theta, slopes=True)

    def _spectra(self, theta: npt.ArrayLike, *, slopes: bool) -> tuple[Array, Array]:
        at = np.atleast_2d(np.asarray(theta, np.float64))
        if at.shape[1] != len(self.labels) or not np.isfinite(at).all():
            raise AnalysisError(
                f"a synthetic spectrum needs a finite number for each of {', '.join(self.labels)}"
            )
        n, p, k = len(at), len(self.wavelength_angstrom), at.shape[1]
        flux, gradient = np.ones((n, p)), np.zeros((n, p, k) if slopes else (0, p, k))
        if not len(self.grid.lines):
            return flux, gradient
        for begin in range(0, n, _AT_ONCE):
            some = slice(begin, begin + _AT_ONCE)
            made = strength(at[some], self.labels, self.grid.lines, slopes=slopes)
            for i in range(len(at[some])):
                fine, slope = _star(self.grid, made, i, slopes=slopes)
                flux[begin + i] = self.grid.seen @ fine
                if slopes:
                    gradient[begin + i] = self.grid.seen @ slope
        return flux, gradient


_AT_ONCE = 64


def _star(g: Grid, made: Strength, i: int, *, slopes: bool) -> tuple[Array, Array]:
    """Return flux (q,) on the fine grid of star i, and its derivatives (q, k)."""
    eta_l, doppler, a = (np.exp(x[i]) for x in (made.ln_eta, made.ln_doppler, made.ln_damping))
    v2 = (g.offset_km_s / doppler[g.line]) ** 2
    core = np.exp(-v2)
    near = 1.0 / (v2 + 1.5)
    wing = (a / ROOT_PI)[g.line] * near
    scale = eta_l[g.line]
    shape = (len(g.fine_angstrom), len(g.lines))

    def summed(pairs: Array, by_line: Array) -> Array:
        matrix = sparse.csr_matrix((pairs, g.line, g.start), shape=shape)
        return np.asarray(matrix @ by_line)

    opacity = scale * (core + wing)
    eta = summed(opacity, np.ones(shape[1]))
    # Contrast changes slowly with wavelength: that of the lines, interpolated.
    contrast, *_ = _between(g, made.contrast[i][:, None]).T
    depth = eta / (1.0 + eta)
    flux = 1.0 - contrast * depth
    if not slopes:
        return flux, np.empty((len(flux), 0))
    width = scale * 2.0 * v2 * (core + wing * near)
    d_eta = summed(opacity, made.d_ln_eta[i])
    d_eta += summed(width, made.d_ln_doppler[i])
    d_eta += summed(scale * wing, made.d_ln_damping[i])
    d_contrast = _between(g, made.d_contrast[i])
    return flux, -(contrast / (1.0 + eta) ** 2)[:, None] * d_eta - d_contrast * depth[:, None]


def _between(g: Grid, of_lines: Array) -> Array:
    """Return values (m, k) of the lines at the fine grid (q, k), linear in wavelength between them."""
    at = g.lines.wavelength_angstrom
    return np.stack([np.interp(g.fine_angstrom, at, column) for column in of_lines.T], axis=1)


def spectra(
    theta: npt.ArrayLike,
    wavelength_angstrom: npt.ArrayLike,
    resolution: float,
    labels: Sequence[str] = LABELS,
) -> Array:
    """Return flux over continuum (n, p) of n stars with labels (n, k); see `Synthetic`.

    Raises AnalysisError as `Synthetic.of` does.
    """
    return Synthetic.of(labels, wavelength_angstrom, resolution).flux(theta)


def own_lines(
    model: Synthetic, element: str, theta: npt.ArrayLike, least: float = 0.5
) -> npt.NDArray[np.bool_]:
    """Return the pixels (p,) where an element's lines make at least `least` of the slope by all elements.

    That is of |d flux / d [X/H]|, at the labels theta (k,) and where the slope is above a thousandth of the
    largest. Raises AnalysisError for an element without lines.
    """
    if element not in ELEMENTS:
        raise AnalysisError(f"the synthetic model has no lines of {element}{did_you_mean(element, ELEMENTS)}")
    return own_of(slopes_by_element(model, theta), element, least)


def own_of(every: Array, element: str, least: float = 0.5) -> npt.NDArray[np.bool_]:
    """Return the same of slopes by element (10, p) that are known already."""
    total = np.abs(every).sum(axis=0)
    own = np.abs(every[ELEMENTS.index(element)])
    return np.asarray((own >= least * total) & (own > 1e-3 * max(float(total.max()), 1e-300)))


def slopes_by_element(model: Synthetic, theta: npt.ArrayLike) -> Array:
    """Return d flux / d [X/H] (10, p) through an element's own lines alone, in the order of ELEMENTS.

    What an element does to the electrons, and by them to the lines of others, is left out.
    """
    near = model.grid.lines
    if not len(near):
        return np.zeros((len(ELEMENTS), len(model.wavelength_angstrom)))
    made = strength(np.asarray(theta, np.float64)[None], model.labels, near)
    own = (near.element[:, None] == np.array(ELEMENTS)).astype(np.float64)[None]
    nothing = np.zeros_like(own)
    alone = replace(
        made, d_ln_eta=own * np.log(10.0), d_ln_doppler=nothing, d_ln_damping=nothing, d_contrast=nothing
    )
    return np.asarray((model.grid.seen @ _star(model.grid, alone, 0, slopes=True)[1]).T)
