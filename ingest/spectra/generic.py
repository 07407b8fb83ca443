"""One spectrum to a file, as a table of pixels: FITS binary table, ECSV or CSV, with declared columns.

What a table does not say of itself (medium, frame, unit of the wavelengths) the user declares.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ingest.spectra import matrix
from ingest.spectra.faults import NoSpectrum, SpectrumError
from ingest.spectra.fits_file import Array, Bytes, FitsFile, Hdu
from ingest.spectra.layout import Declared, How, Layout, Notes, checked_position, refuse_text, truth
from ingest.spectra.spectrum import ALL_BITS, FRAMES, MEDIA, Block, Row, block, positive

ROLES: dict[str, tuple[str, ...]] = {
    "wavelength": ("wavelength", "wave", "lambda", "lam", "loglam"),
    "flux": ("flux",),
    "ivar": ("ivar", "inverse_variance", "invvar"),
    "error": ("error", "flux_error", "err", "sigma", "uncertainty"),
    "mask": ("mask", "andmask"),
}
"""The names by which a column is known, in any case, where none is declared."""

_ANGSTROM = {"angstrom": 1.0, "angstroms": 1.0, "0.1nm": 1.0, "nm": 10.0, "um": 1e4, "micron": 1e4}


def _pixels(file: FitsFile) -> Hdu | None:
    """The first table with a column of wavelengths and one of flux."""
    for hdu in file.hdus:
        if hdu.is_table:
            names = {name.lower() for name in hdu.columns()}
            if names & set(ROLES["wavelength"]) and names & set(ROLES["flux"]):
                return hdu
    return None


def _declared_pixels(file: FitsFile, declared: Declared) -> Hdu | None:
    if not declared.columns:
        return _pixels(file)
    wanted = {name.upper() for name in declared.columns.values()}
    return next((hdu for hdu in file.hdus if hdu.is_table and wanted <= set(hdu.columns())), _pixels(file))


def _is_table(file: FitsFile) -> bool:
    """Whether a table of the file may be one of pixels; with declared columns its names are the user's."""
    return any(hdu.is_table for hdu in file.hdus) and file.find("FIBERMAP") is None


def _read_fits(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    hdu = _declared_pixels(file, how.declared)
    if hdu is None:
        listed = "; ".join(
            f"{each.name or each.number}: {', '.join(each.columns()[:8])}"
            for each in file.hdus
            if each.is_table
        )
        raise NoSpectrum(
            f"{file.path}: it is in no known layout of spectra, and no table of it has columns of wavelength"
            f" and flux ({listed}): --column wavelength=NAME --column flux=NAME declares them"
        )
    columns = {name.lower(): values for name, values in hdu.table().items()}
    units = {name.lower(): hdu.unit(name) for name in hdu.columns()}

    def told(name: str) -> Any:
        return hdu.header.get(name) if name in hdu.header else file.primary.get(name)

    meta = {name: told(name.upper()) for name in _TOLD}
    yield _block(Path(file.path), hdu.where, columns, units, meta, how)


def read_other(path: Path, data: Bytes, how: How) -> tuple[str, Iterator[Block]]:
    """Return the layout and the spectrum of a file that is not FITS: a table of pixels as text."""
    start = bytes(data[:2048])
    if matrix.is_matrix(start):
        return "matrix", matrix.read(path, start, how)
    if b"\0" in start or not start.strip():
        raise NoSpectrum(f"{path}: it is neither FITS nor a table of text")
    _check_header(path, start, how.declared)
    kind = "ecsv" if start.startswith(b"# %ECSV") else "csv"
    return "table", _read_text(path, bytes(data), kind, how)


def _check_header(path: Path, start: bytes, declared: Declared) -> None:
    """Raise NoSpectrum for text whose first line names no wavelength: it need not be parsed to its end."""
    lines = (line for line in start.decode("utf-8", "replace").splitlines() if not line.startswith("#"))
    names = {name.strip(' "').lower() for name in re.split(r"[,\s]+", next(lines, ""))}
    known = {declared.columns.get("wavelength", "").lower(), *ROLES["wavelength"]} - {""}
    if not names & known:
        raise NoSpectrum(
            f"{path}: it is in no known layout of spectra, nor a table of text: its first line names no"
            " column of wavelengths (--column wavelength=NAME declares one)"
        )


def _read_text(path: Path, data: bytes, kind: str, how: How) -> Iterator[Block]:
    from astropy.io import ascii as text_tables  # noqa: PLC0415  (FITS files need none of it)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = data.decode("utf-8")
            options = {"comment": "#"} if kind == "csv" else {}
            table = text_tables.read(text, format=kind, guess=False, **options)
    except (ValueError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise NoSpectrum(
            f"{path}: it is in no known layout of spectra, nor a table of text ({error})"
        ) from error
    columns = {name.lower(): _plain(table[name]) for name in table.colnames}
    units = {
        name.lower(): None if table[name].unit is None else str(table[name].unit) for name in table.colnames
    }
    meta = {str(key).lower(): value for key, value in table.meta.items()} | _comments(text)
    yield _block(path, str(path), columns, units, meta, how)


def _plain(column: Any) -> Array:
    """The values of a column, missing numbers as NaN."""
    if hasattr(column, "filled") and column.dtype.kind == "f":
        return np.asarray(column.filled(np.nan))
    return np.asarray(column)


_TOLD = (
    "ra",
    "dec",
    "ref_epoch",
    "spec_id",
    "object",
    "objname",
    "snr",
    "radial_velocity",
    "radial_velocity_error",
    "vacuum",
    "medium",
    "frame",
    "survey",
    "resolution",
    "mjd",
    "exptime",
    "flux_unit",
    "normalised",
)
"""What a header, or the comments at the top of a text, may say of a spectrum."""


def _comments(text: str) -> dict[str, str]:
    """What lines such as `# ra = 12.5` or `# ra: 12.5` at the top of a CSV file say."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        name, mark, value = line.lstrip("# ").partition("=" if "=" in line else ":")
        if mark and name.strip().lower() in _TOLD:
            found[name.strip().lower()] = value.strip()
    return found


def _block(
    path: Path,
    where: str,
    columns: Mapping[str, Array],
    units: Mapping[str, str | None],
    meta: Mapping[str, Any],
    how: How,
) -> Block:
    roles = roles_of(where, columns, how.declared)
    values = {role: columns[name] for role, name in roles.items()}
    wavelength = angstrom(where, roles["wavelength"], values["wavelength"], units, how.declared)
    name = str(meta.get("spec_id") or path.name.split(".")[0])
    star = meta.get("object") or meta.get("objname")
    normalised = meta.get("normalised")
    for coordinate in ("ra", "dec"):
        refuse_text(where, coordinate, meta.get(coordinate), how)
    snr = _number(meta, "snr")
    row: Row = {
        "spec_id": name,
        "observation_id": name,
        "object_id": None if star is None else str(star),
        "survey": how.declared.survey or meta.get("survey"),
        "layout": "table",
        "kind": "single",
        "mjd": _number(meta, "mjd"),
        "exposure": positive(_number(meta, "exptime")),
        "resolution": how.declared.resolution or _number(meta, "resolution"),
        "snr": snr,
        "snr_source": None if snr is None else "snr",
        "ref_epoch": _number(meta, "ref_epoch"),
        "normalised": normalised is not None and truth(where, "normalised", normalised),
        "flux_unit": meta.get("flux_unit") or units.get(roles["flux"]),
        "bad_bits": ALL_BITS if "mask" in values else None,
        "file": path.name,
        **checked_position(_number(meta, "ra"), _number(meta, "dec"), where, how, ("ra", "dec")),
    }
    if (velocity := _number(meta, "radial_velocity")) is not None:
        row |= {"radial_velocity": velocity, "rv_source": "radial_velocity"}
        row["radial_velocity_error"] = positive(_number(meta, "radial_velocity_error"))
    return block(
        where,
        wavelength,
        frame_of(where, meta, how.declared),
        [row],
        values["flux"],
        ivar=values.get("ivar"),
        error=values.get("error") if "ivar" not in values else None,
        mask=values.get("mask"),
    )


def roles_of(where: str, columns: Collection[str], declared: Declared) -> dict[str, str]:
    """The name of the column of each role that is there; an error where one is missing that is needed."""
    found: dict[str, str] = {}
    for role, names in ROLES.items():
        told = declared.columns.get(role)
        chosen = [told.lower()] if told is not None else names
        present = next((name for name in chosen if name in columns), None)
        if told is not None and present is None:
            raise SpectrumError(where, f"there is no column {told} ({role}; there are: {', '.join(columns)})")
        if present is not None:
            found[role] = present
    for role in ("wavelength", "flux"):
        if role not in found:
            raise NoSpectrum(
                f"{where}: no column is known as the {role} (columns: {', '.join(columns)}): declare it by"
                f" --column {role}=NAME"
            )
    if not {"ivar", "error"} & set(found):
        raise SpectrumError(
            where,
            f"there is neither an inverse variance nor an error (columns: {', '.join(columns)}): declare one"
            " by --column ivar=NAME or --column error=NAME",
        )
    return found


def angstrom(
    where: str, name: str, values: Array, units: Mapping[str, str | None], declared: Declared
) -> Array:
    """The wavelengths of a column [Angstrom]."""
    if values.dtype.kind not in "iuf":
        raise SpectrumError(where, f"column {name}: the wavelengths are no numbers ({values.dtype})")
    wavelength = values.astype(np.float64)
    if name == "loglam":
        return np.asarray(10.0**wavelength, np.float64)
    unit = declared.wavelength_unit or units.get(name)
    if unit is None:
        raise SpectrumError(where, f"column {name} has no unit: say it by --wavelength-unit Angstrom|nm|um")
    factor = _ANGSTROM.get(unit.strip().lower())
    if factor is None:
        raise SpectrumError(where, f"column {name}: the unit {unit!r} is none of Angstrom, nm, um")
    return np.asarray(wavelength * factor, np.float64)


def frame_of(where: str, meta: Mapping[str, Any], declared: Declared) -> tuple[str, str]:
    """Medium and frame, as declared or as the file says."""
    medium, frame = declared.medium or meta.get("medium"), declared.frame or meta.get("frame")
    vacuum = meta.get("vacuum")
    if medium is None and vacuum is not None:
        medium = "vacuum" if truth(where, "vacuum", vacuum) else "air"
    for name, value, known in (("medium", medium, MEDIA), ("frame", frame, FRAMES)):
        if value not in known:
            said = "is not said" if value is None else f"is {value!r}"
            raise SpectrumError(
                where, f"the {name} of the wavelengths {said}: say it by --{name} {'|'.join(known)}"
            )
    return str(medium), str(frame)


def _number(meta: Mapping[str, Any], name: str) -> float | None:
    value = meta.get(name)
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


LAYOUTS = (
    Layout(
        "table",
        "Any table of pixels (FITS, ECSV, CSV) with columns of wavelength, flux and ivar or error",
        "docs/spectra.md",
        _is_table,
        _read_fits,
    ),
)
