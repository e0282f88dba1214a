"""kiada: a page that says which pod made it, with a proverb from quote and a question from quiz.

/                 the page: HTML for browsers, text for curl (by the Accept header)
/healthz/ready    200 when the pod can serve
/debug/request    the request as this pod received it, as JSON
"""

import json
import os
import signal
import threading
import time
from html import escape
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

APP = "kiada"

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Kiada</title><style>
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
section{border-left:.5rem solid #0072b2;margin:1.2rem 0;padding:.6rem 1rem;background:#8882}
h1,h2,p{margin:0}h2{font-size:1rem}:root{color-scheme:light dark}</style>
<h1>Kiada</h1><p>Load the page again: another pod may answer.</p>
"""
SECTION = "<section><h2>{}</h2><p>{}</p><small>{}</small></section>\n"


def page(path: str, request: BaseHTTPRequestHandler) -> tuple[int, str, str]:
    """Status, content type and body of the page at `path`."""
    if path != "/":
        return 404, TEXT, f"{APP} has no page {path}; try /\n"
    proverb, giver = ask("quote", "/quote")
    question, asker = ask("quiz", "/questions/random")
    client = request.headers.get("X-Forwarded-For", "itself")
    way = f"address {POD_IP}, node {NODE_NAME}; asked by {request.client_address[0]} for {client}"
    parts = (
        ("Answered by", f"pod {POD_NAME}", way),
        ("A proverb", proverb.strip() or "none today", giver),
        ("A question", question_text(question) or "none today", asker),
    )
    if "text/html" not in request.headers.get("Accept", ""):
        return 200, TEXT, "".join(f"{title}: {text}\n  ({note})\n" for title, text, note in parts)
    return 200, HTML, HEAD + "".join(SECTION.format(*map(escape, part)) for part in parts)


def question_text(answer: str) -> str:
    """The question in quiz's answer, or the whole of an answer that quiz would not give."""
    try:
        return str(json.loads(answer)["text"])
    except (ValueError, LookupError, TypeError):
        return answer.strip()


def ask(service: str, path: str) -> tuple[str, str]:
    """What the Service answered ("" if nothing), and a note on who did, or why none did."""
    # A pod is given the address of each Service that its namespace had when it started.
    host, port = (os.environ.get(f"{service.upper()}_SERVICE_{part}") for part in ("HOST", "PORT"))
    if not host or not port:
        return "", f"there was no Service {service} when this pod started"
    connection = HTTPConnection(host, int(port), timeout=1)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return "", f"Service {service} at {host}:{port} does not answer: {error}"
    finally:
        connection.close()
    if response.status != 200:
        return "", f"Service {service} at {host}:{port} answered {response.status}"
    return text, f"from Service {service} at {host}:{port}, pod {response.headers['X-Pod']}"


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
