"""The table set says what TAP_SCHEMA says, and pyvo reads it."""

import gc
import io
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from astropy import units
from astropy.io.votable.ucd import check_ucd
from astroquery.utils.tap.core import TapPlus
from pyvo.io.vosi import parse_tables

from catalogdb import Store

sys.path.insert(0, str(Path(__file__).parent))
from vosi_service import GAIA, Client  # noqa: E402

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def columns_of(document: bytes) -> dict[tuple[str, str], dict[str, str]]:
    """Every column by table and name: the texts of its elements, its type's attributes and its flags."""
    found = {}
    for table in ElementTree.fromstring(document).iter("table"):
        for column in table.iter("column"):
            kind = column.find("dataType")
            assert kind is not None
            assert kind.get(XSI_TYPE) == "vs:VOTableType"
            said = {each.tag: each.text or "" for each in column if each.tag not in {"flag", "dataType"}}
            said |= {"datatype": kind.text or "", "arraysize": kind.get("arraysize", "")}
            said |= {"xtype": kind.get("extendedType", ""), "std": column.get("std", "")}
            flags = [flag.text for flag in column.findall("flag")]
            said |= {
                flag: str(int(flag in flags)) for flag in ("indexed", "principal", "nullable", "primary")
            }
            found[table.findtext("name") or "", said["name"]] = said
    return found


def test_columns_are_those_of_tap_schema(client: Client, sky: Store) -> None:
    document = columns_of(client.get("/tap/tables").content)
    names = ("datatype", "arraysize", "xtype", "description", "unit", "ucd", "indexed", "principal", "std")
    listed = sky.sql(f"SELECT table_name, column_name, {', '.join(names)} FROM tap_schema.columns").fetchall()
    assert len(listed) == len(document)
    for table, column, *values in listed:
        said = document[table, column]
        for name, value in zip(names, values, strict=True):
            if name == "std":
                assert said["std"] == ("true" if value else "false")
            elif name == "description":
                assert said["description"].replace("\ufffd", "\x0b") == value
            else:
                assert said.get(name, "") == ("" if value is None else str(value)), (table, column, name)


def test_types_and_flags_of_one_table(client: Client) -> None:
    found = columns_of(client.get("/tap/tables").content)
    kinds = {
        column: tuple(said[name] for name in ("datatype", "arraysize", "xtype"))
        for (table, column), said in found.items()
        if table == "catalogs.bright"
    }
    assert kinds["source_id"] == ("long", "", "")
    assert kinds["mag"] == ("float", "", "")
    assert kinds["name"] == ("char", "*", "")
    assert kinds["seen"] == ("char", "*", "timestamp")
    assert kinds["fluxes"] == ("float", "*", "")
    indexed = {c for (t, c), said in found.items() if t == "catalogs.bright" and said["indexed"] == "1"}
    assert indexed == {"ra", "dec", "hpx29"}
    primary = {c for (t, c), said in found.items() if t == "catalogs.bright" and said["primary"] == "1"}
    assert primary == {"source_id"}
    assert found["catalogs.bright", "source_id"]["nullable"] == "0"
    assert found["catalogs.bright", "ra"]["nullable"] == "1"
    assert ("tap_schema.columns", '"size"') in found


def test_tables_rows_and_keys(client: Client, sky: Store) -> None:
    root = ElementTree.fromstring(client.get("/tap/tables").content)
    tables = {table.findtext("name"): table for table in root.iter("table")}
    assert set(tables) == {table.qualified_name for table in sky.tables(system=True)}
    for name, table in tables.items():
        assert name is not None
        assert table.findtext("nrows") == str(sky.row_count(name))
    schemas = {schema.findtext("name"): schema.findtext("description") for schema in root.iter("schema")}
    listed = sky.sql("SELECT schema_name, description FROM tap_schema.schemas").fetchall()
    assert schemas == dict(listed)
    keys = {
        (
            name,
            key.findtext("fkColumn/fromColumn"),
            key.findtext("targetTable"),
            key.findtext("fkColumn/targetColumn"),
        )
        for name, table in tables.items()
        for key in table.iter("foreignKey")
    }
    listed = sky.sql(
        "SELECT from_table, from_column, target_table, target_column "
        "FROM tap_schema.keys JOIN tap_schema.key_columns USING (key_id)"
    ).fetchall()
    assert keys == set(listed)
    assert ("matches.bright_other", "left_id", "catalogs.bright", "source_id") in keys
    assert ("matches.bright_other", "right_id", "catalogs.other", "source_id") in keys
    assert ("results.acceleration", "run_id", "provenance.runs", "run_id") in keys


def test_without_detail_there_are_no_columns(client: Client) -> None:
    short = client.get("/tap/tables?detail=min").content
    long = client.get("/tap/tables?DETAIL=max").content
    assert b"<column" not in short
    assert b"<foreignKey" not in short
    assert short.count(b"<table ") == long.count(b"<table ")
    assert long == client.get("/tap/tables").content


def test_one_table(client: Client) -> None:
    answer = client.get("/tap/tables/catalogs.bright")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "{http://www.ivoa.net/xml/VOSITables/v1.0}table"
    assert root.findtext("name") == "catalogs.bright"
    assert len(root.findall("column")) == len(GAIA.columns)
    assert client.get("/tap/tables/bright").content == answer.content
    missing = client.get("/tap/tables/catalogs.brigth")
    assert missing.status_code == 404
    assert "catalogs.bright" in missing.text


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
def test_pyvo_reads_it(client: Client) -> None:
    read = parse_tables(io.BytesIO(client.get("/tap/tables").content), pedantic=True)
    table = read.get_table_by_name("catalogs.bright")
    column = next(each for each in table.columns if each.name == "pmra")
    assert (column.unit, column.ucd) == ("mas.yr**-1", "pos.pm;pos.eq.ra")
    assert column.datatype.content == "double"


def test_units_and_ucds_are_those_of_the_standards(sky: Store) -> None:
    rows = sky.sql("SELECT DISTINCT unit, ucd FROM tap_schema.columns").fetchall()
    assert len(rows) > 30
    for unit, ucd in rows:
        assert check_ucd(ucd, check_controlled_vocabulary=True), ucd
        if unit:
            units.Unit(unit, format="vounit", parse_strict="raise")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_astroquery_reads_it(address: str) -> None:
    tap = TapPlus(url=address)
    tables = {table.name: table for table in tap.load_tables()}
    columns = {column.name: column for column in tables["catalogs.bright"].columns}
    assert list(columns) == [column.name for column in GAIA.columns]
    assert {name: columns[name].flags for name in ("source_id", "ra", "dec", "mag")} == {
        "source_id": "16", "ra": "1", "dec": "2", "mag": "0",
    }  # fmt: skip
    assert columns["mag"].data_type == "float"
    assert [table.name for table in tap.load_tables(only_names=True)] == list(tables)
    assert tap.load_table("catalogs.other").name == "catalogs.other"
    # It leaves its connections open: they go now, while that is no error.
    del tap
    gc.collect()


def test_only_astroquery_gets_what_is_not_in_the_standard(client: Client) -> None:
    answer = client.get("/tap/tables")
    assert "esatapplus" not in answer.text
    assert answer.headers["vary"] == "Accept-Encoding, User-Agent"
    named = {"User-Agent": "astroquery/0.4.11 Python/3.11 (linux)"}
    assert "esatapplus" in client.get("/tap/tables", headers=named).text
    assert client.get("/tap/tables?only_tables=true").text == client.get("/tap/tables?detail=min").text
    assert client.get("/tap/tables?tables=catalogs.nothing").status_code == 404
