"""Whether a trained model reads abundances where a list says that the element has lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

import sql
from analysis import renamed
from analysis.label_information.trained import seen
from analysis.labels import line_test
from catalogdb.errors import AnalysisError, did_you_mean

Array = npt.NDArray[np.float64]

NAME = "label_quality"
ENRICHED = 2.0
"""How many times as much of the slope as of the pixels has to be in an element's own lines."""


def rows(store: Any, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each abundance of the model whose element is in the list.

    Raises AnalysisError for a list without the columns, or with no line of any of the model's elements.
    """
    lines = _listed(store, settings)
    wanted = {"model": settings["model"] or "latest", "at": None, "low": None, "high": None}
    stored, labels, _, (wavelength, slope, _) = seen(store, NAME, wanted)
    out = []
    for j, label in enumerate(labels):
        element = element_of(label)
        if element is None or element not in lines:
            continue
        own = pixels(wavelength, lines[element], settings["line_width"])
        if not own.any():
            continue
        share, chance = line_test.share(slope[:, j], own), float(own.mean())
        out.append(
            {
                "method": stored.model.kind,
                "training": stored.model_id,
                "label": label,
                "share_own": share,
                "share_chance": chance,
                "verdict": line_test.OWN if share >= ENRICHED * chance else line_test.INFERRED,
                "simulated": False,
            }
        )
    if not out:
        raise AnalysisError(
            f"{NAME}: line_list: {settings['line_list']} has no line of an element of {', '.join(labels)} "
            f"from {wavelength[0]:g} to {wavelength[-1]:g} Angstrom"
        )
    return out


def element_of(label: str) -> str | None:
    """Return the element of x_fe or x_h in lower case; None for a label that is no abundance of one."""
    match = re.fullmatch(r"([a-z]{1,2})_(fe|h|m)", label)
    return match[1] if match and match[1] not in ("m",) else None


def pixels(wavelength: Array, lines: Array, width_angstrom: float) -> npt.NDArray[np.bool_]:
    """Return the pixels (p,) that are within a width of any line (m,)."""
    place = np.searchsorted(np.sort(lines), wavelength)
    edges = np.concatenate([[-np.inf], np.sort(lines), [np.inf]])
    away = np.minimum(wavelength - edges[place], edges[place + 1] - wavelength)
    return np.asarray(away <= width_angstrom)


def _listed(store: Any, settings: Mapping[str, Any]) -> dict[str, Array]:
    table = store.table(settings["line_list"])
    names = [column.name for column in table.columns]
    for name in ("element", "wavelength"):
        if not table.has(name):
            raise AnalysisError(
                f"{NAME}: line_list: {table.qualified_name} has no column {name}{did_you_mean(name, names)}"
            )
    columns: dict[str, tuple[str | None, str]] = {
        "element": ("element", "VARCHAR"),
        "wavelength": ("wavelength", "DOUBLE"),
    }
    query = renamed.statement(table, columns, sql.load("label_quality_reference").text)
    found: dict[str, list[float]] = {}
    for row in store.sql(query, {"reference": renamed.NAME}).arrow().to_pylist():
        if row["element"] is not None and row["wavelength"] is not None:
            # `Fe I`, `FeII` and `fe` are lines of iron.
            match = re.match(r"\s*([A-Z]?[a-z]?)(?=$|[\s\dIVX])", str(row["element"]).strip())
            name = (match[1] if match and match[1] else str(row["element"]).strip()).lower()
            found.setdefault(name, []).append(float(row["wavelength"]))
    return {name: np.array(at) for name, at in found.items()}


def sentences(made: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return a line for each abundance."""
    return tuple(
        f"own lines ({row['training']}): {row['label']}: {row['share_own']:.1%} of its squared slope in "
        f"{row['share_chance']:.1%} of the pixels, the element's own: {row['verdict']}"
        for row in made
    )
