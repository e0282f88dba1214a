"""`Lab`: the one object that a learner talks to."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.base.paths import Instance, instance
from labsupport.base.types import Json
from labsupport.http.client import Client
from labsupport.http.connection import Connection as HttpConnection
from labsupport.http.exchange import Exchange
from labsupport.http.tally import Tally, tally
from labsupport.kube import manifests
from labsupport.kube.api import Api
from labsupport.kube.apply import applied, deleted
from labsupport.kube.merge import LAST_APPLIED
from labsupport.kube.tables import Table
from labsupport.kube.wait import until_nothing_missing
from labsupport.names.hosts import HostsFile
from labsupport.names.resolver import Resolver
from labsupport.providers.protocol import Connection, Provider
from labsupport.session.addresses import external_address
from labsupport.session.controller import Controller
from labsupport.session.status import LabStatus, status_of

if TYPE_CHECKING:
    from kubernetes import client as official

    from labsupport.kube.follow import Follower
    from labsupport.names.records import ZoneEditor
    from labsupport.rules.ingress import Decision

Manifest = str | Path | Json | Iterable[Json]
"""YAML text, the path of a YAML file, an object, or several."""

_NOISE = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")


class Lab:
    """A running lab: its cluster, its names, and requests as the learner's computer makes them.

    `Lab.open()` gives one. `api` is the lab's own light client; `core`, `apps` and `networking`
    are the official `kubernetes` client's.
    """

    def __init__(self, provider: Provider, connection: Connection, home: Instance) -> None:
        self.provider = provider
        self.connection = connection
        self.instance = home
        self.api = Api(connection.access)
        self.hosts = HostsFile(home.hosts)
        self.client = Client(
            Resolver(self.hosts, connection.dns),
            network=connection.network,
            port_offset=connection.port_offset,
            ca_file=connection.access.ca_file,
        )
        self.controller = Controller(self.api, self.client)

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
        if "kubernetes" in self.__dict__:
            self.kubernetes.close()  # type: ignore[no-untyped-call]

    # Requests and names

    def get(self, url: str, **options: Any) -> Exchange:
        """GET `url` as the learner's computer would; `http.client.Client.request` has the options.

        Prints as the way it took, hop by hop, and the body.
        """
        return self.client.get(url, **options)

    def request(self, method: str, url: str, **options: Any) -> Exchange:
        """Any method; see `get`."""
        return self.client.request(method, url, **options)

    def wait_for(self, url: str, status: int = 200, *, timeout: float = 10.0) -> Exchange:
        """Ask `url` until it answers with `status`: a new Ingress takes a moment to be live."""
        answers: list[Exchange] = []

        def lacks() -> list[str]:
            try:
                answers.append(self.get(url))
            except RequestFailed as error:
                return [error.found]
            last = answers[-1]
            return [] if last.status == status else [f"it answers {last.status} {last.reason}"]

        until_nothing_missing(lacks, what=f"{status} from {url}", timeout=timeout)
        return answers[-1]

    def wait_until_closed(self, url: str, *, timeout: float = 10.0) -> None:
        """Ask `url` until no HTTP answer comes: a deleted Service takes a moment to be gone."""

        def lacks() -> list[str]:
            try:
                answer = self.get(url)
            except RequestFailed:
                return []
            return [f"it still answers {answer.status} {answer.reason}"]

        until_nothing_missing(lacks, what=f"{url} to be closed", timeout=timeout)

    def connect(self, url: str) -> HttpConnection:
        """A connection kept open for many requests: `with lab.connect(url) as connection:`."""
        return self.client.connect(url)

    def tally(self, url: str, requests: int = 30, *, one_connection: bool = False) -> Tally:
        """Send many GETs for `url` and count which pod answered how often."""
        return tally(self.client, url, requests, one_connection=one_connection)

    def explain(self, url: str, *, profile: str = "spec") -> "Decision":
        """Which Ingress rule takes `url`, and why the others do not.

        By Kubernetes' own words, or as a controller does it: `profile="traefik"`.
        """
        from labsupport.session.explaining import explained

        return explained(self, url, profile)

    @cached_property
    def dns(self) -> "ZoneEditor":
        """The lab's DNS zones: `lab.dns.add("quote.example.com", lab.address)`."""
        from labsupport.names.records import ZoneEditor

        return ZoneEditor(self.instance.zones, self.connection.dns[0])

    @property
    def address(self) -> str:
        """The load balancer's IP address of the ingress controller."""
        return self.controller.address

    def address_of(self, kind: str, name: str, *, namespace: str = "default") -> str:
        """The address that a LoadBalancer Service or an Ingress has got; waits for it a little."""
        return external_address(self.api, kind, name, namespace)

    # Objects

    def apply(self, manifest: Manifest, *, namespace: str = "default") -> None:
        """`kubectl apply`: make the cluster hold these objects, and print what changed."""
        for line in applied(self.api, _objects(manifest), namespace):
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

    def logs(self, pod: str, *, namespace: str = "default", tail: int | None = None) -> None:
        """Print a pod's log, or its last `tail` lines."""
        for part in self.api.log(pod, namespace, tail=tail):
            print(part.decode(errors="replace"), end="")

    def find_pod(self, start: str, *, namespace: str | None = None) -> tuple[str, str]:
        """The name and namespace of the pod called `start`, or else the first that begins so."""
        pods = self.objects("pods", namespace=namespace)
        places = [(pod["metadata"]["name"], pod["metadata"]["namespace"]) for pod in pods]
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

    # The official client

    @cached_property
    def kubernetes(self) -> "official.ApiClient":
        """The official Python client, connected; loading it takes about two seconds."""
        from labsupport.kube.official import client

        return client(self.connection.access)

    @cached_property
    def core(self) -> "official.CoreV1Api":
        """Pods, Services, ConfigMaps, Secrets, Namespaces: the official client's CoreV1Api."""
        from kubernetes import client

        return client.CoreV1Api(self.kubernetes)

    @cached_property
    def apps(self) -> "official.AppsV1Api":
        """Deployments and ReplicaSets: the official client's AppsV1Api."""
        from kubernetes import client

        return client.AppsV1Api(self.kubernetes)

    @cached_property
    def networking(self) -> "official.NetworkingV1Api":
        """Ingresses and IngressClasses: the official client's NetworkingV1Api."""
        from kubernetes import client

        return client.NetworkingV1Api(self.kubernetes)


def _objects(manifest: Manifest) -> list[Json]:
    if isinstance(manifest, dict):
        return [manifest]
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
