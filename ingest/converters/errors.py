"""Errors of positions: ellipses, covariances, motions of errors with time."""

from __future__ import annotations

import math

from ingest.converters.base import Converter, Steps
from ingest.spec import Conversion


def _ellipse(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """Errors and correlation of an ellipse; its angle is that of the major axis, north through east."""
    a, b, angle = inputs
    names = [f'"{tag}:{x}"' for x in ("vr", "vd", "c")]
    s, c = f"sin(radians({angle}))", f"cos(radians({angle}))"
    layers = [
        {
            names[0]: f"({a} * {s}) * ({a} * {s}) + ({b} * {c}) * ({b} * {c})",
            names[1]: f"({a} * {c}) * ({a} * {c}) + ({b} * {s}) * ({b} * {s})",
            names[2]: f"({a} * {a} - {b} * {b}) * {s} * {c}",
        }
    ]
    vr, vd, cov = names
    corr = f"CASE WHEN {vr} > 0 AND {vd} > 0 THEN {cov} / sqrt({vr} * {vd}) ELSE 0 END"
    return Steps([f"sqrt({vr})", f"sqrt({vd})", corr], layers)


def _ellipse_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    ra, dec, corr = inputs
    mean, diff, cov, root = (f'"{tag}:{x}"' for x in ("m", "d", "c", "r"))
    layers = [
        {
            mean: f"({ra} * {ra} + {dec} * {dec}) / 2",
            diff: f"({dec} * {dec} - {ra} * {ra}) / 2",
            cov: f"coalesce({corr}, 0) * {ra} * {dec}",
        },
        {root: f"sqrt({diff} * {diff} + {cov} * {cov})"},
    ]
    angle = f"degrees(atan2({cov}, {diff})) / 2"
    return Steps(
        [
            f"sqrt({mean} + {root})",
            f"sqrt(greatest({mean} - {root}, 0))",
            f"CASE WHEN {angle} < 0 THEN {angle} + 180 ELSE {angle} END",
        ],
        layers,
    )


def _cosigma(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    co, ra, dec = inputs
    return Steps([f"sign({co}) * {co} * {co} / nullif({ra} * {dec}, 0)"])


def _cosigma_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """Only the first input is recovered: the errors are columns of their own."""
    corr, ra, dec = inputs
    return Steps([f"sign({corr}) * sqrt(abs({corr}) * {ra} * {dec})"])


def _later(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    error, pm_error, of, to = inputs
    shift = f"coalesce({pm_error}, 0) * ({to} - {of})"
    return Steps([f"sqrt({error} * {error} + ({shift}) * ({shift}))"])


def _of_motion(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """The error of the earlier of two positions whose difference is the motion."""
    pm_error, earlier, later, error = inputs
    both = f"({pm_error} * ({later} - {earlier}))"
    return Steps([f"sqrt(greatest({both} * {both} - {error} * {error}, 0))"])


_ARCSINE = 2 * 549 / math.pi  # codes of three characters: -99 for -1, 450 for 0, 999 for 1


def _arcsine(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([f"sin(({x} - 450) / {_ARCSINE!r})" for x in inputs])


def _arcsine_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([f"450 + {_ARCSINE!r} * asin({x})" for x in inputs])


ERRORS = {
    "ellipse_to_errors": Converter(
        about="[major, minor, angle of the major axis] to [ra_error, dec_error, ra_dec_corr]",
        forward=_ellipse,
        inverse=_ellipse_back,
        units=("mas", "mas", "deg"),
        to_units=("mas", "mas", ""),
        arity=(3,),
        to_arity=(3,),
    ),
    "cosigma_to_corr": Converter(
        about="[co-sigma, ra_error, dec_error] to ra_dec_corr; co-sigma is sqrt|cov| with the sign of cov",
        forward=_cosigma,
        inverse=_cosigma_back,
        units=("mas",),
        to_units=("",),
        arity=(3,),
        total=False,
    ),
    "arcsine_to_corr": Converter(
        about="codes from -99 to 999 of the Hipparcos annexes to as many correlations",
        forward=_arcsine,
        inverse=_arcsine_back,
        units=(None,),
        to_units=("",),
        arity=(),
        to_arity=(),
        total=False,
    ),
    "error_at_epoch": Converter(
        about="[error, pm error, its epoch, another epoch] to the error there (uncorrelated at its epoch)",
        forward=_later,
        units=("mas", "mas/yr", "yr", "yr"),
        to_units=("mas",),
        arity=(4,),
        total=False,
    ),
    "error_of_motion": Converter(
        about="[pm error, an epoch, a later one, error at the later] to the error at the earlier epoch, "
        "of a motion that is the difference of two independent positions",
        forward=_of_motion,
        units=("mas/yr", "yr", "yr", "mas"),
        to_units=("mas",),
        arity=(4,),
        total=False,
    ),
}
