"""Fits as rows of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.labels.fit import NO_CONVERGENCE, Fit, words
from analysis.labels.model import unit
from analysis.labels.spectra import Spectra

Array = npt.NDArray[np.float64]


def label_rows(
    spectra: Spectra,
    found: Fit,
    labels: tuple[str, ...],
    sig_sys: Array,
    head: Mapping[str, str],
    schema: pa.Schema,
) -> pa.Table:
    """Return the rows of `results.star_label`; what did not converge has neither value nor error."""
    n, k = found.theta.shape
    usable = (found.flags & NO_CONVERGENCE) == 0
    with np.errstate(invalid="ignore"):
        sig = np.sqrt(np.einsum("nkk->nk", found.covariance))
    systematic = np.full(k, np.nan)
    systematic[: len(sig_sys)] = sig_sys
    columns = {
        "spec_id": np.repeat(spectra.spec_id, k).tolist(),
        "source_id": np.repeat(spectra.star_id, k).tolist(),
        "label": list(labels) * n,
        "param_value": np.where(usable[:, None], found.theta, np.nan).ravel(),
        "sig_stat": np.where(usable[:, None], sig, np.nan).ravel(),
        "sig_sys": np.tile(systematic, n),
        "unit": [unit(label) for label in labels] * n,
        "chi2": np.repeat(found.chi2, k),
        "dof": np.repeat(np.maximum(found.dof, 0), k),
        "hull_dist": np.repeat(found.hull_distance, k),
        "flag": [word for flag in found.flags for word in [words(int(flag))] * k],
        **{name: [value] * (n * k) for name, value in head.items()},
    }
    return _table(columns, schema)


def covariance_rows(
    spectra: Spectra, found: Fit, labels: tuple[str, ...], head: Mapping[str, str], schema: pa.Schema
) -> pa.Table:
    """Return the rows of `results.star_label_cov`: pairs of labels of what converged."""
    usable = np.flatnonzero(((found.flags & NO_CONVERGENCE) == 0) & np.isfinite(found.covariance).all((1, 2)))
    first, second = np.triu_indices(len(labels), 1)
    covariance = found.covariance[usable]
    with np.errstate(invalid="ignore"):
        sig = np.sqrt(np.einsum("nkk->nk", covariance))
    pairs, n = len(first), len(usable)
    columns = {
        "spec_id": np.repeat([spectra.spec_id[m] for m in usable], pairs).tolist(),
        "source_id": np.repeat([spectra.star_id[m] for m in usable], pairs).tolist(),
        "label_1": [labels[i] for i in first] * n,
        "label_2": [labels[j] for j in second] * n,
        "covariance": covariance[:, first, second].ravel(),
        "correlation": (covariance[:, first, second] / (sig[:, first] * sig[:, second])).ravel(),
        **{name: [value] * (n * pairs) for name, value in head.items()},
    }
    return _table(columns, schema)


def _table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    # NaN becomes NULL: from_pandas is Arrow's name for that.
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in schema]
    return pa.table(arrays, schema=schema)
