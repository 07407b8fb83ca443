"""What the procedure of paper 004 can be asked, and the tables it writes."""

from __future__ import annotations

from analysis.columns import text
from analysis.options import Option
from analysis.paper004.photometry import RELATIONS
from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Column, Position, Table

PAPER_TABLES = (
    "gsc22",
    "tycho2",
    "ucac5",
    "twomass",
    "allwise",
    "urat1",
    "gaia_dr1",
    "gaia_dr2",
    "gaia_dr3",
)
"""The nine catalogues of the paper, in its order; the mother is the tenth."""

FEWEST = 3
"""Entries of a star that a test needs: two positions always lie on a line."""

OPTIONS = (
    Option("mother", str, "npm1", "Mother sample: the stars that are followed"),
    Option("through", str, "apass", "Intermediary: its positions and V magnitudes decide every match"),
    Option(
        "tables",
        str,
        ",".join(PAPER_TABLES),
        "Catalogues to collect, between commas; absent ones are reported",
    ),
    Option(
        "radius_through", float, 15.0, "Radius from the mother to the intermediary [arcsec]", minimum=1e-3
    ),
    Option("radius", float, 5.0, "Radius from the intermediary to each catalogue [arcsec]", minimum=1e-3),
    Option(
        "magnitude_cut",
        str,
        "1",
        "Entries whose V differs from the intermediary's by more standard errors are dropped; none: no cut",
    ),
    Option("relation", str, "dr2", "Gaia's relation of G - V with BP - RP", choices=tuple(RELATIONS)),
    Option(
        "scatter",
        bool,
        True,
        "Count the relation's own scatter in the error of V, which the paper's equation 3 leaves out",
    ),
    Option(
        "spins",
        str,
        "published",
        "Rotation of Gaia's bright stars to subtract",
        choices=("published", "none"),
    ),
    Option("complete", bool, True, "Only stars with an entry in every catalogue, as in the paper"),
    Option(
        "min_epochs",
        int,
        None,
        f"Without `complete`: fewest entries of a star, else {FEWEST}",
        minimum=FEWEST,
    ),
    Option("weighting", str, "F2", "Weights of the fit, of the paper's section 3", choices=("F1", "F2")),
    Option(
        "position",
        str,
        "fixed",
        "The position is fixed at the entry with the smallest error, or fitted",
        choices=("fixed", "free"),
    ),
    Option(
        "epochs", str, "paper004_epoch", "Multi-epoch table to write, in results unless a schema is named"
    ),
    Option("wide", str, None, "Instead of matching: read the stars from this file of 55 columns"),
    Option("export", str, None, "Write the stars to this file of 55 columns (.csv or .ecsv), as section 2.3"),
)


def _number(name: str, ucd: str, unit: str, about: str, kind: str = "DOUBLE") -> Column:
    return Column(name=name, type=kind, ucd=ucd, unit=unit, about=about, principal=True)


_RUN = text("run_id", "meta.id", "Run that made the row; provenance.runs has its settings", nullable=False)
_STAR = text("source_id", "meta.id;meta.main", "The star: source_id in the mother, as text", nullable=False)

FATES = ("kept", "no_candidate", "claimed", "unusable", "magnitude")
"""What can become of a star in a catalogue."""

MATCH = Table(
    name="paper004_match",
    schema="results",
    title="Matches of paper 004's procedure",
    about="One row per star of the mother and catalogue: the entry that was chosen, and whether it is kept",
    unique=False,
    columns=(
        _STAR,
        text("catalogue_name", "meta.id;meta.table", "Catalogue of the entry", nullable=False),
        text("entry_id", "meta.id", "source_id of the entry, as text; NULL: none within the radius"),
        _number(
            "separation", "pos.angDistance", "arcsec", "From the intermediary; its own is from the mother"
        ),
        _number(
            "n_candidates", "meta.number", "", "Entries within the radius; NULL for the mother", "INTEGER"
        ),
        _number("v_mag", "phot.mag;em.opt.V", "mag", "V of the entry; NULL where the catalogue tells none"),
        _number("v_mag_error", "stat.error;phot.mag;em.opt.V", "mag", "Standard error of v_mag"),
        _number("delta_v", "phot.mag;arith.diff", "mag", "v_mag minus that of the intermediary"),
        _number(
            "delta_v_error",
            "stat.error;phot.mag;arith.diff",
            "mag",
            "Standard error of delta_v: of both magnitudes",
        ),
        text(
            "fate",
            "meta.code",
            "kept; no_candidate; claimed: the entry suits another star better; unusable: without position, "
            "epoch or error; magnitude: dropped by the magnitude cut",
            nullable=False,
        ),
        _RUN,
    ),
)

SAMPLE = Table(
    name="paper004_through",
    schema="matches",
    title="Stars of the mother with their intermediary",
    about="One row per star of the mother that has an entry in the intermediary, at that entry's position",
    frame="ICRS",
    columns=(
        _STAR,
        text("through_id", "meta.id", "source_id in the intermediary, as text", nullable=False),
        ASTROMETRY["ra"],
        ASTROMETRY["dec"],
        _number("separation", "pos.angDistance", "arcsec", "From the mother's listed position"),
        _number(
            "n_candidates", "meta.number", "", "Entries of the intermediary within the radius", "INTEGER"
        ),
        _number("v_mag", "phot.mag;em.opt.V", "mag", "V of the intermediary"),
        _number("v_mag_error", "stat.error;phot.mag;em.opt.V", "mag", "Standard error of v_mag"),
        _number("mother_v_mag", "phot.mag;em.opt.V", "mag", "V of the mother"),
        _number(
            "mother_v_mag_error", "stat.error;phot.mag;em.opt.V", "mag", "Standard error of mother_v_mag"
        ),
        ASTROMETRY["hpx29"],
    ),
)

_PMRA, _PMDEC = "pos.pm;pos.eq.ra", "pos.pm;pos.eq.dec"

RESULT = Table(
    name="paper004_star",
    schema="results",
    title="Accelerating and uniform stars by paper 004's procedure",
    about="For each star, the fit of uniform motion to its positions by the paper's weights, and its class",
    frame="ICRS",
    unique=False,
    positions=(Position(name="fit", about="Of the most precise entry, where the fit holds it"),),
    columns=(
        _STAR,
        text(
            "gaia_id",
            "meta.id",
            "Identifier in gaia_dr3, as the paper writes it; NULL without an entry there",
        ),
        ASTROMETRY["ra"],
        ASTROMETRY["dec"],
        ASTROMETRY["ref_epoch"],
        _number("v_mag", "phot.mag;em.opt.V", "mag", "V of the intermediary"),
        _number("n_epoch", "meta.number", "", "Entries used", "INTEGER"),
        _number("dof", "stat.fit.dof", "", "Degrees of freedom: 2 n_epoch - 4", "INTEGER"),
        _number("pmra", _PMRA, "mas.yr**-1", "Fitted motion in right ascension, times cos(dec)"),
        _number("pmdec", _PMDEC, "mas.yr**-1", "Fitted motion in declination"),
        _number("pmra_error", f"stat.error;{_PMRA}", "mas.yr**-1", "Standard error of pmra"),
        _number("pmdec_error", f"stat.error;{_PMDEC}", "mas.yr**-1", "Standard error of pmdec"),
        _number("chi2", "stat.fit.chi2", "", "F1: the objective; F2: dof Q / E0(Q), no chi-square variable"),
        _number("chi2_accelerating", "stat.fit.chi2", "", "0.999 quantile of chi-square: 39.252 for dof 16"),
        _number("chi2_uniform", "stat.fit.chi2", "", "0.001 quantile of chi-square: 3.942 for dof 16"),
        text("motion_class", "meta.code.class", "accelerating, uniform or neither; NULL: not to be tested"),
        text("weighting", "meta.code.class", "Weights of the fit: F1 or F2", nullable=False),
        ASTROMETRY["hpx29"],
        _RUN,
    ),
)

RESULTS = (RESULT, MATCH)
"""Every table that a run writes, beside the multi-epoch table."""
