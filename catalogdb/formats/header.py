"""What a result says of itself: its columns, and what stands around them in the document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A LINK: where more is to be had."""

    href: str
    title: str | None = None
    content_type: str | None = None
    content_role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of a result.

    `type` is DuckDB's, such as DOUBLE, VARCHAR or INTEGER[]. `length` is the most characters that a text
    has, where it is known; `ascii` whether all its characters are ASCII, None where that is not known.
    `ref` is the id of a COOSYS or TIMESYS of the header.
    """

    name: str
    type: str
    length: int | None = None
    xtype: str | None = None
    unit: str | None = None
    ucd: str | None = None
    utype: str | None = None
    about: str | None = None
    ref: str | None = None
    ascii: bool | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Info:
    """An INFO: a name, a short value, and a text of any length."""

    name: str
    value: str
    content: str = ""
    ucd: str | None = None

    @property
    def text(self) -> str:
        """All it says, for formats that have one text for it."""
        return f"{self.value}: {self.content}" if self.content else self.value


@dataclass(frozen=True, slots=True)
class CooSys:
    """The frame of positions; `refposition` is of VOTable 1.5, and not written into 1.4."""

    id: str
    system: str
    equinox: str | None = None
    epoch: str | None = None
    refposition: str | None = None


@dataclass(frozen=True, slots=True)
class TimeSys:
    """The scale and place of times; `timeorigin` is a Julian date, MJD-origin or JD-origin."""

    id: str
    timescale: str
    refposition: str
    timeorigin: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Columns, by name, that belong together."""

    name: str
    columns: tuple[str, ...]
    about: str | None = None
    ucd: str | None = None
    utype: str | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A service that takes the values of one column, by name, as its parameter (DataLink 1.1, section 4)."""

    name: str
    about: str
    access_url: str
    standard_id: str
    content_type: str
    parameter: str
    column: str


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a result and what is said before them.

    QUERY_STATUS=OK is the encoder's; `infos` stand after it and before the table.
    """

    fields: tuple[Field, ...]
    infos: tuple[Info, ...] = ()
    coosys: tuple[CooSys, ...] = ()
    timesys: tuple[TimeSys, ...] = ()
    description: str | None = None
    table_name: str = "result"
    links: tuple[Link, ...] = ()
    groups: tuple[Group, ...] = ()
    descriptors: tuple[Descriptor, ...] = ()
