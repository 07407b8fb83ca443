"""Real catalogues calibrated: the Gaia benchmark stars in Hipparcos-2, 2MASS, AllWISE and Gaia DR3."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.acceleration.table import read
from analysis.calibration.correction import Correction
from analysis.calibration.ensemble import Ensemble
from analysis.calibration.job import drawn
from analysis.calibration.plot import normalised
from analysis.calibration.robust import MEDIAN_DISTANCE2
from analysis.calibration.stored import load


def test_errors_of_bright_stars_are_those_that_their_scatter_shows(store, data):
    """MAD against propagated Gaia positions, by another program: 84 mas (2MASS), 121 mas (AllWISE).

    The squared length of the residuals in their errors has the median of normal errors afterwards.
    """
    folder = data / "benchmark_stars"
    files = {"hipparcos2": "hipparcos", "twomass": "tmass", "allwise": "allwise", "gaia_dr3": "gaiadr3"}
    for name, file in files.items():
        store.ingest(name, [folder / f"{file}.fits"])
    store.epochs("hipparcos2", ["twomass", "allwise", "gaia_dr3"], radius_arcsec=5.0)
    calibration = load(store, store.analyze("calibration").run_id)
    table = store.table("results.astrom_epoch")
    stars, names = drawn(read(store, table), table)
    ensemble = Ensemble.of(stars, names.index("gaia_dr3"))
    for name, mad in (("twomass", 84.0), ("allwise", 121.0)):
        dec = ensemble.predict(names.index(name))[1][:, 1]
        assert np.median(np.abs(dec - np.median(dec))) == pytest.approx(mad, rel=0.1)
        before, after = (
            np.median(normalised(ensemble, names.index(name), correction)[1]) / MEDIAN_DISTANCE2
            for correction in (Correction(name), calibration.corrections[name])
        )
        assert not 0.5 < before < 2.0
        assert 0.7 < after < 1.3
    hipparcos = calibration.corrections["hipparcos2"]
    # Gaia's motions, 25 years back, are worse than the positions of Hipparcos: those keep their errors.
    assert (hipparcos.scale, hipparcos.floor) == (1.0, 0.0)
    # The Hipparcos frame is good to 0.6 mas and 0.25 mas/yr (ESA SP-1200 vol. 3, 18.7) in each axis.
    assert all(abs(hipparcos.values[f"spin_{axis}"]) < 2.0 * 0.25 for axis in "xyz")
    assert all(abs(hipparcos.values[f"rotation_{axis}"]) < 2.0 * 0.6 for axis in "xyz")
