"""`requests` over an address of our choosing, with a clock at each hop."""

import ssl
import time
from dataclasses import dataclass
from socket import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


@dataclass(frozen=True)
class Target:
    """Where a request goes: an address, the port connected to, the port meant, the name."""

    address: str
    real_port: int
    port: int
    name: str

    @property
    def text(self) -> str:
        """`127.42.192.1:80`: the port meant, as an offset is not the learner's matter."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@dataclass
class TlsFacts:
    """What a handshake agreed on: `ssl`'s version name, the certificate, whether it was checked."""

    version: str
    certificate: dict[str, Any]
    verified: bool


@dataclass
class Trace:
    """What one connection took, filled in while it is made. Seconds."""

    tcp_seconds: float = 0.0
    tls_seconds: float = 0.0
    tls: TlsFacts | None = None


class _TimedConnection(HTTPConnection):
    trace: Trace

    def _new_conn(self) -> socket:
        started = time.perf_counter()
        try:
            return super()._new_conn()
        finally:
            self.trace.tcp_seconds = time.perf_counter() - started


class _TimedTlsConnection(_TimedConnection, HTTPSConnection):
    def connect(self) -> None:
        started = time.perf_counter()
        super().connect()
        self.trace.tls_seconds = time.perf_counter() - started - self.trace.tcp_seconds
        assert isinstance(self.sock, ssl.SSLSocket)
        certificate = self.sock.getpeercert() or {}
        self.trace.tls = TlsFacts(self.sock.version() or "TLS", certificate, self.is_verified)


class TracingAdapter(HTTPAdapter):
    """Connects to `target` whatever the URL's host is; TLS asks for, and checks, the name."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.trace = Trace()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As `requests` does, with connections that write into this adapter's trace."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, _TimedConnection, self.trace),
            "https": _pool(HTTPSConnectionPool, _TimedTlsConnection, self.trace),
        }

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: Any = None,
    ) -> tuple[Any, Any]:
        """The target's address and port in place of the URL's, and SNI for the URL's name."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        host["host"], host["port"] = self.target.address, self.target.real_port
        if host["scheme"] == "https":
            return host, {**pool, "server_hostname": self.target.name}
        return host, pool


def _pool(base: type, connection: type, trace: Trace) -> type:
    timed = type(connection.__name__, (connection,), {"trace": trace})
    return type(base.__name__, (base,), {"ConnectionCls": timed})


def tls_facts(facts: TlsFacts) -> str:
    """`TLSv1.3, certificate for a.example.com, checked`: the handshake in words."""
    if not facts.verified:
        return f"{facts.version}, certificate not checked"
    names = ", ".join(value for _, value in facts.certificate.get("subjectAltName", ()))
    return f"{facts.version}, certificate for {names or 'no name'}, checked against the lab's CA"
