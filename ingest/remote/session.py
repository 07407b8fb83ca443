"""HTTP sessions for pyvo with time limits, answers saved to files, and failures sorted by what to do."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import pyvo.utils.http
import requests

from catalogdb.errors import RemoteError
from catalogdb.faults import writing
from catalogdb.registry import code_version
from catalogdb.settings import Settings
from ingest.remote.patience import Stopped, TooMuch, Transient, retry_after
from ingest.remote.services import without_password

BLOCK = 1 << 18
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
"""HTTP statuses that may pass. 500 is among them: what a service says of a query itself has a VOTable."""

SLOW = {408, 504}
TOO_MUCH = {413}
"""Statuses of a request that takes too long, or is too large, for a service."""


MOVED, FOUND, MOVED_AS_IT_IS = 301, 302, 307


class PoliteSession(requests.Session):
    """A session that waits no longer than `timeout_s` for a service, and says who asks.

    `led_to` is where the last POST was answered with "see there": what it made.
    """

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self.timeout_s = timeout_s
        self.led_to: str | None = None
        self.headers["User-Agent"] = f"catalogdb/{code_version()} {pyvo.utils.http.USER_AGENT}"

    def request(self, *args: Any, **keywords: Any) -> requests.Response:
        """As requests', with a time limit where pyvo gives none."""
        if keywords.get("timeout") is None:
            keywords["timeout"] = self.timeout_s
        return super().request(*args, **keywords)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """As requests', but a query that is sent elsewhere stays a POST.

        requests makes a GET without its parameters of it, as browsers do. That is right for a new job
        (303, or 302 to the address of the job), and wrong for a service that has moved to https.
        """
        target: str | None = super().get_redirect_target(resp)
        if target is not None and resp.request.method == "POST":
            same = urlsplit(urljoin(resp.url, target)).path == urlsplit(resp.url).path
            if resp.status_code == MOVED or (resp.status_code == FOUND and same):
                resp.status_code = MOVED_AS_IT_IS
            else:
                self.led_to = urljoin(resp.url, target)
        return target


class Sessions:
    """A session for each thread: requests' own are not made for several. A context manager."""

    def __init__(self, settings: Settings) -> None:
        self.timeout_s = settings.fetch_timeout_s
        self._local = threading.local()
        self._all: list[requests.Session] = []

    @property
    def mine(self) -> PoliteSession:
        """The session of the calling thread."""
        if not hasattr(self._local, "session"):
            self._local.session = PoliteSession(self.timeout_s)
            self.keep(self._local.session)
        session: PoliteSession = self._local.session
        return session

    def keep(self, session: requests.Session) -> None:
        """Close this one too, with the others."""
        self._all.append(session)

    def close(self) -> None:
        """Close the connections of all threads."""
        for session in self._all:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer in a file: where it came from, its bytes, and their SHA-256."""

    path: Path
    url: str
    bytes: int
    sha256: str


def save(response: requests.Response, path: Path, check: Callable[[], None]) -> Saved:
    """Write the body of an answer to a file, and return what was written.

    Raises Transient for a connection that is cut or falls silent, and whatever `check` raises, which
    is called between blocks.
    """
    digest, size = hashlib.sha256(), 0
    with writing(path), path.open("wb") as file:
        try:
            for block in response.iter_content(BLOCK):
                check()
                file.write(block)
                digest.update(block)
                size += len(block)
        except requests.RequestException as error:
            raise Transient(f"the answer was cut ({_short(error)})") from error
        file.flush()
        os.fsync(file.fileno())
    return Saved(path, without_password(response.url), size, digest.hexdigest())


def sorted_failure(error: BaseException, what: str) -> Exception:
    """Return what a failed request means: Transient, TooMuch or RemoteError.

    `error` is of requests or of pyvo; the HTTP answer behind it is looked for in its causes.
    """
    chain = list(_causes(error))
    for each in chain:
        if isinstance(each, Transient | TooMuch | RemoteError | Stopped):
            return each
    for each in chain:
        response = getattr(each, "response", None)
        if isinstance(response, requests.Response):
            return failure_of(response, what)
    for each in chain:
        if isinstance(
            each, requests.HTTPError | requests.exceptions.SSLError | requests.exceptions.InvalidURL
        ):
            return RemoteError(f"{what}: {_short(each)}")
        if isinstance(each, requests.Timeout):
            return Transient("no answer in time", slow=True)
        if isinstance(each, requests.RequestException):
            return Transient(f"it can not be reached ({_short(each)})")
    return RemoteError(f"{what}: {_short(error)}")


def failure_of(response: requests.Response, what: str) -> Exception:
    """Return what an HTTP answer that is no success means, with the words of the service."""
    status = response.status_code
    text = words_of(response)
    said = f": {text}" if text else ""
    if status in TRANSIENT and not ("<VOTABLE" in _body(response) and status == 500):
        return Transient(
            f"it answers {status} {response.reason}{said}",
            retry_after(response.headers.get("Retry-After")),
            slow=status in SLOW,
        )
    if status in TOO_MUCH:
        return TooMuch(f"it answers {status} {response.reason}{said}")
    return RemoteError(f"{what}: it answers {status} {response.reason}{said}")


def words_of(response: requests.Response) -> str:
    """Return what an error answer says in words: the QUERY_STATUS of a VOTable, or its text without tags."""
    body = _body(response)
    match = re.search(r"<INFO\b[^>]*value=[\"']ERROR[\"'][^>]*>(.*?)</INFO>", body, re.DOTALL | re.IGNORECASE)
    text = match[1] if match else re.sub(r"<(script|style|head)\b.*?</\1>", " ", body, flags=re.DOTALL)
    text = re.sub(r"<!\[CDATA\[|\]\]>|<[^>]*>", " ", text)
    return " ".join(text.split())[:500]


def _body(response: requests.Response) -> str:
    try:
        return response.text[:20_000]
    except (requests.RequestException, RuntimeError):  # cut, or consumed by whoever read it before
        return ""


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status behind an error of ours; None if there is none."""
    for each in _causes(error):
        response = getattr(each, "response", None)
        if isinstance(response, requests.Response):
            return response.status_code
    return None


def one_line(error: BaseException) -> str:
    """Return the text of an error in one line."""
    return " ".join(str(error).split())


def _causes(error: BaseException | None) -> Any:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "cause", None) or error.__cause__ or error.__context__


def _short(error: BaseException) -> str:
    """The innermost words of an error, in one line."""
    text = one_line(error)
    match = re.search(r"(Name or service not known|Temporary failure in name resolution|Connection refused"
                      r"|Network is unreachable|No route to host|Connection reset by peer"
                      r"|nodename nor servname provided|timed out"
                      r"|\d+ bytes read, \d+ more expected)", text)  # fmt: skip
    return match[1] if match else text[:200]
