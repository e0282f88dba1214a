"""A TLS handshake that looks at what the server shows, and believes everything."""

import socket
import ssl
from dataclasses import dataclass

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.base.tls import sent_chain
from labsupport.rules.certificates import CertificateFacts, facts_of
from labsupport.rules.certificates.names import ascii_name, is_host_name


@dataclass(frozen=True)
class Presented:
    """What a server showed: its certificates in the order sent, and what was agreed on.

    `version` and `cipher` are as Python's `ssl` names them (`TLSv1.3`). `sni` is the name sent,
    "" for none.
    """

    sni: str
    chain: tuple[CertificateFacts, ...]
    version: str
    cipher: str

    @property
    def certificate(self) -> CertificateFacts:
        """The server's own."""
        return self.chain[0]


def presented(address: str, port: int, sni: str = "", *, timeout: float = 5.0) -> Presented:
    """What the server at an IP address shows to a client that asks for `sni` ("": for none).

    Nothing is checked, and no request is sent. RequestFailed when there is no handshake; `timeout`
    (s) holds for connecting and for each answer. UsageError when `sni` is no host name.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # weak certificates are to be seen too
    name = _server_name(sni)
    try:
        with (
            socket.create_connection((address, port), timeout) as connection,
            context.wrap_socket(connection, server_hostname=name or None) as secured,
        ):
            cipher = secured.cipher()
            return Presented(
                name,
                tuple(map(facts_of, sent_chain(secured))),
                secured.version() or "TLS",
                cipher[0] if cipher else "",
            )
    except OSError as error:
        raise _failed(error, address, port, name, timeout) from error


def _server_name(sni: str) -> str:
    """The name as a handshake carries it (RFC 6066, section 3); UsageError for what it can't."""
    name = ascii_name(sni)
    if name and not is_host_name(name):
        raise UsageError(
            "a client asks for one host name in a TLS handshake, never for a wildcard",
            found=repr(sni[:80]),
            remedy="for example kiada.example.com, or nothing at all",
        )
    return name


def _failed(error: OSError, address: str, port: int, sni: str, timeout: float) -> RequestFailed:
    where = f"{address}:{port}"
    asked = f"for {sni}" if sni else "without SNI"
    what = f"no TLS handshake with {where} ({asked})"
    if isinstance(error, TimeoutError):
        return RequestFailed(what, found=f"no answer within {timeout:g} s")
    if isinstance(error, ConnectionRefusedError):
        remedy = "does the Service have a port for HTTPS? kubectl get services -A"
        return RequestFailed(what, found="nothing listens there", remedy=remedy)
    if isinstance(error, ssl.SSLError):
        found, remedy = _tls_fault(error)
        return RequestFailed(what, found=found, remedy=remedy)
    return RequestFailed(what, found=error.strerror or str(error))


def _tls_fault(error: ssl.SSLError) -> tuple[str, str]:
    reason = (error.reason or str(error)).replace("_", " ").lower()
    if "wrong version number" in reason or "http request" in reason:
        return "what answers does not speak TLS", "is this the port for plain HTTP?"
    if "unrecognized name" in reason:
        return "the server has no certificate for this name, and says so", ""
    if isinstance(error, ssl.SSLEOFError) or "eof" in reason:
        return "the server closed the connection", "look at its log: ./lab logs traefik"
    return f"the server answered: {reason}", "look at its log: ./lab logs traefik"
