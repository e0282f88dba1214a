"""The paths that proxies match rules against: percent-encodings decoded, dots resolved."""

import re
from urllib.parse import unquote

_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ONE = re.compile(r"%[0-9A-F]{2}")
_RESERVED = frozenset(f"%{ord(char):02X}" for char in ":/?#[]@!$&'()*+,;=%")


def routing_path(path: str) -> str:
    """As Traefik does: without `//`, `.` and `..`, and decoded but for reserved characters
    (RFC 3986). A slash at the end stays.
    """
    if "%" not in path and "//" not in path and "/." not in path:
        return path
    path = _cleaned(_ENCODED.sub(lambda match: _decoded(match[0], only_unreserved=True), path))
    return _ENCODED.sub(lambda match: _decoded(match[0], only_unreserved=False), path)


def decoded_path(path: str) -> str:
    """As Caddy does: all decoded, then without `//`, `.` and `..`. A slash at the end stays."""
    path = unquote(path)
    return _cleaned(path) if "//" in path or "/." in path else path


def _decoded(run: str, *, only_unreserved: bool) -> str:
    """A run of percent-encodings with those decoded that may be."""
    parts: list[str] = []
    waiting = ""  # the bytes of one or more characters
    for code in [*_ONE.findall(run.upper()), ""]:
        char = unquote(code) if code else ""
        plain = char.isascii() and (char.isalnum() or char in "-._~")
        keeps = not plain if only_unreserved else code in _RESERVED
        if code and not keeps:
            waiting += code
            continue
        parts += [unquote(waiting), code]
        waiting = ""
    return "".join(parts)


def _cleaned(path: str) -> str:
    """Dot segments and empty ones taken out; a slash at the end stays."""
    kept: list[str] = []
    for element in path.split("/"):
        if element == "..":
            del kept[-1:]
        elif element not in ("", "."):
            kept.append(element)
    end = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + end
