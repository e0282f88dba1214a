"""Does each controller, asked at its own address, answer as it should?"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from labsupport.base.errors import NameNotFound
from labsupport.exercises.exercise import NOBODY, Exercise
from labsupport.exercises.reach import Obstacle, obstacle, way
from labsupport.exercises.verdict import Verdict
from labsupport.kube.wait import settled
from labsupport.session import Lab
from labsupport.session.controller import Controller

_LIVE_SECONDS = 2.0
"""How long new parameters may take until they are live."""


@dataclass(frozen=True)
class Door:
    """One GET at the address of the controller of a class: an app answers it, or `NOBODY`.

    `by_name`: whether the URL's name should have that address, too. `headers` are those that the
    answer should bring.
    """

    ingress_class: str
    url: str
    app: str
    by_name: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def expected(self) -> str:
        """What should come of it, in words."""
        headers = "".join(f", with {name}: {value}" for name, value in self.headers.items())
        how = " by its name" if self.by_name else ""
        return f"at {self.ingress_class}{how}, {way(self.url, self.app)}{headers}"


@dataclass(frozen=True)
class Doors:
    """A check of several controllers: the first door that opens otherwise decides."""

    doors: tuple[Door, ...]

    def __call__(self, exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
        expected = "; ".join(each.expected for each in self.doors)
        for door in self.doors:
            if found := _in_the_way(lab, door):
                return Verdict(exercise.name, expected, found.got, found.look, found.hint)
        return Verdict(exercise.name, expected, "just that")


def _in_the_way(lab: Lab, door: Door) -> Obstacle | None:
    controller = lab.controllers.get(door.ingress_class)
    if controller is None:
        return Obstacle(
            f"no controller here serves the class {door.ingress_class}",
            'lab.table("ingressclasses")',
            "The lesson installs it: see lab.install.",
        )
    if door.by_name and (elsewhere := _elsewhere(lab, door, controller)):
        return elsewhere
    found = obstacle(lab, door.url, door.app, controller)
    if found is None:
        return _without_headers(lab, door, controller)
    found = replace(found, got=f"at {controller.title}, {found.got}")
    if door.app == NOBODY:
        whose = f"It has the class {door.ingress_class}, so {controller.title} serves it."
        return replace(found, hint=f"{found.hint} {whose}")
    return found


def _elsewhere(lab: Lab, door: Door, controller: Controller) -> Obstacle | None:
    """That the URL's name is unknown, or leads to another door."""
    host = urlsplit(door.url).hostname or ""
    own = f'lab.controllers["{door.ingress_class}"].address'
    try:
        address = lab.resolve(host).address
    except NameNotFound as error:
        hint = (
            "An Ingress makes no names. Each controller has an address of its own: give the name "
            f"that of {controller.title}, by lab.hosts.add."
        )
        return Obstacle(error.what, "the lab's hosts file: print(lab.hosts)", hint)
    if address == controller.address:
        return None
    there = [each.title for each in lab.controllers.values() if each.address == address]
    whose = f"the address of {there[0]}" if there else "nobody's address here"
    return Obstacle(
        f"{host} is {address}, {whose}",
        'the column ADDRESS in lab.table("ingresses")',
        f"The Ingress is served at another address, by {controller.title}: {own}.",
    )


def _without_headers(lab: Lab, door: Door, controller: Controller) -> Obstacle | None:
    """That the right answer comes without one of its headers."""

    def missing() -> list[str]:
        headers = lab.get(door.url, resolve=controller.address).headers
        return [f"{name}: {v}" for name, v in door.headers.items() if headers.get(name) != v]

    found = settled(missing, lambda names: not names, timeout=_LIVE_SECONDS)
    if not found:
        return None
    return Obstacle(
        f"the answer to {door.url} has no header {found[0]}",
        'spec.parameters: the column PARAMETERS in lab.table("ingressclasses")',
        f"The class of the Ingress tells {controller.title} nothing more, or not that. Let it name "
        "parameters of kind IngressParameters.",
    )
