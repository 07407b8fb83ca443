"""The units and UCDs that catalogdb lists itself are those of astropy, and a start needs no astropy."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import astropy.units as u
import pytest
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table

from catalogdb.vocabulary import OWN_UCDS, OWN_UNITS, is_ucd, is_unit


@pytest.mark.parametrize("unit", sorted(OWN_UNITS))
def test_own_units_are_vounits(unit: str) -> None:
    u.Unit(unit, format="vounit", parse_strict="raise")


@pytest.mark.parametrize("ucd", sorted(OWN_UCDS))
def test_own_ucds_are_in_the_vocabulary(ucd: str) -> None:
    assert check_ucd(ucd, check_controlled_vocabulary=True)


@pytest.mark.parametrize("word", ["meta.idd", "", "pos.eq.ra;", "phot.mag;em.opt.V"])
def test_others_are_looked_up(word: str) -> None:
    assert is_ucd(word) == (word == "phot.mag;em.opt.V")


def test_a_unit_that_is_none_is_known_as_such() -> None:
    assert not is_unit("furlong")
    assert is_unit("solLum")


def test_the_command_line_starts_without_what_takes_long() -> None:
    heavy = {"astropy", "healpy", "pandas", "pyarrow", "rich", "scipy"}
    code = f"import sys, catalogdb.cli, catalogdb.match; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_unit_of_ones_own_stays_one_when_a_table_had_it_without_quotes(tmp_path: Path) -> None:
    table = Table({"flux": [1.0]}, units=["electron/s"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the standard has no electrons, but archives do
        table.write(tmp_path / "flux.vot", format="votable")
        Table.read(tmp_path / "flux.vot")
    with pytest.raises(ValueError, match="electron"):
        u.Unit("'electron'.s**-1", format="vounit", parse_strict="raise")
    is_unit.cache_clear()
    assert is_unit("'electron'.s**-1")
    assert not is_unit("'electron'.furlong")
