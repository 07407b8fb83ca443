"""Rows cut at the most that may be given, and looked at before they are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from catalogdb.formats import Rows


def rows(*sizes: int, maxrec: int | None = None) -> Rows:
    return Rows((pa.record_batch({"a": pa.array([0] * size)}) for size in sizes), maxrec)


@pytest.mark.parametrize(
    ("sizes", "maxrec", "given", "overflow"),
    [
        ((3, 3), None, [3, 3], False),
        ((3, 3), 6, [3, 3], False),
        ((3, 3), 5, [3, 2], True),
        ((3, 3), 3, [3], True),
        ((3, 0), 3, [3, 0], False),
        ((3,), 0, [], True),
        ((), 5, [], False),
        ((), 0, [], True),
    ],
)
def test_cut(sizes: tuple[int, ...], maxrec: int | None, given: list[int], overflow: bool) -> None:
    found = rows(*sizes, maxrec=maxrec)
    assert [batch.num_rows for batch in found] == given
    assert (found.count, found.overflow) == (sum(given), overflow)


@pytest.mark.parametrize("maxrec", [None, 7])
def test_what_was_looked_at_is_given_again(maxrec: int | None) -> None:
    found = rows(2, 2, 2, 2, maxrec=maxrec)
    taken, are_all = found.look(3)
    assert ([batch.num_rows for batch in taken], are_all) == ([2, 2], False)
    taken, are_all = found.look(1)
    assert ([batch.num_rows for batch in taken], are_all) == ([2], False)
    taken, are_all = found.look(100)
    assert (sum(batch.num_rows for batch in taken), are_all) == (maxrec or 8, True)
    assert sum(batch.num_rows for batch in found) == found.count == (maxrec or 8)
    assert found.overflow == (maxrec is not None)


def test_nothing_is_asked_for_where_nothing_may_be_given() -> None:
    def batches():  # type: ignore[no-untyped-def]
        raise AssertionError
        yield

    assert list(Rows(batches(), 0)) == []
