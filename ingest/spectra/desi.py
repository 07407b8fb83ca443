"""Spectra of DESI: coadds and single exposures of many targets in one file, three arms.

Documents: data models coadd-SURVEY-PROGRAM-PIXNUM and spectra-SURVEY-PROGRAM-PIXNUM
(desidatamodel.readthedocs.io; github.com/desihub/desidatamodel).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ingest.spectra.faults import SpectrumError
from ingest.spectra.fits_file import Array, FitsFile, Hdu
from ingest.spectra.layout import How, Layout, Notes, checked_position
from ingest.spectra.spectrum import ALL_BITS, Block, Row, block, positive

ARMS = ("B", "R", "Z")
_ROWS = 200
"""Spectra of one block: a few megabytes."""

_UNITS = {"1e-17erg/(scm2Angstrom)", "10**-17erg/(scm2Angstrom)"}
FLUX_UNIT = "1e-17 erg.s**-1.cm**-2.Angstrom**-1"
_GAIA = {"G2": "Gaia DR2", "G3": "Gaia EDR3"}
"""REF_CAT, the catalogue that REF_ID is of."""


def _is_desi(file: FitsFile) -> bool:
    return file.find("FIBERMAP") is not None and any(file.find(f"{arm}_FLUX") for arm in ARMS)


def _read(file: FitsFile, how: How, notes: Notes) -> Iterator[Block]:
    fibermap = file.need("FIBERMAP")
    table = fibermap.table()
    if "TARGETID" not in table:
        raise SpectrumError(fibermap.where, "there is no column TARGETID")
    scores = file.find("SCORES")
    scored = {} if scores is None else scores.table()
    arms = [arm for arm in ARMS if file.find(f"{arm}_FLUX") is not None]
    spectra = {arm: _Arm(file, arm, len(table["TARGETID"])) for arm in arms}
    rows = [_row(file, fibermap, table, number, how) for number in range(len(table["TARGETID"]))]
    for arm in arms:
        for first in range(0, len(rows), _ROWS):
            last = min(first + _ROWS, len(rows))
            chosen = [
                rows[number] | _of_arm(rows[number], arm, scored, number) for number in range(first, last)
            ]
            yield spectra[arm].block(first, last, chosen)


class _Arm:
    """The images of one arm, all of one shape."""

    def __init__(self, file: FitsFile, arm: str, rows: int) -> None:
        self._flux = file.need(f"{arm}_FLUX")
        self._ivar = file.need(f"{arm}_IVAR")
        self._mask = file.find(f"{arm}_MASK")
        self._wavelength = file.need(f"{arm}_WAVELENGTH").image()
        expected = (rows, len(self._wavelength))
        for hdu in (self._flux, self._ivar, self._mask):
            if hdu is not None and hdu.shape != expected:
                raise SpectrumError(
                    hdu.where,
                    f"the image has the shape {hdu.shape}; FIBERMAP and {arm}_WAVELENGTH say {expected}",
                )
            if hdu is not None:
                hdu.raw(0, hdu.bytes)
        unit = (self._flux.header.text("BUNIT") or "").replace(" ", "")
        if unit not in _UNITS:
            raise SpectrumError(
                self._flux.where, f"BUNIT is {unit!r}; 10**-17 erg/(s cm2 Angstrom) is expected"
            )

    def block(self, first: int, last: int, rows: list[Row]) -> Block:
        """The spectra of these rows."""
        mask: Array | None = None if self._mask is None else self._mask.image(first, last)
        if mask is None:
            rows = [row | {"bad_bits": None} for row in rows]
        return block(
            self._flux.where,
            self._wavelength,
            ("vacuum", "barycentric"),
            rows,
            self._flux.image(first, last),
            ivar=self._ivar.image(first, last),
            mask=mask,
        )


def _row(file: FitsFile, fibermap: Hdu, table: dict[str, Array], number: int, how: How) -> Row:
    """What the arms of one row of FIBERMAP share."""

    def value(*names: str) -> Any:
        for name in names:
            if name in table:
                cell = table[name][number]
                return cell.decode("ascii", "replace").strip() if isinstance(cell, bytes) else cell.item()
        return None

    target = str(value("TARGETID"))
    coadd = "FIBERSTATUS" not in table
    primary = file.primary
    where = f"{fibermap.where}, row {number + 1}"
    told = (primary.text("SURVEY") or fibermap.header.text("SURVEY"), primary.text("PROGRAM"))
    parts = [each for each in told if each]
    if not coadd:
        parts += [str(value(name)) for name in ("EXPID", "TILEID") if value(name) is not None]
    elif value("TILEID") is not None:
        parts.append(str(value("TILEID")))
    ra, dec = value("TARGET_RA"), value("TARGET_DEC")
    epoch, exposure = value("REF_EPOCH"), value("COADD_EXPTIME", "EXPTIME")
    status = value("COADD_FIBERSTATUS", "FIBERSTATUS")
    return {
        "observation_id": "-".join([*parts, target]),
        "object_id": target,
        "survey": "DESI",
        "release": primary.text("SPECPROD") or fibermap.header.text("SPECPROD"),
        "layout": "desi",
        "kind": "coadd" if coadd else "single",
        "mjd": positive(value("MEAN_MJD", "MJD")),
        "exposure": positive(exposure),
        "object_class": value("OBJTYPE"),
        "spectrum_flag": None if status is None else int(status),
        "ref_epoch": positive(epoch),
        "normalised": False,
        "flux_unit": FLUX_UNIT,
        "bad_bits": ALL_BITS,
        "file": Path(file.path).name,
        "row_number": number + 1,
        **_gaia(value("REF_CAT"), value("REF_ID")),
        **checked_position(
            None if ra is None or not np.isfinite(ra) else ra,
            None if dec is None or not np.isfinite(dec) else dec,
            where,
            how,
            ("TARGET_RA", "TARGET_DEC"),
        ),
    }


def _gaia(catalogue: Any, identifier: Any) -> Row:
    release = _GAIA.get(str(catalogue))
    if release is None or identifier is None or identifier <= 0:
        return {}
    return {"gaia_id": int(identifier), "gaia_release": release}


def _of_arm(row: Row, arm: str, scores: dict[str, Array], number: int) -> Row:
    found: Row = {"arm": arm, "spec_id": f"{row['observation_id']}-{arm}", "extension": f"{arm}_FLUX"}
    for name in (f"MEDIAN_COADD_SNR_{arm}", f"MEDIAN_CALIB_SNR_{arm}"):
        if name in scores and np.isfinite(scores[name][number]):
            return found | {"snr": float(scores[name][number]), "snr_source": name}
    return found


LAYOUTS = (
    Layout(
        "desi",
        "DESI coadds and spectra: FIBERMAP and the images of the arms B, R and Z",
        "https://desidatamodel.readthedocs.io",
        _is_desi,
        _read,
    ),
)
