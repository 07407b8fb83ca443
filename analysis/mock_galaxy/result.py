"""What a simulated galaxy can be asked to be, and the table of its stars."""

from __future__ import annotations

from functools import partial

from analysis.columns import number, text
from analysis.galaxy import sun
from analysis.galaxy.mock import DISTRIBUTIONS, SELECTIONS
from analysis.options import Option
from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Column, Position, Table

_number = partial(number, principal=True)

OPTIONS = (
    Option("n_stars", int, 54_000, "Number of stars", minimum=1),
    Option("seed", int, 2026, "Seed: the same one gives the same stars", minimum=0),
    Option("output", str, "mock_star", "Name of the table, in the schema results; its stars are replaced"),
    *sun.OPTIONS,
    Option("vc", float, 234.0, "True circular velocity at R0 [km/s]"),
    Option("slope", float, -1.83, "Its slope [km/s/kpc]"),
    Option("scale_length", float, 2.5, "Scale length of the tracers' density, as it enters Jeans [kpc]"),
    Option("scale_height", float, 0.3, "Their scale height: density as sech^2(z/2h) [kpc]"),
    Option("sigma_r", float, 35.0, "sqrt <vR^2> at R0 [km/s]"),
    Option("sigma_scale", float, 16.0, "Scale length with which it falls exponentially [kpc]"),
    Option("sigma_z_ratio", float, 0.5, "Vertical dispersion as a fraction of the radial one"),
    Option("tilt", float, 1.0, "Tilt of the velocity ellipsoid: 1 points to the centre, 0 has no cross term"),
    Option("break_radius", float, None, "Radius beyond which the tracers' density falls faster [kpc]"),
    Option("outer_scale_length", float, 1.5, "Scale length beyond it [kpc]"),
    Option("skewness", float, 0.0, "Skewness of vphi; mean and variance stay"),
    Option("streaming_vr", float, 0.0, "Amplitude of a two-armed pattern in vR, beside Jeans [km/s]"),
    Option("streaming_vphi", float, 0.0, "The same in vphi [km/s]"),
    Option("streaming_pitch", float, 90.0, "Pitch angle of the pattern [deg]: 90 is a bar, less winds"),
    Option("streaming_phase", float, 25.0, "Azimuth of its crest at R0 [deg], along the rotation"),
    Option("warp", float, 0.0, "Height of a warp at 20 kpc [kpc]"),
    Option("warp_start", float, 9.0, "Radius where it begins [kpc]"),
    Option("warp_phase", float, 15.0, "Azimuth of its line of nodes [deg]"),
    Option("thick_fraction", float, 0.0, "Fraction of the stars that are of a thick disc", minimum=0.0),
    Option("thick_scale_length", float, 2.0, "Scale length of the thick disc's density [kpc]"),
    Option("thick_scale_height", float, 0.9, "Its scale height [kpc]"),
    Option("thick_sigma_r", float, 60.0, "sqrt <vR^2> of it at R0 [km/s]"),
    Option("selection", str, "uniform", "Where the survey has stars: see docs/galaxy.md", SELECTIONS),
    Option("r_min", float, 5.0, "Smallest R of the survey [kpc]"),
    Option("r_max", float, 25.0, "Largest R of the survey [kpc]"),
    Option("wedge", float, 30.0, "Largest azimuth from the Sun's, of uniform and steep [deg]"),
    Option("z_max", float, 3.0, "Largest height above the plane [kpc]"),
    Option("dist_error", float, 0.15, "Standard error of distances, as a fraction", minimum=0.0),
    Option("dist_distribution", str, "normal", "Distribution of their errors", DISTRIBUTIONS),
    Option("dist_zero_point", float, 0.0, "Fraction by which all distances are too large"),
    Option("pm_error", float, 0.02, "Error of each proper motion [mas/yr]", minimum=0.0),
    Option("pm_zero_point", float, 0.0, "Added to both proper motions [mas/yr]"),
    Option("rv_error", float, 2.0, "Error of radial velocities [km/s]", minimum=0.0),
    Option("rv_zero_point", float, 0.0, "Added to radial velocities [km/s]"),
    Option("parallax_error", float, 0.02, "Error of parallaxes [mas]", minimum=0.0),
    Option("parallax_zero_point", float, 0.0, "Added to parallaxes [mas]; about -0.03 in Gaia"),
)


def _with_error(name: str, ucd: str, unit: str, about: str) -> tuple[Column, Column]:
    return (
        _number(name, ucd, unit, about),
        number(f"{name}_error", f"stat.error;{ucd}", unit, f"Standard error of {name}"),
    )


_MEASURED = (
    *(ASTROMETRY[name] for name in ("ra", "dec", "ref_epoch", "parallax", "parallax_error")),
    *(ASTROMETRY[name] for name in ("pmra", "pmra_error", "pmdec", "pmdec_error")),
    *(ASTROMETRY[name] for name in ("radial_velocity", "radial_velocity_error")),
    *_with_error("dist", "pos.distance;pos.heliocentric", "kpc", "Distance, with its simulated error"),
    *_with_error("teff", "phys.temperature.effective", "K", "Effective temperature"),
    *_with_error("logg", "phys.gravity", "", "Surface gravity, log of cm/s2"),
    *_with_error("fe_h", "phys.abund.Fe", "", "[Fe/H], dex"),
    *_with_error("alpha_fe", "phys.abund", "", "[alpha/Fe], dex"),
    _number("phot_g_mean_mag", "phot.mag;em.opt", "mag", "Magnitude in Gaia's G"),
    _number("bp_rp", "phot.color;em.opt.B;em.opt.R", "mag", "BP - RP colour"),
    _number("j_m", "phot.mag;em.IR.J", "mag", "Magnitude in J"),
    _number("h_m", "phot.mag;em.IR.H", "mag", "Magnitude in H"),
    _number("k_m", "phot.mag;em.IR.K", "mag", "Magnitude in Ks"),
    number("a_ks", "phys.absorption;em.IR.K", "mag", "Extinction in Ks, known to 10 per cent"),
)

_TRUE = (
    number("true_dist", "pos.distance;pos.heliocentric", "kpc", "True distance"),
    number("true_r", "pos.distance;pos.galactic", "kpc", "True distance from the Galaxy's axis"),
    number("true_phi", "pos.posAng;pos.galactic", "rad", "True azimuth: 0 at the Sun, growing with rotation"),
    number("true_z", "pos.distance;pos.galactic", "kpc", "True height above the plane"),
    number("true_vr", "phys.veloc", "km.s**-1", "True velocity outward"),
    number("true_vphi", "phys.veloc.rotat", "km.s**-1", "True velocity along the rotation"),
    number("true_vz", "phys.veloc", "km.s**-1", "True velocity to the north"),
    number("true_vc", "phys.veloc.rotat", "km.s**-1", "True circular velocity at true_r"),
    number("true_m_ks", "phys.magAbs;em.IR.K", "mag", "True absolute magnitude in Ks"),
    number("true_a_ks", "phys.absorption;em.IR.K", "mag", "True extinction in Ks"),
)

RESULT = Table(
    name="mock_star",
    schema="results",
    title="Simulated stars of a disc",
    about="Simulated: one row for each giant of a made-up disc, as a survey would list it, with its truth",
    frame="ICRS",
    positions=(Position(name="simulated", about="Simulated position at 2016.0"),),
    columns=(
        text("source_id", "meta.id;meta.main", "Name of the simulated star", nullable=False),
        *_MEASURED,
        Column(
            name="simulated",
            type="BOOLEAN",
            ucd="meta.code.class",
            about="Always true: the star does not exist",
            nullable=False,
            principal=True,
        ),
        text("component", "meta.code.class", "Disc that it is of: thin or thick", nullable=False),
        *_TRUE,
        ASTROMETRY["hpx29"],
        text("run_id", "meta.id", "Run that made the row; provenance.runs has its settings", nullable=False),
    ),
)
