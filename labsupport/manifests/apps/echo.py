"""echo: every Service that a conformance scenario names, in one pod; each has a port of its own.

Any request is answered 200 with what was received, and with the Service whose port it came to:
{"service", "pod", "method", "path", "host", "headers"}.
"""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

POD_NAME = os.environ.get("POD_NAME", "no-pod")
POD_IP = os.environ.get("POD_IP", "127.0.0.1")
SERVICES = os.environ.get("SERVICES", "echo:3000")  # NAME:PORT, with blanks between


class Echo(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave in one packet

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        received = {
            "service": NAMES[self.connection.getsockname()[1]],
            "pod": POD_NAME,
            "method": self.command,
            "path": self.path,
            "host": self.headers.get("Host", ""),
            "headers": dict(self.headers.items()),
        }
        body = json.dumps(received).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        """Be quiet: the scenarios ask more than anybody would read."""


NAMES = {int(port): name for name, port in (each.split(":") for each in SERVICES.split())}


def serve() -> None:
    """Listens on every port until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # waited for below, by one thread
    ThreadingTCPServer.allow_reuse_address = True
    ThreadingTCPServer.daemon_threads = True
    servers = [ThreadingTCPServer((POD_IP, port), Echo) for port in NAMES]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    serve()
