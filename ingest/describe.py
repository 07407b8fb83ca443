"""A file's own column as a Column of ours; what the file does not say is guessed."""

from __future__ import annotations

import re

import astropy.units as u
from astropy.io.votable.ucd import check_ucd

from catalogdb.reserved import ADQL_RESERVED
from catalogdb.schema import TYPES, Column
from ingest.readers.base import FileColumn

_SQL_TYPES = {
    "FLOAT": "REAL",
    "HUGEINT": "DOUBLE",
    "UBIGINT": "BIGINT",
    "UINTEGER": "BIGINT",
    "USMALLINT": "INTEGER",
    "UTINYINT": "SMALLINT",
    "TINYINT": "SMALLINT",
    "DATE": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "BLOB": "VARCHAR",
}

_UCD_PATTERNS = (
    (r"(^|_)(corr|rho)(_|$)", "stat.correlation"),
    (r"^ra(j2000|_?icrs|deg)?$|^alpha(_?j2000)?$|^raj2000$", "pos.eq.ra"),
    (r"^de(c|j2000|_?icrs|deg|cl)?(j2000)?$|^delta(_?j2000)?$|^dec(_?icrs|deg)$", "pos.eq.dec"),
    (r"^(pm_?ra|mu_?alpha)", "pos.pm;pos.eq.ra"),
    (r"^(pm_?de|mu_?delta)", "pos.pm;pos.eq.dec"),
    (r"^(plx|parallax)", "pos.parallax.trig"),
    (r"(radial_?velocity|^rv$|^hrv$|^vrad$)", "spect.dopplerVeloc.opt"),
    (r"(^|_)(epoch|jd|mjd|date|bjd|hjd|time)(_|$)", "time.epoch"),
    (r"(^|_)(glon|l)$", "pos.galactic.lon"),
    (r"(^|_)(glat|b)$", "pos.galactic.lat"),
    (r"teff", "phys.temperature.effective"),
    (r"logg", "phys.gravity"),
    (r"(fe_h|feh|(^|_)m_h(_|$)|(^|_)mh_|\bmetal)", "phys.abund.Fe"),
    (r"(^|_)(dist|distance|r_med|r_lo|r_hi)", "pos.distance"),
    (r"(flag|qual|flg)", "meta.code.qual"),
    (r"(^|_)(id|oid|name|designation|key|source|number|hip|tyc|hd|wds|index)(_|$|\d)|(_|^)id", "meta.id"),
    (r"(mag$|^[ubvrijhkg]mag|mag_|_m$|_mag_|m\d?pro$)", "phot.mag"),
    (r"flux", "phot.flux"),
    (r"^(ref|bibcode|reference)", "meta.ref"),
    (r"^(n_|num|nb_)|_n_|_nb_|obs$|transits", "meta.number"),
)
_UNIT_UCDS = (
    ("mag", "phot.mag"),
    ("mas/yr", "pos.pm"),
    ("km/s", "phys.veloc"),
    ("pc", "pos.distance"),
    ("d", "time.duration"),
    ("K", "phys.temperature"),
    ("deg", "pos.angDistance"),
)
_ERROR = re.compile(r"(^e_|(?<!_over)_error$|^err_|_err$|^sig_?|sigcom$|_sigma$|^sd_)")


def sql_name(name: str, taken: set[str]) -> str:
    """Return the column name for a source's: lower case, [a-z0-9_], not reserved, not yet taken."""
    plain = re.sub(r"[^a-z0-9_]", "_", name.lower()) or "_"
    if plain[0].isdigit():
        plain = "_" + plain
    if plain in ADQL_RESERVED:
        plain += "_"
    unique, number = plain, 2
    while unique in taken:
        unique, number = f"{plain}_{number}", number + 1
    return unique


def vounit(unit: str | None) -> str | None:
    """Return the unit in VOUnit's words, None if it is none that can be understood."""
    if not unit:
        return ""
    if unit.strip().lower() in {"-", "---", "none", "dimensionless", "unitless"}:
        return ""
    for text in (unit, unit.replace(" ", "."), unit.replace("'", "")):
        try:
            written = str(u.Unit(text).to_string("vounit"))
            u.Unit(written, format="vounit", parse_strict="raise")
        except (ValueError, TypeError):
            continue
        return written
    return None


def guess_ucd(name: str, unit: str, kind: str, given: str | None = None) -> str:
    """Return the file's UCD if the vocabulary has it, else one guessed from the name and unit."""
    if given and check_ucd(given, check_controlled_vocabulary=True):
        return given
    lowered = name.lower()
    stem = _ERROR.sub("", lowered)
    found = next(
        (ucd for pattern, ucd in _UCD_PATTERNS if _fits(ucd, kind) and re.search(pattern, stem)), None
    )
    if found is None and unit:
        found = next((ucd for text, ucd in _UNIT_UCDS if _same_kind(unit, text)), None)
    if found is None:
        found = (
            "meta.note"
            if kind in {"VARCHAR", "BOOLEAN"}
            else "meta.number"
            if "INT" in kind
            else "stat.value"
        )
    if _ERROR.search(lowered) and not found.startswith(("meta", "stat")):
        return f"stat.error;{found}"
    return found


def _fits(ucd: str, kind: str) -> bool:
    """Whether a column of that type can be such a thing: truth is no latitude, and text no magnitude."""
    if kind == "BOOLEAN":
        return ucd == "meta.code.qual"
    if kind in {"VARCHAR", "TIMESTAMP"}:
        return ucd.startswith(("meta", "time", "pos.eq"))
    return True


def _same_kind(unit: str, text: str) -> bool:
    return bool(u.Unit(unit).is_equivalent(u.Unit(text)))


def sql_type(kind: str) -> str:
    """Return the column type for a DuckDB type, text where there is no nearer one."""
    is_list = kind.endswith("[]")
    base = kind.removesuffix("[]")
    base = _SQL_TYPES.get(base, "DOUBLE" if base.startswith("DECIMAL") else base)
    named = base + ("[]" if is_list else "")
    return named if named in TYPES else "VARCHAR"


def column_of(described: FileColumn, taken: set[str]) -> Column:
    """Return the Column for one of a file's own; `taken` names stay different from its own."""
    name = sql_name(described.name, taken)
    kind = sql_type(described.type)
    number = kind.removesuffix("[]") not in {"VARCHAR", "BOOLEAN", "TIMESTAMP"}
    unit = vounit(described.unit)
    ucd = guess_ucd(described.name, unit or "", kind, described.ucd)
    about = described.about.strip() or described.name.strip() or "A column without a name"
    if number and unit is None:
        about += f" [{described.unit}, a unit that VOUnit does not have]"
    return Column(
        name=name,
        type=kind,
        ucd=ucd,
        unit=(unit or "") if number else None,
        about=about,
        source_name=described.name if described.name != name else None,
    )
