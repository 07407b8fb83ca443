"""A spec derived from the description of a table: its identifier, position, epoch, columns and form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import DataError
from catalogdb.schema import Column, Identifier, Position
from ingest.cds.angles import add_coordinate
from ingest.cds.columns import about_of, column_type, ucd_of
from ingest.cds.described import Described
from ingest.cds.draft import Draft
from ingest.cds.epochs import Epoch, EpochColumn, epoch_of
from ingest.cds.frame import Frame, frame_of
from ingest.cds.identifier import Chosen, candidates, choose
from ingest.cds.lengths import lengths
from ingest.cds.motions import Role, Roles
from ingest.cds.namespaces import SHORTEST, namespace_of
from ingest.cds.places import Place, named, place_of, places
from ingest.cds.readme import DescribedTable, Readme
from ingest.cds.tables import Choice, plain_name
from ingest.cds.words import said_of_position
from ingest.describe import sql_name
from ingest.load import SOURCE_ID
from ingest.spec import Form, Spec

_IN_POSITION = ("ra_error", "dec_error", "ra_dec_corr", "parallax", "pmra", "pmdec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user says instead of leaving it to be found: labels, or a year for the epoch."""

    id: str | None = None
    ra: str | None = None
    dec: str | None = None
    epoch: str | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A spec, remarks on what was assumed, and the described column behind each field and column."""

    table: DescribedTable
    spec: Spec
    remarks: tuple[str, ...]
    sources: dict[str, Described]


def derive(readme: Readme, choice: Choice, form: Form, name: str, wishes: Wishes) -> Derived:
    """Return the spec of the chosen table under that name; `form` says how its lines are read."""
    draft = Draft(readme, choice.table, choice.paths, form)
    draft.remarks += choice.remarks
    _lines(draft)
    ucds = {column.label: ucd_of(column) for column in reversed(choice.table.columns)}
    chosen = _identified(draft, ucds, wishes.id)
    place, frame = _place(draft, wishes)
    position = epoch = None
    if place is not None and frame is not None:
        position, epoch = _positioned(draft, place, frame, wishes)
    _other_positions(draft, place)
    for column in choice.table.columns:
        if column.named and not draft.is_used(column):
            draft.own(column, ucds[column.label])
    spec = _spec(draft, name, chosen)
    if position is not None and frame is not None and epoch is not None:
        spec = replace(
            spec,
            positions=(position,),
            frame=frame.name,
            frame_note=frame.note,
            rotate=frame.rotate,
            equinox=frame.equinox,
            ref_epoch=epoch.year,
            epoch_note=epoch.note,
        )
    return Derived(
        table=draft.table, spec=spec, remarks=tuple(dict.fromkeys(draft.remarks)), sources=draft.sources
    )


def _lines(draft: Draft) -> None:
    """Hold the bytes to the lines of the files, and the formats to the bytes."""
    found = lengths(draft.table.columns, draft.paths, draft.form)
    draft.form = replace(draft.form, width=found.width, longest=found.longest)
    if found.remark:
        draft.remarks.append(found.remark)
    for column in draft.table.columns:
        if column.repeat == 1 and column.named and column.format_width != column.width:
            draft.remarks.append(
                f"{column.label}: its format has {column.format_width} characters, its bytes "
                f"{column.first}-{column.last} are {column.width}: the bytes are taken"
            )


def _identified(draft: Draft, ucds: dict[str, str], wish: str | None) -> Chosen:
    """Choose the identifier and add source_id."""
    possible = candidates(draft.table, ucds) if wish is None else [(named(draft.table, wish),)]
    chosen = choose(possible, draft.paths, draft.form, asked=wish is not None)
    if chosen.remark:
        draft.remarks.append(chosen.remark)
    if not chosen.columns:
        draft.remarks.append("no column identifies the rows; name one with --id LABEL")
        return chosen
    first = chosen.columns[0]
    about = about_of(draft.table, first)
    if len(chosen.columns) == 1:
        kind = {"SMALLINT": "INTEGER", "DOUBLE": "VARCHAR"}.get(column_type(first), column_type(first))
        draft.columns["source_id"] = replace(
            SOURCE_ID, type=kind, about=about, source_name=first.label, nullable=not chosen.complete
        )
        draft.feed("source_id", first, **({"format": f"A{first.width}"} if kind == "VARCHAR" else {}))
        return chosen
    labels = "-".join(column.label for column in chosen.columns)
    draft.columns["source_id"] = replace(
        SOURCE_ID, type="VARCHAR", about=f"{labels}: {about}", nullable=not chosen.complete
    )
    names = tuple(draft.own(column, "meta.id.part") for column in chosen.columns)
    draft.convert_by("join", names, "source_id", format="-".join(["%d"] * len(names)))
    return chosen


def _place(draft: Draft, wishes: Wishes) -> tuple[Place | None, Frame | None]:
    """The position that becomes ra, dec: as the user says, else the nearest to the ICRS, then the finest."""
    if wishes.ra is not None and wishes.dec is not None:
        found = [place_of(draft.table, wishes.ra, wishes.dec)]
    else:
        found = places(draft.table)
    ranked = []
    for number, place in enumerate(found):
        frame = frame_of(draft.readme, place)
        if frame is None:
            draft.remarks.append(
                f"{place.label}: equinox {place.said.equinox} can not be brought to the ICRS: kept as it is"
            )
            continue
        stated = bool(place.said.systems or place.said.equinoxes)
        rank = 3 if not stated else 2 if frame.name == "FK4" else 0 if "ICRS" in place.said.systems else 1
        ranked.append((rank, place.resolution_mas, number, place, frame))
    if not ranked:
        draft.remarks.append(
            "no position: rows are not matched; name its columns with --ra LABEL --dec LABEL"
        )
        return None, None
    *_, place, frame = min(ranked, key=lambda item: item[:3])
    if len({each.between for _, _, _, each, _ in ranked}) > 1:
        draft.remarks.append(f"the position is that of {place.label}; choose another with --ra and --dec")
    return place, frame


def _positioned(draft: Draft, place: Place, frame: Frame, wishes: Wishes) -> tuple[Position, Epoch]:
    """Add the position with all that was measured with it, and its epoch."""
    draft.remarks += frame.remarks
    for name, parts in (("ra", place.ra), ("dec", place.dec)):
        signed = [column for part, column in parts.items() if part != "-"]
        draft.canonical(name, *signed)
        add_coordinate(draft, name, parts, place.way)
    finder = Roles(draft.table, place)
    roles = [role for role in finder.all() if not draft.is_used(role.column)]
    for role in roles:
        _add_role(draft, role)
    draft.remarks += finder.remarks
    epoch = epoch_of(draft.table, place, wishes.epoch)
    names = {role.name for role in roles}
    given = {key: key for key in _IN_POSITION if key in names} | _add_epoch(
        draft, epoch, asked=wishes.epoch is not None
    )
    return Position(name="listed", about=f"As listed in {place.label}", **given), epoch  # type: ignore[arg-type]


def _add_role(draft: Draft, role: Role) -> None:
    draft.canonical(role.name, role.column)
    if not role.times_cosdec:
        draft.feed(role.name, role.column, role.unit)
    else:
        draft.convert_by("times_cosdec", (draft.private(role.column, role.unit), "dec"), role.name)


def _add_epoch(draft: Draft, epoch: Epoch, *, asked: bool) -> dict[str, str]:
    """Add the columns of the epoch; return the keys of the position that name them."""
    if epoch.column is not None:
        label = epoch.column.column.label
        if draft.is_used(epoch.column.column):
            if asked:
                raise DataError(f"{label} is the identifier or part of the position: it can not be the epoch")
            draft.remarks.append(f"{label} is used already: no epoch")
            return {}
        _add_epoch_column(draft, "ref_epoch", epoch.column)
    elif epoch.each is not None:
        found = {}
        for key, each in zip(("ra_epoch", "dec_epoch"), epoch.each, strict=True):
            found[key] = sql_name(each.column.label.partition("-")[0], draft.taken)
            draft.taken.add(found[key])
            _add_epoch_column(draft, found[key], each)
        draft.remarks.append("ra and dec have epochs of their own: there is no ref_epoch for both")
        return found
    elif epoch.year is None:
        lines = [str(n) for n, line in draft.readme.prose() if said_of_position(line).epochs]
        hint = f" (line {', '.join(lines[:3])} of the ReadMe may tell it)" if lines else ""
        draft.remarks.append(
            f"no epoch is stated: positions are matched as they are; give one by --epoch YEAR or LABEL{hint}"
        )
    return {}


def _add_epoch_column(draft: Draft, name: str, epoch: EpochColumn) -> None:
    column = epoch.column
    if name in ASTROMETRY:
        draft.canonical(name, column)
    else:
        draft.columns[name] = Column(
            name=name,
            type="DOUBLE",
            unit="yr",
            ucd="time.epoch",
            about=f"{column.text or column.label} (Julian year TDB)",
            source_name=column.label,
            nullable=column.checks.blank or bool(column.checks.null),
        )
    if epoch.by is None:
        draft.feed(name, column, offset=epoch.zero, scale=epoch.scale)
    else:
        source = draft.private(column, offset=epoch.zero, scale=epoch.scale)
        draft.convert_by(epoch.by, (source,), name)


def _other_positions(draft: Draft, main: Place | None) -> None:
    """Join the parts of further positions, each in its own system."""
    for place in places(draft.table):
        if place.way != "parts" or place is main or any(draft.is_used(column) for column in place.columns):
            continue
        told = f" ({'; '.join(place.quotes)})" if place.quotes else ""
        for word, axis, ending, parts in (
            ("Right ascension", "ra", "hms", place.ra),
            ("Declination", "dec", "dms", place.dec),
        ):
            name = sql_name(f"{axis[:2]}{place.between or ending}", draft.taken)
            draft.taken.add(name)
            draft.columns[name] = Column(
                name=name,
                type="DOUBLE",
                unit="deg",
                ucd=f"pos.eq.{axis}",
                about=f"{word} of {place.label} as listed, not brought to the ICRS{told}",
                source_name=" ".join(column.label for column in parts.values()),
            )
            add_coordinate(draft, name, parts, "parts")


def _named_identifiers(draft: Draft) -> Iterator[Identifier]:
    """Columns labelled as a catalogue whose identifiers other specs know."""
    for name, column in draft.columns.items():
        source = draft.sources.get(name)
        known = namespace_of(source.label) if source is not None and source.width >= SHORTEST else None
        if known is not None and column.source_name in (source.label if source else "", None):
            yield replace(known, column=name)


def _spec(draft: Draft, name: str, chosen: Chosen) -> Spec:
    """The spec but for its position."""
    readme, files = draft.readme, list(dict.fromkeys(plain_name(path) for path in draft.paths))
    entries = [readme.files.get(each) for each in files]
    if not any(entries) and len(draft.table.names) == len(files) == 1:
        entries = [readme.files.get(draft.table.names[0])]
    first = next((entry for entry in entries if entry is not None), None)
    records = [entry.records for entry in entries if entry is not None and entry.records is not None]
    about = (first.about if first else "") or readme.table_title or readme.title or draft.table.names[0]
    order = {each: number for number, each in enumerate(("source_id", *ASTROMETRY))}
    columns = sorted(draft.columns.values(), key=lambda column: order.get(column.name, len(order)))
    source = ", ".join(files)
    return Spec(
        name=name,
        title=readme.title or about,
        about=about,
        reference=readme.reference,
        bibcode=readme.bibcode,
        source=f"CDS {readme.designation}, {source}" if readme.designation else source,
        rows=sum(records) if records and len(records) == len(files) else None,
        unique=chosen.unique,
        columns=tuple(columns),
        identifiers=tuple(_named_identifiers(draft)),
        forms=(replace(draft.form, fields=tuple(draft.fields), convert=tuple(draft.convert)),),
    )
