"""What words say of a position: its system, equinox and epoch; and of a motion: whether cos(dec) is in it.

The words are those of column descriptions and their notes: "Right Ascension for the Equinox=J2000.0 and
Epoch=J2000.0, on the system of FK5" (I/193), "alpha, degrees (ICRS, Epoch=J1991.25)" (I/239), "Hours RA,
Equinox=B1950, Epoch=1950.0" (I/131A), "Right ascension (ICRS) at Ep=2016.0" (I/355), "Proper motion in right
ascension direction, pmRA*cosDE". An equinox of 2000 alone says nothing of the system, nor of the epoch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import erfa

_YEAR = r"([JB]?)\s?((?:1[6-9]|20)\d\d(?:\.\d*)?)(?!\d)"
_BOTH = re.compile(
    rf"(?:epoch\s*(?:,|and|&|/)\s*equinox|equinox\s*(?:,|and|&|/)\s*epoch)\s*(?:=|:|of|is)?\s*{_YEAR}",
    re.IGNORECASE,
)
_EPOCH = re.compile(rf"\bep(?:och)?s?\.?\s*(?:=|:|of\b|is\b)?\s*{_YEAR}", re.IGNORECASE)
_EPOCH_COLUMN = re.compile(
    r"""\b[Ee]p(?:och)?\s*[=:]?\s*["']([A-Za-z][\w-]*)["']|\b[Ee]p(?:och)?=([A-Z][\w-]*)|\bat (Epoch)\b"""
)
_EQUINOX = re.compile(rf"\beq(?:uinox)?\.?\s*(?:=|:|of\b|is\b)?\s*{_YEAR}", re.IGNORECASE)
_LETTERED = re.compile(rf"\b(?=[JB]){_YEAR}")
_BARE = re.compile(
    r"\(\s*()(1950|2000)(?:\.0*)?\s*\)|\b()(1950|2000)\.0\b"
    r"|\b(?:in|ascension|declination|RA|DEC?)\s()(1950|2000)\b",
    re.IGNORECASE,
)
_SYSTEMS = (("ICRS", r"\bIC(?:RS|RF)\b"), ("FK5", r"\bFK ?5\b"), ("FK4", r"\bFK ?4\b"))
_LABEL_SYSTEMS = (("ICRS", r"ICRS"), ("FK5", r"FK5"), ("FK4", r"FK4"))

_WITHOUT_COS = re.compile(r"\b(?:not?|without|un|excluding|omitting)\b[^.;]{0,40}\bcos", re.IGNORECASE)
_WITH_COS = re.compile(
    r"cos|great[ -]circle|true arc|in (?:the )?(?:right ascension|RA) direction|along (?:the )?RA\b|d\(RA",
    re.IGNORECASE,
)
_OTHER_EPOCH = re.compile(r"\b(?:mean|central|weighted|its own|original)\s+(?:\w+\s+)?epoch", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a position: a system (ICRS, FK5, FK4), an equinox such as "B1950", an epoch.

    `epoch` is a Julian year, or `epoch_column` the label of the column that holds it; `besselian` whether
    the epoch was counted in Besselian years. What is not said is empty.
    """

    systems: tuple[str, ...] = ()
    equinoxes: tuple[str, ...] = ()
    epochs: tuple[float, ...] = ()
    epoch_column: str = ""
    besselian: bool = False

    @property
    def system(self) -> str:
        """The first system that is named."""
        return self.systems[0] if self.systems else ""

    @property
    def equinox(self) -> str:
        """The first equinox that is named."""
        return self.equinoxes[0] if self.equinoxes else ""

    @property
    def epoch(self) -> float | None:
        """The first epoch that is named."""
        return self.epochs[0] if self.epochs else None

    def __bool__(self) -> bool:
        return bool(self.systems or self.equinoxes or self.epochs or self.epoch_column)

    def gains_by(self, other: Said) -> bool:
        """Whether the other says what is not said here; on the ICRS an equinox adds nothing."""
        equinox = bool(other.equinoxes and not self.equinoxes and "ICRS" not in self.systems)
        epoch = bool(other.epochs or other.epoch_column) and not (self.epochs or self.epoch_column)
        return bool(other.systems and not self.systems) or equinox or epoch

    def filled(self, other: Said) -> Said:
        """What is said here, and of what is not, what is said there."""
        ours_epoch = bool(self.epochs or self.epoch_column)
        return Said(
            systems=self.systems or other.systems,
            equinoxes=self.equinoxes or other.equinoxes,
            epochs=self.epochs if ours_epoch else other.epochs,
            epoch_column=self.epoch_column if ours_epoch else other.epoch_column,
            besselian=self.besselian if ours_epoch else other.besselian,
        )


def said_of_position(text: str) -> Said:
    """Return what the words say; each kind of statement in the order of the words."""
    systems = [(match.start(), name) for name, pattern in _SYSTEMS for match in re.finditer(pattern, text)]
    both, rest = _taken(_BOTH, text)
    epochs, rest = _taken(_EPOCH, rest)
    column = _EPOCH_COLUMN.search(rest)
    rest = _EPOCH_COLUMN.sub(" ", rest)
    named, rest = _taken(_EQUINOX, rest)
    lettered, rest = _taken(_LETTERED, rest)
    # J1991.25 is an epoch: no system has that equinox.
    epochs += [each for each in lettered if each[0] == "J" and float(each[1]) != 2000]
    lettered = [each for each in lettered if each[0] == "B" or float(each[1]) == 2000]
    bare = _taken(_BARE, rest)[0]
    equinoxes = tuple(dict.fromkeys(_equinox(*each) for each in (*both, *named, *lettered, *bare)))
    old = any(each.startswith("B") for each in equinoxes)
    years = [_epoch(letter, year, old=old) for letter, year in (*both, *epochs)]
    return Said(
        systems=tuple(dict.fromkeys(name for _, name in sorted(systems))),
        equinoxes=equinoxes,
        epochs=tuple(dict.fromkeys(year for year, _ in years)),
        epoch_column="" if column is None else next(filter(None, column.groups())),
        besselian=any(besselian for _, besselian in years[:1]),
    )


def said_by_label(label: str) -> Said:
    """Return what a label says: RAJ2000, RAB1950, RA1950h, RA_ICRS."""
    systems = tuple(name for name, pattern in _LABEL_SYSTEMS if pattern in label.upper())
    years = re.findall(r"([JB]?)((?:18|19|20)\d\d)", label)
    return Said(systems=systems, equinoxes=tuple(_equinox(letter, year) for letter, year in years))


def has_cos_dec(text: str) -> bool | None:
    """Whether words say that a component in right ascension includes cos(dec); None if they do not."""
    if _WITHOUT_COS.search(text):
        return False
    return True if _WITH_COS.search(text) else None


def at_other_epoch(text: str) -> bool:
    """Whether words say that an error holds at a mean or central epoch."""
    return _OTHER_EPOCH.search(text) is not None


def julian_year(besselian_year: float) -> float:
    """Return the Julian year of a Besselian one, in TDB."""
    whole, part = erfa.epb2jd(besselian_year)
    return float(erfa.epj(whole, part))


def _taken(pattern: re.Pattern[str], text: str) -> tuple[list[tuple[str, str]], str]:
    """(letter, year) of each match, and the text without them."""
    found = []
    for match in pattern.finditer(text):
        groups = [group for group in match.groups() if group is not None]
        found.append((groups[0].upper(), groups[1].rstrip(".")))
    return found, pattern.sub(" ", text)


def _equinox(letter: str, year: str) -> str:
    """J2000, or B and a Besselian year; without a letter, one before 1984 is Besselian."""
    number = float(year)
    whole = f"{number:g}"
    if number == 2000:
        return "J2000"
    return f"B{whole}" if letter == "B" or (not letter and number < 1984) else f"{letter or 'J'}{whole}"


def _epoch(letter: str, year: str, *, old: bool) -> tuple[float, bool]:
    """The Julian year, and whether it was Besselian: by its letter, else in a system of such an equinox."""
    number = float(year)
    besselian = letter == "B" or (not letter and old and number < 1984)
    return (julian_year(number), True) if besselian else (number, False)
