"""Spectra as the layouts give them: a wavelength grid, and blocks of spectra on one grid."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ingest.spectra.faults import SpectrumError

Array: TypeAlias = npt.NDArray[Any]
Row: TypeAlias = dict[str, Any]

C_KM_S = 299792.458
"""Speed of light [km/s], exact."""

ALL_BITS = 2**31 - 1

MEDIA = ("vacuum", "air")
FRAMES = ("heliocentric", "barycentric", "rest", "observed")


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The wavelengths of the pixels, shape (p,), float64 [Angstrom], in growing order.

    `medium` is vacuum or air. `frame` says relative to what: the Sun, the barycentre of the solar system,
    the star itself (`rest`: its radial velocity is taken out), or the telescope (`observed`).
    """

    wavelength_angstrom: Array
    medium: str
    frame: str
    grid_id: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"{self.medium} {self.frame} ".encode())
        digest.update(np.ascontiguousarray(self.wavelength_angstrom, "<f8").tobytes())
        object.__setattr__(self, "grid_id", digest.hexdigest()[:20])

    @property
    def spacing(self) -> str:
        """`log` or `linear` where no pixel is off by more than 1 in 20 of a step, else `irregular`."""
        off: dict[str, float] = {}
        for name, values in (
            ("log", np.log(self.wavelength_angstrom)),
            ("linear", self.wavelength_angstrom),
        ):
            even = np.linspace(values[0], values[-1], len(values))
            off[name] = float(np.abs(values - even).max() / (even[1] - even[0]))
        best = min(off, key=lambda name: off[name])
        return best if off[best] < 0.05 else "irregular"


@dataclass(slots=True)
class Block:
    """Spectra on one grid: `rows` have their other columns; arrays of shape (n, p).

    flux and ivar are float32 or float64, as in the file; ivar is finite and not negative, and 0 where flux
    is NaN. mask and or_mask are int32 where the layout has them.
    """

    grid: Grid
    rows: list[Row]
    flux: Array
    ivar: Array
    mask: Array | None = None
    or_mask: Array | None = None

    @property
    def bytes(self) -> int:
        """About the memory that it takes."""
        arrays = (self.flux, self.ivar, self.mask, self.or_mask)
        return sum(each.nbytes for each in arrays if each is not None) + self.grid.wavelength_angstrom.nbytes

    def kept(self, keep: Array) -> Block:
        """The block with those rows alone of which `keep`, shape (n,), is true."""
        rows = [row for row, wanted in zip(self.rows, keep, strict=True) if wanted]
        masks = [None if each is None else each[keep] for each in (self.mask, self.or_mask)]
        return Block(self.grid, rows, self.flux[keep], self.ivar[keep], *masks)


def block(
    where: str,
    wavelength_angstrom: Array,
    frame: tuple[str, str],
    rows: list[Row],
    flux: Array,
    *,
    ivar: Array | None = None,
    error: Array | None = None,
    mask: Array | None = None,
    or_mask: Array | None = None,
) -> Block:
    """Return the spectra of `flux`, shape (n, p) or (p,), brought to the form of a Block.

    `frame` is (medium, frame). The uncertainty is given by `ivar`, or by the standard deviation `error`. A
    grid in falling order is turned round with everything on it. Raises SpectrumError for arrays of
    different lengths, and for wavelengths that are missing, not positive or in no order.
    """
    arrays = {"flux": flux, "ivar": ivar, "error": error, "mask": mask, "or_mask": or_mask}
    grid, turned = _grid(where, wavelength_angstrom, frame)
    shaped: dict[str, Array | None] = {}
    for name, values in arrays.items():
        if values is None:
            shaped[name] = None
            continue
        two = np.atleast_2d(values)
        if two.shape != (len(rows), len(grid.wavelength_angstrom)):
            raise SpectrumError(
                where,
                f"{name} has the shape {values.shape} beside {len(grid.wavelength_angstrom)} wavelengths"
                f" and {len(rows)} spectra",
            )
        shaped[name] = two[:, ::-1] if turned else two
    clean_flux, clean_ivar = _cleaned(where, shaped["flux"], shaped["ivar"], shaped["error"])
    bits = [_bits(where, shaped[name]) for name in ("mask", "or_mask")]
    found = Block(grid, rows, clean_flux, clean_ivar, *bits)
    _finish_rows(found)
    return found


_RECENT: deque[Grid] = deque(maxlen=4)
"""Grids made last: most files have that of the file before, which is then kept once and not summed again."""


def _grid(where: str, wavelength_angstrom: Array, frame: tuple[str, str]) -> tuple[Grid, bool]:
    """The grid of these wavelengths, and whether they stand in falling order."""
    wavelength = np.asarray(wavelength_angstrom, np.float64)
    for known in _RECENT:
        if (known.medium, known.frame) == frame and np.array_equal(known.wavelength_angstrom, wavelength):
            return known, False
    if wavelength.ndim != 1 or len(wavelength) < 2:
        raise SpectrumError(where, f"the wavelengths have the shape {wavelength.shape}; a list is expected")
    steps = np.diff(wavelength)
    turned = bool(np.all(steps < 0))
    if not (turned or np.all(steps > 0)) or not np.isfinite(wavelength).all() or wavelength.min() <= 0:
        bad = _first_disorder(wavelength)
        raise SpectrumError(
            where,
            f"the wavelengths are in no order: pixel {bad + 1} has {wavelength[bad]:.9g} Angstrom after"
            f" {wavelength[max(0, bad - 1)]:.9g}",
        )
    grid = Grid(np.array(wavelength[::-1] if turned else wavelength), *frame)
    _RECENT.appendleft(grid)
    return grid, turned


def _first_disorder(wavelength: Array) -> int:
    """The first pixel that is not a positive number, or does not go on in the direction of the first two."""
    bad = ~(np.isfinite(wavelength) & (wavelength > 0))
    if not bad.any():
        steps = np.diff(wavelength)
        bad[1:] = np.sign(steps) != (np.sign(steps[0]) or 1)
    return int(np.argmax(bad))


def _cleaned(where: str, flux: Array | None, ivar: Array | None, error: Array | None) -> tuple[Array, Array]:
    """Flux with NaN for what is no number, and an inverse variance that is a number everywhere."""
    assert flux is not None
    if flux.dtype.kind not in "iuf":
        raise SpectrumError(where, f"the flux is no number ({flux.dtype})")
    kind = np.float64 if flux.dtype.itemsize > 4 or flux.dtype.kind != "f" else np.float32
    flux = np.array(flux, kind)
    flux[np.isinf(flux)] = np.nan
    if ivar is None:
        if error is None:
            raise SpectrumError(where, "there is neither an inverse variance nor an error")
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            exact = 1.0 / np.square(error.astype(np.float64))
        exact[~(error > 0)] = 0.0
        small = kind is np.float32 and error.dtype.itemsize <= 4
        fits_in = np.isinf(exact) | (exact <= np.finfo(np.float32).max)
        ivar = exact.astype(np.float32) if small and fits_in.all() else exact
    else:
        ivar = np.array(ivar, np.float64 if ivar.dtype.itemsize > 4 else np.float32)
    with np.errstate(invalid="ignore"):
        ivar[~(np.isfinite(ivar) & (ivar > 0) & np.isfinite(flux))] = 0.0
    return flux, ivar


def _bits(where: str, mask: Array | None) -> Array | None:
    if mask is None:
        return None
    if mask.dtype.kind == "f":
        whole = np.nan_to_num(mask, nan=0.0) if np.isnan(mask).any() else mask
        if np.abs(whole).max(initial=0.0) > ALL_BITS or ((bits := whole.astype(np.int32)) != whole).any():
            raise SpectrumError(where, "the mask has values that are no whole numbers of 31 bits")
        return bits
    if mask.dtype.kind == "b":
        return mask.astype(np.int32)
    if mask.dtype.kind not in "iu":
        raise SpectrumError(where, f"the mask is no whole number ({mask.dtype})")
    if mask.dtype.itemsize > 4 and np.any(np.abs(mask) > ALL_BITS):
        raise SpectrumError(where, "the mask has values beyond 32 bits")
    return mask.astype(np.uint32).view(np.int32) if mask.dtype.kind == "u" else mask.astype(np.int32)


def _finish_rows(made: Block) -> None:
    """Fill in what follows from the arrays: lengths, the grid's name, the median signal to noise."""
    medians = median_snr(made)
    for number, row in enumerate(made.rows):
        row["source_id"] = row["spec_id"]
        row["grid_id"], row["n_pix"] = made.grid.grid_id, made.flux.shape[1]
        row["snr_median"] = medians[number]
        if row.get("snr") is None:
            row["snr"] = medians[number]
            row["snr_source"] = "median" if medians[number] is not None else None


def median_snr(made: Block) -> list[float | None]:
    """The median of flux * sqrt(ivar) over the usable pixels of each spectrum; None where there is none."""
    usable = made.ivar > 0
    if made.mask is not None:
        bits = np.array([row.get("bad_bits") or 0 for row in made.rows], np.int32)
        usable &= (made.mask & bits[:, None]) == 0
    found: list[float | None] = []
    for flux, ivar, good in zip(made.flux, made.ivar, usable, strict=True):
        found.append(float(np.median(flux[good] * np.sqrt(ivar[good]))) if good.any() else None)
    return found


def mjd_of(text: str | None) -> float | None:
    """The modified Julian date of an ISO date and time (of the same time scale); None where it is none."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return (when - datetime(1858, 11, 17, tzinfo=UTC)).total_seconds() / 86400.0


def positive(value: float | None) -> float | None:
    """The value where it is a positive number: an error or exposure of 0 or less is none."""
    return value if value is not None and math.isfinite(value) and value > 0 else None
