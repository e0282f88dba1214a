"""What the proxy tells of a request: Traefik's own access log, found by the request's id."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from labsupport.base.errors import ClusterError
from labsupport.base.types import Json
from labsupport.http.exchange import Exchange, ProxyFacts
from labsupport.kube.api import Api
from labsupport.rules.status import StatusError

_FIELD = "request_X-Request-Id"
_IMAGE = "traefik"
_PATIENCE = 0.2  # seconds; Traefik writes its line when it has sent the answer
_PAUSE = 0.01  # seconds
_FEW_LINES, _MANY_LINES = 4, 500


@dataclass(frozen=True)
class _Places:
    """The proxies' pods (namespace, name), and the addresses and node ports that lead to them."""

    pods: tuple[tuple[str, str], ...] = ()
    addresses: frozenset[str] = frozenset()
    node_ports: frozenset[int] = frozenset()

    def lead_to(self, exchange: Exchange) -> bool:
        """Whether the exchange's address and port are a way to a proxy."""
        return exchange.address in self.addresses or urlsplit(exchange.url).port in self.node_ports


class AccessLog:
    """Finds what Traefik wrote about a request.

    A look takes one read of the log's end, some 1 ms. Requests that went to another address than a
    Traefik's are not looked for. Needs `accesslog.format=json` that keeps the id's header.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._places = _Places()

    def told(self, exchange: Exchange, *, since: datetime | None = None) -> Exchange:
        """`exchange` with what the proxy says about it, if it went through one.

        With `since`, only requests that began after that moment count.
        """
        try:
            if not self._places.lead_to(exchange):
                self._places = _places(self._api)
                if not self._places.lead_to(exchange):
                    return exchange
            proxy = self._found(exchange.request_id, since)
        except (StatusError, ClusterError):
            return exchange  # the answer came; who may not read logs still gets it
        return exchange.with_proxy(proxy) if proxy else exchange

    def _found(self, request_id: str, since: datetime | None) -> ProxyFacts | None:
        end = time.monotonic() + _PATIENCE
        lines = _FEW_LINES
        while True:
            for namespace, pod in self._places.pods:
                entry = _entry(self._log(namespace, pod, lines), request_id, since)
                if entry is not None:
                    return _facts(entry, pod)
            if time.monotonic() > end:
                return None
            if lines == _MANY_LINES:
                self._places = _places(self._api)  # a proxy may have come since
                time.sleep(_PAUSE)
            lines = min(5 * lines, _MANY_LINES)

    def _log(self, namespace: str, pod: str, lines: int) -> bytes:
        try:
            return b"".join(self._api.log(pod, namespace, tail=lines))
        except StatusError as error:
            if error.code not in (400, 404):
                raise
            return b""  # gone, or not started: another pod has it


def _entry(log: bytes, request_id: str, since: datetime | None) -> Json | None:
    """The last line about the request of that id, which began after `since`."""
    wanted = request_id.encode()
    for line in reversed(log.splitlines()):
        if wanted not in line:
            continue
        try:
            entry: Json = json.loads(line)
        except ValueError:
            continue
        began = datetime.fromisoformat(entry["StartUTC"])
        if entry.get(_FIELD) == request_id and (since is None or began >= since):
            return entry
    return None


def _facts(entry: Json, pod: str) -> ProxyFacts:
    """A line of Traefik's access log; durations in it are nanoseconds."""
    return ProxyFacts(
        name="Traefik",
        pod=pod,
        entry_point=entry.get("entryPointName", ""),
        router=entry.get("RouterName", ""),
        service=entry.get("ServiceName", ""),
        server=entry.get("ServiceURL", ""),
        status=entry.get("DownstreamStatus", 0),
        origin_status=entry.get("OriginStatus", 0),
        seconds=entry.get("Duration", 0) / 1e9,
        server_seconds=entry.get("OriginDuration", 0) / 1e9,
    )


def _places(api: Api) -> _Places:
    pods = [pod for pod in api.list("pods") if _runs_traefik(pod)]
    services = [each for each in api.list("services") if _leads_to_one(each, pods)]
    addresses = {pod.get("status", {}).get("podIP", "") for pod in pods}
    for service in services:
        addresses.update(_addresses(service))
    return _Places(
        tuple((pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in pods),
        frozenset(addresses - {""}),
        frozenset(p["nodePort"] for s in services for p in s["spec"]["ports"] if "nodePort" in p),
    )


def _runs_traefik(pod: Json) -> bool:
    images = (str(each.get("image", "")) for each in pod["spec"]["containers"])
    return any(image.rpartition("/")[2].partition(":")[0] == _IMAGE for image in images)


def _leads_to_one(service: Json, pods: Iterable[Json]) -> bool:
    selector = service["spec"].get("selector") or {}
    return bool(selector) and any(
        pod["metadata"]["namespace"] == service["metadata"]["namespace"]
        and selector.items() <= pod["metadata"].get("labels", {}).items()
        for pod in pods
    )


def _addresses(service: Json) -> Iterator[str]:
    spec = service["spec"]
    yield spec.get("clusterIP", "")
    yield from spec.get("externalIPs", ())
    for each in service.get("status", {}).get("loadBalancer", {}).get("ingress", ()):
        yield each.get("ip", "")
