"""The loopback services, stars for them, and settings that do not wait."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import healpy as hp
import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table

import catalogdb
from catalogdb.store import Store


def _loopback() -> Any:
    spec = importlib.util.spec_from_file_location("loopback", Path(__file__).with_name("loopback.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["loopback"] = module
    spec.loader.exec_module(module)
    return module


LOOPBACK = _loopback()

QUICK = {"fetch_backoff_s": 0.01, "fetch_timeout_s": 20.0, "fetch_retries": 3, "threads": 1}
"""Settings under which nothing waits."""


@pytest.fixture
def server() -> Iterator[Any]:
    """Services that have no table yet."""
    with LOOPBACK.Loopback().serving() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store whose fetches do not wait."""
    settings = catalogdb.load_settings(None, QUICK)
    with catalogdb.open(tmp_path / "sky", create=True, settings=settings) as opened:
        yield opened


def sky(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Positions [deg] over the whole sky, at its poles, on RA 0, and in a crowded field."""
    rng = np.random.default_rng(seed)
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    crowd = n // 3
    ra[:crowd] = (130 + rng.normal(0, 0.5, crowd)) % 360
    dec[:crowd] = 20 + rng.normal(0, 0.5, crowd)
    ra[-6:], dec[-6:] = [0, 0, 359.9999999, 45, 180, 90], [90, -90, 0, 0, 0, 41.8103149]
    return ra, dec


def described(values: Any, ucd: str | None = None, unit: str | None = None, mask: Any = None) -> Column:
    """A column of a remote table."""
    meta = {"ucd": ucd} if ucd else {}
    if mask is None:
        return Column(values, unit=unit, meta=meta)
    return MaskedColumn(values, mask=mask, unit=unit, meta=meta)


def gaia_like(n: int = 900, seed: int = 1) -> Table:
    """Stars with the Gaia archive's names; an eighth have left the cell that their identifier names."""
    ra, dec = sky(n, seed)
    rng = np.random.default_rng(seed + 100)
    strayed = np.where(rng.random(n) < 1 / 8, 0.02, 0.0)
    cell = hp.ang2pix(1 << 12, ra, np.clip(dec + strayed, -90, 90), nest=True, lonlat=True)
    return Table(
        {
            "source_id": described(cell * 2**35 + rng.permutation(n), "meta.id;meta.main"),
            "ra": described(ra, "pos.eq.ra;meta.main", "deg"),
            "dec": described(dec, "pos.eq.dec;meta.main", "deg"),
            "ref_epoch": described(np.full(n, 2016.0), "meta.ref;time.epoch", "yr"),
            "ra_error": described(rng.uniform(0.01, 1, n).astype("f4"), "stat.error;pos.eq.ra", "mas"),
            "dec_error": described(rng.uniform(0.01, 1, n).astype("f4"), "stat.error;pos.eq.dec", "mas"),
            "parallax": described(rng.normal(1, 1, n), "pos.parallax.trig", "mas", rng.random(n) < 0.2),
            "pmra": described(rng.normal(0, 10, n), "pos.pm;pos.eq.ra", "mas.yr**-1"),
            "pmdec": described(rng.normal(0, 10, n), "pos.pm;pos.eq.dec", "mas.yr**-1"),
            "phot_g_mean_mag": described(rng.uniform(3, 21, n).astype("f4"), "phot.mag;em.opt", "mag"),
        }
    )


def vizier_like(n: int = 900, seed: int = 2) -> Table:
    """Stars with VizieR's names for the point sources of 2MASS, some of their columns; three have no position."""
    ra, dec = sky(n, seed)
    gone = np.zeros(n, bool)
    return Table(
        {
            "RAJ2000": described(ra, "pos.eq.ra;meta.main", "deg", gone),
            "DEJ2000": described(dec, "pos.eq.dec;meta.main", "deg", gone),
            "2MASS": described([f"{i:08d}+{i:07d}" for i in range(n)], "meta.id;meta.main"),
            "Jmag": described(
                np.random.default_rng(seed).uniform(4, 16, n).astype("f4"), "phot.mag;em.IR.J", "mag"
            ),
            "errMaj": described(np.full(n, 0.08, "f4"), "phys.angSize.smajAxis;pos.errorEllipse", "arcsec"),
            "errMin": described(np.full(n, 0.06, "f4"), "phys.angSize.sminAxis;pos.errorEllipse", "arcsec"),
            "errPA": described(np.full(n, 45, "i2"), "pos.posAng;pos.errorEllipse", "deg"),
            "JD": described(np.full(n, 2451000.5), "time.epoch", "d"),
        }
    )


@pytest.fixture
def gaia(server: Any) -> Table:
    """Gaia-like stars, which the server has."""
    table = gaia_like()
    server.add("gaiadr3.gaia_source", table)
    return table


@pytest.fixture
def vizier(server: Any) -> Table:
    """2MASS-like stars, which the server has."""
    table = vizier_like()
    server.add("II/246/out", table)
    return table
