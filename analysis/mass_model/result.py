"""What a mass model can be asked, and the tables it writes."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.galaxy.baryons import MODELS, PAPER_000
from analysis.galaxy.halo import KINDS
from analysis.galaxy.sun import OPTIONS as SUN
from analysis.options import Option
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)

R0 = next(option for option in SUN if option.name == "R0")

EVERY_HALO = ("nfw", "einasto")
"""Halos of a table over all baryon models."""

OPTIONS = (
    Option(
        "curve",
        str,
        None,
        "The rotation curve: a file of R [kpc], vc, vc_error [km/s], or a table, as results.rotation_curve",
        required=True,
    ),
    Option(
        "columns",
        str,
        None,
        "What the columns of the file are, in order, of r, vc, vc_error, minus, plus, skip; else by its head",
    ),
    Option("run_id", str, None, "Run of results.rotation_curve; by default the latest"),
    Option("literature", str, None, "Other curves to draw, not to fit: files or a folder of them, by commas"),
    Option("baryons", str, PAPER_000, "Published model of stars and gas", tuple(MODELS)),
    Option("halo", str, "nfw", "Profile of the dark halo", tuple(KINDS)),
    Option(
        "all",
        bool,
        False,
        f"Every baryon model with each halo of {' and '.join(EVERY_HALO)}, whatever baryons and halo say",
    ),
    R0,
    Option(
        "H0", float, 70.0, "Hubble constant [km/s/Mpc]: the critical density that defines r200", minimum=1.0
    ),
    Option("r_min", float, None, "Least radius that is fitted [kpc]", minimum=0.0),
    Option("r_max", float, None, "Largest radius that is fitted [kpc]", minimum=0.0),
    Option(
        "errors",
        str,
        "jitter",
        "The points' errors: given (as they are), jitter (white noise [km/s] in quadrature is sampled with "
        "the halo), scale (one factor of all of them is)",
        ("given", "jitter", "scale"),
    ),
    Option("asymmetric", bool, False, "Judge a model above a point by its error upwards; else by their mean"),
    Option(
        "covariance",
        str,
        "none",
        "The bins' covariance of results.rotation_curve: none (statistical errors alone), stat, or all (with "
        "systematic errors)",
        ("none", "stat", "all"),
    ),
    Option("sys_point", float, 0.0, "Systematic error of each point by itself, a share of vc", minimum=0.0),
    Option("sys_level", float, 0.0, "Systematic error of all points together [km/s]", minimum=0.0),
    Option("sys_slope", float, 0.0, "Systematic error of the slope about R0 [km/s/kpc]", minimum=0.0),
    Option(
        "baryon_scatter",
        float,
        0.0,
        "Standard error of one factor of all pulls of stars and gas, then sampled; 0: they are fixed",
        minimum=0.0,
    ),
    Option(
        "prior",
        str,
        None,
        'Priors in place of the default ones, as "c=loguniform(5,30); M200=loguniform(1e11,1e13)"; of M200 '
        "[solMass], c, alpha (einasto), gamma (gnfw), jitter [km/s], scale, baryon_factor",
    ),
    Option("sampler", str, "emcee", "Walkers, or nested sampling with evidence", ("emcee", "dynesty")),
    Option("draws", int, 2000, "Independent draws that are wanted", minimum=100),
    Option("steps", int, 20000, "Steps of each walker, at most", minimum=100),
    Option("walkers", int, 32, "Walkers", minimum=10),
    Option("live", int, 300, "Live points of nested sampling", minimum=50),
    Option("seed", int, 1, "Seed of the random numbers: the same one gives the same draws", minimum=0),
)

_WHICH = (
    text("curve", "meta.id;meta.main", "The rotation curve: file or table", nullable=False),
    text("baryons", "meta.code.class", "Model of stars and gas"),
    text("halo", "meta.code.class", "Profile of the halo"),
)
_RUN = text("run_id", "meta.id", "Run that computed it; provenance.runs has its settings", nullable=False)
_UNIT = text(
    "unit", "meta.unit", "Unit of the row's numbers; empty where they are dimensionless", nullable=False
)
_PARAM = (
    text(
        "component",
        "meta.id.part",
        "Whose parameter: line, halo, baryons, bulge and discs by name, total, fit",
        nullable=False,
    ),
    text(
        "param",
        "meta.id.part",
        "The parameter: vc_R0, slope; M200, r200, c, rho_sun, r_s, alpha, gamma; mass; chi2, dof and so on",
        nullable=False,
    ),
)

RESULT = Table(
    name="mass_model",
    schema="results",
    title="Mass models of the Galaxy",
    about="One row for each parameter of each component of a mass model fitted to a rotation curve, and of "
    "the line through it",
    unique=False,
    columns=(
        *_WHICH,
        *_PARAM,
        _number("param_value", "stat.fit.param", "", "Median of the draws, in the row's unit"),
        _number("sig", "stat.error", "", "Half of the central 68.3 % interval; NULL of what is fixed"),
        number("lo68", "stat.error;stat.min", "", "Lower end of that interval"),
        number("hi68", "stat.error;stat.max", "", "Its upper end"),
        _UNIT,
        _RUN,
    ),
)

SAMPLE = Table(
    name="mass_model_sample",
    schema="results",
    title="Draws from posteriors of mass models",
    about="One row for each draw from the posterior of a mass model and each parameter of it",
    unique=False,
    columns=(
        *_WHICH,
        Column(
            name="draw_id",
            type="BIGINT",
            ucd="meta.id.part",
            unit="",
            about="Number of the draw, from 0",
            nullable=False,
            principal=True,
        ),
        text("param", "meta.id.part", "The parameter, as in mass_model", nullable=False),
        _number("param_value", "stat.fit.param", "", "Its value, in the row's unit"),
        _UNIT,
        _RUN,
    ),
)

_VELOCITY = "phys.veloc.rotat"

CURVE = Table(
    name="mass_model_curve",
    schema="results",
    title="Circular velocities of mass models",
    about="One row for each radius and component of a mass model: its share of the circular velocity",
    unique=False,
    columns=(
        *_WHICH,
        text("component", "meta.id.part", "total, halo, baryons, bulge, or a disc by name", nullable=False),
        _number("r", "pos.distance;pos.galactic", "kpc", "Distance from the Galactic centre in the plane"),
        _number("vc", _VELOCITY, "km.s**-1", "Circular velocity; below 0 where the component pulls outwards"),
        number(
            "vc_lo68", f"{_VELOCITY};stat.min", "km.s**-1", "Lower end of the 68.3 % interval of the draws"
        ),
        number("vc_hi68", f"{_VELOCITY};stat.max", "km.s**-1", "Upper end"),
        _RUN,
    ),
)

POINT = Table(
    name="mass_model_point",
    schema="results",
    title="Points of rotation curves",
    about="One row for each point of the curve that was fitted, and of those drawn beside it",
    unique=False,
    columns=(
        *_WHICH,
        text("source", "meta.ref", "File or table the point is from", nullable=False),
        Column(name="fitted", type="BOOLEAN", ucd="meta.code", about="Whether it was fitted", nullable=False),
        _number("r", "pos.distance;pos.galactic", "kpc", "Distance from the Galactic centre in the plane"),
        _number("vc", _VELOCITY, "km.s**-1", "Circular velocity"),
        number("vc_minus", f"stat.error;{_VELOCITY}", "km.s**-1", "Its error downwards"),
        number("vc_plus", f"stat.error;{_VELOCITY}", "km.s**-1", "Its error upwards"),
        number("vc_model", _VELOCITY, "km.s**-1", "Circular velocity of the most probable model"),
        _RUN,
    ),
)

RESULTS = (RESULT, SAMPLE, CURVE, POINT)
