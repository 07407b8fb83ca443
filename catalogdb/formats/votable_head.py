"""The elements of a VOTable 1.4 around its data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from catalogdb.formats.header import CooSys, Descriptor, Field, Group, Header, Info, Link, TimeSys
from catalogdb.formats.kinds import Kind
from catalogdb.formats.xml import attributes, content

_START = """<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"\
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\
 xsi:schemaLocation="http://www.ivoa.net/xml/VOTable/v1.3 http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
"""
_RESULTS_END = "</RESOURCE>\n"
_END = "</VOTABLE>\n"
OK = Info("QUERY_STATUS", "OK")
OVERFLOW = Info("QUERY_STATUS", "OVERFLOW")


def document_start(
    header: Header, kinds: Sequence[Kind], wide: Sequence[bool], *, magic: bool, lengths: Sequence[int | None]
) -> str:
    """All up to and with the FIELDs; with `magic`, whole numbers name the value that stands for NULL.

    `wide` tells which texts are of UTF-16, `lengths` the most characters of the texts where known.
    """
    ids = _ids(header)
    fields = zip(header.fields, kinds, wide, lengths, strict=True)
    return "".join(
        (
            _START,
            _description(header.description),
            *map(info, (OK, *header.infos)),
            *map(_coosys, header.coosys),
            *map(_timesys, header.timesys),
            f"<TABLE{attributes(name=header.table_name)}>\n",
            *(
                _field(each, kind, is_wide, length, ids.get(each.name), magic=magic)
                for each, kind, is_wide, length in fields
            ),
            *_groups(header.groups, ids),
            *map(_link, header.links),
        )
    )


def document_end(header: Header, infos: Iterable[Info] = ()) -> str:
    """All after the DATA, or after the FIELDs where there is none."""
    ids = _ids(header)
    services = (_descriptor(each, ids[each.column]) for each in header.descriptors)
    return "".join(("</TABLE>\n", *map(info, infos), _RESULTS_END, *services, _END))


def error_document(message: str, infos: Sequence[Info] = ()) -> bytes:
    """The VOTable that tells a client why there is no result, as DALI has it."""
    return "".join((_START, info(failure(message)), *map(info, infos), _RESULTS_END, _END)).encode()


def failure(message: str) -> Info:
    """The INFO of an error: the message is its content."""
    return Info("QUERY_STATUS", "ERROR", message)


def info(each: Info) -> str:
    """An INFO element."""
    named = attributes(name=each.name, value=each.value, ucd=each.ucd)
    return f"<INFO{named}>{content(each.content)}</INFO>\n" if each.content else f"<INFO{named}/>\n"


def _description(text: str | None) -> str:
    return f"<DESCRIPTION>{content(text)}</DESCRIPTION>\n" if text else ""


def _coosys(each: CooSys) -> str:
    named = attributes(ID=each.id, system=each.system, equinox=each.equinox, epoch=each.epoch)
    return f"<COOSYS{named}/>\n"


def _timesys(each: TimeSys) -> str:
    return "<TIMESYS{}/>\n".format(
        attributes(
            ID=each.id, timeorigin=each.timeorigin, timescale=each.timescale, refposition=each.refposition
        )
    )


def _link(each: Link) -> str:
    named = {"content-role": each.content_role, "content-type": each.content_type, "title": each.title}
    return f"<LINK{attributes(**named, href=each.href)}/>\n"


def arraysize(kind: Kind, length: int | None) -> str | None:
    """The attribute of a FIELD; None for single values."""
    if kind.is_text:
        return "*" if length is None else f"{max(length, 1)}*"
    if kind.shape is None:
        return None
    return str(kind.shape or "*")


def _field(each: Field, kind: Kind, wide: bool, length: int | None, id_: str | None, *, magic: bool) -> str:
    named = attributes(
        ID=id_,
        name=each.name,
        datatype="unicodeChar" if wide else kind.datatype,
        arraysize=arraysize(kind, length),
        unit=each.unit or None,
        ucd=each.ucd,
        utype=each.utype,
        xtype=each.xtype,
        ref=each.ref,
    )
    inside = _description(each.about)
    if kind.is_whole and (magic or kind.is_list):
        inside += f'<VALUES null="{kind.lowest}"/>\n'
    inside += "".join(map(_link, each.links))
    return f"<FIELD{named}>\n{inside}</FIELD>\n" if inside else f"<FIELD{named}/>\n"


def _ids(header: Header) -> dict[str, str]:
    """The ID of each column that a group or a service names: its name, where that can be one.

    Some readers show the ID instead of the name.
    """
    members = {name for group in header.groups for name in group.columns}
    members |= {each.column for each in header.descriptors}
    taken = {each.id for each in header.coosys} | {each.id for each in header.timesys}
    ids = {}
    for i, field in enumerate(header.fields, start=1):
        if field.name in members:
            usable = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", field.name) and field.name not in taken
            ids[field.name] = field.name if usable else f"column.{i}"
    return ids


def _groups(groups: Iterable[Group], ids: Mapping[str, str]) -> Iterator[str]:
    for group in groups:
        yield f"<GROUP{attributes(name=group.name, ucd=group.ucd, utype=group.utype)}>\n"
        yield _description(group.about)
        for name in group.columns:
            yield f'<FIELDref ref="{ids[name]}"/>\n'
        yield "</GROUP>\n"


def _descriptor(each: Descriptor, ref: str) -> str:
    """The RESOURCE of a service: how it is called, and which column its parameter comes from."""
    about = {"standardID": each.standard_id, "accessURL": each.access_url, "contentType": each.content_type}
    return "".join(
        (
            f"<RESOURCE{attributes(type='meta', utype='adhoc:service', name=each.name)}>\n",
            _description(each.about),
            *(_param(name, value) for name, value in about.items()),
            '<GROUP name="inputParams">\n',
            _param(each.parameter, "", ref),
            "</GROUP>\n</RESOURCE>\n",
        )
    )


def _param(name: str, value: str, ref: str | None = None) -> str:
    return f"<PARAM{attributes(name=name, datatype='char', arraysize='*', value=value, ref=ref)}/>\n"
