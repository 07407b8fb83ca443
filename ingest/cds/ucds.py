"""UCDs by the labels of the CDS: a prefix says what a column is to another, the rest what that is.

Standards for Astronomical Catalogues 2.0, section 3.3: e_ is the mean error of a column, E_ its other side,
l_ its limit flag, m_ multiplicity, n_ note, o_ number of observations, q_ quality, r_ reference, u_
uncertainty flag, w_ weight, x_ unit, f_ flag. What no rule knows is guessed as for a user's own table.
"""

from __future__ import annotations

import re

import astropy.units as u

from ingest.describe import guess_ucd

_PREFIXES = {
    "l_": "meta.code.error",
    "u_": "meta.code.error",
    "f_": "meta.code",
    "m_": "meta.code.multip",
    "n_": "meta.note",
    "o_": "meta.number",
    "q_": "meta.code.qual",
    "r_": "meta.ref",
    "w_": "stat.weight",
    "x_": "meta.unit",
}
_OF_VALUES = {"e_": "stat.error;", "E_": "stat.error;", "s_": "stat.stdev;"}
_ENDS = {"b_": ";stat.min", "B_": ";stat.max"}

_BANDS = {
    "U": "em.opt.U", "B": "em.opt.B", "V": "em.opt.V", "R": "em.opt.R", "I": "em.opt.I",
    "u": "em.opt.U", "g": "em.opt.B", "r": "em.opt.R", "i": "em.opt.I", "z": "em.opt.I", "y": "em.IR.J",
    "u'": "em.opt.U", "g'": "em.opt.B", "r'": "em.opt.R", "i'": "em.opt.I", "z'": "em.opt.I",
    "Rc": "em.opt.R", "Ic": "em.opt.I", "J": "em.IR.J", "H": "em.IR.H", "K": "em.IR.K", "Ks": "em.IR.K",
    "Y": "em.IR.J", "L": "em.IR.3-4um", "M": "em.IR.4-8um", "N": "em.IR.8-15um", "Q": "em.IR.15-30um",
    "BT": "em.opt.B", "VT": "em.opt.V", "Hp": "em.opt", "G": "em.opt", "BP": "em.opt.B", "RP": "em.opt.R",
    "GBP": "em.opt.B", "GRP": "em.opt.R", "W1": "em.IR.3-4um", "W2": "em.IR.4-8um", "W3": "em.IR.8-15um",
    "W4": "em.IR.15-30um", "FUV": "em.UV.100-200nm", "NUV": "em.UV.200-300nm", "P": "em.opt", "pg": "em.opt",
    "3.6": "em.IR.3-4um", "4.5": "em.IR.4-8um", "5.8": "em.IR.4-8um", "8": "em.IR.8-15um",
    "8.0": "em.IR.8-15um", "12": "em.IR.8-15um", "22": "em.IR.15-30um", "24": "em.IR.15-30um",
    "25": "em.IR.15-30um", "60": "em.IR.60-100um", "70": "em.IR.60-100um", "100": "em.IR.60-100um",
    "160": "em.IR.FIR",
}  # fmt: skip

_LABELS = (
    (r"_?RA(?!D|N|T).{0,6}(h|m|s|deg|rad|sec|hms|)", "pos.eq.ra"),
    (r"_?DE[Cc]?(?!l|n|p|s[a-z]).{0,6}(-|d|m|s|deg|rad|sec|dms|)", "pos.eq.dec"),
    (r"_?GLON", "pos.galactic.lon"),
    (r"_?GLAT", "pos.galactic.lat"),
    (r"_?SGLON|_?SGL", "pos.supergalactic.lon"),
    (r"_?SGLAT|_?SGB", "pos.supergalactic.lat"),
    (r"ELON", "pos.ecliptic.lon"),
    (r"ELAT", "pos.ecliptic.lat"),
    (r"(PosErr|ePos|epos|Pos)", "stat.error;pos.eq"),
    (r"pmRA.*", "pos.pm;pos.eq.ra"),
    (r"pmDE.*", "pos.pm;pos.eq.dec"),
    (r"pm(X|Y)?|PM", "pos.pm"),
    (r"[pP]lx.*", "pos.parallax.trig"),
    (r"(HRV|RV|[vV]rad|RVel|radVel).*|[cC]z", "spect.dopplerVeloc"),
    (r"z|zsp|zph|zspec|zphot|redshift", "src.redshift"),
    (r"Ep.*|(H|B)?M?JD.*|Obs\.?(Date|date)|Date|date", "time.epoch"),
    (r"(Sp|SpType|SpT|MK|SpClass).*", "src.spType"),
    (r"Teff.*|logTe.*|logT", "phys.temperature.effective"),
    (r"logg|log\(g\)|log g", "phys.gravity"),
    (r"\[?Fe/H\]?.*|\[?M/H\]?.*|FeH|Met(al)?", "phys.abund.Fe"),
    (r"\[(\w+)/(\w+)\].*", "phys.abund"),
    (r"vsini|Vsini|vrot|Vrot", "phys.veloc.rotat"),
    (r"vturb|xi|Vmic", "phys.veloc.microTurb"),
    (r"M(ass)?\d?|Mass.*|M\*", "phys.mass"),
    (r"R(ad)?\d?|Rad.*|R\*", "phys.size.radius"),
    (r"L(um)?\d?|Lum.*|logL.*|L\*", "phys.luminosity"),
    (r"Age.*|logAge", "time.age"),
    (r"Dist|dist|D|rest|rgeo|rpgeo", "pos.distance"),
    (r"Sep|sep|rho|Rho", "pos.angDistance"),
    (r"PA|theta|Theta|posAng", "pos.posAng"),
    (r"Diam|[mM]ajDiam|[mM]ajAxis|[mM]inAxis|[mM]inDiam|a|b", "phys.angSize"),
    (r"Per(iod)?\d?|P|.*Per", "time.period"),
    (r"ecc|e|E", "src.orbital.eccentricity"),
    (r"[iI]ncl?", "src.orbital.inclination"),
    (r"omega|Omega|w|argPer", "src.orbital.periastron"),
    (r"Node|node", "src.orbital.node"),
    (r"T(per|0|p)", "src.orbital.periastron;time.epoch"),
    (r"K\d?", "spect.dopplerVeloc"),
    (r"Av|AV|A[UBVRIJHKG]|E\(B-V\)", "phys.absorption"),
    (r"EW.*|eqW.*", "spect.line.eqWidth"),
    (r"[lL]am(bda|da)?|Wave.*|WL|lambda.*", "em.wl"),
    (r"[fF]req|nu", "em.freq"),
    (r"loggf", "phys.atmol.oscStrength"),
    (r"[iI]on", "phys.atmol.ionStage"),
    (r"El(em)?", "phys.atmol.element"),
    (r"chiEx|EP|ExPot", "phys.energy"),
    (r"S/N|SNR|snr", "stat.snr"),
    (r"[tT]exp|Exp(Time)?|ExpT", "time.duration;obs.exposure"),
    (r"N[A-Za-z]*|[nN]um.*|o_.*|nobs.*", "meta.number"),
    (r"chi2.*|Chi2.*|chi", "stat.fit.chi2"),
    (r"GoF|F2", "stat.fit.goodness"),
    (r"RUWE|rms", "stat.fit.residual"),
    (r"recno|Seq|No|Index", "meta.record"),
    (r"BibCode|[bB]ibcode|Ref\.?s?|Refs?\d*", "meta.ref"),
    (r"Auth(or)?s?", "meta.bib.author"),
    (r"Note?s?|Rem(arks?)?|Com(ments?)?|Text", "meta.note"),
    (r"[fF]lag.*|.*Flag|[qQ]ual.*", "meta.code"),
    (r"Type\d*|.*Type\d*|Class", "src.class"),
    (r"Filter|Band|Filt", "instr.bandpass"),
    (r"Tel(escope)?|Inst(r(ument)?)?", "instr"),
    (r"Dataset|Set|File(Name)?|Spectrum|Image", "meta.dataset"),
    (r"F(lux)?.*|S\d+.*", "phot.flux.density"),
)
_UNITS = (
    ("mag", "phot.mag"), ("mas/yr", "pos.pm"), ("km/s", "phys.veloc"), ("solMass", "phys.mass"),
    ("solRad", "phys.size.radius"), ("solLum", "phys.luminosity"), ("pc", "pos.distance"),
    ("K", "phys.temperature"),
    ("Jy", "phot.flux.density"), ("nm", "em.wl"), ("W/m2", "phot.flux"), ("eV", "em.energy"),
)  # fmt: skip
_IDENTIFIES = re.compile(
    r"\W*((\w+ )?(identif(ier|ication)|designation)\b|(\w+ )?source[_ ](id|name)|(\w+ ){0,2}name\b"
    r"|(\w+ )?catalog(ue)? number)",
    re.IGNORECASE,
)
_NEEDS = {
    "phys.mass": "solMass", "phys.size.radius": "solRad", "phys.luminosity": "solLum", "pos.distance": "pc",
    "pos.angDistance": "arcsec", "phys.angSize": "arcsec", "pos.posAng": "deg", "pos.pm": "mas/yr",
    "src.orbital.inclination": "deg", "src.orbital.periastron": "deg", "src.orbital.node": "deg",
    "spect.dopplerVeloc": "km/s", "phys.veloc.rotat": "km/s", "phys.veloc.microTurb": "km/s",
    "phys.absorption": "mag", "phot.flux.density": "Jy", "phys.energy": "eV", "em.freq": "Hz",
    "time.period": "d", "time.age": "yr",
}  # fmt: skip
"""A short label means a thing only if the unit is of its kind."""

_OF_TEXT = ("meta", "src.spType", "src.class", "instr", "phys.atmol", "time.epoch", "pos.eq")
_OF_TEXT_ALONE = ("src.spType", "meta.note", "meta.bib", "instr")


def label_ucd(label: str, text: str, unit: str, kind: str) -> str:
    """Return the UCD of a column by its label, VOUnit and SQL type; `text` tells identifiers."""
    prefix, rest = label[:2], label[2:]
    if prefix in _PREFIXES and rest:
        return _PREFIXES[prefix]
    if prefix in (*_OF_VALUES, *_ENDS) and rest:
        return _of_another(prefix, label_ucd(rest, text, unit, kind), kind)
    is_text = kind == "VARCHAR"
    if _IDENTIFIES.match(text) and (is_text or not unit):
        return "meta.id"
    magnitude = _magnitude(label) if _is_like(unit, "mag") and not is_text else None
    if magnitude is not None:
        return magnitude
    for pattern, ucd in _LABELS:
        if re.fullmatch(pattern, label) and _kind_fits(ucd, unit, is_text=is_text):
            return ucd
    if is_text:
        is_flag = re.search(r"\bflag\b", text, re.IGNORECASE)
        return "meta.code" if is_flag else guess_ucd(label, unit, kind)
    return next((ucd for word, ucd in _UNITS if _is_like(unit, word)), None) or guess_ucd(label, unit, kind)


def _of_another(prefix: str, of: str, kind: str) -> str:
    """The UCD of the error, scatter or end of a range of a column that has the UCD `of`."""
    plain = of.startswith(("meta", "stat")) or kind == "VARCHAR"
    if prefix in _ENDS:
        return "stat.value" if plain else of + _ENDS[prefix]
    return _OF_VALUES[prefix].rstrip(";") if plain else _OF_VALUES[prefix] + of


def _is_like(unit: str, word: str) -> bool:
    return bool(unit) and bool(u.Unit(unit).is_equivalent(u.Unit(word)))


def _kind_fits(ucd: str, unit: str, *, is_text: bool) -> bool:
    """Whether a column of that unit can be of that UCD."""
    if is_text:
        return ucd not in {"meta.number", "meta.record"} and ucd.startswith(_OF_TEXT)
    needed = _NEEDS.get(ucd.partition(";")[0])
    return not ucd.startswith(_OF_TEXT_ALONE) and (needed is None or _is_like(unit, needed))


def _magnitude(label: str) -> str | None:
    """The UCD of a magnitude or a colour by its bands: Vmag, W1mag, B-V, (V-I)red, E(B-V)."""
    colour = re.fullmatch(r"\(?([A-Za-z][\w']{0,2})-([A-Za-z][\w']{0,2})\)?\w{0,4}", label)
    if colour and colour[1] in _BANDS and colour[2] in _BANDS:
        return f"phot.color;{_BANDS[colour[1]]};{_BANDS[colour[2]]}"
    if re.fullmatch(r"E\(.*-.*\)", label):
        return "phot.color.excess"
    match = re.fullmatch(r"(?P<band>.+?)(mag|Mag|MAG)\w{0,2}", label)
    if match is None:
        return None
    band = _BANDS.get(match["band"])
    return "phot.mag" if band is None else f"phot.mag;{band}"
