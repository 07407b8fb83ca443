"""What holds of paper 000: its units and words, the abstract among itself, the halos of published curves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.mass_model import solve
from analysis.mass_model.job import build
from analysis.mass_model.solve import best_point
from analysis.reproduction import paper000, papers
from analysis.reproduction.item import DIFFERS, HOLDS, NOT_TESTABLE
from analysis.reproduction.paper000 import (
    claims,
    discs,
    of_bias,
    of_consistency,
    of_curves,
    of_halos,
    of_mocks,
)
from analysis.reproduction.simulation import Simulation
from catalogdb.errors import AnalysisError

HOW = Simulation(stars=100, searches=10, seed=1)


def by_quantity(items):
    found = {item.quantity: item for item in items}
    assert len(found) == len(items)
    return found


def test_units_and_words_of_the_report():
    items = by_quantity(paper000.calculations())
    assert items["16,000 light years in kpc"].ours == pytest.approx(16000 / 3261.5637769, rel=1e-9)
    assert items["81,000 light years in kpc"].verdict == HOLDS
    # A solar mass is 1.11542e57 GeV, a cubic parsec 2.93800e55 cm3.
    assert items["0.39 GeV/cm3 in solar masses"].ours == pytest.approx(
        0.39 * 2.93800e55 / 1.11542e57, rel=1e-4
    )
    wording = items["stars and gas beside the halo's M200, which the report calls the mass of the Milky Way"]
    assert (wording.verdict, wording.claimed) == (DIFFERS, 0.0)
    assert wording.ours == pytest.approx((460 + 1700 + 1700) * 2.32e7)
    assert "dark halo alone" in wording.reason
    assert items["luminous red giants in the sample"].verdict == NOT_TESTABLE
    assert items["luminous red giants in the sample"].claimed == 254882


def test_the_abstract_agrees_with_itself():
    halo = of_consistency.halo()
    c = float(halo.c200[0])
    # NFW by hand: rho(r) = M200 / (4 pi m(c)) / (r (r + r_s)^2).
    r_s = (3.0 * 8.05e11 / (800.0 * math.pi * 135.993)) ** (1.0 / 3.0) / c
    mass = math.log(1.0 + c) - c / (1.0 + c)
    density = 8.05e11 / (4.0 * math.pi * mass) / (8.122 * (8.122 + r_s) ** 2)
    assert density * 1e-9 * 37.965 == pytest.approx(0.39, rel=1e-4)
    items = by_quantity(paper000.calculations())
    assert items["r200 of M200 at 70 km/s/Mpc"].verdict == HOLDS
    left = items["what is left for stars and gas at the Sun"].ours
    assert left == pytest.approx(math.sqrt(234.04**2 - float(halo.v2(np.array([8.122]))[0, 0])), rel=1e-9)
    stars = items[
        "stars of Model I of Pouliasis et al. 2017 against what the abstract's halo leaves at the Sun"
    ]
    assert stars.verdict == DIFFERS
    assert stars.ours == pytest.approx(183.8, abs=0.1)
    assert items["M200 of the cored Einasto profile of Ou et al. 2024, from its density"].verdict == HOLDS


def test_what_assumptions_do_to_the_curve_of_a_simulated_disc(monkeypatch):
    monkeypatch.setattr(discs, "STARS", 20_000)
    monkeypatch.setattr(of_mocks, "MOCKS", 2)
    items = by_quantity(tuple(of_mocks.items(HOW.seed)))
    for words, claimed in (
        ("all distances -5 %, vc near 6 kpc: shift", 1.3),
        ("all distances +5 %, vc near 6 kpc: shift", -1.3),
        ("all distances -5 %, slope: shift", -0.03),
        ("all distances +5 %, slope: shift", 0.03),
        ("scale length of the tracers 2 instead of 2.5 kpc, vc at the Sun", 2.5),
        ("scale length of the tracers 4 instead of 2.5 kpc, vc at the Sun", -3.2),
        ("Sun -5 km/s along the rotation, vc of all bins", -5.0),
        ("no Jeans term, vc at 8 kpc", -8.7),
        ("no Jeans term, vc at 24 kpc", -4.9),
    ):
        # A claim of a size says more than one of none: nothing would hold that is not there.
        assert items[words].claimed == claimed
        assert items[words].ours / claimed > 0.2
    # Of vc the change is <vR^2> R (1 / 2.0 - 1 / 2.5) / (2 vc): 35 km/s at the Sun.
    by_hand = 35.0**2 * 8.122 * (1.0 / 2.0 - 1.0 / 2.5) / (2.0 * 234.0)
    assert items["scale length of the tracers 2 instead of 2.5 kpc, vc at the Sun"].ours == pytest.approx(
        by_hand, rel=0.1
    )
    assert items["Sun +5 km/s along the rotation, vc of all bins"].ours == pytest.approx(4.6, abs=0.2)


def test_the_largest_bias_of_a_bin_is_held_against_its_bound():
    # Bins of 0.9, -0.7 and 0.2 km/s on average: the largest is 0.4 above 0.5, with an error of 0.1.
    biases = [np.array([0.9, -0.7, 0.2]) + shift for shift in (-0.1, 0.1)]
    item = of_bias._largest("x", 0.5, biases)
    assert (item.ours, item.ours_error, item.verdict) == (pytest.approx(0.4), pytest.approx(0.1), DIFFERS)
    assert item.tolerance == pytest.approx(0.3)
    assert of_bias._largest("x", 1.0, biases).ours == 0.0
    assert discs.mock(1, 0.15).rv_error.min() > 0.0


def test_without_data_nothing_is_said_of_curves(tmp_path):
    items = paper000.with_data(None)
    assert {item.verdict for item in items} == {NOT_TESTABLE}
    assert "--data" in paper000.summary(items)[0]
    with pytest.raises(AnalysisError, match="none of the files that paper 000 uses"):
        paper000.with_data(tmp_path)


@pytest.mark.parametrize(
    ("file", "errors", "hubble", "m200", "c"),
    [
        # Eilers et al. 2019: 7.25 +- 0.26 e11 and 12.8, with the same stars and points.
        ("rc_Eilers19.txt", "given", 67.77, (7.25e11, 0.03e11), (12.8, 0.1)),
        # What comes out of Zhou et al. 2023 above these stars, not their 8.05e11.
        ("rc_Zhou23.txt", "given", 70.0, (6.69e11, 0.02e11), (14.50, 0.03)),
    ],
)
def test_halos_of_the_published_curves(data, file, errors, hubble, m200, c):
    curve = of_curves.curve_of(data / claims.FOLDER / file)
    settings = dict(of_halos.SETTINGS) | {"errors": errors, "H0": hubble}
    found = best_point(build(curve, "eilers2019", "nfw", settings, 8.122), 1)
    assert found[0] == pytest.approx(m200[0], abs=m200[1])
    assert found[1] == pytest.approx(c[0], abs=c[1])


def test_every_published_curve_has_its_items(data, monkeypatch):
    monkeypatch.setattr(solve, "SEARCHED", 500)
    short = dict(of_halos.SETTINGS) | {"draws": 100, "steps": 100}
    monkeypatch.setattr(of_halos, "SETTINGS", short)
    monkeypatch.setattr(of_halos, "MODELS", {"eilers2019": of_halos.MODELS["eilers2019"]})
    monkeypatch.setattr(of_halos, "_there", lambda name: name not in of_halos.NEEDS_GALPY)
    items = by_quantity(paper000.with_data(data))
    assert items["circular velocity of the line at the Sun"].verdict == HOLDS
    assert items["slope of the line"].verdict == HOLDS
    assert items["largest error of a point of the curve"].ours == 4.94
    assert items["error of the slope"].verdict == DIFFERS
    assert items["M200 of Eilers et al. 2019"].verdict == HOLDS
    assert items["local density of Eilers et al. 2019"].verdict == HOLDS
    assert items["M200"].verdict == DIFFERS
    assert "not public" in items["M200"].reason
    assert items["M200, nfw halo above mcmillan2017"].reason == "needs galpy (extra galaxy)"
    assert items["M200, einasto halo above eilers2019"].ours < 0.5 * items["M200"].ours
    assert items["slope by Cepheids (Mroz et al. 2019)"].verdict == HOLDS
    assert items["distance that Gaia's parallaxes reach"].ours == pytest.approx(6.36, abs=0.01)
    assert "8.05" in paper000.summary(tuple(items.values()))[0]


def test_the_picture_shows_what_the_abstract_leaves_for_stars():
    figure = Figure()
    paper000.draw(figure, HOW)
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].get_lines()}
    left = lines["what both leave for stars and gas"]
    assert left[-1] == pytest.approx(91.4, abs=1.0)  # 4.86e10 solMass at 25 kpc
    assert (lines["stars of eilers2019"] > left).all()
    assert papers.find("000") is paper000
