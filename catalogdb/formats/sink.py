"""A file that another library writes and we hand on, in pieces."""

from __future__ import annotations

import io


class Sink(io.RawIOBase):
    """Takes what is written; `taken` gives it and forgets it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        """Keep a copy of the bytes."""
        self._parts.append(bytes(data))
        self._length += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        """The number of bytes written so far."""
        return self._length

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found
