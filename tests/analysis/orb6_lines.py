"""Lines as in orb6orbits.txt: made for tests, in the format of orb6format.txt."""

from __future__ import annotations

from pathlib import Path

STARTS = {
    "place": 1, "wds": 20, "dd": 31, "hip": 59, "v1": 67, "v2": 74, "p": 81, "p_unit": 93, "p_error": 94,
    "a": 106, "a_unit": 115, "a_error": 116, "i": 126, "node": 144, "node_flag": 152, "t": 163,
    "t_unit": 175, "e": 188, "w": 206, "equinox": 224, "grade": 234, "ref": 238,
}  # fmt: skip
SIRIUS = {
    "place": "064508.92-164258.0", "wds": "06451-1643", "dd": "AGC   1AB", "hip": "32349",
    "v1": "-1.46", "v2": "8.5", "p": "50.1284", "p_unit": "y", "a": "7.4957", "a_unit": "a",
    "i": "136.336", "node": "45.400", "t": "1994.5715", "t_unit": "y", "e": "0.59142", "w": "149.161",
    "equinox": "2000", "grade": "2", "ref": "BdH2017",
}  # fmt: skip


def line(**given: str) -> str:
    """The line of Sirius with other fields; an empty text leaves a field blank."""
    made = [" "] * 264
    for name, text in {**SIRIUS, **given}.items():
        at = STARTS[name] - 1
        made[at : at + len(text)] = text
    return "".join(made)


def write(file: Path, *lines: str) -> Path:
    """A file of these lines, after seven lines of head."""
    file.write_text("".join(f"{each}\n" for each in ["-"] * 7 + list(lines)))
    return file
