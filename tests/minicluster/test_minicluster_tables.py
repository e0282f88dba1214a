"""What `kubectl get` shows, kind by kind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.minicluster.api.resources import BUILT_IN, Resource
from labsupport.minicluster.api.tables import table
from labsupport.minicluster.api.tables.custom import json_path_values
from labsupport.minicluster.api.tables.durations import age, human_duration

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
RESOURCES = {resource.kind: resource for resource in BUILT_IN}


def _time(minutes_ago: float) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _row(kind: str | Resource, obj: Json) -> dict[str, Any]:
    """The object's only row, by column name."""
    resource = RESOURCES[kind] if isinstance(kind, str) else kind
    obj = {"metadata": {"name": "x", "creationTimestamp": _time(5)}} | obj
    document = table(resource, [obj], resource_version="7", now=NOW)
    names = [column["name"] for column in document["columnDefinitions"]]
    (row,) = document["rows"]
    assert len(names) == len(row["cells"])
    return dict(zip(names, row["cells"], strict=True))


# Ages


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (119, "119s"),
        (120, "2m"),
        (123, "2m3s"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 300, "3h5m"),
        (8 * 3600, "8h"),
        (48 * 3600 - 1, "47h"),
        (51 * 3600, "2d3h"),
        (8 * 86400, "8d"),
        (2 * 365 * 86400 - 1, "729d"),
        (2 * 365 * 86400, "2y"),
        (740 * 86400, "2y10d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


@given(st.integers(0, 10**10))
def test_a_duration_is_short(seconds: int) -> None:
    assert 2 <= len(human_duration(seconds)) <= 6


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [(None, "<unknown>"), ("", "<unknown>"), ("soon", "<invalid>"), (_time(5), "5m")],
)
def test_an_age_is_counted_to_now(timestamp: str | None, text: str) -> None:
    assert age(timestamp, NOW) == text


# The document


def test_the_table_has_its_version_and_rows_with_metadata() -> None:
    pod = {"metadata": {"name": "x"}, "spec": {"nodeName": "n"}}
    document = table(RESOURCES["Pod"], [pod], resource_version="7", now=NOW)
    assert (document["kind"], document["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert document["metadata"] == {"resourceVersion": "7"}
    assert document["rows"][0]["object"] == {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"name": "x"},
    }


@pytest.mark.parametrize(("include", "expected"), [("None", None), ("Object", {"name": "x"})])
def test_a_row_carries_what_was_asked_for(include: str, expected: Json | None) -> None:
    pod = {"metadata": {"name": "x"}}
    document = table(RESOURCES["Pod"], [pod], resource_version="7", include_object=include, now=NOW)
    assert document["rows"][0].get("object", {}).get("metadata") == expected


@pytest.mark.parametrize("kind", RESOURCES)
def test_every_kind_shows_an_object_that_holds_nothing(kind: str) -> None:
    assert _row(kind, {})


@pytest.mark.parametrize("kind", RESOURCES)
def test_every_column_is_described(kind: str) -> None:
    columns = table(RESOURCES[kind], [], resource_version="", now=NOW)["columnDefinitions"]
    assert all(column["description"] for column in columns)
    assert all(column["priority"] in (0, 1) for column in columns)


# Networking


def _ingress(*hosts: str, **rest: Any) -> Json:
    return {"spec": {"rules": [{"host": host} for host in hosts], **rest}}


@pytest.mark.parametrize(
    ("hosts", "shown"),
    [
        ((), "*"),
        (("",), "*"),
        (("a.x", "b.x", "c.x"), "a.x,b.x,c.x"),
        (("a", "b", "c", "d", "e"), "a,b,c + 2 more..."),
    ],
)
def test_an_ingress_shows_three_hosts(hosts: tuple[str, ...], shown: str) -> None:
    assert _row("Ingress", _ingress(*hosts))["Hosts"] == shown


def test_an_ingress_shows_its_class_ports_and_age() -> None:
    row = _row("Ingress", _ingress("a", ingressClassName="traefik", tls=[{}]))
    assert (row["Class"], row["Ports"], row["Age"]) == ("traefik", "80, 443", "5m")


def test_an_ingress_without_class_or_tls_says_so() -> None:
    row = _row("Ingress", _ingress("a"))
    assert (row["Class"], row["Address"], row["Ports"]) == ("<none>", "", "80")


def test_an_ingress_shows_each_address_once_sorted() -> None:
    points = [{"ip": "127.5.0.9"}, {"hostname": "lb.x"}, {"ip": "127.5.0.1"}, {"ip": "127.5.0.9"}]
    row = _row("Ingress", {"status": {"loadBalancer": {"ingress": points}}})
    assert row["Address"] == "127.5.0.1,127.5.0.9,lb.x"


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        (None, "<none>"),
        ({"kind": "K", "name": "n"}, "K/n"),
        ({"apiGroup": "g.io", "kind": "K", "name": "n"}, "K.g.io/n"),
    ],
)
def test_an_ingress_class_shows_its_parameters(parameters: Json | None, shown: str) -> None:
    assert _row("IngressClass", {"spec": {"parameters": parameters}})["Parameters"] == shown


@pytest.mark.parametrize(
    ("spec", "points", "shown"),
    [
        ({"type": "ClusterIP"}, [], "<none>"),
        ({"type": "ClusterIP", "externalIPs": ["1.2.3.4"]}, [], "1.2.3.4"),
        ({"type": "LoadBalancer"}, [], "<pending>"),
        ({"type": "LoadBalancer"}, [{"ip": "127.5.192.1"}], "127.5.192.1"),
        ({"type": "ExternalName", "externalName": "x.org"}, [], "x.org"),
    ],
)
def test_a_service_shows_where_it_is_reached(spec: Json, points: list[Json], shown: str) -> None:
    status = {"loadBalancer": {"ingress": points}}
    assert _row("Service", {"spec": spec, "status": status})["External-IP"] == shown


def test_a_service_shows_its_ports_and_selector() -> None:
    ports = [{"port": 80, "protocol": "TCP"}, {"port": 443, "nodePort": 30443, "protocol": "TCP"}]
    spec = {"ports": ports, "selector": {"b": "2", "a": "1"}, "clusterIPs": ["None"]}
    row = _row("Service", {"spec": spec})
    assert row["Port(s)"] == "80/TCP,443:30443/TCP"
    assert row["Selector"] == "a=1,b=2"
    assert row["Cluster-IP"] == "None"


def test_endpoints_show_three_addresses_with_ports() -> None:
    addresses = [{"ip": f"127.5.64.{n}"} for n in range(1, 5)]
    row = _row("Endpoints", {"subsets": [{"addresses": addresses, "ports": [{"port": 80}]}]})
    assert row["Endpoints"] == "127.5.64.1:80,127.5.64.2:80,127.5.64.3:80 + 1 more..."


def test_no_endpoints_are_none() -> None:
    assert _row("Endpoints", {})["Endpoints"] == "<none>"


def test_an_endpoint_slice_shows_ports_and_addresses() -> None:
    obj = {
        "addressType": "IPv4",
        "ports": [{"port": 8080}, {"name": "web"}, {}],
        "endpoints": [{"addresses": ["127.5.64.1"]}, {"addresses": ["127.5.64.2"]}],
    }
    row = _row("EndpointSlice", obj)
    assert (row["Ports"], row["Endpoints"]) == ("8080,web,*", "127.5.64.1,127.5.64.2")


def test_an_empty_endpoint_slice_is_unset() -> None:
    row = _row("EndpointSlice", {"addressType": "IPv4"})
    assert (row["Ports"], row["Endpoints"]) == ("<unset>", "<unset>")


# Workloads


def _pod(*statuses: Json, phase: str = "Running", **status: Any) -> Json:
    return {
        "spec": {"containers": [{"name": "a"}, {"name": "b"}][: max(len(statuses), 1)]},
        "status": {"phase": phase, "containerStatuses": list(statuses), **status},
    }


RUNNING = {"ready": True, "restartCount": 0, "state": {"running": {}}}


def _waiting(reason: str) -> Json:
    return {"ready": False, "restartCount": 0, "state": {"waiting": {"reason": reason}}}


def _terminated(**terminated: Any) -> Json:
    return {"ready": False, "restartCount": 0, "state": {"terminated": terminated}}


@pytest.mark.parametrize(
    ("pod", "status"),
    [
        (_pod(RUNNING), "Running"),
        (_pod(phase="Pending"), "Pending"),
        (_pod(phase="Failed", reason="Evicted"), "Evicted"),
        (_pod(_waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
        (_pod(_waiting("ErrImagePull"), RUNNING), "ErrImagePull"),
        (_pod(_terminated(reason="Error", exitCode=1)), "Error"),
        (_pod(_terminated(exitCode=3)), "ExitCode:3"),
        (_pod(_terminated(exitCode=137, signal=9)), "Signal:9"),
        (_pod(_terminated(reason="Completed"), RUNNING), "NotReady"),
        (
            _pod(
                _terminated(reason="Completed"),
                RUNNING,
                conditions=[{"type": "Ready", "status": "True"}],
            ),
            "Running",
        ),
    ],
)
def test_a_pod_shows_what_it_is_doing(pod: Json, status: str) -> None:
    assert _row("Pod", pod)["Status"] == status


@pytest.mark.parametrize(
    ("init", "status"),
    [
        (_waiting("PodInitializing"), "Init:0/1"),
        (_waiting("ImagePullBackOff"), "Init:ImagePullBackOff"),
        (_terminated(exitCode=2), "Init:ExitCode:2"),
        (_terminated(exitCode=0), "Pending"),
    ],
)
def test_a_pod_shows_its_init_containers_first(init: Json, status: str) -> None:
    pod = _pod(phase="Pending", initContainerStatuses=[{"name": "i", **init}])
    pod["spec"]["initContainers"] = [{"name": "i"}]
    assert _row("Pod", pod)["Status"] == status


@pytest.mark.parametrize(
    ("phase", "reason", "status"),
    [
        ("Running", "", "Terminating"),
        ("Running", "NodeLost", "Unknown"),
        ("Succeeded", "", "Succeeded"),
    ],
)
def test_a_deleted_pod_is_terminating_unless_done(phase: str, reason: str, status: str) -> None:
    pod = _pod(phase=phase, reason=reason)
    pod["metadata"] = {"name": "x", "deletionTimestamp": _time(0)}
    assert _row("Pod", pod)["Status"] == status


def test_a_pod_counts_ready_containers() -> None:
    assert _row("Pod", _pod(RUNNING, _waiting("X")))["Ready"] == "1/2"


def test_a_pod_says_when_it_was_restarted_last() -> None:
    last = {"terminated": {"finishedAt": _time(3)}}
    pod = _pod(RUNNING | {"restartCount": 2, "lastState": last}, RUNNING | {"restartCount": 1})
    assert _row("Pod", pod)["Restarts"] == "3 (3m ago)"


def test_a_pod_shows_its_address_and_node() -> None:
    pod = _pod(RUNNING, podIPs=[{"ip": "127.5.64.1"}])
    pod["spec"]["nodeName"] = "lab-node"
    row = _row("Pod", pod)
    assert (row["IP"], row["Node"], row["Nominated Node"]) == ("127.5.64.1", "lab-node", "<none>")


def test_a_finished_pod_has_a_row_condition() -> None:
    pod = _pod(phase="Succeeded") | {"metadata": {"name": "x"}}
    row = table(RESOURCES["Pod"], [pod], resource_version="", now=NOW)["rows"][0]
    assert row["conditions"][0]["type"] == "Completed"


def test_a_deployment_shows_its_replicas_and_template() -> None:
    containers = [{"name": "a", "image": "i1"}, {"name": "b", "image": "i2"}]
    spec = {
        "replicas": 3,
        "selector": {
            "matchLabels": {"app": "k"},
            "matchExpressions": [{"key": "tier", "operator": "In", "values": ["b", "a"]}],
        },
        "template": {"spec": {"containers": containers}},
    }
    status = {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1}
    row = _row("Deployment", {"spec": spec, "status": status})
    assert (row["Ready"], row["Up-to-date"], row["Available"]) == ("2/3", 3, 1)
    assert (row["Containers"], row["Images"]) == ("a,b", "i1,i2")
    assert row["Selector"] == "app=k,tier in (a,b)"


@pytest.mark.parametrize(
    ("conditions", "unschedulable", "status"),
    [
        ([{"type": "Ready", "status": "True"}], False, "Ready"),
        ([{"type": "Ready", "status": "False"}], False, "NotReady"),
        ([], False, "Unknown"),
        ([{"type": "Ready", "status": "True"}], True, "Ready,SchedulingDisabled"),
    ],
)
def test_a_node_shows_whether_it_takes_pods(
    conditions: list[Json], unschedulable: bool, status: str
) -> None:
    node = {"spec": {"unschedulable": unschedulable}, "status": {"conditions": conditions}}
    assert _row("Node", node)["Status"] == status


def test_a_node_shows_its_roles_sorted() -> None:
    labels = {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": ""}
    assert _row("Node", {"metadata": {"name": "n", "labels": labels}})["Roles"] == (
        "control-plane,worker"
    )


# Settings


def test_a_config_map_counts_both_kinds_of_data() -> None:
    assert _row("ConfigMap", {"data": {"a": ""}, "binaryData": {"b": ""}})["Data"] == 2


def test_a_role_binding_shows_whom_it_grants_what() -> None:
    subjects = [
        {"kind": "User", "name": "ada"},
        {"kind": "ServiceAccount", "name": "s", "namespace": "n"},
    ]
    obj = {"roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": subjects}
    row = _row("RoleBinding", obj)
    assert (row["Role"], row["Users"], row["ServiceAccounts"]) == ("ClusterRole/view", "ada", "n/s")


def test_an_event_shows_when_it_was_last_seen_and_of_what() -> None:
    obj = {
        "type": "Warning",
        "reason": "BackOff",
        "message": "restarting\n",
        "involvedObject": {"kind": "Pod", "name": "kiada-1"},
        "source": {"component": "kubelet", "host": "lab-node"},
        "firstTimestamp": _time(60),
        "lastTimestamp": _time(1),
        "count": 4,
    }
    row = _row("Event", obj)
    assert (row["Last Seen"], row["First Seen"], row["Count"]) == ("60s", "60m", 4)
    assert (row["Object"], row["Source"]) == ("pod/kiada-1", "kubelet, lab-node")
    assert row["Message"] == "restarting"


# Custom kinds


def _custom(*columns: Json) -> Resource:
    return Resource("lab.io", "v1", "Thing", "things", "thing", True, printer_columns=columns)


def test_a_custom_kind_shows_name_and_age() -> None:
    assert _row(_custom(), {}) == {"Name": "x", "Age": "5m"}


def test_a_custom_kind_shows_the_columns_it_defines() -> None:
    resource = _custom(
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Wrong", "type": "integer", "jsonPath": ".spec.name"},
        {"name": "Open", "type": "string", "jsonPath": ".spec.open"},
        {"name": "Gone", "type": "string", "jsonPath": ".spec.gone"},
        {"name": "Since", "type": "date", "jsonPath": ".spec.since"},
    )
    spec = {"size": 3, "name": "n", "open": True, "since": _time(2)}
    assert _row(resource, {"spec": spec}) == {
        "Name": "x",
        "Size": 3,
        "Wrong": None,
        "Open": "true",
        "Gone": None,
        "Since": "2m",
    }


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (".a.b", [1]),
        (".list[0].n", ["x"]),
        (".list[-1].n", ["y"]),
        (".list[7].n", []),
        (".list[*].n", ["x", "y"]),
        ('.list[?(@.n=="y")].v', [2]),
        (r".a['b']", [1]),
        (r".dots.a\.b/c", ["d"]),
        (".a.b.c", []),
        ("not a path", []),
    ],
)
def test_a_json_path_finds_values(path: str, values: list[Any]) -> None:
    obj = {
        "a": {"b": 1},
        "list": [{"n": "x", "v": 1}, {"n": "y", "v": 2}],
        "dots": {"a.b/c": "d"},
    }
    assert json_path_values(obj, path) == values
