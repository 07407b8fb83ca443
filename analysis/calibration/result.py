"""What the calibration can be asked, the table it writes, and the rows of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.calibration.core import CatalogueFit
from analysis.calibration.robust import Spread
from analysis.calibration.terms import HIGHEST_DEGREE, TERMS, term_of, unit
from analysis.columns import number, text
from analysis.frames import GAIA_SPINS
from analysis.options import Option
from catalogdb.schema import Column, Table

OPTIONS = (
    Option("epochs", str, "astrom_epoch", "Multi-epoch table, as `catalogdb epochs` writes it"),
    Option(
        "reference",
        str,
        None,
        "Catalogue that defines the system; without it gaia_dr3, or else the most precise one with motions",
    ),
    Option(
        "reference_scale",
        float,
        1.0,
        "Factor on the errors of the reference, which the others can not tell (HGCA: 1.37 for Gaia EDR3)",
        minimum=1e-6,
    ),
    Option(
        "spin",
        str,
        "none",
        "published: take the published spin of Gaia's bright stars out of the reference's motions",
        choices=("none", "published"),
    ),
    Option("terms", str, ",".join(TERMS), "Terms to fit, separated by commas; few stars determine few terms"),
    Option(
        "magnitude_degree",
        int,
        2,
        f"Degree of the polynomials of the magnitude: 0 (no such terms) to {HIGHEST_DEGREE}",
        minimum=0,
    ),
    Option(
        "default_error",
        float,
        None,
        "Standard error [mas] of each coordinate of entries that state none; without it they are not used",
        minimum=1e-6,
    ),
)


RESULT = Table(
    name="catalogue_calibration",
    schema="results",
    title="Calibration of catalogues",
    about="For each catalogue of a multi-epoch table its systematic terms and true errors, a row each",
    unique=False,
    columns=(
        text("catalogue_name", "meta.id;meta.table", "Catalogue that the row calibrates", nullable=False),
        text(
            "term",
            "meta.code.class",
            "reference, offset, rotation, spin, magnitude, colour, error_scale, error_floor, "
            "motion_error_scale, term_error or published_spin",
            nullable=False,
        ),
        text("param", "meta.code", "Parameter of the term, such as rotation_x", nullable=False),
        number(
            "param_value",
            "stat.param",
            "",
            "Value, in the unit of the column unit, to be subtracted (terms) or applied (errors); NULL: none",
            principal=True,
        ),
        number("sig", "stat.error", "", "Standard error of param_value, in the same unit", principal=True),
        text("unit", "meta.unit", "Unit of param_value and sig (VOUnit)"),
        number("mag_min", "phot.mag;stat.min", "mag", "Brightest G magnitude that the row was fitted to"),
        number("mag_max", "phot.mag;stat.max", "mag", "Faintest G magnitude that the row was fitted to"),
        number("ref_magnitude", "meta.ref;phot.mag", "mag", "G magnitude at which magnitude terms are 0"),
        number("colour_min", "phot.color;stat.min", "mag", "Bluest BP - RP that the row was fitted to"),
        number("colour_max", "phot.color;stat.max", "mag", "Reddest BP - RP that the row was fitted to"),
        number("ref_colour", "meta.ref;phot.color", "mag", "BP - RP at which colour terms are 0"),
        number("ref_epoch", "meta.ref;time.epoch", "yr", "Epoch at which the spin has turned nothing"),
        Column(
            name="n_stars",
            type="INTEGER",
            ucd="meta.number",
            unit="",
            about="Stars that the value was found with",
        ),
        text("note", "meta.note", "Why a term is left out, or what the row is from; NULL: nothing to say"),
        text("epochs_table", "meta.id;meta.table", "Multi-epoch table that was calibrated", nullable=False),
        text(
            "reference_catalogue", "meta.id;meta.table", "Catalogue that defines the system", nullable=False
        ),
        Column(
            name="run_id",
            type="VARCHAR",
            ucd="meta.id",
            about="Run that computed the row; provenance.runs has its settings",
            nullable=False,
        ),
    ),
)

_ERROR_UNITS = {"error_scale": "", "error_floor": "mas", "motion_error_scale": "", "term_error": "mas"}


def to_arrow(fits: Sequence[CatalogueFit], reference: str, epochs_table: str, run_id: str) -> pa.Table:
    """Return the rows of a run, in the order of the catalogues and of the terms."""
    same = {"epochs_table": epochs_table, "reference_catalogue": reference, "run_id": run_id}
    rows = [row | same for fit in fits for row in _rows(fit, reference)]
    kinds = {"DOUBLE": pa.float64(), "VARCHAR": pa.string(), "INTEGER": pa.int32()}
    columns = {
        column.name: pa.array([_known(row.get(column.name)) for row in rows], kinds[column.type])
        for column in RESULT.columns
    }
    return pa.table(columns)


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _rows(fit: CatalogueFit, reference: str) -> list[dict[str, Any]]:
    name = fit.correction.catalogue_name
    if name == reference:
        rows = [_row("reference", n_stars=fit.n_stars, note="defines the system: its positions stay")]
        rows += _published(name) if fit.correction.published else []
        rows += _given_scale(fit.correction.scale)
    else:
        rows = [*_terms(fit), *_errors(fit)]
        rows += [_row(term, n_stars=fit.n_stars, note=reason) for term, reason in fit.left_out.items()]
    return [row | {"catalogue_name": name} for row in rows]


def _row(term: str, param: str | None = None, **given: Any) -> dict[str, Any]:
    return {"term": term, "param": param or term, **given}


def _terms(fit: CatalogueFit) -> list[dict[str, Any]]:
    zero = fit.correction.zero
    known: dict[str, dict[str, Any]] = {
        "spin": {"ref_epoch": zero.epoch_yr},
        "magnitude": {
            "mag_min": zero.magnitude_low,
            "mag_max": zero.magnitude_high,
            "ref_magnitude": zero.magnitude,
        },
        "colour": {"colour_min": zero.colour_low, "colour_max": zero.colour_high, "ref_colour": zero.colour},
    }
    return [
        _row(
            term_of(param),
            param,
            param_value=value,
            sig=fit.sig[param],
            unit=unit(param),
            n_stars=fit.n_stars,
            **known.get(term_of(param), {}),
        )
        for param, value in fit.correction.values.items()
    ]


def _errors(fit: CatalogueFit) -> list[dict[str, Any]]:
    rows = _spread(fit.errors, {"n_stars": fit.n_stars})
    for part in fit.bins:
        rows += _spread(part.errors, {"mag_min": part.low, "mag_max": part.high, "n_stars": part.n_stars})
    if np.isfinite(fit.motion.scale_sig):
        value, sig = fit.motion.scale, fit.motion.scale_sig
        rows.append(_row("motion_error_scale", param_value=value, sig=sig, unit="", n_stars=fit.n_motions))
    if fit.correction.values:
        note = "mean of what the terms' own errors add to a coordinate"
        rows.append(
            _row(
                "term_error",
                param_value=fit.correction.term_error,
                unit="mas",
                n_stars=fit.n_stars,
                note=note,
            )
        )
    return rows


def _spread(errors: Spread, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of scale and floor; a bin of magnitudes has both, as they are applied together."""
    rows = []
    for term, value, sig in (
        ("error_scale", errors.scale, errors.scale_sig),
        ("error_floor", np.nan_to_num(errors.floor), errors.floor_sig),
    ):
        if errors.found and (np.isfinite(sig) or "mag_min" in given):
            rows.append(_row(term, param_value=float(value), sig=sig, unit=_ERROR_UNITS[term], **given))
    return rows


def _given_scale(scale: float) -> list[dict[str, Any]]:
    """Return the rows of a factor that was asked for, on positions and motions alike."""
    if scale == 1.0:
        return []
    names = ("error_scale", "motion_error_scale")
    return [_row(name, param_value=scale, unit="", note="as asked for") for name in names]


def _published(name: str) -> list[dict[str, Any]]:
    known = GAIA_SPINS.get(name)
    if known is None:
        return [_row("published_spin", note=f"no spin is published for {name}")]
    return [
        _row(
            "published_spin",
            f"spin_{axis}",
            param_value=float(value),
            unit="mas.yr**-1",
            mag_min=float(low),
            mag_max=float(high),
            note=known.reference,
        )
        for low, high, omega in zip(
            known.edges_mag[:-1], known.edges_mag[1:], known.omega_mas_yr, strict=True
        )
        for axis, value in zip("xyz", omega, strict=True)
    ]
