"""Labels by name, as options give them."""

from __future__ import annotations

import re

from catalogdb.errors import AnalysisError

NAME = "label_training"


def columns(text: str) -> dict[str, str]:
    """Return the column of each label of 'teff, logg = log_g'; raises AnalysisError for what is not that."""
    found: dict[str, str] = {}
    for item in text.split(","):
        name, _, column = (part.strip() for part in item.partition("="))
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise AnalysisError(
                f"{NAME}: label_names: {item.strip()!r} is no label: lower case, as 'teff, logg, fe_h=m_h'"
            )
        if name in found:
            raise AnalysisError(f"{NAME}: label_names has {name} twice")
        found[name] = column or name
    return found


def ranges(text: str) -> dict[str, tuple[float, float]]:
    """Return the range of each label of 'teff=3500:5500, logg=0:4'; raises AnalysisError for others."""
    found: dict[str, tuple[float, float]] = {}
    for item in text.split(","):
        match = re.fullmatch(r"\s*([a-z][a-z0-9_]*)\s*=\s*([-+.\deE]+)\s*:\s*([-+.\deE]+)\s*", item)
        try:
            low, high = (float(match[2]), float(match[3])) if match else (1.0, 0.0)
        except ValueError:
            low, high = 1.0, 0.0
        if match is None or not low < high:
            raise AnalysisError(f"{NAME}: ranges: {item.strip()!r} is no range: write label=lowest:highest")
        found[match[1]] = (low, high)
    return found
