"""The pages' templates: HTML and XHTML with every value escaped."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import jinja2

from catalogdb.service.vosi.xml import readable

FOLDER = Path(__file__).parent / "templates"


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> bytes:
    """The page that a template of the folder gives with these values, in UTF-8."""
    return readable(_environment().get_template(template).render(**values)).encode()
