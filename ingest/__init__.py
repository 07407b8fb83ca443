"""Raw files to tables: readers, checks and one declarative spec for each catalogue."""

from __future__ import annotations

from ingest.cds import CdsSpec, cds_spec, ingest_cds
from ingest.engine import IngestReport, ingest
from ingest.guess import Guess, guess_table
from ingest.load import catalogue_names, catalogues, load_spec, read_spec
from ingest.redescribe import described_by
from ingest.spec import Spec
from ingest.table import spec_table
from ingest.user_table import ingest_table
from ingest.write import write_native

__all__ = [
    "CdsSpec",
    "Guess",
    "IngestReport",
    "Spec",
    "catalogue_names",
    "catalogues",
    "cds_spec",
    "described_by",
    "guess_table",
    "ingest",
    "ingest_cds",
    "ingest_table",
    "load_spec",
    "read_spec",
    "spec_table",
    "write_native",
]
