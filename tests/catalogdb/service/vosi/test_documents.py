"""Capabilities, availability, the pages and the routes: what is declared, escaped, kept and refused."""

import io
import sys
import time
from datetime import datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyvo.io.vosi import parse_availability, parse_capabilities

from catalogdb import Store
from catalogdb.adql.ivo_functions import USER_FUNCTIONS
from catalogdb.adql.parse import parse
from catalogdb.formats import FORMATS, find_format
from catalogdb.service.vosi import routes as vosi_routes
from catalogdb.service.vosi.availability import availability
from catalogdb.service.vosi.capabilities import OPTIONAL_FEATURES, capabilities
from catalogdb.service.vosi.kept import Kept

sys.path.insert(0, str(Path(__file__).parent))
from vosi_service import HOSTILE, Client, Limits, client_of  # noqa: E402

TAPREGEXT = "ivo://ivoa.net/std/TAPRegExt"
PAGES = ("/tap", "/tables/catalogs.bright", "/tables/provenance.runs")


def tap_capability(document: bytes) -> ElementTree.Element:
    (found,) = [
        each
        for each in ElementTree.fromstring(document).iter("capability")
        if each.get("standardID") == "ivo://ivoa.net/std/TAP"
    ]
    return found


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
def test_pyvo_reads_the_capabilities(client: Client) -> None:
    read = parse_capabilities(io.BytesIO(client.get("/tap/capabilities").content), pedantic=True)
    standards = [each.standardid for each in read]
    assert standards.count("ivo://ivoa.net/std/TAP") == 1
    for name in ("VOSI#capabilities", "VOSI#availability", "VOSI#tables-1.1", "DALI#examples"):
        assert f"ivo://ivoa.net/std/{name}" in standards
    cones = [c.interfaces[0].accessurls[0].content for c in read if c.standardid.endswith("/ConeSearch")]
    assert {"http://stars.example/scs/catalogs.bright?", "http://stars.example/scs/catalogs.other?"} < set(
        cones
    )
    tap = read[standards.index("ivo://ivoa.net/std/TAP")]
    assert tap.interfaces[0].version == "1.1"
    assert tap.interfaces[0].accessurls[0].content == "http://stars.example/tap"
    assert (tap.outputlimit.default.content, tap.outputlimit.hard.content) == (1_000_000, 100_000_000)
    assert (tap.executionduration.default, tap.executionduration.hard) == (3600, 86400)
    assert (tap.retentionperiod.default, tap.retentionperiod.hard) == (604800, 4 * 604800)
    assert (tap.uploadlimit.hard.unit, tap.uploadlimit.hard.content) == ("byte", 500_000_000)
    (adql,) = tap.languages
    assert [each.content for each in adql.versions] == ["2.0", "2.1"]
    assert tap.get_adql().get_feature(f"{TAPREGEXT}#features-udf", "ivo_to_jd(d TIMESTAMP) -> DOUBLE")


def test_every_user_function_is_declared(client: Client) -> None:
    tap = tap_capability(client.get("/tap/capabilities").content)
    features = {each.get("type"): each for each in tap.iter("languageFeatures")}
    functions = features[f"{TAPREGEXT}#features-udf"]
    forms = [each.findtext("form") for each in functions]
    assert len(forms) == len(USER_FUNCTIONS)
    for form, function in zip(forms, USER_FUNCTIONS, strict=True):
        assert form is not None
        assert form.replace("_", "").lower() == function.form.replace("_", "").lower()
        assert form.startswith(f"{function.name}(")
        assert "_" not in form.partition("(")[2]
    geometry = {each.findtext("form") for each in features[f"{TAPREGEXT}#features-adqlgeo"]}
    assert {"POINT", "CIRCLE", "POLYGON", "CONTAINS", "DISTANCE"} <= geometry


def test_the_optional_features_are_understood() -> None:
    queries = {
        "LOWER": "SELECT LOWER(x) FROM t",
        "UPPER": "SELECT UPPER(x) FROM t",
        "ILIKE": "SELECT x FROM t WHERE x ILIKE 'a%'",
        "CAST": "SELECT CAST(x AS REAL) FROM t",
        "IN_UNIT": "SELECT IN_UNIT(x, 'deg') FROM t",
        "UNION": "SELECT x FROM t UNION SELECT x FROM u",
        "EXCEPT": "SELECT x FROM t EXCEPT SELECT x FROM u",
        "INTERSECT": "SELECT x FROM t INTERSECT SELECT x FROM u",
        "WITH": "WITH a AS (SELECT x FROM t) SELECT x FROM a",
        "OFFSET": "SELECT x FROM t OFFSET 5",
    }
    declared = {form for forms in OPTIONAL_FEATURES.values() for form in forms}
    assert declared == queries.keys()
    for query in queries.values():
        parse(query, strict=True)


def test_formats_and_uploads(client: Client) -> None:
    tap = tap_capability(client.get("/tap/capabilities").content)
    formats = {each.findtext("mime"): each for each in tap.iter("outputFormat")}
    assert list(formats) == [media_type for each in FORMATS for media_type in each.media_types]
    binary2 = formats["application/x-votable+xml;serialization=BINARY2"]
    assert binary2.get("ivo-id") == f"{TAPREGEXT}#output-votable-binary2"
    assert "votable/b2" in [each.text for each in binary2.findall("alias")]
    assert formats["text/csv"].get("ivo-id") is None
    for element in formats.values():
        for said in (element.findtext("mime"), *(alias.text for alias in element.findall("alias"))):
            find_format(said or "")
    methods = [each.get("ivo-id") for each in tap.iter("uploadMethod")]
    assert methods == [f"{TAPREGEXT}#upload-{name}" for name in ("inline", "http", "https")]


def test_what_is_not_served_is_not_declared() -> None:
    document = capabilities("http://a", Limits(), FORMATS)
    assert b"ConeSearch" not in document
    assert b"DataLink" not in document
    assert b"DataLink" in capabilities("http://a", Limits(), FORMATS, has_datalink=True)


def test_availability(client: Client) -> None:
    read = parse_availability(io.BytesIO(client.get("/tap/availability").content), pedantic=True)
    assert read.available
    assert abs(datetime.fromisoformat(read.upsince).timestamp() - time.time()) < 600
    down = availability(up_since=0.0, is_available=False, back_at=86400.0, notes=["a < b"])
    read = parse_availability(io.BytesIO(down), pedantic=True)
    assert not read.available
    assert read.backat == "1970-01-02T00:00:00Z"
    assert read.notes == ["a < b"]


class Strict(HTMLParser):
    """Fails where elements are not closed in order, and collects what a browser would load or run."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in {"script", "img", "iframe"} or dict(attrs).get("src") or tag == "link":
            self.outside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_whole_and_load_nothing(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Strict()
    page.feed(answer.text)
    assert page.open == []
    assert page.outside == []
    assert "prefers-color-scheme: dark" in answer.text


def test_pages_say_what_there_is(client: Client) -> None:
    home = client.get("/tap").text
    for said in (
        "catalogs.bright",
        ">50<",
        "http://stars.example/tap",
        "pyvo",
        "TOPCAT",
        "stilts",
        "TapPlus",
    ):
        assert said in home
    page = Strict()
    page.feed(client.get("/tables/catalogs.bright").text)
    text = " ".join(page.texts)
    assert HOSTILE.replace("\x0b", "\ufffd") in text
    for said in (
        "Bright stars <of a test>",
        "J2016.0 for all",
        "1,234,567",
        "bright.dat",
        "Gaia-CRF3. Taken as ICRS",
    ):
        assert said in text
    assert "mas.yr**-1" in text
    assert "/scs/catalogs.bright" in text


def test_the_page_of_a_table_does_not_say_where_files_are(client: Client) -> None:
    assert "/somewhere" not in client.get("/tables/catalogs.bright").text


def test_every_link_of_the_pages_leads_somewhere(client: Client) -> None:
    # What the rest of the service answers is tested with it.
    served = ("/tap/sync", "/moc/", "/density/")
    for path in (*PAGES, "/tap/examples"):
        root = client.get(path).text
        links = {part.split('"')[0] for part in root.split('href="')[1:]}
        assert links
        for link in links:
            assert link.startswith("http://stars.example/")
            target = link.removeprefix("http://stars.example")
            if not target.startswith(served):
                assert client.get(target).status_code == 200, target


def test_who_has_a_document_is_not_sent_it_again(client: Client) -> None:
    first = client.get("/tap/tables")
    again = client.get("/tap/tables", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert client.get("/tap/tables", headers={"If-None-Match": '"x"'}).status_code == 200
    head = client.get("/tap/tables", method="HEAD")
    assert head.status_code == 200
    assert head.content == b""


def test_the_address_is_that_of_the_request(client: Client) -> None:
    other = Client(client.app, "http://other.example").get("/tap/capabilities")
    assert "http://other.example/tap" in other.text
    assert "stars.example" not in other.text


def test_documents_are_kept_up_to_a_number() -> None:
    kept = Kept(3)
    made = []

    def make(number: int) -> bytes:
        made.append(number)
        return str(number).encode()

    for number in (1, 2, 3, 1, 4, 1, 2):
        assert kept.get(("a", number), partial(make, number)) == str(number).encode()
    assert made == [1, 2, 3, 4, 2]
    assert len(kept) == 3


def test_a_document_is_made_once(sky: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    client, made = client_of(sky), []
    monkeypatch.setattr(vosi_routes, "tableset", lambda *_, **__: made.append(1) or b"<t/>")
    for path in ("/tap/tables", "/tap/tables", "/tap/tables?detail=max", "/tap/tables?detail=min"):
        assert client.get(path).content == b"<t/>"
    assert len(made) == 2


def test_a_new_snapshot_shows_at_once(store: Store) -> None:
    from catalogdb import Column, Table

    column = Column(name="x", type="REAL", unit="", ucd="meta.number", about="A number")
    store.publish(Table(name="one", about="First", columns=(column,)), "SELECT 1 AS x")
    client = client_of(store)
    assert "catalogs.two" not in client.get("/tap/tables").text
    store.publish(Table(name="two", about="Second", columns=(column,)), "SELECT 1 AS x")
    assert "catalogs.two" in client.get("/tap/tables").text


def test_detail_is_min_or_max(client: Client) -> None:
    answer = client.get("/tap/tables?detail=middle")
    assert answer.status_code == 400
    assert "middle" in answer.text
