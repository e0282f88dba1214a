"""`lab.bare_proxy`: a Caddy without a controller, and what somebody needs who writes one."""

import threading
from base64 import b64decode
from collections.abc import Callable, Sequence

from labsupport.base.errors import ClusterError, ProxyRefused, UsageError
from labsupport.base.types import Json
from labsupport.http.client import Client
from labsupport.kube.access import Access
from labsupport.kube.api import Api
from labsupport.kube.follow import Follower
from labsupport.rules.ingress.classes import class_field
from labsupport.rules.ingress.route import backend_of
from labsupport.rules.ingress.targets import Directory
from labsupport.rules.status import StatusError
from labsupport.session.addresses import external_address

NAME = "bare-proxy"
"""Of its manifest, namespace, Deployment, Service and Secret."""
CLASS = "mine"
"""The IngressClass that comes with it."""

UNTOLD = "no controller has told this proxy anything"
"""What it answers, with 503, until it is configured."""

_WATCHED = ("ingresses", "services", "endpointslices")
_VISITORS, _ORDERS = 8000, 2019  # Caddy's ports
_NOT_FOUND = 404

Reconcile = Callable[["BareProxy"], object]
"""One pass of a controller: it looks at what is wanted now, and has the proxy do it."""


class BareProxy:
    """A proxy that only answers 503 until somebody's controller tells it what to do.

    A controller's pass asks `ingresses` and `pods`, decides, and calls `configure` and `report`.
    `follow` runs it again after every change. Without the installation all are UsageErrors.
    """

    def __init__(self, access: Access, client: Client) -> None:
        self._access = access
        self._api = Api(access)
        self._client = client
        self._loop: tuple[Follower, BareProxy] | None = None
        self._reconcile: Reconcile | None = None
        self.failure = ""
        """What the last pass that `follow` ran ended with; "" when it went well."""

    @property
    def address(self) -> str:
        """The IP address of its LoadBalancer Service."""
        self._installed("services")
        return external_address(self._api, "service", NAME, NAME)

    # What a pass needs

    def ingresses(self) -> list[Json]:
        """The Ingresses of all namespaces and of all classes, sorted by namespace and name."""
        return self._api.list("ingresses")

    def pods(self, ingress: Json, backend: Json) -> list[Json]:
        """The ready pods behind a backend of the Ingress: Caddy's upstreams; [] without any."""
        place = backend_of(backend, ingress["metadata"]["namespace"])
        if place is None:
            return []
        services, slices = (self._api.list(kind) for kind in ("services", "endpointslices"))
        found = Directory(services, slices).targets(place)
        return [{"dial": f"{each.address}:{each.port}"} for each in found.endpoints]

    def configure(self, routes: Sequence[Json]) -> None:
        """Have Caddy try these routes in turn, and answer 404 where none fits.

        A route is as in Caddy's own JSON: `match` and `handle`. ProxyRefused has Caddy's words.
        """
        ip, origin = self._pod_ip(), self._origin()
        answer = self._client.request(
            "POST",
            f"http://{ip}:{_ORDERS}/load",
            headers={"Host": origin, "Origin": f"http://{origin}"},
            json=_configuration(ip, origin, routes),
        )
        if not answer.ok:
            raise ProxyRefused(
                "Caddy refuses these routes, and goes on with those before",
                found=str(answer.json()["error"]),
                remedy="compare them with Caddy's words; the number after `route` counts from 0",
            )

    def report(self, ingress: Json) -> None:
        """Write the proxy's address into the status of an Ingress, unless it stands there.

        Only into one of the class `mine`: with the others two controllers would write in turns.
        """
        if class_field(ingress) != CLASS:
            return
        wanted = [{"ip": self.address}]
        if ingress.get("status", {}).get("loadBalancer", {}).get("ingress") == wanted:
            return
        metadata = ingress["metadata"]
        path = self._api.kind("ingresses").path(metadata["namespace"], metadata["name"])
        self._api.call(
            "PATCH",
            f"{path}/status",
            body={"status": {"loadBalancer": {"ingress": wanted}}},
            headers={"Content-Type": "application/merge-patch+json"},
        )

    # The loop

    def follow(self, reconcile: Reconcile | None = None) -> None:
        """Run `reconcile(proxy)` now, and soon after each change, until `stop` or a newer one.

        Without a function it is the last one again. A pass that fails is told in `failure`, and
        the next change gets a new one. What the first one failed with is printed, too.
        """
        wanted = reconcile or self._reconcile
        if wanted is None:
            raise UsageError(
                "no function was given yet", remedy="give one: lab.bare_proxy.follow(reconcile)"
            )
        self.stop()
        self._reconcile = wanted
        own = BareProxy(self._access, self._client)  # the loop's own: connections are not shared
        one_at_a_time = threading.Lock()

        def once() -> None:
            with one_at_a_time:
                self.failure = own._pass(wanted)

        self._loop = Follower(self._access, dict.fromkeys(_WATCHED), once), own
        once()  # the follower tells of changes only
        if self.failure:
            print(f"the function ended with {self.failure}")

    def stop(self) -> None:
        """Follow no longer; the proxy goes on as it was told last. May be called twice."""
        if self._loop is not None:
            follower, own = self._loop
            follower.close()
            own.close()
            self._loop = None

    def close(self) -> None:
        """Follow no longer, and give the connections back."""
        self.stop()
        self._api.close()

    def _pass(self, reconcile: Reconcile) -> str:
        """What a pass failed with: the function is somebody's own."""
        try:
            reconcile(self)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""

    # Where it is

    def _installed(self, kind: str) -> Json:
        try:
            return self._api.get(kind, NAME, NAME)
        except StatusError as error:
            if error.code != _NOT_FOUND:
                raise
            raise UsageError(
                "there is no bare proxy in this cluster",
                remedy=f'lab.install("{NAME}"), or in a terminal: ./lab install {NAME}',
            ) from error

    def _origin(self) -> str:
        return b64decode(self._installed("secrets")["data"]["origin"]).decode()

    def _pod_ip(self) -> str:
        """Of its newest pod: while one is replaced there are two."""
        self._installed("services")
        pods = self._api.list("pods", NAME, selector=f"app={NAME}")
        staying = [
            each
            for each in pods
            if each.get("status", {}).get("podIP") and not each["metadata"].get("deletionTimestamp")
        ]
        if not staying:
            raise ClusterError(
                f"{NAME} has no running Pod to be configured",
                remedy=f"see why: kubectl -n {NAME} describe pods",
            )
        newest = max(staying, key=lambda each: str(each["metadata"]["creationTimestamp"]))
        return str(newest["status"]["podIP"])


def _configuration(ip: str, origin: str, routes: Sequence[Json]) -> Json:
    """All of Caddy's configuration; its admin API stays as the manifest has it."""
    # Without a last route Caddy answers 200 and nothing.
    nobody = {"handler": "static_response", "status_code": 404, "body": "no route takes this\n"}
    server = {
        "listen": [f"{ip}:{_VISITORS}"],
        "automatic_https": {"disable": True},
        "routes": [*routes, {"handle": [nobody]}],
    }
    return {
        "admin": {
            "listen": f"{ip}:{_ORDERS}",
            "enforce_origin": True,
            "origins": [origin],
            "config": {"persist": False},
        },
        "logging": {"logs": {"default": {"level": "ERROR"}}},
        "apps": {"http": {"servers": {CLASS: server}}},
    }
