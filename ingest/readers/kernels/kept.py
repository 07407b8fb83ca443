"""Machine code on disk: what is read is executed, so only what no other user can have written is read."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent


def folders() -> tuple[Path, ...]:
    """Where code may be kept: beside the sources, or else with what else the user has cached."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    try:  # a path that is not absolute is to be ignored (XDG Base Directory Specification)
        cache = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return (_HERE / "__pycache__",)
    return (_HERE / "__pycache__", cache / "catalogdb")


def contents(name: str) -> Iterator[bytes]:
    """What the files of this name hold, of each folder that has one."""
    for folder in folders():
        try:
            if not _is_ours(folder.stat()):
                log.debug("%s: others can write there: no code is kept in it", folder)
                continue
            with os.fdopen(
                os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb"
            ) as stream:
                state = os.fstat(stream.fileno())
                if stat.S_ISREG(state.st_mode) and _is_ours(state):
                    yield stream.read()
                else:
                    log.warning("%s: others can have written it: not used", folder / name)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.debug("%s: not used: %s", folder / name, error)


def keep(name: str, content: bytes) -> None:
    """Write it whole or not at all, into the first folder that is ours and can be written."""
    reasons = []
    for folder in folders():
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            if _is_ours(folder.stat()):
                _write(folder / name, content)
                return
            reasons.append(f"{folder}: others can write there")
        except OSError as error:
            reasons.append(str(error))
    log.warning("compiled code can not be kept, and is compiled anew each time: %s", "; ".join(reasons))


def _write(file: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), 0o644)  # of a common installation all users may read it
        draft.replace(file)
    except BaseException:
        draft.unlink()
        raise


def _is_ours(state: os.stat_result) -> bool:
    """Whether none can write it but this user, the superuser, and who owns these sources."""
    trusted = {os.geteuid(), 0, Path(__file__).stat().st_uid}
    return state.st_uid in trusted and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
