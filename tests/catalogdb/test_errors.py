"""The tree drawn in errors.py is the tree, and messages say what to do."""

import inspect
from pathlib import Path

import pytest

from catalogdb import errors


def test_the_drawn_tree_is_true() -> None:
    drawn: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines()[2:]:
        bare = line.lstrip("│├└─ ")
        if bare:
            drawn.append((len(line) - len(bare), bare.split()[0]))
    stack: list[tuple[int, str]] = []
    parents = {}
    for depth, name in drawn:
        while stack and stack[-1][0] >= depth:
            stack.pop()
        parents[name] = stack[-1][1] if stack else "Exception"
        stack.append((depth, name))
    classes = {
        name: value.__bases__[0].__name__
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert parents == classes


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (["catalogs.gaia", "catalogs.wds", "mine.gala"], r"gaja; did you mean catalogs.gaia, mine.gala\?"),
        ([], r"no table catalogs.gaja \(there is none yet\)"),
        (["a", "b"], r"no table catalogs.gaja \(there are: a, b\)"),
    ],
)
def test_table_not_found_suggests(known: list[str], message: str) -> None:
    with pytest.raises(errors.TableNotFound, match=message):
        raise errors.TableNotFound("catalogs.gaja", known)


def test_bad_record_carries_what_is_needed_to_find_it() -> None:
    error = errors.BadRecord("f.dat", 7, "no number", column="ra", value="x", raw="12 x")
    assert (error.file, error.line, error.column, error.raw) == ("f.dat", 7, "ra", "12 x")
    assert str(error).startswith("f.dat, line 7, column ra: no number (value 'x')\n  12 x\nMend the record")


def test_store_errors_name_the_path() -> None:
    assert "no store at /x: name another with --store" in str(errors.StoreNotFound(Path("/x")))
    assert "schema version 9, this one knows 1" in str(errors.StoreTooNew(Path("/x"), 9, 1))


def test_of_a_long_record_the_part_with_the_value_is_shown() -> None:
    raw = "1," * 5_000 + "here," + "2," * 5_000
    text = str(errors.BadRecord("f.csv", 7, "no number", column="ra", value="here", raw=raw))
    assert "... 1,1," in text
    assert ",here,2," in text
    assert "(20,005 characters)" in text
    assert len(text) < 700
