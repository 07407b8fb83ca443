"""Many spectra on one grid in a file of arrays: .npz of numpy, or HDF5.

`wavelength` has the shape (p,), `flux` and `ivar` or `error` (and `mask`) the shape (n, p); `spec_id`, `ra`,
`dec` and others of ROWS the shape (n,). Of HDF5 some rows are read at a time, of .npz all.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ingest.spectra import generic
from ingest.spectra.faults import SpectrumError
from ingest.spectra.layout import How, checked_position
from ingest.spectra.spectrum import ALL_BITS, Array, Block, Row, block, positive

ROWS = (
    *(
        "spec_id",
        "ra",
        "dec",
        "object_id",
        "gaia_id",
        "gaia_release",
        "ref_epoch",
        "mjd",
        "snr",
        "resolution",
    ),
    *("radial_velocity", "radial_velocity_error", "object_class"),
)
"""Arrays with a value for each spectrum."""

_TEXTS = ("spec_id", "object_id", "gaia_release", "object_class")
_AT_ONCE = 500
_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"


def is_matrix(start: bytes) -> bool:
    """Whether a file that begins so is .npz or HDF5."""
    return start.startswith((_ZIP, _HDF5))


def read(path: Path, start: bytes, how: How) -> Iterator[Block]:
    """Yield the spectra of a file of arrays, some rows at a time."""
    with _arrays(path, start) as arrays:
        names = {name.lower(): name for name in arrays}
        roles = generic.roles_of(str(path), names, how.declared)
        found = {role: arrays[names[name]] for role, name in roles.items()}
        if found["flux"].ndim != 2:
            raise SpectrumError(
                str(path),
                f"{roles['flux']} has the shape {found['flux'].shape}; spectra x pixels is expected",
            )
        count = found["flux"].shape[0]
        _check_shapes(path, roles, found)
        wavelength = generic.angstrom(
            str(path), roles["wavelength"], np.asarray(found["wavelength"][...]), {}, how.declared
        )
        frame = generic.frame_of(str(path), {}, how.declared)
        columns = {name: _column(path, name, arrays[names[name]], count) for name in ROWS if name in names}
        for first in range(0, count, _AT_ONCE):
            last = min(first + _AT_ONCE, count)
            part = {role: np.asarray(found[role][first:last]) for role in found if role != "wavelength"}
            yield block(
                str(path),
                wavelength,
                frame,
                [_row(path, columns, i, how, masked="mask" in part) for i in range(first, last)],
                part["flux"],
                ivar=part.get("ivar"),
                error=part.get("error") if "ivar" not in part else None,
                mask=part.get("mask"),
            )


def _check_shapes(path: Path, roles: Mapping[str, str], found: Mapping[str, Any]) -> None:
    """Raise SpectrumError where there is no spectrum, or an array of pixels has another shape than flux."""
    shape = found["flux"].shape
    if not shape[0]:
        raise SpectrumError(str(path), f"{roles['flux']} has the shape {shape}: there is no spectrum in it")
    for role in set(found) - {"wavelength", "flux"}:
        if found[role].shape != shape:
            raise SpectrumError(
                str(path), f"{roles[role]} has the shape {found[role].shape}, {roles['flux']} {shape}"
            )


@contextmanager
def _arrays(path: Path, start: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        if start.startswith(_ZIP):
            with np.load(path, allow_pickle=False) as loaded:
                # Each access of a member decompresses it anew.
                wanted = [name for name in loaded if loaded[name].ndim]
                yield {name: loaded[name] for name in wanted}
            return
        h5py = _h5py(path)
        with h5py.File(path, "r") as file:
            yield {name: item for name, item in file.items() if isinstance(item, h5py.Dataset) and item.ndim}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise SpectrumError(str(path), f"its arrays can not be read ({error})") from error


def _h5py(path: Path) -> Any:
    try:
        import h5py  # noqa: PLC0415  (an extra; takes a fifth of a second)
    except ImportError as error:
        raise SpectrumError(
            str(path), "to read HDF5 needs h5py: pip install 'catalogdb[hdf5]', or save the arrays as .npz"
        ) from error
    return h5py


def _column(path: Path, name: str, values: Any, count: int) -> Array:
    read_in = np.asarray(values[...])
    wanted = {"gaia_id": "iu"}.get(name, "iuf")
    if name not in _TEXTS and read_in.dtype.kind not in wanted:
        what = "whole numbers (others lose digits)" if name == "gaia_id" else "numbers"
        unit = " in degrees" if name in {"ra", "dec"} else ""
        raise SpectrumError(str(path), f"{name} is of the type {read_in.dtype}; {what} are expected{unit}")
    if read_in.shape != (count,):
        raise SpectrumError(str(path), f"{name} has the shape {read_in.shape}; there are {count} spectra")
    return read_in


def _row(path: Path, columns: Mapping[str, Array], number: int, how: How, *, masked: bool) -> Row:
    def value(name: str) -> Any:
        if name not in columns:
            return None
        cell = columns[name][number]
        if name in _TEXTS:
            return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
        return int(cell) if name == "gaia_id" else float(cell) if np.isfinite(cell) else None

    name = value("spec_id") or f"{path.name.split('.')[0]}-{number + 1}"
    velocity = value("radial_velocity")
    return {
        **{each: value(each) for each in ROWS},
        **checked_position(value("ra"), value("dec"), f"{path}, spectrum {number + 1}", how, ("ra", "dec")),
        "spec_id": name,
        "observation_id": name,
        "survey": how.declared.survey,
        "layout": "matrix",
        "kind": "single",
        "resolution": how.declared.resolution or value("resolution"),
        "snr_source": "snr" if value("snr") is not None else None,
        "radial_velocity_error": positive(value("radial_velocity_error")),
        "rv_source": "radial_velocity" if velocity is not None else None,
        "bad_bits": ALL_BITS if masked else None,
        "normalised": False,
        "file": path.name,
        "row_number": number + 1,
    }
