"""The public surface of `catalogdb` is its `__all__`, and nothing else."""

import inspect

import catalogdb


def test_all_is_sorted_and_equal_to_what_is_importable() -> None:
    importable = {
        name
        for name, value in vars(catalogdb).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert sorted(importable) == sorted(catalogdb.__all__)
    assert catalogdb.__all__ == sorted(catalogdb.__all__)


def test_every_name_of_all_says_what_it_is() -> None:
    for name in catalogdb.__all__:
        assert inspect.getdoc(getattr(catalogdb, name)), name
