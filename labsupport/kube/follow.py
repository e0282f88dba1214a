"""Objects of a live cluster, kept up to date by watches."""

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode, urlsplit

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.kube.access import Access
from labsupport.kube.api import Api, places_of
from labsupport.kube.kinds import Kind
from labsupport.rules.status import StatusError

_FORBIDDEN = 403
_WATCH_SECONDS = 240  # then a watch is begun anew
_SILENCE_SECONDS = _WATCH_SECONDS + 30.0
_TRY_AGAIN_SECONDS = 1.0
_GATHER_SECONDS = 0.05  # changes that come together are told together


class Follower:
    """The objects of some kinds in a cluster, as they are now.

    `places` gives each kind its namespace, None for all. The objects are there when the follower
    is made (StatusError or ClusterNotRunning if they can't be had). From then on one thread for
    each kind follows a watch, and one more calls `changed` soon after any change; while the API
    server is away, the last known objects stay. `close` ends them all.
    """

    def __init__(
        self, access: Access, places: Mapping[str, str | None], changed: Callable[[], None]
    ) -> None:
        self._closing = threading.Event()
        self._news = threading.Event()
        self._changed = changed
        api = Api(access)
        try:
            self._followed = {
                kind: self._begun(access, api.kind(kind), namespace)
                for kind, namespace in places.items()
            }
        finally:
            api.close()
        self._threads = [
            threading.Thread(target=each.follow, name=f"follow-{kind}", daemon=True)
            for kind, several in self._followed.items()
            for each in several
        ]
        self._threads.append(threading.Thread(target=self._tell, name="follow-tell", daemon=True))
        for thread in self._threads:
            thread.start()

    def _begun(self, access: Access, kind: Kind, namespace: str | None) -> list["_Followed"]:
        """One for each place to look into; in others' we may not see every kind."""
        begun: list[_Followed] = []
        for place in places_of(access, kind, namespace):
            try:
                begun.append(_Followed(access, kind, place, self._closing, self._news))
            except StatusError as error:
                if error.code != _FORBIDDEN or not begun:
                    raise
        return begun

    def objects(self, kind: str) -> list[Json]:
        """The objects of a kind as last heard, sorted by namespace and name; read-only."""
        found = [obj for each in self._followed[kind] for obj in each.objects()]
        return sorted(found, key=_place)

    @property
    def closed(self) -> bool:
        """Whether nothing is followed any more."""
        return self._closing.is_set()

    def close(self) -> None:
        """End the watches and their threads; may be called twice, and from `changed`."""
        self._closing.set()
        self._news.set()
        for several in self._followed.values():
            for each in several:
                each.interrupt()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(5)

    def _tell(self) -> None:
        while True:
            self._news.wait()
            self._closing.wait(_GATHER_SECONDS)
            if self._closing.is_set():
                return
            self._news.clear()
            self._changed()


class _Followed:
    """The objects of one kind."""

    def __init__(
        self,
        access: Access,
        kind: Kind,
        namespace: str | None,
        closing: threading.Event,
        news: threading.Event,
    ) -> None:
        self._access = access
        self._kind = kind
        self._path = kind.path(namespace)
        self._closing = closing
        self._news = news
        self._lock = threading.Lock()
        self._objects: dict[tuple[str, str], Json] = {}
        self._version = ""
        self._stream: _Stream | None = None
        self._list()

    def objects(self) -> list[Json]:
        with self._lock:
            return [self._objects[place] for place in sorted(self._objects)]

    def interrupt(self) -> None:
        """Wake the thread that waits for the watch's next line."""
        with self._lock:
            if self._stream is not None:
                self._stream.interrupt()

    def follow(self) -> None:
        """Watch, and list anew where a watch can't go on, until closing."""
        while not self._closing.is_set():
            try:
                if not self._version:
                    self._list()
                    self._news.set()
                self._watch()
            except (OSError, http.client.HTTPException, ValueError, LabError):
                # Away, broken off, or too far behind: what happened meanwhile is unknown.
                self._version = ""
                self._closing.wait(_TRY_AGAIN_SECONDS)

    def _list(self) -> None:
        with contextlib.closing(Api(self._access)) as api:
            answer = api.call("GET", self._path)
        with self._lock:
            self._objects = {_place(item): self._whole(item) for item in answer["items"]}
        self._version = answer["metadata"]["resourceVersion"]

    def _watch(self) -> None:
        stream = _Stream(self._access, self._path, self._version)
        with self._lock:
            self._stream = stream
        try:
            # Closing may have come before there was a stream to interrupt.
            for event in iter(()) if self._closing.is_set() else stream.events():
                self._take(event)
        finally:
            stream.close()

    def _take(self, event: Json) -> None:
        obj = event["object"]
        if event["type"] == "ERROR":
            raise ValueError(obj.get("message", ""))  # 410: too old a version
        self._version = obj["metadata"]["resourceVersion"]
        if event["type"] == "BOOKMARK":
            return
        with self._lock:
            if event["type"] == "DELETED":
                self._objects.pop(_place(obj), None)
            else:
                self._objects[_place(obj)] = self._whole(obj)
        self._news.set()

    def _whole(self, item: Json) -> Json:
        """The object with its kind, which lists leave out."""
        return {"apiVersion": self._kind.api_version, "kind": self._kind.kind, **item}


class _Stream:
    """One watch over HTTP; another thread may interrupt it."""

    def __init__(self, access: Access, path: str, version: str) -> None:
        server = urlsplit(access.server)
        self._connection = http.client.HTTPSConnection(
            server.netloc, timeout=_SILENCE_SECONDS, context=access.tls()
        )
        query = urlencode(
            {
                "watch": "1",
                "allowWatchBookmarks": "true",
                "resourceVersion": version,
                "timeoutSeconds": str(_WATCH_SECONDS),
            }
        )
        headers = {**access.headers(), "Accept": "application/json"}
        url = f"{server.path.rstrip('/')}{access.tenancy.path(path)}?{query}"
        self._connection.request("GET", url, headers=headers)
        self._socket = self._connection.sock
        self._answer = self._connection.getresponse()

    def events(self) -> Iterator[Json]:
        """The watch's events, one JSON document a line, to its end."""
        if self._answer.status != http.client.OK:
            raise ValueError(f"watch refused: {self._answer.status}")
        while line := self._answer.readline():
            yield json.loads(line)

    def interrupt(self) -> None:
        """Have `events` end now; callable from any thread."""
        with contextlib.suppress(OSError):
            # Not SSLSocket.shutdown: that would take the TLS state from under the reader.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection back."""
        self._answer.close()
        self._connection.close()


def _place(obj: Json) -> tuple[str, str]:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]
