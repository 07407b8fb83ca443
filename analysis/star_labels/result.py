"""What the fit of stellar labels can be asked, and the tables of the labels."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.labels.binary import DELTA_BIC, IMPROVEMENT
from analysis.labels.fit import POOR_CHI2
from analysis.options import Option
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)

VELOCITIES = ("header", "fit", "none")

OPTIONS = (
    Option("spectra", str, "spectrum", "Table of spectra"),
    Option("model", str, None, "Model of results.label_model, by its name; by default the latest"),
    Option("star_column", str, None, "Column of the spectra that identifies the star; by default object_id"),
    Option("arm", str, None, "Only spectra of this arm"),
    Option("snr_min", float, None, "Only spectra with this signal to noise or more", minimum=0.0),
    Option(
        "velocity",
        str,
        "header",
        "How spectra come to rest: by their radial_velocity (header), by one that is fitted with "
        "the labels (fit), or as they are (none)",
        choices=VELOCITIES,
    ),
    Option(
        "velocity_max",
        float,
        300.0,
        "Largest velocity that is fitted [km/s]; the ends of detectors that it might move do not count",
        minimum=0.1,
    ),
    Option(
        "normalised",
        bool,
        False,
        "Spectra are normalised as the model needs it, whatever their table says; without effect on models "
        "that smooth them",
    ),
    Option("prior", str, None, "Normal priors of labels, as 'logg=4.4:0.1, teff=5700:80' (mean:deviation)"),
    Option("chi2_max", float, POOR_CHI2, "Largest chi2 / dof of a fit that is not poor", minimum=0.0),
    Option("binary", bool, False, "Fit two stars to each spectrum, too, and tell whether there are two"),
    Option("delta_bic", float, DELTA_BIC, "With binary: least difference of the BIC, one star less two"),
    Option(
        "improvement",
        float,
        IMPROVEMENT,
        "With binary: least part of the difference between both models that is towards the spectrum",
        minimum=0.0,
    ),
    Option("batch", int, 1000, "Spectra read at once", minimum=1),
)

_COUNT = partial(Column, type="INTEGER", ucd="meta.number", unit="")
_SPEC = text("spec_id", "meta.id", "The spectrum; matches have it as left_id or right_id", nullable=False)
_STAR = text("source_id", "meta.id;meta.main", "The star's name in its survey", nullable=False)
_MODEL = text("model_id", "meta.id;meta.modelled", "The model", nullable=False)
_MODEL_RUN = text(
    "model_run",
    "meta.id;meta.modelled",
    "Run that trained the model; that of results.label_model unless another model has its name since",
    nullable=False,
)
_RUN = text(
    "run_id", "meta.id", "Run that computed the row; provenance.runs has its settings", nullable=False
)

RESULT = Table(
    name="star_label",
    schema="results",
    title="Labels of stars",
    about="One row for each spectrum and label: its value, its errors, and what is wrong",
    unique=False,
    columns=(
        _SPEC,
        _STAR,
        text("label", "meta.id.part", "The label: teff, logg, fe_h, ...", nullable=False),
        _number("param_value", "stat.fit.param", "", "Its value; NULL where the fit did not converge"),
        _number(
            "sig_stat", "stat.error", "", "Its error by the noise of the spectrum and the model's own error"
        ),
        _number(
            "sig_sys",
            "stat.error.sys",
            "",
            "What the model's cross-validation had beyond sig_stat; NULL without one",
        ),
        text("unit", "meta.unit", "Unit of the three", nullable=False),
        _number("chi2", "stat.fit.chi2", "", "chi2 of the spectrum, with the model's error in the weights"),
        _COUNT(name="dof", about="Pixels less labels"),
        _number(
            "hull_dist",
            "stat.value;arith.ratio",
            "",
            "Distance of the labels from the training set, in units of its extent: beyond it above 1",
        ),
        text("flag", "meta.code.qual", "What is wrong, in words; NULL for a good fit"),
        _MODEL,
        _MODEL_RUN,
        _RUN,
    ),
)

COVARIANCE = Table(
    name="star_label_cov",
    schema="results",
    title="Covariances of labels",
    about="One row for each spectrum and pair of labels: the covariance of their statistical errors",
    unique=False,
    columns=(
        _SPEC,
        _STAR,
        text("label_1", "meta.id.part", "One label", nullable=False),
        text("label_2", "meta.id.part", "The other", nullable=False),
        _number("covariance", "stat.covariance", "", "Covariance, in the product of the labels' units"),
        _number("correlation", "stat.correlation", "", "Correlation"),
        _MODEL,
        _MODEL_RUN,
        _RUN,
    ),
)

_VELOCITY = "phys.veloc;arith.diff"

BINARY = Table(
    name="star_binary",
    schema="results",
    title="One star or two",
    about="One row for each spectrum to which two stars were fitted: how they compare with one",
    reference="El-Badry K. et al., 2018, MNRAS 476, 528",
    unique=False,
    columns=(
        _SPEC,
        _STAR,
        Column(
            name="is_binary",
            type="BOOLEAN",
            ucd="meta.code;src.class",
            about="Whether there are two: by delta_bic, improvement, and light and difference above 3 errors",
            principal=True,
        ),
        _number("delta_bic", "stat.fit", "", "Bayesian information criterion of one star less that of two"),
        _number(
            "improvement",
            "stat.value;arith.ratio",
            "",
            "Part of the difference between both models that is towards the spectrum",
        ),
        _number("chi2_one", "stat.fit.chi2", "", "chi2 of one star with a velocity"),
        _number("chi2_two", "stat.fit.chi2", "", "chi2 of two stars; NULL where they were not fitted"),
        _COUNT(name="dof", about="Pixels less labels of two stars"),
        _number("light_share", "phot.flux;arith.ratio", "", "Share of the second star in the light"),
        _number("light_share_error", "stat.error;phot.flux;arith.ratio", "", "Its standard error"),
        _number("velocity_difference", _VELOCITY, "km.s**-1", "Velocity of the second star less the first's"),
        _number("velocity_difference_error", f"stat.error;{_VELOCITY}", "km.s**-1", "Its standard error"),
        text("flag", "meta.code.qual", "What is wrong with the fit of two, in words; NULL for a good one"),
        _MODEL,
        _MODEL_RUN,
        _RUN,
    ),
)

BINARY_LABEL = Table(
    name="star_binary_label",
    schema="results",
    title="Labels of two stars",
    about="One row for each spectrum, star of a pair and label; abundances are the same for both",
    unique=False,
    columns=(
        _SPEC,
        _STAR,
        _COUNT(name="component", about="1 for the star with more light, 2 for the other"),
        text("label", "meta.id.part", "The label: teff, logg, fe_h, radial_velocity, ...", nullable=False),
        _number("param_value", "stat.fit.param", "", "Its value"),
        _number("sig_stat", "stat.error", "", "Its error by the noise of the spectrum and the model's own"),
        text("unit", "meta.unit", "Unit of both", nullable=False),
        _MODEL,
        _MODEL_RUN,
        _RUN,
    ),
)

RESULTS = (RESULT, COVARIANCE, BINARY, BINARY_LABEL)
"""The last two of runs with `binary`."""
