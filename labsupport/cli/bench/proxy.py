"""Requests through the Ingress IP to a pod, and how many routes cost how much.

The peer is Traefik reached directly, at its pod's address, and the floor the pod itself; all by
turns within each run. `via_ip_ratio` is the requests a second through the IP over those of Traefik
reached directly, with 32 connections; `via_ip_added` what one request, alone, takes longer.

A route counts as live when its host answers 200. Traefik publishes the address in an Ingress's
status while it builds a configuration, and routes by that configuration only afterwards; its
Kubernetes client makes 10 such writes at once and then 5 a second (client-go's QPS and burst),
which no option of its Ingress provider changes. So 900 Ingresses made at once beside 100 are live
after some 180 s (`live_1000`): (900 - 10) / 5 = 178. It is one write for an Ingress, however many
rules that has: few Ingresses of many rules are live sooner.
"""

import argparse
import http.client
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from labsupport.base.types import Json
from labsupport.cli.bench import cluster
from labsupport.cli.bench.figures import Figure, figure
from labsupport.cli.bench.load import Address, Load, side_by_side
from labsupport.kube.api import Api
from labsupport.kube.wait import until_nothing_missing

FEW, SOME, MANY = 10, 100, 1000
"""How many routes there are, each an Ingress of its own."""

_CONNECTIONS = 32
_SLICES, _SLICE = 8, 0.25  # turns of each way in a run, and seconds of each
_REFILL = 2.5  # seconds until Traefik's client may write 10 times at once again
_PUBLISHING = 600.0  # seconds


class _Site:
    """A running cluster with routes to the pod of the app quote."""

    def __init__(self, running: cluster.Cluster) -> None:
        self.api: Api = running.api()
        self.connection: http.client.HTTPConnection = running.proxy()
        self.ip: Address = (self.connection.host, self.connection.port)
        self.traefik: Address = (_pod_ip(self.api, "traefik", "traefik"), 8000)
        self.pod: Address = (_pod_ip(self.api, "default", "quote"), 8080)
        self.hosts: list[str] = []

    def grow(self, routes: int) -> None:
        """Have so many routes, each live and with its address published."""
        new = [f"route-{number}.example.com" for number in range(len(self.hosts), routes)]
        for host in new:
            self.api.create(_ingress(host))
        until_nothing_missing(
            self._without_address,
            what=f"the addresses of {routes} Ingresses",
            timeout=_PUBLISHING,
            every=1.0,  # the list of a thousand is long, and takes the time of what is measured
        )
        for host in new:
            cluster.wait_for_status(self.connection, host, 200)
        self.hosts += new

    def apply_to_live(self, name: str) -> float:
        """Milliseconds from creating one Ingress more to its first 200."""
        host = f"{name}.example.com"
        cluster.wait_for_status(self.connection, host, 404)
        started = time.perf_counter()
        self.api.create(_ingress(host))
        cluster.wait_for_status(self.connection, host, 200)
        spent = time.perf_counter() - started
        self.api.delete("ingresses", name)
        cluster.wait_for_status(self.connection, host, 404)
        return 1000 * spent

    def close(self) -> None:
        """Give the connections back."""
        self.connection.close()
        self.api.close()

    def _without_address(self) -> list[str]:
        return [
            ingress["metadata"]["name"]
            for ingress in self.api.list("ingresses", "default")
            if not ingress.get("status", {}).get("loadBalancer", {}).get("ingress")
        ]


def measure(args: argparse.Namespace) -> list[Figure]:
    """All figures; takes five minutes, most of it Traefik's publishing of 1,000 addresses."""
    with ExitStack() as stack:
        few, many = (_site(stack) for _ in range(2))
        few.grow(FEW)
        many.grow(SOME)
        time.sleep(_REFILL)
        return [
            *_through_ip(few, args.runs),
            _live(few, FEW, args.runs),
            _live(many, SOME, args.runs),
            figure(f"live_{MANY}", "s", 1, lambda: _seconds(lambda: many.grow(MANY))),
            *_routes(few, many, args.runs),
        ]


def _site(stack: ExitStack) -> _Site:
    running = stack.enter_context(cluster.temporary())
    running.up()
    site = _Site(running)
    stack.callback(site.close)
    return site


def _through_ip(site: _Site, runs: int) -> list[Figure]:
    """Through the IP, to Traefik directly and to the pod itself: rates loaded, times alone."""
    ways = [(address, site.hosts) for address in (site.ip, site.traefik, site.pod)]
    loaded = list(_measured("under load", runs, ways, _CONNECTIONS))
    alone = list(_measured("alone", runs, ways, 1))
    ratio = [100 * ip.rate / traefik.rate for ip, traefik, _ in loaded]
    added = [ip.p50 - traefik.p50 for ip, traefik, _ in alone]
    names = ("via_ip", "traefik", "pod")
    return [
        _figure("via_ip_ratio", "%", ratio),
        _figure("via_ip_added", "us", added),
        *(
            _figure(f"{name}_rate", "1/s", [loads[way].rate for loads in loaded])
            for way, name in enumerate(names)
        ),
        *(
            _figure(f"{name}_p50", "us", [loads[way].p50 for loads in alone])
            for way, name in enumerate(names)
        ),
    ]


def _routes(few: _Site, many: _Site, runs: int) -> list[Figure]:
    """The rate through the IP at many routes, over that at few; every route is asked for."""
    ways = [(site.ip, site.hosts) for site in (many, few)]
    loaded = list(_measured(f"{MANY} and {FEW} routes", runs, ways, _CONNECTIONS))
    return [
        _figure(
            f"routes_{MANY}_ratio", "%", [100 * one.rate / other.rate for one, other in loaded]
        ),
        _figure(f"routes_{MANY}_rate", "1/s", [loads[0].rate for loads in loaded]),
        _figure(f"routes_{FEW}_rate", "1/s", [loads[1].rate for loads in loaded]),
    ]


def _live(site: _Site, routes: int, runs: int) -> Figure:
    numbers = itertools.count()

    def once() -> float:
        return site.apply_to_live(f"new-{next(numbers)}")

    return figure(f"apply_to_live_{routes}", "ms", runs, once)


def _measured(
    what: str, runs: int, ways: list[tuple[Address, list[str]]], connections: int
) -> Iterator[list[Load]]:
    for run in range(1, runs + 1):
        loads = side_by_side(ways, connections, _SLICES, _SLICE)
        rates = ", ".join(f"{each.rate:.0f}/s {each.p50:.0f} us" for each in loads)
        print(f"  {what} {run}/{runs}: {rates}", file=sys.stderr, flush=True)
        yield loads


def _figure(name: str, unit: str, values: list[float]) -> Figure:
    return Figure(name, unit, tuple(round(value, 1) for value in values))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _pod_ip(api: Api, namespace: str, app: str) -> str:
    return str(api.list("pods", namespace, selector=f"app={app}")[0]["status"]["podIP"])


def _ingress(host: str) -> Json:
    backend = {"service": {"name": "quote", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": host.partition(".")[0]},
        "spec": {"rules": [{"host": host, "http": {"paths": [path]}}]},
    }
