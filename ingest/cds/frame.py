"""The system of a table's position, and what brings it to the ICRS, by what the ReadMe says of it.

An equinox of J2000 alone names no system: such positions are taken as on the ICRS and never rotated. FK5
is rotated where the ReadMe says FK5. An equinox of B1950, or another Besselian one, is that of the FK4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.cds.places import Place
from ingest.cds.readme import Readme
from ingest.cds.words import Said, said_of_position

_ABOUT_POSITIONS = re.compile(r"equinox|\bFK ?[45]\b|\bICRS\b|B19\d\d|J2000", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The keys frame, frame_note, rotate and equinox of a spec; `remarks` say what was assumed."""

    name: str
    note: str
    rotate: str = ""
    equinox: str = ""
    remarks: tuple[str, ...] = ()


def frame_of(readme: Readme, place: Place) -> Frame | None:
    """Return the frame of a position; None for an equinox from which it can not be brought to the ICRS."""
    said, told, remarks = place.said, "; ".join(place.quotes), []
    if not said.systems and not said.equinoxes:
        elsewhere, line = _elsewhere(readme)
        if line:
            said = said.filled(elsewhere)
            told = f'{told}; "{readme.lines[line].strip()}"'.lstrip("; ")
            remarks.append(f"the system of {place.label} is taken from line {line} of the ReadMe")
    source = f"{readme.designation or readme.path.name} ReadMe: {told}" if told else ""
    if "ICRS" in said.systems:
        if len(said.systems) > 1:
            remarks.append(
                f"{' and '.join(said.systems)} are named for {place.label}: taken as ICRS, not rotated"
            )
        return Frame(name="ICRS", note=f"On the ICRS ({source})", remarks=tuple(remarks))
    if said.equinox.startswith("B") or (said.system == "FK4" and not said.equinox):
        return _old(said, source, place, remarks)
    if said.equinox not in {"", "J2000"}:
        return None
    if said.system == "FK5":
        note = f"On the FK5, equinox J2000, rotated to the ICRS ({source})"
        return Frame(name="FK5", note=note, rotate="fk5_to_icrs", remarks=tuple(remarks))
    if said.equinox:
        remarks.append(
            f"equinox J2000 is stated for {place.label}, a system is not: taken as ICRS, not rotated"
        )
        note = f"Equinox J2000, the system is not stated; taken as ICRS, not rotated ({source})"
        return Frame(name="ICRS", note=note, remarks=tuple(remarks))
    remarks.append(
        f"neither equinox nor system is stated for {place.label}: taken as ICRS; edit frame if not"
    )
    return Frame(
        name="ICRS",
        note="The ReadMe states neither equinox nor system; taken as ICRS",
        remarks=tuple(remarks),
    )


def _old(said: Said, source: str, place: Place, remarks: list[str]) -> Frame:
    equinox = said.equinox or "B1950"
    if said.system != "FK4":
        other = f", though {said.system} is named" if said.system else ""
        remarks.append(
            f"equinox {equinox} is stated for {place.label}: taken for FK4, whose equinox it is{other}"
        )
    note = f"On the FK4, equinox {equinox}, rotated to the ICRS ({source})"
    return Frame(
        name="FK4",
        note=note,
        rotate="fk4_to_icrs",
        equinox="" if equinox == "B1950" else equinox,
        remarks=tuple(remarks),
    )


def _elsewhere(readme: Readme) -> tuple[Said, int]:
    """What the text around the tables says, if all of it says one thing, and the first line that does."""
    found: list[tuple[Said, int]] = []
    for number, line in readme.prose():
        if _ABOUT_POSITIONS.search(line):
            words = said_of_position(line)
            if words.systems or words.equinoxes:
                found.append((Said(systems=words.systems, equinoxes=words.equinoxes), number))
    systems = {name for said, _ in found for name in said.systems}
    equinoxes = {name for said, _ in found for name in said.equinoxes}
    if not found or len(systems) > 1 or len(equinoxes) > 1:
        return Said(), 0
    return Said(systems=tuple(systems), equinoxes=tuple(equinoxes)), found[0][1]
