"""`Lab`: the one object that a learner talks to."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import UsageError
from labsupport.base.paths import Instance, instance
from labsupport.base.types import Json
from labsupport.http.client import Client
from labsupport.http.tap import Tap
from labsupport.kube import manifests
from labsupport.kube.api import Api
from labsupport.kube.apply import applied, deleted
from labsupport.kube.merge import LAST_APPLIED
from labsupport.kube.tables import Table
from labsupport.kube.wait import until_nothing_missing
from labsupport.names.hosts import HostsFile
from labsupport.names.resolver import Resolution, Resolver
from labsupport.names.settings import ResolverSettings
from labsupport.providers.protocol import Connection, Provider
from labsupport.session.addresses import external_address
from labsupport.session.controller import ByClass, installed_controllers
from labsupport.session.official_clients import OfficialClients
from labsupport.session.others_controller import first_controller
from labsupport.session.requests import Requests
from labsupport.session.status import LabStatus, status_of

if TYPE_CHECKING:
    from labsupport.kube.follow import Follower
    from labsupport.names.lab_dns import LabDns
    from labsupport.rules.diagnosis import Diagnosis
    from labsupport.rules.ingress import Decision
    from labsupport.session.bare_proxy import BareProxy
    from labsupport.session.comparing import Comparison
    from labsupport.session.conformance import Report
    from labsupport.session.connections import Connections
    from labsupport.session.gateway import Converted, GatewayController
    from labsupport.session.trust import Trust

Manifest = str | Path | Json | Iterable[Json]
"""YAML text, the path of a YAML file, an object, or several."""

_NOISE = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")


class Lab(Requests, OfficialClients):
    """A running lab: its cluster, its names, and requests as the learner's computer makes them.

    `Lab.open()` gives one. `api` is the lab's own light client; `core`, `apps` and `networking`
    are the official `kubernetes` client's. Requests: see `session.requests`.
    """

    def __init__(self, provider: Provider, connection: Connection, home: Instance) -> None:
        self.provider = provider
        self.connection = connection
        self.instance = home
        self.tenancy = connection.access.tenancy
        self.api = Api(connection.access)
        self.hosts = HostsFile(home.hosts, rename=self.tenancy.host)
        self.resolver = Resolver(
            self.hosts,
            connection.dns,
            connection.cache,
            settings=ResolverSettings(home.resolver),
            rename=self.tenancy.host,
        )
        self.client = Client(
            self.resolver,
            network=connection.network,
            port_offset=connection.port_offset,
            way=connection.way,
            ca_file=home.ca_certificate,
            rename=self.tenancy.host,
            tap=None if connection.network else Tap(),
        )
        self.controller = first_controller(self.api, self.client, connection.controller)

    @classmethod
    def open(cls) -> "Lab":
        """This instance's lab: found running, or started with all that belongs to it."""
        from labsupport.session.bringing_up import bring_up

        return bring_up(instance())

    def __repr__(self) -> str:
        return f"<Lab at {self.connection.access.server}>"

    def close(self) -> None:
        """Give the connections back; the cluster runs on."""
        self.api.close()
        if "bare_proxy" in self.__dict__:
            self.bare_proxy.close()
        if "kubernetes" in self.__dict__:
            self.kubernetes.close()

    # Rules and names

    def explain(self, url: str, *, profile: str = "spec") -> "Decision":
        """Which Ingress rule takes `url`, and why the others do not.

        By Kubernetes' own words, or as a controller does it: `profile="traefik"`.
        """
        from labsupport.session.explaining import explained

        return explained(self, url, profile)

    def diagnose(self, url: str, **options: Any) -> "Diagnosis":
        """Why a GET of `url` gets no good answer: the first broken hop, its cause, what mends it.

        Options: `headers`, `resolve`, `sni`, `verify` and `timeout`, as `get` has them.
        """
        from labsupport.session.diagnosing import diagnosed

        return diagnosed(self, url, **options)

    def resolve(self, name: str) -> Resolution:
        """The address of `name`, and who knows it; NameNotFound when nobody does."""
        return self.resolver.resolve(name)

    @cached_property
    def dns(self) -> "LabDns":
        """The lab's DNS: `lab.dns.add("quote.example.com", lab.address)`."""
        from labsupport.names.external import ExternalDnsSwitch
        from labsupport.names.lab_dns import LabDns

        external = ExternalDnsSwitch(self.instance.external_dns)
        return LabDns(self.instance.zones, self.resolver, external)

    @cached_property
    def trust(self) -> "Trust":
        """The lab's own authority: `lab.trust.store("kiada", "kiada.example.com")`."""
        from labsupport.session.trust import Trust

        return Trust(self)

    @property
    def controllers(self) -> ByClass:
        """The controllers that are installed now, by class: `lab.controllers["internal"]`."""
        found = installed_controllers(self.api, self.client)
        first = self.controller
        return found if first.is_ours else ByClass({first.ingress_class: first, **found})

    @property
    def gateway(self) -> "GatewayController":
        """The controller of Gateway API, if it is installed: `lab.gateway.routes()`."""
        from labsupport.session.gateway import gateway_controller

        return gateway_controller(self)

    @cached_property
    def bare_proxy(self) -> "BareProxy":
        """A Caddy that waits for a controller of your own; `lab.install("bare-proxy")` first."""
        from labsupport.session.bare_proxy import BareProxy

        return BareProxy(self.connection.access, self.client)

    def convert(self, *names: str, namespace: str = "default") -> "Converted":
        """Ingresses as Gateway API: those of the names, or all of the namespace; prints as YAML."""
        from labsupport.session.gateway import converted_ingresses

        return converted_ingresses(self, names, namespace)

    def problems(self) -> list[str]:
        """What is wrong with the controllers and with the Ingresses, in words."""
        from labsupport.session.problems import lab_problems

        return lab_problems(self)

    def conformance(self, *controllers: str) -> "Report":
        """The 30 conformance scenarios on live controllers, some 5 s each: `print(report)`.

        `report.why(19, "traefik")` says why. Without names: the lab's Traefik, Traefik by its
        default options, its nginx provider, the lab's own controller.
        """
        from labsupport.session.conformance import conformance

        return conformance(self, controllers)

    def annotations(self, word: str = "") -> Table:
        """What each controller can be told by annotations, and how; rows with `word` in them."""
        from labsupport.session.annotations import features

        return features(word)

    def understood(self, kind: str, name: str, *, namespace: str = "default") -> Table:
        """What becomes of each annotation of an Ingress or Service: understood, ignored, breaks."""
        from labsupport.session.annotations import understood

        return understood(self, kind, name, namespace)

    @property
    def address(self) -> str:
        """The load balancer's IP address of the ingress controller."""
        return self.controller.address

    def wait_for_address(self) -> str:
        """The same, waited for as long as load balancers may take where this cluster runs."""
        return self.controller.wait_for_address(self.connection.patience)

    def address_of(self, kind: str, name: str, *, namespace: str = "default") -> str:
        """The address that a LoadBalancer Service or an Ingress has got; waits for it a little."""
        return external_address(self.api, kind, name, namespace)

    def pool(self, size: int | None = None) -> None:
        """Let LoadBalancer Services have only the first `size` addresses; all again without.

        Whoever has an address keeps it; the first is the ingress controller's.
        """
        from labsupport.session.address_pool import set_pool

        print(set_pool(self, size))

    def compare(
        self, service: str, url: str, *, namespace: str = "default", requests: int = 12
    ) -> "Comparison":
        """The ways to the same pods, measured: a pod's own address, a LoadBalancer Service, `url`.

        `url` leads there through an Ingress. `requests` is how many each measurement sends.
        """
        from labsupport.session.comparing import compared

        return compared(self, service, namespace, url, requests)

    # Objects

    def apply(self, manifest: Manifest, *, namespace: str = "default") -> None:
        """`kubectl apply`: make the cluster hold these objects, and print what changed."""
        for line in applied(self.api, _objects(manifest), namespace):
            print(line)

    def install(self, name: str, *, namespace: str = "default") -> None:
        """Install what lessons need now and then: `lab.install("vault")`, `"traefik-internal"`.

        A controller goes to a namespace of its own, and is waited for. vault speaks TLS itself,
        by the certificate in Secret vault-tls; without, its pod waits.
        """
        from labsupport.session.installing import install

        for line in install(self, name, namespace):
            print(line)

    def uninstall(self, name: str, *, namespace: str = "default") -> None:
        """Remove what `install` made, and wait until it is gone; what isn't there is no error."""
        from labsupport.session.installing import uninstall

        for line in uninstall(self, name, namespace):
            print(line)

    def delete(self, manifest: Manifest, name: str = "", *, namespace: str = "default") -> None:
        """`kubectl delete`: objects of a manifest, or `delete("ingress", "quote")`.

        What isn't there is said, and no error: a cell can be run twice.
        """
        if name and isinstance(manifest, str):
            kind = self.api.kind(manifest)
            manifest = {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "metadata": {"name": name},
            }
        for line in deleted(self.api, _objects(manifest), namespace):
            print(line)

    def scale(self, deployment: str, replicas: int, *, namespace: str = "default") -> None:
        """`kubectl scale`: let a Deployment have so many pods, and wait until it has."""
        from labsupport.session.scaling import scaled

        print(scaled(self.api, deployment, replicas, namespace))

    def object(self, kind: str, name: str, *, namespace: str = "default") -> Json:
        """One object as the API server has it."""
        return self.api.get(kind, name, namespace)

    def objects(self, kind: str, *, namespace: str | None = "default") -> list[Json]:
        """The objects of a kind, sorted; of every namespace when that is None."""
        return self.api.list(kind, namespace)

    def follow(self, places: Mapping[str, str | None], changed: Callable[[], None]) -> "Follower":
        """The objects of some kinds (each with its namespace, None for all), kept up to date.

        `changed` is called in a thread of the follower's own, until it is closed.
        """
        from labsupport.kube.follow import Follower

        return Follower(self.connection.access, places, changed)

    def table(
        self,
        kind: str,
        *,
        namespace: str | None = "default",
        selector: str = "",
        wide: bool = False,
        age: bool = False,
    ) -> Table:
        """What `kubectl get KIND` prints; every namespace when that is None."""
        return self.api.table(kind, namespace, wide=wide, age=age, selector=selector)

    def yaml(self, kind: str, name: str, *, namespace: str = "default", full: bool = False) -> None:
        """Print an object as YAML, without the server's bookkeeping unless `full`."""
        obj = self.object(kind, name, namespace=namespace)
        print(manifests.dumped(obj if full else _plain(obj)), end="")

    def logs(
        self, pod: str, *, namespace: str = "default", container: str = "", tail: int | None = None
    ) -> None:
        """Print a pod's log, or its last `tail` lines; of several containers name one."""
        for part in self.api.log(pod, namespace, container=container, tail=tail):
            print(part.decode(errors="replace"), end="")

    def connections(
        self, service: str = "traefik", *, namespace: str = "traefik", limit: int = 5
    ) -> "Connections":
        """The last connections to a Service's addresses, with the first bytes each way.

        Those that the cluster's own proxy (L4) relayed, or where it remembers none, this lab's own.
        """
        from labsupport.session.connections import connections_to, own_connections_to

        if self.client.tap:
            return own_connections_to(self.api, self.client.tap, service, namespace, limit)
        return connections_to(self.api, service, namespace, limit)

    def find_pod(self, start: str, *, namespace: str | None = None) -> tuple[str, str]:
        """The name and namespace of the pod called `start`, or else the first that begins so.

        Of any namespace when that is None; our own comes first.
        """
        pods = self.objects("pods", namespace=namespace)
        places = [(pod["metadata"]["name"], pod["metadata"]["namespace"]) for pod in pods]
        places.sort(key=lambda place: place[1] != self.tenancy.namespace)
        fitting = [place for place in places if place[0].startswith(start)]
        exact = [place for place in fitting if place[0] == start]
        if fitting:
            return (exact or fitting)[0]
        raise UsageError(
            f"no pod's name begins with {start!r}",
            found=f"pods: {', '.join(name for name, _ in places) or 'none'}",
            remedy="./lab logs traefik",
        )

    def wait_ready(self, *, namespace: str | None = "default", timeout: float = 60.0) -> None:
        """Wait until every Deployment is rolled out and the proxy knows the pods behind its rules.

        WaitTimeout says what is missing.
        """
        from labsupport.session.readiness import lacks

        until_nothing_missing(
            lambda: lacks(self, namespace),
            what="the Deployments and the proxy to be ready",
            timeout=timeout,
        )

    def status(self) -> LabStatus:
        """What runs, where, and what it takes."""
        return status_of(self.provider, self)


def _objects(manifest: Manifest) -> list[Json]:
    if isinstance(manifest, dict):
        return [manifest]
    if isinstance(manifest, str) and not manifest.strip():
        raise UsageError("the manifest is empty", remedy="give YAML text, or the path of a file")
    if isinstance(manifest, str) and "\n" not in manifest and ":" not in manifest:
        manifest = Path(manifest)
    if isinstance(manifest, Path):
        try:
            return manifests.objects(manifest.read_text(), source=str(manifest))
        except OSError as error:
            raise UsageError(
                f"no manifest at {manifest}",
                found=error.strerror or str(error),
                remedy="give YAML text, or the path of a YAML file",
            ) from error
    if isinstance(manifest, str):
        return manifests.objects(manifest)
    return list(manifest)


def _plain(obj: Json) -> Json:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _NOISE}
    annotations = {
        key: value for key, value in metadata.pop("annotations", {}).items() if key != LAST_APPLIED
    }
    if annotations:
        metadata["annotations"] = annotations
    first = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata}
    return {**first, **{key: value for key, value in obj.items() if key not in first}}
