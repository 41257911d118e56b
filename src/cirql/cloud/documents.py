"""Documents: whether what came with a success is the operation's own answer, someone else's, or an error in a success's clothes.

botocore's parsers pick the members that they know and leave the rest, so that an EC2 error document, a web page and the answer of another
service all read as a list without elements. Here the tree is looked at before that is believed. It knows protocols and models, not HTTP.

Sources: Smithy 2.0, AWS query, EC2 query and restXml protocols (operation serialization, error serialization).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from botocore.model import OperationModel, Shape

XML = ("query", "ec2", "rest-xml")
_NAMED_ROOTS = ("query", "ec2")
"""The protocols in which the outermost element is the operation's name with `Response` behind it."""
_PAGES = frozenset({"html", "head", "body"})
_SURROUNDINGS = frozenset({"ResponseMetadata", "requestId", "RequestId", "__type"})
"""What any answer may carry, and so what proves nothing about the operation."""
_ENDS_EARLY = (3, 5, 20)
"""expat's codes for a document that stops: no element found, an unclosed token, an unclosed CDATA section."""
_DOCTYPE = b"<!DOCTYPE"
_PROLOGUE = 4096
"""Bytes in which a document type stands where there is one; AWS sends none, and entities need one."""


class ForeignDocumentError(Exception):
    """A document that this operation does not answer with. `is_cut`: it ends before it is complete."""

    def __init__(self, message: str, *, is_cut: bool = False) -> None:
        super().__init__(message)
        self.is_cut = is_cut


def read_xml(model: OperationModel, body: bytes) -> ElementTree.Element:
    """The tree of an XML answer, once its root says that it may be this operation's.

    Raises: ForeignDocumentError.
    """
    if _DOCTYPE in body[:_PROLOGUE].upper():
        raise ForeignDocumentError("the body is not an AWS answer: it declares a document type")
    parser = ElementTree.XMLParser(encoding="utf-8")
    try:
        parser.feed(body)
        root: ElementTree.Element = parser.close()
    except ElementTree.ParseError as error:
        if error.code in _ENDS_EARLY and b"<" in body[:_PROLOGUE]:
            raise ForeignDocumentError(f"the body is not complete XML ({error})", is_cut=True) from error
        raise ForeignDocumentError(f"the body is not an AWS answer: it is not XML ({error})") from error
    if is_error(root):
        return root
    name = _local(root)
    expected = f"{model.name}Response"
    if name.lower() in _PAGES or name == "Error" or (model.service_model.resolved_protocol in _NAMED_ROOTS and name != expected):
        raise ForeignDocumentError(f"the body is not an AWS answer to {model.name}: it is a document named <{name[:80]}>")
    return root


def is_error(root: ElementTree.Element) -> bool:
    """Whether a document is one of AWS's error documents, whatever the HTTP status says."""
    name, children = _local(root), {_local(child) for child in root}
    match name:
        case "Response":
            return "Errors" in children
        case "ErrorResponse":
            return bool(children & {"Error", "Errors"})
        case "Error":
            return "Code" in children
    return False


def error_texts(root: ElementTree.Element) -> Mapping[str, str]:
    """What an error document says, in whichever protocol's form: `Code`, `Message`, `RequestId` and whatever else it has as text."""
    texts: dict[str, str] = {}
    for element in root.iter():
        if len(element) == 0 and element.text:
            texts.setdefault(_local(element).replace("RequestID", "RequestId"), element.text.strip())
    return texts


def check_xml_members(model: OperationModel, root: ElementTree.Element, parsed: Mapping[str, Any]) -> None:
    """Refuse a document of which nothing was read although it has members. Raises: ForeignDocumentError."""
    shape = model.output_shape
    if "resultWrapper" in shape.serialization:
        root = next((child for child in root if _local(child) == shape.serialization["resultWrapper"]), root)
    payload = shape.serialization.get("payload")
    body = shape if payload is None else shape.members[payload]
    if body.type_name == "structure" and not _has_body_member(body, parsed if payload is None else parsed.get(payload) or {}):
        _check(model, _names(body), [_local(child) for child in root])


def check_json_members(model: OperationModel, decoded: Any, parsed: Mapping[str, Any]) -> None:
    """The same for a JSON body, or a CBOR body that was read as one. Raises: ForeignDocumentError."""
    shape = model.output_shape
    payload = shape.serialization.get("payload")
    if payload is None and isinstance(decoded, dict) and not _has_body_member(shape, parsed):
        _check(model, _names(shape), decoded)


def _has_body_member(shape: Shape, parsed: Mapping[str, Any]) -> bool:
    return any(name in parsed for name, member in shape.members.items() if "location" not in member.serialization)


def _check(model: OperationModel, known: frozenset[str], found: Iterable[str]) -> None:
    names = [name for name in found if name not in _SURROUNDINGS]
    if names and not known.intersection(names):
        raise ForeignDocumentError(f"the body has {names[0][:80]!r} and nothing that {model.name} answers")


def _names(shape: Shape) -> frozenset[str]:
    """The spellings of a structure's members in a document."""
    names = set()
    for name, member in shape.members.items():
        spelling = member.serialization.get("name", name)
        if member.type_name == "list" and member.serialization.get("flattened"):
            spelling = member.member.serialization.get("name", spelling)
            names.add(member.serialization.get("name", name))
        names.add(spelling.rpartition(":")[2])
    return frozenset(names)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
