"""From a backend to the pods that can answer: Service, port, EndpointSlices."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from labsupport.base.types import Json
from labsupport.rules.ingress.route import Backend, namespace_of

SERVICE_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Endpoint:
    """An address a proxy may send a request to; `pod` is "" when no Pod stands behind it."""

    address: str
    port: int
    pod: str = ""

    def to_json(self) -> Json:
        """Plain data."""
        return {"name": self.pod, "address": self.address, "port": self.port}


@dataclass(frozen=True)
class Targets:
    """Who can answer for a backend, or what is `missing`: (code, message)."""

    endpoints: tuple[Endpoint, ...] = ()
    missing: tuple[str, str] | None = None


Condition = Literal["ready", "serving"]
"""Which condition of an endpoint lets it have requests; one that is not set is true."""


class Directory:
    """The Services and EndpointSlices by name; either may be None: unknown, not empty.

    `external_names` says whether Services of type ExternalName are followed.
    """

    def __init__(
        self,
        services: Iterable[Json] | None,
        slices: Iterable[Json] | None,
        *,
        condition: Condition = "ready",
        external_names: bool = True,
    ) -> None:
        self._services = services if services is None else _by_name(services)
        self._slices = slices if slices is None else _by_service(slices)
        self._condition = condition
        self._external_names = external_names
        self._found: dict[Backend, Targets] = {}

    def targets(self, backend: Backend) -> Targets:
        """Who can answer for the backend."""
        if backend not in self._found:
            self._found[backend] = self._find(backend)
        return self._found[backend]

    def _find(self, backend: Backend) -> Targets:
        if self._services is None or backend.resource is not None:
            return Targets()
        place = f"Service {backend.namespace}/{backend.service}"
        service = self._services.get((backend.namespace, backend.service))
        if service is None:
            return Targets(missing=("service-missing", f"{place} does not exist"))
        port = _service_port(service, backend.port)
        if port is None:
            offered = ", ".join(_port_words(each) for each in _ports(service)) or "none"
            why = f"{place} has no port {backend.port}; its ports: {offered}"
            return Targets(missing=("port-missing", why))
        spec = service.get("spec") or {}
        if spec.get("type") == "ExternalName":
            if not self._external_names:
                why = f"{place} is an ExternalName, which this controller does not follow"
                return Targets(missing=("service-external", why))
            return Targets((Endpoint(spec.get("externalName") or "", port["port"]),))
        if self._slices is None:
            return Targets()
        return self._endpoints(backend, port.get("name") or "")

    def _endpoints(self, backend: Backend, port_name: str) -> Targets:
        slices = (self._slices or {}).get((backend.namespace, backend.service), [])
        found: dict[bool, set[Endpoint]] = {True: set(), False: set()}  # by: takes new requests
        for each in slices:
            for number in _numbers(each, port_name):
                for endpoint in each.get("endpoints") or []:
                    conditions = endpoint.get("conditions") or {}
                    if conditions.get(self._condition) is False:
                        continue
                    pod = (endpoint.get("targetRef") or {}).get("name") or ""
                    # One that is serving may be ending: it keeps its clients, but gets no more.
                    ending = self._condition == "serving" and conditions.get("terminating")
                    for address in endpoint.get("addresses", [])[:1]:
                        found[not ending].add(Endpoint(address, number, pod))
        place = f"Service {backend.namespace}/{backend.service}"
        if found[True]:
            ordered = sorted(found[True], key=lambda each: (each.pod, each.address, each.port))
            return Targets(tuple(ordered))
        if found[False]:
            return Targets(missing=("endpoints-ending", f"{place} has only Pods that are ending"))
        why = f"{place} has no ready endpoints: no Pod that it selects is {self._condition}"
        return Targets(missing=("no-endpoints", why))


def _by_name(services: Iterable[Json]) -> dict[tuple[str, str], Json]:
    return {(namespace_of(each), each["metadata"]["name"]): each for each in services}


def _by_service(slices: Iterable[Json]) -> dict[tuple[str, str], list[Json]]:
    grouped: dict[tuple[str, str], list[Json]] = defaultdict(list)
    for each in slices:
        service = (each["metadata"].get("labels") or {}).get(SERVICE_LABEL)
        if service:
            grouped[namespace_of(each), service].append(each)
    return grouped


def _ports(service: Json) -> list[Json]:
    return (service.get("spec") or {}).get("ports") or []


def _port_words(port: Json) -> str:
    return f"{port['port']} ({port['name']})" if port.get("name") else str(port["port"])


def _service_port(service: Json, wanted: int | str) -> Json | None:
    """The Service's port of that number or name; an ExternalName may leave ports out."""
    key = "name" if isinstance(wanted, str) else "port"
    for port in _ports(service):
        if port.get(key) == wanted:
            return port
    external = (service.get("spec") or {}).get("type") == "ExternalName"
    return {"port": wanted} if external and isinstance(wanted, int) else None


def _numbers(endpoint_slice: Json, port_name: str) -> list[int]:
    return [
        port["port"]
        for port in endpoint_slice.get("ports") or []
        if (port.get("name") or "") == port_name and port.get("port")
    ]
