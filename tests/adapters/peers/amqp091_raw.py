"""A client of AMQP 0-9-1 that sends properties as the bytes it is given, as no library does."""

import socket
import struct

FLAGS = {
    "content_type": 1 << 15,
    "content_encoding": 1 << 14,
    "headers": 1 << 13,
    "correlation_id": 1 << 10,
    "reply_to": 1 << 9,
    "message_id": 1 << 7,
    "timestamp": 1 << 6,
    "type": 1 << 5,
    "app_id": 1 << 3,
}
"""The bit of each property (AMQP 0-9-1, 4.2.6.1), in the order of their values on the wire."""


def short(text: bytes) -> bytes:
    """A short string."""
    return bytes([len(text)]) + text


def long(data: bytes) -> bytes:
    """Bytes with their length before them, as of a long string or a table."""
    return struct.pack(">I", len(data)) + data


def publish(port: int, queue: str, body: bytes, properties: dict[str, bytes]) -> None:
    """Publish a message with these properties, each as it is encoded, and wait until the broker has it."""
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        line.sendall(b"AMQP\x00\x00\x09\x01")
        _next(line)  # start
        guest = short(b"PLAIN") + long(b"\0guest\0guest") + short(b"C")
        _send(line, 1, 0, b"\x00\x0a\x00\x0b" + long(b"") + guest)
        _next(line)  # tune
        _send(line, 1, 0, b"\x00\x0a\x00\x1f" + struct.pack(">HIH", 2047, 131072, 0))
        _send(line, 1, 0, b"\x00\x0a\x00\x28" + short(b"/") + short(b"") + b"\0")
        _next(line)
        _send(line, 1, 1, b"\x00\x14\x00\x0a" + short(b""))
        _next(line)
        _send(line, 1, 1, b"\x00\x55\x00\x0a\x00")  # confirms
        _next(line)
        _send(line, 1, 1, b"\x00\x3c\x00\x28\x00\x00" + short(b"") + short(queue.encode()) + b"\0")
        flags = sum(FLAGS[name] for name in properties)
        values = b"".join(properties[name] for name in FLAGS if name in properties)
        _send(line, 2, 1, struct.pack(">HHQH", 60, 0, len(body), flags) + values)
        _send(line, 3, 1, body)
        reported = _next(line)
        assert reported[:4] == b"\x00\x3c\x00\x50", f"the broker did not take it: {reported!r}"


def _send(line: socket.socket, kind: int, channel: int, payload: bytes) -> None:
    line.sendall(struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce")


def _next(line: socket.socket) -> bytes:
    _, _, size = struct.unpack(">BHI", _exactly(line, 7))
    return _exactly(line, size + 1)[:-1]


def _exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = line.recv(size - len(data))
        assert part, "the broker has ended the connection"
        data += part
    return data
