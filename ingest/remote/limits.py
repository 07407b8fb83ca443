"""What a TAP service says of itself in its capabilities: limits, uploads, shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingest.remote.services import Service

_GEOMETRY = "ivo://ivoa.net/std/TAPRegExt#features-adqlgeo"


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows at which every answer ends, whether tables can be sent along, whether POLYGON is understood."""

    most_rows: int | None = None
    uploads: bool = False
    polygons: bool = False


def limits_of(capability: Any, service: Service) -> Limits:
    """Return the limits of a TAP capability, as pyvo has parsed it; `service` has what it does not say."""
    inline = any("upload-inline" in str(method.ivo_id) for method in capability.uploadmethods)
    return Limits(
        most_rows=_rows(capability.outputlimit) or service.most_rows,
        uploads=inline,
        polygons=any(_has_polygon(language) for language in capability.languages),
    )


def _rows(limit: Any) -> int | None:
    """The hard limit, where it counts rows: some count bytes."""
    hard = getattr(limit, "hard", None)
    if hard is None or (hard.unit or "row") != "row":
        return None
    return int(hard.content)


def _has_polygon(language: Any) -> bool:
    features = language.get_feature_list(_GEOMETRY)
    return any(str(feature.form).strip().upper().startswith("POLYGON") for feature in features)
