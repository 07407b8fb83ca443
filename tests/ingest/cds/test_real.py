"""Every ReadMe that installed packages and the real data hold, column by column against astropy's reader.

Where astropy is not followed: text marks such as ?=... and numbers as marks in text are not masked by it,
a logarithm is a unit to it (dex) and a remark to us, and one that it does not understand is kept by it.
"""

from __future__ import annotations

import importlib.resources
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Angle
from astropy.io import ascii as astropy_ascii
from astropy.table import MaskedColumn, Table

import ingest
from catalogdb.errors import BadRecord, DataError, SpecError
from catalogdb.store import Store
from ingest.cds.units import cds_unit
from ingest.load import read_spec

ASTROPY = Path(str(importlib.resources.files("astropy.io.ascii"))) / "tests" / "data"
IERS = Path(str(importlib.resources.files("astropy_iers_data"))) / "data"

APART = [
    ("vizier/ReadMe", "vizier/table1.dat", 15),
    ("vizier/ReadMe", "vizier/table5.dat.gz", 49),
    ("cds/glob/ReadMe", "cds/glob/lmxbrefs.dat", 291),
    ("cds/description/ReadMe", "cds/description/table.dat", 2),
    ("cds/multi/ReadMe", "cds/multi/lhs2065.dat", 18),
    ("cds/multi/ReadMe", "cds/multi/lp944-20.dat", 18),
    ("cds/datasplitcomplete/ReadMe", "cds/datasplitcomplete/table1.dat", 4),
    ("cds/datasplitcompletegz/ReadMe", "cds/datasplitcompletegz/table1.dat", 4),
]
WITHIN = [
    ("cds.dat", 1),
    ("cds2.dat", 215),
    ("cdsFunctional.dat", 1),
    ("cdsFunctional2.dat", 4),
    ("cds_mrt_dashes.txt", 8),
]


def read_by_astropy(data: Path, **options: Any) -> Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not data.exists():  # it lies there in parts
            return astropy_ascii.get_reader(astropy_ascii.Cds, readme=str(options["readme"])).read(str(data))
        return astropy_ascii.read(data, format="cds", **options)


def rows_of(store: Store, found: ingest.CdsSpec) -> dict[str, list[Any]]:
    """Our rows in the order of the file: the line's number is put before them as an identifier."""
    text = found.text.replace("fields = [", 'fields = [\n  { name = "line_", from = "@record" },', 1).replace(
        "columns = [",
        'columns = [\n  { name = "line_", type = "BIGINT", unit = "", ucd = "meta.record", about = "Line" },',
        1,
    )
    spec = read_spec(text, "with lines")
    report = ingest.ingest(store, spec, found.paths, name="t")
    assert report.rows_read == report.rows_kept
    return store.sql("SELECT * FROM catalogs.t ORDER BY line_").arrow().to_pydict()  # type: ignore[no-any-return]


def assert_agrees(theirs: MaskedColumn, ours: list[Any], label: str) -> None:
    masked = np.ma.getmaskarray(theirs) if isinstance(theirs, MaskedColumn) else np.zeros(len(theirs), bool)
    for value, is_masked, mine in zip(theirs.data, masked, ours, strict=True):
        blank = is_masked or (isinstance(value, str | np.str_) and not value.strip())
        if blank:
            assert mine is None, label
        elif isinstance(value, str | np.str_):
            assert mine == str(value).strip(), label
        else:
            assert mine == value, label


def compare(store: Store, found: ingest.CdsSpec, theirs: Table) -> int:
    """Hold each column, its unit and each position to astropy's; return the number of columns compared."""
    ours = rows_of(store, found)
    assert len(ours["line_"]) == len(theirs)
    if len(found.paths) > 1:  # parts, in each of which lines are counted from 1
        theirs.sort("BJD")
        order = np.argsort(ours["bjd"])
        ours = {name: [values[i] for i in order] for name, values in ours.items()}
    compared = 0
    for item in found.spec.forms[0].fields:
        source = found.derived.sources[item.name]
        column = found.spec.column(item.name)
        their = theirs[source.label]
        if column is None:
            continue
        assert_agrees(their, ours[item.name], source.label)
        compared += 1
        told = cds_unit(source.unit)
        if source.is_number and told.understood and not told.remark and column.unit is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", u.UnitsWarning)
                assert u.Unit(column.unit) == (their.unit or u.dimensionless_unscaled), source.label
        elif told.remark.startswith("decimal logarithm"):
            assert str(their.unit).startswith("dex"), source.label
    if "RAh" in theirs.colnames and "ra" in ours:
        ra = Angle(np.array([f"{r['RAh']}h{r['RAm']}m{r['RAs']}s" for r in theirs]))
        dec = Angle(np.array([f"{r['DE-']}{r['DEd']}d{r['DEm']}m{r['DEs']}s" for r in theirs]))
        np.testing.assert_allclose(ours["ra"], ra.deg, rtol=0, atol=1e-11)
        np.testing.assert_allclose(ours["dec"], dec.deg, rtol=0, atol=1e-11)
        compared += 2
    return compared


@pytest.mark.parametrize(("readme", "data", "rows"), APART)
def test_readmes_of_astropy(store: Store, readme: str, data: str, rows: int) -> None:
    found = ingest.cds_spec(ASTROPY / readme, ASTROPY / data, "t")
    theirs = read_by_astropy(ASTROPY / data, readme=ASTROPY / readme)
    assert len(theirs) == rows
    assert compare(store, found, theirs) >= len([c for c in found.derived.table.columns if c.named]) - 6


@pytest.mark.parametrize(("data", "rows"), WITHIN)
def test_machine_readable_tables_of_astropy(store: Store, data: str, rows: int) -> None:
    """With the description above the data, as the AAS publishes tables."""
    found = ingest.cds_spec(ASTROPY / data, (), "t")
    theirs = read_by_astropy(ASTROPY / data)
    assert len(theirs) == rows
    assert compare(store, found, theirs) >= len(theirs.colnames) - 6
    assert found.spec.title


@pytest.mark.parametrize(("readme", "data"), [
    *((readme, data) for readme, data, _ in APART if "split" not in data and "multi" not in data),
    *((data, None) for data, _ in WITHIN),
])  # fmt: skip
def test_what_a_derived_spec_writes_reads_back_equal(
    store: Store, readme: str, data: str | None, tmp_path: Path
) -> None:
    files = [] if data is None else [ASTROPY / data]
    found = ingest.cds_spec(ASTROPY / readme, files, "t", spec_out=tmp_path / "t.toml")
    saved = ingest.load_spec(tmp_path / "t.toml")
    ingest.ingest(store, saved, found.paths, name="listed")
    rows = store.sql("FROM listed").arrow()
    given = [name for name in rows.column_names if name != "hpx29"]
    ingest.write_native(saved, "cds", rows.select(given), tmp_path / "t.dat")
    report = ingest.ingest(store, saved, tmp_path / "t.dat", name="again")
    assert report.rows_kept == rows.num_rows
    assert store.sql("FROM (FROM listed EXCEPT ALL FROM again)").fetchall() == []


def test_notes_that_no_rule_ends(store: Store) -> None:
    """astropy needs data_start="guess" for it."""
    found = ingest.cds_spec(ASTROPY / "cds_malformed.dat", (), "t")
    theirs = read_by_astropy(ASTROPY / "cds_malformed.dat", data_start="guess")
    assert compare(store, found, theirs) > 5


@pytest.mark.parametrize(("readme", "data"), [("ReadMe", "table.dat"), ("ReadMe1", "table1.dat")])
def test_limits_that_the_data_contradict(store: Store, readme: str, data: str) -> None:
    """Both ReadMes give loggf the limits ]0/140[, and the numbers are negative: astropy looks at no limits."""
    folder = ASTROPY / "cds" / "null"
    with pytest.raises(
        BadRecord, match=r"line 1, column loggf: lies outside \]0, 140\[; the ReadMe says in line"
    ):
        ingest.ingest_cds(store, folder / readme, folder / data, "t")
    found = ingest.cds_spec(folder / readme, folder / data, "t")
    edited = found.text.replace(', limits = [0, 140], open_limits = "both"', "")
    edited = edited.replace(", limits = [-180, 180]", "").replace(", limits = [1, 6]", "")
    edited = edited.replace(", limits = [1, 52]", "")
    assert edited != found.text
    changed = ingest.CdsSpec(**{f: getattr(found, f) for f in found.__dataclass_fields__} | {
        "text": edited, "spec": read_spec(edited, "edited"),
    })  # fmt: skip
    assert compare(store, changed, read_by_astropy(folder / data, readme=folder / readme)) >= 10


def test_a_missing_part() -> None:
    folder = ASTROPY / "cds" / "datasplitincomplete"
    with pytest.raises(DataError, match=r"its part \.01 is missing"):
        ingest.cds_spec(folder / "ReadMe", folder / "table1.dat", "t")


def test_a_description_without_data() -> None:
    with pytest.raises(
        SpecError, match=r"no data stand below it; name the file: it describes datafile3.txt \(line 11\)"
    ):
        ingest.cds_spec(ASTROPY / "no_data_cds.dat", (), "t")


def test_earth_orientation_with_lines_of_comment(store: Store) -> None:
    """22,000 rows; the first six lines are comments, of which the ReadMe does not speak."""
    found = ingest.cds_spec(IERS / "ReadMe.eopc04", IERS / "eopc04.1962-now", "t")
    theirs = read_by_astropy(IERS / "eopc04.1962-now", readme=IERS / "ReadMe.eopc04", data_start=6)
    assert found.spec.forms[0].comment == "#"
    assert compare(store, found, theirs) == len(theirs.colnames)
    assert store.sql("SELECT count(*) FROM catalogs.t").fetchall()[0][0] > 20_000


def test_earth_orientation_whose_readme_allows_no_blanks(store: Store, tmp_path: Path) -> None:
    """Bulletin B ends before the predictions do, and no ? says so: the saved spec is edited, as advised."""
    readme, data = IERS / "ReadMe.finals2000A", IERS / "finals2000A.all"
    with pytest.raises(BadRecord, match=r"is missing; the ReadMe says in line \d+") as caught:
        ingest.ingest_cds(store, readme, data, "t", spec_out=tmp_path / "finals.toml")
    assert "blanks stand in" in str(caught.value)
    saved = tmp_path / "finals.toml"
    saved.write_text(saved.read_text().replace(", nullable = false", ""))
    report = ingest.ingest(store, ingest.load_spec(saved), data)
    theirs = read_by_astropy(data, readme=readme)
    assert report.rows_kept == len(theirs)
    ours = store.sql("SELECT ut1_utc_a, pm_x_b FROM catalogs.t ORDER BY mjd").arrow().to_pydict()
    for name, label in (("ut1_utc_a", "UT1_UTC_A"), ("pm_x_b", "PM_X_B")):
        mask = np.ma.getmaskarray(theirs[label])
        assert [value is None for value in ours[name]] == list(mask)
        mine = np.array([np.nan if v is None else v for v in ours[name]])
        np.testing.assert_array_equal(mine[~mask], np.asarray(theirs[label])[~mask])


# --- real data -------------------------------------------------------------------------------------


def test_radial_velocities_of_51_peg(store: Store, data: Path) -> None:
    readme, file = data / "rv" / "Birkby2017_readme.txt", data / "rv" / "Birkby2017_table1.txt"
    found = ingest.cds_spec(readme, file, "t")
    assert (found.spec.rows, found.spec.bibcode) == (639, "2017AJ....153..138B")
    assert found.spec.forms[0].field("e_rv").limits == (0.174537, 22.17)  # type: ignore[union-attr]
    ours = rows_of(store, found)
    for number, (start, end) in {"bjd": (0, 16), "rv": (17, 32), "e_rv": (33, 44)}.items():
        theirs = [float(line[start:end]) for line in file.read_text().splitlines()]
        assert ours[number] == theirs
    assert len(ours["bjd"]) == 639
    assert found.spec.column("rv").unit == "m.s**-1"  # type: ignore[union-attr]
    assert "+13.1m/s" in found.spec.column("rv").about  # type: ignore[union-attr]


@pytest.mark.parametrize("readme", ["sb9/ReadMe.txt", "gaia_nss/bh3/README.md"])
def test_readmes_that_are_none_of_the_cds(data: Path, readme: str) -> None:
    with pytest.raises(SpecError, match="no Byte-by-byte Description of a file: write a spec instead"):
        ingest.cds_spec(data / readme, data / "sb9" / "Main.dta", "t")


HIPPARCOS = """
       1  A1    ---     Catalog   [H] Which catalogue                        (H0)
   9- 14  I6    ---     HIP       Identifier                                 (H1)
      16  A1    ---     Proxy    *[HT] Neighbour                             (H2)
  18- 28  A11   ---     RAhms     RA in h m s, ICRS (J1991.25)               (H3)
  30- 40  A11   ---     DEdms     Dec in deg ' ", ICRS (J1991.25)            (H4)
  42- 46  F5.2  mag     Vmag      ? Johnson V                                (H5)
      48  I1    ---     VarFlag  *[1,3]? Variability                         (H6)
  52- 63  F12.8 deg     RAdeg    *? alpha (ICRS, Epoch=J1991.25)             (H8)
  65- 76  F12.8 deg     DEdeg    *? delta (ICRS, Epoch=J1991.25)             (H9)
  80- 86  F7.2  mas     Plx       ? Parallax                                (H11)
  88- 95  F8.2 mas/yr   pmRA     *? mu_alpha.cos(delta), ICRS               (H12)
  97-104  F8.2 mas/yr   pmDE     *? mu_delta, ICRS                          (H13)
 106-111  F6.2  mas   e_RAdeg    *? Standard error in RA*cos(DEdeg)         (H14)
 113-118  F6.2  mas   e_DEdeg    *? Standard error in DE                    (H15)
 120-125  F6.2  mas   e_Plx       ? Standard error in Plx                   (H16)
 127-132  F6.2 mas/yr e_pmRA      ? Standard error in pmRA                  (H17)
 134-139  F6.2 mas/yr e_pmDE      ? Standard error in pmDE                  (H18)
 141-145  F5.2  ---     DE:RA     [-1/1]? Correlation                       (H19)
 147-151  F5.2  ---     Plx:RA    [-1/1]? Correlation                       (H20)
 153-157  F5.2  ---     Plx:DE    [-1/1]? Correlation                       (H21)
 159-163  F5.2  ---     pmRA:RA   [-1/1]? Correlation                       (H22)
 165-169  F5.2  ---     pmRA:DE   [-1/1]? Correlation                       (H23)
 171-175  F5.2  ---     pmRA:Plx  [-1/1]? Correlation                       (H24)
 177-181  F5.2  ---     pmDE:RA   [-1/1]? Correlation                       (H25)
 183-187  F5.2  ---     pmDE:DE   [-1/1]? Correlation                       (H26)
 189-193  F5.2  ---     pmDE:Plx  [-1/1]? Correlation                       (H27)
 195-199  F5.2  ---     pmDE:pmRA [-1/1]? Correlation                       (H28)
 201-203  I3    %       F1        ? Rejected data                           (H29)
 211-216  I6    ---     ---       HIP again                                 (H31)
 218-223  F6.3  mag     BTmag     ? Mean BT                                 (H32)
 314-320  F7.2  d       Period    ? Period of variability                   (H51)
 356-358  I3    deg     theta     ? Position angle                          (H63)
 391-396  I6    ---     HD        [1/359083]? HD number                     (H71)
 436-447  A12   ---     SpType    Spectral type                             (H76)
"""
"""Bytes, formats and labels of CDS I/239, hip_main.dat."""


def test_hipparcos_by_its_layout_is_hipparcos_by_its_spec(
    store: Store, data: Path, published: Any, tmp_path: Path
) -> None:
    readme, _ = published(HIPPARCOS, [], name="hip_main.dat")
    file = data / "hipparcos" / "hip_main_bright.dat.gz"
    report = ingest.ingest_cds(store, readme, file, "by_readme")
    assert (report.rows_read, report.rows_kept, report.without_position) == (9933, 9933, 5)
    ingest.ingest(store, "hipparcos", file)
    ours, spec = store.table("by_readme"), store.table("hipparcos")
    assert len(ours.columns) == 35
    for column in ours.columns:
        if spec.column(column.name).type == "REAL":
            assert column.name == "vmag"  # theirs is rounded to REAL
            continue
        query = f"""SELECT count(*), count(*) FILTER (a.{column.name} IS DISTINCT FROM b.{column.name})
                    FROM by_readme a JOIN hipparcos b USING (source_id)"""
        assert store.sql(query).fetchall() == [(9933, 0)], column.name
        assert column.unit == spec.column(column.name).unit
    assert {(each.namespace, each.column) for each in ours.identifiers} == {
        ("HIP", "source_id"),
        ("HD", "hd"),
    }


TYCHO2 = """
   1-  4  I4    ---     TYC1     [1,9537]+= First part
   6- 10  I5    ---     TYC2     [1,12121] Second part
      12  I1    ---     TYC3     [1,4] Third part
      14  A1    ---     flag     [HT] data from Hipparcos or Tycho-1
  16- 27  F12.8 deg     RAdeg    Right Asc, ICRS, at epoch=J1991.25
  29- 40  F12.8 deg     DEdeg    Decl, ICRS, at epoch=J1991.25
  42- 48  F7.1  mas/yr  pmRA     []? proper motion in RA*cos(dec)
  50- 56  F7.1  mas/yr  pmDE     []? proper motion in Dec
  58- 62  F5.1  mas   e_RAdeg    []? standard error RA*cos(dec)
  64- 68  F5.1  mas   e_DEdeg    []? standard error of Dec
  70- 74  F5.1  mas/yr e_pmRA    []? standard error of pmRA
  76- 80  F5.1  mas/yr e_pmDE    []? standard error of pmDE
      82  A1    ---     mflag    [ BVH] what magnitudes are
  84- 89  F6.3  mag     BTmag    []? Tycho-1 BT
  91- 95  F5.3  mag   e_BTmag    []? standard error of BT
  97-102  F6.3  mag     VTmag    []? Tycho-1 VT or Hp
 104-108  F5.3  mag   e_VTmag    []? standard error of VT
 110-112  I3   0.1arcsec prox    [1,999] proximity
     114  A1    ---     TYC      [T] Tycho-1 star
 116-121  I6    ---     HIP      [1,120404]? Hipparcos number
     122  A1    ---     CCDM     CCDM component
"""
"""Bytes, formats and labels of CDS I/259, suppl_1.dat."""


def test_tycho2_supplement_by_its_layout(store: Store, data: Path, published: Any) -> None:
    readme, _ = published(TYCHO2, [], name="suppl_1.dat")
    file = next(path for path in (data / "tycho2").iterdir() if "suppl_1" in path.name)
    report = ingest.ingest_cds(store, readme, file, "by_readme")
    assert report.rows_read == report.rows_kept == 17588
    ingest.ingest(store, "tycho2_suppl_1", file)
    for name in (
        "ra",
        "dec",
        "pmra",
        "pmdec",
        "ra_error",
        "dec_error",
        "pmra_error",
        "ref_epoch",
        "btmag",
        "hip",
    ):
        query = f"""SELECT count(*), count(*) FILTER (a.{name} IS DISTINCT FROM b.{name})
                    FROM by_readme a JOIN tycho2_suppl_1 b USING (source_id)"""
        assert store.sql(query).fetchall() == [(17588, 0)], name
