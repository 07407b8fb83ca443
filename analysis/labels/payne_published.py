"""Networks that others have trained and published, in the three layouts of The_Payne's npz files.

- `w_array_0` (p, h, k), `w_array_1` (p, h), `b_array_0`, `b_array_1`: a small network of its own for each
  pixel, one hidden layer of sigmoids (El-Badry et al. 2018, MNRAS 473, 5043; binspec's spectral_model.py).
- the same with `w_array_2`, `b_array_2` (p,): a second sigmoid in each pixel (The_Payne of 2018).
- `w_array_0` (h, k), `w_array_1` (h, h), `w_array_2` (p, h): one network of all pixels, leaky ReLU (2019).

Labels are scaled to -0.5 to 0.5 between `x_min` and `x_max`. Such a file has neither wavelengths nor the
names of the labels, nor the error of its fluxes: what is not given is told by `read`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.activations import sigmoid
from analysis.labels.boxes import Box
from analysis.labels.hull import Hull
from analysis.labels.model import Saved
from analysis.labels.payne import STARTS, Layers, Network
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

LABELS = {
    5: ("teff", "logg", "fe_h", "alpha_fe", "vmacro"),
    25: (
        *("teff", "logg", "vturb", "c_h", "n_h", "o_h", "na_h", "mg_h", "al_h", "si_h", "p_h", "s_h", "k_h"),
        *("ca_h", "ti_h", "v_h", "cr_h", "mn_h", "fe_h", "co_h", "ni_h", "cu_h", "ge_h", "c12_c13", "vmacro"),
    ),
}
"""Labels of the published networks by their number, as binspec and The_Payne's fitting.py list them."""

_NEEDED = ("w_array_0", "w_array_1", "b_array_0", "b_array_1", "x_min", "x_max")


@dataclass(frozen=True, eq=False)
class PixelNetworks:
    """A network of its own for each pixel: b1 + sum of w1 s(w0 x + b0), and if `outer` w2 s(that) + b2.

    `inner` (p, h, k) and `inner_bias` (p, h), `middle` (p, h) and `middle_bias` (p,), `outer` (2, p) or None;
    `continuum` is that of `Network`.
    """

    labels: tuple[str, ...]
    wavelength_angstrom: Array
    inner: Array
    inner_bias: Array
    middle: Array
    middle_bias: Array
    outer: Array | None
    low: Array
    high: Array
    scatter: Array
    hull: Hull
    kind: str = "payne_pixels"
    continuum: Array | None = None

    def flux(self, theta: npt.ArrayLike) -> Array:
        """Return the normalised flux (n, p) of stars with such labels (n, k)."""
        return self._made(theta)[0]

    def flux_and_gradient(self, theta: npt.ArrayLike) -> tuple[Array, Array]:
        """Return the flux (n, p) and its derivatives (n, p, k) by the labels."""
        flux, slopes = self._made(theta)
        # Pixels first: (p, n, h) @ (p, h, k), then stars first.
        gradient = np.matmul(slopes, self.inner).transpose(1, 0, 2)
        return flux, gradient / (self.high - self.low)

    def _made(self, theta: npt.ArrayLike) -> tuple[Array, Array]:
        """Return the flux (n, p), and its slopes (p, n, h) by the input of each inner neuron."""
        x = (np.atleast_2d(np.asarray(theta, np.float64)) - self.low) / (self.high - self.low) - 0.5
        inside = np.matmul(x, self.inner.transpose(0, 2, 1)) + self.inner_bias[:, None, :]
        value, slope, _ = sigmoid(inside)
        slopes = slope * self.middle[:, None, :]
        flux = np.matmul(value, self.middle[:, :, None])[:, :, 0] + self.middle_bias[:, None]
        if self.outer is not None:
            value, slope, _ = sigmoid(flux)
            weight, bias = self.outer[:, :, None]
            flux, slopes = weight * value + bias, (weight * slope)[:, :, None] * slopes
        return flux.T, slopes

    def starts(self) -> Array:
        """Return labels (s, k) of which the fit begins with the best."""
        return self.hull.spread_out(STARTS)

    def quick(self, weights: Array, *, velocity: bool = False) -> Any:
        """Return the fast way of the fit, for spectra with such mean weights (p,)."""
        from analysis.labels.pixel_quick import PixelQuick

        return PixelQuick.of(self, velocity=velocity)

    def saved(self) -> Saved:
        """Return the arrays and words of which `rebuilt` makes the model again."""
        names = ("inner", "inner_bias", "middle", "middle_bias", "low", "high", "scatter")
        arrays = {name: getattr(self, name) for name in (*names, "wavelength_angstrom")}
        for name in ("outer", "continuum"):
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name)
        return Saved(arrays, {"labels": list(self.labels)})

    @classmethod
    def rebuilt(cls, saved: Saved) -> PixelNetworks:
        """Return the model that was saved."""
        of = saved.arrays
        return cls(
            tuple(saved.words["labels"]),
            of["wavelength_angstrom"],
            of["inner"],
            of["inner_bias"],
            of["middle"],
            of["middle_bias"],
            of.get("outer"),
            of["low"],
            of["high"],
            of["scatter"],
            Box.between(of["low"], of["high"]),
            continuum=of.get("continuum"),
        )


def read(
    file: Path,
    wavelength_angstrom: Array,
    labels: tuple[str, ...] | None = None,
    scatter: Array | float = 0.0,
    mask: npt.NDArray[np.bool_] | None = None,
) -> Network | PixelNetworks:
    """Return the network of a published file, whatever its layout; `mask` (p,) is true where it is no good.

    `scatter` (p,) or one number is its error in normalised flux, which the file does not have; pixels of the
    mask get an infinite one. `labels` may be left out for 5 or 25 of them.

    Raises AnalysisError for a file that is none, or that does not agree with the wavelengths and labels.
    """
    arrays = _arrays(file)
    low, high = arrays["x_min"], arrays["x_max"]
    names = labels or LABELS.get(len(low))
    if names is None or len(names) != len(low):
        raise AnalysisError(
            f"{file}: the network has {len(low)} labels, {len(names or ())} names are known: give them"
        )
    p = len(arrays["b_array_2" if "b_array_2" in arrays else "b_array_1"])
    if len(wavelength_angstrom) != p or (mask is not None and len(mask) != p):
        raise AnalysisError(
            f"{file}: the network has {p} pixels, there are {len(wavelength_angstrom)} wavelengths"
        )
    if not (high > low).all():
        raise AnalysisError(f"{file}: x_max is not above x_min")
    error = np.broadcast_to(np.asarray(scatter, np.float64), (p,)).copy()
    if mask is not None:
        error[mask] = np.inf
    hull, grid = Box.between(low, high), np.asarray(wavelength_angstrom, np.float64)
    if arrays["w_array_0"].ndim == 3:
        outer = None
        if "w_array_2" in arrays:
            outer = np.stack([np.ravel(arrays["w_array_2"]), np.ravel(arrays["b_array_2"])])
        inner, inner_bias = arrays["w_array_0"], arrays["b_array_0"]
        middle, middle_bias = arrays["w_array_1"], arrays["b_array_1"]
        return PixelNetworks(
            names, grid, inner, inner_bias, middle, middle_bias, outer, low, high, error, hull
        )
    weights = tuple(arrays[f"w_array_{j}"] for j in range(3))
    biases = tuple(arrays[f"b_array_{j}"] for j in range(3))
    return Network(names, grid, Layers(weights, biases, "leaky_relu"), low, high, error, hull)


def _arrays(file: Path) -> Mapping[str, Array]:
    """Return the arrays of a file in double precision; raises AnalysisError for what is no such file."""
    try:
        with np.load(file, allow_pickle=False) as opened:
            arrays: dict[str, Any] = {name: opened[name].astype(np.float64) for name in opened.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise AnalysisError(f"{file} is no npz file of a network: {error}") from error
    missing = [name for name in _NEEDED if name not in arrays]
    depth = arrays["w_array_0"].ndim if not missing else 0
    if depth == 2 and "w_array_2" not in arrays:
        missing.append("w_array_2")
    if missing or depth not in (2, 3):
        raise AnalysisError(f"{file} is no network of The Payne: it has no {', '.join(missing) or 'weights'}")
    _agree(file, arrays)
    return arrays


def _agree(file: Path, arrays: Mapping[str, Array]) -> None:
    """Raise AnalysisError unless the shapes of the weights agree with each other and all are finite."""
    first, second = arrays["w_array_0"], arrays["w_array_1"]
    shapes = first.shape[-1] == len(arrays["x_min"]) == len(arrays["x_max"])
    shapes &= arrays["b_array_0"].shape == first.shape[:-1]
    shapes &= second.shape[-1] == first.shape[-2] and len(second) == len(arrays["b_array_1"])
    if first.ndim == 2:
        third = arrays["w_array_2"]
        shapes &= (
            third.ndim == 2 and third.shape[-1] == len(second) and len(third) == len(arrays["b_array_2"])
        )
    if not shapes:
        listed = ", ".join(f"{name} {each.shape}" for name, each in arrays.items())
        raise AnalysisError(f"{file}: the shapes of the weights do not agree: {listed}")
    for name, each in arrays.items():
        if not np.isfinite(each).all():
            raise AnalysisError(f"{file}: {name} has numbers that are not finite")
