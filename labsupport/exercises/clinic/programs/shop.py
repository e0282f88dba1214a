"""shop: one page with a stylesheet. Its settings come from its environment.

SHOP        its name
GOODS       what it sells, a JSON list
PORT        where it listens
BASE        the path of its pages, for the links on them
DELAY       seconds that its page takes
PUBLIC_URL  where visitors belong: who comes by another scheme is sent there
TLS         the folder of tls.crt and tls.key; without it the shop speaks plain HTTP
"""

import json
import os
import signal
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHOP = os.environ["SHOP"]
PORT = int(os.environ["PORT"])
POD_NAME, POD_IP = os.environ["POD_NAME"], os.environ["POD_IP"]
BASE = os.environ.get("BASE", "/")
DELAY = float(os.environ.get("DELAY", "0"))
PUBLIC_URL = os.environ.get("PUBLIC_URL", "")
TLS = os.environ.get("TLS", "")

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{shop}</title>
<link rel="stylesheet" href="{base}style.css">
<h1>Welcome to the {shop}</h1>
<ul>{goods}</ul>
"""
STYLE = "body { font: 1.1rem/1.5 sans-serif; margin: 2rem; color: #004d40 }\n"


class Pod(BaseHTTPRequestHandler):
    """Answers one connection."""

    server_version, sys_version = "shop/1.0", ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        came_by = self.headers.get("X-Forwarded-Proto", "http")
        if path == "/healthz":
            self.reply(200, "text/plain", "ready\n")
        elif path.startswith("/ready"):
            self.reply(404, "text/plain", "there is no such page; ask /healthz\n")
        elif PUBLIC_URL and not PUBLIC_URL.startswith(f"{came_by}://"):
            self.reply(301, "text/plain", "", location=PUBLIC_URL + self.path)
        elif path.endswith("/style.css"):
            self.reply(200, "text/css", STYLE)
        else:
            self.delay()
            try:
                goods = "".join(f"<li>{each}</li>" for each in json.loads(os.environ["GOODS"]))
            except ValueError as error:
                print(f"GOODS can't be read: {error}", flush=True)
                self.reply(500, "text/plain", f"the {SHOP} has a problem of its own\n")
            else:
                self.reply(200, "text/html", PAGE.format(shop=SHOP, base=BASE, goods=goods))

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def delay(self) -> None:
        """Takes its time, and says so."""
        if DELAY:
            print(f"{self.path} will take {DELAY:g} s", flush=True)
            time.sleep(DELAY)

    def reply(self, status: int, content_type: str, text: str, location: str = "") -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("X-Pod", POD_NAME)
        self.send_header("X-Peer", "{}:{}".format(*self.client_address))
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line per request, but none for the kubelet's probes."""
        if not self.headers.get("User-Agent", "").startswith("kube-probe"):
            print(self.client_address[0], self.command, self.path, code, flush=True)


def serve() -> None:
    """Listens on the pod's address until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    server = ThreadingHTTPServer((POD_IP, PORT), Pod)
    if TLS:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(f"{TLS}/tls.crt", f"{TLS}/tls.key")
        # Each handshake in its own thread: a silent client holds up nobody else.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    print(f"the {SHOP} listens on {POD_IP}:{PORT}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
