"""What the pages ask of the registry: files and a place with rows."""

from astropy.coordinates import SkyCoord

from catalogdb import Store
from catalogdb.registry import Registry
from catalogdb.service.vosi.lookups import table_ingests, table_place


def test_files_of_a_table(sky: Store) -> None:
    registry = Registry(sky.path)
    (found,) = table_ingests(registry, "catalogs.bright")
    assert (found.rows_read, found.sha256) == (50, "ab" * 32)
    assert table_ingests(registry, "catalogs.other") == ()
    assert table_ingests(registry, "tap_schema.tables") == ()


def test_the_place_is_that_of_a_row(sky: Store) -> None:
    place = table_place(Registry(sky.path), "catalogs.bright")
    assert place is not None
    ra, dec = zip(*sky.sql("SELECT ra, dec FROM catalogs.bright").fetchall(), strict=True)
    separations = SkyCoord(list(ra), list(dec), unit="deg").separation(SkyCoord(*place, unit="deg"))
    assert separations.arcsec.min() < 0.001


def test_no_place_where_there_are_none(sky: Store) -> None:
    registry = Registry(sky.path)
    assert table_place(registry, "results.acceleration") is None
    assert table_place(registry, "catalogs.nothing") is None
