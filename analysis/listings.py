"""The rows each simulated catalogue lists, in the columns that its specification gives.

Pure. Every function takes what the survey sees and a generator, and returns arrays by column:
degrees, mas, mas/yr and Julian years, NaN or a masked element for a missing value. Errors are
rounded to the catalogue's own step before the noise is drawn, so that what is listed is exact.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from analysis.surveys import (
    View,
    correlated,
    gaia_ids,
    growing,
    near_pole,
    noisy_position,
    random_correlations,
    stepped,
    with_noise,
)
from analysis.truesky import Array
from catalogdb.astrometry import PARAMETERS
from catalogdb.epoch import Astrometry

Columns = dict[str, npt.NDArray[np.generic]]
Rng = np.random.Generator

ERRORS = tuple(f"{name}_error" for name in PARAMETERS)
CORRELATIONS = tuple(f"{a}_{b}_corr" for a, b in combinations(PARAMETERS, 2))

J2000_JD = 2451545.0
MJD_OF_J2000 = 51544.5


def missing(values: Array, where: npt.NDArray[np.bool_]) -> Array:
    """Return the values with NaN where there is none."""
    return np.where(where, np.nan, values)


def five_parameters_names() -> tuple[str, ...]:
    """Return the names of the astrometric columns with covariance, without the epoch."""
    return (*PARAMETERS, *ERRORS, *CORRELATIONS)


def five_parameters(star: Astrometry, errors: Array, correlations: Array) -> Columns:
    """Return Gaia's fifteen astrometric columns of listed astrometry."""
    columns: Columns = {"ra": star.ra, "dec": star.dec, "ref_epoch": star.epoch_yr}
    columns |= {"parallax": star.parallax, "pmra": star.pmra, "pmdec": star.pmdec}
    columns |= {name: errors[:, i] for i, name in enumerate(ERRORS)}
    columns |= {name: correlations[:, i] for i, name in enumerate(CORRELATIONS)}
    return columns


def hipparcos(view: View, rng: Rng) -> tuple[Columns, Columns]:
    """Return hip_main and the new reduction: the same observations, so 0.8 of the noise is common."""
    true = view.at(1991.25)
    m = len(view)
    correlations = random_correlations(m, 0.4, rng)
    size = np.array([0.8, 0.7, 1.0, 0.9, 0.8]) * growing(view.mag["v"], 1.0, 8.5)[:, None]
    common, own = rng.standard_normal((2, m, 5))
    hip = hip_numbers(view)
    colour = np.round(view.mag["b"] - view.mag["v"], 3)
    old = stepped(size, 0.01)
    first = with_noise(true, correlated(old, correlations, common))
    columns = {"source_id": hip, **five_parameters(first, old, correlations)}
    columns |= {"vmag": np.round(view.mag["v"], 2), "b_v": colour}
    # The catalogue lists some stars without astrometry.
    blank = np.zeros(m, bool)
    blank[rng.choice(m, 5, replace=False)] = True
    for name in five_parameters_names():
        columns[name] = missing(np.asarray(columns[name], np.float64), blank)
    new = stepped(0.8 * size, 0.01)
    second = with_noise(true, correlated(new, correlations, 0.8 * common + 0.6 * own))
    columns2 = {"source_id": hip, **five_parameters(second, new, correlations)}
    columns2 |= {"hpmag": np.round(view.mag["v"] + 0.1, 4), "b_v": colour}
    columns2 |= {"sn": np.full(m, 5), "so": np.zeros(m, int), "nc": np.ones(m, int)}
    columns2 |= {"ntr": rng.integers(60, 180, m), "f2": np.round(rng.standard_normal(m), 2)}
    return columns, columns2


def hip_numbers(view: View) -> npt.NDArray[np.int64]:
    """Return numbers that follow right ascension, as Hipparcos's do."""
    rank = np.empty(len(view.sky), np.int64)
    rank[np.argsort(view.sky.star.ra)] = np.arange(1, len(view.sky) + 1)
    return rank[view.rows]


def tycho2(view: View, rng: Rng) -> Columns:
    """Return the observed position near 1991 and the mean one at 2000 with its proper motion."""
    m = len(view)
    v = view.mag["v"]
    epoch = np.round(1990.0 + rng.uniform(0.8, 2.2, (2, m)), 2)
    observed_error = stepped(growing(v, 6.0, 8.5), 1.0)
    epoch[1] = np.where(near_pole(view), epoch[0], epoch[1])
    ra = view.at(epoch[0]).ra
    dec = view.at(epoch[1]).dec
    ra, dec = noisy_position(ra, dec, np.stack([observed_error] * 2), rng)
    mean, motion_error, mean_error, mean_epoch = _tycho2_mean(view, rng)
    gone = rng.random(m) < 0.03
    listed = {
        "ra": mean.ra,
        "dec": mean.dec,
        "pmra": np.round(mean.pmra, 1),
        "pmdec": np.round(mean.pmdec, 1),
        "ra_error": np.hypot(mean_error, motion_error * (2000.0 - mean_epoch[0])),
        "dec_error": np.hypot(mean_error, motion_error * (2000.0 - mean_epoch[1])),
        "pmra_error": motion_error,
        "pmdec_error": motion_error,
        "e_ramdeg": mean_error,
        "e_demdeg": mean_error,
        "epram": mean_epoch[0],
        "epdem": mean_epoch[1],
    }
    columns: Columns = {name: missing(values, gone) for name, values in listed.items()}
    columns["pflag"] = np.ma.MaskedArray(np.full(m, "X"), mask=~gone)
    number = hip_numbers(view) - 1
    columns |= {"tyc1": 1 + number // 9000, "tyc2": 1 + number % 9000, "tyc3": np.ones(m, int)}
    columns |= {
        "source_id": np.array([f"{1 + i // 9000}-{1 + i % 9000}-1" for i in number]),
        "ref_epoch": np.full(m, 2000.0),
        "observed_ra": ra,
        "observed_dec": dec,
        "observed_ra_epoch": epoch[0],
        "observed_dec_epoch": epoch[1],
        "observed_ra_error": observed_error,
        "observed_dec_error": observed_error,
        "corr": np.zeros(m),
    }
    return columns | _tycho2_magnitudes(view, rng)


def _tycho2_magnitudes(view: View, rng: Rng) -> Columns:
    """Return BT and VT, by the linear relations to Johnson's B and V of ESA SP-1200, vol. 1, sect. 1.3."""
    v = view.mag["johnson_v"]
    colour = (view.mag["johnson_b"] - v) / 0.850
    error = stepped(growing(v, 0.010, 9.0, 0.3), 0.001)
    noise = error * rng.standard_normal((2, len(view)))
    vt = v + 0.090 * colour
    listed = {"btmag": np.round(vt + colour + noise[0], 3), "vtmag": np.round(vt + noise[1], 3)}
    return {**listed, "e_btmag": error, "e_vtmag": error}


def _tycho2_mean(view: View, rng: Rng) -> tuple[Astrometry, Array, Array, Array]:
    """Return the mean astrometry at 2000, the errors of motion and mean position, and its epochs (2, m).

    Position and motion are uncorrelated at the mean epochs, near 1985; at 2000 they are not.
    """
    m, v = len(view), view.mag["v"]
    epochs = np.round(rng.uniform(1980.0, 1990.0, (2, m)), 2)
    mean_error = stepped(growing(v, 10.0, 10.5), 1.0)
    motion_error = stepped(growing(v, 1.2, 9.5), 0.1)
    unit = rng.standard_normal((4, m))
    years = 2000.0 - epochs
    noise = np.zeros((m, 5))
    noise[:, :2] = (mean_error * unit[:2] + motion_error * unit[2:] * years).T
    noise[:, 3:] = (motion_error * unit[2:]).T
    return with_noise(view.at(2000.0), noise), motion_error, mean_error, epochs


def twomass(view: View, rng: Rng) -> Columns:
    """Return single-epoch positions of 1997 to 2001 with error ellipses; a few sources stand twice."""
    twice = np.zeros(len(view), bool)
    twice[rng.choice(len(view), 8, replace=False)] = True
    view = _repeated(view, twice)
    m = len(view)
    jd = np.round(2450600.0 + rng.uniform(0.0, 1370.0, m), 4)
    epoch = 2000.0 + (jd - J2000_JD) / 365.25
    major = stepped(growing(view.mag["j"], 0.07, 14.5, 0.4), 0.01)
    minor = np.minimum(stepped(growing(view.mag["j"], 0.06, 14.5, 0.35), 0.01), major)
    angle = rng.integers(0, 180, m)
    errors, corr = ellipse_errors(major * 1000.0, minor * 1000.0, angle)
    true = view.at(epoch)
    ra, dec = noisy_position(true.ra, true.dec, errors, rng, corr)
    ra, dec = np.round(ra, 6) % 360.0, np.round(dec, 6)
    name = designations(ra, dec, 2, 1, point=False)
    columns: Columns = {
        "source_id": name,
        "ra": ra,
        "dec": dec,
        "ref_epoch": epoch,
        "ra_error": errors[0],
        "dec_error": errors[1],
        "ra_dec_corr": corr,
        "err_maj": major,
        "err_min": minor,
        "err_ang": angle,
        "jdate": jd,
        "j_m": np.round(view.mag["j"], 3),
        "h_m": np.round(view.mag["h"], 3),
        "k_m": np.round(view.mag["k"], 3),
    }
    _, first = np.unique(name, return_index=True)  # two detections of one star may share a name
    return {key: values[np.sort(first)] for key, values in columns.items()}


def _repeated(view: View, twice: npt.NDArray[np.bool_]) -> View:
    rows = np.append(np.arange(len(view)), np.flatnonzero(twice))
    return view.select(rows)


def ellipse_errors(major: Array, minor: Array, angle_deg: npt.ArrayLike) -> tuple[Array, Array]:
    """Return errors east and north (2, m) and their correlation, of ellipses by position angle."""
    angle = np.radians(np.asarray(angle_deg, np.float64))
    sin, cos = np.sin(angle), np.cos(angle)
    east = np.hypot(major * sin, minor * cos)
    north = np.hypot(major * cos, minor * sin)
    return np.stack([east, north]), (major**2 - minor**2) * sin * cos / (east * north)


def designations(ra: Array, dec: Array, ra_decimals: int, dec_decimals: int, *, point: bool) -> Array:
    """Return truncated sexagesimal names, HHMMSS[.]ss+DDMMSS[.]s, as 2MASS and WISE write them."""
    # The epsilon keeps a coordinate such as 15 deg, held as 14.99999..., from losing a unit.
    units = np.floor(ra * 240.0 * 10**ra_decimals + 1e-6).astype(np.int64)
    parts = np.floor(np.abs(dec) * 3600.0 * 10**dec_decimals + 1e-6).astype(np.int64)
    dot = "." if point else ""
    names = []
    for a, d, sign in zip(units.tolist(), parts.tolist(), np.signbit(dec).tolist(), strict=True):
        h, d0 = _sexagesimal(a, ra_decimals, dot), _sexagesimal(d, dec_decimals, dot)
        names.append(f"{h}{'-' if sign else '+'}{d0}")
    return np.array(names)


def _sexagesimal(units: int, decimals: int, dot: str) -> str:
    whole, rest = divmod(units, 10**decimals)
    return f"{whole // 3600:02d}{whole // 60 % 60:02d}{whole % 60:02d}{dot}{rest:0{decimals}d}"


def allwise(view: View, rng: Rng) -> Columns:
    """Return positions of 2010; in one row of a hundred the mean date of observation is missing."""
    m = len(view)
    mjd = np.round(55203.0 + rng.uniform(0.0, 390.0, m), 8)
    epoch = 2000.0 + (mjd - MJD_OF_J2000) / 365.25
    errors = np.stack([stepped(growing(view.mag["w1"], 35.0, 13.0), 0.1)] * 2)
    co_error = np.round(rng.uniform(-0.5, 0.5, m) * errors[0] / 1000.0, 4)
    corr = np.sign(co_error) * (co_error * 1000.0) ** 2 / (errors[0] * errors[1])
    true = view.at(epoch)
    ra, dec = noisy_position(true.ra, true.dec, errors, rng, corr)
    ra, dec = np.round(ra, 7) % 360.0, np.round(dec, 7)
    undated = rng.random(m) < 0.01
    columns: Columns = {
        "source_id": np.array([f"J{name}" for name in designations(ra, dec, 2, 1, point=True)]),
        "ra": ra,
        "dec": dec,
        "ref_epoch": missing(epoch, undated),
        "w1mjdmean": missing(mjd, undated),
        "ra_error": errors[0],
        "dec_error": errors[1],
        "ra_dec_corr": corr,
        "sigradec": co_error,
    }
    return columns | {f"{w}mpro": np.round(view.mag[w], 3) for w in ("w1", "w2", "w3", "w4")}


def gaia(view: View, epoch_yr: float, unit_normal: Array, months: float, rng: Rng) -> Columns:
    """Return five-parameter solutions from `months` of observations; one star in 25 has a position only.

    `unit_normal` (m, 5) is given, so that two releases can share data.
    """
    m = len(view)
    g = view.mag["g"]
    growth = growing(g, 1.0, 13.0) * (22.0 / months) ** 0.5
    errors = 0.024 * np.array([0.9, 0.8, 1.2, 26.0 / months, 24.0 / months]) * growth[:, None]
    errors = errors * np.exp(rng.normal(0.0, 0.15, (m, 1)))
    correlations = random_correlations(m, 0.6, rng)
    star = with_noise(view.at(epoch_yr), correlated(errors, correlations, unit_normal))
    columns: Columns = {"source_id": gaia_ids(view), **five_parameters(star, errors, correlations)}
    two = (rng.random(m) < 0.04) & (view.rows >= 100)  # not the difficult stars, which are to be matched
    for name in (*PARAMETERS[2:], *ERRORS[2:], *CORRELATIONS[1:]):
        columns[name] = missing(np.asarray(columns[name], np.float64), two)
    velocity_error = np.round(0.05 + 2.0 * 10.0 ** (0.3 * (g - 13.0)), 3)
    velocity = star.radial_velocity + velocity_error * rng.standard_normal(m)
    slow = np.hypot(star.pmra, star.pmdec) < 500.0
    without = (g > 13.0) | (slow & (rng.random(m) < 0.2))
    columns |= {
        "radial_velocity": missing(np.round(velocity, 3), without),
        "radial_velocity_error": missing(velocity_error, without),
    }
    return columns | gaia_magnitudes(view, ("g", "bp", "rp"), rng)


def gaia_magnitudes(view: View, bands: tuple[str, ...], rng: Rng) -> Columns:
    """Return mean magnitudes; their errors [mag] are 1.0857 / (flux over error)."""
    columns: Columns = {}
    for band in bands:
        error = growing(view.mag["g"], 0.0004 if band == "g" else 0.003, 14.0)
        noise = error * rng.standard_normal(len(view))
        columns[f"phot_{band}_mean_mag"] = np.round(view.mag[band] + noise, 4)
        # The archive holds the ratio with four bytes.
        columns[f"phot_{band}_mean_flux_over_error"] = (1.0857 / error).astype(np.float32)
    return columns
