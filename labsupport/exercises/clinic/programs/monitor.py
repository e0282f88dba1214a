"""monitor: asks a site for its page again and again. It is ready while the site is up.

HOST     the site's name, as in its URL and its certificate
ADDRESS  where it is: IP address and port
SNI      the name told in the TLS handshake; without it none is told
CA       the file of the authority it trusts
"""

import http.client
import os
import signal
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

HOST, SNI = os.environ["HOST"], os.environ.get("SNI", "")
ADDRESS, _, PORT = os.environ["ADDRESS"].rpartition(":")
CA = os.environ["CA"]
EVERY = 0.5  # seconds

last = "not asked yet"


def look() -> str:
    """What is wrong with the site, or "" when it is up."""
    context = ssl.create_default_context(cafile=CA)
    context.check_hostname = False  # done below: with no name told, Python would not begin
    try:
        with (
            socket.create_connection((ADDRESS, int(PORT)), 2) as plain,
            context.wrap_socket(plain, server_hostname=SNI or None) as secure,
        ):
            certificate: dict[str, Any] = secure.getpeercert() or {}
            names = [name for _, name in certificate.get("subjectAltName", ())]
            if HOST not in names:
                return f"its certificate is for {', '.join(names)}"
            secure.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(secure)
            answer.begin()
            return "" if answer.status == 200 else f"it answers {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)


def watch() -> None:
    """Looks again and again, and writes down what is new."""
    global last
    while True:
        found = look()
        if found != last:
            print(f"{HOST} is {f'down: {found}' if found else 'up'}", flush=True)
        last = found
        time.sleep(EVERY)


class Pod(BaseHTTPRequestHandler):
    """Tells what was seen last: 200 while the site is up, else 503."""

    def do_GET(self) -> None:
        self.send_response(503 if last else 200)
        self.end_headers()
        self.wfile.write(f"{last or 'up'}\n".encode())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: only probes ask."""


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=watch, daemon=True).start()
    HTTPServer((os.environ["POD_IP"], 8080), Pod).serve_forever()
