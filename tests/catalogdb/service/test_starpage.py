"""The page of a star over HTTP: its rows, its names, what is unknown, and nothing that runs in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

import catalogdb
from tests.catalogdb.service.beside_store import make
from tests.catalogdb.service.conftest import Server, fill, served


@pytest.fixture(scope="module")
def stars(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service on a store that knows which rows are one star."""
    path = tmp_path_factory.mktemp("starry") / "sky"
    make(path)
    with served(path, serve_workers=1) as running:
        yield running


class _Page(HTMLParser):
    """The tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", ["HIP 7", "HIP7", "hip%207", "Gaia%20DR3%201007", "Gaia EDR3 1007"])
def test_all_rows_of_a_star_by_each_of_its_names(stars: Server, name: str) -> None:
    response = stars.get(f"/star/{name}", RESPONSEFORMAT="json")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    found = response.json()
    assert {(row["table"], row["row_id"]) for row in found["rows"]} == {
        ("catalogs.bright", "7"),
        ("catalogs.faint", "1007"),
    }
    (row,) = found["tables"]["catalogs.faint"]
    with catalogdb.open(stars.store) as store:
        (expected,) = store.sql("SELECT * FROM catalogs.faint WHERE source_id = 1007").arrow().to_pylist()
    assert row == expected
    names = {(each["namespace"], each["identifier"]) for each in found["identifiers"]}
    assert names == {("HIP", "7"), ("Gaia DR3", "1007")}


def test_the_page(stars: Server) -> None:
    response = stars.get("/star/HIP 7")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    page = _Page(response.text)
    assert "1 star, 2 rows in 2 tables" in page.text
    # A value is text, whatever it looks like.
    assert "<b>7</b>" in page.text
    assert "b" not in {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert tag not in {"script", "img", "link", "iframe"}
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        if tag == "a":
            assert str(attributes["href"]).startswith(stars.url)
            assert httpx.get(str(attributes["href"]), timeout=60).status_code == 200, attributes["href"]
    assert "prefers-color-scheme: dark" in response.text
    assert not re.search(r"url\(|@import", response.text)


def test_a_star_of_one_table_is_found_by_its_own_identifier(stars: Server) -> None:
    found = stars.get("/star/HIP 45", RESPONSEFORMAT="json").json()
    assert [(row["table"], row["row_id"]) for row in found["rows"]] == [("catalogs.bright", "45")]


def test_an_unknown_star_is_not_found_and_the_nearest_are_named(stars: Server) -> None:
    response = stars.get("/star/Gaia DR3 10077", RESPONSEFORMAT="json")
    assert response.status_code == 404
    assert "Gaia DR3 1007" in response.json()["nearest"]
    assert str(stars.store) not in response.text
    page = stars.get("/star/Gaia DR3 10077")
    assert page.status_code == 404
    hrefs = [attributes.get("href") for tag, attributes in _Page(page.text).tags if tag == "a"]
    assert f"{stars.url}/star/Gaia%20DR3%201007" in hrefs


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "' OR 1=1 --", "../../etc/passwd", "\x00", "HIP", "%2e%2e", "💥" * 9],
)
def test_a_name_is_never_code(stars: Server, name: str) -> None:
    response = httpx.get(f"{stars.url}/star/" + "".join(f"%{byte:02X}" for byte in name.encode()), timeout=60)
    assert response.status_code == 404
    assert "<script" not in response.text


def test_parameters_that_can_not_be_met(stars: Server) -> None:
    assert stars.get("/star/HIP 7", RESPONSEFORMAT="xls").status_code == 400
    assert stars.get("/star/" + "x" * 201).status_code == 400


def test_a_store_whose_identifiers_were_never_joined(tmp_path: Path) -> None:
    path = tmp_path / "sky"
    make(path, joined=False)
    with catalogdb.open(path) as store:
        fill(store)
    with served(path, serve_workers=1) as running:
        found = running.get("/star/HIP 7", RESPONSEFORMAT="json").json()
        assert {(row["table"], row["row_id"]) for row in found["rows"]} >= {("catalogs.bright", "7")}
        assert {row["table"] for row in found["rows"]} >= {"catalogs.faint"}
        assert running.get("/star/HIP 700").status_code == 404
