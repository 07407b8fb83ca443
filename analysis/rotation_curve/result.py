"""What a rotation curve can be asked, and its tables."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.galaxy import sun
from analysis.options import Option
from analysis.rotation_curve.distances import NOISES
from analysis.runs import OPTION as RUN_ID
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)
_text = partial(text, nullable=False)
_INTEGER = partial(Column, type="INTEGER", unit="", principal=True, nullable=False)

COLUMN_OPTIONS = (
    Option("dist", str, "dist", "Column of the distance [kpc]"),
    Option("dist_error", str, "dist_error", "Column of its standard error [kpc]"),
    Option("rv", str, "radial_velocity", "Column of the radial velocity [km/s]"),
    Option("rv_error", str, "radial_velocity_error", "Column of its error; without one it is taken as 0"),
    Option("alpha_fe", str, "alpha_fe", "Column of [alpha/Fe] for --alpha-max"),
    Option("fe_h", str, "fe_h", "Column of [Fe/H] for --fe-h-min"),
    Option("weight", str, "weight", "Column of weights for --density measured; without one all are alike"),
)

OPTIONS = (
    Option("stars", str, None, "Table of stars with distances", required=True),
    RUN_ID,
    *sun.OPTIONS,
    Option(
        "scale_length",
        float,
        2.5,
        "Scale length of the tracers' density, exponential in R [kpc]: that of the old disc of Robin, Creze "
        "& Mohan 1992, How do the stellar disc and thick disc stop?; 2 to 4.5 are published",
        minimum=0.1,
    ),
    Option("scale_length_error", float, 0.5, "Its error, for e_sys_scale [kpc]", minimum=0.0),
    Option(
        "density",
        str,
        "given",
        "Where the slope of the density is from: the scale length as given, or measured from the stars, "
        "whose weights must undo how the survey chose them",
        choices=("given", "measured"),
    ),
    Option(
        "scale_height",
        float,
        0.3,
        "Scale height for the cross term, density as sech^2(z/2h) [kpc]: of the thin disc 0.3 to 0.4 (Sparke "
        "& Gallagher 2007, Galaxies in the Universe)",
        minimum=0.01,
    ),
    Option(
        "scale_height_error",
        float,
        0.1,
        "Its error, for e_sys_height [kpc]: as far as those published for the thin disc are apart",
        minimum=0.0,
    ),
    Option(
        "flare",
        float,
        None,
        "Length in R over which the scale height grows by e from what it is at R0 [kpc]; none: it is the same"
        " everywhere. The scale length is then that of the surface density",
        minimum=0.1,
    ),
    Option(
        "bin", float, 0.5, "Width of the bins [kpc]; one of fewer than --min-count stars takes in the next"
    ),
    Option("range", str, "5,25", "Smallest and largest R [kpc]"),
    Option("edges", str, None, "Edges of the bins [kpc] instead, as 5,6,8,12"),
    Option("min_count", int, 30, "Fewest stars of a bin", minimum=3),
    Option("bootstraps", int, 500, "Replicates of the stars of each bin, for the errors", minimum=20),
    Option("seed", int, 2026, "Seed of the random numbers", minimum=0),
    Option(
        "distance_errors",
        str,
        "deconvolve",
        "Whether what errors of distance do to bins and velocities is undone, or ignored",
        choices=("deconvolve", "ignore"),
    ),
    Option(
        "distance_noise",
        str,
        "normal",
        "Distribution of these errors: of the distance, or of the distance modulus",
        choices=NOISES,
    ),
    Option("dispersion", str, "bins", "<vR^2> of each bin, or smoothed by its fit", choices=("bins", "fit")),
    Option(
        "dispersion_degree",
        int,
        1,
        "Degree in R of ln <vR^2>, whose slope the Jeans equation needs: 1 is an exponential",
        minimum=1,
    ),
    Option(
        "cross",
        str,
        "measured",
        "Tilt of the velocity ellipsoid for the cross term: measured (one number for all stars), spherical "
        "(towards the centre), or none",
        choices=("measured", "spherical", "none"),
    ),
    Option("z_max", float, None, "Largest |z| of the stars [kpc]", minimum=0.0),
    Option("wedge", float, None, "Largest angle from the Sun's azimuth [deg]", minimum=0.0),
    Option("vz_max", float, None, "Largest |vz| of the stars [km/s]", minimum=0.0),
    Option("alpha_max", float, None, "Largest [alpha/Fe] of the stars"),
    Option("fe_h_min", float, None, "Smallest [Fe/H] of the stars"),
    Option(
        "systematics",
        str,
        "all",
        "Whether the curve is made again with other assumptions, for e_sys and the table of systematics",
        choices=("all", "none"),
    ),
    Option("sectors", int, 3, "Parts in azimuth, of equal numbers of stars, that are compared", minimum=2),
    Option(
        "distance_scale_error", float, 0.05, "Relative error of all distances, for e_sys_dist", minimum=0.0
    ),
    Option(
        "distance_scatter_error",
        float,
        0.33,
        "By which fraction the errors of distances may be wrong, for e_sys_scatter",
        minimum=0.0,
    ),
    Option(
        "vsun_error",
        float,
        1.4,
        "Error of the Sun's velocity along the rotation, for e_sys_vsun [km/s]: that of R0 (GRAVITY 2018) "
        "and of the motion of Sgr A* (Reid & Brunthaler 2004)",
        minimum=0.0,
    ),
    Option("r0_error", float, 0.031, "Error of R0, for e_sys_r0 [kpc] (GRAVITY 2018)", minimum=0.0),
    *COLUMN_OPTIONS,
)

_VC = "phys.veloc.rotat"
_R = "pos.distance;pos.galactic"
_RUN = _text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings")
_SQUARE = partial(number, unit="km2.s**-2", ucd="phys.veloc;arith.squared")

ERRORS = {
    "e_stat": "Statistical error of vc: bootstraps of the stars of each bin, through all that follows",
    "e_sys_dist": "Error of vc by that of all distances together",
    "e_sys_scatter": "Error by that of the errors of distances",
    "e_sys_scale": "Error by that of the scale length of the tracers",
    "e_sys_height": "Error by that of their scale height",
    "e_sys_flare": "What a scale height that grows with R changes; or that it does, where it was taken to",
    "e_sys_cross": "What another cross term changes: none, spherical or measured tilt, the larger change",
    "e_sys_dispersion": "What one degree more of ln <vR^2> in R changes",
    "e_sys_vsun": "Error by that of the Sun's velocity along the rotation",
    "e_sys_r0": "Error by that of R0",
    "e_sys_azimuth": "Scatter of parts in azimuth beyond their statistical errors",
    "e_sys_side": "Half the difference of north and south beyond its statistical error",
    "e_sys": "All systematic errors, in squares",
}

RESULT = Table(
    name="rotation_curve",
    schema="results",
    title="Rotation curves",
    about="One row for each bin of R: moments of velocities, terms of the Jeans equation, circular velocity",
    reference="Jeans equation: Binney J. & Tremaine S., 2008, Galactic Dynamics, eq. 4.222a",
    unique=False,
    columns=(
        _text("stars", "meta.dataset", "Table of the stars"),
        _INTEGER(name="bin_id", ucd="meta.id.part", about="Number of the bin, from 0 inwards out"),
        _number("r_lo", f"{_R};stat.min", "kpc", "Inner edge"),
        _number("r_hi", f"{_R};stat.max", "kpc", "Outer edge"),
        _number("r_mean", f"{_R};stat.mean", "kpc", "Mean R of its stars: where vc is"),
        _INTEGER(name="n", ucd="meta.number", about="Stars"),
        _number("vphi", "phys.veloc.rotat;stat.mean", "km.s**-1", "Mean velocity along the rotation"),
        _SQUARE(name="vphi2", about="<vphi^2>, freed of errors", principal=True),
        _SQUARE(name="vr2", about="<vR^2>, freed of errors", principal=True),
        _SQUARE(name="vz2", about="<vz^2>, freed of errors"),
        _number("dlnnu", "arith.grad", "", "dln nu/dlnR of the tracers' density"),
        _number("dlnvr2", "arith.grad", "", "dln <vR^2>/dlnR"),
        _number("e_dlnvr2", "stat.error", "", "Its standard error"),
        _SQUARE(name="cross_term", about="(R/nu) d(nu <vR vz>)/dz"),
        _number("vc", _VC, "km.s**-1", "Circular velocity by the Jeans equation"),
        number("vc_drift", _VC, "km.s**-1", "The same by the asymmetric drift of the mean velocity"),
        number(
            "bias_dist",
            f"{_VC};arith.diff",
            "km.s**-1",
            "What errors of distance did to vc, which was taken off; NULL where it was not",
        ),
        *(
            _number(
                name, ("stat.error" if name == "e_stat" else "stat.error.sys") + f";{_VC}", "km.s**-1", about
            )
            for name, about in ERRORS.items()
        ),
        _RUN,
    ),
)

COVARIANCE = Table(
    name="rotation_cov",
    schema="results",
    title="Covariances of rotation curves",
    about="One row for each pair of bins of a curve",
    unique=False,
    columns=(
        _INTEGER(name="bin_i", ucd="meta.id.part", about="First bin"),
        _INTEGER(name="bin_j", ucd="meta.id.part", about="Second bin"),
        _number("r_i", _R, "kpc", "Mean R of the first"),
        _number("r_j", _R, "kpc", "Mean R of the second"),
        _number("cov_stat", "stat.covariance", "km2.s**-2", "Statistical covariance of vc"),
        _number("cov_sys", "stat.covariance", "km2.s**-2", "Systematic covariance of vc: what bins share"),
        _number("cov", "stat.covariance", "km2.s**-2", "Their sum"),
        _RUN,
    ),
)

SYSTEMATIC = Table(
    name="rotation_systematic",
    schema="results",
    title="What rotation curves depend on",
    about="One row for each other assumption and bin: by how much vc changes",
    unique=False,
    columns=(
        _text("assumption", "meta.code", "What was changed"),
        _text("change", "meta.note", "Into what, in words"),
        _number("shift", "stat.value", "", "By how much, in the unit that the words say; NULL for no number"),
        _INTEGER(name="bin_id", ucd="meta.id.part", about="Number of the bin"),
        _number("r_mean", _R, "kpc", "Mean R of its stars"),
        Column(
            name="n", type="INTEGER", unit="", ucd="meta.number", about="Stars, where a part of them is used"
        ),
        _number("dvc", f"{_VC};arith.diff", "km.s**-1", "vc with it, less vc"),
        _number(
            "e_dvc", f"stat.error;{_VC}", "km.s**-1", "Its statistical error; NULL where all stars are used"
        ),
        _RUN,
    ),
)

LINE = Table(
    name="rotation_line",
    schema="results",
    title="Straight lines through rotation curves",
    about="One row for each line vc_R0 + slope (R - R0): of a curve, of it with other assumptions",
    unique=False,
    columns=(
        _text("stars", "meta.dataset", "Table of the stars"),
        _text("assumption", "meta.code", "What the curve assumes: adopted, or what was changed"),
        _text("change", "meta.note", "Into what"),
        _number("r0", _R, "kpc", "R0 of the line"),
        _number("vc_r0", _VC, "km.s**-1", "vc at R0"),
        _number("e_vc_r0", f"stat.error;{_VC}", "km.s**-1", "Its statistical error"),
        _number("e_sys_vc_r0", f"stat.error.sys;{_VC}", "km.s**-1", "Its systematic error"),
        _number("slope", "arith.grad", "km.s**-1.kpc**-1", "Slope of vc by R"),
        _number("e_slope", "stat.error", "km.s**-1.kpc**-1", "Its statistical error"),
        _number("e_sys_slope", "stat.error.sys", "km.s**-1.kpc**-1", "Its systematic error"),
        _number("corr", "stat.correlation", "", "Correlation of vc_r0 and slope (statistical)"),
        _number(
            "chi2", "stat.fit.chi2", "", "Chi-square of the points about the line, with their covariance"
        ),
        Column(name="dof", type="INTEGER", unit="", ucd="stat.fit.dof", about="Degrees of freedom"),
        text("judgement", "meta.note", "What chi-square says of the errors of the points"),
        _RUN,
    ),
)

RESULTS = (RESULT, COVARIANCE, SYSTEMATIC, LINE)
