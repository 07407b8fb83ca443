"""Stars, entries and HGCA's rows brought to the columns of `results.proper_motion_anomaly`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from analysis.acceleration.entries import Entries, first_of_star, without_shared
from analysis.acceleration.table import Chunk, epoch_column, star_column
from analysis.frames import GAIA_SPINS, spin, spin_offsets
from analysis.proper_motion_anomaly import hgca
from analysis.proper_motion_anomaly.anomaly import (
    Pair,
    chi_square,
    core,
    covariance,
    ends,
    norm,
    pair,
    tangential_velocity,
)
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]
Columns = dict[str, Any]

STARS_AT_ONCE = 50_000
MIX = "hipparcos"
"""catalogue_name of rows whose motion is the mixture of both reductions of Hipparcos."""


def of_pair(name: str, corr: str, values: Pair) -> Columns:
    """Return the columns of two numbers with errors; `name` has a place for the coordinate."""
    ra, dec = name.format("ra"), name.format("dec")
    return {
        ra: values.ra,
        dec: values.dec,
        f"{ra}_error": values.ra_error,
        f"{dec}_error": values.dec_error,
        corr: values.corr,
    }


def named(catalogues: str) -> list[str]:
    """Return the names of a list separated by commas."""
    return [name for part in catalogues.split(",") if (name := part.strip())]


def of_chunk(chunk: Chunk, settings: Mapping[str, Any]) -> Columns:
    """Return the rows of a chunk of a multi-epoch table by the entries themselves."""
    listed, names = chunk.entries, np.array(chunk.catalogue.to_pylist(), dtype=object)
    chosen = listed.usable.copy()
    if settings["catalogues"]:
        chosen &= np.isin(names, named(settings["catalogues"]))
    rows, names = listed.rows(chosen), names[chosen]
    counts = without_shared(rows, settings["shared"])
    rows, names = rows.rows(counts), names[counts]
    if settings["spin"] == "published":
        rows = without_spin(rows, names, chunk.magnitude)
    parallax, parallax_error = _parallax(rows)
    moving = np.bincount(rows.star[np.isfinite(rows.radial_velocity)], minlength=rows.n_stars) > 0
    if settings["positions"] == "ends":
        kept = ends(rows)
        rows, names = rows.rows(kept), names[kept]
    found = core(rows)
    star = rows.star[found.entry]
    velocity, velocity_error = tangential_velocity(
        found.norm, found.norm_error, parallax[star], parallax_error[star]
    )
    epochs = _characteristic(rows)[found.entry]
    return {
        "source_id": chunk.source_id.take(pa.array(star)),
        "catalogue_name": names[found.entry],
        "method": "positions",
        "hip": None,
        "ra_epoch": epochs[:, 0],
        "dec_epoch": epochs[:, 1],
        **of_pair("pm{}_long", "pmra_long_pmdec_long_corr", found.long_term),
        **of_pair("pma_{}", "pma_ra_pma_dec_corr", found.anomaly),
        "chi2": found.chi2,
        "p_pma": found.p,
        "snr": found.norm / found.norm_error,
        "dv_tan": velocity,
        "dv_tan_error": velocity_error,
        "parallax": parallax[star],
        "chi2_published": np.full(len(star), np.nan),
        "flags": _flags(no_radial_velocity=~moving[star], no_parallax=np.isnan(velocity)),
    }


def without_spin(rows: Entries, names: npt.NDArray[np.object_], g_mag: Array) -> Entries:
    """Return the entries with the published spin of Gaia's bright stars taken out of their motions.

    `names` (m,) are the entries' catalogues, `g_mag` (n,) the stars' magnitudes in G.
    """
    pmra, pmdec = rows.pmra.copy(), rows.pmdec.copy()
    for name in set(names) & set(GAIA_SPINS):
        own = names == name
        omega = spin(name, g_mag[rows.star[own]])
        _, _, dra, ddec = spin_offsets(rows.ra[own], rows.dec[own], rows.ra_epoch[own], omega)
        pmra[own] -= dra
        pmdec[own] -= ddec
    return replace(rows, pmra=pmra, pmdec=pmdec)


def _parallax(rows: Entries) -> tuple[Array, Array]:
    """Return each star's most precise parallax and its error (n,); NaN where there is none.

    An error that is not positive is none, and a parallax without an error comes after those with one.
    """
    known = np.isfinite(rows.parallax)
    error = np.where(rows.parallax_error > 0.0, rows.parallax_error, np.nan)
    best = first_of_star(rows, (~known).astype(np.float64), np.nan_to_num(error, nan=np.inf))
    if not len(rows):
        return np.full(rows.n_stars, np.nan), np.full(rows.n_stars, np.nan)
    some = best >= 0
    return np.where(some, rows.parallax[best], np.nan), np.where(some, error[best], np.nan)


def _characteristic(rows: Entries) -> Array:
    """Return the epochs (m, 2) at which ra and pmra, dec and pmdec of each entry are not correlated."""
    c = covariance(rows)
    listed = np.stack([rows.ra_epoch, rows.dec_epoch], axis=1)
    return np.asarray(listed - np.stack([c[:, i, 2 + i] / c[:, 2 + i, 2 + i] for i in (0, 1)], axis=1))


def _flags(**conditions: npt.NDArray[np.bool_]) -> pa.Array:
    """Return for each row the names of the conditions that hold, separated by blanks; NULL for none."""
    code = np.stack([flag << i for i, flag in enumerate(conditions.values())]).sum(axis=0)
    words = [
        " ".join(name for i, name in enumerate(conditions) if k >> i & 1) or None
        for k in range(2 ** len(conditions))
    ]
    return pa.array(words, pa.string()).take(pa.array(code, pa.int64()))


def published(store: Any, table: str) -> dict[int, Array]:
    """Return by Hipparcos number HGCA's local corrections of hip and of hg, and its radial velocity, (5,)."""
    rows = store.sql(sql.load("pma_hgca").text, {"table": table}).arrow()
    names = ("crosscal_pmra_hip", "crosscal_pmdec_hip", "crosscal_pmra_hg", "crosscal_pmdec_hg")
    values = [np.nan_to_num(_floats(rows[name])) for name in names] + [_floats(rows["radial_velocity"])]
    return dict(zip(rows["hip"].to_pylist(), np.stack(values, axis=1), strict=True))


def of_hgca(store: Any, table: str) -> Columns:
    """Return the rows of a table of HGCA: its statistic by its own columns."""
    rows = store.sql(sql.load("pma_hgca").text, {"table": table}).arrow()

    def motion(ra: str, corr: str) -> tuple[Array, Array]:
        dec = ra.replace("ra", "dec", 1)
        error = np.stack([_floats(rows[f"{name}_error"]) for name in (ra, dec)], axis=1)
        covariance = error[:, :, None] * error[:, None, :]
        covariance[:, [0, 1], [1, 0]] *= _floats(rows[corr])[:, None]
        return np.stack([_floats(rows[name]) for name in (ra, dec)], axis=1), covariance

    hg = motion("pmra_hg", "pmra_pmdec_hg")
    gaia, hip = motion("pmra", "pmra_pmdec_corr"), motion("pmra_hip", "pmra_pmdec_hip")
    parallax = (_floats(rows["parallax"]), _floats(rows["parallax_error"]))
    epochs = [
        np.stack([_floats(rows[f"epoch_{axis}_{which}"]) for axis in ("ra", "dec")], axis=1)
        for which in ("gaia", "hip")
    ]
    number = rows["hip"].combine_chunks()
    of_star = {"method": "hgca_row", "source_id": number.cast(pa.string()), "hip": number}
    unstated = np.full(len(number), np.nan)
    return joined(
        [
            _against_hg(name, own, hg, parallax, at, {}) | of_star | {"chi2_published": chi2}
            for name, own, at, chi2 in (
                ("gaia_edr3", gaia, epochs[0], _floats(rows["chisq"])),
                (MIX, hip, epochs[1], unstated),
            )
        ]
    )


def of_catalogues(
    store: Any, table: Table, settings: Mapping[str, Any], local: Mapping[int, Array]
) -> Iterator[Columns]:
    """Yield rows by HGCA's recipe from the entries of Hipparcos and Gaia, many stars at a time."""
    names = {"table": table.qualified_name, "star": star_column(table), "epoch": epoch_column(table)}
    given = {**names, "gaia": settings["gaia"], "new": "hipparcos2", "old": "hipparcos"}
    for batch in store.sql(sql.load("pma_hipparcos_gaia").text, given).batches(STARS_AT_ONCE):
        gaia, new, old = (_source(batch[name]) for name in ("gaia", "new", "old"))
        usable = _is_whole(gaia) & (_is_whole(new) | _is_whole(old))
        if usable.any():
            kept = batch.filter(pa.array(usable))
            three = (gaia.rows(usable), new.rows(usable), old.rows(usable))
            yield _recipe(kept, three, settings, local)


def _recipe(
    batch: pa.RecordBatch,
    sources: tuple[hgca.Source, hgca.Source, hgca.Source],
    settings: Mapping[str, Any],
    local: Mapping[int, Array],
) -> Columns:
    gaia, *reductions = sources
    variance = gaia.covariance[:, 2, 2] * settings["inflation"] ** 2
    new, old = (hgca.with_parallax(each, gaia.value[:, 2], variance) for each in reductions)
    # A reduction that a star is not in is replaced by the other.
    has_new, has_old = _is_whole(new), _is_whole(old)
    new, old = _either(new, old, has_new), _either(old, new, has_old)
    hips = batch["hip"].to_pylist()
    nothing = np.array([0.0, 0.0, 0.0, 0.0, np.nan])
    given = np.stack([local.get(hip, nothing) for hip in hips])
    velocity = _floats(batch["radial_velocity"])
    velocity = np.where(np.isnan(velocity), given[:, 4], velocity)
    moved = hgca.motions(
        hgca.mixed(new, old),
        gaia,
        velocity,
        inflation=settings["inflation"],
        hipparcos_error_mas_yr=settings["hipparcos_error"],
    )
    hg = (moved.hg + given[:, 2:4], moved.hg_covariance)
    parallax = (gaia.value[:, 2], np.sqrt(gaia.covariance[:, 2, 2]))
    limits = {
        "one_reduction": ~(has_new & has_old),
        "no_rotation": np.array([hip not in local for hip in hips]),
        "no_radial_velocity": np.isnan(velocity),
    }
    of_star = {"method": "hgca", "source_id": batch["source_id"], "hip": batch["hip"]}
    return joined(
        [
            _against_hg(name, own, hg, parallax, at, limits) | of_star
            for name, own, at in (
                (settings["gaia"], (moved.gaia, moved.gaia_covariance), moved.gaia_epoch),
                (MIX, (moved.hip + given[:, :2], moved.hip_covariance), moved.hip_epoch),
            )
        ]
    )


def _against_hg(
    name: str,
    own: tuple[Array, Array],
    hg: tuple[Array, Array],
    parallax: tuple[Array, Array],
    epochs: Array,
    limits: Mapping[str, npt.NDArray[np.bool_]],
) -> Columns:
    """Return the columns of one catalogue's motions against the long-term ones, without the star's names."""
    value, total = own[0] - hg[0], own[1] + hg[1]
    chi2, p = chi_square(value, total)
    length, error = norm(value, total)
    velocity, velocity_error = tangential_velocity(length, error, *parallax)
    return {
        "catalogue_name": np.full(len(value), name, dtype=object),
        "ra_epoch": epochs[:, 0],
        "dec_epoch": epochs[:, 1],
        **of_pair("pm{}_long", "pmra_long_pmdec_long_corr", pair(*hg)),
        **of_pair("pma_{}", "pma_ra_pma_dec_corr", pair(value, total)),
        "chi2": chi2,
        "p_pma": p,
        "snr": length / error,
        "dv_tan": velocity,
        "dv_tan_error": velocity_error,
        "parallax": parallax[0],
        "chi2_published": np.full(len(value), np.nan),
        "flags": _flags(**limits, no_parallax=np.isnan(velocity)),
    }


def joined(parts: list[Columns]) -> Columns:
    """Return rows of several parts as one, each column an array of the rows' number."""
    result: Columns = {}
    for name in parts[0]:
        pieces = [_whole(part[name], len(part["chi2"])) for part in parts]
        result[name] = pa.concat_arrays(pieces) if isinstance(pieces[0], pa.Array) else np.concatenate(pieces)
    return result


def _whole(column: Any, n: int) -> Any:
    if column is None:
        return pa.nulls(n, pa.int32())
    if isinstance(column, str):
        return np.full(n, column, dtype=object)
    return (
        column.cast(pa.int32())
        if isinstance(column, pa.Array) and pa.types.is_integer(column.type)
        else column
    )


def _source(lists: pa.Array) -> hgca.Source:
    """Return the stars of lists of 21 numbers in the order of sql/pma_hipparcos_gaia.sql."""
    flat = lists.flatten().to_numpy(zero_copy_only=False).astype(np.float64).reshape(len(lists), 21)
    error = flat[:, 6:11]
    covariance = error[:, :, None] * error[:, None, :]
    for k, (a, b) in enumerate(combinations(range(5), 2)):
        # A correlation that the catalogue does not state is taken as none.
        corr = np.nan_to_num(flat[:, 11 + k])
        covariance[:, a, b] *= corr
        covariance[:, b, a] *= corr
    return hgca.Source(flat[:, 1:6], covariance, flat[:, 0])


def _is_whole(source: hgca.Source) -> npt.NDArray[np.bool_]:
    """Return which stars have all five parameters with positive errors, shape (n,)."""
    variance = np.einsum("nii->ni", source.covariance)
    known = np.isfinite(source.value).all(axis=1) & np.isfinite(source.epoch_yr)
    return np.asarray(known & (variance > 0.0).all(axis=1))


def _either(first: hgca.Source, second: hgca.Source, has_first: npt.NDArray[np.bool_]) -> hgca.Source:
    parts = []
    for a, b in zip(first, second, strict=True):
        where = has_first.reshape(-1, *[1] * (a.ndim - 1))
        parts.append(np.where(where, a, b))
    return hgca.Source(*parts)


def _floats(column: Any) -> Array:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
