"""Whether a picture can be written to a file, asked before what it shows is computed."""

from __future__ import annotations

import os
from pathlib import Path

from catalogdb.errors import AnalysisError


def check_picture(file: Path) -> None:
    """Raise AnalysisError unless the file has a suffix that can be drawn, and may be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # takes half a second to import

    # PGF is text for LaTeX, without which it can not be written.
    formats = sorted(FigureCanvasAgg.filetypes.keys() - {"pgf"})
    if file.suffix.lower().removeprefix(".") not in formats:
        what = f"{file.suffix} is no format of a picture" if file.suffix else "the suffix says which format"
        raise AnalysisError(f"{file}: {what}: there are {', '.join(formats)}")
    if not file.parent.is_dir():
        raise AnalysisError(f"{file}: there is no folder {file.parent}: make it first")
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise AnalysisError(f"{file} may not be written by this user, or is a folder: name another file")
