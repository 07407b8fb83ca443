"""Star catalogues in a HEALPix-indexed DuckDB store: ingest, cross-match, analyse, query."""

import catalogdb.shadow  # noqa: F401 (first: the others import what it protects)
from catalogdb.errors import CatalogError
from catalogdb.integrity import check_store
from catalogdb.opening import open
from catalogdb.provenance import Ingest, Run
from catalogdb.rebuild import rebuild_registry
from catalogdb.result import Result
from catalogdb.schema import Column, Identifier, Position, Table
from catalogdb.settings import Settings, load_settings
from catalogdb.skymaps import Density, coverage, density
from catalogdb.spectra import SpectraBatch, Spectrum, read_spectra, read_spectrum
from catalogdb.store import Store
from catalogdb.writer import Publication

__all__ = [
    "CatalogError",
    "Column",
    "Density",
    "Identifier",
    "Ingest",
    "Position",
    "Publication",
    "Result",
    "Run",
    "Settings",
    "SpectraBatch",
    "Spectrum",
    "Store",
    "Table",
    "check_store",
    "coverage",
    "density",
    "load_settings",
    "open",
    "read_spectra",
    "read_spectrum",
    "rebuild_registry",
]
