"""Watches over HTTP: one JSON document a line, until the time is over or the client leaves.

What client-go's reflectors rely on (client-go v0.36, tools/cache/reflector.go): every object says
its kind and apiVersion; `sendInitialEvents` is answered by the present objects and a bookmark
with the annotation below, else the client waits for ever; a stream ends cleanly.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.minicluster.api.http.forms import Form, form_of
from labsupport.minicluster.api.http.requests import ResourceRequest
from labsupport.minicluster.api.http.responses import Stream
from labsupport.minicluster.api.http.selection import (
    Selection,
    check_list_options,
    selection_of,
    version_of,
)
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.store import Event, Watch
from labsupport.minicluster.store.store import too_large_version
from labsupport.rules.status import StatusError

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
BOOKMARK_SECONDS = 60.0
"""How long a client goes without learning how far the resource version has moved."""
_LONGEST_SECONDS = 3600.0


@dataclass(frozen=True)
class _Options:
    seconds: float
    bookmarks: bool
    initial_events: bool  # the present objects first
    initial_end: bool  # and a bookmark that says they are complete
    version: int | None


def watched(registry: Registry, request: ResourceRequest, closing: asyncio.Event) -> Stream:
    """The stream of a watch."""
    query = request.http.query
    check_list_options(query, watch=True)
    selection = selection_of(request)
    options = _options(request)
    current = registry.store.resource_version
    if options.version is not None and options.version > current:
        raise too_large_version(options.version, current)
    stream = _WatchStream(registry, request.resource, selection, form_of(request.http), options)
    return Stream(stream.lines(), closing)


def _options(request: ResourceRequest) -> _Options:
    query = request.http.query
    asked = "sendInitialEvents" in query
    # Without a version to start from, a watch begins with what is there.
    initial = request.http.flag("sendInitialEvents") if asked else version_of(query) is None
    return _Options(
        seconds=min(request.http.integer("timeoutSeconds") or _LONGEST_SECONDS, _LONGEST_SECONDS),
        bookmarks=request.http.flag("allowWatchBookmarks"),
        initial_events=initial,
        initial_end=asked and initial,
        version=version_of(query),
    )


class _WatchStream:
    def __init__(
        self,
        registry: Registry,
        resource: Resource,
        selection: Selection,
        form: Form,
        options: _Options,
    ) -> None:
        self._registry = registry
        self._resource = resource
        self._selection = selection
        self._form = form
        self._options = options

    async def lines(self) -> AsyncIterator[bytes]:
        """The events as lines; a failure is an ERROR event, as the status line is long gone."""
        try:
            async for chunk in self._chunks():
                yield chunk
        except StatusError as error:
            yield _line("ERROR", json.dumps(error.to_json()))

    async def _chunks(self) -> AsyncIterator[bytes]:
        options = self._options
        since = options.version
        if options.initial_events:
            snapshot = self._registry.snapshot(self._resource.key, self._selection.namespace)
            since = snapshot.resource_version
            yield b"".join(self._initial(snapshot.bodies))
            if options.initial_end and options.bookmarks:
                yield self._bookmark(since, {INITIAL_EVENTS_END: "true"})
        watch = self._registry.watch([self._resource.key], since)
        deadline = asyncio.get_running_loop().time() + options.seconds
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            events = await _next_events(watch, min(left, BOOKMARK_SECONDS))
            if lines := b"".join(line for event in events for line in self._lines_of(event)):
                yield lines
            elif options.bookmarks and not events:
                yield self._bookmark(watch.resource_version, {})

    def _initial(self, bodies: list[str]) -> list[bytes]:
        selection = self._selection
        return [
            _line("ADDED", self._form.one(self._resource, body))
            for body in bodies
            if selection.empty or selection.matches(json.loads(body))
        ]

    def _lines_of(self, event: Event) -> list[bytes]:
        """The event as this watch sees it: who ceases to be selected is DELETED for it."""
        selection = self._selection
        if selection.namespace is not None and event.key.namespace != selection.namespace:
            return []
        kind, body = str(event.type), event.body
        if not selection.empty:
            is_in = event.type != "DELETED" and selection.matches(event.object)
            was_in = event.previous is not None and selection.matches(event.previous)
            if not (is_in or was_in):
                return []
            kind = "MODIFIED" if is_in and was_in else "ADDED" if is_in else "DELETED"
            if kind == "DELETED":
                body = _as_last_selected(event)
        return [_line(kind, self._form.one(self._resource, body))]

    def _bookmark(self, version: int, annotations: Json) -> bytes:
        metadata: Json = {"resourceVersion": str(version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        obj = {
            "kind": self._resource.kind,
            "apiVersion": self._resource.api_version,
            "metadata": metadata,
        }
        return _line("BOOKMARK", json.dumps(obj, separators=(",", ":")))


def _as_last_selected(event: Event) -> str:
    """The object as it was before the event, with the event's version."""
    obj = event.previous or event.object
    metadata = {**obj["metadata"], "resourceVersion": str(event.resource_version)}
    return json.dumps({**obj, "metadata": metadata}, separators=(",", ":"), ensure_ascii=False)


async def _next_events(watch: Watch, seconds: float) -> list[Event]:
    """The next events; none when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            return await watch.group()
    except TimeoutError:
        return []


def _line(kind: str, obj: str) -> bytes:
    return f'{{"type":"{kind}","object":{obj}}}\n'.encode()
