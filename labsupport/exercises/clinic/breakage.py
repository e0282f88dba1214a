"""A breakage as data: a healthy site, what is wrong with it, and ways to mend it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from labsupport.base.types import Json
from labsupport.exercises.clinic.site import Site
from labsupport.session import Lab

Level = Literal["first", "second", "third"]
Symptom = Literal[
    "200", "404", "500", "502", "503",
    "no name", "no connection", "no answer", "certificate", "too many redirects", "lost asset",
    "monitor down",
]  # fmt: skip
"""What a visitor meets: a status, or why no page comes, or what is amiss beside the page."""


@dataclass(frozen=True)
class Harm:
    """What is done to an object that the whole cluster shares.

    `change` gives the harmed object for the one found. With an empty `namespace` the object
    belongs to none.
    """

    kind: str
    name: str
    namespace: str
    change: Callable[[Json], Json]


@dataclass(frozen=True)
class Mend:
    """One way to mend it: in words, and as fields of the site, or as an act on the lab."""

    words: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    act: Callable[[Lab], None] | None = None


@dataclass(frozen=True)
class Breakage:
    """One case of the clinic.

    `name` is the shop's; `cause` is the id that a diagnosis gives it, which the learner is not
    told. `complaint` is how a user words it. `url`, and the options of `lab.get` in `request`,
    show it. `fault` is what differs between the healthy `site` and the broken one; `harm` and
    `made` are what is changed and made for the whole cluster, and `restarts` the Deployments
    (namespace, name) whose pods have to begin anew to notice. `symptom` is what is met then.
    `hints` begin vague. The first of `mends` is the model.
    """

    name: str
    cause: str
    level: Level
    complaint: str
    url: str
    symptom: Symptom
    mends: tuple[Mend, ...]
    hints: tuple[str, ...]
    site: Site
    fault: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)
    harm: tuple[Harm, ...] = ()
    made: tuple[Json, ...] = ()
    restarts: tuple[tuple[str, str], ...] = ()

    @property
    def broken(self) -> Site:
        """The site as the learner finds it."""
        return replace(self.site, **self.fault)

    def mended(self, mend: Mend) -> Site:
        """The broken site with what the mend changes of it."""
        return replace(self.broken, **mend.fields)

    def to_json(self) -> Json:
        """What a learner may know of it, as a JSON object."""
        return {
            "name": self.name,
            "level": self.level,
            "complaint": self.complaint,
            "url": self.url,
            "namespace": self.site.namespace,
        }

    @property
    def alone(self) -> bool:
        """Whether it touches what all sites share, so that no other may be broken beside it."""
        return bool(self.harm or self.made or self.broken.stale_record)
