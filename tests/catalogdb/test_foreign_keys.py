"""Keys lead from links to what they link and from results to their runs; none leads nowhere."""

from dataclasses import replace

from catalogdb import Store, Table
from catalogdb.foreign_keys import ForeignKey, foreign_keys


def test_links_refer_to_both_tables_by_the_columns_that_were_matched(store: Store, stars: Table) -> None:
    rows = "SELECT range AS source_id, 1.0 * range AS ra, 0.0 AS dec, hpx29(range, 0) AS hpx29 FROM range(9)"
    columns = (replace(stars.columns[0], name="number"), *stars.columns[1:])
    store.publish(stars, rows)
    store.publish(Table(name="others", about="Others", columns=columns), rows.replace("source_id", "number"))
    store.match("stars", "others", radius_arcsec=1.0, right_id="number")
    keys = foreign_keys(store.tables())
    assert keys == (
        ForeignKey("matches.stars_others", "left_id", "catalogs.stars", "source_id"),
        ForeignKey("matches.stars_others", "right_id", "catalogs.others", "number"),
    )
    store.drop("others")
    assert [key.target_table for key in foreign_keys(store.tables())] == ["catalogs.stars"]


def test_no_key_leads_to_a_table_that_is_not_shown(store: Store) -> None:
    every = store.tables(system=True)
    assert len(foreign_keys(every)) == 8
    assert foreign_keys([table for table in every if table.schema == "provenance"])
    assert not foreign_keys(
        [table for table in every if table.name != "snapshots" and table.schema != "tap_schema"]
    )
