"""vault: a pod that holds a certificate and speaks TLS itself.

/                 what was agreed on between this pod and whoever called it
/healthz/ready    200 when the pod can serve
/debug/request    the request as this pod received it, as JSON, with what TLS agreed on

Who speaks clear text to it gets 400, as from most HTTPS servers. The certificate is read from
TLS_FOLDER, anew for every connection: a changed Secret counts from the next one on.
"""

import json
import os
import signal
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

APP = "vault"
TLS_FOLDER = os.environ.get("TLS_FOLDER", "/tls")
HANDSHAKE = b"\x16"  # the first byte of a TLS connection, RFC 8446 section 5.1
HANDSHAKE_SECONDS = 10


def page(path: str, request: BaseHTTPRequestHandler) -> tuple[int, str, str]:
    """Status, content type and body of the page at `path`."""
    if path != "/":
        return 404, TEXT, f"{APP} has no page {path}; try /\n"
    assert isinstance(request, TlsPod)
    agreed = request.tls or {}
    lines = (
        f"Pod {POD_NAME} speaks TLS itself, and its key never leaves it.",
        f"Called by: {request.client_address[0]}",
        f"TLS version: {agreed.get('version')}, cipher {agreed.get('cipher')}",
        f"Server name asked for (SNI): {agreed.get('server_name') or 'none'}",
    )
    return 200, TEXT, "\n".join(lines) + "\n"


# ---- the same in every sample app: a pod that speaks HTTP ----

POD_NAME = os.environ.get("POD_NAME", "no-pod")
POD_IP = os.environ.get("POD_IP", "127.0.0.1")
NODE_NAME = os.environ.get("NODE_NAME", "no-node")
PORT = int(os.environ.get("PORT", "8080"))
DRAIN_SECONDS = 0.5  # requests still come while the pod is taken out of its Service
TEXT, HTML, JSON = "text/plain; charset=utf-8", "text/html; charset=utf-8", "application/json"


class Pod(BaseHTTPRequestHandler):
    """Answers one connection; every answer names the pod it came from."""

    server_version, sys_version = f"{APP}/1.0", ""
    protocol_version = "HTTP/1.1"  # keep-alive: one connection carries many requests
    wbufsize = -1  # headers and body leave in one packet
    tls: dict[str, str] | None = None  # what TLS agreed on, in a pod that speaks it itself

    def do_GET(self) -> None:
        """Answers any method: what every pod knows first, then the app's own pages."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection |= "Transfer-Encoding" in self.headers  # a body left unread
        path = self.path.partition("?")[0]
        if path == "/healthz/ready":
            self.reply(200, TEXT, "ready\n")
        elif f"{path}/".startswith("/debug/request/"):
            self.reply(200, JSON, json.dumps(self.as_received(body), indent=1) + "\n")
        elif self.command not in ("GET", "HEAD"):
            self.reply(405, TEXT, f"{APP} answers GET and HEAD here, not {self.command}\n")
        else:
            self.reply(*page(path, self))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def reply(self, status: int, content_type: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("X-Pod", POD_NAME)
        self.send_header("X-Peer", "{}:{}".format(*self.client_address))  # who called the pod
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def as_received(self, body: bytes) -> dict[str, object]:
        """The request as it reached this pod, after every proxy on the way."""
        return {
            "app": APP,
            "pod": POD_NAME,
            "method": self.command,
            "path": self.path,
            "protocol": self.request_version,
            "headers": dict(self.headers.items()),
            "body": body.decode(errors="replace"),
            "peer": "{}:{}".format(*self.client_address),
            "tls": self.tls,
        }

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line per request, but none for the kubelet's probes."""
        if not self.headers.get("User-Agent", "").startswith("kube-probe"):
            print(self.client_address[0], self.command, self.path, code, flush=True)


def serve(pod: type[Pod] = Pod, scheme: str = "http") -> None:
    """Listens on the pod's address until SIGTERM, then lets what is on its way finish."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # waited for below, by one thread
    ThreadingTCPServer.allow_reuse_address = True
    ThreadingTCPServer.daemon_threads = True
    server = ThreadingTCPServer((POD_IP, PORT), pod)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{APP} listens on {scheme}://{POD_IP}:{PORT}", flush=True)
    signal.sigwait({signal.SIGTERM})
    time.sleep(DRAIN_SECONDS)


# ---- and what only vault has: TLS before HTTP ----


class TlsPod(Pod):
    """Speaks TLS with whoever connects, and HTTP inside it."""

    clear_text = False

    def setup(self) -> None:
        """The handshake, in the connection's own thread: a slow one holds up nobody else."""
        self.request.settimeout(HANDSHAKE_SECONDS)
        try:
            first = self.request.recv(1, socket.MSG_PEEK)
            if first == HANDSHAKE:
                self.shake_hands()
            else:
                self.clear_text = bool(first)
        except OSError as error:  # ssl.SSLError is one
            self.say(f"no TLS handshake: {error}")
        else:
            self.request.settimeout(None)
        super().setup()

    def shake_hands(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # TLS 1.2 and 1.3
        context.load_cert_chain(f"{TLS_FOLDER}/tls.crt", f"{TLS_FOLDER}/tls.key")
        context.set_alpn_protocols(["http/1.1"])
        names: list[str | None] = []
        context.sni_callback = lambda connection, name, context: names.append(name)
        self.request = context.wrap_socket(self.request, server_side=True)
        self.tls = {
            "version": self.request.version() or "",
            "cipher": (self.request.cipher() or ("",))[0],
            "server_name": (names or [None])[0] or "",
        }

    def handle(self) -> None:
        """Requests, when there is TLS; a refusal of clear text that its sender can read."""
        if self.tls:
            super().handle()
        elif self.clear_text:
            self.refuse_clear_text()

    def refuse_clear_text(self) -> None:
        line = self.rfile.readline(1000)
        self.requestline = line.decode("latin-1").strip()
        self.command, self.request_version = "", self.protocol_version
        self.close_connection = True
        self.say(f"clear text, not TLS: {self.requestline}")
        self.reply(400, TEXT, f"Clear text was sent to a port of {APP} that speaks TLS.\n")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line per request, as every pod has it, with what TLS agreed on."""
        if self.tls and not self.headers.get("User-Agent", "").startswith("kube-probe"):
            self.say(
                f"{self.command} {self.path} {code} inside {self.tls['version']}, "
                f"SNI {self.tls['server_name'] or 'none'}"
            )

    def say(self, text: str) -> None:
        print(self.client_address[0], text, flush=True)


if __name__ == "__main__":
    serve(TlsPod, "https")
