"""What the experiment can be asked, and its tables."""

from __future__ import annotations

from analysis.columns import number, text
from analysis.options import Option
from catalogdb.schema import Column, Table

METHODS = ("cannon", "payne", "dd_payne", "black_box")

OPTIONS = (
    Option("methods", str, "cannon,payne,dd_payne,black_box", f"Methods: {', '.join(METHODS)}"),
    Option("train", int, 1500, "Stars to learn from", minimum=100),
    Option("test", int, 500, "Stars to try it on", minimum=20),
    Option("pixels", int, 1500, "Pixels of a spectrum", minimum=50),
    Option("low", float, 5000.0, "Shortest wavelength [Angstrom]", minimum=1000.0),
    Option("high", float, 5450.0, "Longest wavelength [Angstrom]", minimum=1000.0),
    Option("resolution", float, 6000.0, "Resolving power", minimum=100.0),
    Option("snr", float, 50.0, "Signal-to-noise ratio per pixel of the stars to try", minimum=1.0),
    Option("train_snr", float, 200.0, "The same of those to learn from", minimum=1.0),
    Option(
        "spread",
        float,
        1.0,
        "Extent of the labels: 300 K and 0.6 dex of iron either way, times this",
        minimum=0.1,
    ),
    Option("epochs", int, 200, "Passes of a network through its training set", minimum=1),
    Option(
        "label_error",
        float,
        0.0,
        "Error [dex] of abundances to learn from in the test of own lines",
        minimum=0.0,
    ),
    Option(
        "physics_error",
        float,
        0.15,
        "Error [dex] of the strength of every line in the physical model whose slopes DD-Payne is told",
        minimum=0.0,
    ),
    Option("lines", bool, True, "Whether to test that abundances are read from their own lines"),
    Option("seed", int, 1, "Seed of the simulation; the same seed gives the same numbers", minimum=0),
)


def _in_unit(name: str, ucd: str, about: str, *, principal: bool = False) -> Column:
    return number(name, ucd, "", f"{about}, in the row's `unit`", principal=principal)


_METHOD = text("method", "meta.code", "Method: cannon, payne, dd_payne or black_box", nullable=False)
_LABEL = text("label", "meta.id.part", "The label; `all` is every label over its scatter in the training set")
_UNIT = text("unit", "meta.unit", "VOUnit of the row's numbers")
_RUN = text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings and seed")

RESULT = Table(
    name="label_experiment",
    schema="results",
    title="Methods for labels on simulated spectra",
    about="For each method and label the error on simulated stars against the Cramer-Rao bound: simulated",
    unique=False,
    columns=(
        _METHOD,
        _LABEL,
        number("n_train", "meta.number", "", "Stars it learnt from"),
        number("n_test", "meta.number", "", "Stars it was tried on that have labels"),
        number("snr", "stat.snr", "", "Signal-to-noise ratio per pixel of the stars it was tried on"),
        number("train_snr", "stat.snr", "", "The same of those it learnt from"),
        _in_unit("rms", "stat.error", "Root of the mean squared error", principal=True),
        _in_unit("bias", "stat.error;stat.mean", "Mean error"),
        _in_unit(
            "crlb", "stat.error", "Cramer-Rao bound of the true spectra: noise alone, root of mean square"
        ),
        _in_unit(
            "crlb_model",
            "stat.error",
            "The bound with the method's own error of the model added to the noise",
        ),
        number("ratio", "stat.error;arith.ratio", "", "rms over crlb", principal=True),
        number("ratio_model", "stat.error;arith.ratio", "", "rms over crlb_model", principal=True),
        number(
            "pull", "stat.stdev", "", "Scatter of error over claimed error: 1 is right; NULL: claims none"
        ),
        _in_unit("rms_beyond", "stat.error", "rms on stars unlike those it learnt from"),
        number("recall", "stat.probability", "", "Part of these that it flags; NULL: it has no flag"),
        number("recall_true", "stat.probability", "", "The same by their true labels, not by those it tells"),
        number(
            "false_alarm", "stat.probability", "", "Part of the stars like those it learnt from that it flags"
        ),
        number("converged", "stat.probability", "", "Part of the fits that converged"),
        text("verdict", "meta.code.class", "holds exactly when rms <= 1.1 crlb_model, else differs"),
        text("reason", "meta.note", "Why, where it differs"),
        _UNIT,
        _RUN,
    ),
)

LINES = Table(
    name="label_line_test",
    schema="results",
    title="Whether abundances are read from their own lines",
    about="For each method and abundance whose lines it reads: answers to changes, and where its slope is",
    unique=False,
    columns=(
        _METHOD,
        text(
            "training",
            "meta.code",
            "Stars it learnt from: together (simulated, abundances go together), independent (simulated, "
            "they do not), or the name of a model of results.label_model",
        ),
        text("label", "meta.id.part", "The abundance", nullable=False),
        number(
            "own_response",
            "stat.value;arith.ratio",
            "",
            "Change told over true change of itself alone: 1",
            principal=True,
        ),
        number(
            "leak",
            "stat.value;arith.ratio",
            "",
            "Largest change told over the true one of another: 0",
            principal=True,
        ),
        text("leak_from", "meta.id.part", "That other abundance"),
        number(
            "swap_own",
            "stat.value;arith.ratio",
            "",
            "Slope of told on true among stars whose abundances do not go together",
        ),
        number("swap_leak", "stat.value;arith.ratio", "", "Largest slope on another abundance there"),
        number("rms_like", "stat.error", "", "rms [dex] on stars like those it learnt from"),
        number("rms_swap", "stat.error", "", "rms [dex] on stars whose abundances do not go together"),
        number(
            "share_own",
            "stat.value;arith.ratio",
            "",
            "Part of the squared slope, d flux/d label or of the black box d label/d flux, in own lines",
        ),
        number("share_chance", "stat.value;arith.ratio", "", "Part of the pixels that are in own lines"),
        number(
            "share_true",
            "stat.value;arith.ratio",
            "",
            "The same of d flux/d label of the spectra as they are",
        ),
        number(
            "cosine",
            "stat.value;arith.ratio",
            "",
            "Cosine between d flux/d label learnt and true; NULL: has none",
        ),
        text("verdict", "meta.code.class", "own lines, own lines and others, or inferred from others"),
        Column(
            name="simulated", type="BOOLEAN", ucd="meta.code", about="Whether the spectra are simulated ones"
        ),
        _RUN,
    ),
)
