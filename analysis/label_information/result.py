"""What the information tool can be asked, and the table of it."""

from __future__ import annotations

from analysis.columns import number, text
from analysis.label_information.surveys import SURVEYS
from analysis.options import Option
from catalogdb.schema import Column, Table

OPTIONS = (
    Option(
        "model",
        str,
        None,
        "Model of results.label_model that is asked (its name, or `latest`); by default the synthetic one",
    ),
    Option(
        "surveys",
        str,
        "all",
        f"Spectrographs, of the synthetic model: {', '.join(s.name for s in SURVEYS)}, or all",
    ),
    Option(
        "labels",
        str,
        "teff,logg,vmic,fe_h,na_fe,mg_fe,al_fe,si_fe,ca_fe,ti_fe,cr_fe,mn_fe,ni_fe",
        "Labels that are fitted together, of the synthetic model",
    ),
    Option(
        "at",
        str,
        None,
        "Labels of the star, 'teff=5000,logg=3'; others are the Sun's, or the middle of the training set of "
        "a trained model. By default a giant: teff=4800,logg=2.5,vmic=1.5,fe_h=-0.3",
    ),
    Option("snr", str, "10,20,50,100,200,500", "Signal-to-noise ratios per pixel, of exposure 1"),
    Option("exposure", float, 1.0, "Exposure time in units of that: S/N goes with its root", minimum=1e-6),
    Option(
        "resolution",
        str,
        None,
        "Resolving powers to give each spectrograph in turn, beside its own: '1000,5000,20000'",
    ),
    Option(
        "fixed",
        str,
        "exposure",
        "What stays when the resolving power is another: the S/N per pixel (snr), the exposure time and "
        "range (exposure: S/N goes with 1/sqrt(R)), or exposure and number of pixels (pixels: the range goes "
        "with 1/R too)",
        choices=("snr", "exposure", "pixels"),
    ),
    Option("low", float, None, "Shortest wavelength that is used [Angstrom]", minimum=0.0),
    Option("high", float, None, "Longest wavelength that is used [Angstrom]", minimum=0.0),
    Option("sampling", float, 2.0, "Pixels of a resolution element, of the synthetic model", minimum=0.5),
    Option(
        "prior", str, None, "What is known of labels beforehand: 'teff=100,logg=0.2', standard deviations"
    ),
    Option(
        "smoothing",
        float,
        None,
        "Width [Angstrom] of the running mean that spectrum and model are both divided by, in place of a "
        "continuum that is known",
        minimum=1.0,
    ),
)


def _in_unit(name: str, ucd: str, about: str) -> Column:
    # Units differ from row to row: the column `unit` has them, and this one can declare none.
    return number(name, ucd, "", f"{about}, in the row's `unit`", principal=True)


RESULT = Table(
    name="label_information",
    schema="results",
    title="What a spectrum can tell of labels",
    about="For each spectrograph, S/N and label the Cramer-Rao bound: the best error of any method",
    reference="Ting Y.-S. et al., 2017, ApJ 843, 32; Sandford N. R. et al., 2020, ApJS 249, 24",
    unique=False,
    columns=(
        text(
            "survey", "instr", "Spectrograph, or `model` for a trained model on its own grid", nullable=False
        ),
        text("model", "meta.code", "Model that is asked: synthetic, or the kind of a trained one"),
        Column(
            name="simulated",
            type="BOOLEAN",
            ucd="meta.code",
            about="Whether the model is the synthetic one, whose lines are mostly invented",
        ),
        number(
            "resolution", "spect.resolution", "", "Resolving power, the mean of the arms; NULL: as trained"
        ),
        number("wave_lo", "em.wl;stat.min", "0.1nm", "Shortest wavelength that counts"),
        number("wave_hi", "em.wl;stat.max", "0.1nm", "Longest wavelength that counts"),
        number("n_pixel", "meta.number", "", "Pixels that count"),
        number("snr", "stat.snr", "", "Signal-to-noise ratio per pixel", principal=True),
        text("label", "meta.id.part", "The label", nullable=False),
        _in_unit("param_value", "meta.number", "The star's label"),
        _in_unit("crlb", "stat.error", "Bound of the error with all labels fitted; NULL if undetermined"),
        _in_unit(
            "crlb_alone", "stat.error", "The same with all other labels known; NULL without information"
        ),
        text("degenerate_with", "meta.id.part", "Label with which the error is most correlated"),
        number("degenerate_corr", "stat.correlation", "", "That correlation"),
        text("unit", "meta.unit", "VOUnit of the row's numbers"),
        text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings"),
    ),
)
