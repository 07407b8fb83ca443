"""What the sensitivity can be asked, and the table it writes."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.options import Option
from analysis.sensitivity.filters import TESTS
from analysis.sensitivity.orbits import ECCENTRICITIES
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)
_text = partial(text, nullable=False, principal=False)

OPTIONS = (
    Option(
        "acceleration_run",
        str,
        None,
        "Run of the acceleration test whose stars and entries are taken; by default the latest with gls",
    ),
    Option(
        "test",
        str,
        "acceleration",
        "What finds a companion: p_acc (acceleration) or p_lin (linear) below the threshold",
        choices=TESTS,
    ),
    Option("p", float, 0.001, "Threshold: probability below which a star counts as found", minimum=1e-300),
    Option(
        "q",
        float,
        None,
        "Threshold as a false-discovery rate: the largest p_acc of that run whose q_fdr is at most this",
        minimum=1e-300,
    ),
    Option("mass", float, 1.0, "Mass of the stars [solar masses]", minimum=1e-3),
    Option("mass_min", float, 0.001, "Smallest mass of companions [solar masses]", minimum=1e-9),
    Option("mass_max", float, 1.0, "Largest mass of companions [solar masses]", minimum=1e-9),
    Option("separation_min", float, 0.3, "Smallest semi-major axis [au]", minimum=1e-3),
    Option("separation_max", float, 300.0, "Largest semi-major axis [au]", minimum=1e-3),
    Option(
        "cells", int, 16, "Masses, and semi-major axes, of the map, in equal logarithmic steps", minimum=2
    ),
    Option("eccentricity", str, "uniform", "Eccentricities that are drawn", choices=ECCENTRICITIES),
    Option("orbits", int, 64, "Orbits drawn for each star and cell", minimum=4),
    Option("stars", int, 200, "Stars drawn from the run, if it has more", minimum=1),
    Option("seed", int, 1, "Number that all that is drawn depends on", minimum=0),
)


RESULT = Table(
    name="acceleration_sensitivity",
    schema="results",
    title="Sensitivity of the acceleration test",
    about="For each companion mass and separation, how often the acceleration test would have found it",
    unique=False,
    columns=(
        _number("companion_mass", "phys.mass", "solMass", "Mass of the companion"),
        _number("separation", "phys.size.smajAxis;src.orbital", "AU", "Semi-major axis of the orbit"),
        _number("period", "time.period;src.orbital", "yr", "Orbital period"),
        _number(
            "detection", "stat.probability;stat.mean", "", "Probability of detection, mean over the stars"
        ),
        _number(
            "detection_error",
            "stat.error;stat.probability",
            "",
            "Standard error of detection, by the choice of stars",
        ),
        _number(
            "detection_low", "stat.probability;stat.min", "", "Probability that 84 % of the stars exceed"
        ),
        _number(
            "detection_high", "stat.probability;stat.max", "", "Probability that 16 % of the stars exceed"
        ),
        Column(
            name="n_star", type="INTEGER", ucd="meta.number", unit="", about="Stars that the mean is over"
        ),
        _number("p_threshold", "stat.probability", "", "Probability below which a star counts as found"),
        _text("test", "meta.code.class", "What finds a companion: acceleration (p_acc) or linear (p_lin)"),
        _text("acceleration_run", "meta.id", "Run of the acceleration test whose stars these are"),
        _text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings"),
    ),
)
