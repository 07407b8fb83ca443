"""Which service and table a request goes to, what is selected there, and how the request is divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from catalogdb.errors import DataError, SettingError, did_you_mean
from catalogdb.settings import Settings
from catalogdb.store import Store
from ingest.readers.base import match_name
from ingest.remote import adql
from ingest.remote.chunk import Plan, Whole
from ingest.remote.download import Asker
from ingest.remote.list_plans import ByIdList, ByNames, ByPairs, distinct
from ingest.remote.listing import RemoteColumn, columns_of, find_column, identifier_of, position_of
from ingest.remote.near import left_positions
from ingest.remote.patience import Patience
from ingest.remote.request import Request
from ingest.remote.scs import Scs, position_columns
from ingest.remote.services import Service, find_service, service_at
from ingest.remote.session import Sessions
from ingest.remote.sky_plans import ByCone, ByIdentifier, ByPosition, Target
from ingest.remote.spec import Names, form_of, id_columns
from ingest.remote.spec import position_columns as columns_in_degrees
from ingest.remote.tap import Tap
from ingest.remote.xmatch import XMatch
from ingest.spec import Remote, Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a request goes, and its plan. `remote` is the spec's entry, where a catalogue is asked for.

    `id` is the column of the answers by which identifiers were asked for, if they were.
    """

    service: Service
    asker: Asker
    plan: Plan
    table: str
    remote: Remote | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """How the service is named: by `name`, or by the address of a TAP or of a cone search service."""

    name: str | None = None
    tap: str | None = None
    scs: str | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.name, self.tap, self.scs)) > 1:
            raise DataError("name one service: --from, --tap or --scs")

    def service(self, settings: Settings, default: str | None) -> Service:
        """The service, that of name `default` if none is named; DataError if there is no default."""
        own = settings.fetch_services
        if self.scs is not None:
            return service_at(self.scs, "scs")
        if self.tap is not None:
            given = service_at(self.tap, "tap")
            # A mirror of a known service is spoken to as that service is.
            known = find_service(default, own) if default else given
            return replace(known, name=given.name, url=given.url, protocol="tap")
        if self.name is None and default is None:
            raise DataError("which service? Name one with --from, --tap URL or --scs URL")
        return find_service(self.name or default or "", own)


@dataclass(frozen=True, slots=True)
class Client:
    """What every service is asked with: the store and its settings, HTTP sessions, and patience."""

    store: Store
    sessions: Sessions
    patience: Patience

    @property
    def settings(self) -> Settings:
        """Those of the store."""
        return self.store.settings


def find_source(client: Client, request: Request, spec: Spec | None, address: Address) -> Source:
    """Return the source of a request; raises DataError where the service has not what is asked for."""
    remote = None if spec is None else _remote(spec, address)
    service = address.service(client.settings, remote.service if remote else _default(request))
    if service.protocol == "scs":
        return _cones(client, request, service, remote)
    if service.protocol == "xmatch":
        return _pairs(client, request, service, spec, remote)
    return _tables(client, request, service, spec, remote)


def _default(request: Request) -> str | None:
    """The service for a request that names none: a match with a VizieR table is that of CDS."""
    return "xmatch" if request.near is not None else None


def _remote(spec: Spec, address: Address) -> Remote:
    """The entry of the spec for the service that is named, the first if none is."""
    if not spec.remote:
        raise DataError(
            f"the spec of {spec.name} names no service that has it: add a [[remote]] to it "
            "(docs/adding_a_catalogue.md), or fetch a table with --tap URL --table NAME --as NAME"
        )
    if address.name is None:
        return spec.remote[0]
    # CDS matches with the tables of VizieR, under the names that they have there.
    wanted = "vizier" if address.name == "xmatch" else address.name
    for remote in spec.remote:
        if remote.service == wanted:
            return remote
    raise DataError(
        f"{spec.name} is not known at {wanted}{did_you_mean(wanted, {r.service for r in spec.remote})}"
    )


def _cones(client: Client, request: Request, service: Service, remote: Remote | None) -> Source:
    if request.cone is None or request.where or request.columns:
        raise DataError(
            "a cone search service knows cones alone: --cone, without --where and --columns; "
            "the rest is for TAP services (--tap, --from)"
        )
    asker = Scs(service, client.sessions, client.patience)

    def position(rows: pa.Table) -> tuple[str, str]:
        return (request.ra, request.dec) if request.ra and request.dec else position_columns(rows)

    plan = ByCone(request.cone, position)
    return Source(service=service, asker=asker, plan=plan, table=request.table or service.name, remote=remote)


def _pairs(
    client: Client, request: Request, service: Service, spec: Spec | None, remote: Remote | None
) -> Source:
    if request.near is None or request.radius_arcsec is None:
        raise DataError(
            f"{service.name} matches only: --xmatch TABLE --radius ARCSEC. Cones, lists, whole tables and "
            "queries of the same tables: --from vizier"
        )
    if request.where or request.columns:
        raise DataError(f"{service.name} takes no --where and --columns; --from vizier does")
    table = remote.table if remote else request.table
    if table is None:
        raise DataError("match with which table? --table, such as II/246/out, or simbad")
    asker = XMatch(service, client.settings, client.sessions, client.patience, table, request.radius_arcsec)
    left = left_positions(client.store, request.near, request.epoch_yr)
    plan = ByPairs(Target(table=table), left, request.radius_arcsec, by_tap=False, keep_left=spec is None)
    return Source(service=service, asker=asker, plan=plan, table=table, remote=remote)


def _tables(
    client: Client, request: Request, service: Service, spec: Spec | None, remote: Remote | None
) -> Source:
    store = client.store
    tap = Tap(service, client.settings, client.sessions, client.patience)
    if request.query is not None:
        plan: Plan = Whole(adql.one_query(request.query))
        return Source(service=service, asker=tap, plan=plan, table=request.query)
    table = (remote.table if remote else request.table) or service.table
    if not table:
        raise DataError(f"which table of {service.name}? Name one with --table")
    columns = columns_of(tap, table)
    given = service if table == service.table else replace(service, ra="", dec="", id="", names=None)
    target = _target(request, given, spec, remote, table, columns)
    plan = _plan(store, request, given, tap, target, spec)
    looked_up = target.id[0] if request.ids is not None and len(target.id) == 1 else None
    if isinstance(plan, ByNames):
        looked_up = "wanted_id"
    return Source(service=service, asker=tap, plan=plan, table=table, remote=remote, id=looked_up)


def _target(
    request: Request,
    service: Service,
    spec: Spec | None,
    remote: Remote | None,
    table: str,
    columns: Sequence[RemoteColumn],
) -> Target:
    """The table with what is selected of it, and the columns by which it is asked, as it names them."""
    position = _position(request, service, spec, remote, columns)
    ids = _identifiers(request, service, spec, remote, columns)
    found = [find_column(columns, names, table) for names in ids]
    ra, dec = ("", "") if position is None else (find_column(columns, p, table).name for p in position)
    chosen = _selected(request, spec, remote, table, columns)
    if chosen:
        needed = [name for name in (*(c.name for c in found), ra, dec) if name]
        chosen = list(dict.fromkeys([*chosen, *needed]))
    return Target(
        table=table,
        columns=tuple(chosen),
        ra=ra,
        dec=dec,
        id=tuple(column.name for column in found),
        id_is_text=tuple(column.is_text for column in found),
        id_order=None if remote is None else remote.id_order,
        id_factor=None if remote is None else remote.id_factor,
        rows=None if spec is None else spec.rows,
        where=adql.condition(request.where),
    )


def _position(
    request: Request,
    service: Service,
    spec: Spec | None,
    remote: Remote | None,
    columns: Sequence[RemoteColumn],
) -> tuple[Names, Names] | None:
    if request.ra and request.dec:
        return (request.ra,), (request.dec,)
    if spec is not None and remote is not None:
        return columns_in_degrees(spec, remote)
    found = (service.ra, service.dec) if service.ra else position_of(columns)
    return None if found is None else ((found[0],), (found[1],))


def _identifiers(
    request: Request,
    service: Service,
    spec: Spec | None,
    remote: Remote | None,
    columns: Sequence[RemoteColumn],
) -> tuple[Names, ...]:
    if request.id:
        return ((request.id,),)
    if spec is not None and remote is not None:
        return id_columns(spec, remote)
    found = service.id or identifier_of(columns)
    return ((found,),) if found else ()


def _selected(
    request: Request, spec: Spec | None, remote: Remote | None, table: str, columns: Sequence[RemoteColumn]
) -> list[str]:
    """The columns to select: those that the form knows, or needs beside the user's own; none for all."""
    wanted = [find_column(columns, (name,), table).name for name in request.columns if name != "*"]
    if spec is None or remote is None or "*" in request.columns:
        return [] if "*" in request.columns else wanted
    form = form_of(spec, remote)
    known = [column.name for column in columns]
    lowered = {name.lower(): name for name in reversed(known)}
    selected = []
    for item in form.fields:
        name = item.source_names[0]
        exact = None if name.startswith("@") else match_name(item, known, lowered)
        needed = item.name in form.required if form.required else not item.optional
        if exact is None and needed:
            raise DataError(
                f"{table} has no column {name}, which form {form.name} of {spec.name} needs"
                f"{did_you_mean(name, known)}"
            )
        if exact is not None and (needed or not wanted):
            selected.append(exact)
    return [*selected, *wanted]


def _plan(
    store: Store, request: Request, service: Service, tap: Tap, target: Target, spec: Spec | None
) -> Plan:
    most = store.settings.fetch_rows
    if most < 1:
        raise SettingError("setting fetch_rows is 0: ask for a row at least")
    if request.ids is not None:
        ids = distinct(request.ids)
        if service.names is not None and request.id is None:
            return ByNames(target, service.names, ids)
        return ByIdList(target, ids, upload=tap.limits.uploads)
    if request.near is not None and request.radius_arcsec is not None:
        return _near(store, request, tap, target, spec)
    if request.cone is not None and not target.ra:
        raise DataError(
            f"{target.table}: which columns are its position is not known: name them with --ra, --dec"
        )
    if target.id_order is not None:
        return ByIdentifier(target, request.cone, most)
    if not target.ra:
        return Whole(target.select([]))
    return ByPosition(target, request.cone, most, polygons=tap.limits.polygons)


def _near(store: Store, request: Request, tap: Tap, target: Target, spec: Spec | None) -> Plan:
    if not tap.limits.uploads:
        raise DataError(
            f"{tap.what} takes no tables: match with --from xmatch, or fetch a cone and match here"
        )
    if not target.ra:
        raise DataError(
            f"{target.table}: which columns are its position is not known: name them with --ra, --dec"
        )
    assert request.near is not None
    assert request.radius_arcsec is not None
    left = left_positions(store, request.near, request.epoch_yr)
    return ByPairs(target, left, request.radius_arcsec, by_tap=True, keep_left=spec is None)
