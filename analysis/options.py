"""Options of an analysis as data: one tuple gives the checks, the command line, its help and the docs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, cast

from catalogdb.errors import AnalysisError, did_you_mean


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `--name` on the command line, `name=` in Python, `name` in the run's settings.

    `type` is str, int, float or bool; a default of None means the option may be left out, unless
    it is `required`. `choices` closes the set of values. `many` are texts, one or more, after the
    analysis's name on the command line and a sequence (or one) in Python; the value is a tuple.
    """

    name: str
    type: type
    default: str | int | float | bool | None
    about: str
    choices: tuple[str, ...] = ()
    required: bool = False
    minimum: float | None = None
    many: bool = False


def settings(analysis: str, options: Sequence[Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every option, in their order: `given`, else the default.

    Raises AnalysisError for an unknown or missing option, a wrong type, a value outside its choices
    or below its minimum.
    """
    known = {option.name: option for option in options}
    for name in given:
        if name not in known:
            raise AnalysisError(f"{analysis} has no option {name}{did_you_mean(name, known)}")
    return {name: _value(analysis, option, given.get(name)) for name, option in known.items()}


def _value(analysis: str, option: Option, value: object) -> Any:
    if value is None:
        if option.required:
            raise AnalysisError(f"{analysis} needs {option.name}: {option.about}")
        return option.default
    if option.many:
        return _texts(analysis, option, value)
    if option.type is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not option.type:
        raise AnalysisError(f"{analysis}: {option.name} is {value!r}, not a {option.type.__name__}")
    if option.choices and value not in option.choices:
        raise AnalysisError(f"{analysis}: {option.name} is {value!r}, not one of {', '.join(option.choices)}")
    if option.minimum is not None and not cast(float, value) >= option.minimum:
        raise AnalysisError(f"{analysis}: {option.name} is {value!r}, below its minimum {option.minimum:g}")
    return value


def _texts(analysis: str, option: Option, value: object) -> tuple[str, ...]:
    """Return the texts, or paths as texts, of an option that takes many."""
    given = value if isinstance(value, (list, tuple)) else (value,)
    if not given or not all(isinstance(each, (str, PurePath)) for each in given):
        raise AnalysisError(f"{analysis}: {option.name} is {value!r}, not one or more texts or paths")
    return tuple(str(each) for each in given)
