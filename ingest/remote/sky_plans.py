"""Plans that divide the sky: by HEALPix cell of the position, or by identifiers that begin with the cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.errors import RemoteError
from ingest.remote import adql
from ingest.remote.cells import (
    FINEST,
    Cone,
    cell_of,
    circle_around,
    cover,
    first_order,
    polygon_around,
    touched,
)
from ingest.remote.chunk import Chunk, Question

SKY_DEG2 = 4 * math.pi * math.degrees(1) ** 2
CROWDED = 30.0
"""How much denser than the mean a field may be before the estimate of its rows is too low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A table of a TAP service: its name, the columns to select, those of the position, and those of the id.

    Names are as the service has them. `rows` is the size of the table where it is known. `id_order` and
    `id_factor`: identifier / factor is the HEALPix cell of that order.
    """

    table: str
    columns: tuple[str, ...] = ()
    ra: str = ""
    dec: str = ""
    id: tuple[str, ...] = ()
    id_is_text: tuple[bool, ...] = ()
    id_order: int | None = None
    id_factor: int | None = None
    rows: int | None = None
    where: str = ""

    def select(self, conditions: Sequence[str]) -> str:
        """The query for the rows that meet all conditions, and the user's own."""
        return adql.select(
            [adql.column(c) for c in self.columns], adql.table(self.table), [*conditions, self.where]
        )

    def count(self, conditions: Sequence[str]) -> str:
        """The query that counts them."""
        return adql.select(["COUNT(*) AS n"], adql.table(self.table), [*conditions, self.where])

    def question(self, conditions: Sequence[str], expected_rows: float | None) -> Question:
        """The question for these conditions."""
        text = self.select(conditions)
        return Question(text, adql=text, count=self.count(conditions), expected_rows=expected_rows)

    def cone(self, cone: Cone | None) -> list[str]:
        """The condition that a row lies in the cone; none for no cone."""
        if cone is None:
            return []
        return [adql.in_circle(adql.column(self.ra), adql.column(self.dec), cone)]

    def expected(self, area_deg2: float) -> float | None:
        """Rows on so much sky, in a crowded field; None where the size of the table is not known."""
        return None if self.rows is None else self.rows * min(1.0, CROWDED * area_deg2 / SKY_DEG2)


class ByPosition:
    """A cone, or a whole table, in cells of the sky; a row belongs to the cell that its position lies in.

    The first chunk of a cone is the cone itself. A whole table starts with cells, and with the rows
    that have no position.
    """

    def __init__(self, target: Target, cone: Cone | None, most_rows: int, *, polygons: bool) -> None:
        self.target, self.cone, self.polygons = target, cone, polygons
        self.most_rows = most_rows

    def start(self) -> list[Chunk]:
        """The cone in one chunk where it may be small enough, else cells; and the rows without position."""
        if self.cone is not None:
            expected = self.target.expected(self.cone.area_deg2)
            if expected is None or expected <= CROWDED * self.most_rows:
                return [Chunk("cone")]
            return self._cells(first_order(self.cone, expected / CROWDED / self.most_rows))
        pieces = 1.0 if self.target.rows is None else self.target.rows / self.most_rows
        return [*self._cells(min(8, first_order(None, pieces))), Chunk("nowhere")]

    def _cells(self, order: int) -> list[Chunk]:
        return [cell_chunk(order, int(cell)) for cell in cover(self.cone, order)]

    def split(self, chunk: Chunk) -> list[Chunk]:
        """The cone in cells, a cell in four."""
        if chunk.key == "cone":
            return self._cells(first_order(self.cone))
        if chunk.order is None or chunk.cell is None or chunk.order >= FINEST:
            return []
        return divided(chunk.order, chunk.cell, self.cone)

    def question(self, chunk: Chunk) -> Question:
        """The rows in the cone and about the cell."""
        ra, dec = adql.column(self.target.ra), adql.column(self.target.dec)
        if chunk.key == "nowhere":
            return self.target.question([f"({ra} IS NULL OR {dec} IS NULL)"], 0.0)
        conditions = self.target.cone(self.cone)
        area = SKY_DEG2 if self.cone is None else self.cone.area_deg2
        if chunk.order is not None and chunk.cell is not None:
            area = min(area, SKY_DEG2 / (12 * 4**chunk.order))
            if self.polygons:
                conditions.append(adql.in_polygon(ra, dec, polygon_around(chunk.order, chunk.cell)))
            else:
                conditions.append(adql.in_circle(ra, dec, circle_around(chunk.order, chunk.cell)))
        return self.target.question(conditions, self.target.expected(area))

    def own(self, chunk: Chunk, rows: pa.Table) -> pa.Table:
        """The rows whose position lies in the cell."""
        if chunk.order is None:
            return rows
        return rows_in_cell(rows, self.target.ra, self.target.dec, chunk)


def cell_chunk(order: int, cell: int) -> Chunk:
    """Return the chunk of a cell."""
    return Chunk(f"o{order:02d}-{cell:012d}", order=order, cell=cell)


def divided(order: int, cell: int, cone: Cone | None) -> list[Chunk]:
    """Return the chunks of those of a cell's four that the cone touches."""
    four = touched(cone, order + 1, 4 * cell, 4 * cell + 4)
    return [cell_chunk(order + 1, int(each)) for each in four]


def rows_in_cell(rows: pa.Table, ra_name: str, dec_name: str, chunk: Chunk) -> pa.Table:
    """Return the rows of a table whose position lies in the chunk's cell; those without one lie in none."""
    ra, dec = positions(rows, ra_name, dec_name)
    inside = np.zeros(len(ra), dtype=bool)
    there = np.isfinite(ra) & np.isfinite(dec)
    assert chunk.order is not None
    inside[there] = cell_of(ra[there] % 360, dec[there], chunk.order) == chunk.cell
    return rows.filter(pa.array(inside))


def positions(
    rows: pa.Table, ra_name: str, dec_name: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return ra and dec of the rows [deg], NaN where missing; RemoteError where an answer lacks them."""
    lowered = {name.lower(): name for name in reversed(rows.column_names)}
    found = [name if name in rows.column_names else lowered.get(name.lower()) for name in (ra_name, dec_name)]
    if None in found:
        raise RemoteError(
            f"the answer has no column {ra_name} or {dec_name}, by which it is divided: "
            f"it has {', '.join(rows.column_names[:20])}"
        )
    ra, dec = (
        pc.fill_null(rows[name].cast(pa.float64()), float("nan")).to_numpy(zero_copy_only=False)
        for name in found
    )
    return ra, dec


class ByIdentifier:
    """A cone, or a whole table, in ranges of an identifier that begins with a HEALPix cell.

    The ranges leave no identifier out: each reaches to the next, the last to the end. So no row is
    lost whose position has left the cell that its identifier names.
    """

    def __init__(self, target: Target, cone: Cone | None, most_rows: int) -> None:
        assert target.id_order is not None
        assert target.id_factor is not None
        self.target, self.cone, self.most_rows = target, cone, most_rows
        self.finest, self.factor = target.id_order, target.id_factor

    def start(self) -> list[Chunk]:
        """The cone in one chunk where it may be small enough, else ranges."""
        area = SKY_DEG2 if self.cone is None else self.cone.area_deg2
        expected = self.target.expected(area)
        everything = Chunk("ids", order=0, first=None, end=None)
        if self.cone is not None and (expected is None or expected <= CROWDED * self.most_rows):
            return [everything]
        if self.cone is None:
            pieces = 12.0 if expected is None else expected / self.most_rows
            order = min(8, first_order(None, pieces))
        else:
            order = first_order(self.cone, (expected or 0.0) / CROWDED / self.most_rows)
        return self._pieces(everything, min(order, self.finest))

    def split(self, chunk: Chunk) -> list[Chunk]:
        """The range in those of the cells of the next order that the cone touches."""
        order = first_order(self.cone) if chunk.key == "ids" else (chunk.order or 0) + 1
        while order <= self.finest:
            pieces = self._pieces(chunk, order)
            if len(pieces) > 1:
                return pieces
            order += 1
        return []

    def _pieces(self, chunk: Chunk, order: int) -> list[Chunk]:
        """The range cut at the beginning of each cell of the order that the cone touches within it."""
        scale = self.factor << 2 * (self.finest - order)
        first, end = chunk.first, chunk.end
        cells = touched(self.cone, order, (first or 0) // scale, None if end is None else -(-end // scale))
        starts = [int(cell) * scale for cell in cells]
        inside = [start for start in starts if start > (first or 0) and (end is None or start < end)]
        # The first cell needs no cut before it: what lies before belongs to its range.
        if (first or 0) not in starts:
            inside = inside[1:]
        bounds = [first, *inside, end]
        return [
            Chunk(f"i{order:02d}-{low or 0:019d}", order=order, first=low, end=high)
            for low, high in zip(bounds, bounds[1:], strict=False)
        ]

    def question(self, chunk: Chunk) -> Question:
        """The rows in the cone and the range."""
        conditions = self.target.cone(self.cone)
        name = adql.column(self.target.id[0])
        if chunk.first is not None or chunk.end is not None:
            conditions.append(adql.between(name, chunk.first, chunk.end))
        area = SKY_DEG2 if self.cone is None else self.cone.area_deg2
        if chunk.key != "ids" and chunk.order is not None:
            area = min(area, SKY_DEG2 / (12 * 4**chunk.order))
        return self.target.question(conditions, self.target.expected(area))

    def own(self, chunk: Chunk, rows: pa.Table) -> pa.Table:
        """All rows: the service has compared the identifiers itself, and whole numbers have no edges."""
        return rows


class ByCone:
    """A cone of a service that knows nothing but cones: cells are asked for by the circles around them."""

    def __init__(self, cone: Cone, position: Callable[[pa.Table], tuple[str, str]]) -> None:
        self.cone, self.position = cone, position

    def start(self) -> list[Chunk]:
        """The cone itself."""
        return [Chunk("cone")]

    def split(self, chunk: Chunk) -> list[Chunk]:
        """The cone in cells, a cell in four, those that the cone touches."""
        if chunk.order is None or chunk.cell is None:
            order = first_order(self.cone)
            return [cell_chunk(order, int(cell)) for cell in cover(self.cone, order)]
        return [] if chunk.order >= FINEST else divided(chunk.order, chunk.cell, self.cone)

    def question(self, chunk: Chunk) -> Question:
        """The cone, or the circle around the cell."""
        cone = self.cone
        if chunk.order is not None and chunk.cell is not None:
            cone = circle_around(chunk.order, chunk.cell)
        return Question(f"RA={cone.ra_deg!r} DEC={cone.dec_deg!r} SR={cone.radius_deg!r}", cone=cone)

    def own(self, chunk: Chunk, rows: pa.Table) -> pa.Table:
        """The rows whose position lies in the cone, and in the cell."""
        if rows.num_rows == 0:
            return rows
        names = self.position(rows)
        ra, dec = positions(rows, *names)
        there = np.isfinite(ra) & np.isfinite(dec)
        inside = np.zeros(len(ra), dtype=bool)
        inside[there] = self.cone.holds(ra[there], dec[there])
        kept = rows.filter(pa.array(inside))
        return kept if chunk.order is None else rows_in_cell(kept, *names, chunk)
