"""The rule engine with 10,000 rules, and as its peer a scan that tries one rule after the other.

The rules are those of 1,000 hosts with ten paths each, a tenth of the hosts wildcards. One figure
is the mean over many requests, most of which some rule takes. A full explanation has a verdict and
a reason for each of the 10,000.
"""

import argparse
import time
from collections.abc import Callable, Sequence

from labsupport.base.types import Json
from labsupport.cli.bench.figures import Figure, figure
from labsupport.rules.ingress import SPEC, Request, RuleSet
from labsupport.rules.ingress.pattern import host_takes

HOSTS = 1000
PATHS = 10
_REQUESTS = 2000
_EXPLAINED = 50
_SCANNED = 20


def measure(args: argparse.Namespace) -> list[Figure]:
    """compile_10k, match_10k and explain_10k, and the peer's match."""
    ingresses = [_ingress(number) for number in range(HOSTS)]
    requests = [_request(number * 7919) for number in range(_REQUESTS)]
    rules = RuleSet(ingresses)
    runs = args.runs
    return [
        figure("compile_10k", "s", runs, lambda: _seconds(lambda: RuleSet(ingresses))),
        figure("match_10k", "us", runs, lambda: 1e6 * _mean(rules.match, requests)),
        figure(
            "explain_10k", "ms", runs, lambda: 1e3 * _mean(_explained(rules), requests[:_EXPLAINED])
        ),
        figure(
            "linear_scan_10k", "us", runs, lambda: 1e6 * _mean(_scan(rules), requests[:_SCANNED])
        ),
    ]


def _ingress(number: int) -> Json:
    host = f"*.team{number}.example.com" if number % 10 == 0 else f"app{number}.example.com"
    paths = [
        {
            "path": f"/service{path}/v1",
            "pathType": ("Prefix", "Exact")[path % 2],
            "backend": {"service": {"name": f"service{path}", "port": {"number": 80}}},
        }
        for path in range(PATHS)
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"app{number}", "namespace": "default"},
        "spec": {"rules": [{"host": host, "http": {"paths": paths}}]},
    }


def _request(number: int) -> Request:
    host = number % HOSTS
    name = f"a.team{host}.example.com" if host % 10 == 0 else f"app{host}.example.com"
    end = "" if number % 3 else "/more/of/it"
    return Request("http", name, 80, f"/service{number % PATHS}/v1{end}")


def _explained(rules: RuleSet) -> Callable[[Request], int]:
    """Decide, and read every verdict and reason."""

    def explain(request: Request) -> int:
        return sum(bool(reason) for _, _, reason in rules.decide(request).candidates)

    return explain


def _scan(rules: RuleSet) -> Callable[[Request], object]:
    """The same rules tried one by one in their order, as a linear router does."""
    entries = rules.entries

    def scan(request: Request) -> object:
        host, path = request.host, SPEC.path(request.path)
        return next(
            (
                entry
                for entry in entries
                if host_takes(entry.route.host, host) and entry.path.takes(path)
            ),
            None,
        )

    return scan


def _mean(measured: Callable[[Request], object], requests: Sequence[Request]) -> float:
    """Seconds for one request."""
    started = time.perf_counter()
    for request in requests:
        measured(request)
    return (time.perf_counter() - started) / len(requests)


def _seconds(measured: Callable[[], object]) -> float:
    started = time.perf_counter()
    measured()
    return time.perf_counter() - started
