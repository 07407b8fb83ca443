"""Spectra of GALAH: one file for each of the four CCDs of HERMES.

Documents: "GALAH DR3 spectra" (docs.datacentral.org.au/galah/dr3/galah-dr3-spectra); for the reduction 6.0
of DR4 "Folder and file structure", and the headers that extract6.0.py writes
(github.com/sheliak/galah_reduction).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ingest.spectra.faults import SpectrumError
from ingest.spectra.fits_file import Array, FitsFile, Hdu, Header
from ingest.spectra.layout import How, Layout, Notes, position
from ingest.spectra.spectrum import Block, Row, block, positive

RESOLUTION = 28000.0
CCDS = {"1": "blue", "2": "green", "3": "red", "4": "infrared"}
_FRAME = ("air", "barycentric")
_STAR = ("GALAH_ID", "OBJ_NAME", "OBJECT")
"""Names of the star; where there is no other, OBJECT, which reduction 6.0 has for the field.

MEANRA and MEANDEC are the pointing of the telescope, so no position of the star.
"""


def _is_dr3(file: FitsFile) -> bool:
    second = file.hdus[1] if len(file.hdus) > 1 else None
    return (
        second is not None
        and second.is_image
        and len(file.hdus) in {4, 5}
        and (second.name.lower() == "input_sigma" or "GALAH" in (file.primary.text("ORIGIN") or ""))
    )


def _is_dr4(file: FitsFile) -> bool:
    return file.find("NORMALIZED") is not None and file.find("RELATIVE_ERROR") is not None


def _sobject(file: FitsFile) -> tuple[str, str]:
    """sobject_id and the number of the CCD, of the name of the file."""
    found = re.match(r"(\d{15})([1-4])(?!\d)", Path(file.path).name)
    if found is None:
        raise SpectrumError(
            str(file.path),
            "the name is not sobject_id and CCD (1704180037012051.fits): the header of GALAH's spectra does"
            " not say them; give the file its name again",
        )
    return found[1], found[2]


def _wavelength(hdu: Hdu) -> Array:
    header = hdu.header
    first = float(header.need("CRVAL1", "first wavelength [Angstrom]"))
    step = header.number("CDELT1") or header.number("CD1_1")
    if step is None:
        raise SpectrumError(hdu.where, "the header has neither CDELT1 nor CD1_1 (step of the wavelength)")
    reference = float(header.number("CRPIX1") or 1.0)
    return np.asarray(first + step * (np.arange(1, hdu.shape[-1] + 1) - reference), np.float64)


def _row(file: FitsFile, how: How, layout: str) -> Row:
    header = file.primary
    star, ccd = _sobject(file)
    names = ("RA_OBJ", "DEC_OBJ") if "RA_OBJ" in header else ("RA", "DEC")
    row: Row = {
        "spec_id": f"{star}-{ccd}",
        "observation_id": star,
        "object_id": _star(header),
        "survey": "GALAH",
        "layout": layout,
        "arm": CCDS[ccd],
        "kind": "single" if star[10:12] == "00" else "coadd",
        "mjd": positive(header.number("UTMJD")),
        "exposure": positive(header.number("EXPOSED")),
        "resolution": RESOLUTION,
        "barycentric_correction": header.number("BARYEFF"),
        "file": Path(file.path).name,
        **position(header, f"{file.path}, extension 0", how, names),
    }
    return row | _velocity(header)


def _star(header: Header) -> str | None:
    """The first name of the star that is one; the pipeline writes None where there is none."""
    names = (header.text(each) for each in _STAR)
    return next((each for each in names if each not in {None, "None"}), None)


def _velocity(header: Header) -> Row:
    """The velocity of all arms (RVCOM), else of this one (RV), where the pipeline says that it converged."""
    for name in ("RVCOM", "RV"):
        velocity = header.number(name)
        if velocity is not None and header.number(f"{name}_OK") != 0:
            error = positive(header.number(f"E_{name}"))
            return {"radial_velocity": velocity, "rv_source": name, "radial_velocity_error": error}
    return {}


def _read_dr3(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    """Normalised where the file has that (5 extensions), else the flux; relative errors belong to both."""
    relative = file.image(1, "the relative error")
    normalised = len(file.hdus) == 5
    hdu = file.image(4 if normalised else 0, "the spectrum")
    yield _block(file, how, "galah_dr3", hdu, relative, normalised=normalised)


def _read_dr4(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    hdu, relative = file.need("NORMALIZED"), file.need("RELATIVE_ERROR")
    yield _block(file, how, "galah_dr4", hdu, relative, normalised=True)


def _block(file: FitsFile, how: How, layout: str, hdu: Hdu, relative: Hdu, *, normalised: bool) -> Block:
    flux = hdu.image()
    error = relative.image()
    if flux.shape != error.shape:
        raise SpectrumError(
            relative.where, f"the relative error has the shape {error.shape}, the flux {flux.shape}"
        )
    row = _row(file, how, layout)
    row |= {"extension": hdu.name or str(hdu.number), "normalised": normalised}
    wavelength = _wavelength(hdu if "CRVAL1" in hdu.header else file.hdus[0])
    absolute = error.astype(flux.dtype, copy=False) * np.abs(flux)
    return block(hdu.where, wavelength, _FRAME, [row], flux, error=absolute)


LAYOUTS = (
    Layout(
        "galah_dr3",
        "GALAH DR2 and DR3: one file for each CCD, with 4 or 5 extensions",
        "https://docs.datacentral.org.au/galah/dr3/galah-dr3-spectra/",
        _is_dr3,
        _read_dr3,
    ),
    Layout(
        "galah_dr4",
        "GALAH reduction 6.0 (DR4): one file for each CCD, with extensions by name",
        "https://github.com/sheliak/galah_reduction/blob/master/documentation/folder_and_file_structure.txt",
        _is_dr4,
        _read_dr4,
    ),
)
