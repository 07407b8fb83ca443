"""One run: a disc is made, stars of it drawn, measured with errors, and published as a star table."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import healpy
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis import Report
from analysis.columns import arrow_schema
from analysis.galaxy.coords import Cylinder, observed
from analysis.galaxy.giants import LabelErrors, giants
from analysis.galaxy.mock import Errors, MockDisc, Selection, draw, observe
from analysis.galaxy.named import named
from analysis.galaxy.sun import Sun
from analysis.mock_galaxy.result import RESULT
from catalogdb.errors import AnalysisError

NAME = "mock_galaxy"

Columns = dict[str, npt.NDArray[Any]]


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Make the stars and publish them; they replace the table of that name.

    Raises AnalysisError for numbers that make no disc, survey or errors, before anything is written.
    """
    begin = time.monotonic()
    table = named(NAME, "output", store, RESULT, settings["output"])
    sun = Sun.of(settings)
    columns = stars(settings, sun)
    this = store.start_run(NAME, settings, seed=settings["seed"])
    n = settings["n_stars"]
    columns["run_id"] = np.full(n, this.run_id)
    rows = pa.table(
        [pa.array(columns[field.name], field.type) for field in arrow_schema(table)],
        schema=arrow_schema(table),
    )
    store.publish(table, rows, mode="replace", run=this)
    return Report(
        run_id=this.run_id,
        tables=(table.qualified_name,),
        rows=n,
        seconds=time.monotonic() - begin,
        lines=_sentences(settings, columns),
    )


def stars(settings: Mapping[str, Any], sun: Sun) -> Columns:
    """Return the columns of the table but run_id; raises AnalysisError for what can not be made."""
    n = settings["n_stars"]
    fraction = settings["thick_fraction"]
    if not fraction <= 1.0:
        raise AnalysisError(f"{NAME}: thick_fraction is {fraction:g}: it is a fraction, 0 to 1")
    seeds = np.random.SeedSequence(settings["seed"]).spawn(4)
    try:
        thin, thick = discs(settings, sun)
        errors = _errors(settings)
        selection = _selection(settings)
        n_thick = round(fraction * n)
        parts = [draw(thin, n - n_thick, seeds[0], selection, sun)]
        if n_thick:
            parts.append(draw(thick, n_thick, seeds[1], selection, sun))
    except ValueError as error:
        raise AnalysisError(f"{NAME}: {error}") from None
    truth = Cylinder(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    is_thick = np.arange(n) >= n - n_thick
    measured: Columns = dict(observe(truth, errors, seeds[2], sun))
    distance = observed(truth, sun).distance_kpc
    made = giants(truth, distance, is_thick, LabelErrors(), seeds[3], sun)
    width = len(str(n))
    names = [f"mock-{k:0{width}d}" for k in range(1, n + 1)]
    cells = healpy.ang2pix(2**29, measured["ra"], measured["dec"], nest=True, lonlat=True)
    return {
        "source_id": np.array(names),
        **measured,
        "ref_epoch": np.full(n, 2016.0),
        **made.listed,
        "simulated": np.full(n, True),
        "component": np.where(is_thick, "thick", "thin"),
        **_truth(truth, thin),
        "true_dist": distance,
        "true_m_ks": made.true_m_ks,
        "true_a_ks": made.true_a_ks,
        "hpx29": np.asarray(cells, np.int64),
    }


def discs(settings: Mapping[str, Any], sun: Sun) -> tuple[MockDisc, MockDisc]:
    """Return the thin and the thick disc of the settings; raises ValueError for what is none."""
    radius = settings["break_radius"]
    thin = MockDisc(
        vc_r0_km_s=settings["vc"],
        slope_km_s_kpc=settings["slope"],
        r0_kpc=sun.r0_kpc,
        scale_length_kpc=settings["scale_length"],
        scale_height_kpc=settings["scale_height"],
        sigma_r_km_s=settings["sigma_r"],
        sigma_scale_kpc=settings["sigma_scale"],
        sigma_z_ratio=settings["sigma_z_ratio"],
        tilt=settings["tilt"],
        break_kpc=math.inf if radius is None else radius,
        outer_scale_length_kpc=settings["outer_scale_length"],
        skewness=settings["skewness"],
        streaming_vr_km_s=settings["streaming_vr"],
        streaming_vphi_km_s=settings["streaming_vphi"],
        streaming_pitch_deg=settings["streaming_pitch"],
        streaming_phase_deg=settings["streaming_phase"],
        warp_kpc=settings["warp"],
        warp_start_kpc=settings["warp_start"],
        warp_phase_deg=settings["warp_phase"],
    )
    if not settings["thick_fraction"]:
        return thin, thin
    thick = replace(
        thin,
        scale_length_kpc=settings["thick_scale_length"],
        scale_height_kpc=settings["thick_scale_height"],
        sigma_r_km_s=settings["thick_sigma_r"],
    )
    return thin, thick


def _selection(settings: Mapping[str, Any]) -> Selection:
    return Selection(
        settings["selection"], settings["r_min"], settings["r_max"], settings["wedge"], settings["z_max"]
    )


def _errors(settings: Mapping[str, Any]) -> Errors:
    return Errors(
        distance_fraction=settings["dist_error"],
        distance_zero_point=settings["dist_zero_point"],
        distribution=settings["dist_distribution"],
        pm_mas_yr=settings["pm_error"],
        pm_zero_point_mas_yr=settings["pm_zero_point"],
        rv_km_s=settings["rv_error"],
        rv_zero_point_km_s=settings["rv_zero_point"],
        parallax_mas=settings["parallax_error"],
        parallax_zero_point_mas=settings["parallax_zero_point"],
    )


def _truth(truth: Cylinder, disc: MockDisc) -> Columns:
    names = ("true_r", "true_phi", "true_z", "true_vr", "true_vphi", "true_vz")
    return dict(zip(names, truth, strict=True)) | {"true_vc": disc.circular_velocity(truth.R_kpc)}


def _sentences(settings: Mapping[str, Any], columns: Columns) -> tuple[str, ...]:
    radius = columns["true_r"]
    low, high = (
        settings["vc"] + settings["slope"] * (each - Sun.of(settings).r0_kpc) for each in (5.0, 25.0)
    )
    thick = int((columns["component"] == "thick").sum())
    return (
        f"{len(radius):,} simulated stars, {thick:,} of a thick disc, R {radius.min():.2f} to "
        f"{radius.max():.2f} kpc, {settings['dist_error']:.0%} distance errors",
        f"true circular velocity {low:.2f} km/s at 5 kpc, {settings['vc']:.2f} at R0, {high:.2f} at 25 kpc",
    )
