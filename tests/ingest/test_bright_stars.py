"""The Bright Star Catalogue: values at the bytes that its ReadMe (CDS V/50) gives, against astropy."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import pytest
from astropy.coordinates import FK5, SkyCoord

import ingest
from catalogdb.store import Store

ALPHERATZ = {
    1: "  15", 5: "21Alp And", 15: "BD+28    4", 26: "   358", 32: " 73765", 38: "   1", 42: "I",
    61: "000313.0", 69: "+283218", 76: "000823.3", 84: "+290526", 91: "111.73", 97: "-32.84", 103: " 2.06",
    110: "-0.11", 116: "-0.46", 122: "-0.10", 128: "B8IVpMnHg", 148: "v", 149: "+0.136", 155: "-0.163",
    162: "+.032", 167: "-012", 171: "SBO", 177: " 56", 181: " 8.5", 185: "  81.5", 197: "*",
}  # fmt: skip
NEAR_THE_EQUATOR = {1: "   2", 76: "000503.8", 84: "-003011", 161: "D", 162: "-.009", 175: "=<", 177: "  6"}
NO_STAR = {1: "  92", 5: "T   Cas", 197: "*"}


def line(values: dict[int, str]) -> str:
    text = [" "] * 197
    for first, value in values.items():
        text[first - 1 : first - 1 + len(value)] = value
    return "".join(text)


@pytest.fixture
def rows(store: Store, tmp_path: Path) -> dict[int, dict[str, object]]:
    # Some copies of the file have lost the blanks at the ends of lines.
    lines = [line(ALPHERATZ), line(NEAR_THE_EQUATOR).rstrip(), line(NO_STAR)]
    (tmp_path / "catalog").write_text("\n".join(lines) + "\n")
    report = ingest.ingest(store, "bsc5", tmp_path / "catalog")
    assert (report.rows_read, report.rows_kept, report.without_position) == (3, 3, 1)
    found = store.sql("SELECT * FROM bsc5").arrow().to_pylist()
    return {row["source_id"]: row for row in found}


def test_values(rows: dict[int, dict[str, object]]) -> None:
    wanted = {
        "name": "21Alp And", "dm": "BD+28    4", "hd": 358, "sao": 73765, "fk5": 1, "irflag": "I", "glon": 111.73,
        "glat": -32.84, "vmag": 2.06, "b_v": -0.11, "u_b": -0.46, "r_i": -0.10, "sptype": "B8IVpMnHg", "n_sptype": "v",
        "parallax": 32, "listed_parallax": 32, "radial_velocity": -12, "n_radvel": "SBO", "rotvel": 56, "dmag": 8.5,
        "sep": 81.5, "noteflag": "*", "multiple": None, "ads": None, "ra1900": 15 * 193.0 / 3600,
    }  # fmt: skip
    for name, value in wanted.items():
        ours = rows[15][name]
        assert ours == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value), name
    assert rows[2]["dec"] == pytest.approx(-(30 / 60 + 11 / 3600), abs=1e-5)
    assert (rows[2]["parallax"], rows[2]["listed_parallax"]) == (None, pytest.approx(-9))
    assert (rows[2]["l_rotvel"], rows[2]["rotvel"]) == ("=<", 6)
    assert (rows[92]["ra"], rows[92]["dec"], rows[92]["hpx29"]) == (None, None, None)


def test_positions_and_motions_are_turned_as_by_astropy(rows: dict[int, dict[str, object]]) -> None:
    """At 2000.0, where FK5 differs by its orientation alone; motions differ by its spin, below 1 mas/yr."""
    icrs = SkyCoord("00h08m23.3s +29d05m26s", frame=FK5()).icrs
    assert SkyCoord(rows[15]["ra"] * u.deg, rows[15]["dec"] * u.deg).separation(icrs).mas < 1e-3  # type: ignore[operator]
    assert rows[15]["pmra"] == pytest.approx(136, abs=1)
    assert rows[15]["pmdec"] == pytest.approx(-163, abs=1)
