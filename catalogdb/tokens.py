"""Tokens by which users of the service have tables of their own; only their hashes are kept.

tokens.json in the store's folder, which the owner of the store alone may read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogdb.errors import DataError, StoreDamaged
from catalogdb.faults import writing
from catalogdb.locks import store_lock

FILE = "tokens.json"
PRIVATE = "user_"
"""What the schemas of users begin with; the service shows them to their user alone."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was given out: to whom, when (Unix time), and the hash of what was said."""

    user: str
    created: float
    sha256: str


def schema_of(user: str) -> str:
    """The schema of a user's tables."""
    return f"{PRIVATE}{user}"


def create_token(root: Path, user: str) -> str:
    """A new token of the user, who keeps the older ones; it is told once and not kept. Raises DataError."""
    if not _NAME.fullmatch(user):
        raise DataError(f"user {user!r}: a name is a lower case letter and up to 31 of [a-z0-9_]")
    text = secrets.token_urlsafe(32)
    with store_lock(root / "staging"):
        _write(root, [*tokens(root), Token(user, time.time(), _hash(text))])
    return text


def revoke_tokens(root: Path, user: str) -> int:
    """Take all tokens of the user back, and return how many there were; the tables stay."""
    with store_lock(root / "staging"):
        known = tokens(root)
        kept = [token for token in known if token.user != user]
        _write(root, kept)
    return len(known) - len(kept)


def tokens(root: Path) -> list[Token]:
    """The tokens that were given out; raises StoreDamaged."""
    try:
        entries: list[dict[str, Any]] = json.loads((root / FILE).read_text(encoding="utf-8"))
        return [Token(**entry) for entry in entries]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise StoreDamaged(
            f"{root / FILE} can not be read ({error}): remove it and give out new tokens"
        ) from error


def user_of_token(root: Path, text: str) -> str | None:
    """The user who has this token."""
    given = _hash(text)
    return next((token.user for token in tokens(root) if hmac.compare_digest(token.sha256, given)), None)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _write(root: Path, entries: list[Token]) -> None:
    texts = [{"user": each.user, "created": each.created, "sha256": each.sha256} for each in entries]
    new = root / "staging" / f"{FILE}.new"
    with writing(root / FILE):
        new.unlink(missing_ok=True)
        new.touch(0o600)
        with new.open("w", encoding="utf-8") as file:
            json.dump(texts, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(root / FILE)
