"""One path pattern, many paths: what each path type makes of them, and each controller."""

from collections.abc import Iterable, Sequence
from html import escape

from labsupport.base.types import Json
from labsupport.rules.ingress import PROFILES, Candidate, Request, RuleSet
from labsupport.rules.validation import creation_errors
from labsupport.widgets.markup import items, sign, table
from labsupport.widgets.pattern_tester import PatternTester, takes

PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
_PATHS = ("/kiada", "/kiada/", "/kiada/images", "/kiadas", "/")
_HOST = "explorer.example.com"


class PathTypeExplorer(PatternTester):
    """A grid of paths by path types and profiles: which of them a rule's `path` takes, and why.

    `pattern` is the path in the rule, `paths` are what is requested, one a line in the notebook.
    Cells where a profile departs from the first one are marked. `verdicts` has them all:
    `{(path, path type, profile): Candidate}`.
    """

    def __init__(
        self,
        pattern: str = "/kiada",
        paths: Iterable[str] = _PATHS,
        *,
        profiles: Sequence[str] = ("spec", "traefik"),
    ) -> None:
        self._profiles = tuple(profiles)
        self.verdicts: dict[tuple[str, str, str], Candidate] = {}
        self.errors: dict[str, list[str]] = {}  # path type: why an API server would refuse it
        super().__init__("path", pattern, paths, rows=6)

    @property
    def paths(self) -> list[str]:
        """The paths that are requested, each once."""
        return self.requests

    @paths.setter
    def paths(self, paths: Iterable[str]) -> None:
        self.requests = paths

    def text(self) -> str:
        """For each path type and profile, every path with its verdict and reason."""
        lines = [f"Path types: the rule's path is {self.pattern}"]
        for kind, errors in self.errors.items():
            lines += [f"  {kind}: an API server would refuse it: {error}" for error in errors]
        width = max(map(len, self.paths), default=0)
        for kind, profile in self._columns():
            lines.append(f"  {kind}, profile {profile}")
            for path in self.paths:
                found = self.verdicts[path, kind, profile]
                lines.append(f"    {_mark(found)} {path:<{width}}  {_reason(found)}")
        return "\n".join(lines)

    def _judge(self) -> None:
        self.errors = {kind: found for kind in PATH_TYPES if (found := self._refusals(kind))}
        self.verdicts = {}
        for kind, profile in self._columns():
            rules = RuleSet([_ingress(self.pattern, kind)], profile=PROFILES[profile])
            for path in self.paths:
                url = f"http://{_HOST}/{path.removeprefix('/')}"
                decision = rules.decide(Request.from_url(url))
                self.verdicts[path, kind, profile] = decision.candidates[0]
        self.verdicts_panel.value = self._html()

    def _refusals(self, path_type: str) -> list[str]:
        faults = creation_errors("Ingress", _ingress(self.pattern, path_type))
        return [fault.body for fault in faults]

    def _columns(self) -> list[tuple[str, str]]:
        """Path types that the pattern can have, by the profiles."""
        kinds = [kind for kind in PATH_TYPES if kind not in self.errors]
        return [(kind, profile) for kind in kinds for profile in self._profiles]

    def _differs(self, path: str, kind: str, profile: str) -> bool:
        """Whether the profile takes another view of this than the first one does."""
        first = self.verdicts[path, kind, self._profiles[0]]
        return takes(first) != takes(self.verdicts[path, kind, profile])

    def _html(self) -> str:
        refused = items(
            f"{kind}: an API server would refuse it: {error}"
            for kind, errors in self.errors.items()
            for error in errors
        )
        legend = ""
        if any(self._differs(*place) for place in self.verdicts):
            legend = f"<p>Framed: this controller departs from {self._profiles[0]}.</p>"
        reasons = table(("Request", "Read as", "Why"), self._reason_rows())
        return (
            f'<section role="status" aria-label="Which paths the rule takes">'
            f"{refused if self.errors else ''}{self._grid()}{legend}</section>"
            f"<details><summary>Every reason</summary>{reasons}</details>"
        )

    def _grid(self) -> str:
        kinds = dict.fromkeys(kind for kind, _ in self._columns())
        span = len(self._profiles)
        above = "".join(f'<th scope="colgroup" colspan="{span}">{kind}</th>' for kind in kinds)
        below = "".join(f'<th scope="col">{profile}</th>' for _, profile in self._columns())
        return (
            '<table class="grid"><thead>'
            f"<tr><td></td>{above}</tr>"
            f'<tr><th scope="col">Request</th>{below}</tr></thead>'
            f"<tbody>{''.join(map(self._row, self.paths))}</tbody></table>"
        )

    def _row(self, path: str) -> str:
        cells = []
        for kind, profile in self._columns():
            found = self.verdicts[path, kind, profile]
            css = "differs" if self._differs(path, kind, profile) else ""
            mark = sign(takes(found), "yes" if takes(found) else "no")
            cells.append(f'<td class="{css}" title="{escape(_reason(found))}">{mark}</td>')
        return f'<tr><th scope="row" class="mono">{escape(path)}</th>{"".join(cells)}</tr>'

    def _reason_rows(self) -> list[str]:
        return [
            f'<tr><td class="mono">{escape(path)}</td><td>{kind} · {profile}</td>'
            f"<td>{sign(takes(found))} {escape(_reason(found))}</td></tr>"
            for (path, kind, profile), found in self.verdicts.items()
        ]


def _ingress(pattern: str, path_type: str) -> Json:
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    path = {"path": pattern, "pathType": path_type, "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "explorer", "namespace": "default"},
        "spec": {"rules": [{"host": _HOST, "http": {"paths": [path]}}]},
    }


def _mark(candidate: Candidate) -> str:
    return "✓" if takes(candidate) else "✗"


def _reason(candidate: Candidate) -> str:
    """What the engine says of the path; its words on the host, which always fits, come first."""
    return candidate.reason.removeprefix(f"the host is exactly {_HOST}, and ")
