"""tap_schema and provenance: described by themselves, equal to what is there."""

import catalogdb
from catalogdb import Ingest, Store, Table
from catalogdb.ddl import qualified
from catalogdb.system_tables import SYSTEM_TABLES
from catalogdb.tap_schema import TAP_SCHEMA

TAP_1_1 = {
    "schemas": "schema_name utype description schema_index",
    "tables": "schema_name table_name table_type utype description table_index",
    "columns": (
        "table_name column_name datatype arraysize xtype size description utype unit ucd indexed "
        "principal std column_index"
    ),
    "keys": "key_id from_table target_table description utype",
    "key_columns": "key_id from_column target_column",
}
TEN = "SELECT range AS source_id FROM range(10)"


def test_the_columns_are_those_of_tap_1_1() -> None:
    found = {table.name: {column.name for column in table.columns} for table in TAP_SCHEMA}
    assert found == {name: set(columns.split()) for name, columns in TAP_1_1.items()}


def test_every_table_and_column_is_listed_the_system_tables_included(
    store: Store, plain: Table, stars: Table
) -> None:
    store.publish(plain, TEN)
    store.publish(stars, "SELECT 1 AS source_id")
    tables = store.tables(system=True)
    assert set(SYSTEM_TABLES) < {table.qualified_name for table in tables}
    listed = store.sql("SELECT table_name, column_name FROM tap_schema.columns").fetchall()
    assert {(table, column.strip('"')) for table, column in listed} == {
        (table.qualified_name, column.name) for table in tables for column in table.columns
    }
    names = store.sql("SELECT schema_name, table_name, description FROM tap_schema.tables").fetchall()
    assert {name[1:] for name in names} == {(table.qualified_name, table.about) for table in tables}
    schemas = {name for (name,) in store.sql("SELECT schema_name FROM tap_schema.schemas").fetchall()}
    assert schemas == {name for name, _, _ in names}


def test_tap_schema_describes_what_duckdb_has(store: Store, stars: Table) -> None:
    store.publish(stars, "SELECT 1 AS source_id")
    for table in store.tables(system=True):
        found = store.sql(f"DESCRIBE {qualified(table.schema, table.name)}").fetchall()
        kinds = [(column.name, {"REAL": "FLOAT"}.get(column.type, column.type)) for column in table.columns]
        assert [row[:2] for row in found] == kinds
        count = store.sql(f"SELECT count(*) FROM {qualified(table.schema, table.name)}").fetchall()
        assert count == [(store.row_count(table.qualified_name),)]


def test_types_units_and_flags(store: Store, stars: Table) -> None:
    store.publish(stars, "SELECT 1 AS source_id")
    query = (
        "SELECT column_name, datatype, arraysize, unit, ucd, indexed, std FROM tap_schema.columns "
        "WHERE table_name = 'catalogs.stars' ORDER BY column_index"
    )
    assert store.sql(query).fetchall() == [
        ("source_id", "long", None, None, "meta.id;meta.main", 0, 0),
        ("ra", "double", None, "deg", "pos.eq.ra;meta.main", 1, 0),
        ("dec", "double", None, "deg", "pos.eq.dec;meta.main", 1, 0),
        ("hpx29", "long", None, "", "pos.healpix", 1, 0),
        ("mag", "float", None, "mag", "phot.mag", 0, 0),
    ]
    query = "SELECT column_name, datatype FROM tap_schema.columns WHERE column_name LIKE '%size%' AND std = 1"
    assert store.sql(query).fetchall() == [("arraysize", "char"), ('"size"', "int")]


def test_the_foreign_keys_hold_and_tap_schema_has_five(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    store.publish(plain, TEN, mode="replace", ingests=[Ingest(file="1.dat")])
    query = (
        "SELECT k.from_table, c.from_column, k.target_table, c.target_column "
        "FROM tap_schema.keys k JOIN tap_schema.key_columns c USING (key_id)"
    )
    keys = store.sql(query).fetchall()
    assert sum(source.startswith("tap_schema.") for source, *_ in keys) == 5
    assert ("provenance.ingests", "snapshot", "provenance.snapshots", "snapshot") in keys
    for source, column, target, key in keys:
        lost = store.sql(
            f"SELECT count(*) FROM {source} a WHERE a.{column} NOT IN (SELECT b.{key} FROM {target} b)"
        ).fetchall()
        assert lost == [(0,)]


def test_provenance_of_a_snapshot_ends_with_it(store: Store, plain: Table) -> None:
    for number in (1, 2):
        ingest = Ingest(
            file=f"{number}.dat",
            sha256="ab",
            catalogue="c",
            form="f",
            spec_sha256="cd",
            rows_read=12,
            rows_kept=10,
            rows_rejected=2,
            started=86400.0,
            seconds=1.5,
            note="n",
        )
        store.publish(plain, TEN, mode="replace", ingests=[ingest])
    query = "SELECT * EXCLUDE (part_file) FROM provenance.ingests ORDER BY snapshot"
    rows = store.sql(query).fetchall()
    assert [row[2] for row in rows] == [1, 2]
    assert (rows[0][0], rows[0][3], *rows[0][8:11]) == ("catalogs.plain", "1.dat", 12, 10, 2)
    assert str(rows[0][11]) == "1970-01-02 00:00:00"
    assert store.sql("SELECT table_name, n_rows FROM provenance.parts").fetchall() == [("catalogs.plain", 10)]
    changes = store.sql("SELECT changes FROM provenance.snapshots ORDER BY snapshot").fetchall()
    assert changes == [("create",), ("replace catalogs.plain",), ("replace catalogs.plain",)]
    with catalogdb.open(store.path, snapshot=1) as past:
        assert past.sql("SELECT file FROM provenance.ingests").fetchall() == [("1.dat",)]
