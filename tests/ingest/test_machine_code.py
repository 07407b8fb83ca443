"""The compiled loops on disk: read back as they were, never used when damaged, loaded without the compiler."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ingest.readers.kernels import loops, machine


def test_what_is_kept_is_read_back_and_known_when_damaged() -> None:
    code = machine.Code(b"name", b"\0\n\xff" * 1000)
    kept = code.to_bytes()
    assert machine.Code.from_bytes(kept) == code
    for damaged in (kept[:-1], kept[:20], b"", kept[:100] + b"x" + kept[101:]):
        assert machine.Code.from_bytes(damaged) is None


def test_damaged_code_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_folders", lambda: (tmp_path / "file" / "below", tmp_path / "kept"))
    (tmp_path / "file").write_text("no folder can be made here")
    machine.function.cache_clear()
    text = np.frombuffer(b"a\nb\n" * 100 + b"\n" * 40, np.uint8)
    assert loops.count_lines(text, 0, len(text)) == 240
    assert loops.count_lines(text, 1, 64) == 32
    (file,) = (tmp_path / "kept").iterdir()
    sound = file.read_bytes()
    file.write_bytes(sound[:-100])
    machine.function.cache_clear()
    assert loops.count_lines(text, 0, len(text)) == 240
    assert machine.Code.from_bytes(file.read_bytes()), "it was written again"
    machine.function.cache_clear()


def test_the_loops_are_loaded_without_the_compiler() -> None:
    for name in machine.NAMES:
        machine.function(name)
    code = (
        "import sys; from ingest.readers.kernels import machine; "
        "[machine.function(name) for name in machine.NAMES]; print('numba' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
