"""A cluster that learners share, with nothing of the lab's on it, and accounts of its own."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from labsupport.base.errors import ClusterError
from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.apply import applied
from labsupport.providers.embedded.provider import Embedded
from labsupport.providers.existing import Existing
from labsupport.providers.protocol import Connection, quiet

CONTEXT = "the-class"
_PEOPLE = "people"


@dataclass
class SharedCluster:
    """An administrator's API and kubeconfig, and a folder for those of others."""

    api: Api
    folder: Path
    config: Path

    def kubeconfig(self, account: str = "") -> Path:
        """A kubeconfig with one context, CONTEXT: of a ServiceAccount, or the administrator."""
        config = yaml.safe_load(self.config.read_text())
        if account:
            config["users"][0]["user"] = {"token": self._token(account)}
        config["contexts"][0]["name"] = CONTEXT
        config["contexts"][0]["context"].pop("namespace")
        config["current-context"] = "none"
        path = self.folder / f"{account or 'admin'}.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return path

    def altered(self, file: Path, *, user: Json | None = None, **about_cluster: str) -> Path:
        """The administrator's kubeconfig at `file`, but with this user, and this of the cluster."""
        config = yaml.safe_load(self.kubeconfig().read_text())
        config["users"][0]["user"] = user or config["users"][0]["user"]
        config["clusters"][0]["cluster"].update(about_cluster)
        file.write_text(yaml.safe_dump(config))
        return file

    def granted(self, learner: Existing) -> Connection:
        """The connection of a learner who is refused, asks for what is missing, and gets it."""
        with pytest.raises(ClusterError):
            learner.up(quiet)
        self.grant(learner.instance.rights)
        return learner.up(quiet)

    def grant(self, file: Path) -> None:
        """What an administrator does with the file that they are given."""
        list(applied(self.api, yaml.safe_load_all(file.read_text())))

    def let_look_around(self, account: str, *resources: str) -> None:
        """Let an account list these in all namespaces, and nothing else."""
        name = f"look-around-{account}"
        group = "rbac.authorization.k8s.io"
        rule = {"apiGroups": ["*"], "resources": resources, "verbs": ["get", "list", "watch"]}
        subject = {"kind": "ServiceAccount", "name": account, "namespace": _PEOPLE}
        about = {"apiVersion": f"{group}/v1", "metadata": {"name": name}}
        binding = {
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
            "subjects": [subject],
        }
        roles = [
            {**about, "kind": "ClusterRole", "rules": [rule]},
            {**about, "kind": "ClusterRoleBinding", **binding},
        ]
        list(applied(self.api, roles))

    def names(self, kind: str, namespace: str | None = None) -> list[str]:
        """The names of a kind's objects."""
        return [each["metadata"]["name"] for each in self.api.list(kind, namespace)]

    def _token(self, account: str) -> str:
        place = {"namespace": _PEOPLE}
        people = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _PEOPLE}},
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": account, **place},
            },
        ]
        list(applied(self.api, people))
        path = self.api.kind("serviceaccounts").path(_PEOPLE, account, "token")
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        return str(self.api.call("POST", path, body=request)["status"]["token"])


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[SharedCluster]:
    """The lab's own, without add-ons; gone with all that is on it at the end."""
    provider = Embedded(Instance(folder / "cluster"))
    try:
        with contextlib.closing(Api(provider.up(quiet).access)) as api:
            yield SharedCluster(api, folder, provider.instance.kubeconfig)
    finally:
        provider.down(delete=True)
