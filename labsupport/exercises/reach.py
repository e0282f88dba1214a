"""Do URLs lead where they should? And if not, what is the first thing in the way?"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from labsupport.base.errors import NameNotFound, RequestFailed
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.reasons import Reasons
from labsupport.exercises.verdict import Verdict
from labsupport.http.exchange import Exchange
from labsupport.kube.wait import settled
from labsupport.session import Lab
from labsupport.session.controller import Controller

_LIVE_SECONDS = 5.0
"""How long a change may take until the controller has it live."""


@dataclass(frozen=True)
class Obstacle:
    """What is in the way: what was met, where to look, and what to do about it."""

    got: str
    look: str
    hint: str


def leads(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The check of exercises that ask for `ways`: the first URL that goes elsewhere decides."""
    expected = wanted(exercise)
    for url, app in exercise.ways.items():
        if found := obstacle(lab, url, app):
            return Verdict(exercise.name, expected, found.got, found.look, found.hint)
    return Verdict(exercise.name, expected, "just that")


def wanted(exercise: Exercise) -> str:
    """The exercise's `ways` in words."""
    *ways, last = (way(url, app) for url, app in exercise.ways.items())
    return f"{', '.join(ways)} and {last}" if ways else last


def obstacle(lab: Lab, url: str, app: str, controller: Controller | None = None) -> Obstacle | None:
    """What keeps a GET of `url` from being answered with 200 by a pod of `app`; None if nothing.

    For `NOBODY` it is what keeps the proxy from refusing it with 404. With a `controller` it is
    asked at that one's address, whatever the name's is.
    """
    reasons = Reasons(lab, url, controller)
    resolve = {"resolve": controller.address} if controller else {}
    try:
        answer = _settled(lab, url, reasons, resolve)
    except NameNotFound as error:
        host = urlsplit(url).hostname
        return Obstacle(
            error.what,
            "the lab's hosts file: print(lab.hosts)",
            f'An Ingress makes no names. Add one: lab.hosts.add("{host}", lab.address)',
        )
    except RequestFailed as error:
        return Obstacle(
            f"no HTTP answer: {error.found}",
            "the address that the name has: print(lab.hosts)",
            "The name should lead to the proxy, whose address is lab.address.",
        )
    if reasons.left_to_chance:
        got = f"{url} was answered by {answer.pod or 'the proxy'}, this time"
        return Obstacle(got, *reasons.of_chance())
    if _as_wanted(answer, app):
        return None
    if not answer.pod:
        why = "it has no route for" if answer.status == 404 else "it has nobody to ask for"
        got = f"the proxy itself answered {answer.status}: {why} {answer.url}"
        return Obstacle(got, *reasons.of_refusal(app))
    got = f"{url} was answered by {answer.pod}"
    if not app:
        return Obstacle(got, *reasons.of_welcome())
    if not answer.pod.startswith(f"{app}-"):
        return Obstacle(got, *reasons.of_other(app))
    return Obstacle(
        f"{answer.pod} answered {answer.status} to {url}",
        "the path in the URL",
        "The request reached the app, but the app has no such page.",
    )


def way(url: str, app: str) -> str:
    """One of an exercise's `ways` in words."""
    return f"{url} answered by {app}" if app else f"{url} refused by the proxy"


def answer_at(lab: Lab, url: str, address: str) -> Exchange | None:
    """What a proxy's address answers to a GET of `url`; None for no answer."""
    try:
        return lab.client.get(url, resolve=address)
    except RequestFailed:
        return None


def _as_wanted(answer: Exchange, app: str) -> bool:
    if app:
        return answer.status == 200 and (answer.pod or "").startswith(f"{app}-")
    return answer.status == 404 and not answer.pod


def _settled(lab: Lab, url: str, reasons: Reasons, resolve: Mapping[str, str]) -> Exchange:
    """The answer, once it is the one that the controller should give by the rules as they are."""
    return settled(lambda: _asked(lab, url, resolve), reasons.foresee, timeout=_LIVE_SECONDS)


def _asked(lab: Lab, url: str, resolve: Mapping[str, str]) -> Exchange:
    try:
        return lab.get(url, **resolve)
    except RequestFailed:  # Caddy may cut a connection while it takes a new configuration
        return lab.get(url, **resolve)
