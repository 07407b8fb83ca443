"""Simple cone search services through pyvo."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyvo.dal import SCSService

from catalogdb.errors import RemoteError
from ingest.remote.answer import Answer, read_answer
from ingest.remote.chunk import Question
from ingest.remote.patience import Patience
from ingest.remote.services import Service
from ingest.remote.session import Sessions
from ingest.remote.tap import answer_file, failures, saved_answer

ALL_COLUMNS = 3
"""VERB of the standard: as many columns as there are."""

_UCDS = (("pos.eq.ra;meta.main", "pos.eq.dec;meta.main"), ("POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"),
         ("pos.eq.ra", "pos.eq.dec"))  # fmt: skip


class Scs:
    """A cone search service, asked for circles."""

    def __init__(self, service: Service, sessions: Sessions, patience: Patience) -> None:
        self.service, self.sessions, self.patience = service, sessions, patience
        self.what = f"{service.name} ({service.shown})"

    def ask(self, question: Question, path: Path) -> Answer:
        """Return the rows in a circle, all their columns; raises Transient, TooMuch or RemoteError."""
        cone = question.cone
        assert cone is not None
        with failures(self.what):
            service = SCSService(self.service.url, session=self.sessions.mine)
            # Numbers, not SkyCoord: pyvo would bring a SkyCoord to ICRS, which these are.
            query = service.create_query(
                pos=(cone.ra_deg, cone.dec_deg), radius=cone.radius_deg, verbosity=ALL_COLUMNS
            )
            response = query.submit()
        saved = saved_answer(response, answer_file(path), self.what, self.patience.check)
        return read_answer(saved, self.what)


def position_columns(rows: pa.Table) -> tuple[str, str]:
    """Return the names of the columns with the main position, by their UCDs; RemoteError without them."""
    by_ucd = {
        (field.metadata or {}).get(b"ucd", b"").decode().lower(): field.name
        for field in reversed(rows.schema)
    }
    for ra, dec in _UCDS:
        if ra.lower() in by_ucd and dec.lower() in by_ucd:
            return by_ucd[ra.lower()], by_ucd[dec.lower()]
    raise RemoteError("the answer marks no columns as its position (UCD pos.eq.ra;meta.main)")
