"""Tables by URL: what is fetched, and the hosts that no client may make the service reach."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import catalogdb
from catalogdb.service.parameters import BadRequest
from catalogdb.service.uploads import fetch as fetching
from catalogdb.service.uploads.fetch import fetch
from catalogdb.service.uploads.guard import Guard, refused
from tests.catalogdb.service.conftest import Server, fill, served
from tests.catalogdb.service.uploads.sending import csv, send

TABLE = b"x,y\n1,2\n3,4\n"
PUBLIC = "93.184.216.34"


@dataclass
class Files:
    """A host with a few paths, and what it was asked."""

    port: int
    asked: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    files: Files

    def do_GET(self) -> None:
        self.files.asked.append(f"{self.headers['Host']} {self.path}")
        path = self.path.partition("?")[0]
        if path.startswith("/to/"):
            self._answer(302, b"", Location=self.path[4:])
        elif path.startswith("/again/"):
            self._answer(302, b"", Location=f"/again/{int(path[7:]) + 1}")
        elif path == "/chunks":
            self._chunks()
        elif path == "/slow":
            self.files.go_on.wait(30)
            self._answer(200, TABLE)
        elif path == "/cut":
            self._answer(200, TABLE, **{"Content-Length": "1000"})
            self.close_connection = True
        else:
            bodies = {"/large": b"x" * 3_000_000, "/t": TABLE, "/a;b=1,c": TABLE}
            self._answer(200 if path in bodies else 404, bodies.get(path, b"no"))

    def _chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i in range(len(TABLE)):
            self.wfile.write(b"1\r\n" + TABLE[i : i + 1] + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    """Files on this machine, by HTTP."""
    found = Files(0)
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"files": found})) as httpd:
        found.port = httpd.server_port
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield found
        httpd.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Iterator[Server]:
    """A service that may fetch from that port of this machine."""
    store = tmp_path_factory.mktemp("trusting") / "sky"
    with catalogdb.open(store, create=True) as made:
        fill(made, n=10)
    allowed = f"127.0.0.1:{files.port}, localhost:{files.port}"
    with served(store, serve_workers=2, serve_upload_size="2MB", upload_hosts=allowed) as running:
        yield running


ALL = "SELECT * FROM TAP_UPLOAD.t"
ROWS = [["x", "y"], ["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("path", ["/t", "/t?a=1&b=2", "/chunks", "/to//t", "/a;b=1,c"])
def test_a_table_by_url(trusting: Server, files: Files, path: str) -> None:
    assert csv(send(trusting, ALL, b"", uri=files.url(path), FORMAT="csv")) == ROWS
    assert csv(trusting.sync(ALL, UPLOAD=f"t,{files.url(path, 'localhost')}", FORMAT="csv")) == ROWS


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/none", 400, "was answered by 404"),
        ("/cut", 400, "can not be fetched"),
        ("/large", 413, "is larger than 2 MB"),
        ("/again/1", 400, "is redirected more than 5 times"),
        ("/to/http://127.0.0.1:9/t", 400, "the machine of the service itself"),
        ("/to/http://10.0.0.1/t", 400, "a private or reserved address"),
        ("/to/file:///etc/passwd", 400, "tables come by http:, https:"),
        ("/to/http://me:secret@example.org/t", 400, "user name or password"),
    ],
)
def test_what_can_not_be_fetched(trusting: Server, files: Files, path: str, status: int, said: str) -> None:
    response = trusting.sync(ALL, UPLOAD=f"t,{files.url(path)}")
    assert response.status_code == status
    assert said in response.text


def test_without_the_setting_this_machine_is_not_reached(server: Server, files: Files) -> None:
    before = len(files.asked)
    for host in (
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "0.0.0.0",
    ):
        response = server.sync(ALL, UPLOAD=f"t,{files.url('/t', host)}")
        assert response.status_code == 400, host
        assert "fetch" in response.text, host
    assert len(files.asked) == before


def test_one_port_of_a_host_is_one_port(trusting: Server) -> None:
    response = trusting.sync(ALL, UPLOAD=f"t,{trusting.url}/metrics")
    assert response.status_code == 400
    assert "the machine of the service itself" in response.text


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.0.0.8",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:0",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1",
        "2002:808:808::1", "100::1",
        "2001:0:7f00:1::", "nonsense",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(address: str) -> None:
    assert refused(address)


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::6810:84e5", "::ffff:8.8.8.8",
     "64:ff9b::808:808"],
)  # fmt: skip
def test_addresses_that_are_public(address: str) -> None:
    assert refused(address) is None


Resolver = Callable[[str, int], object]


def _told(url: str, *addresses: str, allowed: str = "") -> str:
    """What the guard says of a host with these addresses; "" if nothing."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    try:
        asyncio.run(Guard.of(allowed).target(url, resolve))
    except BadRequest as error:
        return str(error)
    return ""


def test_every_address_of_a_host_must_be_public() -> None:
    assert not _told("http://example.org/t", PUBLIC)
    assert "private" in _told("http://example.org/t", PUBLIC, "10.0.0.1")
    assert "private" in _told("https://example.org/t", "10.0.0.1", PUBLIC)


def test_hosts_that_are_allowed() -> None:
    url = "http://data.lan:8080/t"
    assert not _told(url, "10.0.0.1", allowed="other, data.lan")
    assert not _told(url, "10.0.0.1", allowed="DATA.lan:8080 other")
    assert not _told("http://[fd00::1]:81/t", "fd00::1", allowed="[fd00::1]:81")
    assert "private" in _told(url, "10.0.0.1", allowed="data.lan:80")
    assert "private" in _told("http://evil-data.lan/t", "10.0.0.1", allowed="data.lan")


@pytest.mark.parametrize(
    "url",
    [
        "http://", "http:///t", "http://me@example.org/t", "http://me:pw@example.org/t",
        "gopher://example.org/",
        "http://example.org:99999/t", "http://example.org:x/t", "http://[::1/t", "http://exa mple.org/t",
        "http://example.org/a b", "http://example.org/\r\nHost: 10.0.0.1", "http://0x08080808/t",
        "http://134744072/t", "http://8.8.2056/t", "http://010.8.8.8/t", "http://8.8.8.999/t",
        "http://exa%6dple.org/t", "http://" + "a" * 70 + ".org/t",
    ],
)  # fmt: skip
def test_urls_that_are_refused(url: str) -> None:
    assert _told(url, PUBLIC)


def test_a_name_that_changes_its_address_is_connected_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A second look-up would give the loopback address: there is none."""
    looked, connected = [], []

    async def resolve(host: str, port: int) -> list[str]:
        looked.append(host)
        return [PUBLIC] if len(looked) == 1 else ["127.0.0.1"]

    async def connect(host: str, port: int, **options: object) -> object:
        connected.append((host, port))
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(fetching.asyncio, "open_connection", connect)
    with pytest.raises(BadRequest, match="can not be fetched"):
        asyncio.run(fetch("http://rebinds.org/t", tmp_path / "t", Guard.of(""), 1000, resolve=resolve))
    assert (looked, connected) == (["rebinds.org"], [(PUBLIC, 80)])


def test_a_host_that_changes_to_a_private_address_in_a_redirect_is_refused(
    files: Files, tmp_path: Path
) -> None:
    looked = []

    async def resolve(host: str, port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"]

    url = files.url(f"/to/http://rebinds.org:{files.port}/t", "allowed.org")
    with pytest.raises(BadRequest, match="rebinds.org is at 127.0.0.1, the machine of the service itself"):
        asyncio.run(fetch(url, tmp_path / "t", Guard.of("allowed.org"), 1000, resolve=resolve))
    assert looked == ["allowed.org", "rebinds.org"]


def test_a_host_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fetching, "SILENT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/t"
        with pytest.raises(BadRequest, match="it sent nothing for 0.2 s"):
            asyncio.run(fetch(url, tmp_path / "t", Guard.of("127.0.0.1"), 1000))


def test_others_are_answered_while_a_table_is_fetched(trusting: Server, files: Files) -> None:
    """Ten requests wait for a host that takes its time; meanwhile others have their answers."""
    slow = files.url("/slow")
    with ThreadPoolExecutor(10) as threads:
        waiting = [threads.submit(trusting.sync, ALL, UPLOAD=f"t,{slow}", FORMAT="csv") for _ in range(10)]
        while sum("/slow" in each for each in files.asked) < 10:
            time.sleep(0.02)
        assert csv(trusting.sync("SELECT count(*) AS n FROM stars", FORMAT="csv")) == [["n"], ["10"]]
        assert not any(each.done() for each in waiting)
        files.go_on.set()
        assert [csv(each.result()) for each in waiting] == [ROWS] * 10
