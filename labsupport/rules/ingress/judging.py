"""The verdict on every rule, in the order in which they count."""

from typing import TYPE_CHECKING

from labsupport.rules.ingress.decision import Candidate
from labsupport.rules.ingress.entry import Entry
from labsupport.rules.ingress.pattern import Match, host_match, path_match
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.route import Route

if TYPE_CHECKING:
    from labsupport.rules.ingress.ruleset import RuleSet


def considered(
    rules: "RuleSet", request: Request, takers: list[Entry], *, won: bool
) -> tuple[list[Candidate], list[Entry]]:
    """Every route with its verdict, the served ones in order of precedence; and the entries whose
    host and path take the request.

    `takers` may have the request; the first of them `won`, or all are tied.
    """
    verdicts, taking = rules.elsewhere.verdicts(request.host)
    judge = _Judge(rules, request, takers, won)
    for rank in taking:
        verdicts[rank] = judge.verdict(rules.entries[rank])
    return verdicts + rules.unserved_candidates, judge.fitting


class _Judge:
    """Words the verdicts on entries whose host takes the request's."""

    def __init__(
        self,
        rules: "RuleSet",
        request: Request,
        takers: list[Entry],
        won: bool,
    ) -> None:
        self._profile = rules.profile
        self._request = request
        self._path = rules.profile.path(request.path)
        self._takers = takers
        self._won = won
        self.fitting: list[Entry] = []

    def verdict(self, entry: Entry) -> Candidate:
        route = entry.route
        path = path_match(entry.path, self._path, route.path_type)
        if not path.matched:
            return Candidate(route, "path", path.reason)
        self.fitting.append(entry)
        if entry.unusable is not None:
            return Candidate(route, entry.unusable.verdict, entry.unusable.reason)
        if self._request.scheme not in entry.schemes:
            offered = " and ".join(sorted(entry.schemes))
            return Candidate(route, "scheme", f"it matches, but answers {offered} only")
        if self._won and entry is self._takers[0]:
            return Candidate(route, "won", self._won_by(route, path))
        if not self._won and entry in self._takers:
            return Candidate(route, "tie", self._tied(entry))
        return Candidate(route, "lost", self._lost(entry))

    def _won_by(self, route: Route, path: Match) -> str:
        return f"{host_match(route.host, self._request.host).reason}, and {path.reason}"

    def _lost(self, entry: Entry) -> str:
        first = self._takers[0]
        if entry in self._takers:
            return f"it matches, and so does {first.route}: whichever is tried first, both agree"
        why = self._profile.deciding(first, entry).words(first, entry)
        return f"it matches, but {first.route} goes first: {why}"

    def _tied(self, entry: Entry) -> str:
        if entry.unsure:
            return f"it matches, but {entry.unsure}"
        others = " and ".join(str(each.route) for each in self._takers if each is not entry)
        return f"it matches, and so does {others or 'no other rule'}: chance decides which is tried"
