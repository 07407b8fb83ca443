"""Description files: what is said of a table, where it was edited after its parts were written.

A part never changes, and has the description it was published with inside. An edited one stands in a
small file beside the parts, `tables/<schema>/<name>.<snapshot>_<random>.json`, so that a rebuilt registry
finds it; like a part it is written once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogdb.schema import Table


@dataclass(frozen=True, slots=True)
class Description:
    """A description file: the table's name and snapshot, of its path, and what it says."""

    file: str
    name: str
    snapshot: int
    table: Table
    edits: tuple[dict[str, Any], ...]


def write_description(root: Path, number: int, table: Table, edits: Sequence[Mapping[str, Any]]) -> Path:
    """Write the file of snapshot `number`, with the history of edits, and sync it."""
    file = root / "tables" / table.schema / f"{table.name}.{number}_{os.urandom(4).hex()}.json"
    document = {"table": json.loads(table.to_json()), "edits": [dict(row) for row in edits]}
    with file.open("w", encoding="utf-8") as stream:
        json.dump(document, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    return file


def read_descriptions(root: Path) -> list[Description]:
    """Return every description file of the store; one that is torn is left out."""
    found = []
    for path in sorted((root / "tables").glob("*/*.*.json")):
        name, run = path.name.split(".")[:2]
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:  # its publication did not come to its end
            continue
        table = Table.from_json(json.dumps({**document["table"], "schema": path.parent.name, "name": name}))
        found.append(
            Description(
                str(path.relative_to(root)),
                table.qualified_name,
                int(run.split("_")[0]),
                table,
                tuple(document["edits"]),
            )
        )
    return found


def newest_description(descriptions: Iterable[Description], name: str, since: int) -> Description | None:
    """Return the last description of a table that is not older than snapshot `since`."""
    mine = [each for each in descriptions if each.name == name and each.snapshot >= since]
    return max(mine, key=lambda each: each.snapshot, default=None)
