"""Testers: from a key stroke to the new verdict in the kernel, among a thousand rules."""

import argparse
import time
from collections.abc import Callable

import ipywidgets

from labsupport.base.types import Json
from labsupport.cli.bench.figures import Figure, figure
from labsupport.kube.manifests import dumped
from labsupport.widgets import RuleTester

_INGRESSES, _RULES_EACH = 100, 10


def measure(args: argparse.Namespace) -> list[Figure]:
    """A key in the URL and one in the manifest; and what the notebook's machinery alone takes."""
    manifest = _manifest()
    tester = RuleTester(url=_url(0), manifest=manifest)
    keys = iter(range(1, 1_000_000))

    def verdict() -> float:
        """A key in the URL field, to verdict and reasons."""
        return _until_told(tester, lambda: setattr(tester.address, "value", _url(next(keys))))

    def edited() -> float:
        """A key in one of the manifest's Ingresses, to verdict and reasons."""
        host = f"h0-{next(keys)}.example.com"
        text = manifest.replace("h0-0.example.com", host, 1)
        return _until_told(tester, lambda: setattr(tester.editor, "value", text))

    def drawn() -> float:
        """A key in the URL field, to the picture."""
        started = time.perf_counter()
        tester.address.value = _url(next(keys))
        return 1000 * (time.perf_counter() - started)

    figures = [
        figure("verdict_1k", "ms", args.runs, verdict),
        figure("edited_1k", "ms", args.runs, edited),
        figure("drawn_1k", "ms", args.runs, drawn),
        figure("ipywidgets_alone", "ms", args.runs, lambda: _alone(next(keys), tester)),
    ]
    tester.close()
    return figures


def _until_told(tester: RuleTester, press: Callable[[], None]) -> float:
    """Milliseconds from a key to the last of the texts that tell of the new verdict."""
    told: list[float] = []

    def on_change(_: object) -> None:
        told.append(time.perf_counter())

    panels = (tester.verdict_panel, tester.reasons_panel)
    for panel in panels:
        panel.observe(on_change, "value")
    started = time.perf_counter()
    press()
    for panel in panels:
        panel.unobserve(on_change, "value")
    return 1000 * (max(told) - started)


def _alone(key: int, tester: RuleTester) -> float:
    """The same texts put from one field into one panel, with nothing decided: the floor."""
    field, panel = ipywidgets.Text(), ipywidgets.HTML()
    told = tester.verdict_panel.value + tester.reasons_panel.value
    field.observe(lambda change: setattr(panel, "value", f"{told}{change['new']}"), "value")
    started = time.perf_counter()
    field.value = _url(key)
    return 1000 * (time.perf_counter() - started)


def _url(key: int) -> str:
    return f"http://h{key % _INGRESSES}-{key % _RULES_EACH}.example.com/p/{key}"


def _manifest() -> str:
    return "---\n".join(dumped(_ingress(number)) for number in range(_INGRESSES))


def _ingress(number: int) -> Json:
    rules = []
    for rule in range(_RULES_EACH):
        backend = {"service": {"name": f"s{rule}", "port": {"number": 80}}}
        path = {"path": "/p", "pathType": "Prefix", "backend": backend}
        rules.append({"host": f"h{number}-{rule}.example.com", "http": {"paths": [path]}})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"bench-{number}"},
        "spec": {"rules": rules},
    }
