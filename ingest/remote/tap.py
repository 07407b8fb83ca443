"""TAP services through pyvo: synchronous and asynchronous queries, with answers saved as they came."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pyvo.dal import DALServiceError, TAPService
from pyvo.dal.query import DALQuery
from pyvo.dal.tap import AsyncTAPJob, TAPQuery

from catalogdb.errors import RemoteError
from catalogdb.faults import writing
from catalogdb.settings import Settings
from ingest.remote.answer import Answer, read_answer
from ingest.remote.chunk import Question
from ingest.remote.limits import Limits, limits_of
from ingest.remote.patience import Patience, Stopped, TooMuch, Transient
from ingest.remote.services import Service
from ingest.remote.session import (
    PoliteSession,
    Saved,
    Sessions,
    failure_of,
    one_line,
    save,
    sorted_failure,
    status_of,
)

log = logging.getLogger(__name__)

SYNC_ROWS = 20_000
"""More rows than this are expected: the query becomes a job, which no proxy's time limit cuts off."""

_GONE = {404, 410}
_CUT: type[Exception] = requests.exceptions.BaseHTTPError  # type: ignore[attr-defined]
"""What an answer that pyvo reads past requests raises when it is cut: urllib3's, as requests knows it."""
_HEAVY = ("time", "memory", "too large", "too big", "cancel", "abort", "kill")


class Tap:
    """A TAP service, asked for chunks; each answer is saved below a path of the chunk's own."""

    def __init__(self, service: Service, settings: Settings, sessions: Sessions, patience: Patience) -> None:
        self.service, self.settings = service, settings
        self.sessions, self.patience = sessions, patience
        self.what = f"{service.name} ({service.shown})"
        self._limits: Limits | None = None
        self._jobs_only = service.mode == "async"
        self._no_jobs = service.mode == "sync"

    @property
    def limits(self) -> Limits:
        """What the service gives at most, and what it understands."""
        if self._limits is None:
            # The first contact: a service that is not there is told soon.
            self._limits = self.patience.attempt(self.what, self._ask_limits, most=2)
        return self._limits

    def _ask_limits(self) -> Limits:
        try:
            service = TAPService(self.service.url, session=self.sessions.mine)
            return limits_of(service.get_tap_capability(), self.service)
        except DALServiceError as error:
            # pyvo tells what it met in words alone.
            met = one_line(error).partition(" This could mean:")[0]
            if any(words in met for words in ("Connection failed", "timed out", "503 ", "429 ")):
                raise Transient(f"it can not be reached ({met})") from error
            return self._unlimited(met)
        except (requests.RequestException, _CUT) as error:
            raise Transient(f"its /capabilities were cut ({one_line(error)})") from error
        except Exception as error:  # astropy raises what its parsers raise; the query will tell what it is
            return self._unlimited(f"its /capabilities can not be read ({one_line(error)})")

    def _unlimited(self, reason: str) -> Limits:
        log.warning("%s does not say what it offers: %s", self.what, reason)
        return Limits(most_rows=self.service.most_rows)

    def ask(self, question: Question, path: Path) -> Answer:
        """Return the answer to a question; the file of the answer, and of a job's address, begin with `path`.

        Raises Transient, TooMuch or RemoteError. A job that an earlier attempt has left is waited for.
        """
        if self._as_job(question, path):
            return self._by_job(question, path)
        try:
            answer = self._by_sync(question, path)
        except Transient as error:
            if not error.slow or self._no_jobs:
                raise
            log.info("%s takes too long for a synchronous answer", self.what)
            return self._by_job(question, path)
        if answer.overflow and not self._no_jobs and answer.rows < self.wanted(question):
            # It gives less than was asked for: as a job it may give more.
            log.info("%s ends a synchronous answer at %d rows", self.what, answer.rows)
            self._jobs_only = True
            return self._by_job(question, path)
        return answer

    def wanted(self, question: Question) -> float:
        """The rows that are asked for: one more than a chunk may have, so that its end is seen."""
        most = float("inf") if question.all_rows else self.settings.fetch_rows + 1.0
        return min(most, self.limits.most_rows or float("inf"))

    def _as_job(self, question: Question, path: Path) -> bool:
        if self._no_jobs or question.listing:
            return False
        if self._jobs_only or job_file(path).exists():
            return True
        expected = question.expected_rows
        return expected is not None and expected > min(SYNC_ROWS, self.service.sync_rows or SYNC_ROWS)

    def _query(self, question: Question, mode: str) -> TAPQuery:
        wanted = self.wanted(question)
        uploads = None if question.upload is None else {question.upload_name: question.upload}
        return TAPQuery(
            self.service.url,
            question.adql,
            mode=mode,
            maxrec=None if wanted == float("inf") else int(wanted),
            uploads=uploads,
            session=self.sessions.mine,
        )

    def _by_sync(self, question: Question, path: Path) -> Answer:
        with failures(self.what):
            response = self._query(question, "sync").submit()
        saved = saved_answer(response, answer_file(path), self.what, self.patience.check)
        return self._judged(read_answer(saved, self.what), question, self.service.sync_rows)

    def _judged(self, answer: Answer, question: Question, limit: int | None = None) -> Answer:
        """The answer, whose end counts as cut off where it is a limit's, said or not."""
        rows = answer.rows
        stops = [limit, self.limits.most_rows, None if question.all_rows else self.settings.fetch_rows + 1]
        at_limit = any(stop is not None and rows >= stop for stop in stops)
        return replace(answer, overflow=answer.overflow or at_limit)

    # --- jobs ----------------------------------------------------------------------------------------

    def _by_job(self, question: Question, path: Path) -> Answer:
        try:
            job = self._job(question, path)
        except RemoteError as error:
            if status_of(error) not in _GONE:
                raise
            log.info("%s has no jobs", self.what)
            self._no_jobs, self._jobs_only = True, False
            return self._by_sync(question, path)
        self._wait(job, path)
        with failures(self.what):
            uri = job.result_uri or f"{job.url}/results/result"
            response = DALQuery(uri, session=self.sessions.mine).submit()
        saved = saved_answer(response, answer_file(path), self.what, self.patience.check)
        answer = self._judged(read_answer(saved, self.what), question)
        self._forget(job, path)
        return answer

    def _job(self, question: Question, path: Path) -> AsyncTAPJob:
        """The job of an earlier attempt, or a new one, whose address is written down before it runs."""
        note = job_file(path)
        if note.exists():
            left = json.loads(note.read_text())
            try:
                with failures(self.what):
                    return AsyncTAPJob(left["url"], session=self.sessions.mine)
            except RemoteError as error:
                log.warning("the job %s is gone (%s): it is asked anew", left["url"], error)
                note.unlink()
        session = self.sessions.mine
        session.led_to = None
        try:
            with failures(self.what):
                # Not AsyncTAPJob.create: it leaves the answer unread, and so a connection open.
                with contextlib.closing(self._query(question, "async").submit()) as response:
                    response.raise_for_status()
                job = AsyncTAPJob(response.url, session=session)
            with writing(note):
                note.write_text(json.dumps({"url": job.url}))
        except Exception:
            self._remove_orphan(session)
            raise
        return job

    def _remove_orphan(self, session: PoliteSession) -> None:
        """Delete the job that was made by a request whose way to it then failed: nobody else knows of it."""
        url = session.led_to
        if url is None or "/async/" not in urlsplit(url).path:
            return
        try:
            session.delete(url, allow_redirects=False).raise_for_status()
        except requests.RequestException as error:
            log.warning("the job %s was made in vain and could not be deleted: %s", url, one_line(error))
        else:
            log.info("the job %s was made in vain, and deleted", url)

    def _wait(self, job: AsyncTAPJob, path: Path) -> None:
        """Start the job if it does not run yet, and wait until it has ended well."""
        since, pause_s = time.monotonic(), 0.1
        while True:
            with failures(self.what):
                phase = job.phase
                if phase == "PENDING":
                    job.run()
            if phase == "COMPLETED":
                return
            if phase in {"ERROR", "ABORTED", "ARCHIVED"}:
                raise self._ended_badly(job, phase, path)
            if time.monotonic() - since > self.settings.fetch_job_s:
                self._forget(job, path)
                raise TooMuch(f"its job runs for longer than {self.settings.fetch_job_s:g} s (fetch_job_s)")
            self.patience.sleep(pause_s)
            pause_s = min(30.0, pause_s * 1.5)

    def _ended_badly(self, job: AsyncTAPJob, phase: str, path: Path) -> Exception:
        summary = job.job.errorsummary
        words = summary.message.content if summary is not None and summary.message is not None else ""
        words = " ".join((words or "no reason is given").split())
        self._forget(job, path)
        if phase == "ARCHIVED":
            return Transient("its job was removed before it was read")
        if phase == "ABORTED" or any(word in words.lower() for word in _HEAVY):
            return TooMuch(f"its job ended as {phase}: {words}")
        return RemoteError(f"{self.what}: the service says: {words}")

    def _forget(self, job: AsyncTAPJob, path: Path) -> None:
        """Delete the job at the service, which keeps it otherwise for days."""
        try:
            with failures(self.what):
                job.delete()
        except (Transient, TooMuch, RemoteError) as error:
            log.warning("the job %s could not be deleted: %s", job.url, error)
        job_file(path).unlink(missing_ok=True)


def answer_file(path: Path) -> Path:
    """Where the answer of a chunk is saved."""
    return path.with_name(path.name + ".vot")


def job_file(path: Path) -> Path:
    """Where the address of a chunk's job is written down."""
    return path.with_name(path.name + ".job")


def saved_answer(response: requests.Response, path: Path, what: str, check: Callable[[], None]) -> Saved:
    """Save an answer, if it is one; raises what a failed one means."""
    with contextlib.closing(response):
        if not response.ok:
            raise failure_of(response, what)
        return save(response, path, check)


@contextlib.contextmanager
def failures(what: str) -> Iterator[None]:
    """Raise what a failure of requests or pyvo means: Transient, TooMuch or RemoteError."""
    try:
        yield
    except (Transient, TooMuch, RemoteError, Stopped):
        raise
    except Exception as error:
        raise sorted_failure(error, what) from error
