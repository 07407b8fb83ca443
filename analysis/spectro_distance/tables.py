"""Rows of the result tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.columns import arrow_schema
from analysis.spectro_distance.core import ALL, Estimates
from analysis.spectro_distance.fit import Fitted
from analysis.spectro_distance.read import Stars
from analysis.spectro_distance.result import ASTROMETRY, LABELS, RESULT
from analysis.spectro_distance.select import Bools

Array = npt.NDArray[np.float64]
Row = dict[str, Any]

SCHEMA = arrow_schema(RESULT)
ROWS_AT_ONCE = 50_000


def flags(found: Estimates, stars: Stars, wrong: Bools) -> list[str | None]:
    """Return the words of each star's flag, None for none."""
    no_parallax = ~np.isfinite(found.pull)
    words = {
        "extrapolated": found.hull_distance > 1.0,
        "outlier": found.outlier_probability > 0.5,
        "no_parallax": no_parallax,
        "wrong_source": wrong,
    }
    texts = [" ".join(word for i, word in enumerate(words) if code >> i & 1) or None for code in range(16)]
    code = sum(np.asarray(each, np.int64) << i for i, each in enumerate(words.values()))
    return [texts[each] for each in np.asarray(code)]


def star_rows(
    stars: Stars, found: Estimates, given: dict[str, npt.NDArray[Any]], flag: list[str | None], run_id: str
) -> pa.RecordBatchReader:
    """Return the rows of all stars; `given` has magnitude, trained, and true_dist of simulated stars."""
    n = len(stars.ids)
    column: dict[str, Any] = {each.name: stars.get(each.name) for each in (*ASTROMETRY, *LABELS)}
    for name in ("dist", "dist_error", "dist_lo", "dist_hi"):
        column[name] = getattr(found.spectro, name)
        column[name.replace("dist", "dist_joint", 1)] = getattr(found.joint, name)
    column |= {
        "source_id": stars.ids,
        "abs_mag": found.absolute_mag,
        "modulus": found.spectro.modulus,
        "modulus_error": found.spectro.modulus_error,
        "parallax_spectro": found.parallax,
        "parallax_spectro_error": found.parallax_error,
        "parallax_zero_point": found.zero_point,
        "pull": found.pull,
        "outlier_probability": found.outlier_probability,
        "fold": found.fold,
        "hull_dist": found.hull_distance,
        "flag": flag,
        **given,
    }

    def batches() -> Iterator[pa.RecordBatch]:
        for begin in range(0, n, ROWS_AT_ONCE):
            here = slice(begin, begin + ROWS_AT_ONCE)
            rows = len(stars.ids[here])
            arrays = [
                pa.array(
                    [run_id] * rows if field.name == "run_id" else column[field.name][here],
                    field.type,
                    from_pandas=True,  # Arrow's name for NaN as NULL
                )
                for field in SCHEMA
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)

    return pa.RecordBatchReader.from_batches(SCHEMA, batches())


def model_rows(found: Estimates) -> Iterator[Row]:
    """Yield the parameters of all models, with what the features were centred on and scaled by."""
    for fold, model in sorted(found.models.items()):
        sig = np.sqrt(np.diag(model.covariance))
        for i, (name, unit) in enumerate(_names(found)):
            value = _values(model)[i]
            error = float(sig[i]) if sig[i] > 0.0 else None
            yield {"fold": fold, "param": name, "param_value": value, "sig": error, "param_unit": unit}
        yield {"fold": fold, "param": "outliers", "param_value": model.outliers}
        yield {"fold": fold, "param": "n_star", "param_value": float(model.n_star)}
        yield {"fold": fold, "param": "log_likelihood", "param_value": model.log_likelihood}
    for name, centre, scale in zip(found.design.names, found.design.centre, found.design.scale, strict=True):
        yield {"fold": ALL, "param": "centre", "feature": name, "param_value": float(centre)}
        yield {"fold": ALL, "param": "scale", "feature": name, "param_value": float(scale)}


def covariance_rows(found: Estimates) -> Iterator[Row]:
    """Yield the covariances of the parameters of the model of all."""
    covariance = found.models[ALL].covariance
    names = [name for name, _ in _names(found)]
    for i, one in enumerate(names):
        for j, other in enumerate(names):
            if covariance[i, i] > 0.0 and covariance[j, j] > 0.0:
                yield {"param": one, "other_param": other, "covariance": float(covariance[i, j])}


def _names(found: Estimates) -> list[tuple[str, str]]:
    return [*((name, "mag") for name in found.design.terms), ("ln_scatter", ""), ("zero_point", "mas")]


def _values(model: Fitted) -> list[float]:
    return [*map(float, model.coefficients), float(model.scatter[0]), model.zero_point]
