"""What the joint fit can be asked, and the table of it."""

from __future__ import annotations

from analysis.columns import number, text
from analysis.options import Option
from analysis.runs import OPTION as RUN_ID
from catalogdb.schema import Column, Table

OPTIONS = (
    Option("stars", str, None, "Table of the stars with magnitudes and parallaxes"),
    RUN_ID,
    Option("star_id", str, "source_id", "Its column that identifies the star, as the spectra do"),
    Option(
        "bands",
        str,
        None,
        "Its magnitudes with their extinction over A: 'phot_g_mean_mag=0.84,phot_rp_mean_mag=0.6': "
        "errors are of NAME_error, or magnitude_error",
    ),
    Option("magnitude_error", float, 0.02, "Error [mag] of magnitudes without one of their own", minimum=0.0),
    Option(
        "zero_point",
        float,
        0.0,
        "What the catalogue's parallaxes are off by [mas] (Gaia's are by less than 0)",
    ),
    Option("extinction", str, "0.3:0.3", "What is known of A [mag] of every star, as mean:deviation"),
    Option(
        "known_extinction", str, None, "Column of the stars with A, for those the relation is learnt from"
    ),
    Option("least", float, 20.0, "Parallax over error of stars that magnitudes are learnt from", minimum=5.0),
    Option("by", str, "teff,logg,fe_h", "Labels that magnitudes are a quadratic function of"),
    Option("spectra", str, "spectrum", "Table of spectra"),
    Option("model", str, None, "Model of results.label_model, by its name; by default the latest"),
    Option("star_column", str, None, "Column of the spectra that identifies the star; by default object_id"),
    Option("simulate", int, 0, "Number of giants to simulate, in place of stars of the store", minimum=0),
    Option("snr", float, 50.0, "S/N of the simulated spectra", minimum=1.0),
    Option("parallax_error", float, 0.03, "Error of the simulated parallaxes [mas]", minimum=1e-6),
    Option("seed", int, 1, "Seed of the simulation", minimum=0),
)


def _in_unit(name: str, ucd: str, about: str, *, principal: bool = False) -> Column:
    # Units differ from row to row: the column `unit` has them, and this one can declare none.
    return number(name, ucd, "", f"{about}, in the row's `unit`", principal=principal)


RESULT = Table(
    name="label_joint",
    schema="results",
    title="Labels from spectrum, magnitudes and parallax together",
    about="For each spectrum and label its value by all data together, and by the spectrum alone",
    unique=False,
    columns=(
        text("spec_id", "meta.id", "The spectrum", nullable=False),
        text("source_id", "meta.id;meta.main", "The star", nullable=False),
        text("label", "meta.id.part", "The label, distance_modulus or extinction", nullable=False),
        _in_unit(
            "param_value", "stat.fit.param", "Value by spectrum, magnitudes and parallax", principal=True
        ),
        _in_unit("sig_stat", "stat.error", "Its statistical error", principal=True),
        _in_unit("alone_value", "stat.fit.param", "Value by the spectrum alone"),
        _in_unit("alone_sig", "stat.error", "Its statistical error"),
        _in_unit("truth", "stat.value", "True value of a simulated star; else NULL"),
        number("chi2", "stat.fit.chi2", "", "chi2 of spectrum, magnitudes and parallax"),
        number("dof", "stat.fit.dof", "", "Pixels, bands and parallax less labels"),
        text("flag", "meta.code.qual", "What is wrong with the joint fit; NULL for a good one"),
        text("unit", "meta.unit", "VOUnit of the row's numbers"),
        Column(
            name="simulated", type="BOOLEAN", ucd="meta.code", about="Whether the star is a simulated one"
        ),
        text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings"),
    ),
)
