"""A service of its own process on a small store, once for all tests that only read."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

import catalogdb
from catalogdb import Column, Store, Table
from catalogdb.astrometry import ASTROMETRY

_ID = Column(
    name="source_id",
    type="BIGINT",
    ucd="meta.id;meta.main",
    about="Identifier",
    nullable=False,
    principal=True,
)
_STARS = """
    SELECT i AS source_id, ra, dec, hpx29(ra, dec) AS hpx29, 2016.0 AS ref_epoch,
        CASE WHEN i % 7 = 0 THEN NULL ELSE (i % 20)::REAL END AS mag,
        CASE WHEN i % 5 = 0 THEN NULL ELSE 'star ' || i END AS name
    FROM (SELECT range AS i, (range * 137.50776405) % 360 AS ra,
        degrees(asin(-1 + (2 * range + 1) / {n}.0)) AS dec FROM range({n}))
"""
STARS = 5000


def star_table(name: str = "stars") -> Table:
    """A table with positions, a number that may be missing, and a text that may be."""
    sky = tuple(ASTROMETRY[each] for each in ("ra", "dec", "hpx29", "ref_epoch"))
    mag = Column(name="mag", type="REAL", ucd="phot.mag", unit="mag", about="Magnitude")
    text = Column(name="name", type="VARCHAR", ucd="meta.id", about="Name")
    return Table(
        name=name,
        about="Stars of a test",
        columns=(_ID, *sky, mag, text),
        frame="ICRS",
        bibcode="2026Test....1....T",
        reference="A test, 2026",
    )


def fill(store: Store, name: str = "stars", n: int = STARS) -> None:
    """Publish `n` stars evenly over the sky."""
    store.publish(star_table(name), _STARS.format(n=n), mode="replace" if _has(store, name) else "create")


def _has(store: Store, name: str) -> bool:
    return any(table.name == name for table in store.tables())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pyvo and astroquery leave the sockets of their sessions to the garbage collector."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@dataclass(frozen=True)
class Server:
    """A running service: its URL without a slash at the end, its store, and its process."""

    url: str
    store: Path
    process: subprocess.Popen[str]

    @property
    def tap(self) -> str:
        """The URL that VO clients are given."""
        return f"{self.url}/tap"

    def get(self, path: str, **parameters: object) -> httpx.Response:
        """GET a path below the URL."""
        return httpx.get(self.url + path, params=_texts(parameters), timeout=60)

    def post(self, path: str, **parameters: object) -> httpx.Response:
        """POST a form to a path below the URL; redirects are not followed."""
        return httpx.post(self.url + path, data=_texts(parameters), timeout=60)

    def sync(self, query: str, **parameters: object) -> httpx.Response:
        """Run a query on /tap/sync."""
        return self.post("/tap/sync", **{"LANG": "ADQL", "QUERY": query} | parameters)


def _texts(parameters: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items()}


Serve = Callable[..., AbstractContextManager[Server]]


@contextlib.contextmanager
def served(store: Path, *options: str, **settings: object) -> Iterator[Server]:
    """`catalogdb serve` on a free port, with settings of its own; it ends by SIGTERM."""
    environment = os.environ | {f"CATALOGDB_{k.upper()}": str(v) for k, v in settings.items()}
    command = [sys.executable, "-m", "catalogdb", "serve", "--store", str(store), "--port", "0", *options]
    log = (store.parent / f"{store.name}.log").open("a")
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=log, text=True, env=environment, bufsize=1
    ) as process:
        assert process.stderr is not None
        said: list[str] = []
        drain = None
        try:
            for line in process.stderr:
                said.append(line)
                if "http" in line:
                    break
            else:
                pytest.fail("the service did not start: " + "".join(said))
            words = [word.strip(",") for word in line.split() if word.startswith("http")]
            url = words[-1].removesuffix("/tap")
            drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=log)
            _wait(url)
            yield Server(url, store, process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(60)
            if drain is not None:
                drain.wait(10)
            log.close()


def _wait(url: str) -> None:
    """The workers start after the socket; a request waits for them."""
    httpx.get(f"{url}/metrics", timeout=60).raise_for_status()


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with catalogs.stars, which no test changes."""
    path = tmp_path_factory.mktemp("served") / "sky"
    with catalogdb.open(path, create=True) as store:
        fill(store)
    return path


@pytest.fixture(scope="session")
def server(small_store: Path) -> Iterator[Server]:
    """A service on the small store, for tests that only ask."""
    with served(small_store, serve_workers=3) as running:
        yield running


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start a service of a test's own: `serve(store, **settings)`."""
    return served
