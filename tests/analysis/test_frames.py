"""Published spins against vector algebra and the published code's numbers; FK5 against astropy and SOFA."""

from __future__ import annotations

import tomllib
from pathlib import Path

import erfa
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from analysis.frames import ALIGNED, GAIA_SPINS, along, fk5_to_icrs, spin, spin_offsets
from catalogdb.errors import AnalysisError


def _sky(n: int, seed: int):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.0, 360.0, n), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))


def test_fk5_becomes_icrs_as_in_astropy():
    ra, dec = _sky(20_000, 1)
    theirs = SkyCoord(ra * u.deg, dec * u.deg, frame="fk5").icrs
    ours = SkyCoord(*fk5_to_icrs("FK5", ra, dec, 1990.0) * u.deg)
    assert ours.separation(theirs).mas.max() < 1e-4
    moved = SkyCoord(ra * u.deg, dec * u.deg).separation(ours).mas
    # The sky of paper 004 lies north of -16 degrees.
    assert np.median(moved[dec > -16.0]) == pytest.approx(27.6, abs=0.15)
    assert moved.max() == pytest.approx(31.7, abs=0.05)


def test_the_spin_of_fk5_is_that_of_sofa():
    ra, dec = _sky(2_000, 2)
    theirs = erfa.fk5hz(np.radians(ra), np.radians(dec), *erfa.epj2jd(1955.0))
    ours = SkyCoord(*fk5_to_icrs("FK5", ra, dec, 1955.0, spinning=True) * u.deg)
    assert ours.separation(SkyCoord(*theirs * u.rad)).mas.max() < 1e-4


@pytest.mark.parametrize("frame", ["ICRS", "HCRF", "Tycho", "Gaia-CRF1", "Gaia-CRF2", "Gaia-CRF3"])
def test_positions_on_the_icrs_are_not_rotated(frame):
    with pytest.raises(AnalysisError, match=rf"frame '{frame}' is aligned with the ICRS: .* 31.7 mas"):
        fk5_to_icrs(frame, [10.0], [20.0], 2000.0)


def test_positions_of_no_known_frame_are_not_rotated():
    with pytest.raises(AnalysisError, match="is not stated"):
        fk5_to_icrs("", [10.0], [20.0], 2000.0)
    with pytest.raises(AnalysisError, match="'FK4' is not FK5"):
        fk5_to_icrs("FK4", [10.0], [20.0], 2000.0)


def test_the_trap_can_be_forced():
    ra, dec = _sky(100, 3)
    forced = fk5_to_icrs("ICRS", ra, dec, 2000.0, force=True)
    assert np.array_equal(forced, fk5_to_icrs("FK5", ra, dec, 2000.0))


def test_every_frame_that_a_catalogue_states_is_known():
    """Each spec's `frame` is one that is never rotated, FK5, or FK4, which is refused by name."""
    files = sorted((Path(__file__).parents[2] / "ingest" / "specs").glob("*.toml"))
    tables = [tomllib.loads(file.read_text())["catalogue"] for file in files]
    stated = {table["frame"] for table in tables if "frame" in table}
    assert {"FK5", "ICRS"} <= stated <= {*ALIGNED, "FK5", "FK4"}


def test_a_spin_moves_stars_by_omega_cross_r():
    ra, dec = _sky(500, 4)
    place = SkyCoord(ra * u.deg, dec * u.deg).cartesian.xyz.value.T
    omega = np.random.default_rng(5).normal(size=(500, 3))
    moved = np.cross(omega, place)
    east = np.stack([-np.sin(np.radians(ra)), np.cos(np.radians(ra)), np.zeros(500)], axis=1)
    north = np.cross(place, east)
    _, _, pmra, pmdec = spin_offsets(ra, dec, np.full(500, 2016.0), omega)
    assert np.allclose(pmra, np.sum(moved * east, axis=1), atol=1e-14)
    assert np.allclose(pmdec, np.sum(moved * north, axis=1), atol=1e-14)
    assert along(ra, dec).shape == (500, 2, 3)


def test_positions_stray_only_when_they_were_propagated():
    omega = spin("gaia_dr3", [10.2])
    assert spin_offsets([10.0], [20.0], [2016.0], omega)[:2] == (0.0, 0.0)
    east, north, pmra, pmdec = spin_offsets([10.0], [20.0], [1991.25], omega, aligned_yr=2016.0)
    assert (east[0], north[0]) == pytest.approx((-24.75 * pmra[0], -24.75 * pmdec[0]))


def test_spins_by_magnitude_are_those_of_the_published_table():
    """Rows of table 1 of Cantat-Gaudin and Brandt (2021), and their corrected motion of one star."""
    published = spin("gaia_dr3", [8.0, 9.0, 11.6, 12.999, 13.0, 20.0, np.nan]) * 1000.0
    rows = [
        [18.4, 33.8, -11.3],
        [14.0, 30.7, -19.4],
        [21.8, 64.2, 1.0],
        [34.9, 68.9, -2.9],
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
    ]
    assert np.allclose(published, rows, atol=1e-12)
    assert np.array_equal(spin("gaia_edr3", [8.0]), spin("gaia_dr3", [8.0]))
    # edr3ToICRF(10, -20, 120 deg, -35 deg, 12.1) of the appendix, by hand: sin and cos of 120 and -35 deg.
    s, c, sd, cd = 0.8660254037844387, -0.5, -0.573576436351046, 0.819152044288992
    pmra = 10.0 - (-sd * c * 21.3 - sd * s * 74.8 + cd * 2.1) / 1000.0
    pmdec = -20.0 - (s * 21.3 - c * 74.8) / 1000.0
    *_, east, north = spin_offsets([120.0], [-35.0], [2016.0], spin("gaia_dr3", [12.1]))
    assert (10.0 - east[0], -20.0 - north[0]) == pytest.approx((pmra, pmdec), abs=1e-12)


def test_catalogues_without_a_published_spin_have_none():
    assert np.array_equal(spin("hipparcos2", [5.0, 9.0]), np.zeros((2, 3)))
    assert np.linalg.norm(spin("gaia_dr2", [11.0])) == pytest.approx(0.15, abs=0.005)
    assert np.array_equal(spin("gaia_dr2", [12.5]), np.zeros((1, 3)))
    assert all(known.reference for known in GAIA_SPINS.values())
