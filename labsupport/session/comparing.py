"""LoadBalancer against Ingress: the ways to the same pods, and what each does with requests."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labsupport.base.errors import ClusterError, LabError, RequestFailed, UsageError
from labsupport.http.adapter import Target
from labsupport.http.exchange import Exchange
from labsupport.http.timing import answer_times
from labsupport.kube.tables import Table
from labsupport.rules.ingress import Endpoint
from labsupport.session.addresses import external_address
from labsupport.session.connections import connections_to

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_MOST_REQUESTS = 60
"""So that the connections of one way are among the last 200, which the cluster remembers."""
_TIMED = 200  # requests of each way
_PATH = "/debug/request"  # where the sample apps tell how a request reached them


@dataclass(frozen=True)
class Way:
    """What one way to the pods did with the requests sent.

    Counts are how many requests each pod answered, largest first: of those over `one_connection`,
    over connections of their `own`, and over their own `with_cookies` as a browser keeps them.
    `callers` are the addresses that the pods saw as their clients, `forwarded_for` what the header
    X-Forwarded-For told them. `tls` says who ends TLS, or why there is none. `relayed` is how many
    connections by the Services' own proxy (L4) carried them, None where the cluster does not tell.
    """

    name: str
    target: Target
    one_connection: Sequence[int]
    own_connections: Sequence[int]
    with_cookies: Sequence[int]
    callers: frozenset[str]
    forwarded_for: str
    tls: str
    relayed: int | None

    @property
    def through_service(self) -> str:
        """Whether the requests went through a Service's own address, in a word."""
        if self.relayed is None:
            return "unknown"
        return "yes" if self.relayed else "no"

    def cells(self) -> list[str]:
        """One word or more for each row of the comparison, the same each time."""
        counts = (self.one_connection, self.own_connections, self.with_cookies)
        return [
            self.target.text,
            *("1 pod" if len(each) == 1 else f"{len(each)} pods" for each in counts),
            ", ".join(sorted(self.callers)),
            self.forwarded_for or "none",
            self.tls,
            "unknown" if self.relayed is None else str(self.relayed),
        ]


@dataclass(frozen=True)
class Comparison:
    """A pod itself, a LoadBalancer Service and an Ingress beside one another. Prints no times."""

    pod: Way
    load_balancer: Way
    ingress: Way

    @property
    def ways(self) -> tuple[Way, Way, Way]:
        """All three."""
        return self.pod, self.load_balancer, self.ingress

    @cached_property
    def latency(self) -> Table:
        """Microseconds from a request to its answer over an open connection: measured now."""
        times = answer_times([(way.target, _PATH) for way in self.ways], _TIMED)
        rows = [
            [way.name, *(f"{1e6 * cut:.0f}" for cut in _middle_and_late(found))]
            for way, found in zip(self.ways, times, strict=True)
        ]
        return Table(["WAY", "P50 (µs)", "P99 (µs)"], rows)

    def table(self) -> Table:
        """A column for each way."""
        requests = sum(self.ingress.own_connections)
        labels = (
            "address",
            f"{requests} requests over one connection",
            f"{requests} requests, each over its own",
            "the same with cookies kept",
            "caller that the pods see",
            "X-Forwarded-For",
            "TLS",
            "relayed by the Service's proxy",
        )
        rows = zip(labels, *(way.cells() for way in self.ways), strict=True)
        return Table(["", *(way.name.upper() for way in self.ways)], [list(row) for row in rows])

    def __str__(self) -> str:
        return str(self.table())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.table()._repr_mimebundle_()


def compared(lab: "Lab", service: str, namespace: str, url: str, requests: int) -> Comparison:
    """The three ways to the pods behind `url`; `service` is the LoadBalancer Service of the same.

    Of `url` only scheme and host count: asked for is the page at which the sample apps tell how a
    request reached them. UsageError for another Service, or a URL that leads to no pod.
    """
    if not 1 <= requests <= _MOST_REQUESTS:
        raise UsageError(f"requests is 1 to {_MOST_REQUESTS}", found=str(requests))
    parts = urlsplit(lab.tenancy.url(url if "://" in url else f"http://{url}"))
    url = f"{parts.scheme}://{parts.netloc}{_PATH}"
    pod, backend = _behind(lab, url)
    ip, port = _load_balancer(lab, service, namespace)
    services = {(namespace, service), backend}
    measuring = _Measuring(lab, url, requests, services)
    return Comparison(
        measuring.way("pod", pod.address, pod.port),
        measuring.way("load balancer", ip, port),
        measuring.way("Ingress", lab.resolve(str(parts.hostname)).address, None),
    )


def _behind(lab: "Lab", url: str) -> tuple[Endpoint, tuple[str, str]]:
    """A pod that `url` leads to by the Ingresses' rules, and the backend's namespace and name."""
    decision = lab.explain(url, profile=lab.controller.profile)
    if decision.backend is None or not decision.endpoints:
        raise UsageError(
            "the URL must lead to a pod", found=decision.summary, remedy=f"./lab explain {url}"
        )
    return decision.endpoints[0], (decision.backend.namespace, decision.backend.service)


def _load_balancer(lab: "Lab", name: str, namespace: str) -> tuple[str, int]:
    """The address and first port of a LoadBalancer Service."""
    service = lab.object("services", name, namespace=namespace)
    if service["spec"].get("type") != "LoadBalancer":
        raise UsageError(
            f"Service {namespace}/{name} must be of type LoadBalancer",
            found=f"type {service['spec'].get('type')}",
            remedy=f"kubectl -n {namespace} expose service {name} --type LoadBalancer "
            f"--name {name}-lb",
        )
    port: int = service["spec"]["ports"][0]["port"]
    return external_address(lab.api, "services", name, namespace), port


@dataclass(frozen=True)
class _Measuring:
    """Sends the requests; `services` are those whose relayed connections count."""

    lab: "Lab"
    url: str
    requests: int
    services: set[tuple[str, str]]

    def way(self, name: str, ip: str, port: int | None) -> Way:
        """Measure one way: to `ip`, and to `port` in place of the URL's."""
        parts = urlsplit(self.url)
        if port is not None:
            parts = parts._replace(scheme="http", netloc=f"{parts.hostname}:{port}")
        url, started = parts.geturl(), datetime.now(UTC).isoformat(timespec="microseconds")
        with self.lab.client.connect(url, resolve=ip, verify=False) as connection:
            kept = [connection.get() for _ in range(self.requests)]
        own = [self._get(url, ip) for _ in range(self.requests)]
        visitor = self._visits(url, ip)
        relayed = self._relayed(started)
        return Way(
            name=name,
            target=connection.target,
            one_connection=_counts(kept),
            own_connections=_counts(own),
            with_cookies=_counts(visitor),
            callers=frozenset(each.peer.rpartition(":")[0] for each in [*kept, *own, *visitor]),
            forwarded_for=str(kept[0].json()["headers"].get("X-Forwarded-For", "")),
            tls=self._tls(ip),
            relayed=relayed,
        )

    def _get(self, url: str, ip: str, **headers: str) -> Exchange:
        return self.lab.client.get(url, resolve=ip, verify=False, headers=headers)

    def _visits(self, url: str, ip: str) -> list[Exchange]:
        """Requests that bring the cookie back which the first answer set, if it set one."""
        first = self._get(url, ip)
        cookie = first.headers.get("Set-Cookie", "").partition(";")[0]
        headers = {"Cookie": cookie} if cookie else {}
        return [first, *(self._get(url, ip, **headers) for _ in range(self.requests - 1))]

    def _tls(self, ip: str) -> str:
        """Whether port 443 of `ip` speaks TLS, and with whom."""
        try:
            answer = self._get(f"https://{urlsplit(self.url).hostname}{_PATH}", ip)
        except RequestFailed as error:
            return f"none at port 443: {error.kind}"
        return "the pod ends it" if answer.pod and answer.json()["tls"] else "the proxy ends it"

    def _relayed(self, since: str) -> int | None:
        try:
            found = [
                each
                for namespace, name in self.services
                for each in connections_to(self.lab.api, name, namespace, 200)
            ]
        except ClusterError:
            return None
        return sum(each.used >= since for each in found)


def _counts(answers: Sequence[Exchange]) -> list[int]:
    """How many each pod answered; an answer of no pod is a LabError, as it would mislead."""
    found: dict[str, int] = {}
    for answer in answers:
        if answer.pod is None or not answer.ok:
            raise LabError(
                f"each answer of {answer.url} must come from a pod of a sample app",
                found=f"{answer.status} {answer.reason} from {answer.pod or 'no pod'}",
                remedy=f"./lab get {answer.url}",
            )
        found[answer.pod] = found.get(answer.pod, 0) + 1
    return sorted(found.values(), reverse=True)


def _middle_and_late(times: Sequence[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=100)[-1]
