"""`requests` over an address of our choosing, with a clock at each hop."""

import ssl
import time
from dataclasses import dataclass
from socket import socket
from typing import Any, Literal

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from labsupport.http.tap import Tap
from labsupport.http.tls import TlsFacts, TlsSettings


@dataclass(frozen=True)
class Target:
    """Where a request goes: the address and port meant, the name, and what is connected to.

    The last, `reached`, differs where ports below 1024 are moved or the way leads through a relay.
    """

    address: str
    port: int
    name: str
    reached: tuple[str, int]

    @property
    def text(self) -> str:
        """`127.42.192.1:80`: what is meant; how it is reached is not the learner's matter."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@dataclass
class Trace:
    """What one connection took, filled in while it is made. Seconds.

    `stage` is the hop that is under way, and `error` why it failed, before any wrapping. `ready`
    is the moment from which the answer is waited for, by `time.perf_counter`.
    """

    tcp_seconds: float = 0.0
    tls_seconds: float = 0.0
    tls: TlsFacts | None = None
    stage: Literal["tcp", "tls", "answer"] = "tcp"
    error: Exception | None = None
    ready: float = 0.0

    def begin(self) -> None:
        """A request begins, perhaps over a connection that is there."""
        self.tcp_seconds = self.tls_seconds = 0.0
        self.error = None
        self.connected()

    def connected(self) -> None:
        """The way is open: what follows is request and answer."""
        self.stage, self.ready = "answer", time.perf_counter()


class _TracedConnection(HTTPConnection):
    trace: Trace
    tap: Tap | None
    meant: str

    def _new_conn(self) -> socket:
        self.trace.stage = "tcp"
        started = time.perf_counter()
        try:
            sock = super()._new_conn()
        except Exception as error:
            self.trace.error = error
            raise
        finally:
            self.trace.tcp_seconds = time.perf_counter() - started
        self.trace.connected()
        return self.tap.around(sock, self.meant) if self.tap else sock


class _TracedTlsConnection(_TracedConnection, HTTPSConnection):
    settings: TlsSettings

    def connect(self) -> None:
        plain = self._new_conn()
        self.trace.stage = "tls"
        started = time.perf_counter()
        try:
            self.sock = self.settings.handshake(plain)
            self.trace.tls_seconds = time.perf_counter() - started
            self.trace.tls = self.settings.checked(self.sock)
        except Exception as error:
            plain.close()
            self.close()
            self.trace.error = error
            raise
        self.trace.connected()
        # For urllib3 only, which warns otherwise: the trace tells what was checked.
        self.is_verified = True


class TracingAdapter(HTTPAdapter):
    """Connects to `target` whatever the URL's host is, with TLS as `settings` has it."""

    def __init__(self, target: Target, settings: TlsSettings, tap: Tap | None = None) -> None:
        self.tap = tap
        self.target = target
        self.settings = settings
        self.trace = Trace()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As `requests` does, with connections that write into this adapter's trace."""
        super().init_poolmanager(*args, **kwargs)
        shared = {
            "trace": self.trace,
            "settings": self.settings,
            "tap": self.tap,
            "meant": self.target.text,
        }
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, _TracedConnection, shared),
            "https": _pool(HTTPSConnectionPool, _TracedTlsConnection, shared),
        }

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: Any = None,
    ) -> tuple[Any, Any]:
        """The target's address and port in place of the URL's."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        host["host"], host["port"] = self.target.reached
        return host, pool

    def refused_certificate(self, timeout: float) -> TlsFacts | None:
        """What the certificate said for which the handshake failed; None if it did not."""
        error = self.trace.error
        if not isinstance(error, ssl.SSLCertVerificationError):
            return None
        return self.settings.refused(self.target.reached, timeout, error)


def _pool(base: type, connection: type, shared: dict[str, Any]) -> type:
    traced = type(connection.__name__, (connection,), shared)
    return type(base.__name__, (base,), {"ConnectionCls": traced})
