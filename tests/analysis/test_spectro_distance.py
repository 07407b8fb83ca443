"""The likelihood, the fit and the distances against integrals, injected truth and numbers typed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import BarycentricMeanEcliptic, SkyCoord
from scipy.integrate import quad
from scipy.stats import binom

from analysis.spectro_distance import claims, population, simulate, told
from analysis.spectro_distance.core import ALL, FREE, Inputs, estimate
from analysis.spectro_distance.design import Design, principal_components, projected
from analysis.spectro_distance.fit import Settings, Training, fit
from analysis.spectro_distance.likelihood import K, field_log_density, moments
from analysis.spectro_distance.naive import naive_distance
from analysis.spectro_distance.population import STEP_MAG, Population, uniform, updated
from analysis.spectro_distance.posterior import combined, parallax_of, spectroscopic
from analysis.spectro_distance.zero_point import ecliptic_latitude_deg, nu_eff_um, zero_point_mas

PUBLISHED = """
13.91 1.677 2.7 31 -0.043855
19.83 1.527 -65.3 31 -0.018202
8.95 1.381 21.0 31 -0.036956
19.81 1.702 47.0 31 -0.004039
11.21 1.362 19.2 31 -0.0266
12.71 1.467 70.9 31 -0.010491
18.17 1.494 -78.3 95 -0.021254
12.52 1.375 4.9 95 -0.011501
14.42 1.322 -6.9 95 -0.04807
7.37 1.686 -74.4 95 -0.012402
"""
"""Of the consortium's code (gaiadr3-zeropoint 0.1.0): G, colour, ecl_lat, solved, zero point."""


def exact_stars(
    n,
    seed,
    *,
    zero_point=-0.03,
    scatter=0.2,
    nearest=0.5,
    farthest=25.0,
    outliers=0.0,
    worse=1.0,
    gradient=0.0,
):
    """Giants whose M is a quadratic of labels without errors, with normal scatter: the model, exactly.

    With a gradient [dex/kpc] metallicity tells the distance.
    """
    rng = np.random.default_rng(seed)
    labels = np.column_stack(
        [rng.normal(4400.0, 250.0, n), rng.normal(1.5, 0.4, n), rng.normal(-0.3, 0.3, n)]
    )
    dist = nearest * (farthest / nearest) ** rng.uniform(size=n)
    labels[:, 2] = np.where(gradient == 0.0, labels[:, 2], 0.5 * labels[:, 2] - 0.15 + gradient * dist)
    x, y, z = (labels - (4400.0, 1.5, -0.3)).T / np.array([[250.0], [0.4], [0.3]])
    absolute = -4.0 + 0.3 * x + 0.9 * y - 0.15 * z + 0.05 * x * y - 0.04 * z**2 + rng.normal(0.0, scatter, n)
    modulus = np.log(dist) / K + 10.0
    sigma = worse * simulate.parallax_error_mas(absolute + modulus + 2.6)
    wrong = rng.uniform(size=n) < outliers
    parallax = (
        np.where(wrong, rng.permutation(1.0 / dist), 1.0 / dist) + zero_point + rng.normal(size=n) * sigma
    )
    return (
        Inputs(
            ("teff", "logg", "fe_h"),
            labels,
            np.full(labels.shape, np.nan),
            absolute + modulus,
            parallax,
            sigma,
            np.zeros(n),
            np.ones(n, bool),
            np.arange(n) % 5,
        ),
        dist,
        wrong,
    )


def training(stars, degree=2, chosen=slice(None)):
    design = Design.of(stars.names, stars.features, degree)
    n = len(stars.magnitude)
    all_of_them = Training(
        *(design.columns(stars.features), np.ones((n, 1)), stars.magnitude, stars.parallax, stars.sigma),
        *(stars.offset, np.zeros(n)),
    )
    return design, all_of_them.of(chosen)


@pytest.fixture(scope="module")
def estimated():
    stars, dist, wrong = exact_stars(3000, 2026, outliers=0.02)
    return stars, dist, wrong, estimate(stars, Settings())


def test_the_zero_point_is_that_of_the_published_code():
    rows = np.array([[float(word) for word in line.split()] for line in PUBLISHED.split("\n") if line])
    assert len(rows) == 10
    g, colour, latitude, solved, expected = rows.T
    assert zero_point_mas(g, colour, latitude, solved) == pytest.approx(
        expected, abs=6e-7
    )  # it rounds to 1e-6


def test_no_zero_point_is_made_up_outside_its_range():
    assert np.isnan(zero_point_mas([5.9, 21.1, 15.0, 15.0, np.nan], [1.5, 1.5, 1.05, 1.95, 1.5], 0.0)).all()
    assert np.isnan(zero_point_mas(15.0, [1.2, 1.75], 0.0, 95)).all()
    assert np.isnan(zero_point_mas(15.0, 1.5, 0.0, 3)).all()


def test_wavenumbers_and_latitudes():
    # Three real stars of Gaia DR3: BP - RP and nu_eff_used_in_astrometry.
    assert nu_eff_um([0.728, 1.23, 1.661]) == pytest.approx([1.5807, 1.4695, 1.3931], abs=0.011)
    assert np.isnan(nu_eff_um([-0.1, 7.1, np.nan])).all()
    ra, dec = np.array([0.0, 83.0, 211.3, 359.9]), np.array([89.0, -5.0, 12.0, -60.0])
    sky = SkyCoord(ra * u.deg, dec * u.deg).transform_to(BarycentricMeanEcliptic())
    assert ecliptic_latitude_deg(ra, dec) == pytest.approx(sky.lat.deg, abs=1e-4)  # the frame's bias: 0.02"


@pytest.mark.parametrize(
    ("y", "sigma", "predicted", "s"),
    [
        (0.62, 0.001, 0.5, 0.3),
        (0.5, 0.02, 0.5, 0.1),
        (-0.08, 0.05, 0.04, 0.2),
        (0.3, 0.2, 0.1, 0.5),
        (3.0, 0.01, 2.5, 0.25),
    ],
)
def test_the_likelihood_and_its_derivatives_are_the_integral(y, sigma, predicted, s):
    def log(eta=0.0, ln_s=0.0, zero=0.0):
        width = s * np.exp(ln_s)

        def f(e):
            residual = (y - zero - predicted * np.exp(K * (eta + e))) / sigma
            return np.exp(-0.5 * ((e / width) ** 2 + residual**2)) / (2.0 * np.pi * width * sigma)

        peak = np.log(max(y, 0.02) / predicted) / K
        at = sorted(
            {-8 * s, *(np.clip(peak + d * sigma / y, -7 * s, 7 * s) for d in (-9, -3, 0, 3, 9)), 8 * s}
        )
        return np.log(
            sum(
                quad(f, a, b, epsabs=0.0, epsrel=1e-11, limit=200)[0]
                for a, b in zip(at, at[1:], strict=False)
            )
        )

    one = moments(*(np.array([value]) for value in (y, sigma, predicted, s)))
    assert one.log_likelihood[0] == pytest.approx(log(), abs=2e-5)
    for i, (name, h) in enumerate((("eta", 1e-3), ("ln_s", 1e-3), ("zero", 1e-3 * sigma))):
        ahead, behind = log(**{name: h}), log(**{name: -h})
        slope, bend = (ahead - behind) / (2 * h), (ahead - 2 * log() + behind) / h**2
        assert one.gradient[0, i] == pytest.approx(slope, rel=2e-3, abs=2e-3 / (sigma if i == 2 else 1.0))
        assert one.hessian[0, i, i] == pytest.approx(bend, rel=1e-2, abs=1e-2 / (sigma**2 if i == 2 else 1.0))


def test_the_population_of_stars_is_in_the_likelihood_of_a_parallax_at_its_magnitude():
    y, sigma, base, s = 0.21, 0.03, 13.3, 0.25
    modulus = np.linspace(8.0, 19.0, 40)
    grid = np.interp(np.arange(8.0, 19.0, STEP_MAG), modulus, np.sin(modulus))
    group = np.zeros(1, np.int64)
    crowd = Population(8.0, grid[None], np.zeros(1), np.zeros(0))

    def log(eta=0.0, ln_s=0.0, zero=0.0):
        width = s * np.exp(ln_s)

        def prior(e):
            density = np.exp(crowd.log(np.array(base - eta - e), group))
            return density * np.exp(-0.5 * (e / width) ** 2) / (np.sqrt(2.0 * np.pi) * width)

        def noise(e):
            residual = (y - zero - np.exp(K * (10.0 - base + eta + e))) / sigma
            return np.exp(-0.5 * residual**2) / (np.sqrt(2.0 * np.pi) * sigma)

        grid = np.linspace(-8.0 * width, 8.0 * width, 40_001)
        return np.log((prior(grid) * noise(grid)).sum() / prior(grid).sum())

    given = (np.array([value]) for value in (y, sigma, np.exp(K * (10.0 - base)), s))
    one = moments(*given, lambda e: crowd.log(base - e, group))
    assert one.log_likelihood[0] == pytest.approx(log(), abs=2e-3)
    for i, (name, h) in enumerate((("eta", 1e-2), ("ln_s", 1e-2), ("zero", 1e-2 * sigma))):
        slope = (log(**{name: h}) - log(**{name: -h})) / (2.0 * h)
        assert one.gradient[0, i] == pytest.approx(slope, rel=0.03, abs=0.03)


def test_how_many_stars_there_are_is_learned_from_blurred_distances():
    rng = np.random.default_rng(1)
    true = np.where(
        rng.uniform(size=20_000) < 0.7, rng.normal(12.0, 0.5, 20_000), rng.normal(15.0, 0.4, 20_000)
    )
    seen = true + rng.normal(0.0, 0.3, 20_000)
    nodes = np.linspace(-3.0, 3.0, 13)[:, None] * 0.3
    crowd = uniform(seen, np.ones((20_000, 1)))
    group = crowd.group(np.ones((20_000, 1)))
    assert np.unique(group).size == 1  # the labels are the same in all
    for _ in range(10):
        log = crowd.log(seen + nodes, group) - 0.5 * (nodes / 0.3) ** 2
        weight = np.exp(log - log.max(axis=0))
        crowd = updated(crowd, seen + nodes, weight / weight.sum(axis=0), group)
    learned = crowd.log_density[group[0]]
    at = crowd.first + STEP_MAG * np.arange(len(learned))
    density = np.exp(learned) / np.exp(learned).sum()
    near = at < 13.6
    assert density[near].sum() == pytest.approx(0.7, abs=0.02)
    mean = (density * at)[near].sum() / density[near].sum()
    sd = np.sqrt((density * (at - mean) ** 2)[near].sum() / density[near].sum())
    assert mean == pytest.approx(12.0, abs=0.03)
    assert sd == pytest.approx(0.5, abs=0.06)  # 0.58 with the blur


def test_an_end_of_the_sample_moves_nothing_where_the_population_is_learned():
    """No star is nearer than 3 kpc: without that knowledge the scale is 1 % off, 4 of its errors."""
    stars, dist, _ = exact_stars(12_000, 3, zero_point=0.0, nearest=3.0)
    off = {}
    for learned in (False, True):
        design, data = training(stars)
        found = fit(data, Settings(fit_zero_point=False, robust=False, population=learned))
        absolute, _ = found.absolute_mag(design.columns(stars.features))
        off[learned] = np.log(spectroscopic(stars.magnitude, absolute, np.ones(1)).dist / dist).mean()
    assert off[False] > 0.008
    assert abs(off[True]) < 0.006


def test_a_gradient_of_metallicity_is_not_taken_for_a_zero_point(monkeypatch):
    """Where labels tell distances, the number of stars at each distance is another for each."""
    stars, _, _ = exact_stars(4000, 1, scatter=0.25, nearest=1.0, farthest=16.0, gradient=-0.06)
    _, data = training(stars)
    pulls = []
    for groups in (population.MOST_GROUPS, 1):
        monkeypatch.setattr(population, "MOST_GROUPS", groups)
        found = fit(data, Settings(robust=False))
        pulls.append((found.zero_point + 0.03) / found.covariance[-1, -1] ** 0.5)
    assert abs(pulls[0]) < 2.5
    assert pulls[1] > 5.0  # as if all stars were of one population


def test_a_given_zero_point_that_does_not_suit_is_said_and_the_fitted_one_stands_beside():
    stars, _, _ = exact_stars(1200, 1)
    stars = replace(stars, offset=np.where(np.arange(1200) < 5, np.nan, -0.02), training=np.arange(1200) >= 5)
    stars = replace(stars, fold=stars.fold % 2)
    found = estimate(stars, Settings(fit_zero_point=False), folds=2)
    assert found.models[FREE].zero_point == pytest.approx(-0.01, abs=0.004)
    assert any("does NOT SUIT" in line for line in told.model(found, stars, "-0.02"))
    # Where no zero point is known there is none, and nothing that needs it.
    assert np.isnan(found.zero_point[:5]).all()
    assert np.isnan(found.pull[:5]).all()
    assert np.isnan(found.joint.dist[:5]).all()


def test_the_parallax_of_another_star_is_in_no_distance():
    stars, dist, _ = exact_stars(1200, 1, zero_point=0.0)
    foreign = np.arange(1200) < 20
    parallax = np.where(foreign, 5.0, stars.parallax)
    given = replace(stars, parallax=parallax, training=~foreign, foreign=foreign)
    given = replace(given, fold=stars.fold % 2)
    found = estimate(given, Settings(fit_zero_point=False), folds=2)
    assert np.isnan(found.joint.dist[foreign]).all()
    assert np.isfinite(found.joint.dist[~foreign]).mean() > 0.99
    # Without being told, what labels and parallax say is too far apart: an outlier, and not used either.
    found = estimate(replace(given, foreign=None), Settings(), folds=2)
    far = foreign & (dist > 2.0)
    assert (found.outlier_probability[far] > 0.5).all()
    assert np.isnan(found.joint.dist[far]).all()


def test_what_was_injected_is_found_within_errors_that_hold():
    """Zero point and scatter of 24 simulations: so many within 1 error as a binomial of 68 % allows."""
    pulls = []
    for seed in range(1, 25):
        stars, _, _ = exact_stars(500, seed)
        _, data = training(stars)
        found = fit(data, Settings(robust=False, prior_mag=10.0))
        assert found.converged
        sig = np.sqrt(np.diag(found.covariance))
        pulls.append([(found.zero_point + 0.03) / sig[-1], (found.scatter[0] - np.log(0.2)) / sig[-2]])
    inside = (np.abs(pulls) <= 1.0).sum(axis=0)
    low, high = binom.interval(0.99, 24, 0.6827)
    assert ((inside >= low) & (inside <= high)).all()
    assert np.abs(np.mean(pulls, axis=0)).max() < 3.0 / np.sqrt(24)


def test_a_cut_on_parallax_biases_and_the_likelihood_does_not():
    # The scatter is small here: where no star is nearer than 3 kpc, that end alone makes (0.46 s)^2 or so.
    stars, dist, _ = exact_stars(10_000, 3, zero_point=0.0, nearest=3.0, scatter=0.1, worse=3.0)
    settings = Settings(fit_zero_point=False, robust=False)
    good = stars.parallax > 5.0 * stars.sigma
    ratio, error = {}, {}
    for name, chosen in (("all", slice(None)), ("cut", good)):
        design, data = training(stars, chosen=chosen)
        found = fit(data, settings)
        absolute, _ = found.absolute_mag(design.columns(stars.features))
        ratio[name] = np.log(spectroscopic(stars.magnitude, absolute, np.ones(1)).dist / dist).mean()
        error[name] = K * np.hypot(found.covariance[0, 0] ** 0.5, 0.1 / np.sqrt(len(dist)))
    columns = training(stars)[1].columns
    naive = naive_distance(columns, stars.magnitude, stars.parallax, stars.sigma)
    assert abs(ratio["all"]) < 3.0 * error["all"] < 0.025
    assert ratio["cut"] < min(-0.02, -3.0 * error["cut"])  # who passes has a parallax that came out too large
    assert np.log(naive / dist).mean() < -0.02


def test_distances_are_unbiased_and_their_errors_hold(estimated):
    stars, dist, _, found = estimated
    apart = np.log(found.spectro.dist / dist) / K
    for low, high in ((0.5, 1.0), (1.0, 3.0), (3.0, 8.0), (8.0, 25.0)):
        inside = (dist >= low) & (dist < high)
        mean = K * apart[inside].mean()
        assert abs(mean) < 0.006 + 3.0 * 0.092 / np.sqrt(inside.sum())
        within = int((np.abs(apart[inside]) <= found.spectro.modulus_error[inside]).sum())
        least, most = binom.interval(0.999, int(inside.sum()), 0.6827)
        assert least <= within <= most
    assert (found.spectro.dist_lo < found.spectro.dist).all()
    sig = found.models[ALL].covariance[-1, -1] ** 0.5
    assert found.models[ALL].zero_point == pytest.approx(-0.03, abs=3.5 * sig)
    assert np.nanstd(found.pull[found.outlier_probability < 0.5]) == pytest.approx(1.0, abs=0.06)


def test_parallaxes_of_other_stars_are_found_and_do_little_harm(estimated):
    stars, dist, wrong, found = estimated
    suspect = found.outlier_probability > 0.5
    far = np.abs(stars.parallax + 0.03 - 1.0 / dist) > 6.0 * np.hypot(stars.sigma, 0.092 / dist)
    assert suspect[far].mean() > 0.95
    assert suspect[~wrong].mean() < 0.002
    assert found.models[ALL].outliers == pytest.approx(0.02, abs=0.01)


def test_no_star_is_judged_by_its_own_parallax():
    stars, _, _ = exact_stars(400, 1)
    before = estimate(stars, Settings(), degree=1)
    parallax = stars.parallax.copy()
    parallax[7] *= 3.0
    after = estimate(replace(stars, parallax=parallax), Settings(), degree=1)
    assert after.spectro.dist[7] == before.spectro.dist[7]
    same_part = stars.fold == stars.fold[7]
    assert (after.spectro.dist[same_part] == before.spectro.dist[same_part]).all()
    assert (after.spectro.dist[~same_part] != before.spectro.dist[~same_part]).all()
    assert after.joint.dist[7] != before.joint.dist[7]


def test_with_its_parallax_a_distance_is_what_the_integral_says():
    modulus, error, parallax, sigma = 11.0, 0.25, 0.75, 0.05
    found = combined(*(np.array([value]) for value in (modulus, error, parallax, sigma)))

    def density(mu):
        return np.exp(
            -0.5 * ((mu - modulus) / error) ** 2 - 0.5 * ((parallax - 10 ** (2 - mu / 5)) / sigma) ** 2
        )

    whole = quad(density, 9.0, 13.0)[0]
    mean = quad(lambda mu: mu * density(mu), 9.0, 13.0)[0] / whole
    assert found.modulus[0] == pytest.approx(mean, abs=1e-4)
    for kpc, share in ((found.dist_lo, 0.1587), (found.dist, 0.5), (found.dist_hi, 0.8413)):
        below = quad(density, 9.0, 5.0 * np.log10(kpc[0]) + 10.0)[0] / whole
        assert below == pytest.approx(share, abs=3e-4)
    nothing = combined(np.array([11.0]), np.array([0.25]), np.array([np.nan]), np.array([0.05]))
    assert np.isnan(nothing.dist[0])


def test_the_mean_parallax_of_a_modulus():
    rng = np.random.default_rng(1)
    draws = 10.0 ** (2.0 - rng.normal(12.0, 0.3, 400_000) / 5.0)
    mean, spread = parallax_of(np.array([12.0]), np.array([0.3]))
    assert mean[0] == pytest.approx(draws.mean(), rel=1e-3)
    assert spread[0] == pytest.approx(draws.std(), rel=5e-3)


def test_outside_the_training_stars_is_flagged():
    stars, _, _ = exact_stars(1000, 1)
    design = Design.of(stars.names, stars.features, 2)
    assert (design.hull_distance(stars.features) > 1.0).mean() == pytest.approx(0.005, abs=1e-3)
    other, _, _ = exact_stars(1000, 2)
    assert (design.hull_distance(other.features) > 1.0).mean() < 0.02
    off = other.features + np.array([0.0, 2.5, 0.0])
    assert (design.hull_distance(off) > 1.0).mean() > 0.95
    with pytest.raises(ValueError, match="fe_h has the same value"):
        Design.of(stars.names, stars.features * (1.0, 1.0, 0.0), 1)


def test_columns_and_what_errors_of_labels_make_of_m():
    stars, _, _ = exact_stars(50, 1)
    design = Design.of(stars.names, stars.features, 2)
    assert design.terms[:5] == ("constant", "teff", "logg", "fe_h", "teff*teff")
    x = (stars.features - design.centre) / design.scale
    assert design.columns(stars.features)[:, 5] == pytest.approx(x[:, 0] * x[:, 1])
    b = np.arange(10.0)
    errors = np.column_stack([np.full(50, 30.0), np.full(50, np.nan), np.full(50, 0.1)])
    by_teff = (b[1] + 2.0 * b[4] * x[:, 0] + b[5] * x[:, 1] + b[6] * x[:, 2]) / design.scale[0]
    by_fe_h = (b[3] + b[6] * x[:, 0] + b[8] * x[:, 1] + 2.0 * b[9] * x[:, 2]) / design.scale[2]
    expected = (30.0 * by_teff) ** 2 + (0.1 * by_fe_h) ** 2
    assert design.label_variance(b, stars.features, errors) == pytest.approx(expected, rel=1e-8)


def test_components_of_spectra_ignore_bad_pixels():
    rng = np.random.default_rng(1)
    direction = rng.normal(size=40)
    amount = rng.normal(size=300)
    spectra = 1.0 + amount[:, None] * direction + rng.normal(0.0, 1e-3, (300, 40))
    spectra[5, 3] = np.nan
    mean, directions = principal_components(spectra, 2)
    made = projected(spectra, mean, directions)
    assert abs(np.corrcoef(made[:, 0], amount)[0, 1]) > 0.9999
    assert made[:, 1].std() < 0.02 * made[:, 0].std()


def test_the_field_density_is_one():
    whole = quad(lambda y: np.exp(field_log_density(np.array(y), np.array(0.1), 0.5, 0.3)), -np.inf, np.inf)[
        0
    ]
    assert whole == pytest.approx(1.0, abs=1e-6)


def test_too_few_stars_are_said():
    stars, _, _ = exact_stars(15, 1)
    with pytest.raises(ValueError, match="10 coefficients need 20"):
        estimate(stars, Settings())
    with pytest.raises(ValueError, match="no star is left"):
        estimate(replace(stars, training=np.zeros(15, bool)), Settings())


def test_claims_of_paper_000():
    """10-15 % by spectra; parallaxes useful to about 6 kpc: 10 % with 10 uas of zero point at M_G = -1.5."""
    share, middle, found = claims.simulated_precision(n=2000, seed=1)
    assert 0.09 < share < 0.15
    assert abs(middle) < 0.02
    assert found.models[ALL].converged
    assert claims.useful_to_kpc(-1.5) == pytest.approx(6.1, abs=0.2)
    # By hand: G < 13 has sqrt(40 + 800 z + 30 z^2) with z = 10^-0.8: 12.95 uas.
    assert claims.useful_to_kpc(-3.0, zero_point_error_mas=0.0) == pytest.approx(0.1 / 0.012952, rel=1e-3)
    assert claims.useful_to_kpc(-1.5, limit=0.2) > claims.useful_to_kpc(-1.5)
