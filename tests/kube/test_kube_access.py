"""Kubeconfig, kinds, waiting."""

import stat
from pathlib import Path

import pytest
import yaml

from labsupport.base.errors import ClusterNotRunning, UsageError, WaitTimeout
from labsupport.base.paths import Instance
from labsupport.kube.access import Access, answers, write_kubeconfig
from labsupport.kube.api import Api
from labsupport.kube.kinds import Kinds
from labsupport.kube.wait import unready_deployments, until_nothing_missing
from labsupport.trust import ensure_credentials

DISCOVERED = {
    "items": [
        {
            "metadata": {"name": "networking.k8s.io"},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        {
                            "resource": "ingresses",
                            "responseKind": {"kind": "Ingress"},
                            "singularResource": "ingress",
                            "shortNames": ["ing"],
                            "scope": "Namespaced",
                        }
                    ],
                }
            ],
        }
    ]
}


@pytest.fixture
def access(tmp_path: Path) -> Access:
    instance = Instance(tmp_path / "lab").make()
    ensure_credentials(instance, 77)
    return Access("https://127.0.0.1:9", instance.ca_certificate, "secret-token")


def test_a_kubeconfig_is_whole_and_private(access: Access, tmp_path: Path) -> None:
    write_kubeconfig(tmp_path / "kubeconfig", access)
    config = yaml.safe_load((tmp_path / "kubeconfig").read_text())
    assert config["current-context"] == "ingress-lab"
    assert config["clusters"][0]["cluster"]["server"] == access.server
    assert config["users"][0]["user"] == {"token": "secret-token"}
    assert stat.S_IMODE((tmp_path / "kubeconfig").stat().st_mode) == 0o600


def test_a_token_is_not_shown(access: Access) -> None:
    assert "secret-token" not in repr(access)


def test_no_server_says_how_to_start_one(access: Access) -> None:
    api = Api(access)
    with pytest.raises(ClusterNotRunning) as caught:
        api.get("pods", "a")
    assert caught.value.remedy == "./lab up"
    api.close()


@pytest.mark.parametrize(
    "word", ["ingresses", "ingress", "Ingress", "ing", "ingresses.networking.k8s.io"]
)
def test_a_kind_is_known_by_all_its_names(word: str) -> None:
    kind = Kinds([DISCOVERED]).named(word)
    assert kind.path("default", "a", "status") == (
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses/a/status"
    )
    assert kind.label == "ingress.networking.k8s.io"


def test_an_unknown_kind_names_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        Kinds([DISCOVERED]).named("ingres")
    assert "ingresses" in caught.value.found


def test_waiting_ends_with_what_is_missing() -> None:
    with pytest.raises(WaitTimeout) as caught:
        until_nothing_missing(lambda: ["a pod"], what="pods", timeout=0.05, every=0.01)
    assert caught.value.found == "a pod"


def test_waiting_ends_when_nothing_is_missing() -> None:
    answers = [["a"], ["a"], []]
    until_nothing_missing(lambda: answers.pop(0), what="pods", timeout=5, every=0.001)
    assert answers == []


@pytest.mark.parametrize(
    ("status", "lacks"),
    [
        ({}, ["deployment default/kiada: 0 of 3 pods available"]),
        (
            {
                "observedGeneration": 2,
                "replicas": 4,
                "updatedReplicas": 3,
                "availableReplicas": 3,
            },
            ["deployment default/kiada: 3 of 3 pods available, 1 old"],
        ),
        (
            {
                "observedGeneration": 2,
                "replicas": 3,
                "updatedReplicas": 3,
                "availableReplicas": 3,
            },
            [],
        ),
    ],
)
def test_a_deployment_is_ready_when_only_its_newest_pods_are_left(
    status: dict[str, int], lacks: list[str]
) -> None:
    deployment = {
        "metadata": {"name": "kiada", "namespace": "default", "generation": 2},
        "spec": {"replicas": 3},
        "status": status,
    }
    assert unready_deployments([deployment]) == lacks


def test_a_server_that_is_not_there_does_not_answer(access: Access) -> None:
    assert not answers(access)
