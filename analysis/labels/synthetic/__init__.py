"""A small physical model of stellar spectra, for tests, mocks and what spectra can tell at all: simulated.

One layer in LTE, ten elements: see `model` for the equations, `lines` for what is real and what is invented.
"""

from __future__ import annotations

from analysis.labels.synthetic.atmosphere import DEFAULTS
from analysis.labels.synthetic.lines import ELEMENTS, Lines, lines
from analysis.labels.synthetic.model import (
    LABELS,
    Synthetic,
    own_lines,
    own_of,
    slopes_by_element,
    spectra,
)

__all__ = [
    "DEFAULTS",
    "ELEMENTS",
    "LABELS",
    "Lines",
    "Synthetic",
    "lines",
    "own_lines",
    "own_of",
    "slopes_by_element",
    "spectra",
]
