"""A user's file with the name of one of our packages: told by name before it does harm."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalogdb import shadow
from catalogdb.errors import ShadowedPackage


def python(*words: str, cwd: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"PYTHONPATH": path} if path else {})}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("package", shadow.PACKAGES)
def test_a_file_beside_the_users_script_is_named(tmp_path: Path, package: str) -> None:
    file = tmp_path / f"{package}.py"
    file.write_text("print('not ours')\n")
    ended = python("-c", "import catalogdb", cwd=tmp_path)
    assert ended.returncode == 1
    told = f"{file} hides catalogdb's own package {package}: rename that file, or run from another folder"
    assert ended.stderr.splitlines()[-1] == f"catalogdb.errors.ShadowedPackage: {told}"
    assert "not ours" not in ended.stdout


def test_a_package_of_the_users_is_named(tmp_path: Path) -> None:
    (tmp_path / "ingest").mkdir()
    (tmp_path / "ingest" / "__init__.py").write_text("")
    ended = python("-c", "import catalogdb", cwd=tmp_path)
    assert f"{tmp_path / 'ingest' / '__init__.py'} hides" in ended.stderr


def test_a_folder_without_code_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    ended = python("-c", "import catalogdb, sql; print(sql.macros()[0][:2])", cwd=tmp_path)
    assert ended.stdout == "--\n"


def test_the_command_line_says_it_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "analysis.py"
    file.write_text("")
    ended = python("-m", "catalogdb", "settings", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"catalogdb: {file} hides catalogdb's own package analysis")
    assert "Traceback" not in ended.stderr
    script = Path(sys.executable).with_name("catalogdb")
    ended = python(str(script), "settings", cwd=tmp_path, path=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"catalogdb: {file} hides")
    assert "Traceback" not in ended.stderr
    ended = python(str(script), "settings", cwd=tmp_path)
    assert ended.returncode == 0, "the folder one stands in is not searched by an installed command"


def test_the_error_carries_what_it_is_about(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shadow.refuse_shadows()
    theirs = tmp_path / "sql.py"
    theirs.write_text("")
    monkeypatch.delitem(sys.modules, "sql")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ShadowedPackage, match=r"sql\.py hides") as caught:
        shadow.refuse_shadows()
    assert (caught.value.package, caught.value.file) == ("sql", theirs)
    assert isinstance(caught.value, ImportError)
