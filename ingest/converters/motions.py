"""Right ascension components with and without cos(dec), and positions moved by their own motion."""

from __future__ import annotations

from ingest.converters.base import SAME, Converter, Steps
from ingest.spec import Conversion

_MAS = "(1000 * 3600.0)"


def _cosdec(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([f"{inputs[0]} * cos(radians({inputs[1]}))"])


def _cosdec_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """At a pole the component without cos(dec) does not exist: NULL."""
    return Steps([f"{inputs[0]} / nullif(cos(radians({inputs[1]})), 0)"])


def _move(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """Shift along the local east and north by motion x time, then back onto the sphere."""
    ra, dec, pmra, pmdec, epoch, ra_epoch, dec_epoch = inputs
    east, north, x, y, z = (f'"{tag}:{n}"' for n in ("e", "n", "x", "y", "z"))
    d = f"radians({dec})"
    layers = [
        {
            east: f"radians({pmra} * ({ra_epoch} - {epoch}) / {_MAS})",
            north: f"radians({pmdec} * ({dec_epoch} - {epoch}) / {_MAS})",
        },
        {
            x: f"cos({d}) - {north} * sin({d})",
            z: f"sin({d}) + {north} * cos({d})",
        },
    ]
    # In axes turned by ra the star stands at (x, east, z): small angles are kept exactly.
    moved = f"{ra} + degrees(atan2({east}, {x}))"
    wrapped = f"(({moved}) - 360 * floor(({moved}) / 360))"
    return Steps([wrapped, f"degrees(atan2({z}, sqrt({x} * {x} + {east} * {east})))"], layers)


MOTIONS = {
    "times_cosdec": Converter(
        about="[component in right ascension, declination] to the component times cos(dec)",
        forward=_cosdec,
        inverse=_cosdec_back,
        units=(SAME, "deg"),
        to_units=(SAME,),
        arity=(2,),
    ),
    "move_position": Converter(
        about="[ra, dec, pmra, pmdec, epoch, ra_epoch, dec_epoch] to [ra, dec] at ra_epoch and dec_epoch",
        forward=_move,
        units=("deg", "deg", "mas/yr", "mas/yr", "yr", "yr", "yr"),
        to_units=("deg", "deg"),
        arity=(7,),
        to_arity=(2,),
        total=False,
    ),
}
