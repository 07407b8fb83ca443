"""Queries that are ADQL, but not over these tables: where they are wrong, and what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catalogdb.adql.errors import AdqlError
from catalogdb.errors import QueryError

sys.path.insert(0, str(Path(__file__).parent))
from adql_cases import Wrong, wrong  # noqa: E402
from adql_sky import translated  # noqa: E402

WRONG = wrong("errors.sql")


@pytest.mark.parametrize("case", WRONG, ids=[case.query for case in WRONG])
def test_errors_say_where_and_what(case: Wrong) -> None:
    with pytest.raises(AdqlError) as error:
        translated(case.query)
    assert (error.value.line, error.value.column, error.value.reason) == case[1:]


def test_an_error_is_a_query_error_with_its_line() -> None:
    with pytest.raises(QueryError, match=r"^line 3, column 9: there is no column raa; did you mean ra\?$"):
        translated("SELECT ra\nFROM stars\n  WHERE raa > 1")


def test_what_is_legal_beside_what_is_not() -> None:
    for query in (
        "SELECT a.ra FROM catalogs.stars AS a, catalogs.stars AS b",
        "SELECT ra AS mag, mag AS m FROM stars ORDER BY mag",
        "SELECT flag, MAX(ra) FROM stars GROUP BY flag HAVING MAX(dec) > 1",
        "SELECT stars.flag FROM stars GROUP BY flag",
        "SELECT s.flag FROM stars AS s GROUP BY s.flag ORDER BY flag",
        "SELECT 1 FROM stars HAVING COUNT(*) > 1",
        "SELECT MAX(ra) + 1, COUNT(*) * 2 FROM stars",
        "SELECT NULL FROM stars UNION SELECT name FROM stars",
        "SELECT name FROM stars WHERE name = NULL OR ra = NULL",
        "SELECT ra FROM stars WHERE ra IN (NULL, 1)",
        "SELECT NULL + 1, NULL || 'a', SQRT(NULL), COALESCE(NULL, 1), MAX(NULL) FROM stars",
        "SELECT n_obs, (SELECT COUNT(*) FROM plain WHERE mag > n_obs) FROM stars GROUP BY n_obs",
    ):
        translated(query)
