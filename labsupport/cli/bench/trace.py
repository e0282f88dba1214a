"""What the trace costs: `lab.get`, with all its hops, against `requests` without any.

`trace_overhead` is how much longer `lab.get` takes than `requests.get` for the same page through
Traefik, in milliseconds: the lookup of the name in lab DNS, the clocks, and the read of the proxy's
access log. Both make a connection for each request, and take turns, so that the machine's load is
the same for both. A run is the difference of the medians of many. `plain_request` is the peer.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import requests

from labsupport.base.errors import WaitTimeout
from labsupport.cli.bench import cluster
from labsupport.cli.bench.figures import Figure, figure
from labsupport.http.exchange import Exchange
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab

_PATH = "/debug/request"
_REQUESTS = 100  # of each kind, for one figure


def measured(runs: int = 5) -> list[Figure]:
    """trace_overhead and plain_request, in milliseconds."""
    with cluster.temporary() as new:
        new.up()
        lab = bring_up(new.instance)
        try:
            lab.wait_for(f"http://{cluster.KIADA}{_PATH}")
            return _figures(lab, runs)
        finally:
            lab.close()


def _figures(lab: Lab, runs: int) -> list[Figure]:
    url = f"http://{lab.address}:{80 + lab.connection.port_offset}{_PATH}"

    def plain() -> requests.Response:
        return requests.get(url, headers={"Host": cluster.KIADA}, timeout=10)

    def traced() -> Exchange:
        return lab.get(f"http://{cluster.KIADA}{_PATH}")

    if traced().proxy is None:
        raise WaitTimeout("the access log did not tell of a request", remedy="./lab logs traefik")
    return [
        figure("trace_overhead", "ms", runs, lambda: _overhead(traced, plain)),
        figure("plain_request", "ms", runs, lambda: _median(plain)),
    ]


def _overhead(traced: Callable[[], Any], plain: Callable[[], Any]) -> float:
    """Milliseconds that the first takes longer."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(_REQUESTS):
        for ask, found in zip((traced, plain), times, strict=True):
            found.append(_milliseconds(ask))
    return statistics.median(times[0]) - statistics.median(times[1])


def _median(ask: Callable[[], Any]) -> float:
    return statistics.median(_milliseconds(ask) for _ in range(_REQUESTS))


def _milliseconds(ask: Callable[[], Any]) -> float:
    started = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - started)
