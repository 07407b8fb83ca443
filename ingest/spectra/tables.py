"""The tables of spectra: a row for each spectrum, and beside it a row for each wavelength grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Column, Identifier, Position, Table

GRID_SUFFIX = "_grid"
DEFAULT_NAME = "spectrum"

ROW_GROUP = 2048
"""Spectra of one row group of DuckDB's: the least it can have. Of 122,880, its own choice, one group would
be gigabytes, all of which is in memory before it is written."""


def _text(name: str, ucd: str, about: str, *, nullable: bool = True, principal: bool = False) -> Column:
    return Column(name=name, type="VARCHAR", ucd=ucd, about=about, nullable=nullable, principal=principal)


def _number(name: str, kind: str, unit: str, ucd: str, about: str, **more: Any) -> Column:
    return Column(name=name, type=kind, unit=unit, ucd=ucd, about=about, **more)


_COLUMNS = (
    _text("source_id", "meta.id;meta.main", "Identifier of the row in matches: spec_id", nullable=False),
    _text("spec_id", "meta.id", "Identifier of the spectrum", nullable=False, principal=True),
    _text(
        "observation_id",
        "meta.id;obs",
        "Identifier that the arms (CCDs) of one observation share",
        nullable=False,
    ),
    _text("object_id", "meta.id.cross", "Name of the star in the survey", principal=True),
    _text("target_name", "meta.id.cross", "Name of the star in the catalogue it was chosen from"),
    Column(
        name="gaia_id",
        type="BIGINT",
        ucd="meta.id.cross",
        about="Identifier of the star in Gaia, where the file has one",
    ),
    _text("gaia_release", "meta.version", "Release of Gaia that gaia_id is of"),
    replace(ASTROMETRY["ra"], about="Right ascension of the target (ICRS), as the file says it"),
    replace(ASTROMETRY["dec"], about="Declination of the target (ICRS), as the file says it"),
    replace(ASTROMETRY["ref_epoch"], about="Epoch of ra and dec (Julian year TDB), where the file says one"),
    _text("survey", "meta.id;instr", "Survey", principal=True),
    _text("release", "meta.version", "Data release, as the file says it"),
    _text("layout", "meta.code", "Layout of the file"),
    _text("arm", "instr.bandpass", "Arm of the spectrograph; NULL where there is one only"),
    _text("kind", "meta.code.class", "coadd (of several exposures) or single", nullable=False),
    _number("mjd", "DOUBLE", "d", "time.epoch;obs", "Modified Julian date of the observation (UTC)"),
    _number("exposure", "REAL", "s", "time.duration;obs.exposure", "Exposure time"),
    _number(
        "resolution", "REAL", "", "spect.resolution", "Resolution, wavelength / FWHM, that the survey states"
    ),
    _number(
        "snr",
        "REAL",
        "",
        "stat.snr",
        "Signal to noise ratio of a pixel by the keyword snr_source, else snr_median",
        principal=True,
    ),
    _text("snr_source", "meta.note", "Keyword of snr in the file, or median"),
    _number(
        "snr_median", "REAL", "", "stat.snr;stat.median", "Median of flux sqrt(ivar) of the usable pixels"
    ),
    replace(
        ASTROMETRY["radial_velocity"],
        about="Radial velocity relative to the Sun or the barycentre, by the keyword rv_source",
    ),
    ASTROMETRY["radial_velocity_error"],
    _text("rv_source", "meta.note", "Keyword of radial_velocity in the file"),
    _number(
        "barycentric_correction",
        "DOUBLE",
        "km.s**-1",
        "spect.dopplerVeloc",
        "Velocity that brings measured ones to the Sun or barycentre: still to be added where frame is"
        " observed",
    ),
    _text("object_class", "src.class", "Class of the object in the survey"),
    _number(
        "spectrum_flag",
        "BIGINT",
        "",
        "meta.code.qual",
        "Warnings of the whole spectrum, bits of the survey's",
    ),
    _text("grid_id", "meta.id.parent", "Wavelength grid: grid_id of the table of grids", nullable=False),
    _number("n_pix", "INTEGER", "", "meta.number", "Number of pixels", nullable=False),
    _number(
        "flux",
        "REAL[]",
        "",
        "phot.flux.density;em.wl",
        "Flux of each pixel in flux_unit; NULL where the file has no number",
        nullable=False,
    ),
    _number(
        "ivar",
        "REAL[]",
        "",
        "stat.weight;phot.flux.density;em.wl",
        "Inverse variance of flux; 0 where the pixel is not to be used",
        nullable=False,
    ),
    _number("mask", "INTEGER[]", "", "meta.code.qual;em.wl", "Warnings of each pixel, bits of the survey's"),
    _number(
        "or_mask",
        "INTEGER[]",
        "",
        "meta.code.qual;em.wl",
        "Bits of mask that any exposure has, where mask has those of all",
    ),
    _number("bad_bits", "INTEGER", "", "meta.code.qual", "Bits of mask of which any makes a pixel unusable"),
    Column(
        name="normalised",
        type="BOOLEAN",
        ucd="meta.code",
        about="Whether flux is divided by a continuum",
        nullable=False,
    ),
    _text("flux_unit", "meta.unit", "Unit of flux (VOUnit); NULL where it is relative, or normalised"),
    _text(
        "file",
        "meta.ref;meta.file",
        "Name of the file; provenance.ingests has its path and checksum",
        nullable=False,
    ),
    _text("extension", "meta.note", "Extension of the file"),
    _number("row_number", "INTEGER", "", "meta.record", "Row in a file of many spectra, from 1"),
    ASTROMETRY["hpx29"],
)

_GRID_COLUMNS = (
    _text("grid_id", "meta.id;meta.main", "Identifier of the grid, made of its content", nullable=False),
    _number("n_pix", "INTEGER", "", "meta.number", "Number of pixels", nullable=False),
    _number("wavelength", "DOUBLE[]", "Angstrom", "em.wl", "Wavelengths of the pixels", nullable=False),
    _text("medium", "meta.code", "vacuum or air", nullable=False),
    _text(
        "frame",
        "meta.code",
        "heliocentric, barycentric, rest (of the star) or observed (of the telescope)",
        nullable=False,
    ),
    _text("spacing", "meta.code", "log, linear or irregular", nullable=False),
    _number("wave_min", "DOUBLE", "Angstrom", "em.wl;stat.min", "First wavelength", nullable=False),
    _number("wave_max", "DOUBLE", "Angstrom", "em.wl;stat.max", "Last wavelength", nullable=False),
)


def spectrum_table(
    schema: str, name: str, *, flux: str = "REAL", ivar: str = "REAL", pixels: int = 0
) -> Table:
    """Return the table of spectra; `flux` and `ivar` are the types of a pixel, `pixels` of the longest."""
    kinds = {"flux": f"{flux}[]", "ivar": f"{ivar}[]"}
    columns = tuple(replace(each, type=kinds.get(each.name, each.type)) for each in _COLUMNS)
    return Table(
        name=name,
        schema=schema,
        title="Spectra",
        about=f"Spectra of stars; the wavelengths of their pixels are in {schema}.{name}{GRID_SUFFIX}",
        columns=columns,
        frame="ICRS",
        frame_note="Positions of the targets as the files say them, taken as ICRS",
        positions=(Position(name="target", independent=False, about="The position the fibre was meant for"),),
        identifiers=(Identifier(column="gaia_id", namespace_column="gaia_release"),),
        extra={
            "grid_table": f"{schema}.{name}{GRID_SUFFIX}",
            "row_group": ROW_GROUP,
            "row_bytes": 24 * len(columns) + pixels * (8 + (8 if "DOUBLE" in (flux, ivar) else 4) * 2),
        },
    )


def grid_table(schema: str, name: str) -> Table:
    """Return the table of the wavelength grids of `spectrum_table(schema, name)`."""
    return Table(
        name=f"{name}{GRID_SUFFIX}",
        schema=schema,
        title="Wavelength grids",
        about=f"Wavelength grids of the spectra in {schema}.{name}, each once",
        columns=_GRID_COLUMNS,
        extra={"row_group": ROW_GROUP},
    )
