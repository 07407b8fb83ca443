"""do.py: how the environment is made, resumed and used; the lock file is what pyproject.toml asks."""

from __future__ import annotations

import hashlib
import http.server
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = ("3.11.9", "3.12.0", "3.13.0", "3.14.0")


@pytest.fixture
def do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """do.py, copied with the files it reads to a folder of its own that has a space in its name."""
    root = tmp_path / "a clone"
    root.mkdir()
    for name in ("do.py", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    spec = importlib.util.spec_from_file_location("do_copy", root / "do.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Calls:
    """Stands in for `do.call`: notes each command, lets those fail that `fails` picks.

    A program of an environment that was never made fails too.
    """

    def __init__(self, fails: Callable[[list[str]], bool] = lambda command: False) -> None:
        self.commands: list[list[str]] = []
        self.fails = fails

    def __call__(self, command: object, *, cwd: object = None, quiet: bool = False) -> int:
        words = [str(word) for word in command]  # type: ignore[attr-defined]
        self.commands.append(words)
        absent = words[0].endswith("/.venv/bin/python") and not Path(words[0]).parents[1].exists()
        return int(absent or self.fails(words))

    def having(self, *words: str) -> list[list[str]]:
        return [command for command in self.commands if all(word in command for word in words)]


# --- the environment -------------------------------------------------------------------------------


def test_environment_is_made_once(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls()
    monkeypatch.setattr(do, "call", calls)
    do.prepare()
    assert calls.having("-m", "venv", str(do.VENV))
    assert calls.having("--require-hashes", "-r", str(do.LOCK))
    assert calls.having("--no-deps", "-e", str(do.ROOT))
    calls.commands.clear()
    do.prepare()
    assert not calls.having("install")
    assert not calls.having("venv")


@pytest.mark.parametrize("file", ["pyproject.toml", "requirements.lock"])
def test_changed_project_installs_again_in_the_same_environment(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    calls = Calls()
    monkeypatch.setattr(do, "call", calls)
    do.prepare()
    calls.commands.clear()
    with (do.ROOT / file).open("a") as changed:
        changed.write("\n# another line\n")
    do.prepare()
    assert len(calls.having("install")) == 2
    assert not calls.having("venv")


def test_interrupted_installation_is_taken_up(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(do, "call", Calls(lambda command: "--require-hashes" in command))
    with pytest.raises(do.Failure, match="the same command takes it up again"):
        do.prepare()
    assert not do.STAMP.exists()
    calls = Calls()
    monkeypatch.setattr(do, "call", calls)
    do.prepare()
    assert do.STAMP.exists()
    assert len(calls.having("install")) == 2
    assert not calls.having("venv"), "what was made before the interruption is used"


def test_environment_of_a_moved_folder_is_made_anew(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls()
    monkeypatch.setattr(do, "call", calls)
    do.prepare()
    do.HOME.write_text("/somewhere/else")
    do.STAMP.write_text("of another folder")
    calls.commands.clear()
    do.prepare()
    assert calls.having("-m", "venv", str(do.VENV))


def test_another_programs_environment_is_not_deleted(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    do.VENV.mkdir()
    precious = do.VENV / "precious"
    precious.write_text("")
    monkeypatch.setattr(do, "call", Calls(lambda command: "-c" in command))
    with pytest.raises(do.Failure, match="made by another program .* move it away"):
        do.prepare()
    assert precious.exists()


def test_clear_leaves_only_its_mark(do: ModuleType) -> None:
    (do.VENV / "lib" / "deep").mkdir(parents=True)
    (do.VENV / "lib64").symlink_to("lib")
    (do.VENV / "pyvenv.cfg").write_text("")
    do.HOME.write_text("")
    do.clear()
    assert list(do.VENV.iterdir()) == [do.HOME]


def test_python_that_can_make_no_environment_at_all(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(do, "call", Calls(lambda command: "venv" in command or "-c" in command))
    with pytest.raises(do.Failure, match="apt-get install python3-venv"):
        do.prepare()


def test_project_that_does_not_install(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(do, "call", Calls(lambda command: "-e" in command))
    with pytest.raises(do.Failure, match="could not install this project"):
        do.prepare()


# --- pip, where there is none ----------------------------------------------------------------------


def without_ensurepip(command: list[str]) -> bool:
    return "venv" in command and "--without-pip" not in command or "-c" in command


def test_pip_comes_from_the_system(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(without_ensurepip)
    monkeypatch.setattr(do, "call", calls)
    do.prepare()
    assert calls.having("--without-pip")
    assert calls.having(sys.executable, "pip", "--python", str(do.PYTHON))


def test_pip_comes_from_uv(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pip(command: list[str]) -> bool:
        return without_ensurepip(command) or command[1:5] == ["-m", "pip", "--python", str(do.PYTHON)]

    calls = Calls(no_pip)
    monkeypatch.setattr(do, "call", calls)
    monkeypatch.setattr(do.shutil, "which", lambda name: "/somewhere/uv")
    do.prepare()
    assert calls.having("/somewhere/uv", "--python", str(do.PYTHON))


def test_pip_comes_from_the_index(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, index: str
) -> None:
    def nothing(command: list[str]) -> bool:
        return without_ensurepip(command) or command[1:5] == ["-m", "pip", "--python", str(do.PYTHON)]

    calls = Calls(nothing)
    monkeypatch.setattr(do, "call", calls)
    monkeypatch.setattr(do.shutil, "which", lambda name: None)
    monkeypatch.setattr(do, "PIP_SHA256", hashlib.sha256(WHEEL).hexdigest())
    monkeypatch.setenv("PIP_INDEX_URL", index)
    do.prepare()
    (run,) = calls.having("--no-index")
    assert run[1].endswith(f"{do.PIP_WHEEL}/pip")


WHEEL = b"PK not quite a wheel"


@pytest.fixture
def index(do: ModuleType, tmp_path: Path) -> Iterator[str]:
    """A package index on this machine whose page names the pinned wheel, after another one."""
    page = tmp_path / "index" / "simple" / "pip"
    page.mkdir(parents=True)
    page.joinpath("index.html").write_text(
        f"""<!DOCTYPE html><a href="../../files/pip-1.0-py3-none-any.whl#sha256=0">pip 1.0</a>
        <a data-requires-python="&gt;=3.9" href="../../files/{do.PIP_WHEEL}#sha256=1">pip</a>"""
    )
    files = tmp_path / "index" / "files"
    files.mkdir()
    files.joinpath(do.PIP_WHEEL).write_bytes(WHEEL)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path / "index"))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None: ...

        def do_GET(self) -> None:
            if self.path.startswith("/private") and self.headers["Authorization"] != "Basic bWU6YSBi":
                self.send_error(401)
                return
            self.path = self.path.removeprefix("/private")
            super().do_GET()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()
        thread.join()


def test_wheel_is_fetched_and_checked(
    do: ModuleType, index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(do.Failure, match=f"{do.PIP_WHEEL} does not have the expected checksum"):
        do.fetch_wheel([index], tmp_path)
    assert not (tmp_path / do.PIP_WHEEL).exists()
    monkeypatch.setattr(do, "PIP_SHA256", hashlib.sha256(WHEEL).hexdigest())
    nowhere = (tmp_path / "nowhere").as_uri()
    wheel = do.fetch_wheel([nowhere, index], tmp_path)
    assert wheel.read_bytes() == WHEEL


def test_index_may_be_a_folder_or_need_a_password(
    do: ModuleType, index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(do, "PIP_SHA256", hashlib.sha256(WHEEL).hexdigest())
    assert do.fetch_wheel([(tmp_path / "index" / "simple").as_uri()], tmp_path).read_bytes() == WHEEL
    private = index.replace("//", "//me:a%20b@").replace("/simple", "/private/simple")
    assert do.fetch_wheel([private], tmp_path).read_bytes() == WHEEL
    wrong = private.replace("a%20b", "guess")
    with pytest.raises(do.Failure, match=r"//127.0.0.1:\d+/private/simple/pip/: HTTP Error 401") as caught:
        do.fetch_wheel([wrong], tmp_path)
    assert "guess" not in str(caught.value)


def test_index_without_the_wheel(do: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "pip"
    page.mkdir()
    page.joinpath("index.html").write_text('<a href="pip-1.0-py3-none-any.whl">pip</a>')
    with pytest.raises(do.Failure, match="Set PIP_INDEX_URL to a package index"):
        do.fetch_wheel([tmp_path.as_uri()], tmp_path)


def test_indexes_are_those_of_pip(do: ModuleType, tmp_path: Path) -> None:
    site, user = tmp_path / "site.conf", tmp_path / "user.conf"
    site.write_text("[global]\nindex-url = https://site/simple\nextra-index-url = https://a/simple\n")
    user.write_text(
        "[install]\nindex-url = https://user/simple\nextra-index-url =\n  https://b\n  https://c\n"
    )
    assert do.indexes({}, []) == ["https://pypi.org/simple"]
    assert do.indexes({}, [site]) == ["https://site/simple", "https://a/simple"]
    assert do.indexes({}, [site, user]) == ["https://user/simple", "https://b", "https://c"]
    environment = {"PIP_INDEX_URL": "https://here", "PIP_EXTRA_INDEX_URL": "https://d https://e"}
    assert do.indexes(environment, [site, user]) == ["https://here", "https://d", "https://e"]
    broken = tmp_path / "broken.conf"
    broken.write_text("no section\n")
    assert do.indexes({}, [broken]) == ["https://pypi.org/simple"]


def test_configuration_files(do: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named, user = tmp_path / "named.conf", tmp_path / "config" / "pip" / "pip.conf"
    user.parent.mkdir(parents=True)
    for file in (named, user):
        file.write_text("")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(named))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert do.config_files()[-2:] == [user, named]


# --- the two commands ------------------------------------------------------------------------------


def test_demo_passes_its_options_and_code(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = Calls()
    monkeypatch.setattr(do, "call", calls)
    monkeypatch.setattr(do, "prepare", lambda: do.VENV.mkdir(exist_ok=True))
    assert do.main(["demo", "--data", "a folder"]) == 0
    assert calls.commands == [
        [str(do.PYTHON), "-P", "-m", "catalogdb", "demo", "--data", "a folder"],
    ]
    told = capsys.readouterr().err
    assert re.search(r"\. '.*a clone/.venv/bin/activate'", told)
    monkeypatch.setattr(do, "call", Calls(lambda command: True))
    assert do.main(["demo"]) == 1


@pytest.mark.parametrize("broken", ["ruff", "mypy", "pytest", "compileall", None])
def test_test_runs_every_check_and_fails_if_one_does(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str | None
) -> None:
    calls = Calls(lambda command: command[2] == broken)
    monkeypatch.setattr(do, "call", calls)
    monkeypatch.setattr(do, "captured", lambda command: (calls(command), "what it told\n"))
    monkeypatch.setattr(do, "prepare", lambda: do.VENV.mkdir(exist_ok=True))
    fails = broken not in {"compileall", None}
    assert do.main(["test", "-k", "sky"]) == int(fails)
    compiled = [command for command in calls.commands if command[2] == "compileall" or command[1] == "-c"]
    assert len(compiled) == 2
    checks = [command[2] for command in calls.commands if command not in compiled]
    assert sorted(checks) == ["mypy", "pytest", "ruff", "ruff"]
    assert calls.commands[:2] == [[str(do.PYTHON), "-m", *check] for check in do.CHECKS]
    assert calls.having("pytest")[0][-2:] == ["-k", "sky"]
    told = capsys.readouterr()
    assert (f"failed: {broken}" in told.err) == fails
    assert told.out == "what it told\n"


def test_what_is_compiled_beside_the_checks_can_be(do: ModuleType) -> None:
    _, (*_, script) = do.COMPILERS
    done = subprocess.run(
        [sys.executable, "-c", script.replace("machine.is", "assert machine.is")], check=False
    )
    assert done.returncode == 0


def test_usage(do: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert do.main([]) == 2
    assert do.main(["deploy"]) == 2
    assert "usage: python3 do.py demo" in capsys.readouterr().err
    assert do.main(["--help"]) == 0
    assert "usage: python3 do.py demo" in capsys.readouterr().out


def test_failure_and_interrupt_are_texts(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise do.Failure("no luck")

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(do, "prepare", fail)
    assert do.main(["test"]) == 1
    assert capsys.readouterr().err == "do.py: no luck\n"
    monkeypatch.setattr(do, "prepare", interrupt)
    assert do.main(["test"]) == 130
    assert "the same command takes it up again" in capsys.readouterr().err


def test_windows_is_sent_to_wsl(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(do.sys, "platform", "win32")
    with pytest.raises(do.Failure, match="WSL"):
        do.prepare()


def test_programs_run_without_what_leads_them_astray(do: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PYTHONDONTWRITEBYTECODE"}
    for name in dropped:
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://here")
    clean = do.clean_environment()
    assert not dropped & set(clean)
    assert clean["PIP_USER"] == "0"
    assert clean["PIP_INDEX_URL"] == "https://here"


def test_calls_run(do: ModuleType) -> None:
    assert do.call([sys.executable, "-c", "raise SystemExit(3)"]) == 3
    assert do.runs(sys.executable, "--version")
    assert not do.runs(do.VENV / "bin" / "python", "--version")


def test_ci_runs_the_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert 'exec "$python" do.py test' in script.read_text()
    subprocess.run(["bash", "-n", script], check=True)


# --- the lock file ---------------------------------------------------------------------------------


def locked() -> list[Requirement]:
    """The requirements of the lock file, without their hashes."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    lines = (re.sub(r"\s--hash=\S+", "", line).strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def environment(python: str, platform: str) -> dict[str, str]:
    major, minor, _ = python.split(".")
    return {
        **default_environment(),
        "python_version": f"{major}.{minor}",
        "python_full_version": python,
        "sys_platform": platform,
        "platform_machine": "arm64" if platform == "darwin" else "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def wanted() -> list[Requirement]:
    """What the project and its extra `test`, with the extras that one names, require."""
    extras = PROJECT["optional-dependencies"]
    named = [*PROJECT["dependencies"], *extras["test"]]
    requirements = [Requirement(text) for text in named]
    inner = [extra for r in requirements if r.name == "catalogdb" for extra in r.extras]
    own = [r for r in requirements if r.name != "catalogdb"]
    return own + [Requirement(text) for extra in inner for text in extras[extra]]


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("python", PYTHONS)
def test_lock_satisfies_the_project(python: str, platform: str) -> None:
    chosen: dict[str, str] = {}
    for requirement in locked():
        if requirement.marker is None or requirement.marker.evaluate(environment(python, platform)):
            name = canonicalize_name(requirement.name)
            assert name not in chosen, f"{name} is locked twice for Python {python}"
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            chosen[name] = pin.version
    for requirement in wanted():
        if requirement.marker is not None and not requirement.marker.evaluate(environment(python, platform)):
            continue
        version = chosen.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in the lock file: see docs/development.md"
        assert requirement.specifier.contains(version, prereleases=True), (
            f"{requirement}: {version} is locked"
        )


def test_lock_holds_what_each_package_requires_in_turn() -> None:
    """Of the packages installed here in the locked version: what they require is locked as well."""
    here = {canonicalize_name(r.name): r for r in locked() if r.marker is None or r.marker.evaluate()}
    checked = 0
    for name, pin in here.items():
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if not pin.specifier.contains(distribution.version, prereleases=True):
            continue
        checked += 1
        for text in distribution.requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in here, f"{name} needs {text}"
    assert checked > 20


def test_lock_names_hashes_and_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    assert "--index" not in text
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(entries) == len(locked())
    assert all("--hash=sha256:" in entry for entry in entries)
