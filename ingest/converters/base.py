"""What a named conversion is: SQL forwards, and SQL back again for writing native files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ingest.spec import Conversion

Layer: TypeAlias = dict[str, str]
"""New columns by quoted name, each an SQL expression over columns of the layers before."""


SAME = "="
"""The unit of the first column that the conversion gives."""


@dataclass(frozen=True, slots=True)
class Steps:
    """SQL in layers, each over the one before, then the expressions of the results."""

    outputs: list[str]
    layers: list[Layer] = field(default_factory=list)


Sql: TypeAlias = Callable[[Conversion, list[str], str], Steps]
"""Takes the conversion, the SQL of its inputs and a tag for names of its own; gives the steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converter:
    """A named conversion. `inverse` takes the columns `to` and gives the fields `from`.

    `units` and `to_units` are those in which inputs arrive and results leave: None is as it comes,
    SAME the unit of the first result; the last one holds for all further ones. Of its `options` it `needs`
    some. A `total` conversion has all its results wherever all its inputs have values (or where `due` says
    in SQL), or at least one of them (`gives_some`): a NULL there is a bad record. `why` is SQL of the reason,
    over the columns of its layers, which begin with a tag; NULL where it knows none.
    """

    about: str
    forward: Sql
    inverse: Sql | None = None
    units: tuple[str | None, ...] = (None,)
    to_units: tuple[str | None, ...] = (None,)
    arity: tuple[int, ...] = (1,)
    to_arity: tuple[int, ...] = (1,)
    options: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    total: bool = True
    gives_some: bool = False
    due: Callable[[Conversion, list[str]], str] | None = None
    why: Callable[[Conversion, str], str] | None = None

    def fault(self, conversion: Conversion) -> str | None:
        """Return what is wrong with the number of inputs, of results or an option; None if nothing."""
        for option in conversion.options:
            if option not in self.options:
                allowed = ", ".join(("by", "from", "to", *self.options))
                return f"unknown key {option} (allowed: {allowed})"
        for option in self.needs:
            if option not in conversion.options:
                return f"it needs the key {option}"
        if self.arity and len(conversion.source) not in self.arity:
            wanted = " or ".join(map(str, self.arity))
            return f"it takes {wanted} inputs in from, not {len(conversion.source)}"
        if self.to_arity and len(conversion.to) not in self.to_arity:
            return f"it gives {' or '.join(map(str, self.to_arity))} columns, not {len(conversion.to)}"
        return None

    def unit(self, number: int) -> str | None:
        """The unit in which input `number` (from 0) is wanted."""
        return self.units[min(number, len(self.units) - 1)]

    def to_unit(self, number: int) -> str | None:
        """The unit in which result `number` (from 0) is given."""
        return self.to_units[min(number, len(self.to_units) - 1)]
