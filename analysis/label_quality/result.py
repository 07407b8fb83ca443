"""What the judgement of labels can be asked, and the table of it."""

from __future__ import annotations

from analysis.columns import number, text
from analysis.label_experiment.result import LINES
from analysis.options import Option
from analysis.runs import OPTION as RUN_ID
from catalogdb.schema import Column, Table

OPTIONS = (
    Option(
        "labels",
        str,
        "results.star_label",
        "Table with a row for each spectrum and label: source_id, label, param_value, sig_stat (the latest "
        "run of star_labels, or any table with these columns)",
    ),
    RUN_ID,
    Option(
        "model",
        str,
        None,
        "Model of results.label_model whose cross-validation is judged; by default the latest, none if none",
    ),
    Option(
        "label_errors",
        str,
        None,
        "Errors of the labels the model was trained with, 'teff=50,logg=0.1': what they add is taken off",
    ),
    Option(
        "benchmarks", str, None, "Table of reference labels, a row for each star, columns named as labels"
    ),
    Option("benchmark_star", str, "source_id", "Its column that identifies the star, as the labels do"),
    Option(
        "clusters", str, None, "Table of members of clusters: columns of the star, and of the cluster's name"
    ),
    Option("cluster_star", str, "source_id", "Its column that identifies the star, as the labels do"),
    Option("cluster_name", str, "cluster", "Its column with the cluster's name"),
    Option(
        "line_list",
        str,
        None,
        "Table of lines (element, wavelength [Angstrom] in the model's medium): whether the model reads "
        "abundances there",
    ),
    Option("line_width", float, 1.0, "How far from a line [Angstrom] a pixel is its own", minimum=0.0),
    Option(
        "baseline",
        bool,
        False,
        "Whether to cross-validate the black box (regression) on the model's training set too",
    ),
    Option("folds", int, 5, "Parts of that cross-validation", minimum=2),
    Option("seed", int, 1, "Seed of the parts", minimum=0),
)


def _in_unit(name: str, ucd: str, about: str, *, principal: bool = False) -> Column:
    # Units differ from row to row: the column `unit` has them, and this one can declare none.
    return number(name, ucd, "", f"{about}, in the row's `unit`", principal=principal)


RESULT = Table(
    name="label_quality",
    schema="results",
    title="Precision and accuracy of labels",
    about="For each test and label how precise, or how accurate, labels are; what can not be tested says why",
    unique=False,
    columns=(
        text(
            "kind",
            "meta.code.class",
            "precision (random errors) or accuracy (systematic ones)",
            nullable=False,
        ),
        text("test", "meta.code", "repeats, cross_validation, benchmarks or clusters", nullable=False),
        text("method", "meta.id;meta.modelled", "Model whose labels are judged, or black_box"),
        text("sample", "meta.id", "Table or cluster that the stars are of; `all` is all clusters together"),
        text("label", "meta.id.part", "The label; NULL for a test that can not be done"),
        number("n_star", "meta.number", "", "Stars that count"),
        number("n_spectrum", "meta.number", "", "Spectra that count"),
        _in_unit("bias", "stat.error.sys", "Mean difference from the reference", principal=True),
        _in_unit("bias_error", "stat.error", "Its standard error"),
        _in_unit(
            "scatter", "stat.stdev", "Scatter: about the star's mean, the reference or the cluster's mean"
        ),
        _in_unit("scatter_error", "stat.error", "Its standard error"),
        _in_unit(
            "own",
            "stat.stdev",
            "Scatter without the errors of the reference; in clusters beyond the claimed errors",
        ),
        _in_unit("claimed", "stat.error;stat.median", "Claimed error, the median"),
        number(
            "scale", "stat.value;arith.ratio", "", "True errors over claimed ones: 1 is right", principal=True
        ),
        number("scale_error", "stat.error", "", "Its standard error"),
        number("scale_robust", "stat.value;arith.ratio", "", "scale by the median of pairs of repeats"),
        _in_unit("trend_teff", "stat.fit.param", "Change of the difference for 1000 K of temperature"),
        _in_unit("trend_teff_error", "stat.error", "Its standard error"),
        _in_unit("trend_logg", "stat.fit.param", "Change of the difference for 1 dex of gravity"),
        _in_unit("trend_logg_error", "stat.error", "Its standard error"),
        text("unit", "meta.unit", "VOUnit of the row's numbers"),
        text("verdict", "meta.code.class", "tested, or not testable here"),
        text("reason", "meta.note", "Why it is not testable, or what to know of the numbers"),
        text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings"),
    ),
)

RESULTS = (RESULT, LINES)
