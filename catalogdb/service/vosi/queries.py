"""Example queries: each is made from the tables that a store has, or is left out.

They keep to the syntax of ADQL 2.0, which every client's editor can check.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from catalogdb.schema import Table
from catalogdb.service.vosi.holdings import Holdings, Place, identifier, magnitude, shown_columns
from catalogdb.tap_schema import query_name


@dataclass(frozen=True, slots=True)
class Example:
    """A query to start from; `name` is its title, `key` the identifier in the page."""

    key: str
    name: str
    description: str
    query: str
    tables: tuple[str, ...]


def _point(longitude: float | str, latitude: float | str) -> str:
    given = [each if isinstance(each, str) else f"{each:.6f}" for each in (longitude, latitude)]
    return f"POINT('ICRS', {', '.join(given)})"


def _beside(place: Place, distance_deg: float, angle_deg: float) -> Place:
    """The position at a distance from a place, in the direction of a position angle."""
    ra, dec, r, angle = map(math.radians, (*place, distance_deg, angle_deg))
    sin_dec = math.sin(dec) * math.cos(r) + math.cos(dec) * math.sin(r) * math.cos(angle)
    turn = math.atan2(math.sin(angle) * math.sin(r) * math.cos(dec), math.cos(r) - math.sin(dec) * sin_dec)
    return math.degrees(ra + turn) % 360, math.degrees(math.asin(max(-1.0, min(1.0, sin_dec))))


_POSITION = _point("ra", "dec")


def example_queries(holdings: Holdings) -> tuple[Example, ...]:
    """The examples that these tables give; every one runs on them."""
    return tuple(example for make in _MAKERS for example in make(holdings))


def _cone(holdings: Holdings) -> Iterator[Example]:
    for table in holdings.catalogues[:1]:
        ra, dec = holdings.place(table)
        yield Example(
            "cone",
            f"Stars of {table.name} around a position",
            "All within half a degree, nearest first; only rows near are read.",
            f"""SELECT TOP 1000 {shown_columns(table, "parallax", "pmra", "pmdec")},
  DISTANCE({_POSITION}, {_point(ra, dec)}) AS separation
FROM {table.qualified_name}
WHERE 1 = CONTAINS({_POSITION}, CIRCLE('ICRS', {ra:.6f}, {dec:.6f}, 0.5))
ORDER BY separation""",
            (table.qualified_name,),
        )


def _polygon(holdings: Holdings) -> Iterator[Example]:
    for table in holdings.catalogues[:1]:
        corners = [_beside(holdings.place(table), 1.0, angle) for angle in (0.0, 120.0, 240.0)]
        vertices = ", ".join(f"{ra:.6f}, {dec:.6f}" for ra, dec in corners)
        yield Example(
            "polygon",
            f"Stars of {table.name} in a polygon",
            "The sides are great circles. CONTAINS is 1 within, 0 outside.",
            f"""SELECT TOP 1000 {shown_columns(table)}
FROM {table.qualified_name}
WHERE 1 = CONTAINS({_POSITION}, POLYGON('ICRS', {vertices}))""",
            (table.qualified_name,),
        )


def _near_stars(holdings: Holdings) -> Iterator[Example]:
    for table in _with(holdings, "parallax", "parallax_error"):
        yield Example(
            "near-stars",
            f"The nearest stars of {table.name}",
            "Parallaxes of more than ten times their error, in mas; 1000 / parallax is the distance in pc.",
            f"""SELECT TOP 100 {shown_columns(table, "parallax", "parallax_error", "pmra", "pmdec")},
  1000. / parallax AS distance_pc
FROM {table.qualified_name}
WHERE parallax > 10 * parallax_error
ORDER BY parallax DESC""",
            (table.qualified_name,),
        )


def _fast_stars(holdings: Holdings) -> Iterator[Example]:
    for table in _with(holdings, "pmra", "pmdec"):
        yield Example(
            "fast-stars",
            f"The fastest stars of {table.name}",
            "Total proper motion in mas/yr; pmra includes cos(dec).",
            f"""SELECT TOP 100 {shown_columns(table, "pmra", "pmdec")},
  SQRT(pmra * pmra + pmdec * pmdec) AS pm
FROM {table.qualified_name}
WHERE pmra IS NOT NULL AND pmdec IS NOT NULL
ORDER BY pm DESC""",
            (table.qualified_name,),
        )


def _another_epoch(holdings: Holdings) -> Iterator[Example]:
    for table in _with(holdings, "pmra", "pmdec", "ref_epoch"):
        arguments = "ra, dec, pmra, pmdec, ref_epoch, 1991.25"
        if table.has("parallax", "radial_velocity"):
            arguments = "ra, dec, parallax, pmra, pmdec, radial_velocity, ref_epoch, 1991.25"
        shown = shown_columns(table, "ref_epoch")
        yield Example(
            "another-epoch",
            f"Stars of {table.name} where they were in 1991.25",
            "Each star is moved from its own epoch in space; a missing motion counts as none.",
            f"""SELECT {shown}, COORD1(place) AS ra_1991, COORD2(place) AS dec_1991
FROM (
  SELECT TOP 100 {shown}, ivo_epoch_prop_pos({arguments}) AS place
  FROM {table.qualified_name}
  WHERE ra IS NOT NULL AND dec IS NOT NULL AND ref_epoch IS NOT NULL
) AS moved""",
            (table.qualified_name,),
        )


def _density(holdings: Holdings) -> Iterator[Example]:
    for table in holdings.catalogues[:1]:
        yield Example(
            "density",
            f"A map of the density of {table.name}",
            "Stars in each HEALPix cell (NESTED) of order 5, of 3.36 square degrees.",
            f"""SELECT cell, COUNT(*) AS n_stars
FROM (SELECT ivo_healpix_index(5, ra, dec) AS cell FROM {table.qualified_name}) AS cells
WHERE cell IS NOT NULL
GROUP BY cell
ORDER BY cell""",
            (table.qualified_name,),
        )


def _histogram(holdings: Holdings) -> Iterator[Example]:
    for table in holdings.catalogues:
        column = magnitude(table)
        if column is not None:
            name = query_name(column)
            yield Example(
                "magnitudes",
                f"How many stars of {table.name} there are by magnitude",
                f"{column.about}, in steps of one magnitude.",
                f"""SELECT whole, COUNT(*) AS n_stars
FROM (SELECT FLOOR({name}) AS whole FROM {table.qualified_name}) AS magnitudes
WHERE whole IS NOT NULL
GROUP BY whole
ORDER BY whole""",
                (table.qualified_name,),
            )
            return


def _galactic(holdings: Holdings) -> Iterator[Example]:
    for table in holdings.catalogues[:1]:
        yield Example(
            "galactic",
            f"Galactic coordinates of {table.name}",
            "Positions are ICRS; FK5, FK4, GALACTIC and ECLIPTIC are a rotation away.",
            f"""SELECT {shown_columns(table)}, COORD1(place) AS l, COORD2(place) AS b
FROM (
  SELECT TOP 100 {shown_columns(table)}, ivo_geom_transform('ICRS', 'GALACTIC', {_POSITION}) AS place
  FROM {table.qualified_name}
  WHERE ra IS NOT NULL AND dec IS NOT NULL
) AS turned""",
            (table.qualified_name,),
        )


def _cross_match(holdings: Holdings) -> Iterator[Example]:
    pair = holdings.catalogues[:2]
    ids = [identifier(table) for table in pair]
    if len(pair) < 2 or None in ids:
        return
    one, other = pair
    ra, dec = holdings.place(one)
    left, right = _point("a.ra", "a.dec"), _point("b.ra", "b.dec")
    yield Example(
        "cross-match",
        f"{one.name} and {other.name} by position",
        "Pairs within 2 arcsec, as both list their positions, in a circle of one degree.",
        f"""SELECT TOP 1000 a.{ids[0]} AS {one.name}_id, b.{ids[1]} AS {other.name}_id,
  3600 * DISTANCE({left}, {right}) AS separation_arcsec
FROM {one.qualified_name} AS a
JOIN {other.qualified_name} AS b ON DISTANCE({left}, {right}) < 2 / 3600.
WHERE 1 = CONTAINS({left}, CIRCLE('ICRS', {ra:.6f}, {dec:.6f}, 1))""",
        (one.qualified_name, other.qualified_name),
    )


def _link_table(holdings: Holdings) -> Iterator[Example]:
    for table, left, right in holdings.links()[:1]:
        sides = [("l", holdings.named(left.target_table)), ("r", holdings.named(right.target_table))]
        shown = [
            f"{alias}.{name} AS {linked.name}_{name}"
            for alias, linked in sides
            if linked is not None
            for name in ("ra", "dec", "ref_epoch")
            if linked.has(name)
        ]
        yield Example(
            "links",
            f"Stars joined by {table.qualified_name}",
            f"{table.about}; the links lead to the rows of both.",
            # The links are chosen first: a hundred rows are then looked up, not all of two catalogues joined.
            f"""SELECT {", ".join(["m.left_id", "m.right_id", "m.separation", *shown])}
FROM (SELECT TOP 100 * FROM {table.qualified_name}) AS m
JOIN {left.target_table} AS l ON l.{left.target_column} = m.left_id
JOIN {right.target_table} AS r ON r.{right.target_column} = m.right_id""",
            (table.qualified_name, left.target_table, right.target_table),
        )


def _accelerations(holdings: Holdings) -> Iterator[Example]:
    table = holdings.named("results.acceleration")
    if table is not None:
        yield Example(
            "accelerations",
            "Stars whose motion is not uniform",
            "Found at a false-discovery rate of 1 per cent; accelerations are in mas/yr2.",
            f"""SELECT TOP 100 source_id, n_epoch, p_acc, q_fdr, acc_ra, acc_ra_error, acc_dec, acc_dec_error
FROM {table.qualified_name}
WHERE q_fdr < 0.01
ORDER BY p_acc""",
            (table.qualified_name,),
        )


def _epochs(holdings: Holdings) -> Iterator[Example]:
    table = holdings.named("results.astrom_epoch")
    if table is not None:
        yield Example(
            "epochs",
            "Stars with positions at many epochs",
            "How many catalogues saw a star, and over how many years.",
            f"""SELECT TOP 100 obj_id, COUNT(*) AS n_epoch, MIN(epoch) AS oldest, MAX(epoch) AS newest
FROM {table.qualified_name}
GROUP BY obj_id
ORDER BY n_epoch DESC, obj_id""",
            (table.qualified_name,),
        )


def _identifiers(holdings: Holdings) -> Iterator[Example]:
    table = holdings.named("matches.identifiers")
    if table is not None:
        yield Example(
            "identifiers",
            "All names of one star",
            "Rows with one object_id are one star; search_key is in capitals, without zeros before numbers.",
            f"""SELECT b.namespace, b.identifier, b.table_name, b.row_id, b.relation
FROM {table.qualified_name} AS a
JOIN {table.qualified_name} AS b ON b.object_id = a.object_id
WHERE a.namespace = 'HIP' AND a.search_key = '1'""",
            (table.qualified_name,),
        )


def _runs(holdings: Holdings) -> Iterator[Example]:
    for key in holdings.keys:
        if key.target_table == "provenance.runs":
            yield Example(
                "runs",
                f"Which run made the rows of {key.from_table}",
                "Its settings, input and program version: every result can be traced.",
                f"""SELECT r.run_id, r.analysis, r.started, r.code_version, r.settings, COUNT(*) AS n_rows
FROM {key.from_table} AS t
JOIN provenance.runs AS r ON r.run_id = t.{key.from_column}
GROUP BY r.run_id, r.analysis, r.started, r.code_version, r.settings""",
                (key.from_table, "provenance.runs"),
            )
            return


def _files(holdings: Holdings) -> Iterator[Example]:
    if holdings.named("provenance.ingests"):
        yield Example(
            "files",
            "The files that the tables were read from",
            "With their checksums, and the rows that were kept and set aside.",
            """SELECT table_name, file, rows_read, rows_kept, rows_rejected, started, sha256
FROM provenance.ingests
ORDER BY table_name, started""",
            ("provenance.ingests",),
        )


def _columns(holdings: Holdings) -> Iterator[Example]:
    if holdings.named("tap_schema.columns"):
        yield Example(
            "columns",
            "Columns by what they mean",
            "All proper motions of all tables, by their UCD.",
            """SELECT table_name, column_name, unit, description
FROM tap_schema.columns
WHERE ucd LIKE 'pos.pm%'
ORDER BY table_name, column_name""",
            ("tap_schema.columns",),
        )


def _with(holdings: Holdings, *columns: str) -> list[Table]:
    """The first of the catalogues that has all these columns, if there is one."""
    return [table for table in holdings.catalogues if table.has(*columns)][:1]


_MAKERS: tuple[Callable[[Holdings], Iterator[Example]], ...] = (
    _cone,
    _near_stars,
    _fast_stars,
    _cross_match,
    _another_epoch,
    _density,
    _histogram,
    _polygon,
    _galactic,
    _link_table,
    _accelerations,
    _epochs,
    _identifiers,
    _runs,
    _files,
    _columns,
)
