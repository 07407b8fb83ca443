"""Coverage and density by HTTP and in Python, against healpy and mocpy on the positions themselves."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import astropy.io.fits as fits
import astropy.units as u
import healpy
import httpx
import numpy as np
import pytest
from astropy.coordinates import Latitude, Longitude
from mocpy import MOC

import catalogdb
from catalogdb.errors import MatchError
from tests.catalogdb.service.conftest import STARS, Server, served, star_table

_PATCH = 2000


def _sky() -> tuple[np.ndarray, np.ndarray]:
    number = np.arange(STARS)
    return number * 137.50776405 % 360, np.degrees(np.arcsin(-1 + (2 * number + 1) / STARS))


def _patch() -> tuple[np.ndarray, np.ndarray]:
    """Stars within a few degrees, across RA 0."""
    number = np.arange(_PATCH)
    return (359 + number % 40 / 20) % 360, 60 + number // 40 / 25


def _cells(order: int, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(healpy.ang2pix(2**order, ra, dec, nest=True, lonlat=True), return_counts=True)


@pytest.fixture(scope="module")
def maps(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with a table of a small patch, with rows that have no position, and an empty one."""
    path = tmp_path_factory.mktemp("maps") / "sky"
    shutil.copytree(small_store, path)
    with catalogdb.open(path) as store:
        columns = (
            "i AS source_id, ra, dec, hpx29(ra, dec) AS hpx29, 2016.0 AS ref_epoch, 1.0 AS mag, NULL AS name"
        )
        place = "range AS i, (359 + range % 40 / 20) % 360 AS ra, 60 + range // 40 / 25 AS dec"
        place = f"{place} FROM range({_PATCH})"
        store.publish(
            star_table("patch"),
            f"SELECT {columns} FROM (SELECT {place}) "
            "UNION ALL SELECT -1, NULL, NULL, NULL, NULL, NULL, NULL ORDER BY 4 NULLS LAST",
        )
        store.publish(star_table("empty"), f"SELECT {columns} FROM (SELECT {place}) LIMIT 0")
    with served(path, serve_workers=1) as running:
        yield running


def _ok(response: httpx.Response) -> bytes:
    assert response.status_code == 200, response.text
    return response.content


@pytest.mark.parametrize(("name", "place"), [("stars", _sky), ("catalogs.patch", _patch)])
@pytest.mark.parametrize("order", [0, 3, 7, 10])
def test_the_coverage_is_that_of_the_positions(maps: Server, name: str, place: object, order: int) -> None:
    ra, dec = place()  # type: ignore[operator]
    expected = MOC.from_lonlat(Longitude(ra * u.deg), Latitude(dec * u.deg), max_norder=order)
    as_fits = MOC.from_fits(io.BytesIO(_ok(maps.get(f"/moc/{name}", ORDER=order))))
    as_json = MOC.from_json(maps.get(f"/moc/{name}", ORDER=order, RESPONSEFORMAT="json").json())
    text = maps.get(f"/moc/{name}", ORDER=order, RESPONSEFORMAT="text/plain").text
    assert as_fits == as_json == MOC.from_str(text) == expected
    assert as_fits.max_order == order


def test_the_coverage_is_a_moc_2_0(maps: Server) -> None:
    response = maps.get("/moc/patch", ORDER=8)
    assert response.headers["content-type"] == "application/fits"
    header = fits.open(io.BytesIO(_ok(response)))[1].header
    assert (header["MOCVERS"], header["MOCDIM"], header["ORDERING"]) == ("2.0", "SPACE", "RANGE")
    assert (header["COORDSYS"], header["MOCORD_S"], header["MOCID"]) == ("C", 8, "catalogs.patch")


@pytest.mark.parametrize(("name", "place", "order"), [("stars", _sky, 3), ("patch", _patch, 8)])
def test_the_order_follows_from_how_close_the_rows_are(
    maps: Server, name: str, place: object, order: int
) -> None:
    ra, dec = place()  # type: ignore[operator]
    crowded = [k for k in range(9) if len(ra) / len(_cells(k, ra, dec)[0]) >= 4]
    assert max(crowded) == order
    assert maps.get(f"/density/{name}", RESPONSEFORMAT="json").json()["order"] == order


@pytest.mark.parametrize("indexing", ["explicit", "implicit", ""])
@pytest.mark.parametrize("order", [2, 5])
def test_the_density_is_read_by_healpy(maps: Server, tmp_path: Path, order: int, indexing: str) -> None:
    ra, dec = _patch()
    cells, counts = _cells(order, ra, dec)
    file = tmp_path / "density.fits"
    file.write_bytes(_ok(maps.get("/density/patch", ORDER=order, INDEXING=indexing)))
    scheme = fits.getheader(file, 1)["INDXSCHM"]
    assert scheme == (indexing or "explicit").upper()
    found = healpy.read_map(file, nest=True, partial=scheme == "EXPLICIT", dtype=float)
    assert healpy.npix2nside(len(found)) == 2**order
    assert np.array_equal(np.flatnonzero(found > 0), cells)
    assert np.array_equal(found[cells], counts)


def test_a_full_sky_is_written_by_its_own_order(maps: Server) -> None:
    header = fits.open(io.BytesIO(_ok(maps.get("/density/stars", ORDER=2))))[1].header
    assert (header["INDXSCHM"], header["OBJECT"], header["NAXIS2"]) == ("IMPLICIT", "FULLSKY", 192)


def test_the_density_as_text(maps: Server) -> None:
    ra, dec = _patch()
    cells, counts = _cells(7, ra, dec)
    found = maps.get("/density/patch", ORDER=7, RESPONSEFORMAT="json").json()
    assert (found["table"], found["order"], found["ordering"]) == ("catalogs.patch", 7, "nested")
    assert (found["cells"], found["rows"]) == (cells.tolist(), counts.tolist())
    lines = maps.get("/density/patch", ORDER=7, RESPONSEFORMAT="csv").text.splitlines()
    assert lines[0] == "order,cell,rows"
    assert lines[1:] == [f"7,{cell},{n}" for cell, n in zip(cells, counts, strict=True)]


def test_an_empty_table_covers_nothing(maps: Server) -> None:
    assert MOC.from_json(maps.get("/moc/empty", RESPONSEFORMAT="json").json()).empty()
    assert maps.get("/density/empty", ORDER=3, RESPONSEFORMAT="csv").text == "order,cell,rows\r\n"
    full = _ok(maps.get("/density/empty", ORDER=1, INDEXING="implicit"))
    assert not fits.open(io.BytesIO(full))[1].data["ROWS"].any()


def test_an_answer_that_is_known_is_not_sent_again(maps: Server) -> None:
    first = maps.get("/moc/patch", ORDER=5)
    again = httpx.get(f"{maps.url}/moc/patch?order=5", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = httpx.get(f"{maps.url}/moc/patch?order=6", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "given", "status", "said"),
    [
        ("/moc/patch", {"ORDER": "11"}, 400, "ORDER is '11'"),
        ("/moc/patch", {"ORDER": "-1"}, 400, "ORDER is '-1'"),
        ("/moc/patch", {"RESPONSEFORMAT": "csv"}, 400, "no format 'csv'"),
        ("/density/patch", {"RESPONSEFORMAT": "xls"}, 400, "no format 'xls'"),
        ("/density/patch", {"INDEXING": "ring"}, 400, "INDEXING is 'ring'"),
        ("/density/pathc", {}, 404, "did you mean catalogs.patch"),
        ("/moc/tap_schema.tables", {}, 404, "no positions"),
    ],
)
def test_what_is_wrong_is_told(
    maps: Server, path: str, given: dict[str, str], status: int, said: str
) -> None:
    response = maps.get(path, **given)
    assert response.status_code == status
    assert said in response.text.replace("&#39;", "'")


def test_the_same_in_python(maps: Server) -> None:
    ra, dec = _patch()
    with catalogdb.open(maps.store) as store:
        found = catalogdb.density(store, "patch", 9)
        assert catalogdb.coverage(store, "patch", 9) == MOC.from_lonlat(
            Longitude(ra * u.deg), Latitude(dec * u.deg), max_norder=9
        )
        with pytest.raises(MatchError, match="order 11"):
            catalogdb.density(store, "patch", 11)
        with pytest.raises(MatchError, match="no positions"):
            catalogdb.coverage(store, "tap_schema.tables")
    cells, counts = _cells(9, ra, dec)
    assert np.array_equal(found.cells, cells)
    assert np.array_equal(found.rows, counts)
    coarse = found.coarser(4)
    assert np.array_equal(
        coarse.full(), np.bincount(healpy.ang2pix(16, ra, dec, nest=True, lonlat=True), minlength=3072)
    )
