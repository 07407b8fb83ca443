"""Specs read what they were not made on: other zones, packed files, many at once, and specs of one's own.

The zone files are written here by numpy, in the layouts that the USNO publishes.
"""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ingest
from catalogdb.errors import DataError
from catalogdb.store import Store

STARS = 40

UCAC4 = np.dtype(
    "<i4,<i4,<i2,<i2,i1,i1,i1,i1,i1,i1,i1,i1,<i2,<i2,<i2,<i2,i1,i1,<i4,<i2,<i2,<i2,"
    "3i1,3i1,5<i2,5i1,i1,<i4,i1,i1,<i4,<i2,<i4"
)
UCAC5 = np.dtype("<i8,<i4,<i4,<i2,<i2,u1,u1,<i2,<i4,<i4,<i2,<i2,<i2,<i2,<i2,<i2,<i2,<i2,<i2,<i2")
URAT1 = np.dtype(
    "<i4,<i4,<i2,<i2,u1,i1,<i2,<i2,<i2,u1,u1,<i2,<i2,u1,u1,<i2,<i2,<i2,u1,u1,<i4,6<i2,6u1,10<i2,2u1"
)


def zone(layout: np.dtype[Any], number: int, height_deg: float, values: dict[int, Any]) -> np.ndarray:
    """Records of a zone of declination (counted from the south pole), in order of right ascension."""
    rng = np.random.default_rng(number)
    records = np.zeros(STARS, layout)
    south = rng.uniform(number - 1, number, STARS) * height_deg * 3.6e6
    records["f0"] = np.sort(rng.integers(0, 1_296_000_000, STARS))
    records["f1"] = south.astype(int)
    for place, value in values.items():
        records[f"f{place}"] = value
    return records


def ucac4(number: int) -> np.ndarray:
    # Magnitudes of 20000 are missing; epochs are hundredths of a year after 1900, errors less 128.
    nothing = dict.fromkeys((2, 3, 19, 20, 21, 24), 20000)
    return zone(UCAC4, number, 0.2, nothing | {7: -108, 8: -107, 12: 9850, 13: 9875, 14: 123, 15: -45, 16: -88, 17: -86})  # fmt: skip


def urat1(number: int) -> np.ndarray:
    return zone(URAT1, number, 0.2, {2: 12, 3: 9, 6: 13500, 15: 70, 16: -31, 17: 55})


def ucac5(number: int) -> np.ndarray:
    """Declinations are not from the pole here, and the first field is Gaia's identifier."""
    sky = zone(np.dtype("<i4,<i4"), number, 0.2, {})
    records = np.zeros(STARS, UCAC5)
    records["f0"] = 1_000_000 * number + np.arange(STARS)
    for ra, dec in (("f1", "f2"), ("f8", "f9")):
        records[ra], records[dec] = sky["f0"], sky["f1"] - 324_000_000
    for place, value in {3: 5, 4: 6, 5: 2, 6: 4, 7: 1500, 10: 33, 11: -8, 12: 12, 13: 14}.items():
        records[f"f{place}"] = value
    return records


ZONES = {"ucac4": (ucac4, "f0", "f1", 0), "urat1": (urat1, "f0", "f1", 0), "ucac5": (ucac5, "f1", "f2", 90)}


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("numbers", [(412, 413), (327, 900)], ids=str)
def test_other_zones_in_plain_and_packed_files(
    store: Store, tmp_path: Path, name: str, numbers: tuple[int, int]
) -> None:
    records, ra, dec, pole = ZONES[name]
    first, second = (records(number) for number in numbers)
    files = [tmp_path / f"z{numbers[0]}", tmp_path / f"z{numbers[1]}.gz"]
    files[0].write_bytes(first.tobytes())
    files[1].write_bytes(gzip.compress(second.tobytes()))
    report = ingest.ingest(store, name, files)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (2 * STARS, 2 * STARS, 0)
    rows = store.sql(f"SELECT source_id, ra, dec FROM {name} ORDER BY source_id").arrow().to_pylist()
    both = np.concatenate([first, second])
    identifiers = [f"{n:03d}-{i:06d}" for n in numbers for i in range(1, STARS + 1)]
    if name == "ucac5":
        identifiers = both["f0"].tolist()
    wanted = sorted(zip(identifiers, both[ra] / 3.6e6, both[dec] / 3.6e6 + pole - 90, strict=True))
    assert [row["source_id"] for row in rows] == [identifier for identifier, _, _ in wanted]
    np.testing.assert_allclose([row["ra"] for row in rows], [x for _, x, _ in wanted], rtol=0, atol=1e-12)
    np.testing.assert_allclose([row["dec"] for row in rows], [y for _, _, y in wanted], rtol=0, atol=1e-12)


def test_packed_records_that_are_torn(store: Store, tmp_path: Path) -> None:
    data = ucac4(500).tobytes()
    (tmp_path / "z500.gz").write_bytes(gzip.compress(data[:-1]))
    with pytest.raises(DataError, match=r"z500\.gz is truncated.*39 records of 78 bytes and 77 bytes more"):
        ingest.ingest(store, "ucac4", tmp_path / "z500.gz")
    (tmp_path / "z500.gz").write_bytes(gzip.compress(data)[:-20])
    with pytest.raises(DataError, match=r"z500\.gz is truncated or damaged: it can be decompressed to byte"):
        ingest.ingest(store, "ucac4", tmp_path / "z500.gz")


def test_values_of_another_zone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "z600").write_bytes(ucac4(600).tobytes())
    (tmp_path / "z601").write_bytes(urat1(601).tobytes())
    (tmp_path / "z602").write_bytes(ucac5(602).tobytes())
    for number, name in ((600, "ucac4"), (601, "urat1"), (602, "ucac5")):
        ingest.ingest(store, name, tmp_path / f"z{number}")
    (found,) = told(store, "min(dec) AS low, max(dec) AS high, min(cepra) AS t, min(pmra) AS pm FROM ucac4")
    assert 29.8 <= found["low"] < found["high"] <= 30
    assert (found["t"], found["pm"]) == pytest.approx((1998.5, 12.3))
    (found,) = told(store, "DISTINCT ref_epoch AS t, ra_error AS e, pmdec AS pm FROM urat1")
    assert tuple(found.values()) == pytest.approx((2013.5, 12, -3.1))
    (found,) = told(store, "DISTINCT epu AS t, ra_error AS e, pmra AS pm FROM ucac5")
    assert tuple(found.values()) == pytest.approx((1998.5, 0.5, 3.3))


def told(store: Store, what: str) -> list[dict[str, Any]]:
    return store.sql(f"SELECT {what}").arrow().to_pylist()


def test_a_zone_whose_name_does_not_say_its_number(store: Store, tmp_path: Path) -> None:
    (tmp_path / "zone.bin").write_bytes(ucac4(600).tobytes())
    with pytest.raises(DataError, match=r"zone\.bin.*z\(\\d\{3\}\)"):
        ingest.ingest(store, "ucac4", tmp_path / "zone.bin")


def psc(designation: str, ra: float, dec: float) -> str:
    """A line of the 2MASS point source catalogue: 60 fields between bars, missing ones as \\N."""
    fields = [f"{ra:.6f}", f"{dec:.6f}", "0.08", "0.06", "90", designation, *["\\N"] * 54]
    fields[35] = "2451000.7500"  # jdate, field 36
    return "|".join(fields)


def test_other_pieces_of_2mass(store: Store, tmp_path: Path) -> None:
    northern = [psc(f"000000{n:02d}+1000000", 0.001 * n, 10.0) for n in range(STARS)]
    southern = [psc(f"120000{n:02d}-7000000", 180 + 0.001 * n, -70.0) for n in range(STARS)]
    (tmp_path / "psc_aag.gz").write_bytes(gzip.compress("\n".join(northern).encode() + b"\n"))
    (tmp_path / "psc_baz.bz2").write_bytes(bz2.compress("\n".join(southern).encode() + b"\n"))
    report = ingest.ingest(store, "twomass", sorted(tmp_path.glob("psc_*")))
    assert (report.rows_read, report.rows_kept) == (2 * STARS, 2 * STARS)
    rows = store.sql("SELECT * FROM twomass ORDER BY source_id").arrow().to_pylist()
    assert [r["source_id"] for r in rows] == [line.split("|")[5] for line in (*northern, *southern)]
    # The major axis points east; the epoch differs from this by TDB - UTC.
    for name, value in (("ra_error", 80), ("dec_error", 60), ("ref_epoch", 1998.5099247)):
        np.testing.assert_allclose([r[name] for r in rows], value, rtol=0, atol=1e-5)
