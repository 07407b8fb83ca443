"""What the comparison can be asked, and the tables it writes."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.options import Option
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)
_text = partial(text, nullable=False)

CLASSES = ("accelerating", "uniform", "neither", "not_tested")
AGREEMENTS = ("both", "list_only", "ours_only", "neither", "not_tested")

OPTIONS = (
    Option("stars", str, "acceleration", "Table with source_id and a probability or a class for each star"),
    Option("run", str, None, "Run of that table; by default the latest, where it has runs"),
    Option("probability", str, "p_acc", "Column of that table: probability of uniform motion"),
    Option("alpha", float, 0.001, "Probability below which a star counts as accelerating", minimum=1e-300),
    Option(
        "uniform_above",
        float,
        0.999,
        "Probability above which a star counts as uniform, as paper 004 does",
        minimum=0.0,
    ),
    Option("q", float, None, "Accelerating is q_fdr at most this, instead of alpha", minimum=1e-300),
    Option(
        "class_column",
        str,
        None,
        "Column of that table that says accelerating or uniform itself, instead of a probability",
    ),
    Option(
        "epochs", str, "astrom_epoch", "Multi-epoch table of these stars; none: source_id alone tells them"
    ),
    Option("namespace", str, None, "Without a multi-epoch table: what source_id is, such as HIP or Gaia DR3"),
    Option("lists", str, None, "Tables to compare with, separated by commas; by default the known ones"),
    Option("hgca_chi2", float, 11.8, "chi2 above which HGCA holds a star for accelerating", minimum=0.0),
    Option("radius", float, 5.0, "Radius [arcsec] for lists without a common identifier", minimum=1e-3),
    Option("graph", bool, True, "Also by matches.identifiers, which is built where it is missing or old"),
)


def _count(name: str, about: str) -> Column:
    return Column(name=name, type="INTEGER", ucd="meta.number", unit="", about=about, principal=True)


_RUN = _text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings")
_STARS = _text("stars_run", "meta.id", "Run of the stars; NULL if their table has none", nullable=True)
_ACC = {
    "acc_ra": "arith.rate;pos.pm;pos.eq.ra",
    "acc_dec": "arith.rate;pos.pm;pos.eq.dec",
}

RESULT = Table(
    name="acceleration_comparison",
    schema="results",
    title="Stars of a run in the known lists",
    about="For each star and row of a known list: what the list knows, what we found, and whether both agree",
    unique=False,
    columns=(
        _text("source_id", "meta.id;meta.main", "The star, as in the table of stars"),
        _text("list_name", "meta.id;meta.table", "Table of the list"),
        _text("list_id", "meta.id.cross", "source_id of the row in the list, as text"),
        _text(
            "matched_by",
            "meta.code",
            "Namespace of the common identifier, identifiers (through others), or position",
        ),
        _number("separation", "pos.angDistance", "arcsec", "Separation where matched by position"),
        Column(
            name="claimed",
            type="BOOLEAN",
            ucd="meta.code",
            about="Whether the list holds the star for not alone; NULL where it says nothing of that",
        ),
        _text("known_type", "meta.code.class", "Kind of solution, grade or notes in the list", nullable=True),
        _number("known_period", "time.period;src.orbital", "yr", "Period in the list"),
        _number("known_size", "phys.size", "AU", "Projected separation of the pair in the list"),
        _number(
            "known_angle", "pos.angDistance", "mas", "Semi-major axis or separation as an angle in the list"
        ),
        _number("known_chi2", "stat.fit.chi2", "", "Chi-square of uniform motion in the list"),
        _number("p", "stat.probability", "", "Our probability of uniform motion"),
        _number("q_fdr", "stat.probability", "", "Our false-discovery rate at which the star is just found"),
        *(
            _number(name, ucd, "mas.yr**-2", f"Our {name}, where the table of stars has it")
            for name, ucd in _ACC.items()
        ),
        _text("motion_class", "meta.code.class", f"Ours: {', '.join(CLASSES)}"),
        _text(
            "agreement",
            "meta.code",
            f"Who holds the star for accelerating: {', '.join(AGREEMENTS)}; NULL if the list is silent",
            nullable=True,
        ),
        _number(
            "pull_ra", "stat.value;pos.pm;pos.eq.ra", "", "Difference of the motions over its error, in ra"
        ),
        _number(
            "pull_dec",
            "stat.value;pos.pm;pos.eq.dec",
            "",
            "Difference of the motions over its error, in dec",
        ),
        _number("pull_chi2", "stat.fit.chi2", "", "Chi-square of equal motions (2 degrees of freedom)"),
        _STARS,
        _RUN,
    ),
)

SUMMARY = Table(
    name="acceleration_comparison_list",
    schema="results",
    title="A run against each known list",
    about="For each known list, how many stars it has in common with a run and what they were found to be",
    unique=False,
    columns=(
        _text("list_name", "meta.id;meta.table", "Table of the list"),
        _text("matched_by", "meta.code", "How its rows were found", nullable=True),
        _count("n_common", "Stars in common"),
        _count("n_claimed", "Of them, stars that the list holds for not alone"),
        _count("n_tested", "Of them, stars that were tested"),
        _count("n_accelerating", "Of them, stars found accelerating"),
        _count("n_uniform", "Of them, stars found uniform (the low tail of chi-square)"),
        _count("n_claimed_accelerating", "Stars that the list holds for not alone and we for accelerating"),
        _number("size_mean", "phys.size;stat.mean", "AU", "Mean separation of the pairs"),
        _number("size_median", "phys.size;stat.median", "AU", "Median separation of the pairs"),
        _number(
            "period_mean",
            "time.period;stat.mean",
            "yr",
            "Mean period: the list's, or of two suns with half of the separation as semi-major axis",
        ),
        _number("period_median", "time.period;stat.median", "yr", "Median period, likewise"),
        _count("n_motion", "Stars whose motion was compared"),
        _number("within_3_ra", "stat.value", "", "Share with |pull_ra| below 3; 0.9973 expected"),
        _number("within_3_dec", "stat.value", "", "Share with |pull_dec| below 3; 0.9973 expected"),
        _number("within_3_both", "stat.value", "", "Share with pull_chi2 below 9; 0.9889 expected"),
        _STARS,
        _RUN,
    ),
)

RESULTS = (RESULT, SUMMARY)
