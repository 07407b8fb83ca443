"""What a layout of spectra is: how a file of it is recognised, and how its spectra are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ingest.spectra.faults import SpectrumError
from ingest.spectra.fits_file import FitsFile, Header
from ingest.spectra.spectrum import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a user says of files that do not say it themselves (the generic layouts).

    `columns` names the columns (wavelength, flux, ivar, error, mask) as the files call them.
    """

    medium: str | None = None
    frame: str | None = None
    wavelength_unit: str | None = None
    survey: str | None = None
    resolution: float | None = None
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How files are read: single exposures too, spectra without a position too, and what is declared."""

    exposures: bool = False
    no_position: bool = False
    declared: Declared = field(default_factory=Declared)

    def recipe(self) -> dict[str, Any]:
        """All of it, as plain values."""
        return asdict(self)


@dataclass(slots=True)
class Notes:
    """What a reader leaves out of the files, told at the end: the number of spectra by reason."""

    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str, number: int = 1) -> None:
        """Count spectra that are not read."""
        if number:
            self.left_out[reason] = self.left_out.get(reason, 0) + number


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout of FITS files; `source` is where it is published."""

    name: str
    about: str
    source: str
    matches: Callable[[FitsFile], bool]
    read: Callable[[FitsFile, How, Notes], Iterator[Block]]


_TRUTHS = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}


def truth(where: str, name: str, value: object) -> bool:
    """The truth that a keyword says: a logical, 1 or 0, or one of these as text.

    Raises SpectrumError for anything else: what is neither yes nor no is not taken for no.
    """
    found = _TRUTHS.get(str(value).strip().lower())
    if found is None:
        raise SpectrumError(where, f"{name} is {value!r}, neither true nor false: T or F is expected")
    return found


def position(header: Header, where: str, how: How, names: tuple[str, str] = ("RA", "DEC")) -> dict[str, Any]:
    """The columns ra and dec [deg] of the keywords; an error where one is missing or out of range."""
    for name in names:
        refuse_text(where, name, header.get(name), how)
    ra, dec = header.number(names[0]), header.number(names[1])
    return checked_position(ra, dec, where, how, names)


def refuse_text(where: str, name: str, value: object, how: How) -> None:
    """Raise SpectrumError for a coordinate that is a text and no number, such as 01:37:30.4."""
    if not isinstance(value, str) or how.no_position:
        return
    try:
        float(value)
    except ValueError:
        raise SpectrumError(
            where,
            f"{name} is {value!r}, which is no number: it is expected in degrees, so change it in the file"
            " (12h30m is 187.5), or pass --no-position to keep spectra without one, which are never matched",
        ) from None


def checked_position(
    ra: float | None, dec: float | None, where: str, how: How, names: tuple[str, str] = ("RA", "DEC")
) -> dict[str, Any]:
    """The columns ra and dec [deg]; an error where one is missing or out of range."""
    for name, value in zip(names, (ra, dec), strict=True):
        if value is None:
            if how.no_position:
                return {"ra": None, "dec": None}
            raise SpectrumError(
                where,
                f"there is no {name} (position of the star [deg]): add it to the header, or pass"
                " --no-position to keep spectra without one, which are never matched",
            )
    assert ra is not None
    assert dec is not None
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise SpectrumError(where, f"{names[0]} {ra}, {names[1]} {dec} is no position in degrees")
    return {"ra": ra % 360.0, "dec": dec}
