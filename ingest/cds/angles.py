"""A coordinate in one number, in one text or in parts, as fields and conversions of a draft."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.cds.described import Described
from ingest.cds.draft import Draft
from ingest.cds.places import angle_unit

_ZERO = "_zero"


def add_coordinate(draft: Draft, name: str, parts: Mapping[str, Described], way: str) -> None:
    """Let the columns of a coordinate feed `name`, in degrees. Blank seconds, or minutes, count as none."""
    blank = [column.label for part, column in parts.items() if _may_lack(part, column)]
    if blank:
        draft.remarks.append(
            f"{' '.join(blank)} may be blank: then the position is that of what stands before"
        )
    by = "sexagesimal_hours" if "h" in parts else "sexagesimal_degrees"
    first, last = list(parts.values())[0], list(parts.values())[-1]
    if way == "number":
        unit = angle_unit(first, hours=name == "ra")
        if unit is None:
            draft.remarks.append(f"{first.label}: its unit {first.unit} is no angle; taken as deg")
        draft.feed(name, first, None if unit in {None, "deg"} else unit)
    elif way == "text":
        by = "sexagesimal_hours" if name == "ra" else by
        draft.convert_by(by, (draft.private(first),), name)
    elif list(parts) == ["h"]:
        draft.feed(name, first, "hourangle")
    elif list(parts) == ["d"]:
        draft.feed(name, first)
    else:
        inputs = tuple(_part(draft, part, column) for part, column in parts.items())
        if "-" in parts:  # four inputs are wanted where the sign stands apart
            inputs += tuple(_zero(draft) for _ in range(4 - len(inputs)))
        draft.convert_by(by, inputs, name, decimals=last.decimals)


def _part(draft: Draft, part: str, column: Described) -> str:
    """The field of one part; whole degrees without a sign of their own are text, so that -00 keeps it."""
    if part == "d" and column.is_number:
        return draft.private(column, format=f"A{column.width}", limits=None, open_limits="", null=())
    if part == "-":
        return draft.private(column, values=("+", "-"))
    name = draft.private(column)
    if not _may_lack(part, column):
        return name
    draft.convert_by("first", (name, _zero(draft)), f"{name}_or_zero")
    return f"{name}_or_zero"


def _may_lack(part: str, column: Described) -> bool:
    """Whether minutes or seconds may be missing."""
    return part in {"m", "s"} and (column.checks.blank or bool(column.checks.null))


def _zero(draft: Draft) -> str:
    """A field that is always zero."""
    if not any(_ZERO in conversion.to for conversion in draft.convert):
        draft.convert_by("constant", (), _ZERO, value=0.0)
    return _ZERO
