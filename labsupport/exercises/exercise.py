"""An exercise as data: what is asked, how it is checked, and answers whose verdict is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from labsupport.exercises.verdict import Verdict
from labsupport.session import Lab

NOBODY = ""
"""In `Exercise.ways`: the proxy itself should refuse the URL, with 404."""

PROXY = "PROXY"
"""In `Attempt.records` and `Attempt.lines`: the proxy's address; `PROXY:internal` is the address of
the proxy that serves the class `internal`."""


@dataclass(frozen=True)
class TlsSecret:
    """A Secret of type kubernetes.io/tls with a new certificate of the lab's authority.

    `kind` is one of `rules.certificates.kinds.KINDS`.
    """

    name: str
    names: tuple[str, ...]
    kind: str = "good"
    namespace: str = "default"


@dataclass(frozen=True)
class Attempt:
    """What somebody does to the lab, or answers.

    `manifest` is YAML to apply, `names` get the proxy's address (`*.example.com` as a wildcard in
    DNS), or as `name@class` that of the controller of a class; `records` are DNS records as name
    and value, `lines` are written below all else in the hosts file, as by somebody with an editor.
    `secrets` are put into the cluster, and the lab's authority as ConfigMap `authority`. Sample
    `apps` and controllers are installed (as `vault` or `namespace/vault`), `replicas` are asked of
    Deployments, `answer` is handed to the check.
    """

    manifest: str = ""
    names: tuple[str, ...] = ()
    records: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    secrets: tuple[TlsSecret, ...] = ()
    authority: str = ""
    apps: tuple[str, ...] = ()
    replicas: Mapping[str, int] = field(default_factory=dict)
    answer: tuple[object, ...] = ()


@dataclass(frozen=True)
class WrongAnswer:
    """A mistake that learners make: its name, the attempt, and words of the hint that fits it."""

    name: str
    attempt: Attempt
    hint: str


class Check(Protocol):
    """Looks at how the lab behaves; `answer` is what the learner said, where that is asked for."""

    def __call__(self, exercise: "Exercise", lab: Lab, /, *answer: object) -> Verdict: ...


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson.

    `lesson` is the notebook's file name without its ending. `start` is what the learner finds,
    `reference` what solves it, `wrong` two mistakes. For the check `reach.leads`, `ways` maps each
    URL to the app that should answer it, or to `NOBODY`; for `tls_ends.tls_ends`, to how far TLS
    should go; for `balanced.caller_seen`, a Service to the app.
    """

    name: str
    lesson: str
    title: str
    check: Check
    reference: Attempt
    wrong: tuple[WrongAnswer, WrongAnswer]
    start: Attempt = Attempt()
    ways: Mapping[str, str] = field(default_factory=dict)

    def verdict(self, lab: Lab, *answer: object) -> Verdict:
        """How the lab, and the answer where one is asked for, stand to what is expected.

        On a shared cluster the check is told of the URLs that are meant there.
        """
        meant = {lab.tenancy.url(url): wanted for url, wanted in self.ways.items()}
        return self.check(replace(self, ways=meant), lab, *answer)
