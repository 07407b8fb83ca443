"""DataLink: the links of rows by HTTP, each of them followed; by pyvo from the result of a query."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import astropy.io.votable as votable
import httpx
import pytest
import pyvo

from tests.catalogdb.service.beside_store import N, make
from tests.catalogdb.service.conftest import Server, served

COLUMNS = [
    *("ID", "access_url", "service_def", "error_message", "description", "semantics"),
    *("content_type", "content_length"),
]


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service on a store whose stars are in several tables."""
    path = tmp_path_factory.mktemp("linked") / "sky"
    make(path)
    with served(path, serve_workers=1) as running:
        yield running


def _links(
    server: Server, *ids: str, path: str = "/datalink", **given: object
) -> list[dict[str, str | None]]:
    response = httpx.post(server.url + path, data={"ID": list(ids), **given}, timeout=60)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-votable+xml;content=datalink"
    assert b"<TABLEDATA>" in response.content
    (resource,) = votable.parse(io.BytesIO(response.content), verify="exception").resources
    assert resource.type == "results"
    assert {info.name: info.value for info in resource.infos}["standardID"] == (
        "ivo://ivoa.net/std/DataLink#links-1.1"
    )
    (table,) = resource.tables
    assert [field.name for field in table.fields] == COLUMNS
    length = table.fields[-1]
    assert (length.datatype, str(length.unit)) == ("long", "byte")
    return [{name: str(row[name]) or None for name in COLUMNS[:-1]} for row in table.array]


def _followed(url: str) -> list[dict[str, object]]:
    response = httpx.get(url, timeout=60)
    assert response.status_code == 200, (url, response.text)
    table = votable.parse(io.BytesIO(response.content)).get_first_table().to_table()
    return [dict(zip(table.colnames, row, strict=True)) for row in table.iterrows()]


def test_a_row_has_links_to_all_that_is_beside_it(linked: Server) -> None:
    links = _links(linked, "catalogs.bright?7")
    assert {link["ID"] for link in links} == {"catalogs.bright?7"}
    for link in links:
        assert [link["access_url"], link["service_def"], link["error_message"]].count(None) == 2
    found = {}
    for link in links:
        found.setdefault(link["semantics"], []).append(link)
    (this,) = found["#this"]
    (row,) = _followed(str(this["access_url"]))
    assert (row["source_id"], row["name"]) == (7, "<b>7</b>")
    (ingest,) = (r for link in found["#progenitor"] for r in _followed(str(link["access_url"])))
    assert ingest["file"] == "bright.dat"
    (counterpart,) = found["#counterpart"]
    assert [r["source_id"] for r in _followed(str(counterpart["access_url"]))] == [1007]
    epochs, moving = found["#derivation"]
    assert [r["epoch"] for r in _followed(str(epochs["access_url"]))] == [1991.25, 2016.0]
    assert "results.moving" in str(moving["description"])
    assert [r["source_id"] for r in _followed(str(moving["access_url"]))] == ["7"]
    star, page = found["#documentation"]
    assert star["access_url"] == f"{linked.url}/star/HIP%207"
    assert httpx.get(str(page["access_url"])).status_code == 200


def test_a_result_of_other_stars_with_the_same_numbers_is_none_of_theirs(linked: Server) -> None:
    said = " ".join(str(link["description"]) for link in _links(linked, "catalogs.bright?7"))
    assert "results.variable" not in said


def test_the_other_side_of_a_match_and_another_catalogue_of_the_epochs(linked: Server) -> None:
    links = _links(linked, "catalogs.faint?1007")
    (counterpart,) = (link for link in links if link["semantics"] == "#counterpart")
    assert [r["source_id"] for r in _followed(str(counterpart["access_url"]))] == [7]
    (epochs,) = (link for link in links if "epochs_of_stars" in str(link["description"]))
    assert len(_followed(str(epochs["access_url"]))) == 2


def test_the_row_of_a_result_leads_to_its_run(linked: Server) -> None:
    links = _links(linked, "results.moving?3")
    (run,) = (
        r for link in links if link["semantics"] == "#progenitor" for r in _followed(str(link["access_url"]))
    )
    assert run["analysis"] == "moving"


def test_several_ids_one_of_them_unknown(linked: Server) -> None:
    given = [
        "catalogs.bright?49",
        "catalogs.bright?99",
        "catalogs.bright?x",
        "nothing?1",
        "tap_schema.tables?a",
        "",
    ]
    links = _links(linked, *given)
    errors = {link["ID"] or "": link["error_message"] for link in links if link["error_message"]}
    assert errors.keys() == set(given[1:])
    assert str(errors["catalogs.bright?99"]).startswith(
        "NotFoundFault: no row of catalogs.bright has source_id 99"
    )
    assert str(errors["catalogs.bright?x"]).startswith("UsageFault: ")
    assert str(errors["nothing?1"]).startswith("NotFoundFault: ")
    for link in links:
        if link["error_message"]:
            assert (link["access_url"], link["description"], link["semantics"]) == (None, None, "#this")
    assert len([link for link in links if link["ID"] == "catalogs.bright?49"]) >= 4


@pytest.mark.parametrize("given", ["7", "+07", "catalogs.bright?7", "CATALOGS.BRIGHT?7"])
def test_below_the_name_of_a_table_an_identifier_will_do(linked: Server, given: str) -> None:
    links = _links(linked, given, path="/datalink/catalogs.bright")
    assert {link["ID"] for link in links} == {given}
    assert links[0]["semantics"] == "#this"


def test_no_id_gives_no_links(linked: Server) -> None:
    assert _links(linked) == []


def test_the_links_of_a_row_are_never_cut(linked: Server) -> None:
    each = len(_links(linked, "catalogs.bright?1"))
    two = {"ID": ["catalogs.bright?1", "catalogs.bright?2"], "MAXREC": each + 1}
    response = httpx.post(f"{linked.url}/datalink", data=two, timeout=60)
    assert 'value="OVERFLOW"' in response.text
    assert len(votable.parse(io.BytesIO(response.content)).get_first_table().array) == each
    many = httpx.post(f"{linked.url}/datalink", data={"ID": [f"a?{i}" for i in range(501)]}, timeout=60)
    assert 'value="OVERFLOW"' in many.text
    assert len(votable.parse(io.BytesIO(many.content)).get_first_table().array) == 500
    none = linked.get("/datalink", ID="catalogs.bright?1", MAXREC=0)
    assert len(votable.parse(io.BytesIO(none.content)).get_first_table().array) == 0


def test_formats(linked: Server) -> None:
    given = {"ID": "catalogs.bright?1"}
    assert linked.get("/datalink", **given, RESPONSEFORMAT="csv").text.startswith('"ID","access_url"')
    asked = linked.get("/datalink", **given, RESPONSEFORMAT="application/x-votable+xml")
    assert asked.headers["content-type"] == "application/x-votable+xml;content=datalink"
    assert linked.get("/datalink", **given, RESPONSEFORMAT="xls").status_code == 400
    assert linked.get("/datalink/nothing", **given).status_code == 404


def test_an_id_is_never_sql(linked: Server) -> None:
    for given in ("results.moving?' OR '1'='1", "results.moving?3'; DROP TABLE x --", "results.moving' --?3"):
        (link,) = _links(linked, given)
        assert str(link["error_message"]).startswith("NotFoundFault")


def test_pyvo_goes_from_a_query_to_the_links(linked: Server) -> None:
    service = pyvo.dal.TAPService(linked.tap)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = service.run_sync("SELECT source_id AS star, ra FROM catalogs.bright WHERE source_id < 3")
        found = {}
        for links in rows.iter_datalinks():
            (this,) = links.bysemantics("#this", include_narrower=False)
            found[int(links.original_row["star"])] = _followed(this.access_url)[0]["source_id"]
            assert list(links.bysemantics("#counterpart", include_narrower=False))
    assert found == {0: 0, 1: 1, 2: 2}


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT * FROM catalogs.bright", {"source_id": "catalogs.bright"}),
        ("SELECT ra, dec FROM catalogs.bright", {}),
        ("SELECT source_id + 1 AS source_id FROM catalogs.bright", {}),
        ("SELECT max(source_id) AS source_id FROM catalogs.bright", {}),
        (
            "SELECT b.source_id AS one, f.source_id AS other FROM catalogs.bright AS b, catalogs.faint AS f",
            {"one": "catalogs.bright", "other": "catalogs.faint"},
        ),
        ("SELECT table_name FROM tap_schema.tables", {}),
    ],
)
@pytest.mark.parametrize("form", ["votable", "votable/td", "votable/b"])
def test_results_describe_the_service_of_their_identifiers(
    linked: Server, query: str, columns: dict[str, str], form: str
) -> None:
    response = linked.sync(query, RESPONSEFORMAT=form, MAXREC=1)
    first, *others = votable.parse(io.BytesIO(response.content), verify="exception").resources
    assert first.type == "results"
    found = {}
    for resource in others:
        assert (resource.type, resource.utype) == ("meta", "adhoc:service")
        about = {param.name: param.value for param in resource.params}
        assert about["standardID"] == "ivo://ivoa.net/std/DataLink#links-1.1"
        (group,) = resource.groups
        (param,) = group.entries
        (field,) = (f for f in first.tables[0].fields if param.ref == f.ID)
        assert (group.name, param.name) == ("inputParams", "ID")
        found[field.name] = about["accessURL"].removeprefix(f"{linked.url}/datalink/")
    assert found == columns


def test_all_rows_of_a_table_have_their_own(linked: Server) -> None:
    links = _links(linked, *(str(i) for i in range(N)), path="/datalink/catalogs.bright")
    counterparts = {link["ID"] for link in links if link["semantics"] == "#counterpart"}
    assert counterparts == {str(i) for i in range(N - 10)}


def test_the_semantics_are_of_the_core_vocabulary(linked: Server) -> None:
    vocabulary = json.loads(
        (Path(pyvo.__file__).parent / "dal/tests/data/datalink/datalink.desise").read_text()
    )
    links = _links(linked, "catalogs.bright?7", "results.moving?7", "nothing?7")
    assert {str(link["semantics"]).removeprefix("#") for link in links} <= vocabulary["terms"].keys()


@pytest.mark.parametrize(
    "path", ["/datalink?ID=catalogs.bright%3F7&ID=x%3F9", "/datalink/catalogs.bright?ID=7"]
)
def test_stilts_finds_nothing_to_object_to(linked: Server, path: str) -> None:
    stilts = shutil.which("stilts")
    if stilts is None:
        pytest.skip("stilts is not installed")
    run = subprocess.run(
        [stilts, "datalinklint", f"votable={linked.url}{path}"], capture_output=True, text=True, timeout=120
    )
    # Without a network STILTS knows the vocabulary of DataLink 1.0 alone.
    new = re.compile(
        r"E-SMCO-\d+ Unknown predicate '(documentation|counterpart)' from core DataLink vocabulary"
    )
    told = [line for line in run.stdout.splitlines() if line.startswith(("E-", "W-", "F-"))]
    assert "Datalink table rows checked" in run.stdout
    assert [line for line in told if not new.match(line)] == []
