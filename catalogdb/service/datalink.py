"""/datalink: what the store has beside a row (DataLink 1.1).

An ID is the qualified name of a table, a question mark, and the row's main identifier:
`catalogs.gaia_dr3?5853498713190525696`. At /datalink/TABLE the identifier alone will do; it is there that
the service descriptors of query results lead.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.types import ASGIApp

from catalogdb.errors import did_you_mean
from catalogdb.formats import Format, find_format
from catalogdb.service.access import note
from catalogdb.service.coverage import Asked
from catalogdb.service.naming import LINKS_MEDIA_TYPE
from catalogdb.service.parameters import BadRequest, Parameters, parameters_of
from catalogdb.service.query import maxrec_of
from catalogdb.service.service import Service
from catalogdb.service.sync import deliver

MOST_IDS = 500
"""IDs of one request that are looked up; the answer to more says that it is cut."""


async def answer_links(service: Service, request: Request) -> ASGIApp:
    """The links of the rows that ID names."""
    async with parameters_of(request, service.limits) as parameters:
        table = _table(service, request.path_params.get("table"))
        given = list(dict.fromkeys(parameters.all("ID")))
        form = _format(parameters)
        maxrec = maxrec_of(parameters, service.limits)
    note(request, query=f"{request.url.path} {len(given)} IDs")
    message = {
        "kind": "links",
        "ids": [[each, *_parts(each, table)] for each in given[:MOST_IDS]],
        # pyvo, which asks by POST, looks for the numbers of the column; STILTS wants text.
        "numbers_of": table if request.method == "POST" else None,
        "has_more": len(given) > MOST_IDS,
        "format": form.name,
        "maxrec": maxrec,
        "service": service.base_url(request),
    }
    return await deliver(service, request, message, Asked(form))


def _table(service: Service, name: str | None) -> str | None:
    """The table that the path names, if it does; raises BadRequest."""
    if name is None:
        return None
    shown = service.catalogue()
    found = shown.table(name)
    if found is None:
        raise BadRequest(
            f"there is no table {name}{did_you_mean(name, (t.qualified_name for t in shown.tables))}", 404
        )
    return found.qualified_name


def _parts(given: str, table: str | None) -> tuple[str, str]:
    """The table and the identifier of an ID."""
    name, mark, identifier = given.partition("?")
    if table is not None and (not mark or name.lower() != table):
        return table, given
    return name.lower(), identifier


def _format(parameters: Parameters) -> Format:
    """The format; VOTable, however it is asked for, is TABLEDATA (section 2.1.2)."""
    named = parameters.get("RESPONSEFORMAT") or parameters.get("FORMAT")
    if named is None or not named.strip():
        return replace(find_format("votable/td"), content_type=LINKS_MEDIA_TYPE)
    form = find_format(named.strip())
    if form.name == "votable":
        return replace(find_format("votable/td"), content_type=LINKS_MEDIA_TYPE)
    return form
