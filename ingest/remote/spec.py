"""What a spec's [[remote]] means: the columns by which a service is asked, and its checks."""

from __future__ import annotations

import astropy.units as u

from catalogdb.errors import SpecError, did_you_mean
from ingest.remote.services import services
from ingest.spec import FILE_UNIT, Field, Form, Remote, Spec

NAMED = ("votable", "fits", "parquet", "vizier", "ecsv", "csv")
"""Readers of tables whose columns have names, as answers of services have."""


def check_remote(spec: Spec) -> None:
    """Raise SpecError, with its place, unless each [[remote]] fits the spec's forms and known services."""
    known = services()
    for number, remote in enumerate(spec.remote, 1):
        where = f"{spec.path}, remote {number}"
        if remote.service not in known:
            raise SpecError(f"{where}: no service {remote.service}{did_you_mean(remote.service, known)}")
        form = spec.form(remote.form)
        if form is None or form.reader not in NAMED:
            able = [f.name for f in spec.forms if f.reader in NAMED]
            raise SpecError(
                f"{where}: {remote.form} is no form with named columns{did_you_mean(remote.form, able)}"
            )
        if bool(remote.ra) != bool(remote.dec):
            raise SpecError(f"{where}: ra and dec are given together")
        if spec.column("ra") is not None and position_columns(spec, remote) is None:
            raise SpecError(
                f"{where}: the form's ra and dec are not in degrees: say with ra and dec which columns are"
            )
        if (remote.id_order is None) != (remote.id_factor is None):
            raise SpecError(f"{where}: id_order and id_factor are given together")
        if remote.id_order is not None and len(id_columns(spec, remote)) != 1:
            raise SpecError(f"{where}: id_order needs one column that identifies a row")


def form_of(spec: Spec, remote: Remote) -> Form:
    """Return the form that the answers of a service have."""
    form = spec.form(remote.form)
    assert form is not None
    return form


Names = tuple[str, ...]
"""Names that one column may have: services rename theirs."""


def position_columns(spec: Spec, remote: Remote) -> tuple[Names, Names] | None:
    """Return the service's names of right ascension and declination in degrees; None if it has none."""
    if remote.ra and remote.dec:
        return remote.ra, remote.dec
    form = form_of(spec, remote)
    found = [item for item in (form.field("ra"), form.field("dec")) if item is not None and in_degrees(item)]
    return (found[0].source_names, found[1].source_names) if len(found) == 2 else None


def in_degrees(item: Field) -> bool:
    """Whether the field is in degrees as it stands."""
    return not item.linear and item.unit != FILE_UNIT and u.Unit(item.unit or "deg") == u.deg


def id_columns(spec: Spec, remote: Remote) -> tuple[Names, ...]:
    """Return the service's names of the columns that identify a row: several where they are joined by -."""
    if remote.id:
        return tuple((name,) for name in remote.id)
    form = form_of(spec, remote)
    item = form.field("source_id")
    if item is not None:
        return (item.source_names,)
    for conversion in form.convert:
        parts = [form.field(name) for name in conversion.source]
        by_dashes = conversion.options.get("format") == "-".join(["%d"] * len(parts))
        if conversion.by == "join" and conversion.to == ("source_id",) and by_dashes:
            return tuple(part.source_names for part in parts if part is not None)
    return ()
