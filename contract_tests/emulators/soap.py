"""SOAP 1.2 as a service writes it, content in place or attached (MTOM)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_XOP: Final = "http://www.w3.org/2004/08/xop/include"
_BOUNDARY: Final = "uuid:0ca0e16e-feb1-426c-97d8-c4508ada5e82"
_TYPE: Final = "application/soap+xml; charset=utf-8"


@dataclass
class SoapAnswer:
    """An answer on the wire; status 0: nothing comes, the connection breaks."""

    data: bytes
    content_type: str
    status: int = 200


def request_in(data: bytes) -> etree._Element:
    """The element in the body of a request."""
    body = etree.fromstring(data).find(f"{{{_SOAP}}}Body")
    if body is None:
        raise ValueError("no SOAP body")
    return body[0]


def text_of(element: etree._Element, name: str) -> str:
    """The text of an element below, empty without one."""
    return (element.findtext(f"{{*}}{name}") or "").strip()


def response(namespace: str, name: str, values: Mapping[str, Any], *, mtom: bool) -> SoapAnswer:
    """The response `name`; bytes among its values are attached, or become base64 with line breaks."""
    root, body = _envelope()
    attached: list[bytes] = []
    _fill(etree.SubElement(body, f"{{{namespace}}}{name}"), values, attached if mtom else None)
    data = etree.tostring(root)
    if not attached:
        return SoapAnswer(data, _TYPE)
    parts = [("root", "application/xop+xml", data)]
    parts += [(str(number), "application/octet-stream", each) for number, each in enumerate(attached)]
    written = b"".join(
        f"--{_BOUNDARY}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{name}@emulator>\r\n\r\n".encode()
        + part
        + b"\r\n"
        for name, kind, part in parts
    )
    named = f'type="application/xop+xml"; boundary="{_BOUNDARY}"; start="<root@emulator>"'
    end = f"--{_BOUNDARY}--\r\n".encode()
    return SoapAnswer(b"\r\n" + written + end, f"multipart/related; {named}")


def fault(namespace: str, name: str, values: Mapping[str, Any]) -> SoapAnswer:
    """A fault with one element of detail."""
    root, body = _envelope()
    element = etree.SubElement(body, f"{{{_SOAP}}}Fault")
    etree.SubElement(
        etree.SubElement(element, f"{{{_SOAP}}}Code"), f"{{{_SOAP}}}Value"
    ).text = "soap:Receiver"
    reason = etree.SubElement(element, f"{{{_SOAP}}}Reason")
    etree.SubElement(reason, f"{{{_SOAP}}}Text").text = values["errorMessage"]
    detail = etree.SubElement(element, f"{{{_SOAP}}}Detail")
    _fill(etree.SubElement(detail, f"{{{namespace}}}{name}"), values, None)
    return SoapAnswer(etree.tostring(root), _TYPE, 500)


def _envelope() -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soap": _SOAP})
    return root, etree.SubElement(root, f"{{{_SOAP}}}Body")


def _fill(element: etree._Element, values: Mapping[str, Any], attached: list[bytes] | None) -> None:
    for name, value in values.items():
        child = etree.SubElement(element, name)
        if isinstance(value, dict):
            _fill(child, value, attached)
        elif isinstance(value, str):
            child.text = value
        elif attached is None:
            child.text = base64.encodebytes(value).decode()
        else:
            etree.SubElement(child, f"{{{_XOP}}}Include", href=f"cid:{len(attached)}%40emulator")
            attached.append(value)
