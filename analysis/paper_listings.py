"""The rows of the simulated sky in the four catalogues that paper 004 needs beside the others.

Pure, as `analysis.listings`: NPM1, GSC 2.2, APASS and Gaia DR1 in the columns of their specifications.
"""

from __future__ import annotations

import numpy as np

from analysis.listings import Columns, Rng, gaia_magnitudes
from analysis.surveys import View, gaia_ids, growing, noisy_position, random_correlations, stepped
from analysis.truesky import Array, displaced
from analysis.zone_listings import moved_each

PLATE_EPOCH_YR = 1963.5
"""Mean of NPM1's two mean epochs, where its position and motion are not correlated."""

PLATE_ERROR_MAS, PLATE_MOTION_ERROR_MAS_YR = 150.0, 5.0


def npm1(view: View, rng: Rng) -> Columns:
    """Return positions at the plates, moved to 2000 by the catalogue's own noisy motions.

    As in the form I/199A: the listed position contains the motion, and is correlated with it. The
    magnitudes are B to 0.2 mag and B - V to 0.15 mag.
    """
    m = len(view)
    true = view.at(PLATE_EPOCH_YR)
    ra, dec = noisy_position(true.ra, true.dec, np.full((2, m), PLATE_ERROR_MAS), rng)
    pmra, pmdec = (
        np.round(motion + PLATE_MOTION_ERROR_MAS_YR * rng.standard_normal(m), 1)
        for motion in (true.pmra, true.pmdec)
    )
    ra, dec = moved_each(ra, dec, pmra, pmdec, np.full((2, m), 2000.0 - PLATE_EPOCH_YR))
    b, v = view.mag["johnson_b"], view.mag["johnson_v"]
    return {
        "source_id": _zone_names(dec),
        "ra": ra % 360.0,
        "dec": dec,
        "ref_epoch": np.full(m, 2000.0),
        "pmra": pmra,
        "pmdec": pmdec,
        "bmag": np.round(b + 0.2 * rng.standard_normal(m), 2),
        "b_v": np.round(b - v + 0.15 * rng.standard_normal(m), 2),
    }


def _zone_names(dec: Array) -> Array:
    """Return names of sign and degrees of the declination and a number in that zone, such as +12.0007."""
    zones = np.array([f"{'-' if d < 0 else '+'}{int(abs(d)):02d}" for d in dec.tolist()])
    names = np.empty(len(dec), dtype="U10")
    for zone in np.unique(zones):
        rows = np.flatnonzero(zones == zone)
        names[rows] = [f"{zone}.{number:04d}" for number in range(1, len(rows) + 1)]
    return names


def gsc22(view: View, rng: Rng) -> Columns:
    """Return plate positions of 1983 to 1993; two stars in three have a photographic V."""
    m = len(view)
    epoch = np.round(rng.uniform(1983.0, 1993.0, m), 3)
    error = stepped(growing(view.mag["johnson_v"], 100.0, 15.0, 400.0), 1.0)
    true = view.at(epoch)
    ra, dec = noisy_position(true.ra, true.dec, np.stack([error] * 2), rng)
    columns: Columns = {
        "source_id": np.array([f"N{number:010d}" for number in 1 + view.rows]),
        "ra": ra,
        "dec": dec,
        "ref_epoch": epoch,
        "ra_error": error,
        "dec_error": error,
        "class": np.zeros(m, np.int16),
    }
    for name, band in (("fmag", "r"), ("jmag", "johnson_b"), ("vmag", "johnson_v")):
        error = stepped(growing(view.mag[band], 0.15, 15.0, 0.5), 0.01)
        absent = rng.random(m) < (1.0 / 3.0 if name == "vmag" else 0.05)
        value = np.round(view.mag[band] + error * rng.standard_normal(m), 2)
        columns[name] = np.ma.MaskedArray(value, mask=absent)
        columns[f"e_{name}"] = np.ma.MaskedArray(error, mask=absent)
    return columns


def apass(view: View, rng: Rng) -> Columns:
    """Return positions of 2010 to 2014, whose epoch is not listed, and magnitudes in B and V."""
    m = len(view)
    error = stepped(rng.uniform(80.0, 250.0, m), 1.0)
    true = view.at(rng.uniform(2010.0, 2014.0, m))
    ra, dec = noisy_position(true.ra, true.dec, np.stack([error] * 2), rng)
    ra, dec = np.round(ra, 6) % 360.0, np.round(dec, 6)
    v_error, b_error = (
        stepped(growing(view.mag[band], 0.02, 14.5, 0.3), 0.001) for band in ("johnson_v", "johnson_b")
    )
    v = view.mag["johnson_v"] + v_error * rng.standard_normal(m)
    b = view.mag["johnson_b"] + b_error * rng.standard_normal(m)
    pairs = zip(ra.tolist(), dec.tolist(), strict=True)
    return {
        "source_id": np.array([f"{x:010.6f}{y:+010.6f}" for x, y in pairs]),
        "ra": ra,
        "dec": dec,
        "ra_error": error,
        "dec_error": error,
        "field": np.full(m, 20110001),
        "nobs": np.full(m, 4, np.int16),
        "mobs": np.full(m, 20, np.int16),
        "b_v": np.round(b - v, 3),
        "e_b_v": np.round(np.hypot(b_error, v_error), 3),
        "vmag": np.round(v, 3),
        "e_vmag": v_error,
        "u_e_vmag": np.zeros(m, np.int16),
        "bmag": np.round(b, 3),
        "e_bmag": b_error,
        "u_e_bmag": np.zeros(m, np.int16),
    }


def gaia_dr1(view: View, unit_normal: Array, rng: Rng) -> Columns:
    """Return positions at 2015.0 and G magnitudes; the motions of TGAS, half Tycho-2's, are left out.

    `unit_normal` (m, 5) is given, so that releases can share data.
    """
    errors = growing(view.mag["g"], 0.1, 13.0)[:, None] * np.exp(rng.normal(0.0, 0.15, (len(view), 2)))
    corr = random_correlations(len(view), 0.6, rng)[:, 0]
    second = corr * unit_normal[:, 0] + np.sqrt(1.0 - corr**2) * unit_normal[:, 1]
    true = view.at(2015.0)
    ra, dec = displaced(true.ra, true.dec, errors[:, 0] * unit_normal[:, 0], errors[:, 1] * second)
    columns: Columns = {
        "source_id": gaia_ids(view),
        "ra": ra,
        "dec": dec,
        "ref_epoch": np.full(len(view), 2015.0),
        "ra_error": errors[:, 0],
        "dec_error": errors[:, 1],
        "ra_dec_corr": corr,
    }
    magnitude = gaia_magnitudes(view, ("g",), rng)
    return columns | {"phot_g_mean_mag": magnitude["phot_g_mean_mag"]}
