"""Files of measures: which reader a file needs, and what each of them reads."""

from __future__ import annotations

from pathlib import Path

from analysis.orbit.measures import Measure
from analysis.orbit.readers import columns, orbit_program, wds
from analysis.orbit.readers.lines import Lines
from catalogdb.errors import AnalysisError


def read(file: Path, declared: str | None = None) -> list[Measure]:
    """Return the measures of a file in the order of its lines.

    `declared` names the columns of a table that has no header (see `columns`). Raises AnalysisError, with
    file, line, column and value, for what can not be read, and for a file in which nothing is.
    """
    if file.is_dir():
        raise AnalysisError(f"{file} is a directory: name its files")
    if not file.is_file():
        raise AnalysisError(f"{file}: there is no such file")
    lines = Lines(file)
    if wds.recognised(lines):
        measures = wds.read(lines)
    elif orbit_program.recognised(lines):
        measures = orbit_program.read(lines)
    else:
        measures = columns.read(lines, declared)
    if not measures:
        raise AnalysisError(f"{file}: no measure in it")
    return measures
