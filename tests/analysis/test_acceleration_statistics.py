"""Do the tests' probabilities mean what they say: skies without acceleration, and injected ones.

The null skies, 1.4 million stars, take some 20 s of processor time together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import binom, kstest, ncx2, norm

from analysis.acceleration import gls
from analysis.acceleration.entries import Entries, entries
from analysis.kernels.fdr import benjamini_hochberg
from catalogdb import epoch

PAPER = (
    *((1955.0, 150.0, 0.0), (1988.0, 100.0, 0.0), (1990.0, 50.0, 0.0), (1999.0, 10.0, 0.0)),
    *((2000.0, 70.0, 0.0), (2010.5589, 5.0, 0.0), (2014.0, 5.0, 0.0)),
    *((2015.0, 0.1, 0.0), (2015.5, 0.05, 0.0), (2016.0, 0.025, 0.0)),
)
"""Table 1 of paper 004: epoch [yr], error of the position [mas], and of the motion [mas/yr], 0 for none."""

HIPPARCOS_GAIA = (
    *((1991.25, 1.0, 0.9), (1991.9, 30.0, 0.0), (2000.0, 60.0, 0.0)),
    *((2010.5, 40.0, 0.0), (2016.0, 0.03, 0.03)),
)

RHO = np.array([[1.0, 0.3, -0.4, 0.2], [0.3, 1.0, 0.1, -0.5], [-0.4, 0.1, 1.0, 0.25], [0.2, -0.5, 0.25, 1.0]])
"""Correlations of ra*, dec, pmra and pmdec where a motion is measured."""

CHUNK = 50_000


def null_sky(stars, displaced, carried, catalogues, n: int, seed: int) -> Iterator[Entries]:
    """Stars in uniform motion as the catalogues list them, some ten thousand at a time."""
    rng = np.random.default_rng(seed)
    year, error, rate = (np.tile(column, CHUNK) for column in np.array(catalogues).T)
    index = np.repeat(np.arange(CHUNK), len(catalogues))
    moving = rate > 0.0
    root = np.linalg.cholesky(RHO)
    for k in range(n // CHUNK):
        true = epoch.propagate(stars(CHUNK, 1000 * seed + k)[index], year)
        noise = rng.normal(size=(len(index), 4))
        noise[moving] = noise[moving] @ root.T
        east, north = noise[:, 0] * error, noise[:, 1] * error
        polar = np.abs(true.dec) > 85.0
        ra = true.ra + east / (3.6e6 * np.cos(np.radians(true.dec)))
        dec = true.dec + north / 3.6e6
        ra[polar], dec[polar] = displaced(true.ra[polar], true.dec[polar], east[polar], north[polar])
        columns = {"epoch": year, "ra": ra, "dec": dec, "ra_error": error, "dec_error": error}
        nothing = np.where(moving, 0.0, np.nan)
        names = ("ra", "dec", "pmra", "pmdec")
        motion = np.full((2, len(index)), np.nan)
        there = true[moving]
        motion[:, moving] = carried(there, ra[moving], dec[moving], there.pmra, there.pmdec)
        for i, name in enumerate(names[2:]):
            columns[name] = motion[i] + noise[:, 2 + i] * rate
            columns[f"{name}_error"] = rate + nothing
        columns |= {
            f"{a}_{b}_corr": RHO[i, j] + nothing for j, b in enumerate(names) for i, a in enumerate(names[:j])
        }
        # Perspective is no acceleration where the radial velocity is known.
        columns |= {"parallax": true.parallax, "radial_velocity": true.radial_velocity}
        yield entries(index, CHUNK, columns)


@pytest.mark.parametrize(
    ("catalogues", "n", "dof", "seed"),
    [
        (PAPER, 1_000_000, 16, 1),
        ((*PAPER[:-1], (2016.0, 0.025, 0.02)), 200_000, 18, 2),
        (HIPPARCOS_GAIA, 200_000, 10, 3),
    ],
    ids=["paper", "gaia motion", "hipparcos and gaia"],
)
def test_false_alarms_come_as_often_as_stated_in_both_tails(stars, displace, carry, catalogues, n, dof, seed):
    fits = []
    for rows in null_sky(stars, displace, carry, catalogues, n, seed):
        fit = gls.core(rows)
        assert (fit.dof == dof).all()
        fits.append((fit.p_lin, fit.p_acc, fit.p_jerk))
    low, high = binom.ppf([1e-6, 1.0 - 1e-6], n, 1e-3)
    for p in (np.concatenate(each) for each in zip(*fits, strict=True)):
        assert np.isfinite(p).all()
        for tail in ((p < 1e-3).sum(), (p > 1.0 - 1e-3).sum()):
            assert tail / n == pytest.approx(1e-3, abs=3e-4)
            assert low <= tail <= high
        assert kstest(p, "uniform").pvalue > 1e-4
    found = (benjamini_hochberg(np.concatenate([p_acc for _, p_acc, _ in fits])) < 0.01).sum()
    assert found <= 3


YEARS, ERRORS = np.array([row[0] for row in HIPPARCOS_GAIA]), np.array([row[1] for row in HIPPARCOS_GAIA])


def injected(stars, observed, n: int, seed: int):
    """Accelerations in all directions, from a third to ten times their errors, and what was found."""
    rng = np.random.default_rng(seed)
    star = stars(n, seed + 1)
    sigma = gls.core(observed(stars(1, 1), YEARS, ERRORS, 1, motion_error=0.03)).acc_ra_error[0]
    size, angle = sigma * 10.0 ** rng.uniform(-0.5, 1.0, n), rng.uniform(0.0, 2.0 * np.pi, n)
    truth = np.stack([size * np.cos(angle), size * np.sin(angle)], axis=1)
    fit = gls.core(observed(star, YEARS, ERRORS, seed + 2, motion_error=0.03, acceleration=truth))
    mixed = fit.acc_ra_acc_dec_corr * fit.acc_ra_error * fit.acc_dec_error
    covariance = np.array([[fit.acc_ra_error**2, mixed], [mixed, fit.acc_dec_error**2]]).transpose(2, 0, 1)
    return truth, fit, covariance


def test_injected_accelerations_are_found_unbiased_with_honest_errors(stars, observed):
    n = 40_000
    truth, fit, covariance = injected(stars, observed, n, 5)
    found = np.stack([fit.acc_ra, fit.acc_dec], axis=1)
    pulls = (found - truth) / np.sqrt(np.einsum("nii->ni", covariance))
    along = np.einsum("ni,ni->n", found - truth, truth / np.hypot(*truth.T)[:, None])
    direction = truth / np.hypot(*truth.T)[:, None]
    pulls = [*pulls.T, along / np.sqrt(np.einsum("ni,nij,nj->n", direction, covariance, direction))]
    for pull in pulls:
        assert abs(pull.mean()) < 3.0 / np.sqrt(n)
        assert (np.abs(pull) < 1.0).mean() == pytest.approx(0.6827, abs=0.02)
        assert (np.abs(pull) < norm.ppf(0.975)).mean() == pytest.approx(0.95, abs=0.01)
        assert (np.abs(pull) < 1.0).mean() == pytest.approx(0.6827, abs=4.0 * np.sqrt(0.2166 / n))
    distance = np.einsum("ni,nij,nj->n", found - truth, np.linalg.inv(covariance), found - truth)
    for share in (0.6827, 0.95):
        inside = (distance < -2.0 * np.log(1.0 - share)).mean()
        assert inside == pytest.approx(share, abs=0.01)


def test_completeness_is_as_the_covariance_predicts(stars, observed):
    truth, fit, covariance = injected(stars, observed, 40_000, 15)
    strength = np.einsum("ni,nij,nj->n", truth, np.linalg.inv(covariance), truth)
    predicted = ncx2.sf(-2.0 * np.log(1e-3), 2, strength)
    size = np.sqrt(strength)
    edges = np.quantile(size, np.linspace(0.0, 1.0, 13))
    for low, high in zip(edges, edges[1:], strict=False):
        inside = (size >= low) & (size <= high)
        expected, spread = predicted[inside].sum(), np.sqrt((predicted * (1.0 - predicted))[inside].sum())
        assert abs((fit.p_acc[inside] < 1e-3).sum() - expected) < 4.0 * spread + 1.0
    assert predicted.min() < 0.01
    assert predicted.max() > 0.99


def test_a_jerk_is_found_as_what_it_is(stars, observed):
    """A cubic in time bends the stars that are far from the poles; the others stay as they are."""
    star = stars(2000, 25)
    rows = observed(star, YEARS, ERRORS, 26, motion_error=0.03)
    bent = np.abs(star.dec) < 85.0
    jerk_mas = np.where(bent[rows.star], 1.5 * (rows.ra_epoch - 2016.0) ** 3 / 6.0, 0.0)
    fit = gls.core(dataclasses.replace(rows, dec=rows.dec + jerk_mas / 3.6e6))
    assert (fit.p_jerk[bent] < 1e-3).mean() > 0.9
    assert (fit.p_jerk[~bent] < 1e-3).mean() < 0.02
