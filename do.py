#!/usr/bin/env python3
"""Two commands that need nothing but Python 3.11: `python3 do.py demo` and `python3 do.py test`.

Both first see to the environment in .venv: make it, install what requirements.lock names and then
this project. That is done once. What was interrupted is taken up where it stopped, because a stamp
is written last; a changed lock file or pyproject.toml updates the environment.
"""

from __future__ import annotations

import base64
import concurrent.futures
import configparser
import contextlib
import hashlib
import html.parser
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
HOME = VENV / "made-by-do.py"
STAMP = VENV / "installed"
LOCK = ROOT / "requirements.lock"
NEEDS = (3, 11)

# The pip that is brought in where Python comes without one; the hash is that of PyPI's own file.
PIP = "26.3"
PIP_WHEEL = f"pip-{PIP}-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
)
TYPES = ("mypy",)

# The packages without their own tests, which nobody imports; then the loops that read large text. What is
# compiled already is left as it is, and a failure is the tests' to tell.
LOOPS = "from ingest.readers.kernels import machine; machine.is_usable(may_compile=True)"
COMPILERS: tuple[tuple[str | Path, ...], ...] = (
    (PYTHON, "-m", "compileall", "-q", "-x", r"[/\\]tests?[/\\]", VENV / "lib"),
    (PYTHON, "-c", LOOPS),
)

USAGE = """usage: python3 do.py demo [--data DIR] [options of `catalogdb demo`]
       python3 do.py test [options of pytest]"""


class Failure(Exception):
    """What went wrong and what to do about it; printed without a traceback."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; return the exit code."""
    commands = {"demo": demo, "test": test}
    if not arguments or arguments[0] not in commands:
        wants_help = bool(arguments) and arguments[0] in {"-h", "--help"}
        print(USAGE, file=sys.stdout if wants_help else sys.stderr)
        return 0 if wants_help else 2
    try:
        prepare()
        return commands[arguments[0]](arguments[1:])
    except Failure as failure:
        print(f"do.py: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndo.py: interrupted; the same command takes it up again", file=sys.stderr)
        return 130


def demo(arguments: Sequence[str]) -> int:
    """Run the main job in the caller's folder and say what to try next."""
    # -P keeps the caller's own analysis.py or sql.py from standing in for ours.
    code = call([PYTHON, "-P", "-m", "catalogdb", "demo", *arguments], cwd=Path.cwd())
    if code == 0:
        say(f"to use catalogdb yourself:  . {quoted(VENV / 'bin' / 'activate')}  and then  catalogdb --help")
    return code


def test(arguments: Sequence[str]) -> int:
    """Run the linter, the formatter's check, the type checker and the tests, whatever each says."""
    failed = [name for name, code in map(checked, CHECKS) if code]
    # The type checker takes one core for a minute: beside it is compiled what each process of the tests
    # would compile for itself, and then the tests begin.
    with concurrent.futures.ThreadPoolExecutor() as beside:
        say(" ".join(TYPES) + ", beside the tests: what it tells comes after theirs")
        types = beside.submit(captured, [PYTHON, "-m", *TYPES])
        for command in COMPILERS:
            call(command, quiet=True)
        say("pytest")
        # One more than there are cores: a fifth of the time they wait for the disk or for another process.
        workers = str(min(4, (os.cpu_count() or 1) + 1))
        tests = call([PYTHON, "-m", "pytest", "-n", workers, "--dist", "worksteal", *arguments], cwd=ROOT)
        code, told = types.result()
    say(" ".join(TYPES))
    sys.stdout.write(told)
    failed += [name for name, bad in ((" ".join(TYPES), code), ("pytest", tests)) if bad]
    if failed:
        say("failed: " + ", ".join(failed))
    return 1 if failed else 0


def checked(command: Sequence[str]) -> tuple[str, int]:
    """Run a check at once; return its name and its exit code."""
    name = " ".join(command)
    say(name)
    return name, call([PYTHON, "-m", *command], cwd=ROOT)


def prepare() -> None:
    """Bring .venv to what the lock file says; does nothing when it is there already."""
    if sys.platform == "win32":
        raise Failure("catalogdb runs on Linux and macOS; on Windows use it within WSL")
    with alone():
        wanted = fingerprint()
        if STAMP.exists() and STAMP.read_text() == wanted and runs(PYTHON, "--version"):
            return
        STAMP.unlink(missing_ok=True)
        if not usable():
            make_environment()
        install()
        STAMP.write_text(wanted)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold a lock on this file, so that two commands do not build one environment."""
    import fcntl  # not on Windows, which prepare refuses with a better message

    with Path(__file__).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another do.py that prepares the environment")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fingerprint() -> str:
    """What the environment depends on: the interpreter, this folder, the project and its lock."""
    parts = (
        sys.version.encode(),
        os.fsencode(ROOT),
        *(p.read_bytes() for p in (ROOT / "pyproject.toml", LOCK)),
    )
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def usable() -> bool:
    """Whether .venv has this interpreter's version and a pip that runs, and was not moved."""
    version = f"import sys; assert sys.version_info[:2] == {sys.version_info[:2]}; import pip"
    moved = HOME.exists() and HOME.read_bytes() != os.fsencode(ROOT)
    return not moved and runs(PYTHON, "-c", version)


def make_environment() -> None:
    """Make .venv with a pip in it, by the first way that this machine offers."""
    say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    clear()
    if call([sys.executable, "-m", "venv", VENV], quiet=True):
        say("this Python has no ensurepip: looking for pip elsewhere")
        clear()
        if call([sys.executable, "-m", "venv", "--without-pip", VENV]):
            raise Failure(
                "this Python can not make a virtual environment (on Debian: apt-get install python3-venv)"
            )
        bring_pip()


def clear() -> None:
    """Empty .venv, if it is one that this file made, and mark it as such."""
    if VENV.exists() and any(VENV.iterdir()) and not HOME.exists():
        raise Failure(f"{VENV} was made by another program and does not work here: move it away")
    VENV.mkdir(exist_ok=True)
    HOME.write_bytes(os.fsencode(ROOT))
    for entry in VENV.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != HOME:
            entry.unlink()


def bring_pip() -> None:
    """Put the pinned pip into .venv: by the system's pip, by uv, or from the index."""
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "pip.txt"
        pinned.write_text(f"pip=={PIP} --hash=sha256:{PIP_SHA256}\n")
        ways: list[list[str | Path]] = [
            [sys.executable, "-m", "pip", "--python", PYTHON, "install", "-q", "-r", pinned],
        ]
        if uv := shutil.which("uv"):
            ways.append([uv, "pip", "install", "-q", "--python", PYTHON, "-r", pinned])
        for way in ways:
            if call(way, quiet=True) == 0 and runs(PYTHON, "-m", "pip", "--version"):
                say(f"pip {PIP} installed by {'uv' if 'uv' in Path(way[0]).name else 'the system pip'}")
                return
        wheel = fetch_wheel(indexes(os.environ, config_files()), Path(folder))
        # A wheel is a zip file from which Python can run pip itself.
        if call([PYTHON, wheel / "pip", "install", "-q", "--no-index", wheel]):
            raise Failure(f"{PIP_WHEEL} does not run in {VENV}")


def install() -> None:
    """Install exactly what the lock file names, by hash, and this project beside it."""
    say(f"installing the packages of {LOCK.name} (takes a few minutes the first time)")
    pip = [PYTHON, "-m", "pip", "install", *(() if sys.stderr.isatty() else ("-q",))]
    # Python compiles what it imports, a third of what pip would compile.
    if call([*pip, "--no-compile", "--require-hashes", "-r", LOCK]):
        raise Failure(
            "pip could not install the packages (see above). Without a network, or with another index, "
            "set PIP_INDEX_URL; the same command takes it up again"
        )
    say("installing catalogdb")
    if call([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT]):
        raise Failure("pip could not install this project (see above)")


def indexes(environment: Mapping[str, str], files: Sequence[Path]) -> list[str]:
    """The package indexes that pip would ask, in its order: environment, then its files, then PyPI."""
    settings: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        # A file that pip itself could not read is pip's to complain about.
        with contextlib.suppress(configparser.Error, UnicodeDecodeError):
            parser.read(file, encoding="utf-8")
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update(parser.items(section))
    first = environment.get("PIP_INDEX_URL") or settings.get("index-url") or "https://pypi.org/simple"
    more = environment.get("PIP_EXTRA_INDEX_URL") or settings.get("extra-index-url") or ""
    return [first.strip(), *more.split()]


def config_files() -> list[Path]:
    """The files in which pip looks for its configuration, the one that wins last."""
    home = Path.home()
    xdg = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    files = [Path(folder) / "pip" / "pip.conf" for folder in reversed(xdg.split(os.pathsep))]
    files += [Path("/etc/pip.conf"), Path("/Library/Application Support/pip/pip.conf")]
    files += [home / ".pip" / "pip.conf", home / "Library/Application Support/pip/pip.conf"]
    files += [Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"]
    if named := os.environ.get("PIP_CONFIG_FILE"):
        files.append(Path(named))
    return [file for file in files if file.is_file()]


def fetch_wheel(pages: Sequence[str], folder: Path) -> Path:
    """Download the pinned pip wheel from the first index that has it, and check its hash."""
    reasons = []
    for index in pages:
        page = index.rstrip("/") + "/pip/"
        say(f"fetching pip {PIP} from the package index")
        try:
            data = read_url(wheel_url(page, read_url(page).decode("utf-8", "replace")))
        except (OSError, LookupError) as error:
            reasons.append(f"{without_password(page)}: {error}")
            continue
        if hashlib.sha256(data).hexdigest() == PIP_SHA256:
            wheel = folder / PIP_WHEEL
            wheel.write_bytes(data)
            return wheel
        reasons.append(f"{without_password(page)}: {PIP_WHEEL} does not have the expected checksum")
    raise Failure(
        "no pip here and none could be fetched:\n  "
        + "\n  ".join(reasons)
        + "\nSet PIP_INDEX_URL to a package index, or install pip or python3-venv"
    )


class Links(html.parser.HTMLParser):
    """The targets of a page's links, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the target of each link."""
        self.targets += [value for name, value in attrs if tag == "a" and name == "href" and value]


def wheel_url(page: str, text: str) -> str:
    """The address of the pinned wheel on an index's page (PEP 503); LookupError if it is not there."""
    links = Links()
    links.feed(text)
    for target in links.targets:
        url = urllib.parse.urldefrag(urllib.parse.urljoin(page, target)).url
        if urllib.parse.unquote(url).endswith("/" + PIP_WHEEL):
            return url
    raise LookupError(f"it does not list {PIP_WHEEL}")


def read_url(url: str, attempts: int = 3) -> bytes:
    """The bytes at `url`, with the password in it if any; OSError after `attempts` tries."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file":
        path = Path(urllib.request.url2pathname(parts.path))
        return (path / "index.html" if path.is_dir() else path).read_bytes()
    request = urllib.request.Request(url, headers={"Accept": "text/html, application/octet-stream"})
    if parts.username:
        secret = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        request = urllib.request.Request(urllib.parse.urlunsplit(bare), headers=dict(request.headers))
        request.add_header("Authorization", "Basic " + base64.b64encode(secret.encode()).decode())
    trusted = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    for attempt in range(attempts):
        try:
            with urllib.request.urlopen(request, timeout=60, context=trusted) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError:
            raise
        except OSError:
            if attempt + 1 == attempts:
                raise
            time.sleep(2**attempt)
    raise OSError(f"{without_password(url)}: not asked")


def without_password(url: str) -> str:
    """`url` without its user and password, to be shown."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def clean_environment() -> dict[str, str]:
    """The environment for programs within .venv: nothing that would lead them out of it.

    What they compile is kept, or each process of the tests would compile every module anew.
    """
    drop = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON"}
    drop |= {"PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in drop}
    return kept | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONNOUSERSITE": "1"}


def call(command: Sequence[str | Path], *, cwd: Path = ROOT, quiet: bool = False) -> int:
    """Run `command` and return its exit code."""
    output = subprocess.DEVNULL if quiet else None
    sys.stdout.flush()
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean_environment(),
        stdout=output,
        stderr=output,
        check=False,
    ).returncode


def captured(command: Sequence[str | Path]) -> tuple[int, str]:
    """Run `command` in this folder; return its exit code and all that it told."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def runs(*command: str | Path) -> bool:
    """Whether `command` exists and succeeds."""
    try:
        return call(command, quiet=True) == 0
    except OSError:
        return False


def say(text: str) -> None:
    """Tell the user what happens now."""
    print(f"do.py: {text}", file=sys.stderr, flush=True)


def quoted(path: Path) -> str:
    """`path` as a shell would read it."""
    import shlex

    return shlex.quote(str(path))


if __name__ == "__main__":
    if sys.version_info < NEEDS:
        sys.exit(f"do.py needs Python {NEEDS[0]}.{NEEDS[1]} or newer; this is {sys.version.split()[0]}")
    sys.exit(main(sys.argv[1:]))
