"""The names people give to stars: "HIP 71683", "alf Cen", "WDS 14396-6050", "Gaia DR3 5853...".

A name is a namespace, the catalogue it is from, and an identifier in it; identifiers are compared by
the macro `identifier_key`. Greek letters are written out, constellations by their three letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

ALIASES = {
    "GAIADR1": "Gaia DR1",
    "GAIADR2": "Gaia DR2",
    "GAIADR3": "Gaia DR3",
    "GAIAEDR3": "Gaia DR3",
    "HDE": "HD",
    "TYC2": "TYC",
    "GL": "GJ",
    "GLIESE": "GJ",
    "2MASSJ": "2MASS",
    "WISE": "AllWISE",
    "WISEA": "AllWISE",
}
"""Other spellings of namespaces, without blanks; Gaia EDR3 and DR3 have the same identifiers."""

GREEK = {
    "alf": "alpha", "alp": "alpha", "bet": "beta", "gam": "gamma", "del": "delta", "eps": "epsilon",
    "zet": "zeta", "the": "theta", "tet": "theta", "iot": "iota", "kap": "kappa", "lam": "lambda",
    "mu.": "mu", "nu.": "nu", "ksi": "xi", "omi": "omicron", "pi.": "pi", "sig": "sigma",
    "ups": "upsilon", "psi": "psi", "ome": "omega", "khi": "chi",
}  # fmt: skip
"""Short spellings of Greek letters, as SIMBAD, SB9 and others have them."""

_GENITIVES = """
    Andromedae And Antliae Ant Apodis Aps Aquarii Aqr Aquilae Aql Arae Ara Arietis Ari Aurigae Aur
    Bootis Boo Caeli Cae Camelopardalis Cam Cancri Cnc Canum_Venaticorum CVn Canis_Majoris CMa
    Canis_Minoris CMi Capricorni Cap Carinae Car Cassiopeiae Cas Centauri Cen Cephei Cep Ceti Cet
    Chamaeleontis Cha Circini Cir Columbae Col Comae_Berenices Com Coronae_Australis CrA
    Coronae_Borealis CrB Corvi Crv Crateris Crt Crucis Cru Cygni Cyg Delphini Del Doradus Dor
    Draconis Dra Equulei Equ Eridani Eri Fornacis For Geminorum Gem Gruis Gru Herculis Her Horologii Hor
    Hydrae Hya Hydri Hyi Indi Ind Lacertae Lac Leonis Leo Leonis_Minoris LMi Leporis Lep Librae Lib
    Lupi Lup Lyncis Lyn Lyrae Lyr Mensae Men Microscopii Mic Monocerotis Mon Muscae Mus Normae Nor
    Octantis Oct Ophiuchi Oph Orionis Ori Pavonis Pav Pegasi Peg Persei Per Phoenicis Phe Pictoris Pic
    Piscium Psc Piscis_Austrini PsA Puppis Pup Pyxidis Pyx Reticuli Ret Sagittae Sge Sagittarii Sgr
    Scorpii Sco Sculptoris Scl Scuti Sct Serpentis Ser Sextantis Sex Tauri Tau Telescopii Tel
    Trianguli Tri Trianguli_Australis TrA Tucanae Tuc Ursae_Majoris UMa Ursae_Minoris UMi Velorum Vel
    Virginis Vir Volantis Vol Vulpeculae Vul
""".split()  # noqa: SIM905
GENITIVES = {
    genitive.replace("_", " ").casefold(): short
    for genitive, short in zip(_GENITIVES[::2], _GENITIVES[1::2], strict=True)
}
"""Genitives of the 88 constellations and their abbreviations by the IAU."""

_WDS = re.compile(r"J?\d{5}[+-]\d{4}", re.IGNORECASE)
_TWOMASS = re.compile(r"J?\d{8}[+-]\d{7}", re.IGNORECASE)
_COMPONENT = re.compile(r"(?<=.)\s*(?<![A-Za-z])([A-D][a-d]?|AB|AC|BC)$")


def namespace_of(text: str, known: Collection[str]) -> str:
    """Return the namespace that `text` spells: one of the known, an alias, else itself."""
    plain = _plain(text)
    for name in known:
        if _plain(name) == plain:
            return name
    return ALIASES.get(plain, text)


def readings(name: str, known: Collection[str]) -> Iterator[tuple[str | None, str]]:
    """Yield (namespace, identifier) for each way to read the name, the likeliest first.

    The namespace is None where any will do, as for "alpha Cen". `known` are the store's namespaces.
    """
    yield from _read(_normal(name), known)


def with_and_without_component(name: str) -> Iterator[tuple[str, str]]:
    """Yield the name and "", then it without the component at its end ("alpha Cen A"), and that letter."""
    text = _normal(name)
    yield text, ""
    if found := _COMPONENT.search(text):
        yield text[: found.start()], found[1]


def _normal(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split())


def _read(text: str, known: Collection[str]) -> Iterator[tuple[str | None, str]]:
    for spelled, namespace in _spellings(known):
        match = re.match(spelled, text, re.IGNORECASE)
        if match:
            yield namespace, match[1].strip()
    if _WDS.match(text):
        yield "WDS", text
    if _TWOMASS.fullmatch(text):
        yield "2MASS", text
    yield None, greek(text)


def _spellings(known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Patterns of a name that begins with a namespace, longest first: "Gaia DR3" before "Gaia"."""
    spellings = {name: name for name in known}
    spellings |= {alias: namespace_of(name, known) for alias, name in ALIASES.items()}
    for spelled in sorted(spellings, key=len, reverse=True):
        letters = r"\s*".join(map(re.escape, spelled.replace(" ", "")))
        # HIP71683 and HIP 71683, but not "HIPPO 1": what follows is no letter, or stands apart.
        yield rf"{letters}(?:\s+|\s*[:#]\s*|(?=[^A-Za-z\s]))(.+)$", spellings[spelled]


def greek(text: str) -> str:
    """Return the name with its Greek letter written out and its constellation shortened.

    "alf Cen", "α Centauri" and "Alpha Cen" become "alpha Cen"; numbers at the letter stay ("alpha2 Lib").
    """
    first, _, rest = text.partition(" ")
    if not rest:
        return text
    constellation = GENITIVES.get(rest.casefold(), rest)
    letter = re.fullmatch(r"([^\d\s]+?\.?)[\s_^]*(\d*)", first)
    if letter is None:
        return f"{first} {constellation}"
    word = letter[1]
    if len(word) == 1 and unicodedata.name(word, "").startswith("GREEK SMALL LETTER"):
        word = unicodedata.name(word).removeprefix("GREEK SMALL LETTER ").lower().replace("lamda", "lambda")
    number = str(int(letter[2])) if letter[2] else ""
    return f"{GREEK.get(word.casefold(), word)}{number} {constellation}"


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).upper()
