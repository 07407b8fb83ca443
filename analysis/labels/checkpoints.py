"""A training's state in a file: it is replaced as a whole, so that whatever is there can be gone on from."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from analysis.labels.payne_training import State
from catalogdb.errors import AnalysisError

_PARTS = ("parameters", "first", "second", "best")


def save(file: Path, state: State, fingerprint: str) -> None:
    """Write a state; the file holds the one before or this one, never a part, whenever the process ends."""
    arrays = {f"{part}_{j}": each for part in _PARTS for j, each in enumerate(getattr(state, part))}
    words = {
        "fingerprint": fingerprint,
        "epoch": state.epoch,
        "best_loss": state.best_loss,
        "best_epoch": state.best_epoch,
        "random": state.random,
        "arrays": len(state.parameters),
    }
    beside = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as opened:
            np.savez(opened, words=np.array(json.dumps(words)), **arrays)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(file)
    except OSError as error:
        raise AnalysisError(f"the training's state can not be written to {file}: {error}") from error
    finally:
        beside.unlink(missing_ok=True)


def load(file: Path, fingerprint: str) -> State | None:
    """Return the state of a file, None if there is none.

    Raises AnalysisError for a file that is none of ours, or of another training set or other settings.
    """
    if not file.exists():
        return None
    try:
        with np.load(file, allow_pickle=False) as opened:
            words: dict[str, Any] = json.loads(str(opened["words"]))
            parts = {part: [opened[f"{part}_{j}"] for j in range(words["arrays"])] for part in _PARTS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise AnalysisError(f"{file} is no state of a training: name another file ({error})") from error
    if words["fingerprint"] != fingerprint:
        raise AnalysisError(
            f"{file} is the state of another training (other spectra, labels or settings): remove it or "
            "name another file"
        )
    return State(
        epoch=words["epoch"],
        best_loss=words["best_loss"],
        best_epoch=words["best_epoch"],
        random=words["random"],
        **parts,
    )
