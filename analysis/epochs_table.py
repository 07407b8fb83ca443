"""The multi-epoch table: its columns, and how a catalogue's rows become entries of it."""

from __future__ import annotations

from itertools import combinations

import healpy
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.columns import text
from catalogdb.astrometry import ASTROMETRY, PARAMETERS
from catalogdb.schema import Column, Position, Table

CORRELATIONS = tuple(f"{a}_{b}_corr" for a, b in combinations(PARAMETERS, 2))


def _epoch(name: str, about: str) -> Column:
    return Column(name=name, type="DOUBLE", ucd="time.epoch", unit="yr", about=about, principal=True)


def _quality(name: str, ucd: str, unit: str, about: str, kind: str = "DOUBLE") -> Column:
    return Column(name=name, type=kind, ucd=ucd, unit=unit, about=about)


QUALITY = (
    _quality("phot_g_mean_mag", "phot.mag;em.opt", "mag", "G magnitude; NULL where the catalogue has none"),
    _quality("bp_rp", "phot.color;em.opt.B;em.opt.R", "mag", "Gaia's colour BP - RP"),
    _quality("ruwe", "stat.error", "", "Gaia's renormalised unit weight error"),
    _quality("ipd_frac_multi_peak", "stat.value", "", "Percent of Gaia's windows with more than one peak"),
    _quality(
        "n_candidates",
        "meta.number",
        "",
        "Rows of the catalogue within the radius of the star, this one included; NULL for the mother's own",
        "INTEGER",
    ),
)
"""What tells of brightness and of blends: columns of the entry's own catalogue, where it has them."""

COLUMNS = (
    text(
        "obj_id", "meta.id;meta.main", "The star: source_id in the mother catalogue, as text", nullable=False
    ),
    text("catalogue_name", "meta.id;meta.table", "Catalogue that the entry comes from", nullable=False),
    text("entry_id", "meta.id", "source_id of the entry in that catalogue, as text"),
    _epoch("epoch", "Epoch of the position (Julian year TDB); the mean where ra and dec have their own"),
    ASTROMETRY["ra"],
    ASTROMETRY["dec"],
    *(ASTROMETRY[f"{name}_error"] for name in ("ra", "dec")),
    _epoch("ra_epoch", "Epoch of ra where dec has another; NULL: epoch"),
    _epoch("dec_epoch", "Epoch of dec where ra has another; NULL: epoch"),
    *(ASTROMETRY[name] for name in ("parallax", "pmra", "pmdec")),
    *(ASTROMETRY[f"{name}_error"] for name in ("parallax", "pmra", "pmdec")),
    *(ASTROMETRY[name] for name in CORRELATIONS),
    ASTROMETRY["radial_velocity"],
    text("ref_system", "pos.frame", "System that the catalogue lists its positions on"),
    text(
        "shared_data_group",
        "meta.id.part",
        "Entries of one star with the same group share observations and count once in a fit",
    ),
    Column(
        name="link_separation",
        type="DOUBLE",
        ucd="pos.angDistance",
        unit="arcsec",
        about="Separation at which the entry was linked to its star; NULL for the mother's own",
    ),
    *QUALITY,
    text("flags", "meta.code", "no_position, no_epoch, no_error or assumed_error; NULL for none of them"),
    ASTROMETRY["hpx29"],
    text("run_id", "meta.id", "Run that made the row; provenance.runs has its settings", nullable=False),
)


RESULT = Table(
    name="astrom_epoch",
    schema="results",
    title="Multi-epoch astrometry",
    about="One row per star of the mother and catalogue that has it: position, epoch, errors, motion",
    frame="ICRS",
    unique=False,
    positions=(
        Position(
            name="entry",
            ra_epoch="epoch",
            dec_epoch="epoch",
            ra_error="ra_error",
            dec_error="dec_error",
            ra_dec_corr="ra_dec_corr",
            about="As the catalogue gives it",
        ),
    ),
    columns=COLUMNS,
)


_OF_CATALOGUE = tuple(column.name for column in QUALITY if column.name != "n_candidates")


def independent_position(table: Table) -> Position | None:
    """Return the table's first position that owes nothing to another catalogue; None if it has none."""
    if not table.positions and table.has("ra", "dec", "ref_epoch"):
        ra_error, dec_error, corr = (
            name if table.has(name) else None for name in ("ra_error", "dec_error", "ra_dec_corr")
        )
        return Position(name="", ra_error=ra_error, dec_error=dec_error, ra_dec_corr=corr)
    return next((position for position in table.positions if position.independent), None)


def sources(table: Table, position: Position) -> dict[str, str]:
    """Return, for each number of an entry that the table has, the column that holds it.

    Motion and parallax count only where the position names them: then they were measured with it.
    """
    names = ("ra", "dec", "ra_epoch", "dec_epoch", "ra_error", "dec_error", "ra_dec_corr")
    found = {name: getattr(position, name) for name in (*names, "parallax", "pmra", "pmdec")}
    if (position.ra_error, position.dec_error) == ("ra_error", "dec_error"):
        # Correlations stand in the columns of Gaia's names unless the position names another.
        found["ra_dec_corr"] = position.ra_dec_corr or "ra_dec_corr"
    measured = {name for name in PARAMETERS if found[name] is not None}
    for name in ("parallax", "pmra", "pmdec"):
        found[f"{name}_error"] = f"{name}_error" if name in measured else None
    for a, b in combinations(PARAMETERS, 2):
        found.setdefault(f"{a}_{b}_corr", f"{a}_{b}_corr" if {a, b} <= measured else None)
    found |= {name: name for name in ("radial_velocity", *_OF_CATALOGUE)}
    return {name: column for name, column in found.items() if column is not None and table.has(column)}


def entry_rows(
    batch: pa.RecordBatch,
    table: Table,
    found: dict[str, str],
    run_id: str,
    default_error_mas: float | None,
) -> pa.Table:
    """Return rows of a catalogue as rows of the multi-epoch table, in the order of COLUMNS."""
    n = batch.num_rows
    nothing = pa.nulls(n, pa.float64())
    number = {
        name: batch.column(batch.schema.get_field_index(column)).cast(pa.float64())
        for name, column in found.items()
    }
    ra_epoch, dec_epoch = number.get("ra_epoch", nothing), number.get("dec_epoch", nothing)
    number["epoch"] = pc.divide(pc.add(ra_epoch, dec_epoch), 2.0)
    if found.get("ra_epoch") == found.get("dec_epoch"):
        number["ra_epoch"] = number["dec_epoch"] = nothing
    flags = _flags(number, nothing, default_error_mas)
    if default_error_mas is not None:
        for name in ("ra_error", "dec_error"):
            number[name] = pc.fill_null(number.get(name, nothing), default_error_mas)
    texts = {
        "catalogue_name": table.name,
        "ref_system": table.frame or None,
        "shared_data_group": table.shared_data_group or None,
        "run_id": run_id,
    }
    given = {name: batch[name] for name in ("obj_id", "entry_id", "link_separation", "n_candidates")}
    constant = {name: pa.array([value] * n, pa.string()) for name, value in texts.items()}
    columns = number | given | constant | {"flags": flags, "hpx29": _hpx29(number["ra"], number["dec"])}
    return pa.table({column.name: columns.get(column.name, nothing) for column in COLUMNS})


def _flags(number: dict[str, pa.Array], nothing: pa.Array, default_error_mas: float | None) -> pa.Array:
    def missing(*names: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        nulls = [number.get(name, nothing).is_null().to_numpy(zero_copy_only=False) for name in names]
        absent: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.any(nulls, axis=0)
        return absent

    error = "no_error" if default_error_mas is None else "assumed_error"
    words = ("no_position", "no_epoch", error)
    code = missing("ra", "dec") + 2 * missing("epoch") + 4 * missing("ra_error", "dec_error")
    texts = [" ".join(w for i, w in enumerate(words) if k >> i & 1) or None for k in range(8)]
    return pa.array(texts, pa.string()).take(pa.array(code))


def _hpx29(ra: pa.Array, dec: pa.Array) -> pa.Array:
    lon, lat = (column.to_numpy(zero_copy_only=False) for column in (ra, dec))
    known = np.isfinite(lon) & np.isfinite(lat)
    cells = np.zeros(len(lon), np.int64)
    cells[known] = healpy.ang2pix(2**29, lon[known], lat[known], nest=True, lonlat=True)
    return pa.array(cells, mask=~known)
