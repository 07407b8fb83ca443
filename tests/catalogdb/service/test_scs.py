"""Cone searches by HTTP: against brute force with astropy, by pyvo and stilts, and the standard's errors."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import astropy.io.votable as votable
import astropy.units as u
import httpx
import numpy as np
import pytest
import pyvo
from astropy.coordinates import SkyCoord

import catalogdb
from catalogdb import Column, Table
from tests.catalogdb.service.conftest import STARS, Server, fill, served, star_table


def _lettered() -> Table:
    """A table with two main identifiers, of which one is text, and names that a search wants for itself."""
    stars = star_table("lettered")
    name = Column(name="designation", type="VARCHAR", ucd="meta.id;meta.main", about="Name of the source")
    own = Column(
        name="separation", type="DOUBLE", unit="arcsec", ucd="pos.angDistance", about="To a neighbour"
    )
    number = Column(name="id", type="INTEGER", ucd="meta.record", unit="", about="Number of the record")
    flag = Column(name="flag", type="INTEGER", ucd="meta.code", unit="", about="Quality")
    return replace(stars, columns=(name, *stars.columns, own, number, flag))


def _plain() -> Table:
    """A table that has no positions."""
    return Table(name="plain", about="No positions", columns=star_table().columns[:1])


@pytest.fixture(scope="module")
def cones(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with stars, one of which has no position, and tables of other shapes."""
    path = tmp_path_factory.mktemp("cones") / "sky"
    shutil.copytree(small_store, path)
    with catalogdb.open(path) as store:
        store.publish(
            _lettered(),
            "SELECT 'S ' || source_id AS designation, *, 1.5 AS separation, 7 AS id, 0 AS flag"
            " FROM catalogs.stars"
            " UNION ALL SELECT 'nowhere', 9999, NULL, NULL, NULL, 2016.0, 5.0, NULL, 1.5, 7, 0",
        )
        store.publish(_plain(), "SELECT 1 AS source_id")
        fill(store, "hidden", 100)
    with served(path, serve_workers=1, serve_hide="catalogs.hidden") as running:
        yield running


def _sky() -> SkyCoord:
    number = np.arange(STARS)
    ra = number * 137.50776405 % 360
    return SkyCoord(ra * u.deg, np.degrees(np.arcsin(-1 + (2 * number + 1) / STARS)) * u.deg)


def _rows(response: httpx.Response) -> votable.tree.TableElement:
    assert response.status_code == 200, response.text
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        (resource,) = votable.parse(io.BytesIO(response.content), verify="warn").resources
    # UCDs as the standard of 2008 has them are all that is odd.
    assert all(
        re.search("Invalid UCD '(ID_MAIN|POS_EQ_RA_MAIN|POS_EQ_DEC_MAIN)'", str(w.message)) for w in told
    )
    (table,) = resource.tables
    return table


@pytest.mark.parametrize(
    ("ra", "dec", "radius"),
    [
        (0, 90, 6),
        (123.4, -90, 6),
        (0, 0, 5),
        (360, 0, 5),
        (359.9, 12, 8),
        (0.01, -60, 9),
        (45, 41.81031489577862, 7),
        (200, 89.5, 3),
        (270, 1e-5, 90),
        (13, 13, 180),
    ],
)
def test_the_rows_are_those_within_the_circle(server: Server, ra: float, dec: float, radius: float) -> None:
    table = _rows(server.get("/scs/stars", RA=ra, DEC=dec, SR=radius)).to_table()
    away = _sky().separation(SkyCoord(ra * u.deg, dec * u.deg)).deg
    assert sorted(table["source_id"]) == np.flatnonzero(away <= radius).tolist()
    assert len(table)
    np.testing.assert_allclose(table["separation"], away[np.asarray(table["source_id"])], rtol=0, atol=1e-10)
    assert np.all(np.diff(table["separation"]) >= 0)


def test_pyvo_finds_identifier_and_position(server: Server) -> None:
    found = pyvo.conesearch(f"{server.url}/scs/catalogs.stars", pos=(10.0, 20.0), radius=4.0)
    assert found.status[0] == "OK"
    assert len(found)
    sky = _sky()
    for record in found:
        assert record.id == str(record["source_id"])
        assert record.pos.separation(sky[int(record["source_id"])]).arcsec < 1e-6


def test_stilts_finds_the_same(server: Server, tmp_path: Path) -> None:
    stilts = shutil.which("stilts")
    if stilts is None:
        pytest.skip("stilts is not installed")
    out = tmp_path / "found.csv"
    (tmp_path / "in.csv").write_text("at_ra,at_dec\n10,20\n0,89\n")
    run = subprocess.run(
        [
            *(
                stilts,
                "-bench",
                "coneskymatch",
                f"serviceurl={server.url}/scs/stars?",
                "in=in.csv",
                "ifmt=csv",
            ),
            *("ra=at_ra", "dec=at_dec", "sr=4", "verb=3", "find=all", "ofmt=csv", f"out={out}"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    lines = out.read_text().splitlines()
    column = lines[0].split(",").index("source_id")
    near = [_sky().separation(SkyCoord(*at, unit="deg")).deg <= 4 for at in ((10, 20), (0, 89))]
    expected = sorted(int(i) for each in near for i in np.flatnonzero(each))
    assert sorted(int(line.split(",")[column]) for line in lines[1:]) == expected


@pytest.mark.parametrize("verbosity", [1, 2, 3])
@pytest.mark.parametrize("name", ["stars", "lettered"])
def test_each_role_has_one_column(cones: Server, name: str, verbosity: int) -> None:
    response = cones.get(f"/scs/{name}", RA=10, DEC=20, SR=4, VERB=verbosity)
    assert response.headers["content-type"] == "text/xml;content=x-votable"
    table = _rows(response)
    ucds = [field.ucd for field in table.fields]
    roles = {field.ucd: field for field in table.fields}
    for role, kind in (("ID_MAIN", "char"), ("POS_EQ_RA_MAIN", "double"), ("POS_EQ_DEC_MAIN", "double")):
        assert ucds.count(role) == 1
        assert roles[role].datatype == kind
    assert not [ucd for ucd in ucds if ucd and ucd.endswith("meta.main")]
    assert len({*table.to_table()[roles["ID_MAIN"].name]}) == len(table.array)


def test_verbosity_tells_how_many_columns(cones: Server) -> None:
    least, usual, default, all_ = (
        [field.name for field in _rows(cones.get("/scs/lettered", RA=1, DEC=1, SR=0, **given)).fields]
        for given in ({"VERB": 1}, {"VERB": 2}, {}, {"VERB": 3})
    )
    assert set(least) < set(usual) < set(all_)
    assert default == usual
    assert {"source_id", "ra", "dec", "scs_id", "scs_separation"} <= set(least)
    assert "mag" in set(usual) - set(least)
    assert set(all_) - set(usual) >= {"flag"}


def test_a_radius_of_zero_gives_the_description_alone(server: Server) -> None:
    document = server.get("/scs/stars", RA=0, DEC=90, SR=0)
    table = _rows(document)
    assert len(table.array) == 0
    assert {"id", "ra", "dec", "separation"} <= {field.name for field in table.fields}
    assert 'value="OK"' in document.text
    assert "OVERFLOW" not in document.text


def test_a_row_without_a_position_is_never_found(cones: Server) -> None:
    table = _rows(cones.get("/scs/lettered", RA=0, DEC=0, SR=180)).to_table()
    assert len(table) == STARS
    assert "nowhere" not in set(table["designation"])


def test_maxrec_keeps_the_nearest_and_says_so(server: Server) -> None:
    response = server.get("/scs/stars", RA=10, DEC=20, SR=30, MAXREC=5)
    assert 'name="QUERY_STATUS" value="OVERFLOW"' in response.text
    nearest = np.argsort(_sky().separation(SkyCoord(10 * u.deg, 20 * u.deg)).deg)[:5]
    assert list(_rows(response).to_table()["source_id"]) == list(nearest)
    assert len(_rows(server.get("/scs/stars", RA=10, DEC=20, SR=30, MAXREC=0)).array) == 0


@pytest.mark.parametrize("given", ["csv", "text/csv", "CSV"])
def test_other_formats(server: Server, given: str) -> None:
    response = server.post("/scs/stars", ra=10, Dec=20, sr=4, responseformat=given, nonsense=1)
    assert response.headers["content-type"].startswith("text/csv")
    assert '"source_id"' in response.text.splitlines()[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"RA": ""}, "there is no RA"),
        ({"RA": "as3f"}, "RA is 'as3f'"),
        ({"RA": "12:34:56"}, "RA is '12:34:56'"),
        ({"RA": "361"}, "RA is 361, not within 0 and 360"),
        ({"RA": "nan"}, "RA is 'nan'"),
        ({"DEC": "91.0"}, "DEC is 91.0, not within -90 and 90"),
        ({"DEC": "1e999"}, "DEC is 1e999"),
        ({"DEC": "٣"}, "not a number"),
        ({"SR": "-1"}, "SR is -1"),
        ({"SR": "181"}, "SR is 181"),
        ({"SR": "1); DROP TABLE stars --"}, "SR is '1); DROP"),
        ({"VERB": "4"}, "VERB is '4'"),
        ({"MAXREC": "x"}, "MAXREC is 'x'"),
        ({"RESPONSEFORMAT": "xls"}, "no format 'xls'"),
    ],
)
def test_what_is_wrong_is_told_as_the_standard_has_it(
    server: Server, given: dict[str, str], said: str
) -> None:
    response = server.get("/scs/stars", **{"RA": "10", "DEC": "20", "SR": "1"} | given)
    assert response.status_code == 400
    assert response.headers["content-type"] == "text/xml;content=x-votable"
    votable.parse(io.BytesIO(response.content), verify="exception")
    root = ElementTree.fromstring(response.content)
    named = [each for each in root.iter() if each.get("name") == "Error"]
    (error,) = named
    assert error in list(root)
    assert said in error.get("value")


@pytest.mark.parametrize("missing", ["RA", "DEC", "SR"])
def test_all_three_are_needed(server: Server, missing: str) -> None:
    given = {name: 1 for name in ("RA", "DEC", "SR") if name != missing}
    assert f"there is no {missing}" in server.get("/scs/stars", **given).text


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "plain",
        "catalogs.plain",
        "tap_schema.tables",
        "stars;x",
        "%22",
        "hidden",
        "catalogs.hidden",
    ],
)
def test_a_table_that_can_not_be_searched_is_not_found(cones: Server, name: str) -> None:
    response = cones.get(f"/scs/{name}", RA=1, DEC=1, SR=1)
    assert response.status_code == 404
    assert 'name="Error"' in response.text


@pytest.mark.parametrize(
    "path", ["/moc/hidden", "/density/catalogs.hidden", "/datalink/catalogs.hidden?ID=1"]
)
def test_a_hidden_table_has_no_maps_and_no_links(cones: Server, path: str) -> None:
    assert cones.get(path).status_code == 404
    links = cones.get("/datalink", ID="catalogs.hidden?1").text
    assert "NotFoundFault" in links
    assert "catalogs.hidden" not in cones.get("/datalink", ID="catalogs.stars?1").text


def test_pyvo_tells_what_is_wrong(server: Server) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(pyvo.DALQueryError, match="SR is 200"):
            pyvo.conesearch(f"{server.url}/scs/stars", pos=(10.0, 20.0), radius=200.0)
