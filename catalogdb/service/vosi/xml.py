"""XML documents from elements; names carry their prefixes, which the root declares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

NAMESPACES = {
    "ri": "http://www.ivoa.net/xml/RegistryInterface/v1.0",
    "tr": "http://www.ivoa.net/xml/TAPRegExt/v1.0",
    "vosi-avail": "http://www.ivoa.net/xml/VOSIAvailability/v1.0",
    "vosi-cap": "http://www.ivoa.net/xml/VOSICapabilities/v1.0",
    "vosi": "http://www.ivoa.net/xml/VOSITables/v1.0",
    "vr": "http://www.ivoa.net/xml/VOResource/v1.0",
    "vs": "http://www.ivoa.net/xml/VODataService/v1.1",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
"""The namespaces of the documents by the prefixes that the standards use for them."""

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root(tag: str, prefixes: Sequence[str], **attributes: str) -> Element:
    """The root element, which declares these prefixes of NAMESPACES."""
    return Element(tag, {f"xmlns:{each}": NAMESPACES[each] for each in prefixes} | _attributes(attributes))


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """Add a child, with its text; `xsi_type` and `ivo_id` become xsi:type and ivo-id."""
    child = SubElement(parent, tag, _attributes(attributes))
    if text is not None:
        child.text = readable(text)
    return child


def add_if(parent: Element, tag: str, text: str | None) -> None:
    """Add a child with this text, unless there is none."""
    if text:
        add(parent, tag, text)


def document(element: Element) -> bytes:
    """The document in UTF-8, with its declaration."""
    indent(element)
    # The standard library writes the declaration in single quotes, which some pattern matchers miss.
    text: str = tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _attributes(given: dict[str, str]) -> dict[str, str]:
    renamed = {"xsi_type": "xsi:type", "ivo_id": "ivo-id"}
    return {renamed.get(name, name): readable(value) for name, value in given.items()}


def readable(text: str) -> str:
    """The text, with a replacement character for each that XML can not hold."""
    return _NO_XML.sub("\ufffd", text)
