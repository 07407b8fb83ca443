"""What passes by itself is tried again, after longer and longer waits; what does not is told at once."""

from __future__ import annotations

import email.utils
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from catalogdb.errors import RemoteError
from catalogdb.settings import Settings

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 300.0
"""No wait between two attempts is longer, whatever a service asks for."""

T = TypeVar("T")


class Transient(Exception):
    """Something that may pass: the reason, and the seconds after which the service wants to be asked again.

    `slow`: the service ran out of time, so that less of it might be answered.
    """

    def __init__(self, reason: str, after_s: float | None = None, *, slow: bool = False) -> None:
        self.reason, self.after_s, self.slow = reason, after_s, slow
        super().__init__(reason)


class TooMuch(Exception):
    """A request that is too large for the service: to be divided, if it can be."""


class Stopped(Exception):
    """The fetch was stopped from outside, by Ctrl-C or by a fault in another chunk."""


class Patience:
    """Repeats what fails in passing, `fetch_retries` times, with exponential backoff and jitter.

    A set `stop` ends every wait at once with Stopped.
    """

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self.retries, self.backoff_s, self.stop = settings.fetch_retries, settings.fetch_backoff_s, stop

    def attempt(
        self, what: str, action: Callable[[], T], *, divisible: bool = False, most: int | None = None
    ) -> T:
        """Return what `action` returns; RemoteError, naming `what`, when its last repetition fails too.

        What is `divisible` and was too slow for the service twice raises TooMuch. `most` repetitions
        are made, where these are fewer.
        """
        slow = 0
        retries = self.retries if most is None else min(most, self.retries)
        for number in range(retries + 1):
            self.check()
            try:
                return action()
            except Transient as error:
                slow += error.slow
                if divisible and slow > 1:
                    raise TooMuch(error.reason) from error
                if number == retries:
                    raise RemoteError(f"{what}: {error.reason}, after {retries + 1} attempts") from error
                wait_s = self.wait_before(number, error.after_s)
                log.warning("%s: %s; asked again in %.1f s", what, error.reason, wait_s)
                self.sleep(wait_s)
        raise AssertionError("a loop that always returns or raises")

    def wait_before(self, number: int, after_s: float | None) -> float:
        """Seconds to wait after attempt `number` (from 0): doubling, with a half of jitter either way.

        A service's own wish (Retry-After) counts as the least.
        """
        # Not for secrets: that many clients do not come back at the same instant.
        own = self.backoff_s * 2.0**number * random.uniform(0.5, 1.5)  # noqa: S311
        return min(max(own, after_s or 0.0), LONGEST_WAIT_S)

    def sleep(self, seconds: float) -> None:
        """Wait; raises Stopped at once when stopped."""
        self.stop.wait(seconds)
        self.check()

    def check(self) -> None:
        """Raise Stopped if stopped."""
        if self.stop.is_set():
            raise Stopped


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header means, given as seconds or as a date; None if neither."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())
