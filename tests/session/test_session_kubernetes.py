"""A lab on a real Kubernetes: what controllers there make of the lab's objects.

Its node only says that pods run, so nothing is requested here.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from shared_cluster import CONTEXT, SharedCluster
from stand_in_kubelet import stand_in_kubelet

from labsupport.base.errors import ClusterError
from labsupport.base.paths import Instance
from labsupport.kube.apply import create_missing
from labsupport.kube.manifests import objects
from labsupport.manifests import documents
from labsupport.providers.existing import Existing
from labsupport.providers.protocol import Wishes, quiet
from labsupport.session.lab import Lab

CLASS = "on-kubernetes"
SAMPLES = ("quote", "quiz", "kiada")


@pytest.fixture(scope="module")
def lab(real_cluster: SharedCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A learner's, with the rights that the lab asks for, and the sample apps."""
    ingress_class = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": CLASS},
        "spec": {"controller": "example.com/controller"},
    }
    real_cluster.api.create(ingress_class)
    home = Instance(tmp_path_factory.mktemp("learner") / "lab")
    config = str(real_cluster.kubeconfig("sam"))
    wishes = Wishes(kubeconfig=config, context=CONTEXT, namespace="sams", ingress_class=CLASS)
    provider = Existing(home, wishes)
    with pytest.raises(ClusterError):
        provider.up(quiet)
    real_cluster.grant(home.rights)
    with stand_in_kubelet(real_cluster.api):
        lab = Lab(provider, provider.up(quiet), home)
        for name in SAMPLES:
            create_missing(lab.api, objects(documents(name)))
        lab.wait_ready()
        yield lab
        lab.close()
        provider.down(delete=True)
    real_cluster.api.delete("ingressclasses", CLASS)


def test_the_sample_apps_roll_out(lab: Lab) -> None:
    rows = lab.table("deployments").rows
    ready = {str(row[0]): str(row[1]) for row in rows}
    assert set(SAMPLES) <= set(ready)
    for counts in ready.values():
        available, _, wanted = counts.partition("/")
        assert available == wanted != "0"


def test_services_have_the_addresses_of_their_pods(lab: Lab) -> None:
    pods = {each["status"]["podIP"] for each in lab.objects("pods")}
    found = {
        address
        for each in lab.objects("endpointslices")
        for endpoint in each["endpoints"]
        for address in endpoint["addresses"]
    }
    assert found == pods


def test_an_explanation_leads_to_a_pod(lab: Lab) -> None:
    decision = lab.explain("http://kiada.example.com/")
    assert (decision.ingress, decision.status) == ("sams/kiada", 200)
    addresses = {each["status"]["podIP"] for each in lab.objects("pods")}
    assert {each.address for each in decision.endpoints} <= addresses


def test_the_official_client_reads_the_learners_namespace(lab: Lab) -> None:
    found: Any = lab.core.list_namespaced_service("default").items
    assert {each.metadata.name for each in found} >= set(SAMPLES)
    assert {each.metadata.namespace for each in found} == {"sams"}


def test_nothing_but_the_learners_own_is_removed(lab: Lab) -> None:
    own_files = f"{lab.instance.home}{os.sep}"
    found = [each for each in lab.provider.belongings() if not each.startswith(own_files)]
    assert found
    assert all(line.endswith("in namespace sams") for line in found)
