"""Queries and what is expected of them, from .sql files beside the tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Wrong(NamedTuple):
    """A query that is refused: where, and in which words."""

    query: str
    line: int
    column: int
    words: str


def queries(name: str) -> list[str]:
    """One query to a line; lines that begin with -- are comments."""
    lines = (HERE / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("--")]


def blocks(name: str) -> list[str]:
    """What stands between blank lines, without the comment at the head of the file."""
    return [block.strip("\n") for block in (HERE / name).read_text().split("\n\n")[1:]]


def wrong(name: str) -> list[Wrong]:
    """Blocks of `-- line:column words` and the query below."""
    found = []
    for block in blocks(name):
        told, query = block.split("\n", 1)
        place = re.fullmatch(r"-- (\d+):(\d+) (.*)", told)
        assert place is not None, told
        found.append(Wrong(query, int(place[1]), int(place[2]), place[3]))
    return found


def pairs(name: str) -> list[tuple[str, str]]:
    """Blocks of an ADQL query that ends with ; and the DuckDB text below."""
    split = [block.split(";\n", 1) for block in blocks(name)]
    return [(adql, " ".join(sql.split()).removesuffix(";")) for adql, sql in split]
