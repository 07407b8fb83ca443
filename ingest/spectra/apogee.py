"""Spectra of APOGEE: combined (apStar), pseudo-continuum normalised (aspcapStar), single visits (apVisit).

Documents: the data models apStar, aspcapStar and apVisit of SDSS (data.sdss.org/datamodel, files below
APOGEE_REDUX and APOGEE_ASPCAP; github.com/sdss/datamodel), "Using APOGEE spectra" and "APOGEE bitmasks"
(sdss4.org/dr17/irspec).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ingest.spectra.faults import SpectrumError
from ingest.spectra.fits_file import Array, FitsFile, Hdu, Header
from ingest.spectra.layout import How, Layout, Notes, checked_position, position
from ingest.spectra.spectrum import Block, Row, block, mjd_of, positive

RESOLUTION = 22500.0
BAD_BITS = 0b100000011111111
"""Bits 0 to 7 and 14 of APOGEE_PIXMASK: those of level 1 (bad) in the class PixelBitMask of SDSS's package
apogee (BADPIX, CRPIX, SATPIX, UNFIXABLE, BADDARK, BADFLAT, BADERR, NOSKY, NOT_ENOUGH_PSF)."""

FLUX_UNIT = "1e-17 erg.s**-1.cm**-2.Angstrom**-1"
_REST = ("vacuum", "rest")


def _has_images(file: FitsFile, number: int) -> bool:
    return len(file.hdus) > number and all(hdu.is_image for hdu in file.hdus[1 : number + 1])


def _unit(file: FitsFile, number: int) -> str:
    return file.hdus[number].header.text("BUNIT") or ""


def _is_star(file: FitsFile) -> bool:
    return "NVISITS" in file.primary and "STARFLAG" in file.primary and _has_images(file, 3)


def _is_aspcap(file: FitsFile) -> bool:
    return (
        _has_images(file, 2)
        and "CDELT1" in file.hdus[1].header
        and file.hdus[-1].is_table
        and "ASPCAPFLAG" in file.hdus[-1].columns()
    )


def _is_visit(file: FitsFile) -> bool:
    return _has_images(file, 4) and _unit(file, 1).startswith("Flux") and _unit(file, 4).startswith("Wave")


def _log_wavelength(hdu: Hdu) -> Array:
    """The wavelengths of an image that is evenly spaced in log10 of the wavelength [Angstrom]."""
    header = hdu.header
    first = float(header.need("CRVAL1", "log10 of the first wavelength"))
    step = float(header.need("CDELT1", "step in log10 of the wavelength"))
    reference = float(header.number("CRPIX1") or 1.0)
    pixels = np.arange(1, hdu.shape[-1] + 1, dtype=np.float64)
    return np.asarray(10.0 ** (first + step * (pixels - reference)), np.float64)


def _name(header: Header) -> str:
    return str(header.text("OBJID") or header.need("OBJID", "APOGEE's name of the star"))


def _shared(file: FitsFile, layout: str) -> Row:
    return {
        "survey": "APOGEE",
        "layout": layout,
        "release": file.primary.text("V_APRED") or file.primary.text("APRED"),
        "resolution": RESOLUTION,
        "file": Path(file.path).name,
    }


def _telescope(header: Header) -> str | None:
    """TELESCOP; without it the prefix of the visit files, which is `as` for the southern telescope."""
    told = header.text("TELESCOP")
    first = header.text("SFILE1")
    if told is not None or first is None:
        return told
    return "lco25m" if first.startswith("as") else "apo25m"


def _read_star(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    header, hdu = file.primary, file.image(1, "the flux")
    named = ((1, "the flux"), (2, "the error"), (3, "the mask"))
    flux, error, mask = (np.atleast_2d(file.image(number, what).image()) for number, what in named)
    if not flux.shape == error.shape == mask.shape:
        shapes = f"{flux.shape}, {error.shape}, {mask.shape}"
        raise SpectrumError(hdu.where, f"flux, error and mask have the shapes {shapes}; one is expected")
    star = _name(header)
    parts = (_telescope(header), header.text("FIELD") or header.text("HEALPIX"), star)
    identifier = ".".join(each for each in parts if each)
    flag = header.number("STARFLAG")
    shared = _shared(file, "apogee_apstar") | {
        "observation_id": identifier,
        "object_id": star,
        "flux_unit": FLUX_UNIT,
        "normalised": False,
        "bad_bits": BAD_BITS,
        "extension": hdu.name or "1",
        **position(header, f"{file.path}, extension 0", how),
    }
    rows: list[Row] = [
        {
            **shared,
            "spec_id": identifier,
            "kind": "coadd",
            "snr": positive(header.number("SNR")),
            "snr_source": "SNR" if positive(header.number("SNR")) is not None else None,
            "spectrum_flag": None if flag is None else int(flag),
            **_velocity(header, "VHELIO", "VERR"),
        }
    ]
    visits = len(flux) - 2
    if visits > 0 and not how.exposures:
        notes.leave_out("single visits, which --exposures reads", visits)
    if how.exposures:
        rows += [_visit_row(header, shared, identifier, i) for i in range(1, visits + 1)]
    chosen = [0, *range(2, len(rows) + 1)]
    yield block(
        hdu.where,
        _log_wavelength(hdu),
        _REST,
        rows,
        flux[chosen],
        error=error[chosen],
        mask=mask[chosen],
    )


def _visit_row(header: Header, shared: Row, identifier: str, number: int) -> Row:
    julian = header.number(f"JD{number}")
    snr = positive(header.number(f"SNRVIS{number}"))
    flag = header.number(f"FLAG{number}")
    return {
        **shared,
        "spec_id": f"{identifier}.{number}",
        "kind": "single",
        "mjd": None if julian is None else julian - 2400000.5,
        "snr": snr,
        "snr_source": None if snr is None else f"SNRVIS{number}",
        "spectrum_flag": None if flag is None else int(flag),
        "barycentric_correction": header.number(f"BC{number}"),
        **_velocity(header, f"VHELIO{number}", f"VERR{number}"),
    }


def _velocity(header: Header, value: str, error: str) -> Row:
    velocity = header.number(value)
    if velocity is None or abs(velocity) > 9000:
        return {}
    return {
        "radial_velocity": velocity,
        "radial_velocity_error": positive(header.number(error)),
        "rv_source": value,
    }


def _read_aspcap(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    hdu = file.image(1, "the flux")
    table = {name: values[0] for name, values in file.hdus[-1].table().items() if len(values)}
    star = _cell(table, "APOGEE_ID") or file.primary.text("OBJID")
    if star is None:
        raise SpectrumError(file.hdus[-1].where, "there is neither a column APOGEE_ID nor a keyword OBJID")
    parts = (_cell(table, "TELESCOPE"), _cell(table, "FIELD") or _cell(table, "LOCATION_ID"), star)
    identifier = ".".join(["aspcap", *(each for each in parts if each)])
    told = {key: _number(table, key, file.primary) for key in ("RA", "DEC", "SNR", "VHELIO_AVG", "VERR")}
    flag = _number(table, "STARFLAG", file.primary)
    snr = positive(told["SNR"])
    row = _shared(file, "apogee_aspcapstar") | {
        "spec_id": identifier,
        "observation_id": identifier,
        "object_id": star,
        "kind": "coadd",
        "snr": snr,
        "snr_source": None if snr is None else "SNR",
        "spectrum_flag": None if flag is None else int(flag),
        "normalised": True,
        "extension": hdu.name or "1",
        **checked_position(told["RA"], told["DEC"], file.hdus[-1].where, how),
    }
    velocity = told["VHELIO_AVG"]
    if velocity is not None and abs(velocity) <= 9000:
        row |= {"radial_velocity": velocity, "radial_velocity_error": positive(told["VERR"])}
        row["rv_source"] = "VHELIO_AVG"
    yield block(
        hdu.where,
        _log_wavelength(hdu),
        _REST,
        [row],
        hdu.image(),
        error=file.image(2, "the error").image(),
    )


def _cell(table: dict[str, Any], name: str) -> str | None:
    value = table.get(name)
    if value is None or np.ndim(value):
        return None
    return (value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)).strip() or None


def _number(table: dict[str, Any], name: str, header: Header) -> float | None:
    text = _cell(table, name)
    if text is None:
        return header.number(name)
    value = float(text)
    return value if np.isfinite(value) and not -10000 < value <= -9990 else None


def _read_visit(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    """The three chips, red to blue in the file, one after the other with the gaps between them."""
    header, hdu = file.primary, file.image(1, "the flux")
    named = ((1, "the flux"), (2, "the error"), (3, "the mask"), (4, "the wavelengths"))
    arrays = [file.image(number, what).image() for number, what in named]
    shapes = {each.shape for each in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 2:
        raise SpectrumError(
            hdu.where, f"flux, error, mask and wavelengths have the shapes {sorted(shapes)}; one is expected"
        )
    order = np.argsort(arrays[3].reshape(-1), kind="stable")
    flux, error, mask, wavelength = (each.reshape(-1)[order] for each in arrays)
    star = _name(header)
    plate = (header.text("PLATE") or header.text("PLATEID"), header.text("MJD5"), header.text("FIBERID"))
    identifier = ".".join(["visit", *(each for each in plate if each), star])
    flag = header.number("STARFLAG")
    snr = positive(header.number("SNR"))
    row = _shared(file, "apogee_apvisit") | {
        "spec_id": identifier,
        "observation_id": identifier,
        "object_id": star,
        "kind": "single",
        "mjd": mjd_of(header.text("DATE-OBS")),
        "exposure": positive(header.number("EXPTIME")),
        "snr": snr,
        "snr_source": None if snr is None else "SNR",
        "spectrum_flag": None if flag is None else int(flag),
        "barycentric_correction": header.number("BC"),
        "flux_unit": FLUX_UNIT,
        "normalised": False,
        "bad_bits": BAD_BITS,
        "extension": hdu.name or "1",
        **_velocity(header, "VHELIO", "VERR"),
        **position(header, f"{file.path}, extension 0", how),
    }
    frame = ("vacuum", "observed")
    yield block(hdu.where, wavelength, frame, [row], flux, error=error, mask=mask)


_SOURCE = "https://data.sdss.org/datamodel/files/APOGEE_REDUX"
LAYOUTS = (
    Layout("apogee_apstar", "APOGEE combined spectrum of a star", _SOURCE, _is_star, _read_star),
    Layout(
        "apogee_aspcapstar",
        "APOGEE combined spectrum, normalised by ASPCAP",
        "https://data.sdss.org/datamodel/files/APOGEE_ASPCAP",
        _is_aspcap,
        _read_aspcap,
    ),
    Layout("apogee_apvisit", "APOGEE spectrum of one visit", _SOURCE, _is_visit, _read_visit),
)
