"""Which endpoints a Service has."""

from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.controllers.slices import endpoint, slice_labels, slices, subsets


def service(**spec: Any) -> Json:
    ports = [{"name": "web", "port": 80, "targetPort": "http"}]
    spec = {"selector": {"app": "web"}, "ports": ports, **spec}
    return {"metadata": {"name": "web", "namespace": "default"}, "spec": spec}


def pod(last: int, *, port: int = 8080, ready: bool = True, **meta: Any) -> Json:
    ports = [{"name": "http", "containerPort": port}]
    return {
        "metadata": {
            "name": f"web-{last}",
            "namespace": "default",
            "uid": f"u{last}",
            "labels": {"app": "web"},
            **meta,
        },
        "spec": {"nodeName": "lab-node", "containers": [{"name": "c", "ports": ports}]},
        "status": {
            "phase": "Running",
            "podIP": f"127.77.64.{last}",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def conditions(found: Json) -> tuple[bool, bool, bool]:
    entry = found["conditions"]
    return entry["ready"], entry["serving"], entry["terminating"]


def test_a_ready_pod_is_ready_and_serving() -> None:
    assert conditions(endpoint(service(), pod(1))) == (True, True, False)


def test_an_unready_pod_says_explicitly_that_it_does_not_serve() -> None:
    assert conditions(endpoint(service(), pod(1, ready=False))) == (False, False, False)


def test_a_terminating_pod_still_serves_but_is_not_ready() -> None:
    leaving = pod(1, deletionTimestamp="2026-01-01T00:00:00Z")
    assert conditions(endpoint(service(), leaving)) == (False, True, True)


def test_not_ready_addresses_are_published_on_demand() -> None:
    wish = service(publishNotReadyAddresses=True)
    assert conditions(endpoint(wish, pod(1, ready=False))) == (True, True, False)


def test_an_endpoint_names_its_pod_and_node() -> None:
    found = endpoint(service(), pod(1))
    assert found["targetRef"]["name"] == "web-1"
    assert found["nodeName"] == "lab-node"
    assert found["addresses"] == ["127.77.64.1"]


def test_slices_are_ordered_by_address_so_that_nothing_is_rewritten() -> None:
    one = slices(service(), [pod(10), pod(2)])
    assert one == slices(service(), [pod(2), pod(10)])
    assert [e["addresses"][0] for e in one[0][1]] == ["127.77.64.2", "127.77.64.10"]


def test_a_named_target_port_is_that_of_each_pod() -> None:
    found = slices(service(), [pod(1), pod(2, port=9090)])
    assert [ports[0]["port"] for ports, _ in found] == [8080, 9090]
    assert all(ports[0]["name"] == "web" for ports, _ in found)


def test_a_slice_holds_a_hundred_endpoints() -> None:
    assert [len(endpoints) for _, endpoints in slices(service(), map(pod, range(1, 151)))] == [
        100,
        50,
    ]


def test_a_service_without_pods_has_one_empty_slice() -> None:
    assert slices(service(), []) == [([], [])]


def test_pods_of_others_and_pods_that_ended_are_no_endpoints() -> None:
    other, ended = pod(1, labels={"app": "x"}), pod(2)
    ended["status"]["phase"] = "Succeeded"
    assert slices(service(), [other, ended]) == [([], [])]


def test_endpoints_tell_ready_from_not_ready_addresses() -> None:
    leaving = pod(3, deletionTimestamp="2026-01-01T00:00:00Z")
    (subset,) = subsets(service(), [pod(1), pod(2, ready=False), leaving])
    assert [a["ip"] for a in subset["addresses"]] == ["127.77.64.1"]
    assert [a["ip"] for a in subset["notReadyAddresses"]] == ["127.77.64.2"]


def test_slices_carry_the_labels_of_their_service_and_their_manager() -> None:
    wish = service(clusterIP="None")
    wish["metadata"]["labels"] = {"team": "a"}
    assert slice_labels(wish) == {
        "team": "a",
        "service.kubernetes.io/headless": "",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
