"""A pod's place on the machine: directories, volumes, credentials, and what its processes get."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from labsupport.base.files import write_atomically
from labsupport.base.types import Json
from labsupport.minicluster.node import images
from labsupport.minicluster.node.environment import container_variables, service_variables
from labsupport.minicluster.node.expansion import MountPaths, expanded
from labsupport.minicluster.node.fields import PodFacts, field_value, resource_value
from labsupport.minicluster.node.network import Network, PodAddresses
from labsupport.minicluster.node.payloads import SourceMissing, Sources, payload
from labsupport.minicluster.node.process import MARKER, CannotStart, Launch
from labsupport.minicluster.node.restarts import BackOff
from labsupport.minicluster.node.volumes import publish
from labsupport.minicluster.reconcile import Cluster

TokenIssuer = Callable[[str, str, str], str]
"""Namespace, name and uid of a ServiceAccount to a bearer token."""


@dataclass
class NodeContext:
    """What all pods of the node share.

    `pods` is the folder of their directories, `instance_id` the mark on their processes;
    `api_url` and `ca_certificate` (PEM) go into their kubeconfigs.
    """

    cluster: Cluster
    network: Network
    pods: Path
    instance_id: str
    api_url: str
    ca_certificate: str
    issue_token: TokenIssuer
    node_name: str = "lab-node"
    allocatable: dict[str, str] = field(default_factory=dict)
    back_off: Callable[[], BackOff] = BackOff

    def __post_init__(self) -> None:
        self.addresses = PodAddresses(self.network)


class PodSandbox:
    """Directories, volumes and credentials of one pod under `pods/<uid>/`."""

    def __init__(self, pod: Json, node: NodeContext) -> None:
        self.pod = pod
        self.pod_ip = ""
        self._node = node
        self._namespace: str = pod["metadata"]["namespace"]
        self.directory: Path = node.pods / pod["metadata"]["uid"]

    @property
    def facts(self) -> PodFacts:
        """The pod's addresses and what the node has."""
        node = self._node
        return PodFacts(self.pod_ip, node.network.node_ip, node.node_name, node.allocatable)

    def publish_volumes(self) -> bool:
        """Write all volumes as their sources are now; gives whether anything changed.

        SourceMissing, naming the volume, when one can't be had.
        """
        changed = False
        for volume in self.pod["spec"].get("volumes") or ():
            try:
                files = payload(volume, self._sources(self.pod["spec"]["containers"][0]))
            except (SourceMissing, ValueError) as problem:
                words = f'MountVolume.SetUp failed for volume "{volume["name"]}" : {problem}'
                raise SourceMissing(words) from problem
            directory = self._volume(volume["name"])
            if "emptyDir" in volume:
                directory.mkdir(parents=True, exist_ok=True)
            else:
                changed |= publish(directory, files)
        return changed

    def uses(self, resource: str, name: str) -> bool:
        """Whether a volume of the pod shows this ConfigMap or Secret."""
        kind, name_field = {
            "configmaps": ("configMap", "name"),
            "secrets": ("secret", "secretName"),
        }[resource]
        for volume in self.pod["spec"].get("volumes") or ():
            if volume.get(kind, {}).get(name_field) == name:
                return True
            for part in volume.get("projected", {}).get("sources") or ():
                if part.get(kind, {}).get("name") == name:
                    return True
        return False

    def launch(self, container: Json, command: list[str] | None = None) -> Launch:
        """The process of a container, or of a `command` run in it; CannotStart when it can't be."""
        image = images.find(container["image"])
        if image is None:
            message = images.missing_message(container["image"])
            raise CannotStart("ErrImagePull", message, retry_reason="ImagePullBackOff")
        mounts = self._mounts(container)
        environment = self._environment(container, image, mounts)

        def words(field_name: str) -> list[str]:
            given = command if field_name == "command" and command else container.get(field_name)
            return [expanded(mounts.rewritten(text), environment) for text in given or ()]

        argv = image.argv(words("command"), [] if command else words("args"))
        program = image.program(argv[0], environment["PATH"])
        if program is None:
            text = f'exec: "{argv[0]}": executable file not found in $PATH'
            raise CannotStart("RunContainerError", text, retry_reason="CrashLoopBackOff")
        return Launch(program, tuple(argv[1:]), environment, self._directory(container, mounts))

    def log_path(self, container: str, run: int) -> Path:
        """Where a run of a container is logged."""
        return self.directory / "logs" / container / f"{run}.log"

    def image_id(self, container: Json) -> str:
        """`process://python3.12`; empty for an image this node doesn't have."""
        image = images.find(container["image"])
        return f"process://{image.identity}" if image else ""

    def remove(self) -> None:
        """Take everything of the pod off the disk."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _volume(self, name: str) -> Path:
        return self.directory / "volumes" / name

    def _root(self, container: Json) -> Path:
        root: Path = self.directory / "containers" / container["name"]
        root.mkdir(parents=True, exist_ok=True)
        return root

    def _directory(self, container: Json, mounts: MountPaths) -> Path:
        wanted = container.get("workingDir")
        if not wanted:
            return self._root(container)
        real = Path(mounts.rewritten(wanted))
        return real if real.is_dir() else self._root(container)

    def _mounts(self, container: Json) -> MountPaths:
        real = {}
        for mount in container.get("volumeMounts") or ():
            target = self._volume(mount["name"])
            sub_path = mount.get("subPath", "")
            real[mount["mountPath"]] = str(target / sub_path) if sub_path else str(target)
        return MountPaths(real)

    def _environment(
        self, container: Json, image: images.Image, mounts: MountPaths
    ) -> dict[str, str]:
        cache = self._node.cluster.cache
        linked = self.pod["spec"].get("enableServiceLinks", True)
        services = cache.list("services", self._namespace) if linked else []
        links = service_variables(
            # As kubelet: KUBERNETES_* would be there too, but pods get KUBECONFIG instead.
            (s for s in services if s["metadata"]["name"] != "kubernetes"),
            self._node.network,
        )
        sources = self._sources(container)
        try:
            base = self._base(container)
            own = container_variables(container, self.pod, self.facts, sources, mounts, links)
        except (SourceMissing, ValueError) as problem:
            raise CannotStart("CreateContainerConfigError", str(problem)) from problem
        environment = {**base, **image.environment, **own}
        if "PYTHONPATH" in image.environment and "PYTHONPATH" in own:
            # A path of the pod's own must not push out the shim.
            paths = (own["PYTHONPATH"], image.environment["PYTHONPATH"])
            environment["PYTHONPATH"] = os.pathsep.join(paths)
        return environment

    def _base(self, container: Json) -> dict[str, str]:
        meta = self.pod["metadata"]
        base = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._root(container)),
            "HOSTNAME": meta["name"],
            "LANG": "C.UTF-8",
            "INGRESS_LAB_POD_IP": self.pod_ip,
            MARKER: f"{self._node.instance_id}/{meta['uid']}",
        }
        if self.pod["spec"].get("automountServiceAccountToken", True):
            base["KUBECONFIG"] = str(self._kubeconfig())
        return base

    def _sources(self, container: Json) -> Sources:
        cache = self._node.cluster.cache
        namespace = self._namespace

        def field_text(item: Json) -> str:
            if "fieldRef" in item:
                return field_value(self.pod, item["fieldRef"]["fieldPath"], self.facts)
            return resource_value(self.pod, container, item["resourceFieldRef"], self.facts)

        return Sources(
            config_map=lambda name: cache.get("configmaps", namespace, name),
            secret=lambda name: cache.get("secrets", namespace, name),
            token=self._token,
            field=field_text,
        )

    def _token(self) -> str:
        name = self.pod["spec"].get("serviceAccountName") or "default"
        account = self._node.cluster.cache.get("serviceaccounts", self._namespace, name)
        if account is None:
            message = f'serviceaccount "{name}" not found in namespace {self._namespace}'
            raise SourceMissing(message)
        return self._node.issue_token(self._namespace, name, account["metadata"]["uid"])

    def _kubeconfig(self) -> Path:
        """The pod's credentials: what /var/run/secrets/kubernetes.io/serviceaccount is elsewhere.

        Written as JSON, which is YAML too.
        """
        node, path = self._node, self.directory / "kubeconfig"
        ca_file = self.directory / "ca.crt"
        cluster = {"server": node.api_url, "certificate-authority": str(ca_file)}
        context = {"cluster": "lab", "user": "pod", "namespace": self._namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": "pod", "user": {"token": self._token()}}],
            "contexts": [{"name": "lab", "context": context}],
        }
        content = json.dumps(config, indent=2)
        if not path.exists() or path.read_text() != content:
            write_atomically(ca_file, node.ca_certificate)
            write_atomically(path, content)
        return path
