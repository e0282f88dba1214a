"""Protobuf's wire format: the fields of a message, not yet knowing what they mean."""

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Malformed(Exception):
    """The bytes are not a protobuf message of the expected shape."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in wire order: number, and a varint's value or the bytes."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire_type == _BYTES:
            size, position = _varint(data, position)
        elif wire_type in (_FIXED32, _FIXED64):
            size = 4 if wire_type == _FIXED32 else 8
        else:
            raise Malformed(f"unknown wire type {wire_type}")
        if position + size > len(data):
            raise Malformed("unexpected end of data")
        yield number, data[position : position + size]
        position += size


def as_bytes(value: int | bytes) -> bytes:
    """A length-delimited value; `Malformed` when it is a number."""
    if isinstance(value, int):
        raise Malformed("an integer where bytes were expected")
    return value


def as_text(value: int | bytes) -> str:
    """A string; `Malformed` when it is none."""
    try:
        return as_bytes(value).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(str(error)) from None


def as_int(value: int | bytes) -> int:
    """A signed integer; `Malformed` when it is none."""
    if not isinstance(value, int):
        raise Malformed("bytes where an integer was expected")
    return value - (1 << 64) if value >= 1 << 63 else value


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise Malformed("unexpected end of data")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
    raise Malformed("integer overflow")
