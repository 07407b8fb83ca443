"""Published coefficient sets of The Cannon as models: files of numbers, taken over without training."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.labels.boxes import Box
from analysis.labels.cannon import CannonModel
from analysis.labels.terms import quadratic
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]


def numbers(file: str, name: str) -> Array:
    """Return the numbers of a text file, or of `name` in a .npz, or its only array; raises AnalysisError."""
    path = Path(file)
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                if name not in arrays.files and len(arrays.files) != 1:
                    raise AnalysisError(f"{file} has no array {name}: there are {', '.join(arrays.files)}")
                found = arrays[name if name in arrays.files else arrays.files[0]]
        else:
            found = np.loadtxt(path, ndmin=1)
        return np.asarray(found, np.float64)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise AnalysisError(f"{file} can not be read as {name}: {error}") from None


def published(
    coefficients: Array,
    scatter: Array,
    pivots: Array,
    wavelength_angstrom: Array,
    ranges: Mapping[str, tuple[float, float]],
    labels: tuple[str, ...],
) -> CannonModel:
    """Return the quadratic model of published coefficients, (m, p) or (p, m), of labels less `pivots`.

    The terms are in the order of `analysis.labels.terms.quadratic`. `ranges` are those of the training set,
    which the numbers do not tell. Raises AnalysisError where shapes do not agree.
    """
    k, p = len(labels), len(wavelength_angstrom)
    powers = quadratic(k)
    found = coefficients if coefficients.shape == (len(powers), p) else coefficients.T
    if found.shape != (len(powers), p):
        raise AnalysisError(
            f"coefficients are {' x '.join(map(str, coefficients.shape))}: {k} labels and {p} wavelengths "
            f"need {len(powers)} x {p}"
        )
    for name, array, n in (("scatter", scatter, p), ("pivots", pivots, k)):
        if array.shape != (n,):
            raise AnalysisError(f"{name} has {array.size} numbers: {n} are needed")
    missing = [label for label in labels if label not in ranges]
    if missing:
        raise AnalysisError(f"ranges has no {missing[0]}: give the range of each label in the training set")
    low, high = (np.array([ranges[label][end] for label in labels]) for end in (0, 1))
    known = np.isfinite(found).all(0) & np.isfinite(scatter)
    return CannonModel(
        labels=labels,
        wavelength_angstrom=wavelength_angstrom,
        coefficients=np.where(known, found, 0.0),
        powers=powers,
        pivot=pivots,
        scale=np.ones(k),
        scatter=np.where(known, np.abs(scatter), np.inf),
        hull=Box.between(low, high),
        leverage=np.zeros((len(powers), len(powers))),
        noise=np.zeros(p),
    )
