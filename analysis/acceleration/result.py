"""What the acceleration test can be asked, and the table it writes."""

from __future__ import annotations

from analysis.columns import number
from analysis.options import Option
from catalogdb.schema import Column, Table

WEIGHTINGS = ("gls", "F1", "F2")

OPTIONS = (
    Option("epochs", str, "astrom_epoch", "Multi-epoch table, as `catalogdb epochs` writes it"),
    Option(
        "weighting",
        str,
        "gls",
        "gls: every entry with its own parameters and covariance; F1, F2: positions only, weights "
        "1/sigma^2 and (t - t0)^2/sigma^2 of paper 004",
        choices=WEIGHTINGS,
    ),
    Option(
        "position",
        str,
        "fixed",
        "F1 and F2: the position is fixed at the entry with the smallest error, or fitted (free)",
        choices=("fixed", "free"),
    ),
    Option(
        "shared",
        str,
        "best",
        "gls: of entries that share observations, the one that counts: the most precise or the latest",
        choices=("best", "latest"),
    ),
    Option(
        "calibration",
        str,
        "none",
        "Run of `catalogdb analyze calibration` that corrects the entries: its run_id, latest, or none",
    ),
    Option(
        "default_error",
        float,
        None,
        "Standard error [mas] of each coordinate of entries that state none; without it they are not used",
        minimum=1e-6,
    ),
    Option(
        "star_mass",
        float,
        1.0,
        "Mass [solMass] of each star, for the period of an orbit: which accelerations are possible",
        minimum=1e-6,
    ),
    Option(
        "companion_mass",
        float,
        1.0,
        "Mass [solMass] of the companion that is thought of: which accelerations are possible",
        minimum=1e-6,
    ),
)


_PMRA, _PMDEC = "pos.pm;pos.eq.ra", "pos.pm;pos.eq.dec"
_ACC = "arith.rate;pos.pm"
_ACCRA, _ACCDEC = f"arith.rate;{_PMRA}", f"arith.rate;{_PMDEC}"

RESULT = Table(
    name="acceleration",
    schema="results",
    title="Test of uniform motion",
    about="For each star of a multi-epoch table, whether its positions and motions agree with uniform motion",
    columns=(
        Column(
            name="source_id",
            type="VARCHAR",
            ucd="meta.id;meta.main",
            about="The star: obj_id of the multi-epoch table",
            nullable=False,
            principal=True,
        ),
        Column(
            name="n_epoch",
            type="INTEGER",
            ucd="meta.number",
            unit="",
            about="Entries of the multi-epoch table that were used",
            principal=True,
        ),
        Column(
            name="dof",
            type="INTEGER",
            ucd="stat.fit.dof",
            unit="",
            about="Degrees of freedom of the linear model: positions and motions used, minus parameters",
            principal=True,
        ),
        number("chi2_lin", "stat.fit.chi2", "", "Chi-square of uniform motion; F2: 16 Q / E0(Q) for dof 16"),
        number(
            "p_lin",
            "stat.probability",
            "",
            "Probability of at least chi2_lin under uniform motion; nominal for F2, whose Q is no chi-square",
        ),
        number("chi2_acc", "stat.fit.chi2", "", "Chi-square of motion with constant acceleration"),
        number(
            "p_acc",
            "stat.probability",
            "",
            "Probability of at least the improvement chi2_lin - chi2_acc under uniform motion (2 dof)",
            principal=True,
        ),
        number("chi2_jerk", "stat.fit.chi2", "", "Chi-square of motion with constant jerk"),
        number(
            "p_jerk",
            "stat.probability",
            "",
            "Probability of at least chi2_acc - chi2_jerk under constant acceleration (2 dof)",
        ),
        number(
            "q_fdr",
            "stat.probability",
            "",
            "False-discovery rate at which the star is just found (Benjamini-Hochberg, p_acc of this run); "
            "among stars with q_fdr of at most q the expected share of false ones is at most q",
            principal=True,
        ),
        number(
            "ref_epoch", "meta.ref;time.epoch", "yr", "Epoch of the fit: that of the most precise position"
        ),
        number("epoch_first", "time.epoch;stat.min", "yr", "Earliest epoch of the entries that were used"),
        number("epoch_last", "time.epoch;stat.max", "yr", "Latest epoch of the entries that were used"),
        number("pmra", _PMRA, "mas.yr**-1", "Uniform motion in right ascension, times cos(dec)"),
        number("pmdec", _PMDEC, "mas.yr**-1", "Uniform motion in declination"),
        number("pmra_error", f"stat.error;{_PMRA}", "mas.yr**-1", "Standard error of pmra"),
        number("pmdec_error", f"stat.error;{_PMDEC}", "mas.yr**-1", "Standard error of pmdec"),
        number("pmra_pmdec_corr", "stat.correlation", "", "Correlation of pmra with pmdec"),
        number(
            "acc_ra",
            _ACCRA,
            "mas.yr**-2",
            "Acceleration in right ascension, times cos(dec) (second derivative)",
            principal=True,
        ),
        number(
            "acc_dec",
            _ACCDEC,
            "mas.yr**-2",
            "Acceleration in declination (second derivative)",
            principal=True,
        ),
        number("acc_ra_error", f"stat.error;{_PMRA}", "mas.yr**-2", "Standard error of acc_ra"),
        number("acc_dec_error", f"stat.error;{_PMDEC}", "mas.yr**-2", "Standard error of acc_dec"),
        number("acc_ra_acc_dec_corr", "stat.correlation", "", "Correlation of acc_ra with acc_dec"),
        number(
            "acc_snr",
            "stat.snr",
            "",
            "Acceleration over its error with the covariance: square root of chi2_lin - chi2_acc",
        ),
        number(
            "parallax",
            "pos.parallax.trig",
            "mas",
            "Most precise parallax of the entries that were used; NULL if none has one",
        ),
        number(
            "a_max",
            f"{_ACC};stat.max",
            "mas.yr**-2",
            "Acceleration by a companion (option companion_mass) on an orbit that takes twice as long as the "
            "epochs span; NULL without a positive parallax",
        ),
        Column(
            name="physically_possible",
            type="BOOLEAN",
            ucd="meta.code",
            about="Whether the acceleration less 3 standard errors is at most a_max; NULL where either is",
        ),
        number(
            "separation_max",
            "pos.distance;stat.max",
            "au",
            "Largest separation at which such a companion gives the acceleration; NULL without a positive "
            "parallax",
        ),
        Column(
            name="weighting",
            type="VARCHAR",
            ucd="meta.code.class",
            about="Weights of the fit: gls, F1 or F2",
            nullable=False,
        ),
        Column(
            name="flags",
            type="VARCHAR",
            ucd="meta.code",
            about="What limits the result (unused_entries, repeated_entries, unused_motion, shared_data, "
            "few_epochs, no_test, no_acceleration) or may imitate an acceleration (high_ruwe, multi_peak, "
            "neighbour), separated by blanks; else NULL",
        ),
        Column(
            name="run_id",
            type="VARCHAR",
            ucd="meta.id",
            about="Run that computed the row; provenance.runs has its settings",
            nullable=False,
        ),
    ),
)
