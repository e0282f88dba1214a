"""Gateway API in the lab: its controller, its routes as they stand, and Ingresses beside them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.http.exchange import Exchange
from labsupport.kube.manifests import dumped
from labsupport.kube.tables import Table
from labsupport.kube.wait import until_nothing_missing
from labsupport.rules.gateway import Choice, Conversion, chosen, converted
from labsupport.rules.ingress import RuleSet, telling_requests
from labsupport.session.addresses import external_address
from labsupport.session.controller import Controller, Installation
from labsupport.session.explaining import asked

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

INSTALLATION = Installation("gateway", "")
"""Where the Traefik of Gateway API is; it serves no class of Ingresses."""


class GatewayController(Controller):
    """The Traefik that `lab install gateway` makes: its address, routers and HTTPRoutes."""

    def __init__(self, lab: "Lab") -> None:
        super().__init__(lab.api, lab.client, INSTALLATION)
        self._lab = lab

    def routes(self) -> Table:
        """Each HTTPRoute with each Gateway it attaches to, and what the controller says of it."""
        found = self._lab.objects("httproutes", namespace=None)
        return Table(
            ["NAMESPACE", "ROUTE", "HOSTNAMES", "GATEWAY", "ACCEPTED", "REFERENCES", "WHY NOT"],
            [row for route in found for row in _rows(route)],
            found,
        )

    def explain(
        self, url: str, *, headers: Mapping[str, str] | None = None, precedence: str = "traefik"
    ) -> Choice:
        """Which HTTPRoute takes a GET of `url`; `precedence="spec"` is Gateway API's own reading.

        Nothing is sent, and every route is taken to be accepted.
        """
        routes = self._lab.objects("httproutes", namespace=None)
        return chosen(asked(self._lab, url, headers), routes, precedence)

    def wait_accepted(self, *names: str, namespace: str = "default", timeout: float = 10.0) -> None:
        """Wait until these HTTPRoutes, or all of the namespace, are accepted and live.

        WaitTimeout says what the controller has against them.
        """

        def lacks() -> list[str]:
            routers = " ".join(each["name"] for each in self.routers().objects)
            found = self._lab.objects("httproutes", namespace=namespace)
            known = {each["metadata"]["name"]: each for each in found}
            return [
                line
                for name in names or known
                for line in _route_lacks(name, known.get(name), routers)
            ]

        until_nothing_missing(lacks, what="HTTPRoutes to be accepted", timeout=timeout)

    def compare(
        self,
        ingress: str,
        *,
        namespace: str = "default",
        urls: Iterable[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Table:
        """The same requests to an Ingress and to the Gateway, and whether the answers agree.

        Without `urls`, those at the edges of the Ingress's rules: each host with each path, and
        what is next to them. Columns: REQUEST, INGRESS, GATEWAY, SAME.
        """
        first = external_address(self._lab.api, "ingresses", ingress, namespace)
        second = self.address
        rows = []
        for url in [*urls] or _probes(self._lab.object("ingresses", ingress, namespace=namespace)):
            one, other = (
                answer_in_words(
                    self._lab.client.get(url, resolve=address, headers=dict(headers or {}))
                )
                for address in (first, second)
            )
            rows.append([url, one, other, "yes" if one == other else "NO"])
        return Table(["REQUEST", "INGRESS", "GATEWAY", "SAME"], rows)


def gateway_controller(lab: "Lab") -> GatewayController:
    """The controller of Gateway API; UsageError when it is not installed."""
    services = lab.api.list("services", INSTALLATION.name)
    if not any(each["metadata"]["name"] == INSTALLATION.name for each in services):
        raise UsageError(
            "Gateway API is not installed in this lab",
            remedy='./lab install gateway, or: lab.install("gateway")',
        )
    return GatewayController(lab)


@dataclass(frozen=True)
class Converted:
    """Ingresses as Gateway API: `objects` to apply, `notes` on what is lost; prints as YAML."""

    conversion: Conversion

    @property
    def objects(self) -> list[Json]:
        """Gateways, then HTTPRoutes: `lab.apply(converted.objects)`."""
        return list(self.conversion.objects)

    @property
    def notes(self) -> list[str]:
        """What can't be converted, or behaves otherwise afterwards."""
        return [str(each) for each in self.conversion.notes]

    @property
    def yaml(self) -> str:
        """The objects as YAML, the notes as comments before them."""
        comments = "".join(f"# {note}\n" for note in self.notes)
        return comments + "---\n".join(map(dumped, self.conversion.objects))

    def __str__(self) -> str:
        return self.yaml.rstrip("\n")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self)}


def converted_ingresses(lab: "Lab", names: Iterable[str], namespace: str) -> Converted:
    """The Ingresses of these names, or all of the namespace, as Gateway API."""
    wanted = [lab.object("ingresses", name, namespace=namespace) for name in names]
    ingresses = wanted or lab.objects("ingresses", namespace=namespace)
    services = lab.objects("services", namespace=namespace)
    return Converted(converted(ingresses, services))


def converted_objects(objects: Iterable[Json]) -> Converted:
    """The Ingresses among the objects of a manifest, as Gateway API; UsageError without any."""
    found = list(objects)
    ingresses = [each for each in found if each["kind"] == "Ingress"]
    if not ingresses:
        raise UsageError(
            "an Ingress is needed to convert",
            found=f"kinds: {', '.join(sorted({each['kind'] for each in found})) or 'none'}",
            remedy="./lab convert my-ingress.yaml",
        )
    return Converted(converted(ingresses, (each for each in found if each["kind"] == "Service")))


def _rows(route: Json) -> Iterator[list[str]]:
    metadata, spec = route["metadata"], route["spec"]
    told = {_place(each["parentRef"], metadata): each for each in _parents(route)}
    for parent in spec.get("parentRefs") or []:
        place = _place(parent, metadata)
        conditions = {each["type"]: each for each in told.get(place, {}).get("conditions", [])}
        reasons = [
            f"{each['reason']}: {each.get('message') or 'no more is said'}"
            for each in conditions.values()
            if each["status"] != "True"
        ]
        yield [
            metadata["namespace"],
            metadata["name"],
            ", ".join(spec.get("hostnames") or ["any"]),
            place,
            *(conditions.get(name, {}).get("status", "-") for name in ("Accepted", "ResolvedRefs")),
            "; ".join(reasons) or ("" if conditions else "no controller has seen it"),
        ]


def _parents(route: Json) -> list[Json]:
    found: list[Json] = route.get("status", {}).get("parents") or []
    return found


def _place(parent: Json, metadata: Json) -> str:
    """The Gateway of a parentRef as `namespace/name`, with the listener where it names one."""
    listener = f", {parent['sectionName']}" if parent.get("sectionName") else ""
    return f"{parent.get('namespace') or metadata['namespace']}/{parent['name']}{listener}"


def _route_lacks(name: str, route: Json | None, routers: str) -> Iterator[str]:
    if route is None:
        yield f"there is no HTTPRoute {name}"
        return
    generation = route["metadata"].get("generation", 0)
    seen = [
        condition
        for parent in _parents(route)
        for condition in parent.get("conditions", [])
        if condition.get("observedGeneration", generation) >= generation
    ]
    if not seen:
        yield f"HTTPRoute {name}: no controller has seen it"
    for each in seen:
        if each["status"] != "True":
            yield f"HTTPRoute {name}: {each['reason']} {each.get('message', '')}".rstrip()
    if f"httproute-{route['metadata']['namespace']}-{name.replace('.', '-')}-" not in routers:
        yield f"HTTPRoute {name}: the proxy has no router for it"


def _probes(ingress: Json) -> list[str]:
    return [request.url for request in telling_requests(RuleSet([ingress]))]


def answer_in_words(answer: Exchange) -> str:
    """Status, and who gave it: the application by its pod's name, or where a redirect leads."""
    app = (answer.pod or "").rsplit("-", 2)[0]
    words = [str(answer.status), f"from {app}" if app else "", answer.location]
    return " ".join(filter(None, words))
