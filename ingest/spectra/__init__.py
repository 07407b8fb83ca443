"""Files of spectra to a published table: the layouts of surveys, and any table of pixels."""

from __future__ import annotations

from ingest.spectra.engine import SpectraReport, ingest_spectra
from ingest.spectra.faults import NoSpectrum, Rejected, SpectrumError
from ingest.spectra.layout import Declared, How, Layout
from ingest.spectra.reading import LAYOUTS

__all__ = [
    "LAYOUTS",
    "Declared",
    "How",
    "Layout",
    "NoSpectrum",
    "Rejected",
    "SpectraReport",
    "SpectrumError",
    "ingest_spectra",
]
