"""The small physical model: laws of line formation, exact derivatives, what the spectrograph does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import wofz

from analysis.labels import synthetic
from analysis.labels.synthetic.atmosphere import strength
from catalogdb.errors import AnalysisError

SUN = np.array([synthetic.DEFAULTS[name] for name in synthetic.LABELS])
WAVELENGTH = np.linspace(5150.0, 5200.0, 400)


@pytest.fixture(scope="module")
def model() -> synthetic.Synthetic:
    return synthetic.Synthetic.of(synthetic.LABELS, WAVELENGTH, 10_000.0)


def one_line(log_eta: float, damping_ion: int = 0) -> synthetic.Lines:
    return synthetic.Lines(
        np.array([5000.0]),
        np.array(["fe"]),
        np.array([damping_ion]),
        np.array([2.0]),
        np.array([np.nan]),
        np.array([log_eta]),
    )


@pytest.mark.parametrize("j", range(len(SUN)))
def test_gradients_are_those_of_differences(model: synthetic.Synthetic, j: int) -> None:
    theta = np.array([SUN, [4500.0, 2.0, 1.6, -0.5, 0.2, 0.1, 0.15, -0.1]])
    step = np.zeros(len(SUN))
    step[j] = 1.0 if j == 0 else 1e-3
    difference = (model.flux(theta + step) - model.flux(theta - step)) / (2.0 * step[j])
    gradient = model.flux_and_gradient(theta)[1][:, :, j]
    assert np.abs(gradient).max() > 0.0
    np.testing.assert_allclose(gradient, difference, atol=2e-6 * np.abs(gradient).max() + 1e-9)


def test_a_weak_line_grows_with_the_abundance_and_a_strong_one_does_not() -> None:
    """The curve of growth: equivalent widths as A, sqrt(ln A), sqrt(A)."""
    wavelength = np.linspace(4990.0, 5010.0, 4000)
    theta = np.array([[-0.05], [0.05]])
    growth = []
    for log_eta in (-2.0, 1.2, 5.0):
        lone = synthetic.Synthetic.of(("fe_h",), wavelength, 60_000.0, one_line(log_eta))
        width = np.trapezoid(1.0 - lone.flux(theta), wavelength, axis=1)
        growth.append(np.log10(width[1] / width[0]) / 0.1)
    # Metals give electrons, a third of a dex for each dex, which add to the opacity of H- and recombine
    # iron: what is left is 1 - (1 - x) / 3, x the share that is ionised (Saha, Gray 2005, eq. 1.20).
    t = 0.9 * 5772.0
    ratio = 10.0 ** (-0.1761 + np.log10(42.0 / 27.0) + 2.5 * np.log10(t) - 5040.0 / t * 7.9024) / 20.0
    assert growth[0] == pytest.approx(1.0 - (1.0 - ratio / (1.0 + ratio)) / 3.0, abs=0.01)
    assert growth[1] < 0.5 * growth[0]
    assert growth[2] == pytest.approx(0.5 * growth[0], abs=0.06)


def test_the_profile_is_voigt_s_within_a_few_percent() -> None:
    wavelength = np.linspace(4999.7, 5000.3, 2001)
    lone = synthetic.Synthetic.of(("fe_h",), wavelength, 60_000.0, one_line(0.0))
    found = strength(np.array([[0.0]]), ("fe_h",), lone.grid.lines)
    doppler, a = np.exp(found.ln_doppler[0, 0]), np.exp(found.ln_damping[0, 0])
    v = np.log(lone.grid.fine_angstrom / 5000.0) * 299_792.458 / doppler
    eta = np.exp(found.ln_eta[0, 0]) * np.real(wofz(v + 1j * a))
    expected = lone.grid.seen @ (1.0 - found.contrast[0, 0] * eta / (1.0 + eta))
    assert np.abs(lone.flux(np.zeros((1, 1)))[0] - expected).max() < 0.01


def test_ions_tell_the_gravity_and_excitation_the_temperature() -> None:
    near = synthetic.lines().within(4500.0, 5500.0)
    found = strength(SUN[None], synthetic.LABELS, near)
    iron = near.element == "fe"
    by_logg = found.d_ln_eta[0, :, 1]
    assert by_logg[iron & (near.ion == 1)].max() < by_logg[iron & (near.ion == 0)].min()
    neutral = iron & (near.ion == 0)
    by_teff = found.d_ln_eta[0, neutral, 0]
    slope = np.polyfit(near.excitation_ev[neutral], by_teff, 1)[0]
    # Boltzmann: d(-E / k T) / d Teff = E / (k T Teff).
    assert slope == pytest.approx(1.0 / (8.617333e-5 * 0.9 * SUN[0] ** 2), rel=0.01)


def test_resolution_keeps_equivalent_widths() -> None:
    wavelength = np.linspace(4980.0, 5020.0, 8000)
    widths = [
        np.trapezoid(
            1.0 - synthetic.Synthetic.of(("fe_h",), wavelength, r, one_line(0.5)).flux(np.zeros((1, 1)))[0],
            wavelength,
        )
        for r in (100_000.0, 20_000.0, 5_000.0)
    ]
    np.testing.assert_allclose(widths, widths[0], rtol=2e-3)


def test_lines_of_an_element_are_where_its_slope_is(model: synthetic.Synthetic) -> None:
    own = synthetic.own_lines(model, "mg", SUN)
    triplet = np.abs(WAVELENGTH[:, None] - np.array([5172.684, 5183.604])).min(axis=1) < 0.5
    assert own[triplet].all()
    gradient = model.flux_and_gradient(SUN[None])[1][0]
    by_element = synthetic.slopes_by_element(model, SUN)
    k = synthetic.LABELS.index("ti_fe")
    np.testing.assert_allclose(by_element[synthetic.ELEMENTS.index("ti")], gradient[:, k], atol=1e-12)


def test_what_can_not_be_a_spectrum_is_refused() -> None:
    with pytest.raises(AnalysisError, match="no label tef; did you mean teff"):
        synthetic.spectra(SUN[None], WAVELENGTH, 1000.0, ("tef",))
    with pytest.raises(AnalysisError, match="that ascend"):
        synthetic.spectra(SUN[None], WAVELENGTH[::-1], 1000.0)
    with pytest.raises(AnalysisError, match="resolving power above 0, not -1"):
        synthetic.spectra(SUN[None], WAVELENGTH, -1.0)
    with pytest.raises(AnalysisError, match="a finite number for each of"):
        synthetic.spectra(np.full((1, 8), np.nan), WAVELENGTH, 1000.0)
