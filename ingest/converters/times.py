"""Epochs to Julian years in TDB: Julian dates, Besselian years and ISO dates, in four time scales."""

from __future__ import annotations

import erfa

from catalogdb.errors import SpecError
from ingest.converters.base import Converter, Sql, Steps
from ingest.converters.codes import code_list, is_code
from ingest.numbers import double
from ingest.spec import TIME_SCALES, Conversion

_J2000 = 2451545.0
_B1900 = 2415020.31352  # JD of B1900.0 and the tropical year of Lieske 1979, A&A 73, 282
_TROPICAL_YEAR = 365.242198781
_L_B, _TDB0_S, _T0 = 1.550519768e-8, -6.55e-5, 2443144.5003725  # IAU 2006 resolution B3
_TT_TAI_S = 32.184


def _leaps() -> list[tuple[float, float]]:
    """(JD UTC, TAI - UTC [s]) of each change, latest first.

    Before 1972 UTC drifted between changes by up to 3 s from these steps: 1e-7 yr.
    """
    table = [
        (float(sum(erfa.cal2jd(int(row["year"]), int(row["month"]), 1))), float(row["tai_utc"]))
        for row in erfa.leap_seconds.get()
    ]
    return sorted(table, reverse=True)


def _tt_minus_utc_s(jd: str, *, of_tt: bool) -> str:
    """SQL of TT - UTC [s] at a Julian date in UTC, or in TT."""
    cases = []
    for start, tai_utc in _leaps():
        seconds = tai_utc + _TT_TAI_S
        edge = start + (seconds / 86400 if of_tt else 0)
        cases.append(f"WHEN {jd} >= {edge!r} THEN {seconds!r}")
    return f"CASE {' '.join(cases)} ELSE {_TT_TAI_S!r} END"


def _scale(conversion: Conversion) -> str:
    scale = str(conversion.options.get("time_scale", "TDB"))
    if scale not in TIME_SCALES:
        raise SpecError(f"conversion {conversion.by}: time_scale {scale} is none of {', '.join(TIME_SCALES)}")
    return scale


def _to_tdb(jd: str, scale: str) -> str:
    """SQL of the Julian date in TDB; TT differs from it by less than 2 ms, 6e-11 yr."""
    if scale == "UTC":
        return f"({jd} + ({_tt_minus_utc_s(jd, of_tt=False)}) / 86400)"
    if scale == "TCB":
        return f"({jd} - {_L_B!r} * ({jd} - {_T0!r}) + {_TDB0_S / 86400!r})"
    return jd


def _from_tdb(jd: str, scale: str) -> str:
    if scale == "UTC":
        return f"({jd} - ({_tt_minus_utc_s(jd, of_tt=True)}) / 86400)"
    if scale == "TCB":
        return f"(({jd} - {_L_B * _T0 + _TDB0_S / 86400!r}) / {1 - _L_B!r})"
    return jd


def _forward(to_jd: str) -> Sql:
    def forward(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
        jd = f'"{tag}:jd"'
        layers = [{jd: to_jd.format(x=inputs[0])}]
        return Steps([f"2000 + ({_to_tdb(jd, _scale(conversion))} - {_J2000!r}) / 365.25"], layers)

    return forward


def _inverse(from_jd: str) -> Sql:
    def inverse(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
        tdb, jd = f'"{tag}:tdb"', f'"{tag}:jd"'
        layers = [
            {tdb: f"{_J2000!r} + ({inputs[0]} - 2000) * 365.25"},
            {jd: _from_tdb(tdb, _scale(conversion))},
        ]
        return Steps([from_jd.format(x=jd)], layers)

    return inverse


def _elapsed(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """The time since an origin, a Julian date, and a correction to it if there is one, summed."""
    jd = f'"{tag}:jd"'
    layers = [{jd: f"(({' + '.join(inputs)}) + {float(conversion.options['origin_jd'])!r})"}]
    return Steps([f"2000 + ({_to_tdb(jd, _scale(conversion))} - {_J2000!r}) / 365.25"], layers)


def _time(about: str, to_jd: str, from_jd: str, unit: str | None) -> Converter:
    return Converter(
        about=about,
        forward=_forward(to_jd),
        inverse=_inverse(from_jd),
        units=(unit,),
        to_units=("yr",),
        options=("time_scale",),
    )


_JULIAN_DATES = {
    "JD": "{x}",
    "JD-2400000": "({x} + 2400000.0)",
    "MJD": "({x} + 2400000.5)",
    "Besselian year": f"({_B1900!r} + ({{x}} - 1900) * {_TROPICAL_YEAR!r})",
    "Besselian century": f"({_B1900!r} + ({{x}} * 100 - 1900) * {_TROPICAL_YEAR!r})",
    "Julian year": f"({_J2000!r} + ({{x}} - 2000) * 365.25)",
}
"""The Julian date of a number x, by what the number is."""


def _coded(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """A date whose kind a code beside it tells, by the option `codes`: "y = Besselian year, m = MJD"."""
    number, jd = f'"{tag}:number"', f'"{tag}:jd"'
    cases = []
    for code, kind in code_list(conversion):
        if kind not in _JULIAN_DATES:
            raise SpecError(f"conversion {conversion.by}: {kind} is none of {', '.join(_JULIAN_DATES)}")
        cases.append(f"WHEN {is_code(inputs[1], code)} THEN {_JULIAN_DATES[kind].format(x=number)}")
    layers = [
        {number: double(inputs[0])},
        {jd: f"CASE {' '.join(cases)} END"},
    ]
    tdb = _to_tdb(jd, _scale(conversion))
    if conversion.options.get("unit") == "d":
        return Steps([tdb], layers)
    return Steps([f"2000 + ({tdb} - {_J2000!r}) / 365.25"], layers)


_ISO_TO_JD = (
    "(epoch_us(TRY_CAST(replace(CAST({x} AS VARCHAR), '/', '-') AS TIMESTAMP)) / 86400000000.0 + 2440587.5)"
)
_ISO_FROM_JD = (
    "strftime(make_timestamp(CAST(round(({x} - 2440587.5) * 86400000) AS BIGINT) * 1000),"
    " '%Y-%m-%dT%H:%M:%S.%g')"
)

TIMES = {
    "jd_to_year": _time("Julian date", "{x}", "{x}", "d"),
    "mjd_to_year": _time("modified Julian date", "({x} + 2400000.5)", "({x} - 2400000.5)", "d"),
    "elapsed_to_year": Converter(
        about="[time since origin_jd] or [that, a correction to be added], to a Julian year",
        forward=_elapsed,
        units=("d",),
        to_units=("yr",),
        arity=(1, 2),
        options=("origin_jd", "time_scale"),
        needs=("origin_jd",),
    ),
    "year_to_year": _time(
        "Julian year in another time scale",
        f"({_J2000!r} + ({{x}} - 2000) * 365.25)",
        f"(2000 + ({{x}} - {_J2000!r}) / 365.25)",
        "yr",
    ),
    "besselian_to_year": _time(
        "Besselian year",
        f"({_B1900!r} + ({{x}} - 1900) * {_TROPICAL_YEAR!r})",
        f"(1900 + ({{x}} - {_B1900!r}) / {_TROPICAL_YEAR!r})",
        None,
    ),
    "coded_date": Converter(
        about="[date, code] to Julian year or date, as the column's unit; `codes` tells the kind of the date",
        forward=_coded,
        arity=(2,),
        options=("codes", "time_scale", "unit"),
        needs=("codes",),
    ),
    "iso_to_year": _time("ISO date, with or without time", _ISO_TO_JD, _ISO_FROM_JD, None),
}
