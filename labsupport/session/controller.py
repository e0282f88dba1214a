"""Ingress controllers: where each is installed, and its proxy's configuration as it tells it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.base.types import Json
from labsupport.http.client import Client
from labsupport.kube.api import Api
from labsupport.kube.tables import Table
from labsupport.rules.diagnosis.case import addresses, load_balancer
from labsupport.rules.ingress import TRAEFIK, TRAEFIK_NGINX, Profile, profile_named
from labsupport.rules.ingress.traefik import of_class
from labsupport.rules.status import StatusError
from labsupport.session.addresses import external_address

NAMESPACE = "traefik"
_PROVIDERS = ("kubernetes", "kubernetesingressnginx", "kubernetescrd", "kubernetesgateway")
"""Traefik's providers of routes, as its API names them: of Ingresses, of its own kinds, and of
Gateway API."""
_API_PORT = 8080


@dataclass(frozen=True)
class Installation:
    """A controller that the lab can install, and how it reads Ingresses.

    `name` is that of its manifest, namespace, Deployment, ServiceAccount and Service. `profile`
    names one in `rules.ingress`, `controller` is its name in IngressClasses. `custom_kinds`:
    whether it heeds Traefik's own kinds too. `every_class`: whether it serves any class of its
    controller's, not only `ingress_class`.
    """

    name: str
    ingress_class: str
    profile: str = "traefik"
    proxy: Literal["Traefik", "Caddy", "another"] = "Traefik"
    controller: str = TRAEFIK.controller
    custom_kinds: bool = False
    every_class: bool = False

    @property
    def title(self) -> str:
        """What to call it: `Traefik`, or by its name where there may be several."""
        return "Traefik" if self.name == NAMESPACE else self.name

    @property
    def rules_profile(self) -> Profile:
        """The profile that serves this controller's class and no other."""
        found = replace(profile_named(self.profile), controller=self.controller)
        return found if self.every_class else of_class(found, self.ingress_class)

    def serves(self, ingress_class: Json) -> bool:
        """Whether Ingresses of a class are its own."""
        if ingress_class["spec"].get("controller") != self.controller:
            return False
        return self.every_class or ingress_class["metadata"]["name"] == self.ingress_class


FIRST = Installation("traefik", "traefik", custom_kinds=True)
INSTALLATIONS = (
    FIRST,
    Installation("traefik-internal", "internal", custom_kinds=True),
    Installation("traefik-public", "public", custom_kinds=True),
    Installation("traefik-default", "traefik-default", "traefik-defaults"),
    Installation(
        "traefik-nginx",
        "nginx",
        "traefik-nginx",
        controller=TRAEFIK_NGINX.controller,
        every_class=True,
    ),
    Installation(
        "lab-controller",
        "lab",
        "lab",
        "Caddy",
        controller="lab.example.com/ingress-controller",
        every_class=True,
    ),
)
"""Every controller that the lab knows; the first is there from the start."""


class Controller:
    """A controller, seen through its Services and its proxy's own API.

    `ingress_class` is the class it serves, `profile` names the profile in `rules.ingress` by
    which it reads rules, and `proxy` is the program that carries the requests.
    """

    is_ours = True
    """Whether a lab installed it, and may look into it."""

    def __init__(
        self, api: Api, client: Client, installation: Installation = FIRST, class_name: str = ""
    ) -> None:
        self._api = api
        self._client = client
        self.installation = installation
        self.name = self.namespace = installation.name
        self.title = installation.title
        self.ingress_class = class_name or installation.ingress_class
        self.profile = installation.profile
        self.proxy = installation.proxy

    def __repr__(self) -> str:
        return f"<Controller {self.name} of class {self.ingress_class}>"

    @property
    def rules_profile(self) -> Profile:
        """The profile in `rules.ingress` that serves this class and no other."""
        return self.installation.rules_profile

    @property
    def address(self) -> str:
        """The IP address of its LoadBalancer Service; WaitTimeout when none comes in 10 s."""
        return self.wait_for_address(10.0)

    def wait_for_address(self, timeout: float) -> str:
        """The same; WaitTimeout when none comes within `timeout` seconds."""
        return external_address(self._api, "service", self.name, self.namespace, timeout=timeout)

    def addresses(self) -> tuple[str, ...]:
        """Every IP address by which its proxy is reached now."""
        return addresses(self._api.get("services", self.name, self.namespace))

    def external_addresses(self) -> tuple[str, ...]:
        """Those from outside of the cluster: its load balancer's."""
        return load_balancer(self._api.get("services", self.name, self.namespace))

    def classes(self) -> set[str]:
        """The names of all IngressClasses that it serves now."""
        there = self._api.list("ingressclasses")
        return {each["metadata"]["name"] for each in there if self.installation.serves(each)}

    def pods(self) -> list[Json]:
        """Its Pods, those that are ending too."""
        return self._api.list("pods", self.namespace, selector=f"app={self.name}")

    def log(self, *, tail: int | None = None, seconds: int | None = None) -> list[str]:
        """What its Pods wrote, without the access log: raw lines of the client library too.

        At most the last `tail` lines of each container, or of the last so many `seconds`.
        """
        found: list[str] = []
        for pod in self.pods():
            for container in pod["spec"]["containers"]:
                pieces = self._api.log(
                    pod["metadata"]["name"],
                    self.namespace,
                    container=container["name"],
                    tail=tail,
                    since=seconds,
                )
                try:
                    found += b"".join(pieces).decode(errors="replace").splitlines()
                except StatusError as error:
                    # One that has not started, or is gone meanwhile, says nothing.
                    if error.code not in (400, 404):
                        raise
        return [line for line in found if not _is_access(line)]

    def routers(self) -> Table:
        """The proxy's routers: rule, service, status. `.objects` has all that Traefik tells.

        Those made from IngressRoutes are called NAME@kubernetescrd.
        """
        routers = self._items("/api/http/routers")
        rows = [
            [
                _short(router),
                router.get("rule", ""),
                ",".join(router.get("entryPoints", ())),
                router.get("service", ""),
                router.get("status", ""),
            ]
            for router in routers
        ]
        return Table(["ROUTER", "RULE", "ENTRY POINTS", "SERVICE", "STATUS"], rows, routers)

    def servers(self) -> Table:
        """Where the proxy sends requests: the pod addresses behind each of its services."""
        services = self._items("/api/http/services")
        rows = [
            [_short(service), url, service.get("serverStatus", {}).get(url, "")]
            for service in services
            for url in sorted(_urls(service))
        ]
        return Table(["SERVICE", "SERVER", "STATUS"], rows, services)

    def _items(self, path: str) -> list[Json]:
        """What the proxy has from the cluster, not of its own, by name."""
        items: list[Json] = self.ask(f"{path}?per_page=100000")
        return sorted(
            (each for each in items if each.get("provider") in _PROVIDERS),
            key=lambda each: str(each["name"]),
        )

    def ask(self, path: str) -> Any:
        """What Traefik's API says at `path`, for example `/api/overview`; UsageError for others."""
        if self.proxy != "Traefik":
            raise UsageError(
                f"{self.title}'s proxy is {self.proxy}, which has no routers to tell of",
                remedy=f"read what it says: ./lab logs {self.name}",
            )
        service = f"{self.name}-dashboard:{_API_PORT}"
        place = self._api.kind("services").path(self.namespace, service, "proxy")
        try:
            return self._api.call("GET", f"{place}{path}")
        except StatusError as error:
            raise RequestFailed(
                f"Traefik's API has no answer at {path}",
                found=f"{error.code}: {error.message.strip()}",
                remedy='see what it has: lab.controller.ask("/api/overview")',
            ) from error

    def source(self, part: str = "") -> str:
        """Its program as it runs, or a part of it: `Plan.class_of`. UsageError if not in Python."""
        from labsupport.session.controller_source import program, source_of

        return source_of(program(self._api, self), part)

    def told(self, ingress: str, reason: str = "", *, namespace: str = "default") -> str:
        """Its newest Event about an Ingress, as `Sync: Caddy serves it`; "" for none.

        With a `reason` it waits until the newest has that one; WaitTimeout after 10 s.
        """
        from labsupport.session.controller_events import newest, waited_for

        found = self._api.get("ingresses", ingress, namespace)
        return (
            waited_for(self._api, self, found, reason) if reason else newest(self._api, self, found)
        )

    def problems(self) -> list[str]:
        """What is wrong with it, in words: its kinds, its Pods, what it cannot use and why."""
        from labsupport.session.problems import controller_problems

        return controller_problems(self._api, self)


class ByClass(dict[str, Controller]):
    """Controllers by class; a class that none serves is a UsageError, not a KeyError."""

    def __missing__(self, ingress_class: str) -> Controller:
        its = (each.name for each in INSTALLATIONS if each.ingress_class == ingress_class)
        raise UsageError(
            f"no controller of class {ingress_class} is installed",
            found=f"classes served: {', '.join(self) or 'none'}",
            remedy=f'lab.install("{next(its, "traefik-internal")}")',
        )


def installed_controllers(api: Api, client: Client) -> ByClass:
    """The controllers that are installed now, by the class that each serves; some serve several."""
    classes = api.list("ingressclasses")
    installed = [each for each in INSTALLATIONS if any(map(each.serves, classes))]
    return ByClass(
        (found["metadata"]["name"], Controller(api, client, each, found["metadata"]["name"]))
        for each in installed
        if _is_installed(api, each)
        for found in classes
        if each.serves(found)
    )


def _is_installed(api: Api, installation: Installation) -> bool:
    """Whether its Service is there: a class may be left without, or be somebody else's."""
    try:
        services = api.list("services", installation.name)
    except StatusError as error:
        if error.code != 403:
            raise
        return False  # in a namespace that is not ours to see
    return any(each["metadata"]["name"] == installation.name for each in services)


def _is_access(line: str) -> bool:
    """Whether a line is of the access log: JSON, as Caddy's other lines are, but those say so."""
    return line.startswith("{") and ('"logger":' not in line or '"logger":"http.log.acc' in line)


def _short(item: Json) -> str:
    """Its name in Traefik; without the provider, when that is the one of Ingresses."""
    name, _, provider = str(item["name"]).rpartition("@")
    return f"{name}@{provider}" if provider == "kubernetescrd" else name


def _urls(service: Json) -> Iterator[str]:
    return (server["url"] for server in service.get("loadBalancer", {}).get("servers", ()))
