"""The closed set of named conversions; each has an inverse where it loses nothing."""

from __future__ import annotations

from ingest.converters.angles import ANGLES
from ingest.converters.base import Converter, Steps
from ingest.converters.codes import CODES
from ingest.converters.errors import ERRORS
from ingest.converters.motions import MOTIONS
from ingest.converters.texts import TEXTS
from ingest.converters.times import TIMES
from ingest.converters.values import VALUES
from ingest.converters.weights import WEIGHTS

CONVERTERS: dict[str, Converter] = ANGLES | TIMES | ERRORS | MOTIONS | VALUES | CODES | TEXTS | WEIGHTS
"""Every conversion by the name that a spec calls it."""

__all__ = ["CONVERTERS", "Converter", "Steps"]
