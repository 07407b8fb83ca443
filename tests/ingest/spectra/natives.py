"""Simulated spectra as native files, in the layouts that the surveys publish, written by astropy."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from astropy.io import fits

PIXELS = 40


def noise(shape, seed):
    """Flux around 1000 and inverse variances around 1, float32; simulated."""
    rng = np.random.default_rng(seed)
    return rng.normal(1000, 5, shape).astype("f4"), rng.uniform(0.5, 2, shape).astype("f4")


def put(header, values):
    """Set keywords."""
    for name, value in values.items():
        header[name] = value


def lamost_header(header, obsid=1, ra=10.0, dec=20.0):
    put(
        header,
        {
            "TELESCOP": "LAMOST",
            "ORIGIN": "NAOC-LAMOST",
            "OBSID": obsid,
            "DATA_V": "LAMOST DR7",
            "DESIG": f"LAMOST J{obsid}",
            "OBJNAME": f"target {obsid}",
            "DATE-OBS": "2018-10-05T12:00:00",
            "RA": ra,
            "DEC": dec,
            "EXPTIME": 1800.0,
            "FIBERMAS": 0,
            "HELIO": True,
            "HELIO_RV": -9.5,
            "VACUUM": True,
            "CLASS": "STAR",
            "SUBCLASS": "G3",
            "Z": -0.0001,
            "Z_ERR": 0.00001,
            "SNRG": 53.0,
        },
    )


def lamost_lrs(path: Path, obsid=1, seed=1, pixels=PIXELS, **position) -> Path:
    """Low resolution, five rows."""
    flux, ivar = noise(pixels, seed)
    wavelength = (10 ** (3.5682 + 1e-4 * np.arange(pixels))).astype("f4")
    masks = np.zeros((2, pixels), "f4")
    masks[:, 3], ivar[5], flux[7] = (0, 64), 0, np.nan
    hdu = fits.PrimaryHDU(np.vstack([flux, ivar, wavelength, masks]).astype("f4"))
    lamost_header(hdu.header, obsid, **position)
    hdu.header["EXTNAME"] = "Flux"
    hdu.writeto(path)
    return path


def lamost_lrs_table(path: Path, obsid=1, seed=1) -> Path:
    """Low resolution since DR7 v2: one row of lists in COADD."""
    flux, ivar = noise(PIXELS, seed)
    values = {
        "FLUX": flux,
        "IVAR": ivar,
        "WAVELENGTH": (10 ** (3.5682 + 1e-4 * np.arange(PIXELS))).astype("f4"),
        "ANDMASK": np.zeros(PIXELS, "f4"),
        "ORMASK": np.zeros(PIXELS, "f4"),
        "NORMALIZATION": np.ones(PIXELS, "f4"),
    }
    columns = [fits.Column(name, f"{PIXELS}E", array=[each]) for name, each in values.items()]
    primary = fits.PrimaryHDU()
    lamost_header(primary.header, obsid)
    whole = fits.HDUList([primary, fits.BinTableHDU.from_columns(columns, name="COADD")])
    plain = path.with_suffix("")
    whole.writeto(plain)
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    return path


def lamost_mrs(path: Path, obsid=1, seed=1) -> Path:
    """Medium resolution: coadds and a single exposure of each arm, the red one in falling order."""
    primary = fits.PrimaryHDU()
    lamost_header(primary.header, obsid)
    hdus = [primary]
    for number, (name, start) in enumerate(
        (("COADD_B", 3.69), ("COADD_R", 3.80), ("B-83906016", 3.69), ("R-83906016", 3.80))
    ):
        flux, ivar = noise(PIXELS, seed + number)
        loglam = (start + 1e-5 * np.arange(PIXELS)).astype("f4")
        if name.startswith("R-"):
            loglam = loglam[::-1]
        columns = [
            fits.Column("FLUX", "E", array=flux),
            fits.Column("IVAR", "E", array=ivar),
            fits.Column("LOGLAM", "E", array=loglam),
        ]
        zeros = np.zeros(PIXELS, "i2")
        masks = ("ANDMASK", "ORMASK") if name.startswith("COADD") else ("PIXMASK",)
        columns += [fits.Column(each, "I", array=zeros) for each in masks]
        hdu = fits.BinTableHDU.from_columns(columns, name=name)
        hdu.header["SNR"] = 12.5 + number
        if number > 1:
            put(hdu.header, {"LMJM": "83906016", "EXPTIME": 600})
        hdus.append(hdu)
    fits.HDUList(hdus).writeto(path)
    return path


def apstar(path: Path, visits=2, seed=1) -> Path:
    """APOGEE apStar: two combined spectra and the visits; CRVAL1 and CDELT1 are those of all such files."""
    rows = visits + 2 if visits > 1 else 1
    flux, _ = noise((rows, PIXELS), seed)
    error = np.full((rows, PIXELS), 4.0, "f4")
    error[:, 2] = 1e10
    mask = np.zeros((rows, PIXELS), "i4")
    mask[:, 4], mask[:, 6] = 1, 1 << 12
    primary = fits.PrimaryHDU()
    put(
        primary.header,
        {
            "OBJID": "2M15000439+2645333",
            "TELESCOP": "apo25m",
            "FIELD": "040+60",
            "RA": 225.018318,
            "DEC": 26.759256,
            "NVISITS": visits,
            "VHELIO": -25.4312,
            "VERR": 0.158209,
            "SNR": 47.3092,
            "STARFLAG": 4608,
            "SFILE1": "apVisit-r5-6846-56408-018.fits",
        },
    )
    for i in range(1, visits + 1):
        put(primary.header, {f"JD{i}": 2456408.81783 + i, f"VHELIO{i}": -25.0 - i, f"VERR{i}": 0.3})
        put(primary.header, {f"SNRVIS{i}": 10.0 + i, f"BC{i}": -1.0, f"FLAG{i}": 512})
    hdus = [primary]
    for values, unit in ((flux, "Flux (10^-17 erg/s/cm^2/Ang)"), (error, "Err"), (mask, "Mask")):
        hdu = fits.ImageHDU(values if visits > 1 else values[0])
        put(hdu.header, {"CRVAL1": 4.179, "CDELT1": 6e-6, "CRPIX1": 1, "CTYPE1": "LOG-LINEAR", "BUNIT": unit})
        hdus.append(hdu)
    fits.HDUList(hdus).writeto(path)
    return path


def aspcapstar(path: Path, seed=1) -> Path:
    """APOGEE aspcapStar: flux, error and best fit, normalised; the star's row in the last extension."""
    flux, _ = noise(PIXELS, seed)
    hdus = [fits.PrimaryHDU()]
    for values in (flux / 1000, np.full(PIXELS, 0.01, "f4"), np.ones(PIXELS, "f4")):
        hdu = fits.ImageHDU(values.astype("f4"))
        put(hdu.header, {"CRVAL1": 4.179, "CDELT1": 6e-6, "CRPIX1": 1, "CTYPE1": "LOG-LINEAR"})
        hdus.append(hdu)
    columns = [
        fits.Column("APOGEE_ID", "18A", array=["2M15000439+2645333"]),
        fits.Column("TELESCOPE", "8A", array=["apo25m"]),
        fits.Column("FIELD", "16A", array=["040+60"]),
        fits.Column("RA", "D", array=[225.018318]),
        fits.Column("DEC", "D", array=[26.759256]),
        fits.Column("SNR", "E", array=[47.5]),
        fits.Column("VHELIO_AVG", "E", array=[-25.5]),
        fits.Column("VERR", "E", array=[0.25]),
        fits.Column("STARFLAG", "K", array=[512]),
        fits.Column("ASPCAPFLAG", "K", array=[0]),
    ]
    hdus.append(fits.BinTableHDU.from_columns(columns))
    fits.HDUList(hdus).writeto(path)
    return path


def apvisit(path: Path, seed=1) -> Path:
    """APOGEE apVisit: three chips, from red to blue, each in falling order."""
    flux, _ = noise((3, PIXELS), seed)
    starts = np.array([[16950.0], [16430.0], [15800.0]])
    wavelength = starts - 0.2 * np.arange(PIXELS)
    primary = fits.PrimaryHDU()
    put(
        primary.header, {"OBJID": "2M15000439+2645333", "RA": 225.018318, "DEC": 26.759256, "PLATEID": "6846"}
    )
    put(
        primary.header,
        {"MJD5": 56408, "FIBERID": 18, "DATE-OBS": "2013-04-26T07:20:55.591", "EXPTIME": 4004.0},
    )
    put(primary.header, {"VHELIO": -25.2, "VERR": 0.3, "BC": -1.066, "SNR": 12.7})
    hdus = [primary]
    for values, unit in (
        (flux, "Flux (10^-17 erg/s/cm^2/Ang)"),
        (np.full((3, PIXELS), 4.0, "f4"), "Flux Error (10^-17 erg/s/cm^2/Ang)"),
        (np.zeros((3, PIXELS), "i2"), "Flag Mask (bitwise)"),
        (wavelength, "Wavelength (Ang)"),
    ):
        hdus.append(fits.ImageHDU(values))
        hdus[-1].header["BUNIT"] = unit
    fits.HDUList(hdus).writeto(path)
    return path


def desi(path: Path, targets=3, seed=1, *, coadd=True, compressed=True, first=0) -> Path:
    """DESI coadd, or spectra: FIBERMAP and three arms, masks in tiles."""
    ids = 39627700000000000 + first + np.arange(targets)
    columns = [
        fits.Column("TARGETID", "K", array=ids),
        fits.Column("TARGET_RA", "D", array=150 + 0.1 * np.arange(targets)),
        fits.Column("TARGET_DEC", "D", array=np.full(targets, 2.0)),
        fits.Column("REF_EPOCH", "E", array=np.where(np.arange(targets) % 2, 0.0, 2015.5)),
        fits.Column("OBJTYPE", "3A", array=["TGT"] * targets),
        fits.Column("REF_ID", "K", array=3836100000000000000 + np.arange(targets)),
        fits.Column("REF_CAT", "2A", array=["G2" if i % 2 == 0 else "" for i in range(targets)]),
    ]
    if coadd:
        columns += [fits.Column("COADD_FIBERSTATUS", "J", array=np.zeros(targets))]
        columns += [fits.Column("COADD_EXPTIME", "E", array=np.full(targets, 900.0))]
    else:
        columns += [fits.Column("FIBERSTATUS", "J", array=np.zeros(targets))]
        columns += [
            fits.Column(name, "J", array=np.full(targets, 77 + i))
            for i, name in enumerate(("EXPID", "TILEID"))
        ]
        columns += [fits.Column("MJD", "D", array=np.full(targets, 59000.5))]
    primary = fits.PrimaryHDU()
    put(primary.header, {"SURVEY": "main", "PROGRAM": "bright", "SPECPROD": "iron"})
    hdus = [primary, fits.BinTableHDU.from_columns(columns, name="FIBERMAP")]
    for number, (arm, start) in enumerate((("B", 3600.0), ("R", 5760.0), ("Z", 7520.0))):
        flux, ivar = noise((targets, PIXELS + number), seed + number)
        mask = np.zeros(flux.shape, np.uint32)
        mask[0, 3] = 5
        wavelength = fits.ImageHDU(start + 0.8 * np.arange(PIXELS + number), name=f"{arm}_WAVELENGTH")
        hdus += [wavelength, fits.ImageHDU(flux, name=f"{arm}_FLUX"), fits.ImageHDU(ivar, name=f"{arm}_IVAR")]
        hdus[-2].header["BUNIT"] = "10**-17 erg/(s cm2 Angstrom)"
        kind = fits.CompImageHDU if compressed else fits.ImageHDU
        hdus += [
            kind(mask, name=f"{arm}_MASK"),
            fits.ImageHDU(np.ones((targets, 3, 5), "f4"), name=f"{arm}_RESOLUTION"),
        ]
    scores = [fits.Column(f"MEDIAN_COADD_SNR_{arm}", "E", array=10.0 + np.arange(targets)) for arm in "BR"]
    hdus.append(fits.BinTableHDU.from_columns(scores, name="SCORES"))
    fits.HDUList(hdus).writeto(path)
    return path


def galah_dr3(folder: Path, sobject="170418003701205", ccd=1, seed=1, *, normalised=True) -> Path:
    """GALAH DR3: flux, relative error, the same without sky, and the normalised flux."""
    flux, _ = noise(PIXELS, seed)
    names = ("", "input_sigma", "no_sky_spectrum", "no_sky_sigma", "normalised_spectrum")
    arrays = (flux, np.full(PIXELS, 0.02, "f4"), flux, flux, flux / 1000)
    hdus = []
    for number, (name, values) in enumerate(zip(names, arrays, strict=True)):
        if number == 4 and not normalised:
            break
        hdu = fits.ImageHDU(values, name=name) if number else fits.PrimaryHDU(values)
        put(hdu.header, {"CRVAL1": 4713.5, "CDELT1": 0.046, "CRPIX1": 1})
        hdus.append(hdu)
    put(
        hdus[0].header,
        {"ORIGIN": "GALAH", "RA": 200.0, "DEC": -30.0, "OBJECT": "GALAH 123", "UTMJD": 57861.5},
    )
    path = folder / f"{sobject}{ccd}.fits"
    fits.HDUList(hdus).writeto(path)
    return path


def galah_dr4(folder: Path, sobject="210115002200001", ccd=3, seed=1) -> Path:
    """GALAH reduction 6.0: extensions by name, position and velocities in the first header."""
    flux, _ = noise(PIXELS, seed)
    primary = fits.PrimaryHDU(flux)
    put(primary.header, {"MEANRA": 199.0, "MEANDEC": -31.0, "RA_OBJ": 200.0, "DEC_OBJ": -30.0})
    put(primary.header, {"OBJECT": "field 7", "OBJ_NAME": "galahic_77", "GALAH_ID": "None", "BARYEFF": 3.25})
    put(primary.header, {"RV": 12.5, "E_RV": 0.3, "RV_OK": 1, "RVCOM": "None", "E_RVCOM": "None"})
    hdus = [primary, fits.ImageHDU(flux / 1000, name="normalized")]
    hdus.append(fits.ImageHDU(np.full(PIXELS, 0.02, "f4"), name="relative_error"))
    for hdu in hdus:
        put(hdu.header, {"CRVAL1": 6478.0, "CDELT1": 0.064, "CRPIX1": 1})
    path = folder / f"{sobject}{ccd}.fits"
    fits.HDUList(hdus).writeto(path)
    return path
