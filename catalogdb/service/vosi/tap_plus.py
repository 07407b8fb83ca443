"""What astroquery's TapPlus needs of a table set beside the standards.

It reads no column without the attribute `esatapplus:flags` of ESA's services, and stops with a KeyError
(astroquery issue 1597, which stays as it is). The schemas of the IVOA do not allow the attribute, so that
only clients get it that call themselves astroquery, or nothing at all, as TapPlus's GET requests do.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

NAMESPACE = "http://esa.int/xml/EsaTapPlus"

_BY_UCD = {"pos.eq.ra;meta.main": "1", "pos.eq.dec;meta.main": "2"}
_PRIMARY = "16"
_PLAIN = "0"
"""The numbers are those of astroquery/utils/tap/core.py, which takes them for Ra, Dec, PK and nothing."""


def may_be_tap_plus(user_agent: str | None) -> bool:
    """Whether the client can be astroquery's, by the header of its request."""
    return user_agent is None or user_agent.startswith("astroquery/")


def mark_columns(tableset: Element) -> None:
    """Give every column of a table set the attribute."""
    tableset.set("xmlns:esatapplus", NAMESPACE)
    for column in tableset.iter("column"):
        is_primary = any(flag.text == "primary" for flag in column.findall("flag"))
        flags = _PRIMARY if is_primary else _BY_UCD.get(column.findtext("ucd", ""), _PLAIN)
        column.set("esatapplus:flags", flags)
