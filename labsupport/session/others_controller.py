"""The controller of a cluster of others, which this lab may use but not look into."""

from typing import Any

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.http.client import Client
from labsupport.kube.api import Api
from labsupport.kube.wait import until_nothing_missing
from labsupport.rules.diagnosis.case import load_balancer
from labsupport.rules.ingress import SPEC, TRAEFIK
from labsupport.rules.ingress.classes import class_field
from labsupport.session.controller import Controller, Installation


def first_controller(api: Api, client: Client, namespace: str) -> Controller:
    """The controller that a lab begins with: its Traefik in `namespace`, or somebody else's."""
    return Controller(api, client) if namespace else OthersController(api, client)


class OthersController(Controller):
    """Known by its class alone, and by the address that it gives to Ingresses of that class.

    Its rules are taken to be those of the Ingress API; Traefik's are known to be its own.
    """

    is_ours = False

    def __init__(self, api: Api, client: Client) -> None:
        name = api.access.tenancy.ingress_class
        served = api.get("ingressclasses", name)["spec"].get("controller", "")
        known = TRAEFIK if served == TRAEFIK.controller else SPEC
        super().__init__(
            api, client, Installation(name, name, known.name, "another", controller=served)
        )
        self.title = f"the controller of class {name}"

    def wait_for_address(self, timeout: float) -> str:
        """What an Ingress of the class has got; WaitTimeout when none does in time."""
        found: list[str] = []

        def lacks() -> list[str]:
            found.extend(self.addresses())
            return [] if found else [f"no Ingress of class {self.ingress_class} has an address yet"]

        until_nothing_missing(lacks, what=f"an address from {self.title}", timeout=timeout)
        return found[0]

    def addresses(self) -> tuple[str, ...]:
        """Those that Ingresses of the class have got."""
        ours = [e for e in self._api.list("ingresses") if class_field(e) == self.ingress_class]
        return tuple(dict.fromkeys(each for e in ours for each in load_balancer(e) if each))

    external_addresses = addresses

    def pods(self) -> list[Json]:
        """None that we may see."""
        return []

    def ask(self, path: str) -> Any:
        """UsageError: what it is configured with is not ours to see."""
        raise self._hidden()

    def source(self, part: str = "") -> str:
        """UsageError: nor is its program."""
        raise self._hidden()

    def _hidden(self) -> UsageError:
        return UsageError(
            f"{self.title} is not this lab's, so what is inside it can't be shown",
            found=f"IngressClass {self.ingress_class}, controller {self.installation.controller}",
            remedy="ask who runs the cluster; or look at the lab's own on your machine: "
            "INGRESS_LAB_HOME=~/lab-own ./lab up",
        )

    def problems(self) -> list[str]:
        """None that we could know of."""
        return []
