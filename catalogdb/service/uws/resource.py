"""/tap/async and what is below it: jobs made, told, changed, waited for and removed (UWS 1.1)."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from catalogdb.formats import find_format
from catalogdb.service.access import note
from catalogdb.service.errors import document
from catalogdb.service.packing import packed
from catalogdb.service.parameters import BadRequest, Parameters, parameters_of
from catalogdb.service.query import run_id_of
from catalogdb.service.uploads.collect import collect_uploads
from catalogdb.service.uws import documents
from catalogdb.service.uws.jobs import ABORTED, COMPLETED, ERROR, PENDING, PHASES, Job
from catalogdb.service.uws.owners import owner_of, remember

if TYPE_CHECKING:
    from catalogdb.service.service import Service

_XML = "text/xml"
_ID = re.compile(r"[0-9a-f]{32}")
_MOST_LISTED = 10_000
_MOST_DIGITS = 18
_MOST_CHARACTERS = 4 * 1024**2
_LONGEST_WAIT_S = 50.0
"""Below the patience of proxies; a client that waits longer asks again."""

_NEVER = ("HELD", "SUSPENDED", "UNKNOWN", "ARCHIVED")
"""The phases of UWS in which no job of this service is."""

_CONTROL = frozenset({"PHASE", "ACTION", "WAIT", "DESTRUCTION", "EXECUTIONDURATION"})
"""What is said of a job, and is no parameter of its query."""


async def list_or_make(service: Service, request: Request) -> ASGIApp:
    """GET: the client's own jobs. POST: a new job, which is where the answer points to."""
    if request.method != "POST":
        return await _list(service, request)
    owner, user = owner_of(request), request.scope.get("catalogdb.user")
    async with parameters_of(request, service.limits) as parameters:
        limits = service.limits
        service.jobs.check_room()
        job = service.jobs.jobs.add(
            owner=owner,
            user_name=user,
            run_id=run_id_of(parameters),
            service=service.base_url(request),
            parameters=_own(parameters),
            duration_s=limits.async_s,
            destruction=time.time() + limits.retention_s,
        )
        try:
            uploads = await _uploads(service, request, job, parameters)
            job = service.jobs.save(replace(job, uploads=uploads))
            job = await _control(service, job, parameters)
        except BaseException:
            await service.jobs.remove(job)
            raise
    note(request, job=job.id, phase=job.phase, query=parameters.get("QUERY"))
    is_https = service.base_url(request).startswith("https:")
    return remember(request, owner, _see(service, request, job), secure=is_https)


async def _list(service: Service, request: Request) -> Response:
    parameters = Parameters.of(request.query_params.multi_items())
    phases = [phase.upper() for phase in parameters.all("PHASE")]
    if wrong := [phase for phase in phases if phase not in (*PHASES, *_NEVER)]:
        raise BadRequest(f"PHASE is {wrong[0]!r}: one of {', '.join(PHASES)}")
    after, last = parameters.get("AFTER"), parameters.get("LAST")
    if last is not None and not (last.isascii() and last.isdigit()):
        raise BadRequest(f"LAST is {last!r}, not a number of jobs")
    jobs = service.jobs.jobs.listed(
        owner_of(request),
        phases=phases,
        after=None if after is None else _time(after, "AFTER"),
        last=_MOST_LISTED if last is None or len(last) > _MOST_DIGITS else min(int(last), _MOST_LISTED),
    )
    url = f"{service.base_url(request)}/tap/async"
    # In a thread: the list of thousands of jobs does not hold up other requests.
    return _xml(await run_in_threadpool(documents.list_document, jobs, url))


async def job_itself(service: Service, request: Request) -> ASGIApp:
    """GET: the job, when it has changed if WAIT says so. POST: change or remove it. DELETE: remove it."""
    job = _found(service, request)
    if request.method == "DELETE":
        return await _removed(service, request, job)
    if request.method == "POST":
        async with parameters_of(request, service.limits) as parameters:
            if (parameters.get("ACTION") or "").upper() == "DELETE":
                return await _removed(service, request, job)
            job = await _with_parameters(service, request, job, parameters)
            job = await _control(service, job, parameters)
        return _see(service, request, job)
    job = await _waited(service, job, Parameters.of(request.query_params.multi_items()))
    return _xml(documents.job_document(job, _url(service, request, job)))


async def part_of_job(service: Service, request: Request) -> ASGIApp:
    """One thing of a job: GET tells it, POST changes it where it may be changed."""
    job = _found(service, request)
    part = request.path_params["part"]
    if request.method == "POST":
        async with parameters_of(request, service.limits) as parameters:
            if part == "parameters":
                job = await _with_parameters(service, request, job, parameters)
            elif part.upper() in _CONTROL:
                job = await _control(service, job, parameters)
            else:
                return document(f"{part} of a job can not be changed", 405)
        return _see(service, request, job)
    url = _url(service, request, job)
    if part == "parameters":
        return _xml(documents.parameters_document(job))
    if part == "results":
        return _xml(documents.results_document(job, url))
    if part == "error":
        if job.phase != ERROR:
            return document(f"the job is {job.phase}: there is no error", 404)
        return document(job.error or "", 200)
    text = _texts(job).get(part)
    if text is None:
        return document(f"a job has no {part}", 404)
    return PlainTextResponse(text, headers={"Content-Type": "text/plain"})


async def result_of_job(service: Service, request: Request) -> ASGIApp:
    """The file of the result."""
    job = _found(service, request)
    if job.phase == ERROR:
        # Not every client asks for the error first.
        return document(f"the job has failed: {job.error}", 404)
    if job.phase != COMPLETED or request.path_params["name"] != "result":
        return document(f"the job is {job.phase}: there is no such result", 404)
    note(request, job=job.id, rows=job.rows)
    headers = {
        "Content-Type": job.content_type or "",
        "Content-Disposition": f'inline; filename="result{job.suffix or ""}"',
    }
    response = FileResponse(service.jobs.jobs.result(job), headers=headers)
    return packed(request, find_format(headers["Content-Type"]).name, response)


def _found(service: Service, request: Request) -> Job:
    number = request.path_params["job"]
    job = service.jobs.jobs.get(number) if _ID.fullmatch(number) else None
    if job is None or job.user_name not in (None, request.scope.get("catalogdb.user")):
        raise BadRequest("there is no such job; perhaps its time is over", 404)
    return job


async def _control(service: Service, job: Job, parameters: Parameters) -> Job:
    """Do what the parameters say of the job itself, its phase last."""
    if (given := parameters.get("EXECUTIONDURATION")) is not None:
        job = service.jobs.save(replace(job, duration_s=_duration(service, given)))
    if (given := parameters.get("DESTRUCTION")) is not None:
        latest = job.created + service.limits.longest_retention_s
        job = service.jobs.save(replace(job, destruction=min(_time(given, "DESTRUCTION"), latest)))
    phase = (parameters.get("PHASE") or "").strip().upper()
    if phase == "RUN":
        if job.phase != PENDING:
            raise BadRequest(f"the job is {job.phase}: only a PENDING one can be run")
        return await service.jobs.run(job)
    if phase == "ABORT":
        return await service.jobs.abort(job)
    if phase:
        raise BadRequest(f"PHASE is {phase!r}: send RUN or ABORT")
    return job


def _duration(service: Service, given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise BadRequest(f"EXECUTIONDURATION is {given!r}, not a number of seconds")
    most = service.limits.async_max_s
    # UWS: 0 is without limit, as far as the service goes.
    return min(seconds, most) if seconds else most


def _time(given: str, name: str) -> float:
    try:
        return documents.from_iso(given)
    except ValueError:
        raise BadRequest(f"{name} is {given!r}, not a time such as 2026-01-31T12:00:00Z") from None


def _own(parameters: Parameters) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in parameters.pairs() if name not in _CONTROL)


async def _with_parameters(service: Service, request: Request, job: Job, parameters: Parameters) -> Job:
    """The job with further parameters; UPLOAD adds to what is there, the others take its place."""
    given = _own(parameters)
    if not given:
        return job
    _check_pending(job)
    uploads = await _uploads(service, request, job, parameters)
    # While tables were fetched other requests may have changed it.
    job = service.jobs.jobs.get(job.id) or job
    _check_pending(job)
    replaced = {name for name, _ in given} - {"UPLOAD"}
    kept = tuple(pair for pair in job.parameters if pair[0] not in replaced)
    if sum(len(name) + len(value) for name, value in (*kept, *given)) > _MOST_CHARACTERS:
        raise BadRequest("the parameters of the job are too large together", 413)
    return service.jobs.save(
        replace(
            job,
            parameters=(*kept, *given),
            run_id=run_id_of(parameters) or job.run_id,
            uploads=(*job.uploads, *uploads),
        )
    )


def _check_pending(job: Job) -> None:
    if job.phase != PENDING:
        raise BadRequest(f"the job is {job.phase}: parameters can be given while it is PENDING")


async def _uploads(
    service: Service, request: Request, job: Job, parameters: Parameters
) -> tuple[dict[str, Any], ...]:
    """The tables that come with the request, in the folder of the job."""
    folder = service.jobs.jobs.folder_of(job)
    return tuple(await collect_uploads(service, request, parameters, folder))


async def _removed(service: Service, request: Request, job: Job) -> Response:
    await service.jobs.remove(job)
    return RedirectResponse(f"{service.base_url(request)}/tap/async", 303)


async def _waited(service: Service, job: Job, parameters: Parameters) -> Job:
    """The job once it has left its phase, or after WAIT seconds; -1 is as long as the service goes."""
    given = parameters.get("WAIT")
    if given is None:
        return job
    try:
        seconds = float(given)
    except ValueError:
        raise BadRequest(f"WAIT is {given!r}, not a number of seconds") from None
    phase = parameters.get("PHASE")
    seconds = _LONGEST_WAIT_S if seconds < 0 else min(seconds, _LONGEST_WAIT_S)
    until = time.monotonic() + seconds
    if phase is not None and phase.upper() != job.phase:
        return job
    now = job
    while now.is_active and now.phase == job.phase and (left := until - time.monotonic()) > 0:
        await service.jobs.wait(now, left)
        now = service.jobs.jobs.get(job.id) or replace(now, phase=ABORTED)
    return now


def _texts(job: Job) -> Mapping[str, str]:
    started = job.started or job.created
    return {
        "phase": job.phase,
        "quote": documents.iso(started + job.duration_s),
        "executionduration": str(math.ceil(job.duration_s)),
        "destruction": documents.iso(job.destruction),
        "owner": job.user_name or "",
    }


def _url(service: Service, request: Request, job: Job) -> str:
    return f"{service.base_url(request)}/tap/async/{job.id}"


def _see(service: Service, request: Request, job: Job) -> Response:
    return RedirectResponse(_url(service, request, job), 303)


def _xml(text: bytes) -> Response:
    return Response(text, headers={"Content-Type": _XML})
