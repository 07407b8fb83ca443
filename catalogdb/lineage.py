"""Which described column stands behind each column of a query, where that is plain to see.

Followed are `*`, plain column references and their aliases through joins, subqueries, CTEs and set
operations, in the syntax tree of DuckDB's own parser. An expression, an ambiguous name or anything
else has no description: a wrong unit is worse than none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from catalogdb.schema import Column, Table

Output = list[tuple[str, Column | None]]
Lookup = Callable[[str], Table | None]
Node = Mapping[str, Any]


class _Unclear(Exception):
    """The query has a form that is not followed."""


@dataclass(frozen=True, slots=True)
class _Source:
    """One item of FROM: the name it goes by and its columns."""

    alias: str
    columns: Output


def output_columns(con: duckdb.DuckDBPyConnection, query: str, lookup: Lookup) -> Output:
    """The name and, where known, the described Column of each output column; [] where unclear."""
    ((text,),) = con.execute("SELECT json_serialize_sql($query)", {"query": query}).fetchall()
    tree = json.loads(text)
    if tree.get("error") or len(tree["statements"]) != 1:
        return []
    try:
        return _node(tree["statements"][0]["node"], lookup, {})
    except (_Unclear, KeyError, TypeError):
        return []


def tables_read(con: duckdb.DuckDBPyConnection, query: str, lookup: Lookup) -> tuple[str, ...]:
    """The qualified names of the described tables that stand in the query, sorted."""
    ((text,),) = con.execute("SELECT json_serialize_sql($query)", {"query": query}).fetchall()
    found: set[str] = set()
    _collect(json.loads(text), lookup, found)
    return tuple(sorted(found))


def _collect(node: Any, lookup: Lookup, found: set[str]) -> None:
    if isinstance(node, list):
        for each in node:
            _collect(each, lookup, found)
    elif isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            table = lookup(f"{node['schema_name']}.{node['table_name']}".lower().removeprefix("."))
            if table is not None:
                found.add(table.qualified_name)
        for each in node.values():
            _collect(each, lookup, found)


def _node(node: Node, lookup: Lookup, outer: Mapping[str, Output]) -> Output:
    ctes = dict(outer)
    for entry in node["cte_map"]["map"]:
        value = entry["value"]
        names = value["aliases"]
        output = _node(value["query_node"], lookup, ctes)
        ctes[entry["key"].lower()] = _renamed(output, names)
    if node["type"] == "SELECT_NODE":
        sources = _sources(node["from_table"], lookup, ctes)
        merged = _using(node["from_table"])
        return [item for each in node["select_list"] for item in _select(each, sources, merged)]
    if node["type"] == "SET_OPERATION_NODE":
        sides = node["children"] if "children" in node else (node["left"], node["right"])
        return _agreed([_node(side, lookup, ctes) for side in sides])
    raise _Unclear


def _renamed(output: Output, names: list[str]) -> Output:
    return [(name, column) for name, (_, column) in zip(names, output, strict=False)] + output[len(names) :]


def _agreed(outputs: list[Output]) -> Output:
    first, *others = outputs
    if any(len(other) != len(first) for other in others):
        raise _Unclear
    return [
        (name, column if all(_same(column, other[i][1]) for other in others) else None)
        for i, (name, column) in enumerate(first)
    ]


def _same(a: Column | None, b: Column | None) -> bool:
    return a is not None and b is not None and (a.unit, a.ucd) == (b.unit, b.ucd)


def _sources(item: Node, lookup: Lookup, ctes: Mapping[str, Output]) -> list[_Source]:
    kind = item["type"]
    if kind == "EMPTY":
        return []
    if kind == "JOIN":
        if item["ref_type"] == "NATURAL":
            raise _Unclear
        return _sources(item["left"], lookup, ctes) + _sources(item["right"], lookup, ctes)
    if kind == "SUBQUERY":
        output = _node(item["subquery"]["node"], lookup, ctes)
        return [_Source(item["alias"].lower(), _renamed(output, item["column_name_alias"]))]
    if kind == "BASE_TABLE":
        return [_base_table(item, lookup, ctes)]
    raise _Unclear


def _base_table(item: Node, lookup: Lookup, ctes: Mapping[str, Output]) -> _Source:
    name, schema = item["table_name"].lower(), item["schema_name"].lower()
    if item["catalog_name"].lower() not in ("", "memory"):
        raise _Unclear
    if not schema and name in ctes:
        output = ctes[name]
    else:
        table = lookup(f"{schema}.{name}" if schema else name)
        if table is None:
            raise _Unclear
        output = [(column.name, column) for column in table.columns]
    return _Source((item["alias"] or name).lower(), _renamed(output, item["column_name_alias"]))


def _using(item: Node) -> set[str]:
    if item["type"] != "JOIN":
        return set()
    names = {name.lower() for name in item["using_columns"]}
    return names | _using(item["left"]) | _using(item["right"])


def _select(item: Node, sources: list[_Source], merged: set[str]) -> Output:
    if item["class"] == "STAR":
        return _star(item, sources, merged)
    if item["class"] == "COLUMN_REF":
        *qualifier, name = item["column_names"]
        return [(item["alias"] or name, _resolve(name, qualifier, sources, merged))]
    return [(item["alias"], None)]


def _star(item: Node, sources: list[_Source], merged: set[str]) -> Output:
    if item["columns"] or item["expr"] or item["rename_list"] or item["qualified_exclude_list"]:
        raise _Unclear
    wanted = item["relation_name"].lower()
    hidden = {name.lower() for name in item["exclude_list"]}
    replaced = {entry["key"].lower() for entry in item["replace_list"]}
    output: Output = []
    seen: set[str] = set()
    for source in sources:
        if wanted and source.alias != wanted:
            continue
        for name, column in source.columns:
            lowered = name.lower()
            if lowered in hidden or (not wanted and lowered in merged and lowered in seen):
                continue
            seen.add(lowered)
            if not wanted and lowered in merged:
                column = _resolve(name, [], sources, merged)
            output.append((name, None if lowered in replaced else column))
    return output


def _resolve(name: str, qualifier: list[str], sources: list[_Source], merged: set[str]) -> Column | None:
    wanted = qualifier[-1].lower() if qualifier else None
    found = [
        column
        for source in sources
        if wanted is None or source.alias == wanted
        for each, column in source.columns
        if each.lower() == name.lower()
    ]
    if len(found) == 1:
        return found[0]
    # A column of USING is that of either side, if the sides agree on what it is.
    agree = name.lower() in merged and found and all(_same(found[0], each) for each in found)
    return found[0] if agree else None
