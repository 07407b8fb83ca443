"""Text in pieces that end with a record, decompressed, without carriage returns, in a known encoding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from catalogdb.errors import DataError
from ingest.readers.stream import open_bytes

PIECE_BYTES = 8 << 20
"""Bytes of a piece: many records, so that the work around them does not count, and little memory."""

_LONGEST_RECORD = 64 << 20

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]


class NotUnderstood(DataError):
    """The text can not be read in pieces, though line by line it may be sound."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records, text[start:end], the last byte a line end; `single` where each character is one byte.

    The text is UTF-8, or Latin-1 where it is single; there is room around it.
    """

    text: Bytes
    start: int
    end: int
    single: bool = False


@dataclass(frozen=True, slots=True)
class PieceMaker:
    """Cuts a file into pieces.

    `skip` lines are left out first; a line end within `quote`s ends no record; with `single` characters
    beyond ASCII become single bytes, so that places can be counted. Raises DataError for text of another
    encoding.
    """

    path: Path
    encoding: str
    room: int
    skip: int = 0
    quote: bytes = b""
    single: bool = False

    def pieces(self) -> Iterator[Piece]:
        """The pieces in their order."""
        with open_bytes(self.path) as stream:
            for _ in range(self.skip):
                stream.readline()
            rest = b""
            while True:
                data, at_end = _filled(stream, self.room, rest)
                size = len(data) - 2 * self.room
                if at_end and size and data[self.room + size - 1 : self.room + size] != b"\n":
                    data[self.room + size : self.room + size] = b"\n"
                    size += 1
                end = self.room + size if at_end else self._last_end(data, size)
                if end > self.room:
                    yield self._piece(data, end)
                if at_end:
                    return
                rest = bytes(data[end : self.room + size])
                if len(rest) > _LONGEST_RECORD:
                    raise NotUnderstood(f"{self.path}: it has a record of more than {_LONGEST_RECORD} bytes")

    def _last_end(self, data: bytearray, size: int) -> int:
        """The byte after the last line end that is not within quotes; the first byte without one."""
        end = self.room + size
        while (end := data.rfind(b"\n", self.room, end)) >= 0:
            # To look for one is ten times faster than to count them.
            if not self.quote or self.quote not in data or data.count(self.quote, self.room, end) % 2 == 0:
                return end + 1
        return self.room

    def _piece(self, data: bytearray, end: int) -> Piece:
        if b"\r" not in data and data.isascii():
            return Piece(np.frombuffer(data, np.uint8), self.room, end)
        text = bytes(data[self.room : end])
        if b"\r" in text:
            text = self._without_returns(text)
        single = self.single and not text.isascii()
        if not text.isascii():
            text = self._recoded(text)
        around = bytes(self.room)
        return Piece(
            np.frombuffer(around + text + around, np.uint8), self.room, self.room + len(text), single
        )

    def _without_returns(self, text: bytes) -> bytes:
        if self.quote and self.quote in text:
            characters = np.frombuffer(text, np.uint8)
            inside = np.logical_xor.accumulate(characters == self.quote[0])
            if np.any(inside & (characters == ord("\r"))):
                raise NotUnderstood(f"{self.path}: a quoted value has a carriage return")
        text = text.replace(b"\r\n", b"\n")
        if b"\r" in text:
            raise NotUnderstood(f"{self.path}: it has carriage returns that end no line")
        return text

    def _recoded(self, text: bytes) -> bytes:
        try:
            decoded = text.decode(self.encoding)
        except UnicodeError as error:
            raise DataError(f"{self.path}: {error}") from error
        try:
            return decoded.encode("latin-1" if self.single else "utf-8")
        except UnicodeError as error:
            raise NotUnderstood(f"{self.path}: {error}") from error


def _filled(stream: IO[bytes], room: int, rest: bytes) -> tuple[bytearray, bool]:
    """What is left of the piece before and as much of the stream as fills one, with room; whether it ends."""
    size = len(rest) + PIECE_BYTES
    data = bytearray(room + size + room)
    data[room : room + len(rest)] = rest
    at, target = room + len(rest), room + size
    with memoryview(data) as view:
        while at < target:
            read = stream.readinto(view[at:target])  # type: ignore[attr-defined]
            if not read:
                break
            at += read
    del data[at + room :]
    data[at:] = bytes(room)
    return data, at < target
