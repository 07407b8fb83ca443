"""What is asked of the information tool, as text in and numbers out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from catalogdb.errors import AnalysisError, did_you_mean


def numbers(option: str, text: str) -> tuple[float, ...]:
    """Return the numbers of '1,2,3', each finite and above 0; raises AnalysisError for anything else."""
    try:
        found = tuple(float(word) for word in text.split(",") if word.strip())
    except ValueError:
        raise AnalysisError(f"{option}: {text!r} is not numbers with commas between them") from None
    if not found or not all(0.0 < x < np.inf for x in found):
        raise AnalysisError(f"{option}: {text!r} needs one or more numbers above 0")
    return found


def named(option: str, text: str, known: Iterable[str]) -> dict[str, float]:
    """Return the numbers of 'NAME=1,NAME=2'; raises AnalysisError for a name that is not known."""
    names = list(known)
    found: dict[str, float] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (word.strip() for word in item.partition("="))
        if name not in names:
            raise AnalysisError(f"{option}: no label {name}{did_you_mean(name, names)}")
        try:
            found[name] = float(value)
        except ValueError:
            raise AnalysisError(f"{option}: {item!r} is not LABEL=NUMBER") from None
        if not equals or not np.isfinite(found[name]):
            raise AnalysisError(f"{option}: {item!r} is not LABEL=NUMBER")
    return found
