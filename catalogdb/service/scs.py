"""/scs/TABLE: Simple Cone Search 1.03 on every table that has positions.

A search is an ADQL query, and uses the index as every query does. Beyond the standard there are MAXREC and
RESPONSEFORMAT (as in its version 1.1, a draft), POST, and the distance, by which the rows are ordered.

The standard is of 2008 and asks for the UCDs of that time, ID_MAIN as text, POS_EQ_RA_MAIN and
POS_EQ_DEC_MAIN, each once; validators and pyvo look for these. All other columns keep theirs.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from catalogdb.errors import CatalogError
from catalogdb.formats import error_document, find_format
from catalogdb.formats.xml import attribute
from catalogdb.schema import Column, Table
from catalogdb.service.access import note
from catalogdb.service.errors import status_of
from catalogdb.service.naming import MAIN, main_identifier
from catalogdb.service.parameters import BadRequest, Parameters, parameters_of
from catalogdb.service.places import positional_table
from catalogdb.service.pool import Overloaded
from catalogdb.service.query import TapQuery, format_of, maxrec_of, run_id_of
from catalogdb.service.service import Service
from catalogdb.service.sync import deliver

MEDIA_TYPE = "text/xml;content=x-votable"
"""What SCS 1.03 calls its answers."""

LARGEST_SR_DEG = 180.0

ID, RA, DEC = "ID_MAIN", "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_USUAL = (
    "meta.id",
    "pos.",
    "spect.dopplerVeloc",
    "time.epoch",
    "phot.mag",
    "phot.color",
    "phot.flux",
    "src.class",
)
_ABOUT_DISTANCE = "Angle from the centre of the search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cone:
    """A search: the circle [deg, ICRS], and how much of each row is asked for (1, 2 or 3)."""

    ra_deg: float
    dec_deg: float
    radius_deg: float
    verbosity: int = 2

    @classmethod
    def of(cls, parameters: Parameters) -> Cone:
        """The search that the parameters describe; raises BadRequest."""
        return cls(
            ra_deg=_number(parameters, "RA", 0.0, 360.0),
            dec_deg=_number(parameters, "DEC", -90.0, 90.0),
            radius_deg=_number(parameters, "SR", 0.0, LARGEST_SR_DEG),
            verbosity=_verbosity(parameters),
        )


async def answer_cone(service: Service, request: Request) -> ASGIApp:
    """Answer a cone search, or tell in its own kind of document what is wrong."""
    try:
        async with parameters_of(request, service.limits) as parameters:
            table = positional_table(service.catalogue(), request.path_params["table"])
            cone = Cone.of(parameters)
            text, fields = cone_query(table, cone)
            query = _asked(parameters, service, text)
        note(request, query=f"{request.url.path} {text}", run_id=query.run_id)
        message = query.request(service.base_url(request)) | {"fields": fields}
        return await deliver(service, request, message, query)
    except CatalogError as error:
        note(request, failed=str(error))
        return error_answer(error)


def cone_query(table: Table, cone: Cone) -> tuple[str, dict[str, dict[str, str]]]:
    """The ADQL of a search, and what its FIELDs say otherwise than the table's columns do, by name."""
    taken = {column.name for column in table.columns}
    distance = _free("separation", taken)
    items, fields = _identifier(table, _free("id", taken))
    items += [column.name for column in _columns(table, cone.verbosity) if column.name not in items]
    fields |= {"ra": {"ucd": RA}, "dec": {"ucd": DEC}, distance: {"about": _ABOUT_DISTANCE}}
    centre = f"{cone.ra_deg!r}, {cone.dec_deg!r}"
    inside = f"1 = CONTAINS(POINT(ra, dec), CIRCLE({centre}, {cone.radius_deg!r}))"
    # The standard has a radius of zero for the description alone.
    condition = inside if cone.radius_deg > 0 else "1 = 0"
    return (
        f"SELECT {', '.join(items)}, DISTANCE(POINT(ra, dec), POINT({centre})) AS {distance} "  # noqa: S608 (names of a Table)
        f"FROM {table.qualified_name} WHERE {condition} ORDER BY {distance}",
        fields,
    )


def _identifier(table: Table, new: str) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The first item, an identifier as text, and the UCDs by which there is just one such."""
    # A row without an identifier is named by the cell that it lies in.
    column = main_identifier(table) or table.column("hpx29")
    demoted = {each.name: {"ucd": "meta.id"} for each in table.columns if each.ucd == MAIN}
    if column.type == "VARCHAR":
        return [column.name], demoted | {column.name: {"ucd": ID}}
    about = {"ucd": ID, "about": f"{column.name} as text"}
    return [f"CAST({column.name} AS VARCHAR) AS {new}"], demoted | {new: about}


def _columns(table: Table, verbosity: int) -> list[Column]:
    """The columns of a verbosity: the principal ones, those of usual interest as well, or all."""
    position = {"ra", "dec"}
    if verbosity == 3 or (verbosity == 2 and not any(column.principal for column in table.columns)):
        return list(table.columns)
    return [
        column
        for column in table.columns
        if column.name in position or column.principal or (verbosity == 2 and _is_usual(column))
    ]


def _is_usual(column: Column) -> bool:
    """Whether it is about the name, place, motion, epoch, light or kind of a star, or the error of that."""
    return column.ucd.removeprefix("stat.error;").startswith(_USUAL)


def _free(name: str, taken: Collection[str]) -> str:
    return name if name not in taken else _free(f"scs_{name}", taken)


def _number(parameters: Parameters, name: str, least: float, most: float) -> float:
    given = parameters.get(name)
    if given is None or not given.strip():
        raise BadRequest(f"there is no {name}: a cone search needs RA, DEC and SR in decimal degrees")
    if not _NUMBER.fullmatch(given.strip()):
        raise BadRequest(f"{name} is {given!r}, not a number of decimal degrees")
    number = float(given)
    if not least <= number <= most:
        raise BadRequest(f"{name} is {given.strip()}, not within {least:g} and {most:g} deg")
    return number


def _verbosity(parameters: Parameters) -> int:
    given = (parameters.get("VERB") or "2").strip()
    if given not in {"1", "2", "3"}:
        raise BadRequest(f"VERB is {given!r}, not 1, 2 or 3")
    return int(given)


def _asked(parameters: Parameters, service: Service, text: str) -> TapQuery:
    """The query with the format and the number of rows that are asked for; TABLEDATA by default."""
    named = parameters.get("RESPONSEFORMAT") or parameters.get("FORMAT")
    default = replace(find_format("votable/td"), content_type=MEDIA_TYPE)
    return TapQuery(
        text=text,
        format=format_of(parameters) if named else default,
        maxrec=maxrec_of(parameters, service.limits),
        strict=False,
        run_id=run_id_of(parameters),
    )


def error_answer(error: CatalogError) -> Response:
    """The document of SCS 1.03, section 2.3, with Erratum 3, which also tells what DALI asks for.

    The standard names no status; 400 is what its draft 1.1 and DALI have.
    """
    headers = {"Content-Type": MEDIA_TYPE}
    if isinstance(error, Overloaded):
        headers["Retry-After"] = str(error.retry_s)
    info = f'<INFO ID="Error" name="Error" value="{attribute(str(error))}"/>\n<RESOURCE'
    body = error_document(str(error)).decode().replace("<RESOURCE", info, 1)
    return Response(body, status_of(error), headers=headers)
