"""The closed set of readers, one file each."""

from __future__ import annotations

from ingest.readers.base import FileColumn, Reader, Source
from ingest.readers.binary import Binary
from ingest.readers.blanks import Blanks
from ingest.readers.csv_file import Csv, Ecsv
from ingest.readers.delimited import Delimited
from ingest.readers.fits import Fits
from ingest.readers.fixed_width import FixedWidth
from ingest.readers.hdf5 import Hdf5
from ingest.readers.json_file import Json
from ingest.readers.parquet import Parquet
from ingest.readers.vizier import Vizier
from ingest.readers.votable import VOTable

READERS: dict[str, Reader] = {
    "fixed_width": FixedWidth(),
    "delimited": Delimited(),
    "csv": Csv(),
    "blanks": Blanks(),
    "vizier": Vizier(),
    "ecsv": Ecsv(),
    "fits": Fits(),
    "votable": VOTable(),
    "parquet": Parquet(),
    "hdf5": Hdf5(),
    "json": Json(),
    "binary": Binary(),
}
"""Every reader by the name that a form calls it."""

__all__ = ["READERS", "FileColumn", "Reader", "Source"]
