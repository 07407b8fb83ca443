"""The columns of a query's result: their names, and which of them ORDER BY means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.scope import same, shown
from catalogdb.adql.tree import ColumnReference, DerivedColumn, Name, Number, OrderTerm
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import Described


@dataclass(frozen=True, slots=True)
class Output:
    """A column of a result: its name, and DuckDB's for it, where the case of letters is no difference."""

    name: str
    sql_name: str
    described: Described
    sql: str = ""


def outputs(items: Sequence[tuple[Name | None, Typed]]) -> tuple[Output, ...]:
    """The columns of a select list; raises AdqlError if two were given the same name."""
    _refuse_repeated([alias for alias, _ in items if alias is not None])
    found: list[Output] = []
    # Names that were chosen come first: a generated one gives way.
    chosen = {alias.text.lower() for alias, _ in items if alias} | {t.name.lower() for a, t in items if not a}
    taken: set[str] = set()
    for number, (alias, typed) in enumerate(items, 1):
        name = alias.text if alias else typed.name or _made(typed, number, chosen)
        sql_name, n = name, 0
        while sql_name.lower() in taken or (n and sql_name.lower() in chosen):
            n += 1
            sql_name = f"{name}_{n}"
        taken.add(sql_name.lower())
        found.append(Output(name, sql_name, typed.described, typed.sql))
    return tuple(found)


def distinct_names(columns: Sequence[Output]) -> list[str]:
    """Names of which no two are the same, the case of letters counted."""
    names: list[str] = []
    every = {column.name for column in columns}
    for column in columns:
        name, n = column.name, 0
        while name in names or (n and name in every):
            n += 1
            name = f"{column.name}_{n}"
        names.append(name)
    return names


def output_named(term: OrderTerm, columns: Sequence[Output]) -> int | None:
    """The position of the column that ORDER BY means by its position or name; None if it means none.

    Raises AdqlError for a position that there is not, and a name that several columns have.
    """
    value = term.value
    if isinstance(value, Number):
        if not value.text.isdigit():
            return None
        position = int(value.text)
        if not 1 <= position <= len(columns):
            raise AdqlError(f"ORDER BY {position}: there are columns 1 to {len(columns)}", term.at)
        return position
    if not isinstance(value, ColumnReference) or len(value.names) > 1:
        return None
    name = value.names[0]
    found = [i for i, column in enumerate(columns, 1) if same(name, column.name)]
    exact = [i for i in found if columns[i - 1].name == name.text]
    found = exact if len(exact) == 1 else found
    if len({columns[i - 1].sql or str(i) for i in found}) > 1:
        raise AdqlError(f"ORDER BY {shown(value.names)}: {len(found)} columns have that name", term.at)
    return found[0] if found else None


def aliases(columns: Sequence[object]) -> dict[str, DerivedColumn]:
    """What of a select list has a name of its own, by it."""
    return {each.alias.folded: each for each in columns if isinstance(each, DerivedColumn) and each.alias}


def _refuse_repeated(names: Sequence[Name]) -> None:
    seen: dict[str, Name] = {}
    for name in names:
        if (other := seen.get(name.text.lower())) is not None and (
            other.text == name.text or not (name.delimited or other.delimited)
        ):
            raise AdqlError(f"two columns are called {name.text}", name.at)
        seen[name.text.lower()] = name


def _made(typed: Typed, number: int, chosen: set[str]) -> str:
    """A name for a value that was given none."""
    name = f"col_{number}"
    if typed.made_by in {"AVG", "COUNT", "MAX", "MIN", "SUM"}:
        inner = typed.parts[0].name if typed.parts else "all"
        name = f"{typed.made_by.lower()}_{inner}" if inner.isidentifier() else name
    new, n = name, 1
    while new.lower() in chosen:
        n += 1
        new = f"{name}_{n}"
    chosen.add(new.lower())
    return new
