"""Items of the slides' text: references, spectrographs, and numbers that can not be tested here."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.reproduction.item import Item, not_testable
from analysis.reproduction.paper003.verdicts import calculated

_REFERENCES = (
    (
        "year of The Payne, `Ting+ 2017, ApJ, 879, 69`",
        2017.0,
        2019.0,
        "ApJ 879, 69 is Ting, Conroy, Rix & Cargile 2019 (ADS 2019ApJ...879...69T)",
    ),
    (
        "year of the data-driven Payne, `Ting+ 2017, ApJ, 808, 16`",
        2017.0,
        2015.0,
        "ApJ 808, 16 is Ness et al. 2015, The Cannon (doi 10.1088/0004-637X/808/1/16), which the slides cite "
        "for The Cannon too; the prior of DD-Payne is from Ting et al. 2017, ApJ 849, L9 (from memory, "
        "not verified)",
    ),
    (
        "year of The Cannon, `Ness+ 2015, ApJ, 808, 16`",
        2015.0,
        2015.0,
        "doi 10.1088/0004-637X/808/1/16, published 2015 July 14",
    ),
    (
        "year of DD-Payne for LAMOST, `Xiang+ 2019, ApJS, 245, 34`",
        2019.0,
        2019.0,
        "arXiv 1908.09727",
    ),
    (
        "year of the information content, `Ting et al. 2017, ApJ, 843`",
        2017.0,
        2017.0,
        "arXiv 1706.00111",
    ),
)


def references() -> Iterator[Item]:
    """Yield E-12: years of the papers that the slides name, against where they are."""
    for quantity, claimed, ours, reason in _REFERENCES:
        yield calculated("E-12", quantity, claimed, ours, 0.0, "yr", reason)


_SAID = {
    "lamost_lrs": (1800.0, "LAMOST DR7 catalogues (CDS V/156): 1800 at 5500 Angstrom", 1800.0),
    "lamost_mrs": (7500.0, "LAMOST's medium-resolution survey: about 7500 (arXiv 2005.07210)", 7500.0),
    "apogee": (22_500.0, "Wilson et al. 2019, PASP 131, 055001: about 22,500", 22_500.0),
    "galah": (28_000.0, "Anglo-Australian Observatory's page of HERMES: about 28,000", 28_000.0),
}


def instruments() -> Iterator[Item]:
    """Yield E-3: resolving powers and ranges of surveys, as instruments' pages say: quoted."""
    for name, (claimed, reason, ours) in _SAID.items():
        yield calculated("E-3", f"resolving power of {name}", claimed, ours, 0.0, "", reason)
    yield calculated(
        "E-3", "lowest resolving power of DESI", 2000.0, 2000.0, 0.0, "", "DESI's page of the spectrographs"
    )
    yield calculated(
        "E-3",
        "highest resolving power of DESI",
        5000.0,
        5000.0,
        0.0,
        "",
        "DESI's page of the spectrographs; its design report says 5500",
    )
    for quantity, claimed, ours in (("shortest", 370.0, 360.0), ("longest", 950.0, 980.0)):
        yield calculated(
            "E-3",
            f"{quantity} wavelength of DESI",
            claimed,
            ours,
            30.0,
            "nm",
            "the spectrographs reach from 360 to 980 nm (DESI's page): the slides give what was used",
        )


def anchors() -> Iterator[Item]:
    """Yield what would need spectra, training sets or catalogues that are not here."""
    labels = "its spectra, the GALAH and APOGEE labels it was trained with and the catalogue are not here"
    published = "Zhang et al. 2025 (arXiv 2506.02763): "
    for quantity, claimed, unit, reason in (
        ("error of Teff by DD-Payne from LAMOST at high S/N", 30.0, "K", labels),
        ("error of logg by DD-Payne from LAMOST at high S/N", 0.07, "dex", labels),
        ("stars with labels by DD-Payne in LAMOST DR9", 6.4e6, "", published + "the catalogue is not here"),
        ("elements by DD-Payne in LAMOST DR9", 22.0, "", published + "the catalogue is not here"),
        (
            "error of 17 labels by The Cannon 2",
            0.04,
            "dex",
            "Casey et al. 2016 (arXiv 1603.03040): 12,681 giants of APOGEE, 671 with 3 labels are here",
        ),
    ):
        yield not_testable("E-13", quantity, claimed, unit, reason)
    yield not_testable(
        "E-4",
        "spectra of surveys of this decade",
        1e8,
        "",
        "most of the surveys listed (SDSS-V, WEAVE, 4MOST, PFS) are not finished: the number is a plan",
    )
    yield not_testable(
        "E-5",
        "elements with lines in stellar spectra",
        100.0,
        "",
        "the synthetic model has ten, with invented lines",
    )
    yield not_testable(
        "E-15",
        "offset of Teff of Gaia benchmark stars",
        0.0,
        "K",
        "reference labels of 192 of them are in the data, their spectra are not",
    )
