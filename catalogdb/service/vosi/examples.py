"""The page of example queries: DALI 1.1 section 2.3, XHTML with RDFa Lite, read by people and by programs."""

from __future__ import annotations

from collections.abc import Sequence

from catalogdb.service.vosi.queries import Example
from catalogdb.service.vosi.rendering import render

VOCABULARY = "http://www.ivoa.net/rdf/examples#"
"""The vocabulary of DALI 1.1, as its Erratum has it and TOPCAT expects."""


def examples_page(base_url: str, title: str, examples: Sequence[Example]) -> bytes:
    """The page, of type application/xhtml+xml."""
    return render("examples.xhtml", base_url=base_url, title=title, vocabulary=VOCABULARY, examples=examples)
