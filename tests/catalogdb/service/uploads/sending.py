"""Sending tables with queries over HTTP."""

from __future__ import annotations

import io
from typing import Any

import astropy.io.votable as votable
import httpx
from astropy.table import Table

from tests.catalogdb.service.conftest import Server


def send(
    server: Server, query: str, body: bytes, *, part: str = "part", uri: str = "", **parameters: str
) -> httpx.Response:
    """Run a query on /tap/sync with `body` as table t."""
    form = {"LANG": "ADQL", "QUERY": query, "UPLOAD": f"t,{uri or f'param:{part}'}"} | parameters
    return httpx.post(f"{server.tap}/sync", data=form, files={part: ("a.file", body)}, timeout=120)


def csv(response: httpx.Response) -> list[list[str]]:
    """The rows of a result in CSV, the names first."""
    assert response.status_code == 200, response.text
    return [line.replace('"', "").split(",") for line in response.text.splitlines()]


def parsed(response: httpx.Response) -> votable.tree.TableElement:
    """The table of a result."""
    assert response.status_code == 200, response.text
    return votable.parse(io.BytesIO(response.content), verify="exception").get_first_table()


def document(table: Table, how: str = "tabledata", **attributes: dict[str, Any]) -> bytes:
    """The table as a VOTable; `attributes` are set on the FIELDs of their names."""
    file = votable.from_table(table)
    for field in file.get_first_table().fields:
        for name, value in attributes.get(field.name, {}).items():
            setattr(field, name, value)
    out = io.BytesIO()
    file.to_xml(out, tabledata_format=how)
    return out.getvalue()
