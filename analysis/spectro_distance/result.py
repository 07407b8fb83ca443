"""What spectroscopic distances can be asked, and the tables of them."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.options import Option
from analysis.runs import OPTION as RUN_ID
from analysis.spectro_distance.simulate import SURVEYS
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)

COLUMN_OPTIONS = (
    Option("id", str, "source_id", "Column that identifies the star; rows of one star are never split"),
    Option(
        "match",
        str,
        None,
        "Match of spectra with these stars (catalogdb match SPECTRA STARS): the labels are then those of "
        "results.star_label, of each star's best good spectrum",
    ),
    Option("labels_run", str, None, "With match: run of star_labels; by default the latest"),
    Option("magnitude", str, None, "Column of the magnitude; by default the first of k, k_m, ks_m, G"),
    Option("extinction", str, None, "Column of the extinction [mag] in that band; by default none"),
    Option(
        "features",
        str,
        None,
        "Columns that tell the luminosity, with commas; by default teff, logg, fe_h, alpha_fe (or feh, m_h, "
        "alpha_m) and, without --extinction, bp_rp, as far as they are there",
    ),
    Option("spectra", str, None, "Column of spectra (lists on one grid), whose components are features too"),
    Option("components", int, 20, "How many principal components of the spectra", minimum=1),
    Option("reference", str, None, "Column of other distances [kpc] that ours are compared with"),
    Option(
        "members",
        str,
        None,
        "Table of members of clusters (columns source_id and cluster); by default stars at the places of "
        "known clusters are taken",
    ),
)

SELECTION_OPTIONS = (
    Option("teff_min", float, 3500.0, "Coolest star [K]"),
    Option("teff_max", float, 5500.0, "Hottest star [K]"),
    Option("logg_min", float, 0.0, "Smallest log g"),
    Option("logg_max", float, 2.2, "Largest log g: 2.2 is above the red clump (Hogg et al. 2019)"),
    Option("snr_min", float, None, "Smallest signal to noise ratio of the spectrum (column snr or snrg)"),
    Option("ruwe_max", float, 1.4, "Largest RUWE of a star whose parallax is learned from"),
)

FIT_OPTIONS = (
    Option("degree", int, 2, "Degree of the polynomial of the features, 1 or 2", minimum=1),
    Option("prior", float, 1.0, "Standard deviation [mag] of the priors on its coefficients", minimum=1e-6),
    Option(
        "zero_point",
        str,
        None,
        "Zero point of the parallaxes: lindegren (Lindegren et al. 2021, by magnitude, colour and ecliptic "
        "latitude; the default where these are there, and the stars not simulated), fit (the default else), "
        "lindegren+fit, or a number "
        "[mas] to be subtracted",
    ),
    Option("error_factor", float, 1.0, "By what the listed errors of parallaxes are multiplied", minimum=0.1),
    Option("population", bool, True, "Learn also how many stars there are at each distance"),
    Option("robust", bool, True, "Allow for parallaxes that have nothing to do with the star"),
    Option("folds", int, 5, "In how many parts the stars are left out in turn", minimum=2),
    Option("train_max", int, 40_000, "Largest number of stars that are learned from", minimum=50),
    Option("joint", bool, False, "Also give distances by the spectrum and the star's own parallax together"),
)

OPTIONS = (
    Option("stars", str, None, "Table of stars with labels, a magnitude and parallaxes"),
    RUN_ID,
    Option("simulate", int, None, "Instead of a table: so many simulated giants", minimum=100),
    Option("survey", str, "lamost", "Whose errors the simulated giants have", choices=tuple(SURVEYS)),
    Option("seed", int, 2023, "Seed of the simulation", minimum=0),
    *COLUMN_OPTIONS,
    *SELECTION_OPTIONS,
    *FIT_OPTIONS,
)


def _interval(name: str, what: str) -> tuple[Column, ...]:
    return (
        _number(name, "pos.distance", "kpc", f"Distance {what}: the median"),
        _number(f"{name}_error", "stat.error;pos.distance", "kpc", "Half of the 68 % interval of it"),
        number(f"{name}_lo", "pos.distance;stat.min", "kpc", "Lower end of the 68 % interval"),
        number(f"{name}_hi", "pos.distance;stat.max", "kpc", "Upper end of the 68 % interval"),
    )


def _run() -> Column:
    return text("run_id", "meta.id", "Run that made it; provenance.runs has its settings", nullable=False)


ASTROMETRY = (
    _number("ra", "pos.eq.ra;meta.main", "deg", "Right ascension of the table (ICRS)"),
    _number("dec", "pos.eq.dec;meta.main", "deg", "Declination of the table (ICRS)"),
    number("pmra", "pos.pm;pos.eq.ra", "mas.yr**-1", "Proper motion in right ascension, times cos(dec)"),
    number("pmra_error", "stat.error;pos.pm;pos.eq.ra", "mas.yr**-1", "Standard error of it"),
    number("pmdec", "pos.pm;pos.eq.dec", "mas.yr**-1", "Proper motion in declination"),
    number("pmdec_error", "stat.error;pos.pm;pos.eq.dec", "mas.yr**-1", "Standard error of it"),
    number("radial_velocity", "spect.dopplerVeloc", "km.s**-1", "Radial velocity of the table"),
    number("radial_velocity_error", "stat.error;spect.dopplerVeloc", "km.s**-1", "Standard error of it"),
    _number("parallax", "pos.parallax.trig", "mas", "Parallax as listed"),
    number("parallax_error", "stat.error;pos.parallax.trig", "mas", "Its standard error as listed"),
)

LABELS = (
    number("teff", "phys.temperature.effective", "K", "Effective temperature of the table"),
    number("logg", "phys.gravity", "", "Surface gravity of the table, log of cm/s2"),
    number("fe_h", "phys.abund.Fe", "", "Metallicity of the table, dex"),
    number("alpha_fe", "phys.abund", "", "Abundance of alpha elements of the table, dex"),
)

RESULT = Table(
    name="spectro_distance",
    schema="results",
    title="Distances of red giants by their spectra",
    about="One row for each selected star: its distance by labels and magnitude, trained on other stars' "
    "parallaxes; with its astrometry, so that it is a table of stars for the analyses of the Galaxy",
    reference="Hogg D.W., Eilers A.-C. & Rix H.-W., 2019, AJ 158, 147; Zhou Y. et al., 2023, ApJ 946, 73",
    unique=False,
    columns=(
        text("source_id", "meta.id;meta.main", "The star", nullable=False),
        *ASTROMETRY,
        *LABELS,
        number("magnitude", "phot.mag", "mag", "Magnitude that was used, less the extinction given"),
        number("abs_mag", "phys.magAbs", "mag", "Absolute magnitude by the labels"),
        *_interval("dist", "by labels and magnitude alone"),
        _number("modulus", "phot.mag.distMod", "mag", "Distance modulus by labels and magnitude alone"),
        number("modulus_error", "stat.error;phot.mag.distMod", "mag", "Standard error of it"),
        number("parallax_spectro", "pos.parallax", "mas", "Parallax by labels and magnitude: the mean"),
        number("parallax_spectro_error", "stat.error;pos.parallax", "mas", "Standard deviation of it"),
        *_interval("dist_joint", "by labels, magnitude and the star's own parallax; NULL without --joint"),
        number(
            "parallax_zero_point",
            "arith.zp;pos.parallax",
            "mas",
            "Zero point that is subtracted from parallax",
        ),
        number(
            "pull",
            "stat.value",
            "",
            "Parallax less zero point and parallax_spectro, over the error of the difference",
        ),
        number(
            "outlier_probability",
            "stat.probability",
            "",
            "How probable it is that the parallax has nothing to do with the star",
        ),
        Column(
            name="trained",
            type="BOOLEAN",
            ucd="meta.code",
            about="Whether the star's parallax was learned from (never for its own distance)",
        ),
        Column(
            name="fold",
            type="INTEGER",
            ucd="meta.number",
            unit="",
            about="Part that was left out for this distance; -1 for the model of all",
        ),
        number(
            "hull_dist",
            "stat.value",
            "",
            "Distance from the training stars' middle; outside above 1",
        ),
        text(
            "flag",
            "meta.code.qual",
            "extrapolated (outside the training stars), outlier (parallax and spectrum disagree), "
            "no_parallax (or no zero point for it), wrong_source (the Gaia identifier is of another place), "
            "with "
            "blanks between; NULL for none",
        ),
        number("true_dist", "pos.distance", "kpc", "True distance of a simulated star; NULL for real ones"),
        _run(),
    ),
)

MODEL = Table(
    name="spectro_distance_model",
    schema="results",
    title="Models of absolute magnitudes",
    about="One row for each parameter of the model of each fold, of all training stars (fold -1) and their "
    "nearer half (-2), or with a zero point beside the one that is given (-3)",
    unique=False,
    columns=(
        Column(name="fold", type="INTEGER", ucd="meta.number", unit="", about="Part left out; below 0: none"),
        text(
            "param",
            "meta.code",
            "constant, a feature or product of features (coefficients of scaled features), ln_scatter, "
            "zero_point, outliers, n_star, log_likelihood, centre or scale of a feature",
            nullable=False,
        ),
        text("feature", "meta.code", "The feature of a centre or scale"),
        _number("param_value", "stat.value", "", "Value, in the unit that param_unit says"),
        number("sig", "stat.error", "", "Standard error of it"),
        text("param_unit", "meta.unit", "Unit of both"),
        _run(),
    ),
)

COVARIANCE = Table(
    name="spectro_distance_cov",
    schema="results",
    title="Covariances of models of absolute magnitudes",
    about="One row for each pair of fitted parameters of the model of all training stars",
    unique=False,
    columns=(
        text("param", "meta.code", "One parameter", nullable=False),
        text("other_param", "meta.code", "The other", nullable=False),
        _number("covariance", "stat.covariance", "", "Covariance, in the units of spectro_distance_model"),
        _run(),
    ),
)

CHECK = Table(
    name="spectro_distance_check",
    schema="results",
    title="Checks of distances by spectra",
    about="One row for each bin, fold or cluster: bias of the distance scale, scatter, pulls",
    unique=False,
    columns=(
        text(
            "check_kind",
            "meta.code",
            "total, fold, distance, parallax_snr (against parallaxes), cluster, reference, truth (of "
            "simulated stars), naive (the truth against inverted parallaxes of 5 sigma), "
            "selection (stars left out)",
            nullable=False,
        ),
        text("item", "meta.id", "Which of the kind: fold, cluster, or what the bins are of"),
        number("range_lo", "stat.value", "", "Lower edge of the bin [kpc for distances]"),
        number("range_hi", "stat.value", "", "Upper edge of the bin; NULL for none"),
        Column(name="n", type="BIGINT", ucd="meta.number", unit="", about="Stars"),
        Column(
            name="n_outlier",
            type="BIGINT",
            ucd="meta.number",
            unit="",
            about="Outliers, or not counted",
        ),
        _number("bias", "stat.value", "", "By how much of itself the distance is too large"),
        number("bias_error", "stat.error", "", "Standard error of bias"),
        _number("scatter", "stat.stdev", "", "Scatter of the distance as a fraction of it"),
        number("pull_mean", "stat.value", "", "Mean of difference over error"),
        _number("pull_sd", "stat.stdev", "", "Standard deviation of difference over error"),
        number("within_1", "stat.value", "", "Share within one error"),
        number("dist", "pos.distance", "kpc", "Distance of the cluster by all members"),
        number("dist_error", "stat.error;pos.distance", "kpc", "Standard error of it"),
        number("published", "pos.distance", "kpc", "Its published distance"),
        number("published_error", "stat.error;pos.distance", "kpc", "Standard error of that"),
        text("reference", "meta.bib", "Where that is from"),
        _run(),
    ),
)

RESULTS = (RESULT, MODEL, COVARIANCE, CHECK)
