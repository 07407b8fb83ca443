"""Raw files to tables: readers, checks and one declarative spec for each catalogue."""

from __future__ import annotations

from ingest.engine import IngestReport, ingest
from ingest.load import catalogue_names, catalogues, load_spec, read_spec
from ingest.spec import Spec
from ingest.table import spec_table

__all__ = [
    "IngestReport",
    "Spec",
    "catalogue_names",
    "catalogues",
    "ingest",
    "load_spec",
    "read_spec",
    "spec_table",
]
