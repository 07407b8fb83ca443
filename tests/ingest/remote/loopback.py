"""A TAP service with UWS jobs, a cone search and a cross-match on loopback, which really answer; and their faults.

Stars lie in DuckDB. The few shapes of ADQL that fetch sends are brought to SQL here, with geometry of its own: circles by the
haversine, polygons by the sides of great circles. Faults are ordered by `fail`, and every request is kept in `log`.
"""

from __future__ import annotations

import csv
import email
import email.policy
import gzip
import io
import itertools
import re
import shutil
import threading
import time
import urllib.parse
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb
import numpy as np
import pyarrow as pa
from astropy.io.votable import from_table, parse_single_table
from astropy.table import Table

TYPES = {
    "DOUBLE": "double", "FLOAT": "float", "INTEGER": "int", "SMALLINT": "short", "BIGINT": "long", "BOOLEAN": "boolean",
}  # fmt: skip


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose path and body hold `where`."""

    kind: str
    where: str = ""
    times: int = 1
    retry_after: str | None = None
    seconds: float = 0.0


@dataclass
class Asked:
    """A request that came."""

    method: str
    path: str
    query: str
    values: dict[str, str]
    at: float


@dataclass
class Job:
    """A UWS job."""

    query: str
    maxrec: int | None
    uploads: dict[str, Table]
    phase: str = "PENDING"
    until: float = 0.0
    message: str = ""


class Server(ThreadingHTTPServer):
    """A server that says nothing of clients that hang up."""

    request_queue_size = 64
    loopback: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Loopback:
    """The server: `url` is its TAP service, `scs` its cone search, `xmatch` its cross-match."""

    def __init__(self) -> None:
        self.con = duckdb.connect(config={"threads": 1})
        self.con.execute("CREATE SCHEMA tap_schema")
        self.con.execute(
            "CREATE TABLE tap_schema.tables (schema_name VARCHAR, table_name VARCHAR, description VARCHAR)"
        )
        self.con.execute(
            "CREATE TABLE tap_schema.columns (table_name VARCHAR, column_name VARCHAR, datatype VARCHAR, unit VARCHAR,"
            " ucd VARCHAR, description VARCHAR)"
        )
        self.lock = threading.Lock()
        self.faults: list[Fault] = []
        self.log: list[Asked] = []
        self.jobs: dict[str, Job] = {}
        self.numbers = itertools.count(1)
        self.hard_limit: int | None = 1_000_000
        self.sync_limit: int | None = None
        self.silent = False
        self.uploads = self.polygons = self.has_jobs = True
        self.job_s = 0.0
        self.sync_s = 0.0
        self.format = "binary2"
        self.coosys = '<COOSYS ID="sys" system="ICRS" epoch="J2016.0"/>'
        self.cone_table = ""
        self.canned: Path | None = None
        self.running = self.most_running = 0
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.loopback = self
        self.server.daemon_threads = True
        self.root = f"http://127.0.0.1:{self.server.server_port}"
        self.url, self.scs, self.xmatch = f"{self.root}/tap", f"{self.root}/scs", f"{self.root}/xmatch/sync"

    # --- what it holds ---------------------------------------------------------------------------------

    def add(self, name: str, table: Table) -> None:
        """Offer a table; units and descriptions are its columns', UCDs in their meta."""
        schema = name.rpartition(".")[0] if "/" not in name else ""
        if schema:
            self.con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        arrow = {n: arrow_column(table[n]) for n in table.colnames}
        rows = pa.table(arrow | unit_vectors(arrow))
        self.con.register("incoming", rows)
        self.con.execute(f"CREATE OR REPLACE TABLE {sql_name(name)} AS FROM incoming")
        self.con.execute("INSERT INTO tap_schema.tables VALUES (?, ?, '')", [schema or "viz", name])
        types = {r[0]: r[1] for r in self.con.execute(f"DESCRIBE {sql_name(name)}").fetchall()}
        for n in table.colnames:
            self.con.execute(
                "INSERT INTO tap_schema.columns VALUES (?, ?, ?, ?, ?, ?)",
                [name, n, TYPES.get(types[n], "char"), str(table[n].unit or ""), table[n].meta.get("ucd"), n],
            )

    def fail(self, kind: str, where: str = "", **more: Any) -> None:
        """Order a fault."""
        self.faults.append(Fault(kind, where, **more))

    def queries(self) -> list[str]:
        """The ADQL of all queries for rows, in order."""
        return [a.query for a in self.log if a.query and "TAP_SCHEMA" not in a.query and a.method == "POST"]

    @contextmanager
    def serving(self) -> Iterator[Loopback]:
        """Serve in a thread."""
        thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()
            self.con.close()

    # --- answers ---------------------------------------------------------------------------------------

    def answer(
        self, adql: str, maxrec: int | None, uploads: dict[str, Table], limit: int | None = None
    ) -> bytes:
        """The VOTable of a query; ValueError with the words of an error."""
        limits = [each for each in (maxrec, self.hard_limit, limit) if each is not None]
        most = min(limits) if limits else None
        try:
            with self.lock:
                cursor = self.con.cursor()
                for name, table in uploads.items():
                    cursor.register(
                        f"upload_{name}", pa.table({n: arrow_column(table[n]) for n in table.colnames})
                    )
                found = cursor.sql(to_sql(adql)).to_arrow_table()
                found = found.select([n for n in found.column_names if not n.startswith(UNIT)])
                described = self._described(adql)
        except duckdb.Error as error:
            raise ValueError(f"Incorrect ADQL query: {str(error).splitlines()[0]}") from error
        overflow = most is not None and found.num_rows > most
        return self.votable(found.slice(0, most), described, overflow=overflow and not self.silent)

    def _described(self, adql: str) -> dict[str, tuple[str, str]]:
        rows = (
            self.con.cursor()
            .execute("SELECT table_name, column_name, unit, ucd FROM tap_schema.columns")
            .fetchall()
        )
        return {
            column: (unit, ucd)
            for table, column, unit, ucd in rows
            if table in adql or sql_name(table) in adql
        }

    def votable(self, rows: Any, described: dict[str, tuple[str, str]], *, overflow: bool) -> bytes:
        """Rows as a VOTable, the overflow told after them, as TAP wants it."""
        table = Table()
        for name in rows.column_names:
            values = rows[name].to_pylist()
            gone = np.array([v is None for v in values], dtype=bool)
            kind = rows.schema.field(name).type
            plain = [
                ("" if str(kind) in {"string", "large_string"} else 0) if v is None else v for v in values
            ]
            if str(kind).startswith("list"):
                table[name] = lists(values) if values else np.zeros(0)
            else:
                table[name] = np.ma.array(
                    plain,
                    mask=gone,
                    dtype=None if plain and "string" in str(kind) else NUMPY.get(str(kind), "U1"),
                )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = from_table(table)
            found = document.get_first_table()
            for item in found.fields:
                unit, ucd = described.get(item.name, ("", None))
                item.unit, item.ucd = unit or None, ucd
                if str(rows.schema.field(item.name).type).startswith("list"):
                    item.arraysize = "*"
            text = io.BytesIO()
            document.to_xml(text, tabledata_format=self.format)
        xml = text.getvalue().decode()
        for axis in ("ra", "dec"):
            xml = xml.replace(f'ucd="pos.eq.{axis};meta.main"', f'ucd="pos.eq.{axis};meta.main" ref="sys"')
        xml = xml.replace(
            '<RESOURCE type="results">',
            f'<RESOURCE type="results">\n<INFO name="QUERY_STATUS" value="OK"/>{self.coosys}',
        )
        if overflow:
            xml = xml.replace("</RESOURCE>", '<INFO name="QUERY_STATUS" value="OVERFLOW"/></RESOURCE>')
        return xml.encode()

    def cone(self, values: dict[str, str]) -> bytes:
        """The answer of the cone search."""
        ra, dec, radius = (float(values[k]) for k in ("RA", "DEC", "SR"))
        adql = f"SELECT * FROM {sql_name(self.cone_table)} WHERE 1=CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {ra!r}, {dec!r}, {radius!r}))"
        return self.answer(adql, None, {}, self.sync_limit)

    def matched(self, values: dict[str, str], files: dict[str, bytes]) -> bytes:
        """The answer of the cross-match: angDist, what was sent, the columns of the table."""
        sent = list(csv.DictReader(io.StringIO(files["cat1"].decode())))
        name = values["cat2"].removeprefix("vizier:")
        left = Table(
            rows=[[r["left_id"], float(r["left_ra"]), float(r["left_dec"])] for r in sent],
            names=["left_id", "left_ra", "left_dec"],
        )
        distance = separation("w.left_ra", "w.left_dec", "t.RAJ2000", "t.DEJ2000")
        adql = (
            f"SELECT {distance} * 3600 AS angDist, w.*, t.* FROM TAP_UPLOAD.sent AS w JOIN {sql_name(name)} AS t "
            f"ON {distance} * 3600 <= {float(values['distMaxArcsec'])}"
        )
        return self.answer(adql, None, {"sent": left}, self.sync_limit)

    def job_xml(self, number: str) -> bytes:
        """A job as UWS describes it."""
        job = self.jobs[number]
        if job.phase == "EXECUTING" and time.monotonic() >= job.until:
            job.phase = "ERROR" if job.message else "COMPLETED"
        error = f'<uws:errorSummary type="fatal" hasDetail="false"><uws:message>{escape(job.message)}</uws:message></uws:errorSummary>'
        result = f'<uws:results><uws:result id="result" xlink:href="{self.url}/async/{number}/results/result"/></uws:results>'
        return (
            '<?xml version="1.0"?><uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="1.1">'
            f'<uws:jobId>{number}</uws:jobId><uws:ownerId xsi:nil="true"/><uws:phase>{job.phase}</uws:phase>'
            f'<uws:quote xsi:nil="true"/><uws:executionDuration>0</uws:executionDuration><uws:destruction>{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))}</uws:destruction>'
            f'<uws:parameters><uws:parameter id="query">{escape(job.query)}</uws:parameter></uws:parameters>'
            f"{result if job.phase == 'COMPLETED' else '<uws:results/>'}{error if job.phase == 'ERROR' else ''}</uws:job>"
        ).encode()

    def capabilities(self) -> bytes:
        """What it says of itself."""
        shapes = ["POINT", "CIRCLE", *(["POLYGON"] if self.polygons else []), "CONTAINS"]
        features = "".join(f"<feature><form>{shape}</form></feature>" for shape in shapes)
        upload = '<uploadMethod ivo-id="ivo://ivoa.net/std/TAPRegExt#upload-inline"/>' if self.uploads else ""
        limit = (
            ""
            if self.hard_limit is None
            else (
                f'<outputLimit><default unit="row">{min(2000, self.hard_limit)}</default><hard unit="row">{self.hard_limit}</hard></outputLimit>'
            )
        )
        return (
            '<?xml version="1.0"?><vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" '
            'xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">'
            f'<interface role="std" xsi:type="vs:ParamHTTP"><accessURL use="base">{self.url}</accessURL></interface>'
            '<language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version>'
            f'<languageFeatures type="ivo://ivoa.net/std/TAPRegExt#features-adqlgeo">{features}</languageFeatures></language>'
            "<outputFormat><mime>application/x-votable+xml</mime><alias>votable</alias></outputFormat>"
            f"{upload}{limit}</capability></vosi:capabilities>"
        ).encode()


def lists(values: list[list[float | None] | None]) -> np.ndarray:
    """Lists of several lengths as the VOTable writer takes them: an array of each."""
    made = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        made[i] = np.ma.masked_invalid([np.nan if v is None else v for v in value or ()])
    return made


NUMPY = {
    "double": "f8",
    "float": "f4",
    "int64": "i8",
    "int32": "i4",
    "int16": "i2",
    "bool": "?",
    "int8": "i2",
}


def arrow_column(column: Any) -> Any:
    """A column of an astropy table as Arrow, masked values NULL."""
    mask = np.ma.getmaskarray(np.ma.asarray(column))
    if mask.ndim > 1 or column.dtype.kind == "O" and any(isinstance(v, np.ndarray) for v in column):
        return pa.array([np.ma.filled(v, np.nan if v.dtype.kind == "f" else 0).tolist() for v in column])
    return pa.array([None if gone else v for v, gone in zip(np.asarray(column).tolist(), mask, strict=True)])


UNIT = "hidden_unit_"
"""Beginning of the names of the columns, told to nobody, with a star's unit vector: polygons are quick by them."""


def unit_vectors(columns: dict[str, Any]) -> dict[str, Any]:
    """The unit vectors of the positions of a table that has some."""
    for names in (("ra", "dec"), ("RAJ2000", "DEJ2000"), ("RA_ICRS", "DE_ICRS"), ("RAICRS", "DEICRS")):
        if names[0] in columns and names[1] in columns:
            ra, dec = (
                np.radians(columns[n].cast(pa.float64()).to_numpy(zero_copy_only=False)) for n in names
            )
            axes = (np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec))
            return {
                f"{UNIT}{axis}": pa.array(v, from_pandas=True) for axis, v in zip("xyz", axes, strict=True)
            }
    return {}


def sql_name(name: str) -> str:
    """The name in SQL: VizieR's in quotes."""
    return f'"{name}"' if "/" in name else name


def separation(ra1: str, dec1: str, ra2: str, dec2: str) -> str:
    """SQL of the angle [deg] by the haversine."""
    return (
        f"(2 * degrees(asin(least(1.0, sqrt(pow(sin(radians({dec2} - {dec1}) / 2), 2) + cos(radians({dec1})) * "
        f"cos(radians({dec2})) * pow(sin(radians({ra2} - {ra1}) / 2), 2))))))"
    )


_NAME = r"""((?:\w+\.)?(?:"[^"]*"|\w+))"""
_CONTAINS = re.compile(
    rf"1=CONTAINS\(POINT\('ICRS', {_NAME}, {_NAME}\), (CIRCLE|POLYGON)\('ICRS', ([^)]*)\)\)"
)


def to_sql(adql: str) -> str:
    """The query as DuckDB's."""
    sql = _CONTAINS.sub(_shape, adql)
    sql = re.sub(r"TAP_UPLOAD\.(\w+)", r"upload_\1", sql)
    top = re.match(r"SELECT TOP (\d+) ", sql)
    return f"SELECT {sql[top.end() :]} LIMIT {top[1]}" if top else sql


def _shape(match: re.Match[str]) -> str:
    ra, dec, kind, listed = match.groups()
    numbers = [each.strip() for each in listed.split(",")]
    if kind == "CIRCLE":
        return f"{separation(numbers[0], numbers[1], ra, dec)} <= {numbers[2]}"
    angles = np.radians(np.array(numbers, dtype=float).reshape(-1, 2))
    corners = np.stack(
        [
            np.cos(angles[:, 1]) * np.cos(angles[:, 0]),
            np.cos(angles[:, 1]) * np.sin(angles[:, 0]),
            np.sin(angles[:, 1]),
        ],
        1,
    )
    sides = np.cross(corners, np.roll(corners, -1, axis=0))
    if sides[0] @ corners.mean(axis=0) < 0:
        sides = -sides
    star = [f"{ra.rpartition('.')[0]}.{UNIT}{axis}".lstrip(".") for axis in "xyz"]
    tests = (f"{x!r} * {star[0]} + {y!r} * {star[1]} + {z!r} * {star[2]} >= 0" for x, y, z in sides.tolist())
    return "(" + " AND ".join(tests) + ")"


def error_votable(words: str) -> bytes:
    """An error as DALI wants it."""
    return (
        '<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
        f'<INFO name="QUERY_STATUS" value="ERROR">{escape(words)}</INFO></RESOURCE></VOTABLE>'
    ).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers one connection of the server's `loopback`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.handled("GET")

    def do_POST(self) -> None:
        self.handled("POST")

    def do_DELETE(self) -> None:
        self.handled("DELETE")

    @property
    def loopback(self) -> Loopback:
        return self.server.loopback  # type: ignore[attr-defined]

    def handled(self, method: str) -> None:
        loopback = self.loopback
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given, files = form_values(self.headers.get("Content-Type") or "", body)
        values = dict(urllib.parse.parse_qsl(query)) | given
        if path.startswith(("/tap", "/scs")):
            values = {key.upper(): value for key, value in values.items()}
        with loopback.lock:
            loopback.log.append(Asked(method, path, values.get("QUERY", ""), values, time.monotonic()))
            loopback.running += 1
            loopback.most_running = max(loopback.most_running, loopback.running)
        try:
            fault = self.next_fault(f"{method} {path} {values.get('QUERY', '')}")
            if loopback.canned is not None and path == "/tap/sync":
                self.send_file(loopback.canned)
            elif fault is None or not self.broken(fault):
                reply = route(loopback, method, path, values, files)
                self.send(*reply, cut=fault.kind if fault else "")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with loopback.lock:
                loopback.running -= 1

    def next_fault(self, text: str) -> Fault | None:
        with self.loopback.lock:
            for fault in self.loopback.faults:
                if fault.times > 0 and fault.where in text:
                    fault.times -= 1
                    return fault
        return None

    def broken(self, fault: Fault) -> bool:
        """Answer with the fault; False where the right answer follows, cut or late."""
        if fault.kind == "drop":
            self.close_connection = True
            self.connection.close()
            return True
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        if fault.kind in MOVED:
            where = f"http://localhost:{self.loopback.server.server_port}{self.path}"
            self.send(int(fault.kind), "text/plain", b"", {"Location": where})
        elif fault.kind.isdigit():
            more = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self.send(int(fault.kind), "text/plain", b"the service is tired", more)
        elif fault.kind in WRONG:
            self.send(200, *WRONG[fault.kind], {})
        return fault.kind.isdigit() or fault.kind in WRONG

    def send(self, status: int, kind: str, content: bytes, more: dict[str, str], cut: str = "") -> None:
        if "gz" in cut:
            content = gzip.compress(content)
        if cut == "gz-encoded":
            more = more | {"Content-Encoding": "gzip"}
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in more.items():
            self.send_header(name, value)
        if "silently" not in cut:
            self.send_header("Content-Length", str(len(content)))
        if cut.startswith("cut"):
            self.send_header("Connection", "close")
            self.close_connection = True
            content = content[: len(content) // 2]
        self.end_headers()
        self.wfile.write(content)

    def send_file(self, file: Path) -> None:
        """A file as the answer, which may be larger than memory."""
        self.send_response(200)
        self.send_header("Content-Type", VOTABLE)
        self.send_header("Content-Length", str(file.stat().st_size))
        self.end_headers()
        with file.open("rb") as stream:
            shutil.copyfileobj(stream, self.wfile, 1 << 20)


def form_values(kind: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """The values and files of a form."""
    if not kind.startswith("multipart/"):
        return dict(urllib.parse.parse_qsl(body.decode())) if body else {}, {}
    message = email.message_from_bytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP
    )
    values: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if part.get_filename() is None:
            values[name] = content.decode()
        else:
            files[name] = content
    return values, files


def uploaded(values: dict[str, str], files: dict[str, bytes]) -> dict[str, Table]:
    """The tables sent along: UPLOAD=name,param:file."""
    found = {}
    for item in filter(None, values.get("UPLOAD", "").split(";")):
        name, _, where = item.partition(",")
        found[name] = parse_single_table(io.BytesIO(files[where.removeprefix("param:")])).to_table()
    return found


MOVED = {"301", "302", "307", "308"}
"""Statuses of a service that has moved to another host, where it is as it was."""

VOTABLE = "application/x-votable+xml"
WRONG = {
    "error": (VOTABLE, error_votable("no such column: colour")),
    "html": ("text/html", b"<html><body><h1>Welcome</h1>please log in</body></html>"),
}
"""Answers of status 200 that are none."""

Reply = tuple[int, str, bytes, dict[str, str]]


def route(
    loopback: Loopback, method: str, path: str, values: dict[str, str], files: dict[str, bytes]
) -> Reply:
    """Status, type, body and further headers of the answer."""
    if path == "/scs":
        return 200, VOTABLE, loopback.cone({k.upper(): v for k, v in values.items()}), {}
    if path == "/xmatch/sync/tables":
        names = loopback.con.cursor().execute("SELECT table_name FROM tap_schema.tables").fetchall()
        return 200, "text/plain", "\n".join(name for (name,) in names).encode(), {}
    if path == "/xmatch/sync":
        return 200, VOTABLE, loopback.matched(values, files), {}
    if path == "/tap/capabilities":
        return 200, "text/xml", loopback.capabilities(), {}
    if path == "/tap/sync":
        maxrec = int(values["MAXREC"]) if "MAXREC" in values else None
        time.sleep(loopback.sync_s)
        try:
            return (
                200,
                VOTABLE,
                loopback.answer(values["QUERY"], maxrec, uploaded(values, files), loopback.sync_limit),
                {},
            )
        except ValueError as error:
            return 400, VOTABLE, error_votable(str(error)), {}
    if path.startswith("/tap/async") and loopback.has_jobs:
        return job_route(loopback, method, path, values, files)
    return 404, "text/plain", b"there is nothing here", {}


def job_route(
    loopback: Loopback, method: str, path: str, values: dict[str, str], files: dict[str, bytes]
) -> Reply:
    """The same for jobs."""
    if path == "/tap/async":
        number = str(next(loopback.numbers))
        maxrec = int(values["MAXREC"]) if "MAXREC" in values else None
        loopback.jobs[number] = Job(values["QUERY"], maxrec, uploaded(values, files))
        return 303, "text/plain", b"", {"Location": f"{loopback.url}/async/{number}"}
    number, _, rest = path.removeprefix("/tap/async/").partition("/")
    if number not in loopback.jobs:
        return 404, "text/plain", b"no such job", {}
    job = loopback.jobs[number]
    if method == "DELETE":
        del loopback.jobs[number]
        return 303, "text/plain", b"", {"Location": f"{loopback.url}/async"}
    if rest == "phase" and values.get("PHASE") == "RUN":
        job.phase, job.until = "EXECUTING", time.monotonic() + loopback.job_s
        return 303, "text/plain", b"", {"Location": f"{loopback.url}/async/{number}"}
    if rest == "results/result":
        return 200, VOTABLE, loopback.answer(job.query, job.maxrec, job.uploads), {}
    if job.phase == "EXECUTING" and time.monotonic() >= job.until:
        try:
            to_check = to_sql(job.query)
            if not job.uploads:
                loopback.con.cursor().execute(f"EXPLAIN {to_check}")
        except duckdb.Error as error:
            job.message = f"Incorrect ADQL query: {str(error).splitlines()[0]}"
    return 200, "text/xml", loopback.job_xml(number), {}
