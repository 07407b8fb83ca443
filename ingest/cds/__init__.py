"""Tables of the CDS and of the AAS by their ReadMe: what it describes becomes a spec like any other."""

from __future__ import annotations

from ingest.cds.run import CdsSpec, cds_spec, ingest_cds

__all__ = ["CdsSpec", "cds_spec", "ingest_cds"]
