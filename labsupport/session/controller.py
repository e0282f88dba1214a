"""The ingress controller: its address, and its proxy's configuration as it tells of it itself."""

from typing import Any

from labsupport.base.errors import RequestFailed
from labsupport.base.types import Json
from labsupport.http.client import Client
from labsupport.kube.api import Api
from labsupport.kube.tables import Table
from labsupport.session.addresses import external_address

NAMESPACE = "traefik"
_PROVIDER = "kubernetes"
_API_PORT = 8080


class Controller:
    """Traefik, seen through its Services and its own API (`/api/http/routers` and others).

    `profile` names the profile in `rules.ingress` that says how it reads Ingress rules.
    """

    profile = "traefik"

    def __init__(self, api: Api, client: Client) -> None:
        self._api = api
        self._client = client

    @property
    def address(self) -> str:
        """The IP address of its LoadBalancer Service; WaitTimeout when none comes in 10 s."""
        return external_address(self._api, "service", "traefik", NAMESPACE)

    def routers(self) -> Table:
        """The proxy's routers made from Ingresses: rule, service, status. `.objects` has it all."""
        routers = [r for r in self.ask("/api/http/routers") if r.get("provider") == _PROVIDER]
        routers.sort(key=lambda router: str(router["name"]))
        rows = [
            [
                _short(router),
                router.get("rule", ""),
                ",".join(router.get("entryPoints", ())),
                router.get("service", ""),
                router.get("status", ""),
            ]
            for router in routers
        ]
        return Table(["ROUTER", "RULE", "ENTRY POINTS", "SERVICE", "STATUS"], rows, routers)

    def servers(self) -> Table:
        """Where the proxy sends requests: the pod addresses behind each of its services."""
        services = [s for s in self.ask("/api/http/services") if s.get("provider") == _PROVIDER]
        services.sort(key=lambda service: str(service["name"]))
        rows = [
            [_short(service), url, service.get("serverStatus", {}).get(url, "")]
            for service in services
            for url in sorted(_urls(service))
        ]
        return Table(["SERVICE", "SERVER", "STATUS"], rows, services)

    def ask(self, path: str) -> Any:
        """What Traefik's API says at `path`, for example `/api/overview`."""
        service = self._api.get("services", "traefik-dashboard", NAMESPACE)
        answer = self._client.get(f"http://{service['spec']['clusterIP']}:{_API_PORT}{path}")
        if not answer.ok:
            raise RequestFailed(
                f"Traefik's API has no answer at {path}",
                found=f"{answer.status} {answer.reason}",
                remedy='see what it has: lab.controller.ask("/api/overview")',
            )
        return answer.json()


def _short(item: Json) -> str:
    """Its name in Traefik, without the provider that all of them have in common."""
    return str(item["name"]).removesuffix(f"@{_PROVIDER}")


def _urls(service: Json) -> list[str]:
    return [server["url"] for server in service.get("loadBalancer", {}).get("servers", ())]
