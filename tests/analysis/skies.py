"""Skies of ten catalogues whose systematic errors are known, for the tests of the calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.acceleration.entries import entries
from analysis.calibration.ensemble import Stars, draws
from catalogdb import epoch


@dataclass(frozen=True)
class Listing:
    """A catalogue: mean epoch and its spread [yr], error of bright stars [mas], motion error [mas/yr]."""

    name: str
    year: float
    spread: float
    error: float
    motion_error: float | None = None
    group: int = -1


TEN = (
    Listing("npm1", 1955.0, 3.0, 150.0),
    Listing("gsc22", 1988.0, 3.0, 100.0),
    Listing("tycho2", 1991.5, 0.3, 25.0),
    Listing("hipparcos2", 1991.25, 0.0, 1.0, 1.0),
    Listing("ucac5", 2000.5, 1.5, 10.0),
    Listing("twomass", 1999.5, 0.8, 70.0),
    Listing("allwise", 2010.56, 0.1, 40.0),
    Listing("urat1", 2013.5, 0.4, 8.0),
    Listing("gaia_dr2", 2015.5, 0.0, 0.06, 0.08, 0),
    Listing("gaia_dr3", 2016.0, 0.0, 0.025, 0.03, 0),
)
NAMES = tuple(listing.name for listing in TEN)
DR3 = NAMES.index("gaia_dr3")


@dataclass(frozen=True)
class Truth:
    """What is wrong with a catalogue: shifts by parameter name, error scale, floor [mas], motion scale."""

    offset: tuple[float, float] = (0.0, 0.0)
    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    magnitude: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # linear ra, dec; square ra, dec
    colour: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    floor: float = 0.0
    motion_scale: float = 1.0


MAG_ZERO, COLOUR_ZERO = 10.0, 0.8


@dataclass(frozen=True)
class Sky:
    """Stars as the calibration takes them, and the columns they were made of, entry by entry."""

    stars: Stars
    numbers: Mapping[str, Any]
    star: Any
    catalogue: Any
    group: Any


def cross(omega: Any, ra_deg: Any, dec_deg: Any) -> tuple[Any, Any]:
    """Components east and north of omega x r, by vectors."""
    a, d = np.radians(ra_deg), np.radians(dec_deg)
    east = np.stack([-np.sin(a), np.cos(a), np.zeros_like(a)], axis=-1)
    north = np.stack([-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)], axis=-1)
    moved = np.cross(
        np.asarray(omega), np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], -1)
    )
    return np.sum(moved * east, axis=-1), np.sum(moved * north, axis=-1)


def make_sky(
    n: int,
    seed: int,
    truths: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    acceleration: Any = None,
    listings: tuple[Listing, ...] = TEN,
    radius_deg: float | None = None,
    magnitudes: bool = True,
) -> Sky:
    """Observe n stars in the listed catalogues; each misses a tenth of the stars, but for the last one.

    `truths` are arguments of Truth by catalogue name. `acceleration` (n, 2)
    [mas/yr2] acts about 2016.0. With `radius_deg` the stars are in one field.
    """
    rng = np.random.default_rng(seed)
    if radius_deg is None:
        ra, dec = rng.uniform(0.0, 360.0, n), np.degrees(np.arcsin(rng.uniform(-0.999, 0.999, n)))
    else:
        ra, dec = (
            56.0 + rng.uniform(-radius_deg, radius_deg, n),
            24.0 + rng.uniform(-radius_deg, radius_deg, n),
        )
    star = epoch.astrometry(
        ra,
        dec,
        2016.0,
        parallax_mas=rng.uniform(2.0, 10.0, n),
        pmra_mas_yr=rng.normal(0.0, 20.0, n),
        pmdec_mas_yr=rng.normal(0.0, 20.0, n),
        radial_velocity_km_s=rng.normal(0.0, 30.0, n),
    )
    g, colour = rng.uniform(7.0, 13.0, n), np.clip(rng.normal(0.8, 0.4, n), -0.2, 3.0)
    bend = np.zeros((n, 2)) if acceleration is None else acceleration
    parts = []
    for number, listing in enumerate(listings):
        truth = Truth(**(truths or {}).get(listing.name, {}))
        rows = np.flatnonzero(rng.random(n) < 0.9) if number < len(listings) - 1 else np.arange(n)
        parts.append(_observe(star[rows], g[rows], colour[rows], bend[rows], listing, truth, rng))
        parts[-1] |= {"star": rows, "catalogue": np.full(len(rows), number)}
        parts[-1]["group"] = np.full(len(rows), listing.group)
    names = {name for part in parts for name in part}
    columns = {
        name: np.concatenate([part.get(name, np.full(len(part["ra"]), np.nan)) for part in parts])
        for name in names
    }
    order = np.lexsort((columns["epoch"], columns["star"]))
    columns = {name: values[order] for name, values in columns.items()}
    index, catalogue, group = (columns.pop(name) for name in ("star", "catalogue", "group"))
    rows = entries(index, n, columns, group)
    unknown = np.full(n, np.nan)
    stars = Stars(
        rows, catalogue, g if magnitudes else unknown, colour if magnitudes else unknown, draws(0, n)
    )
    return Sky(stars, columns, index, catalogue, group)


def _observe(star, g, colour, bend, listing: Listing, truth: Truth, rng) -> dict[str, Any]:
    n = len(g)
    year = listing.year + listing.spread * rng.uniform(-1.0, 1.0, n)
    sigma = listing.error * 10.0 ** (0.1 * np.clip(g - 8.0, 0.0, None)) * 10.0 ** rng.normal(0.0, 0.1, n)
    noise = np.hypot(truth.scale * sigma, truth.floor)[:, None] * rng.normal(size=(n, 2))
    m, c, t = g - MAG_ZERO, colour - COLOUR_ZERO, year - listing.year
    turned = np.stack(cross(truth.rotation, star.ra, star.dec), axis=1)
    spun = np.stack(cross(truth.spin, star.ra, star.dec), axis=1)
    since = year - 2016.0
    shift = noise + np.array(truth.offset) + turned + spun * t[:, None] + np.outer(c, truth.colour)
    shift += np.outer(m, truth.magnitude[:2]) + np.outer(m**2, truth.magnitude[2:])
    shift += bend * (since**2 / 2.0)[:, None]
    there = epoch.propagate(star, year)
    moved = epoch.propagate(
        epoch.astrometry(there.ra, there.dec, 0.0, pmra_mas_yr=shift[:, 0], pmdec_mas_yr=shift[:, 1]), 1.0
    )
    columns = {"epoch": year, "ra": moved.ra, "dec": moved.dec, "ra_error": sigma, "dec_error": sigma}
    if listing.motion_error:
        error = listing.motion_error * sigma / listing.error
        jitter = truth.motion_scale * error[:, None] * rng.normal(size=(n, 2))
        motion = jitter + spun + bend * since[:, None]
        columns |= {"pmra": there.pmra + motion[:, 0], "pmdec": there.pmdec + motion[:, 1]}
        columns |= {"pmra_error": error, "pmdec_error": error}
        columns |= {"parallax": there.parallax, "radial_velocity": there.radial_velocity}
    return columns
