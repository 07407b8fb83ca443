"""Ecliptic coordinates by the rotation that defines them."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.skymap import draw_sky, ecliptic


def test_ecliptic_coordinates_are_turned_about_the_equinox_by_the_obliquity():
    """84381.406 arcsec (IAU 2006); the frame bias of 0.02 arcsec and the model are within an arcsecond."""
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0.0, 360.0, 100), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, 100)))
    a, d, tilt = np.radians(ra), np.radians(dec), np.radians(84381.406 / 3600.0)
    x, y, z = np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)
    y, z = y * np.cos(tilt) + z * np.sin(tilt), z * np.cos(tilt) - y * np.sin(tilt)
    longitude, latitude = ecliptic(ra, dec)
    lon, lat = np.radians(longitude), np.radians(latitude)
    theirs = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    apart = np.degrees(np.linalg.norm(theirs - np.stack([x, y, z]), axis=0)) * 3600.0
    assert apart.max() < 1.0


def test_every_star_is_drawn_as_what_it_is():
    axes = Figure().add_subplot(projection="mollweide")
    draw_sky(axes, np.array([0.0, 90.0, 270.0]), np.zeros(3), np.array([True, False, False]))
    others, bent = (line.get_xydata() for line in axes.lines[:2])
    assert bent == pytest.approx(np.zeros((1, 2)), abs=1e-6)
    tilt = np.radians(84381.406 / 3600.0)
    assert others == pytest.approx(np.array([[np.pi / 2, -tilt], [-np.pi / 2, tilt]]), abs=1e-5)
