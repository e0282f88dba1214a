"""The cluster whose Ingresses are exchanged from round to round."""

import contextlib

from differential_traefik import Traefik

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.rules.ingress import PROFILES, RuleSet
from labsupport.rules.ingress.certificates import Certificates
from labsupport.rules.status import StatusError

SENTINEL_PATH = "/the/sentinel"


class Cluster:
    """The cluster's Ingresses, exchanged as a whole."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._rounds = 0
        self._others = {
            kind: api.list(kind) for kind in ("ingressclasses", "services", "endpointslices")
        }

    def exchange(self, wanted: list[Json], proxy: Traefik) -> None:
        """Put these Ingresses in place of all there are, and wait until the proxy has them."""
        for old in self._ingresses():
            metadata = old["metadata"]
            self._api.delete("ingresses", metadata["name"], metadata["namespace"])
        for each in wanted:
            with contextlib.suppress(StatusError):  # not every drawn path is valid
                self._api.create(each)
        self._rounds += 1
        host = f"round-{self._rounds}.sentinel"
        for class_name in ("traefik", "nginx"):
            self._api.create(_sentinel(class_name, host))
        proxy.wait_for(host, SENTINEL_PATH)

    def rules(self, profile: str, certificates: Certificates = None) -> RuleSet:
        """The Ingresses as the profile has them."""
        found = self._ingresses()
        wanted = [each for each in found if not each["metadata"]["name"].startswith("sentinel")]
        return RuleSet(
            wanted,
            classes=self._others["ingressclasses"],
            services=self._others["services"],
            slices=self._others["endpointslices"],
            certificates=certificates,
            profile=PROFILES[profile],
        )

    def _ingresses(self) -> list[Json]:
        return self._api.list("ingresses")


def _sentinel(class_name: str, host: str) -> Json:
    backend = {"service": {"name": "sentinel", "port": {"number": 80}}}
    path = {"path": SENTINEL_PATH, "pathType": "Exact", "backend": backend}
    priority = {"traefik.ingress.kubernetes.io/router.priority": "1000"}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": f"sentinel-{class_name}",
            "namespace": "one",
            "annotations": priority if class_name == "traefik" else {},
        },
        "spec": {
            "ingressClassName": class_name,
            "rules": [{"host": host, "http": {"paths": [path]}}],
        },
    }
