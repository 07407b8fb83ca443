"""Options of analyses, and the analyses that there are."""

from __future__ import annotations

import pytest

import analysis
from analysis.options import Option, settings
from catalogdb.errors import AnalysisError

OPTIONS = (
    Option("kind", str, "a", "Which kind", choices=("a", "b")),
    Option("size", float, None, "How large", minimum=0.5),
    Option("count", int, 3, "How many"),
    Option("table", str, None, "Which table", required=True),
)


def test_defaults_fill_what_is_not_given():
    assert settings("demo", OPTIONS, {"table": "t", "size": 2}) == {
        "kind": "a",
        "size": 2.0,
        "count": 3,
        "table": "t",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "demo needs table: Which table"),
        ({"tabel": "t"}, "demo has no option tabel; did you mean table?"),
        ({"table": "t", "kind": "c"}, "kind is 'c', not one of a, b"),
        ({"table": "t", "size": 0.1}, "size is 0.1, below its minimum 0.5"),
        ({"table": "t", "size": float("nan")}, "below its minimum"),
        ({"table": "t", "count": 2.5}, "count is 2.5, not a int"),
        ({"table": "t", "count": True}, "count is True, not a int"),
    ],
)
def test_wrong_options_are_told(given, message):
    with pytest.raises(AnalysisError, match=message.replace("?", r"\?")):
        settings("demo", OPTIONS, given)


@pytest.mark.parametrize("entry", analysis.ANALYSES, ids=lambda entry: entry.name)
def test_an_analysis_has_all_that_the_others_have(entry):
    assert analysis.find(entry.name) is entry
    assert entry.about
    assert entry.results[0] is entry.module.RESULT
    for table in entry.results:
        assert table.schema == "results"
        assert table.has("run_id"), f"no row of {table.name} could be traced"
    assert callable(entry.module.run)
    assert callable(entry.module.plot)
    # The command of every analysis has these two of its own.
    assert not {"plot", "star"} & {option.name for option in entry.options}
    for option in entry.options:
        assert option.about
        assert option.default is None or type(option.default) is option.type
        assert option.default is None or not option.choices or option.default in option.choices


def test_an_unknown_analysis_is_told():
    with pytest.raises(AnalysisError, match="no analysis accelerate; did you mean acceleration"):
        analysis.find("accelerate")
