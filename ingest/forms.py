"""Which of a catalogue's forms a file is in: by its first bytes, its header, or its first records."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import astropy.units as u
import duckdb

from catalogdb.errors import CatalogError, DataError, NotOfForm, did_you_mean
from ingest.convert import Present, select
from ingest.converters.values import sql_literal
from ingest.describe import column_of, vounit
from ingest.fields import text_kinds
from ingest.readers import READERS, FileColumn, Source
from ingest.readers.base import match_columns, zone_of
from ingest.readers.stream import magic
from ingest.spec import FILE_UNIT, Field, Form, Spec
from ingest.unroll import ELEMENT, unrolled

SAMPLE = 200
"""Records that are tried when several forms are possible."""

_WELL_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """A file, the form it is in, and the spec with the columns that this file adds of itself.

    `header` are the names of all its columns, where it has such.
    """

    path: Path
    spec: Spec
    form: Form
    present: Present
    zone: str | None = None
    header: tuple[str, ...] | None = None

    def lacks(self, spec: Spec, name: str) -> bool:
        """Whether the file could have the field by its form in the catalogue's spec, and has not."""
        known = spec.form(self.form.name)
        return known is not None and known.field(name) is not None and self.form.field(name) is None

    def is_like(self, other: Plan) -> bool:
        """Whether both files are read in the same way, so that one statement may read both."""
        return (self.header, self.present, self.form, self.spec) == (
            other.header,
            other.present,
            other.form,
            other.spec,
        )


def kind_of(path: Path) -> str:
    """Return what the file is by its first bytes: fits, parquet, hdf5, votable, ecsv, json, binary, text."""
    if not path.exists():
        raise DataError(f"{path}: no such file")
    if path.is_dir():
        if next(path.rglob("*.parquet"), None) is not None:
            return "parquet"
        raise DataError(f"{path} is a folder: name the files in it")
    if not path.is_file():
        raise DataError(f"{path} is a pipe or a device: files are read more than once, so save it first")
    start = magic(path)
    if not start:
        raise DataError(f"{path} is empty: fetch it again")
    for kind, mark in (
        ("fits", b"SIMPLE  ="),
        ("parquet", b"PAR1"),
        ("hdf5", b"\x89HDF"),
        ("ecsv", b"# %ECSV"),
    ):
        if start.startswith(mark):
            return kind
    if b"<VOTABLE" in start or (start.lstrip().startswith(b"<?xml") and b"VOTABLE" in magic(path, 4096)):
        return "votable"
    if start.lstrip().startswith(b"{") and re.search(rb'"(metadata|data)"\s*:', start):
        return "json"
    control = sum(byte < 9 or 13 < byte < 32 for byte in start)
    return "binary" if control > len(start) // 50 else "text"


_READS = {
    "text": ("fixed_width", "delimited", "csv", "blanks", "vizier"),
    "ecsv": ("ecsv",),
    "fits": ("fits",),
    "parquet": ("parquet",),
    "hdf5": ("hdf5",),
    "votable": ("votable",),
    "json": ("json",),
    "binary": ("binary",),
}


def plan_file(
    con: duckdb.DuckDBPyConnection,
    spec: Spec,
    path: Path,
    form_name: str | None,
    likely: str | None = None,
) -> Plan:
    """Return how the file is to be read; DataError if no form, or more than one, fits it.

    The form `likely` is tried first, and taken where all of its first records are sound.
    """
    kind = kind_of(path)
    named = None if form_name is None else _named_form(spec, path, kind, form_name)
    if named is not None and not named.joins:
        return prepared(con, spec, named, path)
    allowed = spec.forms if named is None else _with_parts(spec, named)
    candidates = [form for form in allowed if form.reader in _READS[kind]]
    if not candidates:
        raise NotOfForm(f"{path} is a {kind} file, and {spec.name} has no such form: {_listed(spec)}")
    if len(candidates) == 1:
        return prepared(con, spec, candidates[0], path)
    for form in candidates:
        if form.name == likely and not _is_joined(spec) and _score(con, spec, form, path, {}) == 1:
            return prepared(con, spec, form, path)
    return prepared(con, spec, _best(con, spec, path, candidates), path)


def _is_joined(spec: Spec) -> bool:
    return any(form.joins for form in spec.forms)


def _with_parts(spec: Spec, form: Form) -> list[Form]:
    parts = {join.form for join in form.joins}
    return [form, *(other for other in spec.forms if other.name in parts)]


def check_first_records(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Raise NotOfForm for a file without named columns whose first records are not sound in its form."""
    if READERS[plan.form.reader].describe(plan.path, plan.form) is not None:
        return
    share = _score(con, plan.spec, plan.form, plan.path, {})
    if share < _WELL_ENOUGH:
        raise NotOfForm(
            f"{plan.path}: of its first {SAMPLE} records {share:.0%} are sound in form {plan.form.name}"
        )


def _listed(spec: Spec) -> str:
    return "; ".join(
        f"{form.name} ({form.reader}{': ' + form.about if form.about else ''})" for form in spec.forms
    )


def _named_form(spec: Spec, path: Path, kind: str, name: str) -> Form:
    form = spec.form(name)
    if form is None:
        near = did_you_mean(name, [f.name for f in spec.forms])
        raise DataError(f"{spec.name} has no form {name}{near}: {_listed(spec)}")
    text_read_as_binary = form.reader == "binary" and kind == "text"
    if form.reader not in _READS[kind] and not text_read_as_binary:
        raise NotOfForm(f"{path} is a {kind} file, which form {name} does not read: {_listed(spec)}")
    return form


def _best(con: duckdb.DuckDBPyConnection, spec: Spec, path: Path, candidates: list[Form]) -> Form:
    faults: dict[str, str] = {}
    scores = {form.name: _score(con, spec, form, path, faults) for form in candidates}
    best = max(scores.values())
    winners = [name for name, score in scores.items() if score == best]
    told = ", ".join(f"{name} {score:.0%}{faults.get(name, '')}" for name, score in scores.items())
    if not best or (best < _WELL_ENOUGH and not any(_names_columns(spec, name) for name in winners)):
        raise NotOfForm(
            f"{path} is in no form of {spec.name}: its columns known, or records sound: {told}. "
            f"Name the form with --form: {_listed(spec)}"
        )
    if len(winners) > 1:
        raise DataError(
            f"{path} may be in the form {' or '.join(winners)} of {spec.name}: say which with --form"
        )
    form = spec.form(winners[0])
    assert form is not None
    return form


def _names_columns(spec: Spec, name: str) -> bool:
    """Whether files of that form name their columns: then one that has those required is of that form."""
    form = spec.form(name)
    assert form is not None
    return form.header or form.reader not in {"fixed_width", "binary", "delimited", "blanks"}


def _score(
    con: duckdb.DuckDBPyConnection, spec: Spec, form: Form, path: Path, faults: dict[str, str]
) -> float:
    """Share of the first records that are sound in this form; of named columns, those it explains.

    A file that the form does not read at all scores 0, for the reason added to `faults`.
    """
    try:
        described = READERS[form.reader].describe(path, form)
        plan = prepared(con, spec, form, path)
        if described is not None:
            return len(match_columns(form, [c.name for c in described])) / max(1, len(described))
        source = unrolled(form, READERS[form.reader].open_located(con, path, form, "sample"))
        try:
            return _sound_share(con, plan, source)
        finally:
            con.unregister("sample")
    except CatalogError as error:
        faults[form.name] = f" ({str(error).removeprefix(f'{path}: ')})"
        return 0.0


def _sound_share(con: duckdb.DuckDBPyConnection, plan: Plan, source: Source) -> float:
    limited = f"(SELECT * FROM {with_special(plan.form, source.sql, plan.zone)} LIMIT {SAMPLE})"
    query = select(plan.spec, plan.form, present_of(plan.form, source), limited, located=True, broken=True)
    ((total, sound),) = con.execute(
        f"SELECT count(*), count(*) FILTER (_fault IS NULL) FROM ({query})", source.parameters
    ).fetchall()
    return sound / total if total else 0.0


def with_special(form: Form, source: str, zone: str | None) -> str:
    """Return the source with the columns "@zone" and "@record" that fields of the form come from."""
    wanted = {f.source for f in form.fields}
    added = []
    if "@zone" in wanted:
        added.append(f'CAST({"NULL" if zone is None else sql_literal(zone)} AS VARCHAR) AS "@zone"')
    if "@record" in wanted:
        added.append('row_number() OVER () AS "@record"')
    return f"(SELECT *, {', '.join(added)} FROM {source})" if added else source


def prepared(con: duckdb.DuckDBPyConnection, spec: Spec, form: Form, path: Path) -> Plan:
    """Return the plan of a file in a known form, its own further columns added to the spec."""
    reader = READERS[form.reader]
    zone = zone_of(path, form)
    if form.zone_from_name is not None and zone is None:
        raise NotOfForm(f"{path}: its name holds no zone as {form.zone_from_name} finds it")
    described = reader.describe(path, form)
    if described is not None:
        form = _with_units(path, spec, _without_absent(path, form, described), described)
        spec, form = _with_extra(path, spec, form, described)
    form = replace(form, kinds=text_kinds(spec, form))
    source = unrolled(form, reader.open_located(con, path, form, "probe"))
    con.unregister("probe") if source.sql == "probe" else None
    header = None if described is None else tuple(column.name for column in described)
    return Plan(path, spec, form, present_of(form, source), zone, header)


def present_of(form: Form, source: Source) -> Present:
    """Return the fields that a source has, with those of the file's name and the record's numbers."""
    columns, types = dict(source.columns), dict(source.types)
    for item in form.fields:
        if item.source in {"@zone", "@record", ELEMENT}:
            columns[item.name] = f'"{item.source}"'
            types[item.name] = "VARCHAR" if item.source == "@zone" else "BIGINT"
    return Present(columns, types, source.is_clean)


def _without_absent(path: Path, form: Form, described: list[FileColumn]) -> Form:
    """The form with only the fields that the file has; DataError for a required one that it lacks."""
    names = [column.name for column in described]
    found = match_columns(form, names)
    special = {f.name for f in form.fields if (f.source or "").startswith("@")}
    for item in form.fields:
        needed = item.name in form.required if form.required else not item.optional
        if needed and item.name not in found and item.name not in special:
            wanted = item.source or item.name
            raise NotOfForm(f"{path}: form {form.name} needs a column {wanted}{did_you_mean(wanted, names)}")
    return replace(form, fields=tuple(f for f in form.fields if f.name in found or f.name in special))


def _with_units(path: Path, spec: Spec, form: Form, described: list[FileColumn]) -> Form:
    """The form with the file's own units where it relies on them; DataError where the file tells none."""
    if all(item.unit != FILE_UNIT for item in form.fields):
        return form
    units = {column.name: column.unit for column in described}
    found = match_columns(form, list(units))
    fields = []
    for item in form.fields:
        if item.unit == FILE_UNIT:
            unit = units[found[item.name]]
            if not unit or vounit(unit) is None:
                told = "has no unit" if not unit else f"is in {unit!r}, which is no unit"
                raise DataError(f"{path}: column {found[item.name]} {told}: write its unit into the file")
            wanted = next((c.unit for c in spec.columns if c.name == item.name and c.unit is not None), unit)
            if not u.Unit(unit).is_equivalent(u.Unit(wanted)):
                raise DataError(f"{path}: column {found[item.name]} is in {unit}, not in a unit of {wanted}")
            item = replace(item, unit=unit)
        fields.append(item)
    return replace(form, fields=tuple(fields))


def _with_extra(path: Path, spec: Spec, form: Form, described: list[FileColumn]) -> tuple[Spec, Form]:
    found = set(match_columns(form, [c.name for c in described]).values())
    extra = [c for c in described if c.name not in found]
    if not extra or form.extra == "drop":
        return spec, form
    if form.extra == "refuse":
        raise DataError(f"{path}: form {form.name} knows no column {', '.join(c.name for c in extra[:5])}")
    taken = {c.name for c in spec.columns} | {"hpx29"}
    columns = []
    fields = []
    for described_column in extra:
        column = column_of(described_column, taken)
        taken.add(column.name)
        columns.append(column)
        fields.append(_extra_field(form, column.name, described_column))
    return (
        replace(spec, columns=(*spec.columns, *columns)),
        replace(form, fields=(*form.fields, *fields), loose=tuple(c.name for c in columns)),
    )


def _extra_field(form: Form, name: str, described: FileColumn) -> Field:
    """The field of a column that the file has beyond the form; a unit not understood converts nothing."""
    unit = described.unit if vounit(described.unit) else None
    return Field(name=name, source=described.name, unit=unit, null=form.null)
