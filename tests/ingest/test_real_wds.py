"""The WDS: real summary lines, and every line of two real deliveries of measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import Angle
from astropy.time import Time

import ingest
from catalogdb.errors import BadRecord, DataError
from catalogdb.store import Store

# Byte ranges of wdsweb_format.txt and datarequest_key.txt, as a reader of its own would have them.
SUMMARY = {"wds": (1, 10), "disc": (11, 17), "comp": (18, 22), "date_first": (24, 27), "date_last": (29, 32), "n_obs": (34, 37),
           "theta_first": (39, 41), "theta_last": (43, 45), "rho_first": (47, 51), "rho_last": (53, 57), "mag1": (59, 63),
           "mag2": (65, 69), "sp_type": (71, 79), "pmra": (81, 84), "pmdec": (85, 88), "pmra_2": (90, 93), "pmdec_2": (94, 97),
           "dm": (99, 106), "notes": (108, 111)}  # fmt: skip
MEASURE = {"date_listed": (8, 17), "theta_flag": (19, 19), "theta": (20, 26), "theta_error": (28, 33), "rho_flag": (35, 35),
           "rho": (36, 44), "rho_error_flag": (46, 46), "rho_error": (47, 53), "mag1_flag": (55, 55), "mag1": (56, 61),
           "mag1_error_flag": (62, 62), "mag1_error": (63, 67), "mag2_flag": (69, 69), "mag2": (70, 75), "mag2_error_flag": (76, 76),
           "mag2_error": (77, 81), "wavelength": (83, 86), "bandwidth": (87, 90), "filter_flag": (91, 91), "aperture": (93, 97),
           "telescope_flag": (98, 98), "n_nights": (100, 101), "ref": (103, 110), "technique": (112, 113), "codes": (115, 116),
           "entry": (117, 117)}  # fmt: skip
TEXTS = {"wds", "disc", "comp", "sp_type", "dm", "notes", "date_listed", "ref", "technique", "codes", "entry"}


def cut(line: str, layout: dict[str, tuple[int, int]]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, (first, last) in layout.items():
        text = line[first - 1 : last].strip()
        if text in {"", "."}:
            values[name] = None
        else:
            values[name] = text if name in TEXTS or name.endswith("_flag") else float(text)
    return values


def test_every_summary_line_is_its_row(store: Store, data: Path) -> None:
    file = data / "wds/wds_summ_head_2012.txt"
    report = ingest.ingest(store, "wds", file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected, report.without_position) == (
        22,
        22,
        0,
        0,
    )
    rows = store.sql("SELECT * FROM catalogs.wds").arrow().to_pylist()
    ours = {row["source_id"]: row for row in rows}
    for line in file.read_text().splitlines():
        row = ours[f"{line[:10]} {line[10:22].strip()}"]
        assert row["dd"] == line[10:22].strip()
        for name, value in cut(line, SUMMARY).items():
            assert row[name] == value, (name, line)
        place = line[112:130]
        ra = Angle(f"{place[:2]}h{place[2:4]}m{place[4:9]}s").deg
        dec = Angle(f"{place[9:12]}d{place[12:14]}m{place[14:]}s").deg
        assert (row["ra"], row["dec"]) == (pytest.approx(ra, abs=1e-12), pytest.approx(dec, abs=1e-12))
        rough = Angle(f"{line[:2]}h{line[2:4]}.{line[4]}m").deg, Angle(f"{line[5:8]}d{line[8:10]}m").deg
        assert (row["wds_ra"], row["wds_dec"]) == pytest.approx(rough, abs=1e-12)
        assert (
            abs(row["dec"] - row["wds_dec"]) < 1.5 / 60
        )  # a few pairs were measured better since they were named
        assert row["ref_epoch"] == 2000


LINE = "00014+3937HLD  60      1881 2009  139 124 169   0.6   1.3  9.09  9.77 K0V  K1V  -030-048 -030-048 +38 5112 NOD  000123.67+393638.2"


def replaced(start: int, text: str, line: str = LINE) -> str:
    return line[: start - 1] + text + line[start - 1 + len(text) :]


def test_blank_positions_motions_of_a_century_and_incomplete_measures(store: Store, tmp_path: Path) -> None:
    no_place = replaced(113, " " * 18)
    century = replaced(108, "NOP ", replaced(11, "XXX   1"))
    partial = replaced(34, "   0  -1  -1  -1.   -1. ", replaced(11, "XXX   2"))
    whole_seconds = replaced(117, "23.  +393638. ", replaced(11, "XXX   3AB"))
    head = "<html><pre>\nWDS        Discoverer  First Last\n\n"
    (tmp_path / "wdsweb_summ2.txt").write_text(
        head + "".join(f"{x}\n" for x in (no_place, century, partial, whole_seconds))
    )
    report = ingest.ingest(store, "wds", tmp_path / "wdsweb_summ2.txt")
    assert (report.rows_kept, report.without_position) == (4, 1)
    rows = {r["disc"]: r for r in store.sql("SELECT * FROM catalogs.wds").arrow().to_pylist()}
    assert (rows["HLD  60"]["ra"], rows["HLD  60"]["dec"], rows["HLD  60"]["hpx29"]) == (None, None, None)
    assert rows["HLD  60"]["wds_ra"] == pytest.approx(0.35)
    assert (rows["HLD  60"]["pmra"], rows["XXX   1"]["pmra"], rows["XXX   1"]["pm_code"]) == (-30, -300, "P")
    assert [rows["XXX   2"][n] for n in ("n_obs", "theta_first", "theta_last", "rho_first", "rho_last")] == [0, *[None] * 4]  # fmt: skip
    assert rows["XXX   3"]["dec"] == pytest.approx(39 + 36 / 60 + 38 / 3600)
    assert rows["XXX   3"]["comp"] == "AB"


@pytest.mark.parametrize(
    ("start", "text", "column", "reason"),
    [
        (1, "0001x+3937", "_wds_ra", "can not be converted by split"),
        (1, "00614+3937", "wds_ra", "its minutes are not from 0 to below 60"),
        (24, "1 81", "date_first", "is not a whole number"),
        (39, "424", "theta_first", "lies outside 0 to 360"),
        (47, "  0,6", "rho_first", "is not a number"),
        (113, "  ", "ra", "has one coordinate without the other"),
        (11, "       ", "disc", "is missing"),
    ],
)
def test_a_bad_summary_line_is_named(
    store: Store, tmp_path: Path, start: int, text: str, column: str, reason: str
) -> None:
    (tmp_path / "wds.txt").write_text(f"{replaced(11, 'XXX   1')}\n{replaced(start, text)}\n")
    with pytest.raises(BadRecord, match=f"line 2.*{reason}") as caught:
        ingest.ingest(store, "wds", tmp_path / "wds.txt")
    assert caught.value.column == column


def test_torn_and_repeated_summary_lines_are_named(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "wds.txt"
    file.write_text(f"{LINE[40:]}\n{LINE}\n")
    with pytest.raises(BadRecord, match="line 1: the line has 90 characters, not 130: it is torn"):
        ingest.ingest(store, "wds", file)
    file.write_text(f"{LINE}\n{LINE}\n")
    with pytest.raises(BadRecord, match="line 2, column source_id: repeats the identifier"):
        ingest.ingest(store, "wds", file)


def measures(store: Store, file: Path) -> list[dict[str, object]]:
    report = ingest.ingest(store, "wds_measures", file)
    assert report.rows_read == report.rows_kept
    return store.sql("SELECT * FROM catalogs.wds_measures").arrow().to_pylist()


def check(rows: list[dict[str, object]], lines: list[str]) -> None:
    for row, line in zip(rows, lines, strict=True):
        for name, value in cut(line, MEASURE).items():
            assert row[name] == value, (name, line)
        assert row["theta_listed"] == (line[19:26].strip().strip(".") and line[19:26].strip() or None)
        assert row["rho_listed"] == (line[35:44].strip().strip(".") and line[35:44].strip() or None)
    dates = [float(line[7:17]) for line in lines]
    truth = Time(dates, format="byear", scale="tdb").jyear
    np.testing.assert_allclose([row["epoch"] for row in rows], truth, rtol=0, atol=1e-9)


def test_every_measure_of_alpha_centauri_is_its_line(store: Store, data: Path) -> None:
    file = data / "alpha_cen/wds14396-6050.txt"
    lines = file.read_text().splitlines()
    rows = measures(store, file)
    assert len(rows) == len(lines) == 524
    check(rows, lines)
    assert {row["wds"] for row in rows} == {row["source_id"] for row in rows} == {"14396-6050"}
    assert "disc" not in rows[0]  # the lines alone do not say
    epochs = [row["epoch"] for row in rows]
    assert (min(epochs), max(epochs)) == (pytest.approx(1689.9, abs=0.01), pytest.approx(2017.8, abs=0.01))
    techniques = [row["technique"] for row in rows]
    assert techniques.count("Ma") == sum(line[111:113] == "Ma" for line in lines)
    assert sum(row["rho_error"] is not None for row in rows) == sum(
        line[46:53].strip() != "." for line in lines
    )


def test_every_measure_of_a_delivery_is_its_line(store: Store, data: Path) -> None:
    file = data / "wds/wds11105-3732.txt"
    text = file.read_text().splitlines()
    start = text.index("MEASURES:")
    end = next(n for n in range(start, len(text)) if text[n].startswith("-----"))
    lines = [x for x in text[start + 1 : end] if x.startswith("       ")]
    others = [x for x in text[start + 1 : end] if x.strip() and x not in lines]
    assert [x[:12].strip() for x in others] == ["REP  21"]  # the one heading: nothing else is left out
    rows = measures(store, file)
    assert len(rows) == len(lines) == 42
    check(rows, lines)
    assert {(row["wds"], row["disc"], row["comp"], row["dd"]) for row in rows} == {
        ("11105-3732", "REP  21", None, "REP  21")
    }


RECORD = "       2017.658    324.03   0.128    4.33     0.013      .     .       .     .                0.2   1 Cry2018  Cl   7   "


def test_units_by_flags(store: Store, tmp_path: Path) -> None:
    far = replaced(35, "M   1.50     ", RECORD)
    close = replaced(35, "m  87.7     ", RECORD)
    infrared = replaced(83, " 3.80.50u", RECORD)
    array = replaced(93, "  0.3k", RECORD)
    file = tmp_path / "wds14396-6050.txt"
    file.write_text("".join(f"{x}\n" for x in (far, close, infrared, array)))
    rows = measures(store, file)
    assert (rows[0]["rho"], rows[0]["rho_error"], rows[0]["rho_listed"]) == (90, pytest.approx(0.78), "1.50")
    assert (rows[1]["rho"], rows[1]["rho_error"]) == (pytest.approx(0.0877), pytest.approx(1.3e-5))
    assert (rows[2]["wavelength"], rows[2]["bandwidth"]) == (3800, 500)
    assert (rows[3]["aperture"], rows[2]["aperture"]) == (300, 0.2)


@pytest.mark.parametrize(
    ("start", "text", "column", "reason"),
    [
        (35, "h", "rho_flag", "is none of :, <, D"),
        (19, "U", "theta_flag", "is none of :, L, Q, V"),
        (98, "m", "telescope_flag", "is none of a, k"),
        (8, "2O17.658", "_date", "can not be converted by number"),
        (20, " 32x.03", "theta", "can not be converted by number"),
        (36, "   4.3.3 ", "rho", "can not be converted by unit_by_code"),
        (28, "-0.128", "theta_error", "is an error and negative"),
        (103, " " * 8, "ref", "is missing"),
    ],
)
def test_a_bad_measure_is_named(
    store: Store, tmp_path: Path, start: int, text: str, column: str, reason: str
) -> None:
    file = tmp_path / "wds14396-6050.txt"
    file.write_text(f"{RECORD}\n{RECORD}\n{RECORD}\n{replaced(start, text, RECORD)}\n")
    with pytest.raises(BadRecord, match=f"line 4.*{reason}") as caught:
        ingest.ingest(store, "wds_measures", file)
    assert caught.value.column == column


def test_a_delivery_of_several_systems_and_a_torn_line(store: Store, tmp_path: Path) -> None:
    heading = "STF2912Ba,Bb 1989 2015   10 230 207   1.4   1.6 12.06   .   M3"
    part = f"USNO Double Star data for WDS 22300+0426\n\nMEASURES:\n\n{heading}\n{RECORD}\n{'-' * 30}\nNOTES:\n   2 notes\n"
    other = f"USNO Double Star data for WDS 14396-6050\nMEASURES:\n{RECORD}\n{RECORD}\n"
    file = tmp_path / "request.txt"
    file.write_text(part + other)
    rows = measures(store, file)
    assert [(r["wds"], r["dd"]) for r in rows] == [
        ("22300+0426", "STF2912Ba,Bb"),
        ("14396-6050", "STF2912Ba,Bb"),
        ("14396-6050", "STF2912Ba,Bb"),
    ]
    file.write_text(part + other + RECORD[:77] + "\n")
    with pytest.raises(BadRecord, match="line 14: the line has 77 characters, not 120: it is torn"):
        ingest.ingest(store, "wds_measures", file, mode="replace")


def test_a_file_without_the_designation_in_its_name(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "alpha_cen.txt"
    file.write_text(f"{RECORD}\n")
    with pytest.raises(DataError, match="delivery 0% .it has no section.*lines 0% .its name holds no zone"):
        ingest.ingest(store, "wds_measures", file)
