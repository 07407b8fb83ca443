"""Spec: what a catalogue is, in which forms it comes, and what each field of a form becomes.

A spec is written in TOML (docs/adding_a_catalogue.md) and read by `ingest.toml`; the classes here
hold it after every key and name was checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from catalogdb.schema import Column, Identifier, Position

ICRS_ALIGNED = ("ICRS", "HCRF", "Tycho", "Gaia-CRF1", "Gaia-CRF2", "Gaia-CRF3")
"""Frames whose axes are those of the ICRS to within the catalogue's own errors: never rotated."""

ROTATIONS = {"FK5": "fk5_to_icrs", "FK4": "fk4_to_icrs"}
"""The rotation that each older frame needs, by frame."""

TIME_SCALES = ("UTC", "TT", "TDB", "TCB")
FILE_UNIT = "@file"
"""Instead of a field's unit: the one that the file itself gives its column."""

OPEN = ("", "low", "high", "both")
"""Which of a field's limits a value must not reach."""

EXTRAS = ("keep", "drop", "refuse")

GROUPS = (
    "astrometry",
    "Gaia",
    "photometry",
    "plates",
    "double stars",
    "spectroscopy",
    "time series",
    "planets",
    "Milky Way",
    "cross-identifications",
    "samples",
    "other",
)
"""Kinds of catalogues, under which they are listed, in that order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a record: where it stands, its type, unit and marks of absence.

    Its value is raw * scale + offset in `unit`, within `limits`, of which `open_limits` are left out
    themselves; a text begins with `starts`. A field with the name of a column becomes that column; any
    other is the input of a conversion, or starts with _ and is not kept.
    """

    name: str
    bytes: tuple[int, int] | None = None
    source: str | None = None
    other_sources: tuple[str, ...] = ()
    type: str | None = None
    format: str | None = None
    unit: str | None = None
    null: tuple[str | int | float, ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    limits: tuple[float, float] | None = None
    open_limits: str = ""
    values: tuple[str | int | float, ...] = ()
    starts: str = ""
    optional: bool = False
    plus: bool = False

    @property
    def source_names(self) -> tuple[str, ...]:
        """Names that it may have in a file, the first of them in files that we write."""
        return (self.name if self.source is None else self.source, *self.other_sources)

    @property
    def linear(self) -> bool:
        """Whether the raw number is scaled or shifted."""
        return self.scale != 1.0 or self.offset != 0.0

    @property
    def width(self) -> int | None:
        """Characters of its Fortran-like format; None if it has none, or 0: as many as needed."""
        match = re.match(r"[AIFED](\d+)", self.format or "")
        return (int(match[1]) or None) if match else None

    @property
    def decimals(self) -> int | None:
        """Decimals of its Fortran-like format, such as F13.10; None if it has none."""
        match = re.fullmatch(r"[FED]\d+\.(\d+)", self.format or "")
        return int(match[1]) if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A named conversion of several fields or columns into columns."""

    by: str
    source: tuple[str, ...]
    to: tuple[str, ...]
    options: dict[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Another form whose rows stand beside this form's, joined on the column `on` that both give.

    With `gather` several rows of one key become one, their texts joined by it; else a key stands once.
    """

    form: str
    on: str
    gather: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Lines that are no records, but say something of the records after them, such as the star measured.

    `line` is a regular expression for their beginning, `sample` such a line, used where files are written.
    """

    name: str
    line: str
    sample: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form in which a catalogue is distributed: a reader, its options and its fields.

    `loose` columns are described by the file itself: their meaning is not vouched for, nor checked.
    `kinds` are the types in which fields of text are wanted, by name (ingest.fields.text_kinds). Lines of
    fixed width have exactly `width` characters or, blanks at the end apart, at most `longest`: by default
    those up to the end of the last field, with 0 any number.
    """

    name: str
    reader: str
    fields: tuple[Field, ...]
    about: str = ""
    source: str = ""
    convert: tuple[Conversion, ...] = ()
    joins: tuple[Join, ...] = ()
    extra: str = "keep"
    required: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)
    null: tuple[str | int | float, ...] = ()
    width: int | None = None
    longest: int | None = None
    delimiter: str = ","
    quote: str = ""
    header: bool = False
    comment: str = ""
    head: str = ""
    skip: int = 0
    section: tuple[str, ...] = ()
    context: tuple[Context, ...] = ()
    encoding: str = "utf-8"
    table: str | int | None = None
    zone_from_name: str | None = None
    unroll: tuple[str, ...] = ()

    def field(self, name: str) -> Field | None:
        """Return the field of that name, None if the form has none."""
        return next((f for f in self.fields if f.name == name), None)

    @property
    def feeds(self) -> tuple[str, ...]:
        """Names that its fields and conversions give values to."""
        return tuple(f.name for f in self.fields) + tuple(c for conv in self.convert for c in conv.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where a catalogue can be asked for: a service, its table, and the form that its columns have.

    `ra` and `dec` [deg] are the columns by which the service searches positions, under the names that
    they may have, `id` those that identify a row together; what is not given follows from the form.
    `id_order` and `id_factor`: the number of the HEALPix cell of that order is the identifier divided by
    the factor.
    """

    service: str
    table: str
    form: str
    ra: tuple[str, ...] = ()
    dec: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    id_order: int | None = None
    id_factor: int | None = None
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A catalogue: its columns after conversion, its positions, and its forms."""

    name: str
    title: str
    about: str
    columns: tuple[Column, ...]
    forms: tuple[Form, ...]
    group: str = "other"
    positions: tuple[Position, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    reference: str = ""
    bibcode: str = ""
    source: str = ""
    frame: str = ""
    frame_note: str = ""
    rotate: str = ""
    equinox: str = ""
    time_scale: str = "TDB"
    epoch_note: str = ""
    ref_epoch: float | None = None
    systematics: str = ""
    rows: int | None = None
    unique: bool = True
    shared_data_group: str = ""
    verified: str = ""
    remote: tuple[Remote, ...] = ()
    sha256: str = ""
    path: str = ""

    def column(self, name: str) -> Column | None:
        """Return the column of that name, None if there is none."""
        return next((c for c in self.columns if c.name == name), None)

    def form(self, name: str) -> Form | None:
        """Return the form of that name, None if there is none."""
        return next((f for f in self.forms if f.name == name), None)
