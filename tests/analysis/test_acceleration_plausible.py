"""Which companions can pull a star so: Kepler's law by astropy's units, and the numbers of the checklist."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import constants, units

from analysis.acceleration import flags
from analysis.acceleration.entries import entries
from analysis.acceleration.plausible import closest_separation, plausibility, pull


def _plausible(acceleration, parallax, baseline, *, error=0.0, star=1.0, companion=1.0):
    one = [np.atleast_1d(np.asarray(v, float)) for v in (acceleration, parallax, baseline)]
    nothing = np.zeros_like(one[0])
    return plausibility(
        (one[0], nothing),
        (nothing + error, nothing + error),
        nothing,
        one[1],
        one[2],
        star_mass=star,
        companion_mass=companion,
    )


@pytest.mark.parametrize(("distance_pc", "separation_au"), [(100.0, 90.0), (300.0, 51.0)])
def test_a_motion_that_changes_by_1_5_mas_per_year_in_60_years_needs_a_near_companion(
    distance_pc, separation_au
):
    """The mean motion of 60 years differs from the one at its end by a T / 2."""
    found = _plausible(2.0 * 1.5 / 60.0, 1000.0 / distance_pc, 60.0)
    assert found.separation_max[0] == pytest.approx(separation_au, rel=0.015)


@pytest.mark.parametrize(("distance_pc", "deviation_mas"), [(100.0, 0.16), (200.0, 0.08)])
def test_a_companion_2131_au_away_moves_a_star_by_a_tenth_of_a_mas_in_60_years(distance_pc, deviation_mas):
    """From its tangent, by a T^2 / 2."""
    acceleration = pull(np.array([2131.0]), 1.0, np.array([1000.0 / distance_pc]))
    assert acceleration[0] * 60.0**2 / 2.0 == pytest.approx(deviation_mas, rel=0.03)


def test_the_closest_orbit_takes_two_baselines_and_pulls_as_newton_says():
    baseline, parallax = 61.0 * units.yr, 5.0
    axis = closest_separation(np.array([baseline.value]), 1.7)[0] * units.au
    period = 2.0 * np.pi * np.sqrt(axis**3 / (constants.GM_sun * 1.7))
    assert period.to_value(units.yr) == pytest.approx(2.0 * 61.0, rel=1e-9)
    newton = (constants.GM_sun * 0.7 / axis**2).to_value(units.au / units.yr**2) * parallax
    found = _plausible(1.0, parallax, baseline.value, star=1.0, companion=0.7)
    assert found.a_max[0] == pytest.approx(newton, rel=1e-9)


def test_the_separation_is_the_one_that_gives_the_acceleration():
    found = _plausible([0.01, 0.3], [4.0, 4.0], 60.0, companion=0.4)
    assert pull(found.separation_max, 0.4, np.full(2, 4.0)) == pytest.approx([0.01, 0.3], rel=1e-12)


def test_an_acceleration_is_possible_up_to_three_errors_beyond_the_largest():
    a_max = _plausible(1.0, 5.0, 60.0).a_max[0]
    sizes = a_max + np.array([-0.1, 0.1, 2.9, 3.1]) * 0.01
    assert _plausible(sizes, np.full(4, 5.0), np.full(4, 60.0)).possible.tolist() == [1, 0, 0, 0]
    assert _plausible(sizes, np.full(4, 5.0), np.full(4, 60.0), error=0.01).possible.tolist() == [1, 1, 1, 0]


def test_the_error_of_the_size_is_that_along_the_acceleration():
    """Errors of 0.03 and 0.01 with correlation 0.5, along 45 degrees."""
    covariance = np.array([[9.0, 1.5], [1.5, 1.0]]) * 1e-4
    along = np.array([1.0, 1.0]) / np.sqrt(2.0)
    sigma = np.sqrt(along @ covariance @ along)
    a_max = _plausible(1.0, 5.0, 60.0).a_max[0]
    for sigmas, possible in ((2.99, 1.0), (3.01, 0.0)):
        part = np.array([(a_max + sigmas * sigma) / np.sqrt(2.0)])
        found = plausibility(
            (part, part),
            (np.array([0.03]), np.array([0.01])),
            np.array([0.5]),
            np.array([5.0]),
            np.array([60.0]),
            star_mass=1.0,
            companion_mass=1.0,
        )
        assert found.possible[0] == possible


def test_without_parallax_baseline_or_acceleration_nothing_is_known():
    found = _plausible([1.0, 1.0, 1.0, np.nan], [np.nan, -1.0, 5.0, 5.0], [60.0, 60.0, 0.0, 60.0])
    assert np.isnan(found.possible).all()
    assert np.isnan(found.a_max).tolist() == [True, True, True, False]
    assert np.isnan(found.separation_max).tolist() == [True, True, True, True]


def test_a_second_source_is_flagged_in_any_entry():
    star = np.array([0, 0, 1, 1, 2, 3, 4])
    listed = entries(star, 6, {"epoch": np.full(7, 2000.0)})
    ruwe = np.array([np.nan, 1.41, 1.4, 0.9, np.nan, np.nan, 9.0])
    peaks = np.array([2.0, np.nan, 0.0, 3.0, np.nan, np.nan, 99.0])
    candidates = np.array([1.0, 1.0, 1.0, 1.0, 2.0, np.nan, 2.0])
    words = flags.words(flags.blends(listed, ruwe, peaks, candidates)).to_pylist()
    every = "high_ruwe multi_peak neighbour"
    assert words == ["high_ruwe", "multi_peak", "neighbour", None, every, None]
