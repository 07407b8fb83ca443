"""How each of many files is to be read: sniffed one after the other, none of them kept open."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from catalogdb.errors import DataError, NotOfForm
from ingest.files import NamedFile
from ingest.forms import Plan, check_first_records, plan_file
from ingest.readers.stream import check_readable, raised_in_stream, without_traceback
from ingest.spec import Spec


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file as it was when it was named, with the plan to read it by."""

    file: NamedFile
    plan: Plan

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.file.path


class Planner:
    """Plans files of one catalogue; those of one layout share its description, so that many take little."""

    def __init__(self, con: duckdb.DuckDBPyConnection, spec: Spec, form: str | None) -> None:
        self._con, self._spec, self._form = con, spec, form
        self._layouts: list[Plan] = []
        self._families: set[tuple[str, str]] = set()

    def plan(self, file: NamedFile) -> PlannedFile:
        """Return the plan of a file; DataError if it can not be read, is of no form, or of several."""
        path = file.path
        likely = self._layouts[-1].form.name if self._layouts else None
        try:
            plan = self._shared(plan_file(self._con, self._spec, path, self._form, likely))
            if file.folder is not None:
                self._check_family(plan)
        except (OSError, EOFError, zlib.error, duckdb.Error) as error:
            if path.is_file():
                check_readable(path)
            what = without_traceback(error)
            raise raised_in_stream(error) or DataError(f"{path} can not be read: {what}") from error
        return PlannedFile(file, plan)

    def plan_all(
        self, files: Sequence[NamedFile], told: Callable[[int], None] = lambda done: None
    ) -> tuple[list[PlannedFile], list[NamedFile]]:
        """Return the plans, and the strangers: files of a named folder that are in no form of the catalogue.

        A damaged file is an error, wherever it was found. DataError where all of a folder are strangers.
        """
        planned: list[PlannedFile] = []
        strangers: list[NamedFile] = []
        reasons: dict[Path, list[str]] = {}
        for number, file in enumerate(files, 1):
            try:
                planned.append(self.plan(file))
            except NotOfForm as error:
                if file.folder is None:
                    raise
                strangers.append(file)
                reasons.setdefault(file.folder, []).append(str(error))
            told(number)
        for folder, why in reasons.items():
            if not any(one.file.folder == folder for one in planned):
                raise NotOfForm(
                    f"{folder}: no file in it is in a form of {self._spec.name}:\n  {_first(why)}"
                )
        return planned, strangers

    def _shared(self, plan: Plan) -> Plan:
        """The plan with the layout of an earlier file, if it is the same."""
        for known in reversed(self._layouts):
            if plan.is_like(known):
                return replace(known, path=plan.path, zone=plan.zone)
        self._layouts.append(plan)
        return plan

    def _check_family(self, plan: Plan) -> None:
        """Look into a file that merely lies in a named folder, unless its name is like one already seen.

        Records without a header may be anything: a ReadMe is text too.
        """
        family = (plan.form.name, re.sub(r"\d+", "#", plan.path.name))
        if plan.zone is None and family not in self._families:
            check_first_records(self._con, plan)
        self._families.add(family)


def _first(reasons: Sequence[str], most: int = 5) -> str:
    more = f"\n  and {len(reasons) - most} more" if len(reasons) > most else ""
    return "\n  ".join(reasons[:most]) + more
