"""A rule's host and the hosts of requests, label by label."""

from collections.abc import Iterable
from html import escape

from labsupport.base.types import Json
from labsupport.rules.ingress import PROFILES, Candidate, Request, RuleSet
from labsupport.rules.validation import creation_errors
from labsupport.widgets.markup import items, panel, sign
from labsupport.widgets.pattern_tester import PatternTester, takes

_HOSTS = ("api.example.com", "a.b.example.com", "example.com", "API.example.com")


class HostMatcher(PatternTester):
    """Which hosts a rule's `host` takes: exact or with a wildcard, compared label by label.

    `pattern` is the host in the rule ("" for none), `hosts` are those of requests, one a line in
    the notebook. `verdicts` has what became of each.
    """

    def __init__(
        self,
        pattern: str = "*.example.com",
        hosts: Iterable[str] = _HOSTS,
        *,
        profile: str = "spec",
    ) -> None:
        self._profile = PROFILES[profile]
        self.verdicts: dict[str, Candidate] = {}
        self.errors: list[str] = []
        super().__init__("host", pattern, hosts, rows=5)

    @property
    def hosts(self) -> list[str]:
        """The hosts of the requests, each once."""
        return self.requests

    @hosts.setter
    def hosts(self, hosts: Iterable[str]) -> None:
        self.requests = hosts

    def text(self) -> str:
        """Each host with its verdict and reason."""
        lines = [f"Host matcher: the rule's host is {self.pattern or 'not given'}"]
        lines += [f"  an API server would refuse it: {error}" for error in self.errors]
        width = max(map(len, self.verdicts), default=0)
        for host, found in self.verdicts.items():
            mark = "✓" if takes(found) else "✗"
            lines.append(f"  {mark} {host:<{width}}  {_reason(found)}")
        return "\n".join(lines)

    def _judge(self) -> None:
        ingress = _ingress(self.pattern)
        self.errors = [fault.body for fault in creation_errors("Ingress", ingress)]
        self.verdicts = {}
        if not self.errors:
            rules = RuleSet([ingress], profile=self._profile)
            for host in self.hosts:
                decision = rules.decide(Request("http", host.lower(), 80, "/"))
                self.verdicts[host] = decision.candidates[0]
        self.verdicts_panel.value = panel("Which hosts the rule takes", self._html())

    def _html(self) -> str:
        if self.errors:
            return items(f"An API server would refuse it: {error}" for error in self.errors)
        depth = max((host.count(".") + 1 for host in [*self.hosts, self.pattern]), default=1)
        if not self.pattern:
            return items(f"{host}: {_reason(found)}" for host, found in self.verdicts.items())
        wanted = _from_right(self.pattern, depth)
        head = "".join(f'<th class="mono">{escape(label)}</th>' for label in wanted)
        rows = "".join(self._row(host, found, depth) for host, found in self.verdicts.items())
        return (
            '<table class="labels"><thead>'
            f'<tr><th scope="row">Rule</th>{head}<th scope="col">Verdict</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )

    def _row(self, host: str, found: Candidate, depth: int) -> str:
        wanted = _from_right(self.pattern, depth)
        labels = _from_right(host, depth)
        cells = "".join(map(_cell, wanted, labels))
        return (
            f'<tr><th scope="row" class="mono">{escape(host)}</th>{cells}'
            f'<td class="why">{sign(takes(found))} {escape(_reason(found))}</td></tr>'
        )


def _from_right(host: str, depth: int) -> list[str]:
    """The labels so that those of two hosts stand under one another from the right."""
    labels = host.split(".") if host else []
    return [""] * (depth - len(labels)) + labels


def _cell(wanted: str, label: str) -> str:
    """One label under the rule's: equal, any under the wildcard, different, or one too many."""
    if not label and not wanted:
        return "<td></td>"
    same = bool(label) and wanted in ("*", label.lower())
    words = label or "nothing"
    return f'<td class="mono">{sign(same)} {escape(words)}</td>'


def _reason(candidate: Candidate) -> str:
    """What the engine says of the host; the path / always fits."""
    return candidate.reason.removesuffix(", and / is a prefix of every path")


def _ingress(host: str) -> Json:
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    http = {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "matcher", "namespace": "default"},
        "spec": {"rules": [{"host": host, "http": http} if host else {"http": http}]},
    }
