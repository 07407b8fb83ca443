"""The documents of UWS 1.1: a job, and the list of jobs."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from xml.etree import ElementTree

from catalogdb.formats.xml import legal
from catalogdb.service.uws.jobs import COMPLETED, ERROR, Job, Listed

_UWS = "http://www.ivoa.net/xml/UWS/v1.0"
_XLINK = "http://www.w3.org/1999/xlink"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def iso(seconds: float) -> str:
    """A Unix time as UWS writes times: UTC, with a Z."""
    when = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def from_iso(text: str) -> float:
    """The Unix time of an ISO 8601 text, UTC where it names no zone; raises ValueError."""
    when = datetime.datetime.fromisoformat(text.strip())
    return (when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp()


def job_document(job: Job, url: str) -> bytes:
    """The job at `url`."""
    root = _root("job")
    _add(root, "jobId", job.id)
    if job.run_id:
        _add(root, "runId", job.run_id)
    _add(root, "ownerId", job.user_name)
    _add(root, "phase", job.phase)
    _add(root, "quote", iso((job.started or job.created) + job.duration_s) if job.duration_s else None)
    _add(root, "creationTime", iso(job.created))
    _add(root, "startTime", iso(job.started) if job.started is not None else None)
    _add(root, "endTime", iso(job.ended) if job.ended is not None else None)
    _add(root, "executionDuration", str(math.ceil(job.duration_s)))
    _add(root, "destruction", iso(job.destruction))
    root.append(_parameters(job))
    root.append(_results(job, url))
    if job.phase == ERROR:
        kind = "transient" if job.error_is_transient else "fatal"
        summary = ElementTree.SubElement(root, "uws:errorSummary", type=kind, hasDetail="true")
        _add(summary, "message", job.error or "")
    return _text(root)


def parameters_document(job: Job) -> bytes:
    """The parameters of a job, alone."""
    return _text(_parameters(job, _root("parameters")))


def results_document(job: Job, url: str) -> bytes:
    """The results of a job, alone."""
    return _text(_results(job, url, _root("results")))


def list_document(jobs: Sequence[Listed], url: str) -> bytes:
    """References to jobs; `url` is that of the list."""
    root = _root("jobs")
    for job in jobs:
        each = ElementTree.SubElement(root, "uws:jobref", {"id": job.id, "xlink:href": f"{url}/{job.id}"})
        _add(each, "phase", job.phase)
        if job.run_id:
            _add(each, "runId", job.run_id)
        _add(each, "ownerId", job.user_name)
        _add(each, "creationTime", iso(job.created))
    return _text(root)


def _parameters(job: Job, element: ElementTree.Element | None = None) -> ElementTree.Element:
    element = ElementTree.Element("uws:parameters") if element is None else element
    for name, value in job.parameters:
        _add(element, "parameter", value).set("id", legal(name))
    return element


def _results(job: Job, url: str, element: ElementTree.Element | None = None) -> ElementTree.Element:
    element = ElementTree.Element("uws:results") if element is None else element
    if job.phase == COMPLETED:
        ElementTree.SubElement(
            element,
            "uws:result",
            {
                "id": "result",
                "xlink:type": "simple",
                "xlink:href": f"{url}/results/result",
                "size": str(job.bytes),
                "mime-type": job.content_type or "",
            },
        )
    return element


def _root(name: str) -> ElementTree.Element:
    spaces = {"xmlns:uws": _UWS, "xmlns:xlink": _XLINK, "xmlns:xsi": _XSI}
    version = {"version": "1.1"} if name in {"job", "jobs"} else {}
    return ElementTree.Element(f"uws:{name}", spaces | version)


def _add(parent: ElementTree.Element, name: str, text: str | None) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"uws:{name}")
    if text is None:
        element.set("xsi:nil", "true")
    else:
        element.text = legal(text)
    return element


def _text(root: ElementTree.Element) -> bytes:
    found: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return found
