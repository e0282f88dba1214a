"""Many requests for one URL, and who answered them: balancing, made visible."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labsupport.http.client import Client
from labsupport.http.exchange import Exchange

_NOBODY = "(no pod)"


@dataclass(frozen=True)
class Tally:
    """How many of the requests each pod answered, and how many connections carried them.

    Answers without the header X-Pod count under `(no pod)`, with their status.
    """

    url: str
    connections: int
    by_pod: Mapping[str, int]

    @property
    def counts(self) -> list[int]:
        """The counts alone, largest first: the same each time where balancing is fair."""
        return sorted(self.by_pod.values(), reverse=True)

    def __str__(self) -> str:
        """The counts without the pods' names, which differ from cluster to cluster."""
        answers = sum(self.counts)
        lines = [f"{answers} requests over {_count(self.connections, 'connection')}: {self.url}"]
        lines += [f"  {count:>4}  {'█' * _bar(count, answers)}" for count in self.counts]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self)}


def tally(client: Client, url: str, requests: int, *, one_connection: bool) -> Tally:
    """Send `requests` GETs for `url` in turn, over one connection or each over its own."""
    if one_connection:
        with client.connect(url) as connection:
            by_pod = _by_pod(connection.get() for _ in range(requests))
    else:
        by_pod = _by_pod(client.get(url) for _ in range(requests))
    return Tally(url, 1 if one_connection else requests, by_pod)


def _by_pod(answers: Iterable[Exchange]) -> dict[str, int]:
    return dict(Counter(answer.pod or f"{_NOBODY} {answer.status}" for answer in answers))


def _bar(count: int, of: int) -> int:
    return max(1, round(30 * count / of))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
