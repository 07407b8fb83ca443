"""What the training of models of stellar labels can be asked, and the tables of the models."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.labels.dd_payne import OPTIONS as OF_DD_PAYNE
from analysis.labels.kinds import TRAINERS
from analysis.labels.network_jobs import OPTIONS as OF_NETWORKS
from analysis.options import Option
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)

OPTIONS = (
    Option("spectra", str, "spectrum", "Table of spectra"),
    Option("labels", str, None, "Table of labels by star; by default they stand in the table of spectra"),
    Option(
        "label_names",
        str,
        "teff,logg,fe_h",
        "Labels to learn, by their columns; 'teff=t_eff, logg, fe_h=m_h' where these have other names",
    ),
    Option("model", str, "cannon", "Kind of the model", choices=tuple(TRAINERS)),
    Option("name", str, None, "Name of the model; by default its run. One of the same name is replaced"),
    Option("star_column", str, None, "Column of the spectra that identifies the star; by default object_id"),
    Option("label_star", str, "source_id", "Column of the labels that identifies the star"),
    Option(
        "velocity",
        str,
        "header",
        "How spectra come to rest: by their radial_velocity (header), or as they are (none)",
        choices=("header", "none"),
    ),
    Option(
        "velocity_column",
        str,
        None,
        "Column of the labels with the star's radial velocity [km/s], for spectra that have none "
        "(LAMOST MRS, DESI): it stands for that of the header",
    ),
    Option("arm", str, None, "Only spectra of this arm"),
    Option("snr_min", float, None, "Only spectra with this signal to noise or more", minimum=0.0),
    Option("wave_min", float, None, "Begin of the wavelength range [Angstrom]", minimum=0.0),
    Option("wave_max", float, None, "End of the wavelength range [Angstrom]", minimum=0.0),
    Option(
        "width",
        float,
        50.0,
        "Width of the running Gaussian that normalises spectra [Angstrom]; 0 for spectra that are normalised",
        minimum=0.0,
    ),
    Option(
        "normalised",
        bool,
        False,
        "With width 0: spectra are normalised, whatever their table says",
    ),
    Option(
        "smoothed",
        bool,
        False,
        "With coefficients and width: they are of spectra divided by such a running Gaussian; else of flux "
        "over the continuum, which is smoothed in the fit as the spectra are",
    ),
    Option("cross_validation", int, 5, "Parts for the cross-validation; 0 for none", minimum=0),
    Option("seed", int, 1, "Seed of the cross-validation's parts and of a network's beginning", minimum=0),
    *(option for option in OF_NETWORKS if option.name != "seed"),
    *OF_DD_PAYNE,
    Option(
        "coefficients",
        str,
        None,
        "File of published coefficients of a quadratic model, to take over instead of training: "
        "text or .npz, terms by pixels",
    ),
    Option(
        "network",
        str,
        None,
        "File of a published network (npz of The_Payne or binspec), to take over instead of training",
    ),
    Option("mask", str, None, "With network: file of true where its pixels are no good"),
    Option(
        "continuum",
        str,
        None,
        "With network: file of true in the pixels by which spectra are normalised for it, a polynomial of "
        "degree 4 on each detector; without it for spectra that come normalised",
    ),
    Option(
        "scatter",
        str,
        None,
        "With coefficients or network: file of the scatter by pixel; for a network one number will do",
    ),
    Option("pivots", str, None, "With coefficients: file of the labels' values that are subtracted"),
    Option(
        "wavelengths",
        str,
        None,
        "With coefficients or network: file of the wavelengths [Angstrom]",
    ),
    Option(
        "medium",
        str,
        "vacuum",
        "With coefficients or network: medium of the wavelengths",
        choices=("vacuum", "air"),
    ),
    Option(
        "ranges",
        str,
        None,
        "With coefficients: range of each label in the training set, as 'teff=3500:5500, logg=0:4'",
    ),
)

_COUNT = partial(Column, type="INTEGER", ucd="meta.number", unit="")
_MODEL = text("model_id", "meta.id;meta.modelled", "The model", nullable=False)
_RUN = text(
    "run_id", "meta.id", "Run that computed the row; provenance.runs has its settings", nullable=False
)
_LABEL = text("label", "meta.id.part", "The label", nullable=False)
_UNIT = text("unit", "meta.unit", "Unit of the label", nullable=False)

RESULT = Table(
    name="label_model",
    schema="results",
    title="Models of stellar labels",
    about="One row for each model of spectra that gives labels: what it is, and what it was trained with",
    reference="The Cannon: Ness M. et al., 2015, ApJ 808, 16",
    unique=False,
    columns=(
        text("model_id", "meta.id;meta.main", "The model", nullable=False),
        text("kind", "meta.code.class", "Kind of the model, such as cannon", nullable=False),
        Column(name="labels", type="VARCHAR[]", ucd="meta.id.part", about="Its labels, in order"),
        _COUNT(name="n_training", about="Spectra that it was trained with; NULL if taken over"),
        _COUNT(name="n_pixel", about="Pixels"),
        _number("wave_min", "em.wl;stat.min", "0.1nm", "First wavelength"),
        _number("wave_max", "em.wl;stat.max", "0.1nm", "Last wavelength"),
        text("medium", "meta.code", "Medium of the wavelengths: vacuum or air"),
        _number(
            "width",
            "spect.line.width;em.wl",
            "0.1nm",
            "Width of the running Gaussian that normalised the spectra; NULL if they came normalised",
        ),
        Column(
            name="smoothed",
            type="BOOLEAN",
            ucd="meta.code",
            about="Whether it is of spectra divided by that Gaussian; else of flux over the continuum",
        ),
        text("spectra_table", "meta.dataset", "Table of the spectra, or file of the coefficients"),
        text("label_table", "meta.dataset", "Table of the training labels"),
        Column(name="seed", type="BIGINT", ucd="meta.number", unit="", about="Seed of what is random"),
        _COUNT(name="cross_validation", about="Parts of the cross-validation; 0 for none"),
        text("words", "meta.note", "What else the model consists of beside its arrays, as JSON"),
        _RUN,
    ),
)

LABEL = Table(
    name="label_model_label",
    schema="results",
    title="Labels of models",
    about="One row for each model and label: the training set's range, and how well the label is found again",
    unique=False,
    columns=(
        _MODEL,
        _LABEL,
        _UNIT,
        _number("label_mean", "stat.value;stat.mean", "", "Mean of the label in the training set"),
        _number("label_min", "stat.value;stat.min", "", "Its smallest value"),
        _number("label_max", "stat.value;stat.max", "", "Its largest value"),
        _COUNT(name="n_known", about="Training spectra that have the label"),
        _COUNT(name="n_tested", about="Good fits of the cross-validation that have the label"),
        _number("cv_bias", "stat.value;arith.diff", "", "Cross-validation: mean of fitted less given"),
        _number("cv_rms", "stat.rms", "", "Cross-validation: root mean square of fitted less given"),
        _number("cv_mad", "stat.stdev", "", "Cross-validation: 1.4826 times the median distance of these"),
        _number("cv_sig_stat", "stat.error;stat.median", "", "Median statistical error of these fits"),
        _number(
            "sig_sys",
            "stat.error.sys",
            "",
            "What the rms has beyond the statistical errors: errors of the given labels and of the model",
        ),
        _RUN,
    ),
)

PIXEL = Table(
    name="label_model_pixel",
    schema="results",
    title="Pixels of models",
    about="One row for each model and pixel: its flux at the training set's mean, and what labels change",
    unique=False,
    columns=(
        _MODEL,
        Column(name="pixel", type="INTEGER", ucd="meta.id;instr.pixel", about="Pixel, from 0"),
        _number("wavelength", "em.wl", "0.1nm", "Wavelength at rest"),
        _number("flux", "phot.flux.density;em.wl;arith.ratio", "", "Normalised flux at the mean labels"),
        _number("scatter", "stat.stdev", "", "The model's own error; NULL where it can not predict"),
        Column(
            name="gradient",
            type="DOUBLE[]",
            ucd="stat.value;arith.diff",
            unit="",
            about="Change of the flux over a standard deviation of each label in the training set",
        ),
        _RUN,
    ),
)

ARRAY = Table(
    name="label_model_array",
    schema="results",
    title="Numbers of models",
    about="One row for each array of numbers that a model consists of: from these it is rebuilt",
    unique=False,
    columns=(
        _MODEL,
        text("array_name", "meta.id.part", "Which array", nullable=False),
        Column(name="shape", type="INTEGER[]", ucd="meta.number", unit="", about="Its extents"),
        Column(
            name="entries",
            type="DOUBLE[]",
            ucd="stat.fit.param",
            unit="",
            about="Its numbers, the last index fastest; an infinite scatter is NULL",
        ),
        _RUN,
    ),
)

VALIDATION = Table(
    name="label_validation",
    schema="results",
    title="Cross-validation of models",
    about="One row for each training spectrum and label: what a model gives that never saw its star; NULL "
    "without a cross-validation",
    unique=False,
    columns=(
        _MODEL,
        text("spec_id", "meta.id", "The spectrum", nullable=False),
        text("source_id", "meta.id;meta.main", "The star", nullable=False),
        _LABEL,
        _number("given", "stat.value", "", "Label of the training set; NULL if it has none"),
        _number("param_value", "stat.fit.param", "", "Label found in the spectrum"),
        _number("sig_stat", "stat.error", "", "Its statistical error"),
        text("flag", "meta.code.qual", "What is wrong with the fit, in words; NULL for a good one"),
        _COUNT(name="part", about="Part of the cross-validation that the star was in"),
        _RUN,
    ),
)

RESULTS = (RESULT, LABEL, PIXEL, ARRAY, VALIDATION)
