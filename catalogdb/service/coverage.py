"""/moc/TABLE and /density/TABLE: where on the sky a table has rows, and how many."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from catalogdb.errors import did_you_mean
from catalogdb.service.access import note
from catalogdb.service.parameters import BadRequest, Parameters, parameters_of
from catalogdb.service.places import positional_table
from catalogdb.service.service import Service
from catalogdb.service.sync import Document, deliver
from catalogdb.skymaps import FINEST


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a map: its name for a worker, and how it goes to a client."""

    name: str
    content_type: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What `deliver` wants to know."""

    format: Document


_FITS = "application/fits"
_MOC = {
    "fits": Form("moc/fits", _FITS, ".fits"),
    "json": Form("moc/json", "application/json", ".json"),
    "ascii": Form("moc/ascii", "text/plain", ".txt"),
}
_DENSITY = {
    "fits": Form("density/fits", _FITS, ".fits"),
    "json": Form("density/json", "application/json", ".json"),
    "csv": Form("density/csv", "text/csv", ".csv"),
}
_ALIASES = {"application/fits": "fits", "image/fits": "fits", "application/json": "json"}
_ALIASES |= {"text/plain": "ascii", "text": "ascii", "text/csv": "csv"}


async def answer_coverage(service: Service, request: Request) -> ASGIApp:
    """The coverage of a table as a MOC 2.0: ORDER, RESPONSEFORMAT (fits, json, ascii)."""
    return await _answer(service, request, _MOC)


async def answer_density(service: Service, request: Request) -> ASGIApp:
    """The rows in each cell: ORDER, RESPONSEFORMAT (fits, json, csv), INDEXING (explicit, implicit)."""
    return await _answer(service, request, _DENSITY)


async def _answer(service: Service, request: Request, forms: dict[str, Form]) -> ASGIApp:
    async with parameters_of(request, service.limits) as parameters:
        shown = service.catalogue()
        table = positional_table(shown, request.path_params["table"])
        order = _order(parameters)
        form = _form(parameters, forms)
        indexing = _indexing(parameters)
    # A snapshot never changes, and so the answer is the same as long as there is no other.
    tag = f'"{shown.snapshot}-{table.qualified_name}-{order}-{form.name}-{indexing}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=headers)
    note(request, query=f"{request.url.path} order {order}")
    message = {
        "kind": "sky",
        "table": table.qualified_name,
        "order": order,
        "format": form.name,
        "indexing": indexing,
    }
    return await deliver(service, request, message, Asked(form), headers)


def _order(parameters: Parameters) -> int | None:
    given = (parameters.get("ORDER") or "").strip()
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 3 or int(given) > FINEST:
        raise BadRequest(f"ORDER is {given!r}, not a HEALPix order from 0 to {FINEST}")
    return int(given)


def _form(parameters: Parameters, forms: dict[str, Form]) -> Form:
    given = (parameters.get("RESPONSEFORMAT") or parameters.get("FORMAT") or "fits").strip().lower()
    name = given.partition(";")[0].strip()
    found = forms.get(_ALIASES.get(name, name))
    if found is None:
        raise BadRequest(f"no format {given!r}{did_you_mean(name, forms)}")
    return found


def _indexing(parameters: Parameters) -> str | None:
    given = (parameters.get("INDEXING") or "").strip().lower()
    if given not in {"", "explicit", "implicit"}:
        raise BadRequest(f"INDEXING is {given!r}, neither explicit nor implicit")
    return given or None
