"""What only a real kube-apiserver can say to a learner: who they are, and what is going away."""

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from client_certificates import client_certificate
from control_plane import ADMINISTRATORS, authority_in
from shared_cluster import CONTEXT, SharedCluster

from labsupport.base.errors import ClusterError, UsageError
from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.providers.existing import Existing
from labsupport.providers.existing.belongings import LABEL
from labsupport.providers.protocol import Wishes, quiet
from labsupport.trust.authority import Authority, KeyPair

HOUR = timedelta(hours=1)
CLASS = "only-here"


@pytest.fixture(scope="module")
def cluster(real_cluster: SharedCluster) -> Iterator[SharedCluster]:
    real_cluster.api.create(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": CLASS},
            "spec": {"controller": "example.com/controller"},
        }
    )
    yield real_cluster
    real_cluster.api.delete("ingressclasses", CLASS)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "lab")
    yield instance
    Existing(instance).down()


def joining(
    instance: Instance, kubeconfig: Path, namespace: str, context: str = CONTEXT
) -> Existing:
    wishes = Wishes(
        kubeconfig=str(kubeconfig), context=context, namespace=namespace, ingress_class=CLASS
    )
    return Existing(instance, wishes)


def by_certificate(pair: KeyPair) -> Json:
    parts = {"client-certificate-data": pair.certificate, "client-key-data": pair.key}
    return {name: base64.b64encode(part).decode() for name, part in parts.items()}


def issued(cluster: SharedCluster, lifetime: timedelta = HOUR) -> KeyPair:
    return client_certificate(
        authority_in(cluster.folder), "carol", ADMINISTRATORS, lifetime=lifetime
    )


class TestCredentials:
    def test_a_client_certificate_joins(
        self, instance: Instance, cluster: SharedCluster, tmp_path: Path
    ) -> None:
        user = by_certificate(issued(cluster))
        joining(instance, cluster.altered(tmp_path / "config", user=user), "carols").up(quiet)
        assert cluster.api.get("namespaces", "carols")["metadata"]["labels"][LABEL] == "carols"

    def test_a_client_certificate_that_has_ended_is_said(
        self, instance: Instance, cluster: SharedCluster, tmp_path: Path
    ) -> None:
        user = by_certificate(issued(cluster, -HOUR))
        with pytest.raises(ClusterError) as caught:
            joining(instance, cluster.altered(tmp_path / "config", user=user), "carols").up(quiet)
        assert "401" in caught.value.found
        assert "log in again" in caught.value.remedy

    def test_an_exec_plugin_joins(
        self, instance: Instance, cluster: SharedCluster, tmp_path: Path
    ) -> None:
        api_version = "client.authentication.k8s.io/v1"
        token = yaml.safe_load(cluster.config.read_text())["users"][0]["user"]["token"]
        credential = {
            "apiVersion": api_version,
            "kind": "ExecCredential",
            "status": {"token": token},
        }
        command = {
            "apiVersion": api_version,
            "command": sys.executable,
            "args": ["-c", f"print({json.dumps(json.dumps(credential))})"],
            "interactiveMode": "Never",
        }
        config = cluster.altered(tmp_path / "config", user={"exec": command})
        joining(instance, config, "plugged").up(quiet)
        assert "plugged" in cluster.names("namespaces")

    def test_a_token_whose_account_was_removed_is_said(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        config = cluster.kubeconfig("gone")
        cluster.api.delete("serviceaccounts", "gone", "people")
        with pytest.raises(ClusterError) as caught:
            joining(instance, config, "goners").up(quiet)
        assert "401" in caught.value.found

    def test_who_logs_in_again_is_where_they_were(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        eve = joining(instance, cluster.kubeconfig("eve"), "eves")
        before = cluster.granted(eve).access
        kept = instance.kubeconfig.read_text()
        instance.kubeconfig.write_text(kept.replace(before.token, "ended"))
        with pytest.raises(ClusterError, match="does not know you") as caught:
            Existing(instance).connection()
        assert "./lab down && ./lab up" in caught.value.remedy
        Existing(instance).down()
        after = joining(instance, cluster.kubeconfig("eve"), "eves").up(quiet).access
        assert after.token != before.token
        assert after.tenancy == before.tenancy

    def test_a_context_of_another_cluster_does_not_take_a_labs_place(
        self, instance: Instance, cluster: SharedCluster, tmp_path: Path
    ) -> None:
        joining(instance, cluster.kubeconfig(), "steady").up(quiet)
        user = by_certificate(issued(cluster))
        other = cluster.altered(tmp_path / "other", user=user, server="https://127.0.0.1:9")
        with pytest.raises(UsageError, match="another cluster"):
            joining(instance, other, "steady").up(quiet)

    def test_a_server_that_another_authority_vouches_for_is_said(
        self, instance: Instance, cluster: SharedCluster, tmp_path: Path
    ) -> None:
        stranger = Authority.create("Stranger", lifetime=HOUR).pair.certificate
        config = cluster.altered(
            tmp_path / "config",
            user=by_certificate(issued(cluster)),
            **{"certificate-authority-data": base64.b64encode(stranger).decode()},
        )
        with pytest.raises(ClusterError) as caught:
            joining(instance, config, "strangers").up(quiet)
        assert "certificate verify failed" in caught.value.found
        assert "VPN" not in caught.value.remedy

    def test_a_context_that_is_not_there_is_said_with_those_that_are(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        with pytest.raises(UsageError) as caught:
            joining(instance, cluster.kubeconfig(), "learner", context="nowhere").up(quiet)
        assert CONTEXT in caught.value.found


class TestNamespace:
    def test_one_that_is_going_away_is_waited_for(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        joining(instance, cluster.kubeconfig(), "goes-away").up(quiet)
        uid = cluster.api.get("namespaces", "goes-away")["metadata"]["uid"]
        cluster.api.delete("namespaces", "goes-away")
        connection = Existing(instance).up(quiet)
        assert cluster.api.get("namespaces", "goes-away")["metadata"]["uid"] != uid
        with closing(Api(connection.access)) as api:
            api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})

    def test_an_administrators_objects_stay_beside_the_labs(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lent"}})
        here = joining(instance, cluster.kubeconfig(), "lent")
        ours: Json = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "ours"},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": "ours"}},
                "template": {
                    "metadata": {"labels": {"app": "ours"}},
                    "spec": {"containers": [{"name": "a", "image": "python:3"}]},
                },
            },
        }
        with closing(Api(here.up(quiet).access)) as api:
            api.create(ours)
        theirs = {**ours, "metadata": {"name": "theirs"}}
        cluster.api.create(theirs, "lent")
        assert here.belongings()[0] == "deployment.apps/ours in namespace lent"
        here.down(delete=True)
        assert cluster.names("deployments", "lent") == ["theirs"]
