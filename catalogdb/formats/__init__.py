"""Result formats: a header and batches of Arrow become a document, streamed, in bounded memory."""

from catalogdb.formats.header import CooSys, Descriptor, Field, Group, Header, Info, Link, TimeSys
from catalogdb.formats.registry import FORMATS, Format, FormatError, find_format
from catalogdb.formats.rows import Rows
from catalogdb.formats.votable_head import error_document

__all__ = [
    "FORMATS",
    "CooSys",
    "Descriptor",
    "Field",
    "Format",
    "FormatError",
    "Group",
    "Header",
    "Info",
    "Link",
    "Rows",
    "TimeSys",
    "error_document",
    "find_format",
]
