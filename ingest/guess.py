"""What a user's own table means: identifier, position, epoch, motions, units and UCDs, guessed and shown."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import astropy.units as u

from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import DataError, did_you_mean
from catalogdb.schema import Column, Position, Table
from ingest.describe import column_of, sql_type, vounit
from ingest.forms import kind_of
from ingest.readers import READERS, FileColumn
from ingest.readers.other_tables import other_tables
from ingest.readers.sniff import SENTINEL, with_sentinels
from ingest.readers.stream import open_text
from ingest.readers.vizier import MARK as VIZIER
from ingest.spec import Conversion, Field, Form, Spec

log = logging.getLogger(__name__)

_NAMES: dict[str, tuple[str, ...]] = {
    "source_id": ("source_id", "sourceid", "source", "id", "object_id", "objid", "designation", "name",
                  "_2mass", "2mass", "hip", "tyc", "kic", "tic", "star", "starid", "identifier", "main_id"),
    "ra": ("ra", "ra_icrs", "raj2000", "radeg", "ra_deg", "_raj2000", "alpha", "alpha_j2000", "ra_j2000",
           "raicrs", "right_ascension", "ra_deg_j2000", "ra1"),
    "dec": ("dec", "de_icrs", "dej2000", "decdeg", "dedeg", "dec_deg", "de", "_dej2000", "delta",
            "delta_j2000", "dec_j2000", "decj2000", "dec_icrs", "deicrs", "declination", "decl", "dec1"),
    "ref_epoch": ("ref_epoch", "epoch", "refepoch", "ep", "obs_epoch", "epoch_yr"),
    "ra_error": ("ra_error", "e_ra", "era", "e_ra_icrs", "e_raj2000", "sigra", "ra_err", "raerr"),
    "dec_error": ("dec_error", "e_dec", "e_de", "e_de_icrs", "e_dej2000", "sigde", "sigdec", "dec_err",
                  "decerr"),
    "parallax": ("parallax", "plx"),
    "parallax_error": ("parallax_error", "e_plx", "plx_error", "plx_err", "parallax_err"),
    "pmra": ("pmra", "pm_ra", "pmra_cosdec", "pm_ra_cosdec", "pmracosdec"),
    "pmdec": ("pmdec", "pmde", "pm_dec", "pm_de"),
    "pmra_error": ("pmra_error", "e_pmra", "pmra_err", "e_pm_ra"),
    "pmdec_error": ("pmdec_error", "e_pmde", "e_pmdec", "pmdec_err", "e_pm_de"),
    "radial_velocity": ("radial_velocity", "rv", "hrv", "rvel", "vrad", "radvel"),
    "radial_velocity_error": ("radial_velocity_error", "e_rv", "e_hrv", "rv_err", "rv_error", "e_radvel"),
}  # fmt: skip

_MISSING = ("null", "Null", "NULL", "NaN", "nan", "NAN", "None", "N/A")
"""Written by other programs for missing numbers; text says what it says, and in positions NaN is an error."""

_TEXT_READERS = ("csv", "ecsv", "blanks", "vizier")
"""Readers of text, in which a word may stand for a number that is missing."""

_ROLE_UCDS = {"source_id": "meta.id;meta.main", "ra": "pos.eq.ra;meta.main", "dec": "pos.eq.dec;meta.main"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What is taken for what in a file, ready to be shown, and to be read by.

    `roles` maps our column to the file's; `notes` says what was assumed where the file is silent,
    `unread` which of its tables are not read.
    """

    file: Path
    spec: Spec
    roles: Mapping[str, str]
    notes: tuple[str, ...] = ()
    unread: str = ""
    table: Table | None = field(default=None)

    def __str__(self) -> str:
        lines = [f"{self.file.name} as {self.spec.name}:"]
        form = self.spec.forms[0]
        taken = {c.name: c for c in self.spec.columns}
        for item in form.fields:
            column = taken.get(item.name)
            if column is None:
                continue
            unit = f" [{item.unit or column.unit}]" if item.unit or column.unit else ""
            role = f" -> {column.name}" if column.name in self.roles else ""
            lines.append(f"  {item.source or item.name:<24}{role:<26}{column.type:<9}{unit:<14} {column.ucd}")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def guess_table(
    file: str | Path,
    name: str = "user_table",
    *,
    id: str | None = None,  # noqa: A002  (the command's --id)
    ra: str | None = None,
    dec: str | None = None,
    epoch: str | float | None = None,
) -> Guess:
    """Return what the file's columns mean, by its metadata, else by names and units.

    `id`, `ra`, `dec` name columns that override the guess; `epoch` names one, or is a Julian year
    for all rows. Raises DataError for a file of no readable kind, or a column that it does not have.
    """
    path = Path(file)
    form = _form_of(path)
    described = READERS[form.reader].describe(path, form)
    if not described:
        raise DataError(f"{path}: it has no named columns; write a spec for it (docs/adding_a_catalogue.md)")
    if form.reader == "hdf5":  # it has no mark for a missing number but NaN, which whole numbers lack
        described = with_sentinels(described, READERS[form.reader], path, form)
    names = [column.name for column in described]
    if all(map(_is_number, filter(None, names))):
        raise DataError(f"{path}: numbers stand where the names of columns should: write a line with names")
    given = {"source_id": id, "ra": ra, "dec": dec, "ref_epoch": epoch if isinstance(epoch, str) else None}
    constant, given = _constant_epoch(epoch, given, names)
    roles = _roles(described, {key: item for key, item in given.items() if item is not None}, path)
    unread = _other_tables(path, form)
    notes = [unread] if unread else []
    spec = _spec(path, name, form, described, roles, constant, notes)
    return Guess(file=path, spec=spec, roles=roles, notes=tuple(notes), unread=unread)


def _other_tables(path: Path, form: Form) -> str:
    """A note on the tables of a file that are not read, which is logged too; empty if there are none."""
    others = other_tables(path, form)
    if not others:
        return ""
    note = (
        f"the first table is read; the file has others: {', '.join(others)}. "
        f'For another write a spec with table = "{others[0]}" in its form (docs/adding_a_catalogue.md), '
        "or save it as a file of its own"
    )
    log.warning("%s: %s", path, note)
    return note


def _constant_epoch(
    epoch: str | float | None, given: dict[str, str | None], names: list[str]
) -> tuple[float | None, dict[str, str | None]]:
    """A year for all rows, when `epoch` is a number and no column of that name."""
    if epoch is None or str(epoch) in names:
        return None, given
    try:
        return float(epoch), given | {"ref_epoch": None}
    except ValueError:
        return None, given


def _form_of(path: Path) -> Form:
    kind = kind_of(path)
    if kind == "text":
        return _text_form(path)
    if kind == "binary":
        raise DataError(f"{path} is no Parquet, CSV, ECSV, FITS, VOTable, HDF5 or JSON file")
    return Form(name=kind, reader=kind, fields=())


def _text_form(path: Path) -> Form:
    """Text of VizieR by its head; else by the delimiter, blanks where there is no other."""
    with open_text(path, "utf-8") as stream:
        head = list(islice(stream, 3))
        if any(line.startswith("#") and VIZIER in line for line in head):
            return Form(name="vizier", reader="vizier", fields=())
        lines = (x for x in chain(head, stream) if x.strip() and not x.startswith("#"))
        first, second = next(lines, ""), next(lines, "")
    delimiter = max(",;|\t", key=first.count)
    found = delimiter in first.strip()
    if delimiter == "\t" and second and first.count(delimiter) != second.count(delimiter):
        found = False  # tabs among blanks
    words, more = len(first.split()), len(second.split())
    if not found and second and words != more:
        told = f"{path}: its first lines hold {words} and {more} words between blanks"
        raise DataError(f"{told}: text in fixed columns needs a spec (docs/adding_a_catalogue.md)")
    reader = "csv" if found else "blanks"
    return Form(
        name=reader, reader=reader, fields=(), delimiter=delimiter, header=True, comment="#", null=_MISSING
    )


def _is_number(word: str) -> bool:
    return bool(re.fullmatch(r"\s*[+-]?\d[\d.]*([eE][+-]?\d+)?\s*", word))


def _roles(described: Iterable[FileColumn], given: Mapping[str, str], path: Path) -> dict[str, str]:
    """Our column -> the file's: as given, else by UCD, else by name; each column of the file once."""
    names = [c.name for c in described]
    roles: dict[str, str] = {}
    for role, column in given.items():
        match = column if column in names else next((n for n in names if n.lower() == column.lower()), None)
        if match is None:
            raise DataError(f"{path}: it has no column {column}{did_you_mean(column, names)}")
        roles[role] = match
    by_ucd = {c.ucd: c.name for c in reversed(list(described)) if c.ucd}
    lowered = {n.lower(): n for n in reversed(names)}
    for role, known in _NAMES.items():
        if role in roles:
            continue
        found = next((lowered[n] for n in known if n in lowered), None) or by_ucd.get(
            _ROLE_UCDS.get(role, "-")
        )
        if found is not None and found not in roles.values():
            roles[role] = found
    if ("ra" in roles) != ("dec" in roles):
        roles = {role: column for role, column in roles.items() if role not in {"ra", "dec"}}
    return roles


def _spec(
    path: Path,
    name: str,
    form: Form,
    described: list[FileColumn],
    roles: dict[str, str],
    constant: float | None,
    notes: list[str],
) -> Spec:
    columns: list[Column] = []
    fields: list[Field] = []
    convert: list[Conversion] = []
    by_name = {column: role for role, column in roles.items()}
    taken: set[str] = {*roles, "hpx29"}
    for item in described:
        role = by_name.get(item.name)
        if role is None:
            column = column_of(item, taken)
            taken.add(column.name)
            columns.append(column)
            unit = item.unit if vounit(item.unit) else None
            fields.append(
                Field(
                    name=column.name, source=item.name, unit=unit, null=_marks(item, column.type, form, notes)
                )
            )
        else:
            columns.append(_role_column(role, item))
            fields += _role_fields(role, item, columns[-1].type, form, convert, notes)
    positional = {"ra", "dec"} <= set(roles)
    if positional and constant is None and "ref_epoch" not in roles:
        notes.append("no epoch: positions are matched as they stand; give one with --epoch YEAR or COLUMN")
    if positional and not any(c.name == "ref_epoch" for c in columns) and constant is not None:
        columns.append(ASTROMETRY["ref_epoch"])
    if "source_id" not in roles:
        notes.append("no identifier; name one with --id COLUMN")
    if positional:
        notes.append("positions are taken as ICRS")
    named: dict[str, Any] = {
        role: role for role in ("ra_error", "dec_error", "parallax", "pmra", "pmdec") if role in roles
    }
    position = Position(name="listed", **named)
    loose = tuple(c.name for c in columns if c.name not in roles and c.name != "ref_epoch")
    has_epoch = any(c.name == "ref_epoch" for c in columns)
    return Spec(
        name=name,
        title=path.name,
        about=f"A table of the user's own, from {path.name}",
        columns=tuple(columns),
        forms=(replace(form, fields=tuple(fields), convert=tuple(convert), loose=loose),),
        positions=(position,) if positional and has_epoch else (),
        frame="ICRS" if positional else "",
        frame_note="taken as ICRS; the file does not say" if positional else "",
        ref_epoch=constant,
        unique=False,
        source=str(path),
    )


def _role_column(role: str, item: FileColumn) -> Column:
    if role == "source_id":
        kind = sql_type(item.type)
        kind = kind if kind in {"BIGINT", "INTEGER", "VARCHAR"} else "VARCHAR"
        return Column(
            name=role, type=kind, ucd="meta.id;meta.main", about=item.about.strip() or "Identifier",
            source_name=item.name if item.name != role else None, principal=True,
        )  # fmt: skip
    column = ASTROMETRY[role]
    return replace(column, source_name=item.name) if item.name != role else column


def _role_fields(
    role: str, item: FileColumn, kind: str, form: Form, convert: list[Conversion], notes: list[str]
) -> list[Field]:
    """The field of a role, with its unit, and the conversion that a text or a date needs."""
    target = ASTROMETRY.get(role)
    text = sql_type(item.type) == "VARCHAR" and not item.mostly_number
    if role in {"ra", "dec"} and text:
        hours = role == "ra"
        by = "sexagesimal_hours" if hours else "sexagesimal_degrees"
        notes.append(f"{item.name} is text: read as sexagesimal {'hours' if hours else 'degrees'}")
        convert.append(Conversion(by=by, source=(f"_{role}_text",), to=(role,)))
        return [Field(name=f"_{role}_text", source=item.name, null=_null(form))]
    unit = item.unit if vounit(item.unit) else None
    if role == "ref_epoch":
        date = _date_kind(item, unit)
        if date is not None:
            notes.append(f"{item.name} is read by {date} as TDB")
            convert.append(Conversion(by=date, source=("_epoch",), to=("ref_epoch",)))
            return [
                Field(
                    name="_epoch",
                    source=item.name,
                    null=_null(form),
                    type=None if date == "iso_to_year" else "DOUBLE",
                )
            ]
        unit = None if unit is None or not u.Unit(unit).is_equivalent(u.yr) else unit
    if target is not None and unit is not None and not u.Unit(unit).is_equivalent(u.Unit(target.unit)):
        notes.append(f"{item.name} is in {unit}, taken for {target.unit}")
        unit = None
    if target is not None and unit is None and role != "ref_epoch":
        notes.append(f"{item.name} has no unit: taken as {target.unit}")
    if role in {"ra", "dec"} or (role == "source_id" and kind != "VARCHAR"):
        marks: tuple[str | int, ...] = _null(form)
    else:
        marks = _marks(item, kind, form, notes)
    return [Field(name=role, source=item.name, unit=unit, null=marks)]


def _null(form: Form) -> tuple[str, ...]:
    """What stands for a missing position or date."""
    return ("null",) if form.reader in _TEXT_READERS else ()


def _marks(item: FileColumn, kind: str, form: Form, notes: list[str]) -> tuple[str | int, ...]:
    """What stands for a missing value: nothing but blanks in text, and in formats that have their own."""
    marks = _MISSING if form.reader in _TEXT_READERS and kind != "VARCHAR" else ()
    if not item.sentinels or kind == "VARCHAR":
        return marks
    notes.append(f"{item.name}: {SENTINEL} taken as missing ({item.sentinels} rows)")
    return (*marks, SENTINEL)


def _date_kind(item: FileColumn, unit: str | None) -> str | None:
    """The conversion that dates need, by name and unit; None for a year."""
    if sql_type(item.type) in {"VARCHAR", "TIMESTAMP"}:
        return "iso_to_year"
    lowered = item.name.lower()
    if "mjd" in lowered:
        return "mjd_to_year"
    if re.search(r"(^|_)[bh]?jd", lowered) or unit == "d":
        return "jd_to_year"
    return None
