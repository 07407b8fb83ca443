"""FK5 and FK4 to the ICRS, against erfa and astropy."""

from __future__ import annotations

import erfa
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import FK4, FK5, ICRS, FK4NoETerms, SkyCoord
from astropy.time import Time

from catalogdb.astrometry import ASTROMETRY
from ingest.convert import stack
from ingest.fields import value
from ingest.fk4 import precession
from ingest.frames import rotation_layers
from ingest.scratch import scratch
from ingest.spec import Spec

NAMES = ("ra", "dec", "pmra", "pmdec", "ref_epoch")
RNG = np.random.default_rng(3)
RA = RNG.uniform(0, 360, 40)
DEC = np.degrees(np.arcsin(RNG.uniform(-0.9999, 0.9999, 40)))
PM = RNG.normal(0, 300, (2, 40))


def turned(
    rotate: str,
    epoch: float | None,
    ra: np.ndarray,
    dec: np.ndarray,
    pm: np.ndarray,
    *,
    forwards: bool = True,
    equinox: str = "",
) -> np.ndarray:
    columns = tuple(ASTROMETRY[name] for name in NAMES)
    spec = Spec(
        name="s",
        title="s",
        about="s",
        columns=columns,
        forms=(),
        frame=rotate[:3].upper(),
        rotate=rotate,
        equinox=equinox,
    )
    layers = rotation_layers(spec, columns, value, forwards=forwards)
    rows = list(
        zip(ra.tolist(), dec.tolist(), pm[0].tolist(), pm[1].tolist(), [epoch] * len(ra), strict=True)
    )
    with scratch() as con:
        marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
        table = f"(VALUES {marks}) AS given({', '.join(NAMES)})"
        layers = [{value(n): f"CAST({n} AS DOUBLE)" for n in NAMES}, *layers]
        wanted = ", ".join(value(n) for n in NAMES[:4])
        query = stack(table, layers, wanted)
        return np.array(con.execute(query, [v for row in rows for v in row]).fetchall()).T


def separation_mas(ra1: np.ndarray, dec1: np.ndarray, ra2: np.ndarray, dec2: np.ndarray) -> np.ndarray:
    return np.degrees(erfa.seps(*np.radians([ra1, dec1, ra2, dec2]))) * 3.6e6


def test_fk5_positions_and_motions_agree_with_erfa() -> None:
    ra, dec, pmra, pmdec = turned("fk5_to_icrs", 2000.0, RA, DEC, PM)
    mas = np.radians(1 / 3.6e6)
    r, d, dr, dd, _, _ = erfa.fk52h(
        np.radians(RA), np.radians(DEC), PM[0] * mas / np.cos(np.radians(DEC)), PM[1] * mas, 1e-3, 0.0
    )
    assert separation_mas(ra, dec, np.degrees(r), np.degrees(d)).max() < 1e-5
    np.testing.assert_allclose(pmra, dr / mas * np.cos(d), atol=1e-4)  # mas/yr; erfa keeps light time
    np.testing.assert_allclose(pmdec, dd / mas, atol=1e-4)


def test_fk5_positions_agree_with_astropy_and_move_by_thirty_mas() -> None:
    ra, dec, *_ = turned("fk5_to_icrs", 2000.0, RA, DEC, PM)
    truth = SkyCoord(RA * u.deg, DEC * u.deg, frame=FK5(equinox="J2000")).transform_to(ICRS())
    assert separation_mas(ra, dec, truth.ra.deg, truth.dec.deg).max() < 0.01
    assert 15 < np.median(separation_mas(ra, dec, RA, DEC)) < 32


def test_fk5_goes_back() -> None:
    there = turned("fk5_to_icrs", 1975.0, RA, DEC, PM)
    ra, dec, pmra, pmdec = turned("fk5_to_icrs", 1975.0, there[0], there[1], there[2:], forwards=False)
    assert separation_mas(ra, dec, RA, DEC).max() < 1e-5
    np.testing.assert_allclose([pmra, pmdec], PM, atol=1e-6)


@pytest.mark.parametrize("byear", [1950.0, 1975.0, 1900.0])
def test_fk4_positions_agree_with_erfa_and_astropy(byear: float) -> None:
    jyear = float(Time(byear, format="byear", scale="tt").jyear)
    ra, dec, *_ = turned("fk4_to_icrs", jyear, RA, DEC, PM * 0)
    r5, d5 = erfa.fk45z(np.radians(RA), np.radians(DEC), byear)
    rh, dh = erfa.fk5hz(r5, d5, 2400000.5, Time(byear, format="byear", scale="tt").mjd)
    assert separation_mas(ra, dec, np.degrees(rh), np.degrees(dh)).max() < 0.5
    frame = FK4(equinox="B1950", obstime=Time(byear, format="byear", scale="tt"))
    truth = SkyCoord(RA * u.deg, DEC * u.deg, frame=frame).transform_to(ICRS())
    assert separation_mas(ra, dec, truth.ra.deg, truth.dec.deg).max() < 5 + 1.1 * (2000 - byear)
    # mas: astropy leaves out the spin of FK5, 1 mas/yr since 2000


def test_fk4_motions_agree_with_erfa() -> None:
    jyear = float(Time(1950.0, format="byear", scale="tt").jyear)
    *_, pmra, pmdec = turned("fk4_to_icrs", jyear, RA, DEC, PM)
    mas = np.radians(1 / 3.6e6)
    tropical = 365.242198781 / 365.25  # erfa takes motions per tropical year
    inputs = (
        np.radians(RA),
        np.radians(DEC),
        PM[0] * mas / np.cos(np.radians(DEC)) * tropical,
        PM[1] * mas * tropical,
    )
    r, d, dr, dd, _, _ = erfa.fk425(*inputs, 0.0, 0.0)
    r, d, dr, dd, _, _ = erfa.fk52h(r, d, dr, dd, 0.01, 0.0)
    np.testing.assert_allclose(pmra, dr / mas * np.cos(d), atol=1.0)
    np.testing.assert_allclose(pmdec, dd / mas, atol=1.0)


def test_a_missing_motion_stays_missing() -> None:
    with scratch() as con:
        columns = tuple(ASTROMETRY[name] for name in NAMES)
        spec = Spec(
            name="s", title="s", about="s", columns=columns, forms=(), frame="FK5", rotate="fk5_to_icrs"
        )
        listed = "10.0, 20.0, NULL::DOUBLE, NULL::DOUBLE, 2000.0"
        table = f"(VALUES ({listed})) AS given({', '.join(NAMES)})"
        layers = [{value(n): n for n in NAMES}]
        layers += rotation_layers(spec, columns, value, forwards=True)
        row = con.execute(stack(table, layers, f"{value('ra')}, {value('pmra')}")).fetchall()[0]
    assert row[0] is not None
    assert row[1] is None


def test_fk4_goes_back() -> None:
    there = turned("fk4_to_icrs", 1962.0, RA, DEC, PM)
    ra, dec, pmra, pmdec = turned("fk4_to_icrs", 1962.0, there[0], there[1], there[2:], forwards=False)
    assert separation_mas(ra, dec, RA, DEC).max() < 0.005  # mas: the square of the E-terms is 6e-4
    np.testing.assert_allclose([pmra, pmdec], PM, atol=3e-3)  # mas/yr: Aoki's two matrices agree to 1e-5


@pytest.mark.parametrize("equinox", ["B1875", "B1900", "B1925.0"])
def test_fk4_of_another_equinox_agrees_with_astropy_and_goes_back(equinox: str) -> None:
    frame = FK4(equinox=equinox, obstime=Time(equinox, scale="tt"))
    truth = SkyCoord(RA * u.deg, DEC * u.deg, frame=frame).transform_to(ICRS())
    epoch = float(Time(equinox, scale="tt").jyear)
    there = turned("fk4_to_icrs", epoch, RA, DEC, PM, equinox=equinox)
    # mas: astropy leaves out the spin of FK5, 1 mas/yr since 2000, and has an older theory of the E-terms.
    assert separation_mas(there[0], there[1], truth.ra.deg, truth.dec.deg).max() < 5 + 1.1 * (2000 - epoch)
    assert np.median(separation_mas(there[0], there[1], RA, DEC)) > 1e6
    ra, dec, pmra, pmdec = turned(
        "fk4_to_icrs", epoch, there[0], there[1], there[2:], forwards=False, equinox=equinox
    )
    assert separation_mas(ra, dec, RA, DEC).max() < 0.005  # mas: the square of the E-terms is 6e-4
    np.testing.assert_allclose([pmra, pmdec], PM, atol=3e-3)


def test_newcombs_precession_is_that_of_astropy() -> None:
    noe = FK4NoETerms(equinox="B1875")
    star = SkyCoord(RA * u.deg, DEC * u.deg, frame=noe).transform_to(FK4NoETerms(equinox="B1950"))
    xyz = np.array(precession(1875, 1950)) @ SkyCoord(RA * u.deg, DEC * u.deg).cartesian.xyz.value
    ra, dec = np.degrees(np.arctan2(xyz[1], xyz[0])), np.degrees(np.arcsin(xyz[2]))
    assert separation_mas(ra, dec, star.ra.deg, star.dec.deg).max() < 1e-3


def test_a_position_of_unknown_epoch_is_turned_as_of_its_equinox() -> None:
    known = turned("fk4_to_icrs", float(Time("B1950", scale="tt").jyear), RA, DEC, PM)
    unknown = turned("fk4_to_icrs", None, RA, DEC, PM)
    assert separation_mas(unknown[0], unknown[1], known[0], known[1]).max() < 1e-5
