"""The false-discovery rate of the acceleration test with systematic errors injected and calibrated."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.acceleration import gls
from analysis.acceleration.entries import Entries, entries, without_shared
from analysis.calibration.core import core
from analysis.calibration.correction import Calibration
from analysis.kernels.fdr import benjamini_hochberg

WRONG = {
    "npm1": {"offset": (80.0, -60.0), "magnitude": (10.0, -8.0, 0.0, 0.0), "scale": 1.4},
    "gsc22": {"offset": (-60.0, 40.0), "rotation": (20.0, -30.0, 10.0), "scale": 1.3},
    "tycho2": {"offset": (15.0, -10.0), "scale": 1.2, "floor": 20.0},
    "hipparcos2": {"rotation": (1.5, -1.0, 1.2), "spin": (0.3, -0.2, 0.25)}
    | {"scale": 1.4, "motion_scale": 1.4, "magnitude": (0.3, -0.3, 0.0, 0.0)},
    "ucac5": {"offset": (8.0, -10.0), "magnitude": (2.0, -2.0, 0.0, 0.0), "colour": (6.0, -5.0)}
    | {"scale": 1.2, "floor": 6.0},
    "twomass": {"offset": (20.0, 15.0), "scale": 1.3},
    "allwise": {"rotation": (15.0, -10.0, 20.0), "scale": 1.6, "floor": 30.0},
    "urat1": {"offset": (-8.0, 6.0), "rotation": (4.0, 2.0, -6.0), "scale": 1.1, "floor": 10.0},
    "gaia_dr2": {"spin": (-0.086, -0.114, -0.037)},
}
RATES = (0.01, 0.1)
STARS, SHARE = 1500, 0.1


def _q(rows: Entries) -> np.ndarray:
    """The q-values of the test as `analyze acceleration` makes them."""
    used = rows.rows(rows.usable)
    return benjamini_hochberg(gls.core(used.rows(without_shared(used, "best"))).p_acc)


def _false(q: np.ndarray, accelerating: np.ndarray, rate: float) -> tuple[float, float]:
    """Share of false ones among the discoveries (0 if there are none), and of true ones that are found."""
    found = q <= rate
    return (found & ~accelerating).sum() / max(found.sum(), 1), found[accelerating].mean()


@pytest.mark.slow
def test_the_false_discovery_rate_holds_on_calibrated_skies_and_on_no_others(skies):
    """Five skies; a tenth of the stars accelerate, by 0.01 to 1 mas/yr2; rates 1 % and 10 %."""
    raw, calibrated, ideal, power = ({rate: [] for rate in RATES} for _ in range(4))
    names = np.array(skies.NAMES, dtype=object)
    for seed in range(1, 6):
        rng = np.random.default_rng(100 + seed)
        accelerating = rng.random(STARS) < SHARE
        size, angle = 10.0 ** rng.uniform(-2.0, 0.0, STARS), rng.uniform(0.0, 2.0 * np.pi, STARS)
        bend = np.where(accelerating, size, 0.0)[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
        sky = skies.make_sky(STARS, seed, WRONG, acceleration=bend)
        fits = core(sky.stars, skies.NAMES, skies.DR3)
        calibration = Calibration("run", {fit.correction.catalogue_name: fit.correction for fit in fits})
        g, colour = sky.stars.magnitude[sky.star], sky.stars.colour[sky.star]
        numbers = calibration.apply(sky.numbers, names[sky.catalogue], g, colour)
        q = _q(entries(sky.star, STARS, numbers, sky.group))
        before = _q(sky.stars.entries)
        right = _q(skies.make_sky(STARS, seed, acceleration=bend).stars.entries)
        for rate in RATES:
            raw[rate].append(_false(before, accelerating, rate)[0])
            calibrated[rate].append(_false(q, accelerating, rate)[0])
            power[rate].append(_false(q, accelerating, rate)[1])
            ideal[rate].append(_false(right, accelerating, rate)[1])
    for rate in RATES:
        found = np.array(calibrated[rate])
        error = found.std(ddof=1) / np.sqrt(len(found))
        assert found.mean() <= rate + 2.0 * error
        assert np.mean(raw[rate]) > {0.01: 10.0, 0.1: 3.0}[rate] * rate
        # The errors are larger than in an ideal sky, but the test still finds what it can.
        assert 0.6 * np.mean(ideal[rate]) < np.mean(power[rate]) < np.mean(ideal[rate])
