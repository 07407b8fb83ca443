"""Documents kept for the next who asks; those that were asked for longest ago make room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable


class Kept:
    """At most so many documents, by what they were made of; for several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._documents: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The document of that key, made if there is none yet."""
        with self._lock:
            if key in self._documents:
                self._documents.move_to_end(key)
                return self._documents[key]
        # Without the lock: two may make the same, but none waits for another's.
        document = make()
        with self._lock:
            self._documents[key] = document
            while len(self._documents) > self._most:
                self._documents.popitem(last=False)
        return document
