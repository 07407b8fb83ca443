"""Rotation of positions and motions to the ICRS, as SQL, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from catalogdb.schema import Column
from ingest.converters.base import Layer
from ingest.spec import Spec


def rotation_layers(
    spec: Spec, columns: Iterable[Column], value: Callable[[str], str], *, forwards: bool
) -> list[Layer]:
    """Return the layers that turn every position of the spec to the ICRS; none where it is there."""
    if not spec.rotate:
        return []
    raise NotImplementedError(spec.rotate)
