"""Plain requests: those whose parameters are all strings, whole numbers and booleans, written without botocore's serialiser.

A writer is compiled for each operation. It gives None for anything else, and for whatever botocore would refuse: that is botocore's to
serialise, or to say. A lane proves itself with what its writer makes of the first request (`cirql.cloud.service`).

Sources: Smithy 2.0, AWS JSON 1.1, AWS query, EC2 query and restXml protocols (operation serialization).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from botocore.awsrequest import _urljoin
from botocore.model import OperationModel, Shape

from cirql.startup.regexes import regex

Write = Callable[[Mapping[str, Any]], bytes | None]
Take = Callable[[Mapping[str, Any]], list[tuple[str, Any]] | None]
_LABEL = regex(r"\{(\w+)(\+?)\}")
_SCALARS: dict[str, type] = {"string": str, "integer": int, "long": int, "boolean": bool}
_UNRESERVED = "-._~"
"""What botocore leaves as it is in paths and queries, beside letters and digits (RFC 3986 §2.3)."""


def form(fields: Mapping[str, Any]) -> bytes:
    """The body of a request of the query protocols, as botocore prepares it."""
    return urlencode(list(fields.items()), doseq=True).encode()


def _taking(shape: Shape, spelled: Mapping[str, str]) -> Take:
    """How to look at parameters: their spellings and values in the order given, None where one is not plain or not as it has to be."""
    members = {
        name: (spelled[name], _SCALARS[member.type_name], member.metadata.get("min"))
        for name, member in shape.members.items()
        if member.type_name in _SCALARS and name in spelled
    }
    required = tuple(shape.required_members)
    is_plain = not (shape.is_tagged_union or shape.is_document_type)

    def take(params: Mapping[str, Any]) -> list[tuple[str, Any]] | None:
        found = []
        for name, value in params.items():
            member = members.get(name)
            if member is None:
                return None
            spelling, kind, least = member
            if type(value) is not kind or (least is not None and (len(value) if isinstance(value, str) else value) < least):
                return None
            found.append((spelling, value))
        if not is_plain or any(name not in params for name in required):
            return None
        return found

    return take


def json_writer(shape: Shape | None) -> Write:
    """How to write the JSON body of a plain request."""
    if shape is None:
        return lambda params: None if params else b"{}"
    take = _taking(shape, {name: member.serialization.get("name", name) for name, member in shape.members.items()})

    def write(params: Mapping[str, Any]) -> bytes | None:
        found = take(params)
        return None if found is None else json.dumps(dict(found)).encode()

    return write


def form_writer(model: OperationModel) -> Write:
    """How to write the form of a plain request of the query protocols."""
    head = form({"Action": model.name, "Version": model.metadata["apiVersion"]})
    shape = model.input_shape
    if shape is None:
        return lambda params: None if params else head
    is_ec2 = model.service_model.resolved_protocol == "ec2"
    spell = _ec2_spelling if is_ec2 else _query_spelling
    take = _taking(shape, {name: spell(member, name) for name, member in shape.members.items()})

    def write(params: Mapping[str, Any]) -> bytes | None:
        found = take(params)
        if found is None:
            return None
        try:
            return b"".join((head, *(f"&{quote_plus(name)}={quote_plus(_said(value))}".encode() for name, value in found)))
        except UnicodeEncodeError:
            return None

    return write


def _query_spelling(shape: Shape, name: str) -> str:
    return str(shape.serialization.get("name", name))


def _ec2_spelling(shape: Shape, name: str) -> str:
    if "queryName" in shape.serialization:
        return str(shape.serialization["queryName"])
    spelling = str(shape.serialization.get("name", name))
    return spelling[0].upper() + spelling[1:] if "name" in shape.serialization else spelling


def url_writer(model: OperationModel, endpoint: str) -> Callable[[Mapping[str, Any]], str | None] | None:
    """How to write the URL of a plain request that has nothing but it; None for an operation that may have more.

    `endpoint` is a template with a slot `%(Bucket)s` where it depends on a bucket.
    """
    shape = model.input_shape
    uri = model.http["requestUri"]
    if shape is None:
        whole = _urljoin(endpoint, _escaped(uri), None) % {}
        return lambda params: None if params else whole
    places = {
        name: (member.serialization.get("location"), member.serialization.get("name", name)) for name, member in shape.members.items()
    }
    labels = dict(_LABEL.findall(uri))
    required = {places[name][1] for name in shape.required_members if places[name][0] == "uri"}
    if not labels.keys() <= required or ("authPath" in model.http and labels):
        return None
    template = _urljoin(endpoint, _slots(uri), None)
    has_query = "?" in template
    take = _taking(shape, {name: name for name, (place, _) in places.items() if place in ("uri", "querystring")})

    def write(params: Mapping[str, Any]) -> str | None:
        found = take(params)
        if found is None:
            return None
        slots, query = {}, []
        for name, value in found:
            place, spelling = places[name]
            try:
                text = quote(_said(value), safe="/~" if labels.get(spelling) and place == "uri" else _UNRESERVED)
            except UnicodeEncodeError:
                return None
            if place == "querystring":
                query.append(f"{quote(spelling, safe=_UNRESERVED)}={text}")
            elif text:
                slots[spelling] = text
            else:
                return None
        url = template % slots
        return f"{url}{'&' if has_query else '?'}{'&'.join(query)}" if query else url

    return write


def _slots(uri: str) -> str:
    """A path with labels as a template of `%`."""
    return _LABEL.sub(lambda label: f"%({label[1]})s", _escaped(uri))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _said(value: Any) -> str:
    return value if isinstance(value, str) else ("true" if value else "false") if isinstance(value, bool) else str(value)
