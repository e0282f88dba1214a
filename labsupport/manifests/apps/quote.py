"""quote: a proverb at every call.

/ and /quote      a random proverb, as text
/healthz/ready    200 when the pod can serve
/debug/request    the request as this pod received it, as JSON
"""

import json
import os
import random
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

APP = "quote"

PROVERBS = (
    "A long road is walked one step at a time.",
    "Measure the cloth twice; you cut it only once.",
    "Many hands carry a heavy load.",
    "Who asks for the way does not get lost.",
    "The net is mended on shore, not in the storm.",
    "A stitch today spares nine tomorrow.",
    "Still water runs deep.",
    "Early birds find the worm.",
    "No smoke rises without a fire.",
    "A borrowed coat never fits quite right.",
    "You learn to swim in the water.",
    "The chain holds as much as its weakest link.",
)


def page(path: str, request: BaseHTTPRequestHandler) -> tuple[int, str, str]:
    """Status, content type and body of the page at `path`."""
    if path in ("/", "/quote"):
        return 200, TEXT, random.choice(PROVERBS) + "\n"
    return 404, TEXT, f"{APP} has no page {path}; try /quote\n"


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


if __name__ == "__main__":
    serve()
