"""A real Traefik against a real API server, and backends that say who they are."""

import contextlib
import http.client
import http.server
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.rules.ingress import Decision, Request

PATIENCE = 20.0  # seconds
SENTINEL = "one/sentinel"
"""The Service behind the Ingress that is made last: when it answers, all are live."""

UNVERIFIED = ssl._create_unverified_context()

Answer = tuple[int, str]
"""A status, and the Service that answered as `namespace/name`, "" when the proxy did itself."""


class Backend(http.server.BaseHTTPRequestHandler):
    """Answers every GET with the name of the Service that it stands for."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet

    def do_GET(self) -> None:
        assert isinstance(self.server, NamedServer)
        body = self.server.name.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


class NamedServer(http.server.ThreadingHTTPServer):
    """A server on a free loopback port."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Backend)
        self.name = name

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, *args: object) -> None:
        """Be quiet: proxies that are ended cut the connections that they kept."""


@contextlib.contextmanager
def backends(names: list[str]) -> Iterator[dict[str, int]]:
    """Servers by name, each with its port."""
    servers = [NamedServer(name) for name in names]
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        for server in servers
    ]
    for thread in threads:
        thread.start()
    try:
        yield {server.name: server.port for server in servers}
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


@dataclass
class Traefik:
    """A Traefik process with the entry points `web` and `websecure`; or another proxy elsewhere."""

    ports: dict[str, int]  # by scheme
    address: str = "127.0.0.1"
    _open: dict[tuple[str, str], http.client.HTTPConnection] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        """What it answers to a GET."""
        host = request.host.title()  # its case is not to matter
        host = f"{host}:{request.port}" if request.port not in (80, 443) else host
        for attempt in (1, 2):
            connection = self._connection(request)
            try:
                connection.request("GET", request.path, headers={"Host": host})
                response = connection.getresponse()
                body = response.read().decode()
                return response.status, body if response.status == 200 else ""
            except (OSError, http.client.HTTPException):
                self._drop(request)  # a proxy closes idle connections when it is configured anew
                if attempt == 2:
                    raise
        raise AssertionError

    def certificate_serial(self, name: str) -> str:
        """The serial number of the certificate that a handshake for `name` gets, in hex."""
        from cryptography import x509

        with (
            socket.create_connection((self.address, self.ports["https"]), PATIENCE) as plain,
            UNVERIFIED.wrap_socket(plain, server_hostname=name or None) as secure,
        ):
            encoded = secure.getpeercert(binary_form=True)
        assert encoded is not None
        return format(x509.load_der_x509_certificate(encoded).serial_number, "x")

    def _drop(self, request: Request) -> None:
        self._open.pop((request.scheme, request.server_name)).close()

    def _connection(self, request: Request) -> http.client.HTTPConnection:
        key = (request.scheme, request.server_name)
        if key not in self._open:
            self._open[key] = self._connect(request)
        return self._open[key]

    def _connect(self, request: Request) -> http.client.HTTPConnection:
        port = self.ports[request.scheme]
        if request.scheme == "http":
            return http.client.HTTPConnection(self.address, port, timeout=PATIENCE)
        connection = http.client.HTTPSConnection(self.address, port, timeout=PATIENCE)
        plain = socket.create_connection((self.address, port), PATIENCE)
        connection.sock = UNVERIFIED.wrap_socket(plain, server_hostname=request.server_name or None)
        return connection

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def wait_for(self, host: str, path: str) -> None:
        """Wait until the Ingress for that host and path is live."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.answer(Request("http", host, 80, path)) == (200, SENTINEL):
                    return
            assert time.monotonic() < deadline, f"{host} is not live"
            time.sleep(0.01)


@contextlib.contextmanager
def traefik(api: Api, folder: Path, *provider: str) -> Iterator[Traefik]:
    """A Traefik with that provider's options, on ports of its own."""
    ports = dict(zip(("http", "https"), _free_ports(2), strict=True))
    folder.mkdir()
    command = [
        str(Path(sys.executable).with_name("traefik")),
        f"--entrypoints.web.address=127.0.0.1:{ports['http']}",
        f"--entrypoints.websecure.address=127.0.0.1:{ports['https']}",
        "--entrypoints.websecure.http.tls=true",
        *provider,
        "--providers.providersthrottleduration=20ms",
        "--log.level=ERROR",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ]
    kubeconfig = folder / "kubeconfig"
    from labsupport.kube.access import write_kubeconfig

    write_kubeconfig(kubeconfig, api.access)
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    running = Traefik(ports)
    try:
        yield running
    finally:
        running.close()
        process.send_signal(signal.SIGKILL)
        process.wait()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [listener.getsockname()[1] for listener in listeners]


def foreseen(decision: Decision) -> Answer:
    """The decision as an answer."""
    backend = decision.backend
    if decision.status == 200 and backend is not None:
        return 200, f"{backend.namespace}/{backend.service}"
    return decision.status, ""


def service(namespace: str, name: str, *ports: Json, **spec: object) -> Json:
    """A Service without selector."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": list(ports) or [{"port": 80}], **spec},
    }


def endpoint_slice(
    namespace: str, name: str, port: int, conditions: Json, port_name: str = ""
) -> Json:
    """The EndpointSlice of a Service, with one endpoint on this machine."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-1",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": [{"name": port_name, "port": port, "protocol": "TCP"}],
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": conditions}],
    }
