"""Gaia DR3 moved back to Hipparcos: the Gaia benchmark stars."""

from __future__ import annotations

import numpy as np
from astropy.io import fits

from catalogdb import epoch


def test_gaia_moved_back_to_1991_meets_hipparcos(data):
    """180 stars: |median| < 0.3 mas and unscaled MAD 2.9 +- 0.5 mas in declination."""
    gaia = fits.getdata(data / "benchmark_stars" / "gaiadr3.fits", 1)
    old = fits.getdata(data / "benchmark_stars" / "hipparcos.fits", 1)
    row = {int(hip): i for i, hip in enumerate(old["hip"])}
    partner = np.array([row[int(hip)] for hip in gaia["hip_int"]])
    star = epoch.astrometry(
        gaia["ra"],
        gaia["dec"],
        gaia["ref_epoch"],
        parallax_mas=gaia["parallax"],
        pmra_mas_yr=gaia["pmra"],
        pmdec_mas_yr=gaia["pmdec"],
        radial_velocity_km_s=gaia["radial_velocity"],
    )
    moved = epoch.propagate(star, 1991.25)
    difference = (moved.dec - np.degrees(old["de_rad"][partner])) * 3.6e6
    assert len(difference) == np.isfinite(difference).sum() == 180
    median = np.median(difference)
    assert abs(median) < 0.3
    assert abs(np.median(np.abs(difference - median)) - 2.9) <= 0.5
