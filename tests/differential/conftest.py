"""One cluster without any controller of Ingresses, backends, and three Traefiks that read it."""

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext

import pytest
from differential_cluster import Cluster
from differential_rules import CLASSES, NAMESPACES, SERVICES
from differential_traefik import SENTINEL, Traefik, backends, endpoint_slice, service, traefik

from labsupport.base.paths import Instance
from labsupport.kube.api import Api
from labsupport.providers.embedded.provider import Embedded
from labsupport.providers.protocol import Connection

_INGRESS = "--providers.kubernetesingress"
_NGINX = "--providers.kubernetesingressnginx"


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A cluster of this folder's own."""
    embedded = Embedded(Instance(tmp_path_factory.mktemp("differential") / "home"))
    yield embedded.up(lambda title: nullcontext())
    embedded.down(delete=True)


@pytest.fixture(scope="session")
def api(connection: Connection) -> Iterator[Api]:
    """The API server of a cluster with the Services that rules may name."""
    api = Api(connection.access)
    names = [f"{namespace}/{name}" for namespace in NAMESPACES for name in (*SERVICES, "external")]
    names.append(SENTINEL)
    try:
        with backends(names) as ports:
            _fill(api, ports)
            yield api
    finally:
        api.close()


def _fill(api: Api, ports: dict[str, int]) -> None:
    for name, controller in CLASSES.items():
        api.create(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "IngressClass",
                "metadata": {"name": name},
                "spec": {"controller": controller},
            }
        )
    for namespace in NAMESPACES:
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        for name in SERVICES:
            port = ports[f"{namespace}/{name}"]
            port_name = "web" if name == "named" else ""
            entry = {"port": 80, "name": port_name} if port_name else {"port": 80}
            api.create(service(namespace, name, entry))
            api.create(endpoint_slice(namespace, name, port, {"ready": True}, port_name))
        port = ports[f"{namespace}/a"]
        api.create(service(namespace, "empty"))
        for name, conditions in (
            ("unready", {"ready": False, "serving": False}),
            ("ending", {"ready": False, "serving": True, "terminating": True}),
        ):
            api.create(service(namespace, name))
            api.create(endpoint_slice(namespace, name, port, conditions))
        # The provider for ingress-nginx goes to the target port of an ExternalName.
        external = {"port": 80, "targetPort": ports[f"{namespace}/external"]}
        spec = {"type": "ExternalName", "externalName": "localhost"}
        api.create(service(namespace, "external", external, **spec))
    namespace, name = SENTINEL.split("/")
    api.create(service(namespace, name))
    api.create(endpoint_slice(namespace, name, ports[SENTINEL], {"ready": True}))


@pytest.fixture(scope="session")
def traefiks(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Traefik]]:
    """A Traefik for each profile that stands for one."""
    folder = tmp_path_factory.mktemp("traefik")
    lab = (
        f"{_INGRESS}=true",
        f"{_INGRESS}.ingressclass=traefik",
        f"{_INGRESS}.strictprefixmatching=true",
        f"{_INGRESS}.allowemptyservices=true",
    )
    options = {
        "traefik": lab,
        "traefik-defaults": (f"{_INGRESS}=true",),
        "traefik-nginx": (f"{_NGINX}=true",),
    }
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(traefik(api, folder / name, *words))
            for name, words in options.items()
        }


@pytest.fixture(scope="session")
def cluster(api: Api) -> Cluster:
    """The cluster's Ingresses."""
    return Cluster(api)
