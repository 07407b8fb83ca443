"""A registry record of the service: VOResource 1.1, of type vs:CatalogService, as a file to publish."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalogdb.errors import DataError
from catalogdb.schema import Table
from catalogdb.service.vosi.availability import timestamp
from catalogdb.service.vosi.capabilities import Limits, OutputFormat, fill_capabilities
from catalogdb.service.vosi.tableset import RowCount, fill_tableset
from catalogdb.service.vosi.xml import add, add_if, document, root

_IVOID = re.compile(r"ivo://[A-Za-z0-9][\w.~*'()-]{2,}(/[\w.~*'()/-]+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who publishes the service, and under which identifier (`ivo://authority/key`).

    `subjects` are of the Unified Astronomy Thesaurus. Raises DataError for what a record can not do without.
    """

    ivoid: str
    publisher: str
    contact_name: str
    contact_email: str
    title: str
    description: str
    short_name: str = ""
    creator: str = ""
    reference_url: str = ""
    rights_url: str = ""
    subjects: tuple[str, ...] = ("astrometry", "catalogs", "proper-motions")

    def __post_init__(self) -> None:
        if not _IVOID.fullmatch(self.ivoid):
            raise DataError(f"{self.ivoid!r} is no identifier of a registry, as ivo://example.org/stars")
        for name in ("publisher", "contact_name", "contact_email", "title", "description"):
            if not getattr(self, name).strip():
                raise DataError(f"a registry record needs {name}")
        if not self.subjects:
            raise DataError("a registry record needs a subject")
        if len(self.short_name) > 16:
            raise DataError(f"short_name {self.short_name!r} has more than the 16 characters of a registry")


def registry_record(
    publisher: Publisher,
    base_url: str,
    tables: Sequence[Table],
    row_count: RowCount,
    limits: Limits,
    formats: Iterable[OutputFormat],
    *,
    created: float,
    updated: float,
    cone_tables: Sequence[str] = (),
) -> bytes:
    """The record, with capabilities and table set; `created` and `updated` are Unix times [s]."""
    element = root(
        "ri:Resource",
        ("ri", "vr", "vs", "tr", "xsi"),
        xsi_type="vs:CatalogService",
        created=timestamp(created),
        updated=timestamp(updated),
        status="active",
    )
    add(element, "title", publisher.title)
    add_if(element, "shortName", publisher.short_name)
    add(element, "identifier", publisher.ivoid)
    curation = add(element, "curation")
    add(curation, "publisher", publisher.publisher)
    if publisher.creator:
        add(add(curation, "creator"), "name", publisher.creator)
    add(curation, "date", timestamp(updated), role="Updated")
    contact = add(curation, "contact")
    add(contact, "name", publisher.contact_name)
    add(contact, "email", publisher.contact_email)
    content = add(element, "content")
    for subject in publisher.subjects:
        add(content, "subject", subject)
    add(content, "description", publisher.description)
    add(content, "referenceURL", publisher.reference_url or f"{base_url}/tap")
    add(content, "type", "Catalog")
    add(content, "contentLevel", "Research")
    if publisher.rights_url:
        add(element, "rights", "See the address", rightsURI=publisher.rights_url)
    fill_capabilities(element, base_url, limits, formats, cone_tables=cone_tables)
    fill_tableset(add(element, "tableset"), tables, row_count)
    return document(element)
