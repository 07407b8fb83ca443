"""Every example runs, whatever the store has; people's and programs' readers find the queries in the page."""

import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
from astropy.coordinates import SkyCoord

import catalogdb
from catalogdb import Store
from catalogdb.registry import Registry
from catalogdb.service.vosi.holdings import Holdings
from catalogdb.service.vosi.lookups import table_place
from catalogdb.service.vosi.queries import Example, example_queries

sys.path.insert(0, str(Path(__file__).parent))
from vosi_service import Client  # noqa: E402

PLACE = (10.0, 89.5)


def examples_of(store: Store) -> tuple[Example, ...]:
    tables = store.tables(system=True)
    return example_queries(Holdings(tables, store.row_count, lambda _: PLACE))


def test_a_store_of_many_kinds_has_all_of_them(sky: Store) -> None:
    keys = [example.key for example in examples_of(sky)]
    assert len(keys) == len(set(keys))
    assert set(keys) == {
        "cone", "near-stars", "fast-stars", "cross-match", "another-epoch", "density", "magnitudes",
        "polygon", "galactic", "links", "accelerations", "epochs", "identifiers", "runs", "files", "columns",
    }  # fmt: skip


@pytest.mark.parametrize("strict", [False, True])
def test_each_runs_and_finds_rows(sky: Store, *, strict: bool) -> None:
    none_expected = {"identifiers"}
    for example in examples_of(sky):
        rows = sky.adql(example.query, strict=strict).fetchall()
        assert rows or example.key in none_expected, example.key


def within(sky: Store, radius_deg: float) -> set[int]:
    """The stars near the place, by astropy."""
    ids, ra, dec = zip(*sky.sql("SELECT source_id, ra, dec FROM catalogs.bright").fetchall(), strict=True)
    separations = SkyCoord(list(ra), list(dec), unit="deg").separation(SkyCoord(*PLACE, unit="deg"))
    return {each for each, is_near in zip(ids, separations.deg < radius_deg, strict=True) if is_near}


def test_what_they_find_is_right(sky: Store) -> None:
    queries = {example.key: example.query for example in examples_of(sky)}
    cone = sky.adql(queries["cone"]).fetchall()
    assert [row[-1] for row in cone] == sorted(row[-1] for row in cone)
    assert {row[0] for row in cone} == within(sky, 0.5)
    triangle = {row[0] for row in sky.adql(queries["polygon"]).fetchall()}
    assert within(sky, 0.5) <= triangle <= within(sky, 1.0)
    near = within(sky, 1.0)
    pairs = sky.adql(queries["cross-match"]).fetchall()
    assert {one for one, _, _ in pairs} == near & set(range(40))
    assert all(one == other and separation == pytest.approx(0.036) for one, other, separation in pairs)
    assert len(sky.adql(queries["links"]).fetchall()) == 40
    assert sum(n for _, n in sky.adql(queries["density"]).fetchall()) == 50
    assert sky.adql(queries["runs"]).fetchall()[0][1] in {"acceleration", "epochs"}


def test_an_empty_store_has_those_of_the_system(store: Store) -> None:
    examples = examples_of(store)
    assert {example.key for example in examples} == {"files", "columns"}
    for example in examples:
        store.adql(example.query).fetchall()


def test_a_single_table_without_motions(store: Store) -> None:
    from catalogdb.astrometry import ASTROMETRY

    sky = tuple(ASTROMETRY[name] for name in ("ra", "dec", "hpx29"))
    table = catalogdb.Table(name="bare", about="Positions alone", columns=sky)
    store.publish(table, "SELECT 1.0 AS ra, 2.0 AS dec, hpx29(1, 2) AS hpx29")
    examples = examples_of(store)
    assert {"cone", "polygon", "density", "galactic"} <= {example.key for example in examples}
    for example in examples:
        store.adql(example.query, strict=True).fetchall()


def test_the_page_holds_them_as_dali_asks(client: Client, sky: Store) -> None:
    answer = client.get("/tap/examples")
    assert answer.headers["content-type"] == "application/xhtml+xml"
    root = ElementTree.fromstring(answer.content)
    (scope,) = [each for each in root.iter() if "vocab" in each.attrib]
    assert scope.get("vocab") == "http://www.ivoa.net/rdf/examples#"
    found = {}
    for element in scope.iter():
        if element.get("typeof") == "example":
            key = element.get("id")
            assert element.get("resource") == f"#{key}"
            texts = {each.get("property"): "".join(each.itertext()) for each in element.iter()}
            found[key] = (texts["name"], texts["query"])
    holdings = Holdings(sky.tables(system=True), sky.row_count, partial(table_place, Registry(sky.path)))
    assert found == {e.key: (e.name, e.query) for e in example_queries(holdings)}
    assert sky.adql(found["cone"][1]).fetchall(), "the place is where there are stars"
