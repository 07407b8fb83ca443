"""What a run found as the rows of its tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.columns import arrow_schema
from analysis.injection.result import RATES, STARS
from analysis.injection.score import binned, predicted, wilson

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Settings = Mapping[str, Any]


@dataclass
class Found:
    """What became of each star, gathered chunk by chunk: some 100 bytes a star."""

    source_id: list[pa.Array] = field(default_factory=list)
    columns: dict[str, list[Array]] = field(default_factory=dict)

    def add(self, source_id: pa.Array, **columns: Array) -> None:
        """Append the stars of a chunk."""
        self.source_id.append(source_id)
        for name, values in columns.items():
            self.columns.setdefault(name, []).append(values)

    def __getitem__(self, name: str) -> Array:
        return np.concatenate(self.columns[name])


class Criterion(NamedTuple):
    """When a star counts as found: in words, the stars that are, and the p_acc to which that amounts."""

    text: str
    found: Flags
    p_limit: float


def criteria(p: Array, q: Array, settings: Settings) -> tuple[Criterion, Criterion]:
    """Return the criteria by p_acc and by q_fdr; that by q_fdr amounts to the largest p_acc it takes."""
    with np.errstate(invalid="ignore"):
        by_p, by_q = p <= settings["p_limit"], q <= settings["q_limit"]
    return (
        Criterion(f"p_acc <= {settings['p_limit']:g}", by_p, settings["p_limit"]),
        Criterion(f"q_fdr <= {settings['q_limit']:g}", by_q, float(p[by_q].max()) if by_q.any() else 0.0),
    )


QUANTITIES = {
    "acceleration": {"snr": None, "acceleration": "mas.yr**-2"},
    "companion": {"snr": None, "separation": "au", "mass": "solMass"},
    "blend": {"snr": None, "displacement": "mas"},
    "outlier": {"snr": None, "displacement": "mas"},
}
"""What is binned for each kind of injection, with the unit of its limits."""


def rates(found: Found, q: Array, settings: Settings, run_id: str) -> pa.Table:
    """Return the rows of RATES: completeness of the injected stars, what is found of the others, and both."""
    injected, p = found["injected"] > 0.0, found["p_acc"]
    tested = np.isfinite(p)
    values = {name: found[name] for name in ("snr", "mass", "separation", "displacement")}
    values["acceleration"] = np.hypot(found["acc_ra"], found["acc_dec"])
    rows: list[dict[str, Any]] = []
    for criterion in criteria(p, q, settings):
        of = injected & tested
        chance = predicted(np.nan_to_num(values["snr"]), criterion.p_limit)
        for quantity, unit in QUANTITIES[settings["kind"]].items():
            limits = _limits(values[quantity][of], settings["bins"])
            if len(limits):
                curve = binned(values[quantity][of], criterion.found[of], chance[of], limits)
                rows += _curve(curve._asdict(), criterion, quantity, unit)
        whole = (criterion.found & tested, tested & ~injected)
        rows.append(_rate("completeness", criterion, criterion.found[of], float(_mean(chance[of]))))
        false = settings["noise"] == "simulated"
        nominal = criterion.p_limit if false else None
        rows.append(_rate("untouched", criterion, criterion.found[whole[1]], nominal))
        share = float(whole[1].sum() / tested.sum()) if false and tested.any() else None
        rows.append(_rate("fdr", criterion, ~injected[whole[0]], _expected_fdr(criterion, settings, share)))
    rows += _false_alarms(p[tested & ~injected], false)
    for row in rows:
        row |= {"kind": settings["kind"], "run_id": run_id}
    return pa.Table.from_pylist(rows, schema=arrow_schema(RATES))


NOMINAL = (0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5)
"""Limits of p_acc at which the stars without injection are counted."""


def _false_alarms(p: Array, false: bool) -> Iterator[dict[str, Any]]:
    """Yield the share of the untouched stars (their p_acc, (n,)) that is found at each nominal rate."""
    for limit in NOMINAL:
        criterion = Criterion(f"p_acc <= {limit:g}", p <= limit, limit)
        row = _rate("untouched", criterion, criterion.found, limit if false else None)
        yield row | {"quantity": "p_acc", "bin_low": 0.0, "bin_high": limit}


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else np.nan


def _expected_fdr(criterion: Criterion, settings: Settings, share: float | None) -> float | None:
    """Return q times the share of stars without an injection: what Benjamini and Hochberg's rule keeps to.

    None for other criteria, and where what is found without an injection need not be false.
    """
    if share is None or not criterion.text.startswith("q_fdr"):
        return None
    return float(settings["q_limit"] * share)


def _limits(values: Array, bins: int) -> Array:
    """Return the limits of bins of equal width in the logarithm that hold all positive values."""
    known = values[values > 0.0]
    if not len(known):
        return np.empty(0)
    low, high = known.min(), known.max()
    return np.asarray(np.geomspace(low, high if high > low else low * (1.0 + 1e-9), bins + 1))


def _curve(
    curve: Mapping[str, Array], criterion: Criterion, quantity: str, unit: str | None
) -> Iterator[dict[str, Any]]:
    for i in range(len(curve["low"])):
        at = {name: _known(values[i]) for name, values in curve.items()}
        yield {
            "measure": "completeness",
            "criterion": criterion.text,
            "quantity": quantity,
            "bin_low": at.pop("low"),
            "bin_high": at.pop("high"),
            "bin_unit": unit,
            **at,
        }


def _rate(measure: str, criterion: Criterion, found: Flags, expected: float | None) -> dict[str, Any]:
    seen, of = int(found.sum()), len(found)
    low, high = wilson(seen, of)
    return {
        "measure": measure,
        "criterion": criterion.text,
        "n_star": of,
        "n_found": seen,
        "rate": seen / of if of else None,
        "rate_low": _known(low),
        "rate_high": _known(high),
        "predicted": None if expected is None else _known(expected),
    }


def _known(value: Any) -> Any:
    return None if np.isnan(value) else value.item() if hasattr(value, "item") else value


def stars(found: Found, q: Array, settings: Settings, run_id: str) -> pa.Table:
    """Return the rows of STARS, one per star."""
    names = ("acc_ra", "acc_dec", "snr", "mass", "separation", "displacement", "p_acc")
    columns: dict[str, Any] = {name: pa.array(found[name], from_pandas=True) for name in names}
    columns["source_id"] = pa.chunked_array(found.source_id, pa.string())
    columns["injected"] = pa.array(found["injected"] > 0.0)
    columns["q_fdr"] = pa.array(q, from_pandas=True)
    for name, value in (("kind", settings["kind"]), ("run_id", run_id)):
        columns[name] = pa.array([value] * len(q), pa.string())
    return pa.table({column.name: columns[column.name] for column in STARS.columns})
