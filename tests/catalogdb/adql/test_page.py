"""The page on ADQL says what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from catalogdb.adql.functions import FUNCTIONS
from catalogdb.adql.ivo_functions import USER_FUNCTIONS
from catalogdb.adql.parse import parse

PAGE = (Path(__file__).parents[3] / "docs" / "adql.md").read_text()


@pytest.mark.parametrize("function", FUNCTIONS, ids=[f.name for f in FUNCTIONS])
def test_every_function_is_on_the_page(function: object) -> None:
    assert re.search(rf"^\| `{function.name}\(.*{re.escape(function.about)} \|", PAGE, re.MULTILINE)  # type: ignore[attr-defined]


@pytest.mark.parametrize("function", USER_FUNCTIONS, ids=[f.form for f in USER_FUNCTIONS])
def test_every_user_defined_function_is_on_the_page(function: object) -> None:
    assert f"| `{function.form}` | {function.about} |" in PAGE  # type: ignore[attr-defined]


def test_its_queries_are_adql() -> None:
    found = re.findall(r"`(SELECT [^`]* FROM [^`]*)`|\"(SELECT [^\"]*)\"", PAGE)
    assert found
    for query in found:
        parse("".join(query))
