"""Tables of users: made, filled, indexed and dropped by pyvo, and out of everybody else's reach."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import astropy.units as u
import httpx
import numpy as np
import pytest
import pyvo
import requests
from astropy.table import Table as AstropyTable
from pyvo.utils.prototype import activate_features
from typer.testing import CliRunner

import catalogdb
from catalogdb.cli import app
from tests.catalogdb.service.conftest import Server, fill, served

DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<vosi:table xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" type="output">
  <name>user_alice.mine</name>
  <description>Stars that Alice likes</description>
  <column><name>star</name><description>Her name for it</description><ucd>meta.id</ucd>
    <dataType xsi:type="vs:VOTableType" arraysize="*">char</dataType></column>
  <column><name>ra</name><unit>deg</unit><ucd>pos.eq.ra;meta.main</ucd>
    <dataType xsi:type="vs:VOTableType">double</dataType></column>
  <column><name>dec</name><unit>deg</unit><ucd>pos.eq.dec;meta.main</ucd>
    <dataType xsi:type="vs:VOTableType">double</dataType></column>
  <column><name>visits</name><ucd>meta.number</ucd>
    <dataType xsi:type="vs:VOTableType">int</dataType></column>
</vosi:table>
"""
ROWS = "star\tra\tdec\tvisits\nfirst\t10.5\t-20.25\t3\nsecond\t350\t89.5\t\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that keeps tables of users."""
    path = tmp_path_factory.mktemp("users") / "sky"
    with catalogdb.open(path, create=True) as store:
        fill(store, n=500)
    with served(path, serve_workers=2, serve_user_tables="true", serve_user_most=3) as running:
        yield running


def token(server: Server, user: str) -> str:
    """A token of the user, from the command line."""
    result = CliRunner().invoke(app, ["token", "create", user, "--store", str(server.store)])
    assert result.exit_code == 0, result.output
    return result.output.split()[-1]


def service(server: Server, text: str) -> pyvo.dal.TAPService:
    """The service as pyvo sees it with this token."""
    activate_features("cadc-tb-upload")
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {text}"
    return pyvo.dal.TAPService(server.tap, session=session)


def own(server: Server, user: str) -> httpx.Client:
    """A client with a token of the user."""
    return httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {token(server, user)}"}, timeout=60
    )


def test_pyvo_makes_fills_indexes_and_drops_a_table(shared: Server) -> None:
    mine = service(shared, token(shared, "alice"))
    mine.create_table("user_alice.mine", io.BytesIO(DEFINITION.encode()))
    assert len(mine.run_sync("SELECT * FROM user_alice.mine")) == 0
    mine.load_table("user_alice.mine", io.BytesIO(ROWS.encode()), format="tsv")
    rows = mine.run_sync("SELECT * FROM user_alice.mine ORDER BY star").to_table()
    assert list(rows["star"]) == ["first", "second"]
    assert list(rows["ra"]) == [10.5, 350.0]
    assert rows["visits"].mask.tolist() == [False, True]
    assert rows["ra"].unit == u.deg
    assert "hpx29" in rows.colnames
    more = AstropyTable({"star": ["third"], "ra": [0.0] * u.deg, "dec": [0.0] * u.deg, "visits": [1]})
    fits = io.BytesIO()
    more.write(fits, format="fits")
    mine.load_table("user_alice.mine", io.BytesIO(fits.getvalue()), format="FITSTable")
    near = "SELECT star FROM user_alice.mine WHERE 1 = CONTAINS(POINT(ra, dec), CIRCLE(0.1, 0, 1))"
    assert list(mine.run_sync(near).to_table()["star"]) == ["third"]
    mine.create_index("user_alice.mine", "star", unique=True)
    assert len(mine.run_async("SELECT star FROM user_alice.mine WHERE star = 'second'")) == 1
    indexed = (
        "SELECT indexed FROM tap_schema.columns WHERE column_name = 'star' AND table_name = 'user_alice.mine'"
    )
    assert mine.run_sync(indexed).to_table()["indexed"][0] == 1
    assert "user_alice.mine" in mine.tables
    mine.remove_table("user_alice.mine")
    with pytest.raises(pyvo.dal.DALQueryError, match="there is no table user_alice"):
        mine.run_sync("SELECT * FROM user_alice.mine")


def test_nobody_else_reaches_it(shared: Server) -> None:
    with own(shared, "carol") as carol, own(shared, "dave") as dave:
        document = DEFINITION.replace("alice", "carol")
        assert carol.put("/tap/tables/user_carol.secret", content=document).status_code == 201
        assert carol.post("/tap/load/user_carol.secret", content=ROWS).status_code == 200
        query = {"LANG": "ADQL", "FORMAT": "csv", "QUERY": "SELECT star FROM user_carol.secret"}
        assert "first" in carol.post("/tap/sync", data=query).text
        job = carol.post("/tap/async", data=query | {"PHASE": "RUN"}).headers["location"]
        assert carol.get(job).status_code == 200
        anonymous = httpx.Client(base_url=shared.url, timeout=60)
        for stranger in (dave, anonymous):
            assert stranger.post("/tap/sync", data=query).status_code == 400
            assert stranger.get(job).status_code == 404
            assert stranger.get("/tables/user_carol.secret").status_code == 404
            assert stranger.get("/tap/tables/user_carol.secret").status_code == 404
            assert stranger.get("/scs/user_carol.secret?RA=0&DEC=0&SR=1").status_code in {400, 404}
            for page in ("/tap", "/tap/tables", "/tap/examples", "/tap/capabilities"):
                assert "carol" not in stranger.get(page).text
            for table in ("tap_schema.tables", "tap_schema.columns", "tap_schema.schemas", "tap_schema.keys"):
                asked = query | {"QUERY": f"SELECT * FROM {table}"}
                assert "carol" not in stranger.post("/tap/sync", data=asked).text
            for table in ("ingests", "parts", "edits", "snapshots", "runs"):
                asked = query | {"QUERY": f"SELECT * FROM provenance.{table}"}
                assert "carol" not in stranger.post("/tap/sync", data=asked).text, table
            changes = [
                stranger.put("/tap/tables/user_carol.more", content=document),
                stranger.post("/tap/load/user_carol.secret", content=ROWS),
                stranger.delete("/tap/tables/user_carol.secret"),
                stranger.post("/tap/table-update", data={"table": "user_carol.secret", "index": "ra"}),
            ]
            assert {each.status_code for each in changes} == {401 if stranger is anonymous else 403}
        listed = query | {"QUERY": "SELECT table_name FROM tap_schema.tables"}
        assert "user_carol.secret" in carol.post("/tap/sync", data=listed).text
        assert "user_carol.secret" not in dave.post("/tap/sync", data=listed).text
        assert carol.delete("/tap/tables/catalogs.stars").status_code == 403
        anonymous.close()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("star\tra\tdec\tvisits\nx\tabc\t1\t1\n", "abc"),
        ("star\tra\tdec\tvisits\nx\t1\t1\t1.5\n", "1.5 is no whole number"),
        ("star\tright\nx\t1\n", "no column right"),
        ("", "sent"),
        ("\x00\x01\x02", "sent"),
    ],
)
def test_rows_that_do_not_fit_are_refused_whole(shared: Server, rows: str, said: str) -> None:
    with own(shared, "erin") as erin:
        erin.put("/tap/tables/user_erin.t", content=DEFINITION)
        response = erin.post("/tap/load/user_erin.t", content=rows.encode())
        assert response.status_code == 400
        assert said in response.text
        count = {"LANG": "ADQL", "FORMAT": "csv", "QUERY": "SELECT COUNT(*) AS n FROM user_erin.t"}
        assert erin.post("/tap/sync", data=count).text.split()[-1] == "0"
        assert erin.delete("/tap/tables/user_erin.t").status_code == 200


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("no xml", "no XML"),
        ("<table/>", "no columns"),
        ('<table><FIELD name="a" datatype="strange"/></table>', "no type"),
        ('<table><FIELD name="a b" datatype="int"/></table>', "a b"),
        ('<table><FIELD name="select" datatype="int"/></table>', "select_"),
        ('<table><FIELD name="a" datatype="int"/><FIELD name="A" datatype="int"/></table>', "two columns"),
        ('<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><table>&x;</table>', "DTD"),
    ],
)
def test_definitions_that_can_not_be(shared: Server, document: str, said: str) -> None:
    with own(shared, "frank") as frank:
        response = frank.put("/tap/tables/user_frank.t", content=document)
        assert response.status_code == 400
        assert said in response.text


def test_quotas_and_names(shared: Server) -> None:
    with own(shared, "grace") as grace:
        for number in range(3):
            assert grace.put(f"/tap/tables/user_grace.t{number}", content=DEFINITION).status_code == 201
        assert "no more are allowed" in grace.put("/tap/tables/user_grace.t3", content=DEFINITION).text
        assert grace.put("/tap/tables/user_grace.t0", content=DEFINITION).status_code == 400
        assert grace.put("/tap/tables/user_grace.Bad-Name", content=DEFINITION).status_code == 400
        assert grace.delete("/tap/tables/user_grace.nothing").status_code == 400


def test_tokens(shared: Server, tmp_path: Path) -> None:
    text = token(shared, "heidi")
    stored = (shared.store / "tokens.json").read_text()
    assert text not in stored
    assert (shared.store / "tokens.json").stat().st_mode & 0o077 == 0
    assert any(each["user"] == "heidi" for each in json.loads(stored))
    with httpx.Client(base_url=shared.url, headers={"Authorization": f"Bearer {text}"}) as heidi:
        assert heidi.get("/tap/tables").status_code == 200
        listed = CliRunner().invoke(app, ["token", "list", "--store", str(shared.store)])
        assert "heidi" in listed.output
        CliRunner().invoke(app, ["token", "revoke", "heidi", "--store", str(shared.store)])
        refused = heidi.get("/tap/tables")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
    assert httpx.get(shared.url + "/tap/tables", auth=("ivan", token(shared, "ivan"))).status_code == 200
    assert httpx.get(shared.url + "/tap/tables", auth=("ivan", "guess")).status_code == 401
    wrong = CliRunner().invoke(app, ["token", "create", "No Name", "--store", str(shared.store)])
    assert wrong.exit_code == 1
    assert "a name is a lower case letter" in wrong.output
    assert CliRunner().invoke(app, ["token", "create", "--store", str(shared.store)]).exit_code == 2


def test_nothing_leads_to_what_knows_no_users(shared: Server) -> None:
    with own(shared, "erin") as erin:
        document = DEFINITION.replace("alice", "erin").replace(">meta.id<", ">meta.id;meta.main<")
        assert erin.put("/tap/tables/user_erin.named", content=document).status_code == 201
        assert erin.post("/tap/load/user_erin.named", content=ROWS).status_code == 200
        query = {"LANG": "ADQL", "QUERY": "SELECT * FROM user_erin.named", "FORMAT": "votable/td"}
        assert "/datalink/" not in erin.post("/tap/sync", data=query).text
        assert "user_erin" not in erin.get("/tap/capabilities").text
        page = erin.get("/tables/user_erin.named")
        assert page.status_code == 200
        assert "/moc/" not in page.text


def test_it_is_off_by_default(server: Server) -> None:
    response = httpx.put(f"{server.tap}/tables/user_x.t", content=DEFINITION)
    assert response.status_code == 403
    assert "serve_user_tables" in response.text


def test_what_was_loaded_is_in_the_store(shared: Server) -> None:
    with own(shared, "judy") as judy:
        judy.put("/tap/tables/user_judy.t", content=DEFINITION)
        rng = np.random.default_rng(5)
        table = AstropyTable({"star": [f"s{i}" for i in range(5000)], "ra": rng.uniform(0, 360, 5000)})
        table["dec"], table["visits"] = rng.uniform(-90, 90, 5000), np.arange(5000)
        text = io.BytesIO()
        table.write(text, format="votable")
        assert judy.post("/tap/load/user_judy.t", content=text.getvalue()).status_code == 200
    with catalogdb.open(shared.store) as store:
        back = store.sql("SELECT star, ra, dec, visits FROM user_judy.t ORDER BY visits").table()
        assert np.array_equal(back["ra"], table["ra"])
        assert store.check().ok
