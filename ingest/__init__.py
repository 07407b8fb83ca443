"""Raw files to tables: readers, checks and one declarative spec for each catalogue."""

from __future__ import annotations

from ingest.engine import IngestReport, ingest
from ingest.guess import Guess, guess_table
from ingest.load import catalogue_names, catalogues, load_spec, read_spec
from ingest.redescribe import described_by
from ingest.spec import Spec
from ingest.table import spec_table
from ingest.user_table import ingest_table
from ingest.write import write_native

__all__ = [
    "Guess",
    "IngestReport",
    "Spec",
    "catalogue_names",
    "catalogues",
    "described_by",
    "guess_table",
    "ingest",
    "ingest_table",
    "load_spec",
    "read_spec",
    "spec_table",
    "write_native",
]
