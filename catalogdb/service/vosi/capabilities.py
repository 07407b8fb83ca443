"""VOSI capabilities: what the service can do, in the terms of TAPRegExt 1.0.

Language features and user-defined functions are those of catalogdb.adql, asked of it and not listed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from xml.etree.ElementTree import Element

from catalogdb.adql.functions import GEOMETRY
from catalogdb.adql.ivo_functions import USER_FUNCTIONS
from catalogdb.adql.user_functions import UserFunction
from catalogdb.service.vosi.xml import add, document, root

TAPREGEXT = "ivo://ivoa.net/std/TAPRegExt"
ADQL_VERSIONS = {"2.0": "ivo://ivoa.net/std/ADQL#v2.0", "2.1": "ivo://ivoa.net/std/ADQL#v2.1"}
UPLOAD_METHODS = ("inline", "http", "https")

OPTIONAL_FEATURES: Mapping[str, tuple[str, ...]] = {
    "adql-string": ("LOWER", "UPPER", "ILIKE"),
    "adql-type": ("CAST",),
    "adql-unit": ("IN_UNIT",),
    "adql-sets": ("UNION", "EXCEPT", "INTERSECT"),
    "adql-common-table": ("WITH",),
    "adql-offset": ("OFFSET",),
}
"""The optional features of ADQL 2.1 (its section 4) by their keys, without `features-`.

COALESCE, of adql-conditional, is understood but not declared: the key came into ADQL 2.1 after the taplint of
STILTS 3.4.7, which is in Debian 12, and which calls it an error.
"""


class OutputFormat(Protocol):
    """A result format, as `catalogdb.formats` has it: what may be said in RESPONSEFORMAT for it."""

    @property
    def name(self) -> str:
        """Its name, which is a short form too."""

    @property
    def media_types(self) -> Sequence[str]:
        """Its media types, that of its answers first."""

    @property
    def aliases(self) -> Sequence[str]:
        """Other short forms."""

    @property
    def ivo_id(self) -> str | None:
        """TAPRegExt's identifier of it, if it has one."""


class Limits(Protocol):
    """What the service allows: seconds, rows and bytes."""

    @property
    def sync_s(self) -> float:
        """Duration of a synchronous query."""

    @property
    def async_s(self) -> float:
        """Duration of a job whose owner says nothing."""

    @property
    def async_max_s(self) -> float:
        """The longest duration of a job."""

    @property
    def rows(self) -> int:
        """Rows of a result without MAXREC."""

    @property
    def max_rows(self) -> int:
        """The largest MAXREC."""

    @property
    def retention_s(self) -> float:
        """How long a job is kept whose owner says nothing."""

    @property
    def longest_retention_s(self) -> float:
        """How long its owner can have it kept."""

    @property
    def upload_rows(self) -> int:
        """Rows of an uploaded table."""

    @property
    def upload_bytes(self) -> int:
        """Bytes of a request with uploads."""


def capabilities(
    base_url: str,
    limits: Limits,
    formats: Iterable[OutputFormat],
    *,
    cone_tables: Sequence[str] = (),
    has_datalink: bool = False,
) -> bytes:
    """The document of the service at `base_url`, whose TAP is at `base_url`/tap.

    `cone_tables` are the qualified names of the tables with a cone search at `base_url`/scs/NAME.
    """
    element = root("vosi-cap:capabilities", ("vosi-cap", "vr", "vs", "tr", "xsi"))
    fill_capabilities(element, base_url, limits, formats, cone_tables=cone_tables, has_datalink=has_datalink)
    return document(element)


def fill_capabilities(
    element: Element,
    base_url: str,
    limits: Limits,
    formats: Iterable[OutputFormat],
    *,
    cone_tables: Sequence[str] = (),
    has_datalink: bool = False,
) -> None:
    """Put the capabilities into an element, such as that of a registry record."""
    tap = f"{base_url}/tap"
    _add_tap(element, tap, limits, formats)
    for name in ("capabilities", "availability", "tables-1.1"):
        url = f"{tap}/{name.removesuffix('-1.1')}"
        _add_simple(element, f"ivo://ivoa.net/std/VOSI#{name}", url, "full")
    examples = add(element, "capability", standardID="ivo://ivoa.net/std/DALI#examples")
    page = add(examples, "interface", xsi_type="vr:WebBrowser", role="std")
    add(page, "accessURL", f"{tap}/examples", use="full")
    for name in cone_tables:
        about = f"Simple cone search on {name}"
        _add_simple(element, "ivo://ivoa.net/std/ConeSearch", f"{base_url}/scs/{name}?", "base", about)
    if has_datalink:
        about = "Links to data about single rows"
        _add_simple(element, "ivo://ivoa.net/std/DataLink#links-1.1", f"{base_url}/datalink", "base", about)


def _add_simple(parent: Element, standard: str, url: str, use: str, about: str | None = None) -> None:
    element = add(parent, "capability", standardID=standard)
    if about:
        add(element, "description", about)
    interface = add(element, "interface", xsi_type="vs:ParamHTTP", role="std")
    add(interface, "accessURL", url, use=use)


def _add_tap(parent: Element, tap_url: str, limits: Limits, formats: Iterable[OutputFormat]) -> None:
    element = add(parent, "capability", standardID="ivo://ivoa.net/std/TAP", xsi_type="tr:TableAccess")
    interface = add(element, "interface", xsi_type="vs:ParamHTTP", role="std", version="1.1")
    add(interface, "accessURL", tap_url, use="base")
    _add_language(element)
    for each in formats:
        _add_format(element, each)
    for method in UPLOAD_METHODS:
        add(element, "uploadMethod", ivo_id=f"{TAPREGEXT}#upload-{method}")
    _add_limits(element, "retentionPeriod", limits.retention_s, limits.longest_retention_s)
    # TAPRegExt 1.0 has one duration for both modes; 1.1, which is a draft, tells them apart by forMode.
    _add_limits(element, "executionDuration", limits.async_s, limits.async_max_s)
    output = add(element, "outputLimit")
    add(output, "default", str(limits.rows), unit="row")
    add(output, "hard", str(limits.max_rows), unit="row")
    upload = add(element, "uploadLimit")
    add(upload, "default", str(limits.upload_rows), unit="row")
    add(upload, "hard", str(limits.upload_bytes), unit="byte")


def _add_limits(parent: Element, tag: str, default_s: float, hard_s: float) -> None:
    element = add(parent, tag)
    add(element, "default", str(int(default_s)))
    add(element, "hard", str(int(hard_s)))


def _add_language(parent: Element) -> None:
    element = add(parent, "language")
    add(element, "name", "ADQL")
    for number, ivo_id in ADQL_VERSIONS.items():
        add(element, "version", number, ivo_id=ivo_id)
    add(element, "description", "The Astronomical Data Query Language, with all optional features of 2.1")
    functions = _features(element, "udf")
    for each in USER_FUNCTIONS:
        _add_feature(functions, _signature(each), each.about)
    geometry = _features(element, "adqlgeo")
    for name in sorted(GEOMETRY):
        _add_feature(geometry, name)
    for key, forms in OPTIONAL_FEATURES.items():
        features = _features(element, key)
        for form in forms:
            _add_feature(features, form)


def _signature(function: UserFunction) -> str:
    """The form of a function, without underscores in the names of its arguments.

    The ADQL parser in STILTS and TOPCAT takes no notice of a function that has them (taplint's W-EXVL).
    """
    arguments = ", ".join(f"{_camel(name)} {kind}" for name, kind in function.parameters)
    _, _, result = function.form.partition(" -> ")
    return f"{function.name}({arguments}) -> {result}"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def _features(language: Element, key: str) -> Element:
    return add(language, "languageFeatures", type=f"{TAPREGEXT}#features-{key}")


def _add_feature(parent: Element, form: str, about: str | None = None) -> None:
    element = add(parent, "feature")
    add(element, "form", form)
    if about:
        add(element, "description", about)


def _add_format(parent: Element, given: OutputFormat) -> None:
    attributes = {"ivo_id": given.ivo_id} if given.ivo_id else {}
    for number, media_type in enumerate(given.media_types):
        element = add(parent, "outputFormat", **attributes)
        add(element, "mime", media_type)
        if number == 0:
            for alias in dict.fromkeys((given.name, *given.aliases)):
                add(element, "alias", alias)
