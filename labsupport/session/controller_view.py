"""Looks at a controller: one look, or one each second until closed.

What a look gives is in `controller_view_state`. How each proxy is asked is in
`controller_view_traefik` and `controller_view_caddy`, its log is read by `controller_view_log`.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from labsupport.base.errors import LabError
from labsupport.http.client import Client
from labsupport.kube.api import Api
from labsupport.providers.protocol import Connection
from labsupport.session.controller import Controller, installed_controllers
from labsupport.session.controller_view_log import read_line
from labsupport.session.controller_view_state import ControllerState, Holdings

_EVERY = 1.0  # seconds between looks
_REST = 3  # but at least so many times the computing of a look: it grows with the routes
_LOG_LINES = 1000  # of the log that are read, the access log among them


class HasControllers(Protocol):
    """What is needed of a lab."""

    @property
    def connection(self) -> Connection: ...

    @property
    def client(self) -> Client: ...


def controller_state(
    api: Api, controller: Controller, before: ControllerState | None = None
) -> ControllerState:
    """One look. When controller or cluster can't be asked, `before` is told, marked as stale."""
    known = before or ControllerState(controller.ingress_class)
    known = replace(known, title=controller.title, proxy=controller.proxy)
    try:
        raw = controller.log(tail=_LOG_LINES)
        # Problems can be had of a controller that does not run, too.
        problems = tuple(controller.problems())
        known = replace(known, lines=tuple(map(read_line, raw)), problems=problems)
        held, origins = _held(api, controller)
    except LabError as error:
        return replace(known, stale=f"it can't be asked now: {error.what}")
    lines = tuple(read_line(line, origins) for line in raw)
    return replace(known, holdings=held, lines=lines, stale="")


def _held(api: Api, controller: Controller) -> tuple[Holdings, dict[str, str]]:
    """What its proxy holds, and the object that each of its routers was made of."""
    if controller.proxy == "Traefik":
        from labsupport.session.controller_view_traefik import holdings
    else:
        from labsupport.session.controller_view_caddy import holdings
    held = holdings(api, controller)
    origins = {
        name: source.place
        for source in held.sources
        for router in source.routers
        for name in router.names
    }
    return held, origins


class ControllerWatch:
    """Looks at the controller of a class about each second, in a thread, until closed.

    `state` is the last look; the first is there when this is made. `classes` are those that can be
    looked at. `changed` is called in that thread after each look that is not like the one before.
    A proxy has no watch for its configuration, so it has to be asked again and again.
    """

    def __init__(
        self, lab: HasControllers, ingress_class: str, changed: Callable[[], None]
    ) -> None:
        self._client = lab.client
        self._api = Api(lab.connection.access)  # a thread's own: connections are not shared
        self._changed = changed
        self._wanted = ingress_class
        self._look_now, self._closing = threading.Event(), False
        self.classes: tuple[str, ...] = ()
        self.state = self._looked(None)
        self._thread = threading.Thread(target=self._run, name="controller-watch", daemon=True)

    def start(self) -> None:
        """Follow from now on."""
        self._thread.start()

    def choose(self, ingress_class: str) -> None:
        """Look at another controller from now on, at once."""
        self._wanted = ingress_class
        self._look_now.set()

    def close(self) -> None:
        """End the thread and the connections; may be called twice, and from `changed`."""
        self._closing = True
        self._look_now.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(10)
        self._api.close()

    def _run(self) -> None:
        took = 0.0
        while True:
            self._look_now.wait(max(_EVERY, _REST * took))
            self._look_now.clear()
            if self._closing:
                return
            before = (self.state, self.classes)
            began = time.thread_time()
            self.state = self._looked(self.state)
            took = time.thread_time() - began
            if not self._closing and before != (self.state, self.classes):
                self._changed()

    def _looked(self, before: ControllerState | None) -> ControllerState:
        wanted = self._wanted
        if before is None or before.ingress_class != wanted:
            before = ControllerState(wanted)
        try:
            controllers = installed_controllers(self._api, self._client)
        except LabError as error:
            return replace(before, stale=f"the cluster can't be asked: {error.what}")
        self.classes = tuple(controllers)
        if wanted not in controllers:
            there = ", ".join(controllers) or "none"
            words = f"no controller of class {wanted} is installed; classes served: {there}"
            return ControllerState(wanted, stale=words)
        return controller_state(self._api, controllers[wanted], before)
