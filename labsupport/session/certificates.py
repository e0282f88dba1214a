"""Certificates wherever they are: at a server, in a Secret, in a file, in PEM text."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labsupport.base.errors import CertificateError, UsageError
from labsupport.rules.certificates import CertificateFacts, chain_of

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

HTTPS = 443
_PEM_MARK = "-----BEGIN"


@dataclass(frozen=True)
class Found:
    """Certificates, in the order kept or sent, and where they are: `place`, in words.

    `name` is the host that was asked for, "" where nobody asked.
    """

    place: str
    chain: tuple[CertificateFacts, ...]
    name: str = ""


def found_at(source: str, lab: "Lab | None") -> Found:
    """The certificates at `source`.

    That is PEM text, `secret/NAME` or `secret/NAMESPACE/NAME`, the path of a PEM file, or a host
    or URL, which is asked in a TLS handshake. Without a `lab` only text and files can be read.
    """
    text = source.strip()
    if _PEM_MARK in text:
        return Found("the text given", chain_of(text))
    if lab is not None and text.startswith("secret/"):
        return _in_secret(text, lab)
    if _is_file(text):
        return Found(f"file {text}", _in_file(Path(text)))
    if lab is None or not text:
        raise UsageError(
            "give a certificate as PEM text, or the path of a PEM file",
            found=repr(text),
            remedy="with a running lab also https://HOST or secret/NAME",
        )
    return _at_server(text, lab)


def _in_secret(source: str, lab: "Lab") -> Found:
    from labsupport.trust.secrets import chain_in

    parts = source.split("/")[1:]
    namespace, name = parts if len(parts) == 2 else ("default", "/".join(parts))
    secret = lab.object("secret", name, namespace=namespace)
    return Found(f"Secret {namespace}/{name}", chain_in(secret))


def _is_file(text: str) -> bool:
    try:
        return bool(text) and "://" not in text and Path(text).is_file()
    except (OSError, ValueError):
        return False


def _in_file(path: Path) -> tuple[CertificateFacts, ...]:
    try:
        return chain_of(path.read_bytes())
    except OSError as error:
        raise CertificateError(
            f"{path} can't be read", found=error.strerror or str(error)
        ) from error


def _at_server(source: str, lab: "Lab") -> Found:
    host, port = host_and_port(source)
    shown = lab.trust.presented(host, port=port)
    where = host if port == HTTPS else f"{host}:{port}"
    return Found(f"server {where}, {shown.version}", shown.chain, host)


def host_and_port(text: str) -> tuple[str, int]:
    """Of `host`, `host:port` or an https URL; UsageError for anything else."""
    expected = UsageError(
        "a server is a host, host:port or an https URL",
        found=repr(text),
        remedy="./lab certificate show https://kiada.example.com",
    )
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise expected from error
    if parts.scheme != "https" or not host or any(each.isspace() for each in host):
        raise expected
    return host, port or HTTPS
