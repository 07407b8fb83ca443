"""Specs read from TOML, every key and name checked; an unknown key anywhere is an error."""

from __future__ import annotations

import difflib
import functools
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import SchemaError, SpecError, did_you_mean
from catalogdb.schema import FLOATS, INTEGERS, Column, Identifier, Position, check_name
from ingest.check_spec import check_spec
from ingest.spec import Context, Conversion, Field, Form, Join, Remote, Spec

_CATALOGUE = tuple(
    f.name for f in dataclass_fields(Spec) if f.name not in {"forms", "positions", "remote", "sha256", "path"}
)
_COLUMN = tuple(f.name for f in dataclass_fields(Column) if f.name != "delimited")
_IDENTIFIER = tuple(f.name for f in dataclass_fields(Identifier))
_POSITION = tuple(f.name for f in dataclass_fields(Position))
_CONTEXT = tuple(f.name for f in dataclass_fields(Context))
_JOIN = tuple(f.name for f in dataclass_fields(Join))
_FORM = tuple(f.name for f in dataclass_fields(Form) if f.name not in {"loose", "kinds"})
_REMOTE = tuple(f.name for f in dataclass_fields(Remote))
_FIELD = tuple(
    "from" if f.name == "source" else f.name for f in dataclass_fields(Field) if f.name != "other_sources"
)

SOURCE_ID = Column(
    name="source_id",
    type="BIGINT",
    ucd="meta.id;meta.main",
    about="Identifier",
    nullable=False,
    principal=True,
)


ALL = "*"
"""Among the fields of a form: every column that nothing else in the form feeds, under its own name."""


class _Reader:
    """Reads the tables of one spec file; every error names the file and the place in it."""

    def __init__(self, path: str) -> None:
        self.path = path

    def fail(self, where: str, what: str) -> SpecError:
        return SpecError(f"{self.path}, {where}: {what}")

    def keys(self, data: object, allowed: Iterable[str], where: str) -> dict[str, Any]:
        """Return `data` as a dict whose keys are all `allowed`."""
        if not isinstance(data, dict):
            raise self.fail(where, f"a table of keys is expected, not {data!r}")
        known = list(allowed)
        for key in data:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise self.fail(where, f"unknown key {key}{hint} (allowed: {', '.join(sorted(known))})")
        return data

    def build(self, kind: Any, data: Mapping[str, Any], where: str) -> Any:
        """Return kind(**data), with a missing key or an invalid value told as a SpecError."""
        try:
            return kind(**data)
        except SchemaError as error:
            raise self.fail(where, str(error)) from error
        except TypeError as error:
            raise self.fail(where, str(error).partition("__init__() ")[2] or str(error)) from error

    def column(self, data: object, number: int) -> Column:
        where = f"column {_name_in(data) or number}"
        given = self.keys({"name": data} if isinstance(data, str) else data, _COLUMN, where)
        name = given.get("name")
        if not isinstance(name, str):
            raise self.fail(where, "it has no name")
        inherited = SOURCE_ID if name == "source_id" else ASTROMETRY.get(name)
        if inherited is None:
            return self.build(Column, given, where)  # type: ignore[no-any-return]
        return self.build(functools.partial(replace, inherited), given, where)  # type: ignore[no-any-return]

    def field(self, data: object, form: str, number: int) -> Field:
        where = f"form {form}, field {_name_in(data) or number}"
        given = dict(self.keys({"name": data} if isinstance(data, str) else data, _FIELD, where))
        if "from" in given:
            names = given.pop("from")
            named = names if isinstance(names, list) else [names]
            if not named or not all(isinstance(each, str) for each in named):
                raise self.fail(where, f"from {names!r} is no name, nor a list of names")
            given["source"], given["other_sources"] = named[0], tuple(named[1:])
        if "bytes" in given:
            given["bytes"] = self._bytes(given["bytes"], where)
        null = given.pop("null", [])
        given["null"] = tuple(null) if isinstance(null, list) else (null,)
        if not isinstance(given.get("values", []), list):
            raise self.fail(where, f"values is a list, not {given['values']!r}")
        given["values"] = tuple(given.get("values", ()))
        if "limits" in given:
            low, high = given["limits"]
            given["limits"] = (low, high)
        return self.build(Field, given, where)  # type: ignore[no-any-return]

    def _bytes(self, text: object, where: str) -> tuple[int, int]:
        first, _, last = str(text).partition("-")
        try:
            start, end = int(first), int(last or first)
        except ValueError as error:
            raise self.fail(where, f'bytes {text!r} is not "first-last"') from error
        if not 1 <= start <= end:
            raise self.fail(where, f"bytes {text!r}: counted from 1, first to last")
        return start, end

    def conversion(self, data: object, form: str, number: int) -> Conversion:
        where = f"form {form}, conversion {number}"
        if not isinstance(data, dict) or not {"by", "to"} <= set(data):
            raise self.fail(where, "it needs the keys by, from and to")
        options = {key: value for key, value in data.items() if key not in {"by", "from", "to"}}
        listed = [data.get("from", []), data["to"]]
        source, to = (tuple(x) if isinstance(x, list) else (x,) for x in listed)
        return Conversion(by=data["by"], source=source, to=to, options=options)

    def context(self, data: object, where: str) -> Context:
        return self.build(Context, self.keys(data, _CONTEXT, where), where)  # type: ignore[no-any-return]

    def join(self, data: object, where: str) -> Join:
        return self.build(Join, self.keys(data, _JOIN, where), where)  # type: ignore[no-any-return]

    def form(self, data: object, number: int, columns: Iterable[Column]) -> Form:
        given = dict(self.keys(data, _FORM, f"form {number}"))
        name = given.get("name")
        if not isinstance(name, str):
            raise self.fail(f"form {number}", "it has no name")
        null = given.pop("null", [])
        given["null"] = tuple(null) if isinstance(null, list) else (null,)
        listed = given.get("fields", [])
        fields = [self.field(f, name, i) for i, f in enumerate(listed, 1) if _name_in(f) != ALL]
        convert = given.get("convert", [])
        given["convert"] = tuple(self.conversion(c, name, i) for i, c in enumerate(convert, 1))
        for everything in (f for f in listed if _name_in(f) == ALL):
            null = self.all_columns(everything, given, name)
            fed = {f.name for f in fields} | {column for c in given["convert"] for column in c.to}
            fields += [_own(column, null) for column in columns if column.name not in fed]
            order = {column.name: number for number, column in enumerate(columns)}
            fields.sort(key=lambda f: order.get(f.name, len(order)))
        given["fields"] = tuple(fields)
        joins = enumerate(given.get("joins", []), 1)
        given["joins"] = tuple(self.join(j, f"form {name}, join {i}") for i, j in joins)
        contexts = enumerate(given.get("context", []), 1)
        given["context"] = tuple(self.context(c, f"form {name}, context {i}") for i, c in contexts)
        for key in ("required", "unroll", "section"):
            given[key] = tuple(given.get(key, ()))
        if given["null"]:
            marks = given["null"]
            given["fields"] = tuple(replace(f, null=(*f.null, *marks)) for f in given["fields"])
        return self.build(Form, given, f"form {name}")  # type: ignore[no-any-return]

    def all_columns(self, data: object, given: Mapping[str, Any], form: str) -> tuple[str | int | float, ...]:
        """Return the marks of absence of the field "*"; its files must name their columns."""
        given_here = {"name": data} if isinstance(data, str) else data
        table = self.keys(given_here, ("name", "null"), f"form {form}, {ALL}")
        reader = given.get("reader")
        listed = reader in {"delimited", "blanks"} and not given.get("header")
        if reader in {"fixed_width", "binary"} or listed:
            raise self.fail(f"form {form}", f'fields "{ALL}" needs files that name their columns')
        null = table.get("null", [])
        return tuple(null) if isinstance(null, list) else (null,)

    def position(self, data: object, number: int) -> Position:
        given = self.keys(data, _POSITION, f"position {number}")
        return self.build(Position, given, f"position {number}")  # type: ignore[no-any-return]

    def identifier(self, data: object, number: int) -> Identifier:
        where = f"[catalogue], identifier {number}"
        return self.build(Identifier, self.keys(data, _IDENTIFIER, where), where)  # type: ignore[no-any-return]

    def remote(self, data: object, number: int) -> Remote:
        given = dict(self.keys(data, _REMOTE, f"remote {number}"))
        for key in ("ra", "dec", "id"):
            named = given.get(key, [])
            given[key] = tuple(named) if isinstance(named, list) else (named,)
        return self.build(Remote, given, f"remote {number}")  # type: ignore[no-any-return]

    def spec(self, data: dict[str, Any], sha256: str) -> Spec:
        self.keys(data, ("catalogue", "positions", "forms", "remote"), "top level")
        given = dict(self.keys(data.get("catalogue", {}), _CATALOGUE, "[catalogue]"))
        columns = given.get("columns", [])
        given["columns"] = tuple(self.column(c, i) for i, c in enumerate(columns, 1))
        named = given.get("identifiers", [])
        given["identifiers"] = tuple(self.identifier(each, i) for i, each in enumerate(named, 1))
        given["positions"] = tuple(self.position(p, i) for i, p in enumerate(data.get("positions", []), 1))
        forms = enumerate(data.get("forms", []), 1)
        given["forms"] = tuple(self.form(f, i, given["columns"]) for i, f in forms)
        given["remote"] = tuple(self.remote(r, i) for i, r in enumerate(data.get("remote", []), 1))
        spec: Spec = self.build(Spec, given | {"sha256": sha256, "path": self.path}, "[catalogue]")
        try:
            check_name(spec.name, "catalogue")
        except SchemaError as error:
            raise self.fail("[catalogue]", str(error)) from error
        return spec


def _own(column: Column, null: tuple[str | int | float, ...]) -> Field:
    """The field of a column that stands in the file as it is; one that may be missing is optional."""
    marks = tuple(mark for mark in null if _holds(column, mark))
    return Field(name=column.name, source=column.source_name, null=marks, optional=column.nullable)


def _holds(column: Column, mark: str | int | float) -> bool:
    """Whether the column can hold that mark of absence: 1e20 is none of a whole number."""
    if isinstance(mark, str) or column.type in FLOATS:
        return True
    return column.type in INTEGERS and float(mark).is_integer() and abs(mark) < 2**63


def _name_in(data: object) -> str | None:
    name = data.get("name") if isinstance(data, dict) else data
    return name if isinstance(name, str) else None


def read_spec(text: str, path: str) -> Spec:
    """Return the spec written in `text`; SpecError names `path` and the place of a fault."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path}: {error}") from error
    spec = _Reader(path).spec(data, hashlib.sha256(text.encode()).hexdigest())
    spec = _with_epoch(spec)
    check_spec(spec)
    return spec


def _with_epoch(spec: Spec) -> Spec:
    """Add the column ref_epoch after dec where a positional spec does not list it."""
    names = [c.name for c in spec.columns]
    if "dec" not in names or "ref_epoch" in names:
        return spec
    at = names.index("dec") + 1
    columns = (*spec.columns[:at], ASTROMETRY["ref_epoch"], *spec.columns[at:])
    return replace(spec, columns=columns)


@functools.cache
def _installed(name: str) -> Spec:
    file = resources.files("ingest") / "specs" / f"{name}.toml"
    spec = read_spec(file.read_text(encoding="utf-8"), f"{name}.toml")
    if spec.name != name:
        raise SpecError(f"{name}.toml, [catalogue]: its name is {spec.name}, not that of the file")
    return spec


def catalogue_names() -> tuple[str, ...]:
    """Names of the catalogues that have a spec, in alphabetical order."""
    folder = resources.files("ingest") / "specs"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def catalogues() -> tuple[Spec, ...]:
    """Specs of all catalogues that have one, in alphabetical order."""
    return tuple(_installed(name) for name in catalogue_names())


def _spec_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except PermissionError as error:
        raise SpecError(f"{path} may not be read by this user: chmod it, or run as its owner") from error
    except OSError as error:
        raise SpecError(f"{path} can not be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8") from error


def load_spec(name_or_path: str | Path) -> Spec:
    """Return the spec of a catalogue, or the one in a .toml file; SpecError if there is none."""
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if not path.exists():
            raise SpecError(f"{path}: no such spec file")
        return read_spec(_spec_text(path), str(path))
    names = catalogue_names()
    if str(name_or_path) not in names:
        raise SpecError(f"no catalogue {name_or_path}{did_you_mean(str(name_or_path), names)}")
    return _installed(str(name_or_path))
