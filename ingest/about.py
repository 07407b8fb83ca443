"""What a spec tells of its catalogue, in words: for the list, for one catalogue, and as plain data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from catalogdb.schema import Column, Identifier
from ingest.spec import Field, Form, Spec
from ingest.table import spec_table

_NONE_AT_ALL = re.compile(r"no real rows\b", re.IGNORECASE)
_NONE_OF_SOME_FORM = re.compile(r"\bno real rows?\b", re.IGNORECASE)


def checked_on(spec: Spec) -> str:
    """`real rows`, `some forms` if there were none of others, `simulated` if there were none at all.

    It follows from the words `no real rows` in the spec's key `verified`; nothing where that is empty.
    """
    if not spec.verified:
        return ""
    if _NONE_AT_ALL.match(spec.verified):
        return "simulated"
    return "some forms" if _NONE_OF_SOME_FORM.search(spec.verified) else "real rows"


def epoch_of(spec: Spec) -> str:
    """The epoch of the listed position: one for all rows, `by row`, or nothing where there is none."""
    if spec.ref_epoch is not None:
        return f"J{spec.ref_epoch:.12g}" if spec.ref_epoch % 1 else f"J{spec.ref_epoch:.1f}"
    return "by row" if spec.column("ra") is not None else ""


def frame_of(spec: Spec) -> str:
    """The system of the listed positions, with the equinox where it is named."""
    return " ".join(filter(None, (spec.frame, spec.equinox)))


LIST = ("name", "group", "title", "source", "rows", "epoch", "frame", "forms", "checked_on", "verified")
"""What the list of catalogues says of each."""

SHOWN = ("name", "title", "rows", "epoch", "frame", "forms", "checked_on")
"""The part of it that a terminal has room for."""


def line(spec: Spec) -> tuple[Any, ...]:
    """A catalogue's line of the list, the values of `LIST`."""
    forms = ", ".join(form.name for form in spec.forms)
    start = (spec.name, spec.group, spec.title, spec.source, spec.rows)
    return (*start, epoch_of(spec), frame_of(spec), forms, checked_on(spec), spec.verified)


def told(spec: Spec) -> tuple[str, list[tuple[str, str]], list[tuple[str, str]], tuple[Column, ...]]:
    """A catalogue in full: a heading, labelled facts, its forms with how they look, its columns."""
    heading = f"{spec.name}: {spec.title}. {spec.about.rstrip('.')}."
    return (
        heading,
        facts(spec),
        [(form.name, form_text(form)) for form in spec.forms],
        spec_table(spec).columns,
    )


def facts(spec: Spec) -> list[tuple[str, str]]:
    """What is known of a catalogue but for its forms and columns: a label and a text each, none empty."""
    positional = spec.column("ra") is not None
    listed = [
        ("reference", " ".join(filter(None, (spec.reference, spec.bibcode)))),
        ("source", spec.source),
        ("rows expected", "" if spec.rows is None else f"{spec.rows:,}"),
        ("identifier", _identifier(spec)),
        ("frame", frame_of(spec)),
        ("brought to ICRS", _turned(spec) if positional else ""),
        ("epoch", epoch_of(spec)),
        ("epoch statement", spec.epoch_note),
        (
            "time scale",
            spec.time_scale + ("; the table's epochs are TDB" if spec.time_scale != "TDB" else ""),
        ),
        *_positions(spec),
        ("systematic errors", spec.systematics),
        ("shared observations", _shared(spec)),
        ("other identifiers", ", ".join(_names(each) for each in spec.identifiers)),
        ("asked for at", ", ".join(f"{each.service} ({each.table})" for each in spec.remote)),
        ("verified", spec.verified),
    ]
    return [(label, text) for label, text in listed if text]


def _identifier(spec: Spec) -> str:
    column = next((c for c in spec_table(spec).columns if c.name == "source_id"), None)
    if column is None:
        return ""
    named = f" ({column.source_name})" if column.source_name else ""
    return f"source_id{named}: {column.about}" + ("" if spec.unique else "; may stand in several rows")


def _turned(spec: Spec) -> str:
    how = {
        "": "as it is, without a rotation",
        "fk5_to_icrs": "turned from FK5, J2000",
        "fk4_to_icrs": f"turned from FK4, {spec.equinox or 'B1950'}",
    }[spec.rotate]
    return f"{how}. {spec.frame_note}"


def _positions(spec: Spec) -> list[tuple[str, str]]:
    """Each position with where it stands, when the stars were there, and whether it is independent."""
    told = []
    for each in spec_table(spec).positions:
        epochs = dict.fromkeys((each.ra_epoch, each.dec_epoch))
        where = f"({each.ra}, {each.dec}) at {', '.join(epochs)}"
        kind = "independent" if each.independent else "not independent"
        about = f": {each.about}" if each.about else ""
        told.append((f"position {each.name}", f"{where}, {kind}{about}"))
    return told


def _shared(spec: Spec) -> str:
    group = spec.shared_data_group
    return f"group {group}: an analysis counts the catalogues of a group once" if group else ""


def _names(identifier: Identifier) -> str:
    kind = " (of the system)" if identifier.of == "system" else ""
    return f"{identifier.namespace or identifier.namespace_column} in {identifier.column}{kind}"


# --- how files look --------------------------------------------------------------------------------


def form_text(form: Form) -> str:
    """What a form is, where its files come from, and how they look."""
    told = [part for part in (form.about, form.source, looks(form)) if part]
    return ". ".join(
        part[0].upper() + part[1:] if part[0].islower() and i else part for i, part in enumerate(told)
    )


def looks(form: Form) -> str:
    """How files of a form look: the kind, how records and fields are told apart, what makes the form."""
    parts = [_KINDS[form.reader](form), *_lines_between(form)]
    if form.unroll:
        parts.append(f"one row for each element of {', '.join(form.unroll)}")
    for join in form.joins:
        parts.append(
            f"joined on {join.on} with files of form {join.form}{' if given' if join.optional else ''}"
        )
    if form.zone_from_name:
        parts.append(f"zone in the file's name ({form.zone_from_name})")
    if form.encoding != "utf-8":
        parts.append(f"in {form.encoding}")
    told = _told_by(form)
    if told:
        parts.append(f"known by {told}")
    return "; ".join(parts)


def _lines_between(form: Form) -> Iterator[str]:
    """Which lines are no records, and what becomes of them."""
    if form.comment:
        yield f"leading lines with {form.comment} left out"
    if form.skip:
        yield f"{form.skip} leading {'line' if form.skip == 1 else 'lines'} left out"
    if form.head:
        yield "the lines of a head left out"
    if form.section:
        yield f"records below a line of {form.section[0]}"
    if form.context:
        yield f"{', '.join(each.name for each in form.context)} from lines above the records"


def _fixed_width(form: Form) -> str:
    if form.width is not None:
        return f"lines of {form.width} bytes"
    last = max((item.bytes[1] for item in form.fields if item.bytes), default=0)
    return f"lines of {last} bytes, trailing blanks may be cut"


def _delimited(form: Form) -> str:
    marks = {"\t": "tabs", " ": "blanks", ",": "commas", "|": "vertical bars", ";": "semicolons"}
    names = "a line of names first" if form.header else f"{len(form.fields)} fields, without names"
    return f"fields between {marks.get(form.delimiter, form.delimiter)}, {names}"


def _blanks(form: Form) -> str:
    names = "a line of names first" if form.header else f"{len(form.fields)} fields, without names"
    return f"fields with blanks or tabs between them, {names}"


def _binary(form: Form) -> str:
    size = sum(np.dtype(item.type).itemsize for item in form.fields if item.type)
    return f"binary records of {size} bytes"


def _in_file(kind: str) -> Callable[[Form], str]:
    return lambda form: f"{kind}, table {form.table}" if form.table is not None else kind


_KINDS: dict[str, Callable[[Form], str]] = {
    "fixed_width": _fixed_width,
    "delimited": _delimited,
    "csv": lambda form: "CSV with a line of names first",
    "blanks": _blanks,
    "vizier": lambda form: "text of VizieR, with names and units above the rows",
    "ecsv": lambda form: "ECSV of astropy",
    "fits": _in_file("FITS table"),
    "votable": _in_file("VOTable"),
    "parquet": lambda form: "Parquet",
    "hdf5": _in_file("HDF5"),
    "json": lambda form: "JSON of a TAP service",
    "binary": _binary,
}

_SHOWN = 6
"""Columns that are named where a form is known by them; the others are counted."""


def _told_by(form: Form) -> str:
    """The columns by which files of named columns are known to be of the form."""
    named = form.reader not in {"fixed_width", "binary"} and (
        form.header or form.reader not in {"delimited", "blanks"}
    )
    if not named:
        return ""
    wanted = form.required or tuple(f.name for f in form.fields if not f.optional)
    names = [
        item.source or item.name
        for item in form.fields
        if item.name in wanted and not (item.source or "").startswith("@")
    ]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


# --- as data ---------------------------------------------------------------------------------------


def described(spec: Spec) -> dict[str, Any]:
    """Everything that a spec says, for JSON: its keys, what follows from them, forms and columns."""
    table = spec_table(spec)
    own = {
        f.name: getattr(spec, f.name)
        for f in fields(spec)
        if f.name not in {"columns", "forms", "positions", "identifiers", "remote", "sha256", "path"}
    }
    return own | {
        "epoch": epoch_of(spec),
        "checked_on": checked_on(spec),
        "positions": [asdict(each) for each in table.positions],
        "identifiers": [asdict(each) for each in spec.identifiers],
        "remote": [asdict(each) for each in spec.remote],
        "forms": [form.name for form in spec.forms],
        "form_details": [_form(form) for form in spec.forms],
        "columns": [_column(column) for column in table.columns],
    }


def _form(form: Form) -> dict[str, Any]:
    told = {"name": form.name, "about": form.about, "reader": form.reader, "looks": looks(form)}
    return told | {"fields": [_given(item) for item in form.fields]}


def _given(item: Field) -> dict[str, Any]:
    """The keys of a field that differ from their defaults."""
    defaults = {f.name: f.default for f in fields(item)}
    return {key: value for key, value in asdict(item).items() if value != defaults[key]}


def _column(column: Column) -> dict[str, Any]:
    keys = ("name", "source_name", "type", "unit", "ucd", "about", "nullable")
    return {key: getattr(column, key) for key in keys}
