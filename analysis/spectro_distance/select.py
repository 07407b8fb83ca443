"""Which stars are luminous red giants, and from whose parallaxes can be learned; every cut is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import healpy
import numpy as np
import numpy.typing as npt

from analysis.spectro_distance.read import NAME, Stars
from analysis.spectro_distance.zero_point import FIVE, ecliptic_latitude_deg, nu_eff_um, zero_point_mas
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Counts = list[tuple[str, int]]

GAIA_ORDER, GAIA_SHIFT = 12, 35
"""A Gaia source_id begins with the star's HEALPix cell of order 12 (Gaia DR3 documentation, source_id)."""
WRONG_SOURCE_DEG = 0.05
"""No star is farther from its cell: cells are 0.014 deg wide, 10 arcsec/yr make 0.04 deg in 16 yr."""


def giants(stars: Stars, settings: Mapping[str, Any]) -> tuple[Bools, Counts]:
    """Return which stars are selected, and what was left out: each star for the first reason."""
    with np.errstate(invalid="ignore"):
        cuts: dict[str, Bools] = {
            "no identifier": np.array([not each for each in stars.ids], np.bool_),
            "no magnitude": ~np.isfinite(stars.get("magnitude")),
            "a label or colour is missing": np.asarray(~np.isfinite(stars.features).all(axis=1), np.bool_),
        }
        if "extinction" in stars.column:
            cuts["no extinction"] = ~np.isfinite(stars.get("extinction"))
        for name in ("teff", "logg"):
            if name in stars.column:
                low, high = settings[f"{name}_min"], settings[f"{name}_max"]
                value = stars.get(name)
                cuts[f"{name} outside {low:g} to {high:g}"] = ~((value >= low) & (value <= high))
        if settings["snr_min"] is not None:
            if "snr" not in stars.column:
                raise AnalysisError(f"{NAME}: snr_min: the table has neither snr nor snrg")
            cuts[f"signal to noise below {settings['snr_min']:g}"] = ~(
                stars.get("snr") >= settings["snr_min"]
            )
    return _counted(cuts, len(stars.ids))


def teachers(stars: Stars, settings: Mapping[str, Any]) -> tuple[Bools, Counts, Bools]:
    """Return whose parallaxes are learned from, what was left out, and who has another star's parallax.

    There is no cut on the parallax or on its signal to noise: either would choose stars by their errors.
    """
    wrong = wrong_source(stars)
    with np.errstate(invalid="ignore"):
        known = np.isfinite(stars.get("parallax")) & (stars.get("parallax_error") > 0.0)
        cuts: dict[str, Bools] = {
            "no parallax with an error": ~known,
            "the parallax is of a Gaia source elsewhere on the sky": wrong,
            f"RUWE above {settings['ruwe_max']:g}": stars.get("ruwe") > settings["ruwe_max"],
        }
    usable = ~np.logical_or.reduce(list(cuts.values()))
    cuts["another spectrum of the same star"] = usable & ~first_of_each(stars, usable)
    kept, counts = _counted(cuts, len(stars.ids))
    number = int(kept.sum())
    if number > settings["train_max"]:
        order = np.lexsort((np.arange(len(kept)), stars.part, ~kept))
        last = stars.part[order[settings["train_max"] - 1]]
        fewer = kept & (stars.part <= last)
        counts.append(("more than train_max (by their identifiers, at random)", number - int(fewer.sum())))
        kept = fewer
    return kept, counts, wrong


def first_of_each(stars: Stars, usable: Bools) -> Bools:
    """Return which rows (n,) are the best usable one of their star: of the highest signal to noise.

    All rows of a star have the same parallax: counted more than once it would look more certain than it is.
    """
    best: dict[str, int] = {}
    snr = np.nan_to_num(stars.get("snr"), nan=-np.inf)
    for i in np.flatnonzero(usable):
        before = best.get(stars.ids[i])
        if before is None or snr[i] > snr[before]:
            best[stars.ids[i]] = int(i)
    found = np.zeros(len(usable), np.bool_)
    found[list(best.values())] = True
    return found


def _counted(cuts: Mapping[str, Bools], n: int) -> tuple[Bools, Counts]:
    kept, counts = np.ones(n, bool), []
    for reason, out in cuts.items():
        counts.append((reason, int((kept & out).sum())))
        kept &= ~out
    return kept, [each for each in counts if each[1]]


def wrong_source(stars: Stars) -> Bools:
    """Return which stars have a Gaia identifier of another place of the sky, where both are known."""
    ra = stars.get("ra_gaia") if "ra_gaia" in stars.column else stars.get("ra")
    dec = stars.get("dec_gaia") if "dec_gaia" in stars.column else stars.get("dec")
    known = (stars.gaia_id > 0) & np.isfinite(ra) & np.isfinite(dec)
    wrong = np.zeros(len(ra), bool)
    if known.any():
        cell = stars.gaia_id[known] >> GAIA_SHIFT
        inside = cell < 12 * 4**GAIA_ORDER
        lon, lat = healpy.pix2ang(2**GAIA_ORDER, np.where(inside, cell, 0), nest=True, lonlat=True)
        apart = healpy.rotator.angdist([lon, lat], [ra[known], dec[known]], lonlat=True)
        wrong[known] = (np.degrees(apart) > WRONG_SOURCE_DEG) | ~inside
    return wrong


def choice_of(stars: Stars, choice: str | None) -> str:
    """Return the option for the zero point, or what stands for it: lindegren if its columns are there.

    Of simulated stars (column simulated) it is fitted: theirs is not Gaia's, whatever their columns
    are called.
    """
    if choice is not None:
        return choice
    if (stars.get("simulated") == 1.0).any():
        return "fit"
    needed = ("phot_g_mean_mag", "ra", "dec")
    colour = any(name in stars.column for name in ("nu_eff_used_in_astrometry", "bp_rp"))
    return "lindegren" if colour and all(name in stars.column for name in needed) else "fit"


def known_zero_point(stars: Stars, choice: str) -> tuple[Array, bool]:
    """Return the known part (n,) [mas] of the zero point by the option, and whether another part is fitted.

    Raises AnalysisError for an option that is none, or without the columns that it needs.
    """
    n = len(stars.ids)
    if choice == "fit":
        return np.zeros(n), True
    if choice not in {"lindegren", "lindegren+fit"}:
        try:
            constant = float(choice)
        except ValueError:
            constant = np.nan
        if not abs(constant) < 1.0:
            raise AnalysisError(
                f"{NAME}: zero_point is {choice!r}: give fit, lindegren, lindegren+fit, or mas, as -0.03"
            )
        return np.full(n, constant), False
    latitude = stars.get("ecl_lat")
    if "ecl_lat" not in stars.column:
        latitude = ecliptic_latitude_deg(stars.get("ra"), stars.get("dec"))
    solved = stars.get("astrometric_params_solved")
    solved = np.where(np.isfinite(solved), solved, FIVE)
    colour = stars.get("nu_eff_used_in_astrometry")
    colour = np.where(np.isfinite(colour), colour, nu_eff_um(stars.get("bp_rp")))
    colour = np.where(solved == FIVE, colour, stars.get("pseudocolour"))
    value = zero_point_mas(stars.get("phot_g_mean_mag"), colour, latitude, solved)
    if not np.isfinite(value).any():
        raise AnalysisError(
            f"{NAME}: zero_point lindegren needs phot_g_mean_mag, a colour (nu_eff_used_in_astrometry, "
            "pseudocolour or bp_rp) and ecl_lat or a position: use zero_point fit, or a number"
        )
    return value, choice.endswith("fit")
