"""What the proper-motion anomaly can be asked, and the table it writes."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.options import Option
from analysis.proper_motion_anomaly.hgca import GAIA_INFLATION, HIPPARCOS_ERROR_MAS_YR
from catalogdb.schema import Column, Table

_text = partial(text, nullable=False, principal=False)

OPTIONS = (
    Option(
        "epochs", str, "astrom_epoch", "Multi-epoch table, as `catalogdb epochs` writes it; none: no table"
    ),
    Option(
        "positions",
        str,
        "ends",
        "The long-term motion is that of the earliest and latest entry that measured a motion (ends), or "
        "of the positions of all entries",
        choices=("ends", "all"),
    ),
    Option(
        "calibration",
        str,
        "none",
        "Run of `catalogdb analyze calibration` that corrects the entries: its run_id, latest, or none; the "
        "statistic of HGCA has its own corrections",
    ),
    Option(
        "spin",
        str,
        "none",
        "published: take the published spin of Gaia's bright stars out of its motions; a calibration may "
        "have done it already",
        choices=("none", "published"),
    ),
    Option(
        "catalogues", str, None, "Names of the catalogues that count, separated by commas; by default all"
    ),
    Option(
        "shared",
        str,
        "best",
        "Of entries that share observations, the one that counts: the most precise or the latest",
        choices=("best", "latest"),
    ),
    Option(
        "gaia",
        str,
        "gaia_dr3",
        "Catalogue that the statistic of HGCA takes for Gaia",
        choices=("gaia_dr3", "gaia_edr3", "gaia_dr2"),
    ),
    Option(
        "inflation",
        float,
        GAIA_INFLATION,
        "Factor on the errors of Gaia in the statistic of HGCA (Brandt 2021: 1.37 for Gaia (E)DR3)",
        minimum=1.0,
    ),
    Option(
        "hipparcos_error",
        float,
        HIPPARCOS_ERROR_MAS_YR,
        "Error [mas/yr] added in quadrature to the motion of Hipparcos in the statistic of HGCA",
        minimum=0.0,
    ),
    Option(
        "hgca",
        str,
        None,
        "Table of HGCA: its statistic is computed from its columns, and its local rotations are used",
    ),
)


_RA, _DEC = "pos.pm;pos.eq.ra", "pos.pm;pos.eq.dec"
_PM = "mas.yr**-1"

RESULT = Table(
    name="proper_motion_anomaly",
    schema="results",
    title="Proper-motion anomalies",
    about="For each star and catalogue, its motion there minus that between the positions, decades apart",
    unique=False,
    columns=(
        _text("source_id", "meta.id;meta.main", "The star: obj_id of the multi-epoch table", principal=True),
        _text(
            "catalogue_name", "meta.id;meta.table", "Catalogue whose own motion is compared", principal=True
        ),
        _text(
            "method",
            "meta.code.class",
            "positions: entries as they are; hgca: the mixture and errors of HGCA, from the entries; "
            "hgca_row: the columns of a row of HGCA",
            principal=True,
        ),
        Column(
            name="hip", type="INTEGER", ucd="meta.id.cross", about="Hipparcos number, of HGCA's methods alone"
        ),
        number(
            "ra_epoch",
            "time.epoch;stat.mean",
            "yr",
            "Epoch of no correlation of the entry's ra with its pmra",
        ),
        number(
            "dec_epoch",
            "time.epoch;stat.mean",
            "yr",
            "Epoch of no correlation of the entry's dec with its pmdec",
        ),
        number(
            "pmra_long", _RA, _PM, "Long-term motion in right ascension, times cos(dec), at the entry's epoch"
        ),
        number("pmdec_long", _DEC, _PM, "Long-term motion in declination, at the entry's epoch"),
        number("pmra_long_error", f"stat.error;{_RA}", _PM, "Standard error of pmra_long"),
        number("pmdec_long_error", f"stat.error;{_DEC}", _PM, "Standard error of pmdec_long"),
        number(
            "pmra_long_pmdec_long_corr", "stat.correlation", "", "Correlation of pmra_long with pmdec_long"
        ),
        number(
            "pma_ra",
            f"{_RA};arith.diff",
            _PM,
            "Anomaly in right ascension, times cos(dec): the catalogue's motion minus the long-term one",
            principal=True,
        ),
        number(
            "pma_dec",
            f"{_DEC};arith.diff",
            _PM,
            "Anomaly in declination: the catalogue's motion minus the long-term one",
            principal=True,
        ),
        number("pma_ra_error", f"stat.error;{_RA}", _PM, "Standard error of pma_ra, of both motions"),
        number("pma_dec_error", f"stat.error;{_DEC}", _PM, "Standard error of pma_dec, of both motions"),
        number("pma_ra_pma_dec_corr", "stat.correlation", "", "Correlation of pma_ra with pma_dec"),
        number(
            "chi2", "stat.fit.chi2", "", "Chi-square of no anomaly (2 degrees of freedom)", principal=True
        ),
        number(
            "p_pma", "stat.probability", "", "Probability of at least chi2 without anomaly", principal=True
        ),
        number(
            "q_fdr",
            "stat.probability",
            "",
            "False-discovery rate at which the anomaly is just found (Benjamini-Hochberg, p_pma of this run, "
            "method and catalogue)",
        ),
        number(
            "snr",
            "stat.snr",
            "",
            "Length of the anomaly over its standard error along itself",
            principal=True,
        ),
        number(
            "dv_tan",
            "phys.veloc",
            "m.s**-1",
            "Length of the anomaly as a velocity, by the parallax",
            principal=True,
        ),
        number("dv_tan_error", "stat.error;phys.veloc", "m.s**-1", "Standard error of dv_tan"),
        number("parallax", "pos.parallax.trig", "mas", "Parallax that gives dv_tan: the most precise one"),
        number("chi2_published", "stat.fit.chi2", "", "Chi-square in the row of HGCA"),
        _text(
            "flags",
            "meta.code",
            "What limits the result: one_reduction (of Hipparcos), no_rotation (local, of HGCA), "
            "no_radial_velocity (for perspective), no_parallax; "
            "NULL if nothing does",
            nullable=True,
        ),
        _text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings"),
    ),
)
