"""Spectra of LAMOST: low resolution in both of its layouts, and medium resolution.

Documents: "LAMOST LRS / MRS Data Production Description" of DR6 to DR10 (lamost.org/dr10/v2.0/doc); the
table layout of low-resolution files since DR7 v2 as LASP-CurveFit reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ingest.spectra.faults import SpectrumError
from ingest.spectra.fits_file import Array, FitsFile, Hdu, Header
from ingest.spectra.layout import How, Layout, Notes, position, truth
from ingest.spectra.spectrum import ALL_BITS, C_KM_S, Block, Row, block, mjd_of, positive

_ROWS = 5
"""Rows of the image: flux, inverse variance, wavelength, AND mask, OR mask."""

_BEIJING_DAYS = 8 / 24
"""LAMOST's local modified Julian minutes are of Beijing time, 8 h before UTC."""

LRS_RESOLUTION, MRS_RESOLUTION = 1800.0, 7500.0


def _is_lamost(file: FitsFile) -> bool:
    return any("LAMOST" in (file.primary.text(key) or "") for key in ("TELESCOP", "ORIGIN", "AUTHOR"))


def _is_low_image(file: FitsFile) -> bool:
    return _is_lamost(file) and file.hdus[0].is_image


def _is_low_table(file: FitsFile) -> bool:
    return _is_lamost(file) and file.find("COADD") is not None


def _is_medium(file: FitsFile) -> bool:
    return _is_lamost(file) and any(_arm(hdu.name) is not None for hdu in file.hdus[1:])


def _arm(name: str) -> str | None:
    """B or R of the extension of a medium-resolution spectrum, such as COADD_B or B-83906016."""
    if name in {"COADD_B", "COADD_R"}:
        return name[-1]
    return name[0] if name[:2] in {"B-", "R-"} else None


def _read_low_image(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    hdu = file.hdus[0]
    if len(hdu.shape) != 2 or hdu.shape[0] != _ROWS:
        raise SpectrumError(
            hdu.where,
            f"the image has the shape {hdu.shape}; {_ROWS} rows are expected (flux, inverse variance,"
            " wavelength, AND mask, OR mask), as in data releases since DR1",
        )
    data = hdu.image()
    yield _low(file, how, (data[0], data[1], data[2]), data[3], data[4])


def _read_low_table(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    hdu = file.need("COADD")
    values = _columns(hdu, ("FLUX", "IVAR"))
    masks = (values.get("ANDMASK"), values.get("ORMASK"))
    yield _low(file, how, (values["FLUX"], values["IVAR"], _wavelength(hdu, values)), *masks)


def _low(
    file: FitsFile,
    how: How,
    spectrum: tuple[Array, Array, Array],
    and_mask: Array | None,
    or_mask: Array | None,
) -> Block:
    header, where = file.primary, str(file.path)
    flux, ivar, wavelength = spectrum
    identifier = str(header.need("OBSID", "number of the spectrum"))
    row = _row(file, how) | {
        "layout": "lamost_lrs",
        "spec_id": identifier,
        "extension": file.hdus[0].name if and_mask is None or flux.base is and_mask.base else "COADD",
        "kind": "coadd",
        "mjd": mjd_of(header.text("DATE-OBS")),
        "exposure": positive(header.number("EXPTIME")),
        "resolution": LRS_RESOLUTION,
        "snr": positive(header.number("SNRG")),
        "snr_source": "SNRG" if positive(header.number("SNRG")) is not None else None,
        "bad_bits": None if and_mask is None else ALL_BITS,
    }
    frame = _frame(header, where)
    return block(
        file.hdus[0].where,
        wavelength,
        frame,
        [row | _velocity(header)],
        flux,
        ivar=ivar,
        mask=and_mask,
        or_mask=or_mask,
    )


def _velocity(header: Header) -> Row:
    """c z of a star; z of a galaxy or quasar is no radial velocity of what LAMOST calls stars."""
    z, error = header.number("Z"), header.number("Z_ERR")
    if z is None or (header.text("CLASS") or "STAR").upper() != "STAR":
        return {}
    return {
        "radial_velocity": C_KM_S * z,
        "radial_velocity_error": None if positive(error) is None or error is None else C_KM_S * error,
        "rv_source": "Z",
    }


def _read_medium(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    frame = _frame(file.primary, str(file.path))
    found = False
    for hdu in file.hdus[1:]:
        arm = _arm(hdu.name)
        if arm is None:
            continue
        if not (how.exposures or hdu.name.startswith("COADD")):
            notes.leave_out("single exposures, which --exposures reads")
            continue
        found = True
        yield _medium(file, hdu, arm, frame, how)
    if not found and not how.exposures:
        raise SpectrumError(
            str(file.path), "there is neither COADD_B nor COADD_R: --exposures reads the single exposures"
        )


def _medium(file: FitsFile, hdu: Hdu, arm: str, frame: tuple[str, str], how: How) -> Block:
    values = _columns(hdu, ("FLUX", "IVAR"))
    single = not hdu.name.startswith("COADD")
    identifier = str(file.primary.need("OBSID", "number of the observation"))
    mask = values.get("PIXMASK") if single else values.get("ANDMASK")
    row = _row(file, how) | {
        "layout": "lamost_mrs",
        "spec_id": f"{identifier}-{hdu.name}",
        "extension": hdu.name,
        "arm": arm,
        "kind": "single" if single else "coadd",
        "resolution": MRS_RESOLUTION,
        "snr": hdu.header.number("SNR"),
        "snr_source": "SNR" if hdu.header.number("SNR") is not None else None,
        "bad_bits": None if mask is None else ALL_BITS,
    }
    row |= _single(hdu.header) if single else _combined(file, arm)
    return block(
        hdu.where,
        _wavelength(hdu, values),
        frame,
        [row],
        values["FLUX"],
        ivar=values["IVAR"],
        mask=mask,
        or_mask=values.get("ORMASK"),
    )


def _combined(file: FitsFile, arm: str) -> Row:
    """Mean middle and length of the exposures that a coadd is of, where the file has them.

    DATE-OBS is that of the first exposure alone.
    """
    singles = [
        _single(hdu.header)
        for hdu in file.hdus[1:]
        if _arm(hdu.name) == arm and not hdu.name.startswith("COADD")
    ]
    times = [(each.get("mjd"), each["exposure"]) for each in singles]
    if not times or any(mjd is None or exposure is None for mjd, exposure in times):
        return {"mjd": mjd_of(file.primary.text("DATE-OBS"))}
    middle, exposure = np.array(times, np.float64).T
    return {"mjd": float(np.average(middle, weights=exposure)), "exposure": float(exposure.sum())}


def _single(header: Header) -> Row:
    """Middle and length of one exposure, which began at LMJM."""
    exposure = positive(header.number("EXPTIME"))
    minutes = header.number("LMJM")
    if minutes is None:
        return {"exposure": exposure}
    return {"exposure": exposure, "mjd": minutes / 1440 - _BEIJING_DAYS + (exposure or 0.0) / 2 / 86400}


def _columns(hdu: Hdu, needed: tuple[str, ...]) -> dict[str, Array]:
    """The columns of a table with a row for each pixel, or one row of lists, as lists of pixels."""
    values = hdu.table()
    for name in needed:
        if name not in values:
            raise SpectrumError(hdu.where, f"there is no column {name} (there are: {', '.join(values)})")
    if hdu.shape[0] == 1:
        return {name: each[0] for name, each in values.items() if each[0].ndim == 1}
    return {name: each for name, each in values.items() if each.ndim == 1}


def _wavelength(hdu: Hdu, values: dict[str, Array]) -> Array:
    if "WAVELENGTH" in values:
        return np.asarray(values["WAVELENGTH"], np.float64)
    if "LOGLAM" in values:
        return np.asarray(10.0 ** values["LOGLAM"].astype(np.float64), np.float64)
    raise SpectrumError(hdu.where, "there is neither a column WAVELENGTH nor LOGLAM")


def _frame(header: Header, where: str) -> tuple[str, str]:
    """Medium and frame of the wavelengths, as the header says them."""
    vacuum = truth(where, "VACUUM", header.need("VACUUM", "whether wavelengths are in vacuum"))
    corrected = truth(where, "HELIO", header.need("HELIO", "whether wavelengths are heliocentric"))
    return ("vacuum" if vacuum else "air", "heliocentric" if corrected else "observed")


def _row(file: FitsFile, how: How) -> Row:
    """What all spectra of a file share."""
    header = file.primary
    kinds = (header.text("CLASS"), header.text("SUBCLASS"))
    flag = header.number("FIBERMAS")
    row: dict[str, Any] = {
        "observation_id": str(header.need("OBSID", "number of the observation")),
        "object_id": header.text("DESIG"),
        "target_name": header.text("OBJNAME"),
        "survey": "LAMOST",
        "release": header.text("DATA_V"),
        "object_class": " ".join(each for each in kinds if each) or header.text("OBJTYPE"),
        "spectrum_flag": None if flag is None else int(flag),
        "barycentric_correction": header.number("HELIO_RV"),
        "normalised": False,
        "file": Path(file.path).name,
    }
    return row | position(header, file.hdus[0].where, how)


LAYOUTS = (
    Layout(
        "lamost_lrs",
        "LAMOST low resolution: an image of 5 rows, or since DR7 v2 the table COADD",
        "https://www.lamost.org/dr10/v2.0/doc/lr-data-production-description",
        lambda file: _is_low_image(file) or _is_low_table(file),
        lambda file, how, notes: (_read_low_image if _is_low_image(file) else _read_low_table)(
            file, how, notes
        ),
    ),
    Layout(
        "lamost_mrs",
        "LAMOST medium resolution: tables COADD_B and COADD_R, and single exposures",
        "https://www.lamost.org/dr10/v2.0/doc/mr-data-production-description",
        _is_medium,
        _read_medium,
    ),
)
