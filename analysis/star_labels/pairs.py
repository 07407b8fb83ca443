"""Fits of two stars as rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.labels.binary import Pair
from analysis.labels.model import SpectralModel, unit
from analysis.labels.spectra import Spectra
from analysis.labels.two_stars import TwoStars

Array = npt.NDArray[np.float64]


def pair_rows(
    spectra: Spectra,
    pair: Pair,
    model: SpectralModel,
    head: Mapping[str, str],
    schemas: Sequence[pa.Schema],
) -> list[pa.Table]:
    """Return the rows of `results.star_binary` and of `results.star_binary_label`."""
    two = TwoStars(model)
    return [
        _table(_compared(spectra, pair, two) | _same(head, len(pair.found)), schemas[0]),
        _table(_labels(spectra, pair, two, head), schemas[1]),
    ]


def _compared(spectra: Spectra, pair: Pair, two: TwoStars) -> dict[str, Any]:
    k, q = len(two.model.labels), len(two.labels)
    fitted = np.isfinite(pair.chi2)
    variance = pair.covariance[:, -1, -1] + pair.covariance[:, k, k] - 2.0 * pair.covariance[:, k, q - 1]
    with np.errstate(invalid="ignore"):
        error = np.sqrt(variance)
    return {
        "spec_id": spectra.spec_id,
        "source_id": spectra.star_id,
        "is_binary": pair.found.tolist(),
        "delta_bic": pair.bic,
        "improvement": pair.improvement,
        "chi2_one": pair.single.chi2,
        "chi2_two": pair.chi2,
        "dof": np.maximum(pair.single.dof + k + 1 - q, 0),
        "light_share": pair.share,
        "light_share_error": pair.share_error,
        "velocity_difference": pair.theta[:, -1] - pair.theta[:, k],
        "velocity_difference_error": error,
        "flag": [
            None if ok else "no_convergence" if any_fit else "not_fitted"
            for ok, any_fit in zip(pair.converged.tolist(), fitted.tolist(), strict=True)
        ],
    }


def _labels(spectra: Spectra, pair: Pair, two: TwoStars, head: Mapping[str, str]) -> dict[str, Any]:
    """Return the labels of both stars of every pair that converged."""
    k = len(two.model.labels)
    first = list(range(k + 1))
    second = first.copy()
    for i, j in enumerate(two.own):
        second[j] = k + 1 + i
    second[k] = len(two.labels) - 1
    at = np.array(first + second)
    names = [*two.labels[: k + 1]] * 2
    rows = np.flatnonzero(pair.converged)
    with np.errstate(invalid="ignore"):
        sig = np.sqrt(np.einsum("nkk->nk", pair.covariance[rows]))
    n, width = len(rows), len(at)
    return {
        "spec_id": np.repeat([spectra.spec_id[row] for row in rows], width).tolist(),
        "source_id": np.repeat([spectra.star_id[row] for row in rows], width).tolist(),
        "component": ([1] * (k + 1) + [2] * (k + 1)) * n,
        "label": names * n,
        "param_value": pair.theta[rows][:, at].ravel(),
        "sig_stat": sig[:, at].ravel(),
        "unit": [unit(name) for name in names] * n,
    } | _same(head, n * width)


def _same(head: Mapping[str, str], n: int) -> dict[str, list[str]]:
    return {name: [value] * n for name, value in head.items()}


def _table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    # NaN becomes NULL: from_pandas is Arrow's name for that.
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in schema]
    return pa.table(arrays, schema=schema)
