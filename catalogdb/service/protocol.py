"""Messages between the service and its worker processes: a JSON object, and bytes behind it.

A frame is two big-endian 32-bit lengths, of the JSON text and of the bytes, and then both.
"""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">II")

Message = dict[str, Any]


def pack(message: Message, payload: bytes = b"") -> bytes:
    """The frame of a message."""
    text = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return _LENGTHS.pack(len(text), len(payload)) + text + payload


def read_frame(stream: BinaryIO) -> tuple[Message, bytes] | None:
    """The next message of a pipe; None at its end."""
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    text, payload = _LENGTHS.unpack(head)
    return _message(stream.read(text)), stream.read(payload)


async def receive(stream: asyncio.StreamReader) -> tuple[Message, bytes]:
    """The next message of a worker; raises IncompleteReadError at the end of the stream."""
    text, payload = _LENGTHS.unpack(await stream.readexactly(_LENGTHS.size))
    return _message(await stream.readexactly(text)), await stream.readexactly(payload)


def _message(text: bytes) -> Message:
    found: Message = json.loads(text.decode("utf-8", "surrogatepass"))
    return found
