"""A small client of the Kubernetes API: what client-go is to controllers that are written in Go.

Requests, objects kept up to date by list and watch, Events, and key pairs in Secrets.
"""

import json
import os
import ssl
import tempfile
import threading
import time
from base64 import b64decode
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

FAILURES = (OSError, HTTPException, ValueError, LookupError)
"""What a request may end with, or the reading of its answer."""
IN_CLUSTER = "/app/kubeconfig.json"
"""The kubeconfig where the cluster sets none: it names the files that pods have."""

_said: dict[str, str] = {}


def log(topic: str, text: str) -> None:
    """Print one line, but nothing that was said about the topic last time too."""
    if _said.get(topic) != text:
        _said[topic] = text
        print(f"{topic}: {text}", flush=True)


def call(method: str, path: str, body: Any = None) -> Any:
    """The API server's answer to this pod's ServiceAccount, open for reading.

    A kubeconfig, in JSON, says where that is, and who.
    """
    config = json.loads(Path(os.environ.get("KUBECONFIG", IN_CLUSTER)).read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    token = user.get("token") or Path(user["tokenFile"]).read_text()
    headers = {"Authorization": f"Bearer {token}"}
    context = _trusting(cluster["certificate-authority"])
    return send(method, f"{cluster['server']}{path}", headers, body, HTTPSHandler(context=context))


@cache
def _trusting(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def send(method: str, url: str, headers: dict[str, str], body: Any, *handlers: HTTPSHandler) -> Any:
    """The answer to a request with a body in JSON, open for reading; HTTPError from 400 on."""
    data = None if body is None else json.dumps(body).encode()
    form = "application/merge-patch+json" if method == "PATCH" else "application/json"
    headers = {**headers, "Content-Type": form}
    request = Request(url, data, headers, method=method)  # noqa: S310 - http and https only
    return build_opener(ProxyHandler({}), *handlers).open(request, timeout=330)


class Cache:
    """The objects of some kinds as last heard of, by `namespace/name` (`/name` without one).

    `paths` are the kinds' lists in the API; `changed` is set whenever one may have changed.
    """

    def __init__(self, **paths: str) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.changed = threading.Event()
        self._kinds = len(paths)
        for kind, path in paths.items():
            threading.Thread(target=self._follow, args=(kind, path), daemon=True).start()

    def complete(self) -> bool:
        """Whether every kind was listed once."""
        return len(self.objects) == self._kinds

    def _hold(self, kind: str, objects: dict[str, Any]) -> None:
        self.objects[kind] = objects
        self.changed.set()

    def _follow(self, kind: str, path: str) -> None:
        """List, then watch; whatever ends the watch, list anew."""
        while True:
            try:
                self._list_and_watch(kind, path + ("&" if "?" in path else "?"))
            except FAILURES as error:
                if isinstance(error, HTTPError) and error.code == 404:
                    self._hold(kind, {})  # its CustomResourceDefinition is missing
                log(kind, f"can't be watched, trying on: {error}")
                time.sleep(1)

    def _list_and_watch(self, kind: str, path: str) -> None:
        with call("GET", path) as answer:
            listed = json.load(answer)
        held = {place(each): each for each in listed["items"]}
        self._hold(kind, held)
        log(kind, f"watched; {len(held)} at first")
        version = listed["metadata"]["resourceVersion"]
        with call("GET", f"{path}watch=1&timeoutSeconds=300&resourceVersion={version}") as lines:
            for event in map(json.loads, lines):
                if event["type"] == "ERROR":  # 410 Gone: the API server has forgotten `version`
                    return
                held = {**held, place(event["object"]): event["object"]}
                if event["type"] == "DELETED":
                    del held[place(event["object"])]
                self._hold(kind, held)


def place(obj: Any) -> str:
    """The object as `namespace/name`."""
    return f"{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"


def record(ingress: Any, reason: str, message: str) -> None:
    """Write an Event about the Ingress; nothing when the last one about it had the same message."""
    metadata, now = ingress["metadata"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if _said.get(metadata["uid"]) == message:
        return
    about = {key: metadata[key] for key in ("namespace", "name", "uid", "resourceVersion")}
    name = f"{metadata['name']}.{time.time_ns():x}"
    event = {
        "metadata": {"namespace": metadata["namespace"], "name": name},
        "involvedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", **about},
        "source": {"component": os.environ["SERVICE"].partition("/")[2]},
        "type": "Warning" if reason == "Rejected" else "Normal",
        "reason": reason,
        "message": message[:1024],
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    call("POST", f"/api/v1/namespaces/{metadata['namespace']}/events", event).close()
    _said[metadata["uid"]] = message


def key_pair(secret: Any) -> dict[str, str]:
    """The `certificate` and `key` of a TLS Secret, in PEM; one of FAILURES if they don't fit."""
    if secret is None:
        raise ValueError("there is none of type kubernetes.io/tls")
    certificate, key = (b64decode(secret["data"][name]).decode() for name in ("tls.crt", "tls.key"))
    with tempfile.NamedTemporaryFile("w") as file:
        print(certificate, key, sep="\n", file=file, flush=True)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file.name, password="")
    return {"certificate": certificate, "key": key}
