"""The cross-match service of CDS through astroquery: rows of its tables near positions sent along."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from astropy import units as u

from catalogdb.errors import DataError
from catalogdb.faults import writing
from catalogdb.settings import Settings
from ingest.remote.answer import Answer, read_answer
from ingest.remote.chunk import Question
from ingest.remote.patience import Patience
from ingest.remote.services import Service, without_password
from ingest.remote.session import Saved, Sessions
from ingest.remote.tap import answer_file, failures

FARTHEST_ARCSEC = 180.0
"""The service matches within 3 arcmin at most."""


class XMatch:
    """The CDS cross-match service: `table` is a VizieR table's name, or simbad."""

    def __init__(
        self,
        service: Service,
        settings: Settings,
        sessions: Sessions,
        patience: Patience,
        table: str,
        radius_arcsec: float,
    ) -> None:
        if not 0 < radius_arcsec <= FARTHEST_ARCSEC:
            raise DataError(
                f"{service.name} matches within 0 to {FARTHEST_ARCSEC:g} arcsec, not {radius_arcsec:g}"
            )
        self.service, self.patience, self.radius = service, patience, radius_arcsec * u.arcsec
        self.table = table if table == "simbad" else f"vizier:{table}"
        self.what = f"{service.name} ({service.shown})"
        self.client = _client(service.url, settings.fetch_timeout_s)
        sessions.keep(self.client._session)

    def ask(self, question: Question, path: Path) -> Answer:
        """Return the pairs of the positions sent along; raises Transient, TooMuch or RemoteError."""
        # astroquery keeps the service's list of tables there, for a week; for one fetch is enough.
        self.client.cache_location = path.parent
        with failures(self.what):
            response = self.client.query_async(
                question.upload,
                self.table,
                self.radius,
                colRA1="left_ra",
                colDec1="left_dec",
                cache=False,
                selection="all",
            )
        answer = read_answer(_kept(response, answer_file(path)), self.what)
        limit = self.service.most_rows
        cut = limit is not None and answer.rows >= limit
        return replace(answer, overflow=answer.overflow or cut)


def _client(url: str, timeout_s: float) -> Any:
    # It prints when the package regions, which we do not need, is missing.
    with contextlib.redirect_stdout(io.StringIO()):
        from astroquery.xmatch import XMatchClass  # noqa: PLC0415

    client = XMatchClass()
    client.URL, client.TIMEOUT = url, timeout_s
    return client


def _kept(response: requests.Response, path: Path) -> Saved:
    content = response.content
    with writing(path), path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    url = without_password(response.url)
    return Saved(path, url, len(content), hashlib.sha256(content).hexdigest())
