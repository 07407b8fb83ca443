"""What injection and recovery can be asked, and the two tables that it writes."""

from __future__ import annotations

from analysis.columns import number, text
from analysis.options import Option
from catalogdb.schema import Column, Table

KINDS = ("acceleration", "companion", "blend", "outlier")

OPTIONS = (
    Option("epochs", str, "astrom_epoch", "Multi-epoch table, as `catalogdb epochs` writes it"),
    Option("kind", str, "acceleration", "What is injected", choices=KINDS),
    Option(
        "noise",
        str,
        "observed",
        "observed: into the entries as they are, whatever else is wrong with them; simulated: into "
        "entries redrawn from uniform motion with their own errors, so that every other find is false",
        choices=("observed", "simulated"),
    ),
    Option("fraction", float, 0.5, "Share of the stars that are injected", minimum=0.0),
    Option("snr_min", float, 0.3, "acceleration: smallest signal-to-noise injected", minimum=1e-3),
    Option("snr_max", float, 30.0, "acceleration: largest signal-to-noise injected", minimum=1e-3),
    Option("star_mass", float, 1.0, "companion: mass of every star [solMass]", minimum=1e-3),
    Option("mass_min", float, 0.05, "companion: smallest mass [solMass]", minimum=1e-4),
    Option("mass_max", float, 1.0, "companion: largest mass [solMass]", minimum=1e-4),
    Option("separation_min", float, 3.0, "companion: smallest semi-major axis [au]", minimum=1e-2),
    Option("separation_max", float, 300.0, "companion: largest semi-major axis [au]", minimum=1e-2),
    Option(
        "systematics",
        float,
        0.0,
        "Every catalogue but the most precise is turned, spun and given an equation in magnitude, each "
        "by this many of its own median errors, in a random direction",
        minimum=0.0,
    ),
    Option(
        "error_factor",
        float,
        1.0,
        "noise simulated: how much larger the true errors are than the stated ones, but for the most "
        "precise catalogue",
        minimum=1e-3,
    ),
    Option("calibrate", bool, False, "Calibrate the catalogues on the injected entries before the test"),
    Option("p_limit", float, 1e-3, "A star counts as found at p_acc up to this", minimum=0.0),
    Option("q_limit", float, 0.01, "A star counts as found at q_fdr up to this", minimum=0.0),
    Option("bins", int, 12, "Bins of the completeness curve", minimum=1),
    Option("seed", int, 1, "Seed of the random numbers", minimum=0),
)


_KIND = text("kind", "meta.code.class", "acceleration, companion, blend or outlier", nullable=False)
_RUN = Column(
    name="run_id",
    type="VARCHAR",
    ucd="meta.id",
    about="Run that computed the row; provenance.runs has its settings",
    nullable=False,
)

RATES = Table(
    name="injection_recovery",
    schema="results",
    title="Injection and recovery",
    about="How many of the stars that were made to accelerate the test finds, bin by bin, and how many "
    "of the others; one row per measure, criterion and bin",
    columns=(
        _KIND,
        text(
            "measure",
            "meta.code",
            "completeness: of injected stars; untouched: of the others (false if the noise is simulated); "
            "fdr: untouched among all that are found",
            nullable=False,
        ),
        text("criterion", "meta.note", "When a star counts as found, such as p_acc <= 0.001", nullable=False),
        text(
            "quantity",
            "meta.note",
            "What is binned: snr, acceleration, mass, separation, displacement; untouched: p_acc; NULL: all",
        ),
        number("bin_low", "stat.value;stat.min", "", "Lower limit of the bin, in `bin_unit`", principal=True),
        number(
            "bin_high", "stat.value;stat.max", "", "Upper limit of the bin, in `bin_unit`", principal=True
        ),
        text("bin_unit", "meta.unit", "Unit of the limits (VOUnit); NULL where they have none"),
        Column(name="n_star", type="BIGINT", ucd="meta.number", unit="", about="Stars", principal=True),
        Column(
            name="n_found", type="BIGINT", ucd="meta.number", unit="", about="Of them found", principal=True
        ),
        number("rate", "stat.value", "", "n_found / n_star; NULL of no star", principal=True),
        number("rate_low", "stat.value;stat.min", "", "Lower limit of its 95 % confidence interval (Wilson)"),
        number(
            "rate_high", "stat.value;stat.max", "", "Upper limit of its 95 % confidence interval (Wilson)"
        ),
        number(
            "predicted",
            "stat.value",
            "",
            "Rate that the entries' covariance predicts for the injected signals; for untouched the nominal "
            "one, for fdr q times the share of stars without injection; NULL of observed noise",
            principal=True,
        ),
        _RUN,
    ),
)

STARS = Table(
    name="injection_star",
    schema="results",
    title="Stars of an injection",
    about="One row per star of an injection run: what was injected, and what the test says of it",
    columns=(
        text("source_id", "meta.id;meta.main", "The star: obj_id of the multi-epoch table", nullable=False),
        _KIND,
        Column(
            name="injected", type="BOOLEAN", ucd="meta.code", about="Whether anything was", principal=True
        ),
        number(
            "acc_ra",
            "arith.rate;pos.pm;pos.eq.ra",
            "mas.yr**-2",
            "By how much the injection changes the fitted acceleration, right ascension times cos(dec)",
        ),
        number(
            "acc_dec",
            "arith.rate;pos.pm;pos.eq.dec",
            "mas.yr**-2",
            "By how much the injection changes the fitted acceleration, declination",
        ),
        number(
            "snr", "stat.snr", "", "Signal-to-noise of that change by the entries' covariance", principal=True
        ),
        number("mass", "phys.mass", "solMass", "companion: its mass"),
        number(
            "separation", "phys.size.smajAxis;src.orbital", "au", "companion: semi-major axis of the orbit"
        ),
        number(
            "displacement",
            "pos.angDistance",
            "mas",
            "blend: distance of the neighbour; outlier: of the wrong place",
        ),
        number(
            "p_acc", "stat.probability", "", "p_acc of the test, as in results.acceleration", principal=True
        ),
        number(
            "q_fdr", "stat.probability", "", "q_fdr of the test, as in results.acceleration", principal=True
        ),
        _RUN,
    ),
)

RESULTS = (RATES, STARS)
