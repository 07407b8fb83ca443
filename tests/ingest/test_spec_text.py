"""A spec written as text is the same spec when it is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.load import catalogues, read_spec
from ingest.spec import Spec
from ingest.spec_text import spec_text


@pytest.mark.parametrize("spec", catalogues(), ids=lambda spec: spec.name)
def test_what_is_written_is_read_back(spec: Spec) -> None:
    text = spec_text(spec, ["a comment", ""])
    assert text.startswith("# a comment\n#\n[catalogue]\n")
    assert replace(read_spec(text, spec.path), sha256=spec.sha256) == spec


def test_what_is_hard_to_write() -> None:
    text = r"""
[catalogue]
name = "hard"
title = "quotes \" and \\ and é and \t"
about = "x"
columns = [ { name = "a", type = "DOUBLE", unit = "", ucd = "meta.number", about = "A \u007f" } ]

[[forms]]
name = "one"
reader = "fixed_width"
fields = [ { name = "a", bytes = "3", format = "E9.2", null = ["-", -9.99], limits = [-inf, 1e-05], open_limits = "high" } ]
"""
    spec = read_spec(text, "hard.toml")
    written = spec_text(spec)
    assert "limits = [-inf, 1e-05]" in written
    assert replace(read_spec(written, "hard.toml"), sha256=spec.sha256) == spec
