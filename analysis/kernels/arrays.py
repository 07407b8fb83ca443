"""Arrays as compiled loops want them: one kind each, so that they are compiled once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def plain(*arrays: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Return the arrays, contiguous and writable; copied where they are not, as Arrow's are."""
    return tuple(np.require(each, requirements=("C", "W")) for each in arrays)
