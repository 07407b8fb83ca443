"""The graph of rows and identifiers: what is connected in it is one star, or one system.

`told` are the tables, `said` the identifiers in their rows, `node` the rows and identifiers, `joined`
the star and the system of each node, `near` the rows that positions add.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from catalogdb.astrometry import ASTROMETRY
from catalogdb.ddl import literal, qualified, quoted
from catalogdb.links import resolve
from catalogdb.match import Progress, count_rows, find_pairs, no_progress
from catalogdb.match_options import MatchOptions
from catalogdb.points import side
from catalogdb.schema import Column, Identifier, Table
from catalogdb.star_names import ALIASES, greek
from sql import load

if TYPE_CHECKING:
    import numpy as np

_MOTION = ("ref_epoch", "ra_error", "dec_error", "pmra", "pmdec", "parallax", "radial_velocity")


def of_systems(table: Table) -> bool:
    """Whether a row of the table describes a system: its own identifier names one."""
    return any(each.column == "source_id" and each.of == "system" for each in table.identifiers)


class StarGraph:
    """Tables on one connection: told, said, node, joined, row_position, identified and near."""

    def __init__(self, con: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> None:
        self.con = con
        self.number = {table.qualified_name: i for i, table in enumerate(tables)}
        con.execute(
            "CREATE OR REPLACE TEMP TABLE told (tab INTEGER, table_name VARCHAR, namespace VARCHAR, "
            "of_stars BOOLEAN, unique_ BOOLEAN)"
        )
        for table in tables:
            own = next((each.namespace for each in table.identifiers if each.column == "source_id"), None)
            row = [self.number[table.qualified_name], table.qualified_name, own]
            con.execute(
                "INSERT INTO told VALUES (?, ?, ?, ?, ?)",
                [*row, not of_systems(table), table.unique and own is not None],
            )

    def collect(self, tables: Sequence[Table], show: Progress) -> None:
        """Fill `said`: rows with a cross-identification, then rows whose own identifier another table has."""
        self.con.execute(load("identifiers_said").text)
        for done, table in enumerate(tables):
            show("identifiers", done, 2 * len(tables))
            for identifier in table.identifiers:
                self._say(table, identifier)
        self._spell_out()
        for done, table in enumerate(tables, len(tables)):
            show("identifiers", done, 2 * len(tables))
            for identifier in table.identifiers:
                if identifier.column == "source_id":
                    self._say_mentioned(table, identifier)

    def _say(self, table: Table, identifier: Identifier) -> None:
        """Add the identifiers of this column, of the rows that have one beside their own."""
        others = [each.column for each in table.identifiers if each.column != "source_id"]
        if not others:
            return
        has_other = " OR ".join(f"{quoted(column)} IS NOT NULL" for column in others)
        self._insert(table, identifier, f"({has_other})")

    def _say_mentioned(self, table: Table, identifier: Identifier) -> None:
        """Add the own identifiers of rows that are mentioned elsewhere and were not added for themselves."""
        kind = table.column(identifier.column).type
        mentioned = f"SELECT search_key FROM said WHERE namespace = {literal(identifier.namespace or '')}"
        if kind == "VARCHAR":
            condition = f"identifier_key({quoted(identifier.column)}) IN ({mentioned})"
        else:
            condition = (
                f"{quoted(identifier.column)} IN (SELECT TRY_CAST(search_key AS {kind}) FROM ({mentioned}))"
            )
        number = self.number[table.qualified_name]
        absent = f"CAST(source_id AS VARCHAR) NOT IN (SELECT row_id FROM said WHERE tab = {number} AND own)"
        self._insert(table, identifier, f"{condition} AND {absent}")

    def _insert(self, table: Table, identifier: Identifier, condition: str) -> None:
        column = f"CAST({quoted(identifier.column)} AS VARCHAR)"
        if identifier.separator:
            column = f"unnest(string_split({column}, {literal(identifier.separator)}))"
        namespace = (
            literal(identifier.namespace)
            if identifier.namespace is not None
            else f"CAST({quoted(identifier.namespace_column or '')} AS VARCHAR)"
        )
        own = identifier.column == "source_id"
        self.con.execute(
            f"""
            INSERT INTO said
            SELECT {self.number[table.qualified_name]}, row_id, namespace, name, identifier_key(name),
                {identifier.of == "system"}, {own}
            FROM (
                SELECT *, CASE WHEN starts_with(upper(identifier), upper(namespace) || ' ')
                    THEN ltrim(substr(identifier, length(namespace) + 2)) ELSE identifier END AS name
                FROM (
                    SELECT DISTINCT CAST(source_id AS VARCHAR) AS row_id, {namespace} AS namespace,
                        trim({column}) AS identifier
                    FROM {qualified(table.schema, table.name)}
                    WHERE source_id IS NOT NULL AND {quoted(identifier.column)} IS NOT NULL AND {condition}
                )
            )
            WHERE name <> '' AND namespace IS NOT NULL"""
        )

    def _spell_out(self) -> None:
        """Bring namespaces and the Greek letters of names to one spelling."""
        for (namespace,) in self.con.execute("SELECT DISTINCT namespace FROM said").fetchall():
            plain = ALIASES.get("".join(namespace.split()).upper())
            if plain is not None and plain != namespace:
                self.con.execute("UPDATE said SET namespace = ? WHERE namespace = ?", [plain, namespace])
        for (name,) in self.con.execute(load("identifiers_words").text).fetchall():
            if (plain := greek(name)) != name:
                self.con.execute(
                    "UPDATE said SET search_key = identifier_key(?) WHERE identifier = ?", [plain, name]
                )

    def join(self) -> None:
        """Make `joined`: the star and the system of each node of the graph."""
        self.con.execute(load("identifiers_nodes").text)
        self._label()
        self.con.execute(load("identifiers_conflicts").text)
        self._label()

    def _label(self) -> None:
        edges = self.con.sql(load("identifiers_edges").text).fetchnumpy()
        ((nodes,),) = self.con.execute("SELECT count(*) FROM node").fetchall()
        import numpy as np

        labels = {
            "node": np.arange(nodes),
            "star": _components(edges, ~edges["of_system"].astype(bool), nodes),
            "system": _components(edges, np.ones(len(edges["of_system"]), bool), nodes),
        }
        self.con.register("labels", labels)
        self.con.execute("CREATE OR REPLACE TEMP TABLE joined AS FROM labels")
        self.con.unregister("labels")

    def look_around(self, tables: Sequence[Table], radius_arcsec: float, show: Progress) -> int:
        """Make `near`: the rows of tables where a star of the graph is that they do not name."""
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE near (tab INTEGER, star BIGINT, row_id VARCHAR, separation DOUBLE, "
            "ra DOUBLE, dec DOUBLE, hpx29 BIGINT)"
        )
        self._place(tables)
        self.con.execute(load("identifiers_stars").text)
        for done, table in enumerate(tables):
            show("positions", done, len(tables))
            self._look_in(table, radius_arcsec)
        ((found,),) = self.con.execute("SELECT count(*) FROM near").fetchall()
        return int(found)

    def _place(self, tables: Sequence[Table]) -> None:
        """Make `row_position`: position and motion of the rows in the graph, as their tables list them."""
        motion = ", ".join(f"{name} DOUBLE" for name in _MOTION)
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE row_position (tab INTEGER, row_id VARCHAR, ra DOUBLE, dec DOUBLE, "
            f"hpx29 BIGINT, {motion})"
        )
        for name, number in self.number.items():
            table = self._table(name, tables)
            if table is None:
                continue
            given = ", ".join(quoted(c) if table.has(c) else f"NULL AS {c}" for c in _MOTION)
            self.con.execute(
                f"""
                INSERT INTO row_position BY NAME
                SELECT DISTINCT ON (row_id) {number} AS tab, CAST(source_id AS VARCHAR) AS row_id,
                    ra, dec, hpx29, {given}
                FROM {qualified(table.schema, table.name)}
                SEMI JOIN (SELECT row_id FROM node WHERE tab = {number}) n
                    ON n.row_id = CAST(source_id AS VARCHAR)"""
            )

    def _table(self, name: str, tables: Sequence[Table]) -> Table | None:
        return next((table for table in tables if table.qualified_name == name), None)

    def _look_in(self, table: Table, radius_arcsec: float) -> None:
        """Add to `near` the mutually nearest of stars without a row of this table and rows without a star."""
        number = self.number[table.qualified_name]
        self.con.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE unseen AS
            FROM with_hpx29('identified') WHERE source_id NOT IN (
                SELECT star FROM joined JOIN node USING (node) WHERE tab = {number}
            )"""
        )
        rows = nearest_rows(self.con, table, radius_arcsec, f"SELECT row_id FROM node WHERE tab = {number}")
        self.con.execute(f"INSERT INTO near SELECT {number}, * FROM ({rows})")


def nearest_rows(
    con: duckdb.DuckDBPyConnection, table: Table, radius_arcsec: float, taken: str = "SELECT NULL WHERE false"
) -> str:
    """Match the stars of the temporary table `unseen`, moved to each row's epoch, with a table's rows.

    Returns the SELECT of (star, row_id, separation [arcsec], ra, dec, hpx29) of the mutually nearest;
    rows whose source_id, as text, is in the SELECT `taken` take no part.
    """
    sides = (side(UNSEEN), side(table))
    epoch = "right" if sides[1].has_epoch else "none"
    options = MatchOptions(radius_arcsec=radius_arcsec, keep="mutual", epoch=epoch)
    censuses = count_rows(con, sides, no_progress)
    find_pairs(con, sides, censuses, options, no_progress)
    con.execute(f"DELETE FROM pairs WHERE CAST(right_id AS VARCHAR) IN ({taken})")
    resolve(con, *sides, options)
    links = load("match_links_mutual").text
    source = qualified(table.schema, table.name)
    return f"""
        SELECT l.left_id AS star, CAST(l.right_id AS VARCHAR) AS row_id, l.separation, r.ra, r.dec, r.hpx29
        FROM ({links}) l JOIN {source} r ON r.source_id = l.right_id"""


def unseen_row(table: Table) -> str:
    """CREATE of `unseen` with the row $row_id of a table as star 1."""
    given = ", ".join(quoted(c) if table.has(c) else f"NULL::DOUBLE AS {c}" for c in _MOTION)
    source = qualified(table.schema, table.name)
    return f"""
        CREATE OR REPLACE TEMP TABLE unseen AS
        SELECT 1::BIGINT AS source_id, ra, dec, {given}, hpx29
        FROM {source} WHERE source_id = CAST($row_id AS {table.column("source_id").type})"""


def _components(edges: dict[str, np.ndarray], chosen: np.ndarray, nodes: int) -> np.ndarray:
    """The number of the connected component of each node, shape (nodes,), by the chosen edges."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b = edges["row_node"][chosen], edges["identifier_node"][chosen]
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(nodes, nodes))
    return connected_components(graph, directed=False)[1].astype(np.int64)


UNSEEN = Table(
    schema="temp",
    name="unseen",
    about="Stars that a table does not name",
    columns=(
        Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Star", nullable=False),
        *(ASTROMETRY[name] for name in ("ra", "dec", *_MOTION, "hpx29")),
    ),
)
