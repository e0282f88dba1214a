"""Pods, Deployments and ReplicaSets."""

import copy
from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.defaults import with_defaults
from labsupport.rules.validation import creation_errors, update_errors
from labsupport.rules.validation.containers import quantity

LABELS = {"app": "kiada"}


def container(**fields: Any) -> Json:
    return {"name": "web", "image": "python:3-alpine", **fields}


def pod(*containers: Json, **spec: Any) -> Json:
    obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kiada", "namespace": "default"},
        "spec": {"containers": list(containers) or [container()], **spec},
    }
    return with_defaults("Pod", obj)


def deployment(**spec: Any) -> Json:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container()]}}
    obj = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "kiada", "namespace": "default"},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template, **spec},
    }
    return with_defaults("Deployment", obj)


def messages(obj: Json) -> list[str]:
    return [str(error) for error in creation_errors(obj["kind"], obj)]


VOLUME = {"name": "app", "configMap": {"name": "app"}}
HTTP_GET = {"httpGet": {"port": "http"}}


@pytest.mark.parametrize(
    "valid",
    [
        pod(),
        pod(container(volumeMounts=[{"name": "app", "mountPath": "/app"}]), volumes=[VOLUME]),
        pod(container(ports=[{"name": "http", "containerPort": 8080}], readinessProbe=HTTP_GET)),
        pod(container(env=[
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a.b/c']"}}},
            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "my.env-name", "value": ""}])),
        pod(container(resources={"limits": {"cpu": "1", "memory": "64Mi"}})),
        pod(container(envFrom=[{"configMapRef": {"name": "a"}}])),
        pod(volumes=[{"name": "tmp"}]),
    ],
)  # fmt: skip
def test_good_pods_pass(valid: Json) -> None:
    assert messages(valid) == []


WEB = "spec.containers[0]"


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (pod(containers=[]), ["spec.containers: Required value"]),
        (pod(container(name="")), [f"{WEB}.name: Required value"]),
        (pod(container(), container()), [
            'spec.containers[1].name: Duplicate value: "web"']),
        (pod(container(image="")), [f"{WEB}.image: Required value"]),
        (pod(container(image=" a")), [
            f'{WEB}.image: Invalid value: " a": must not have leading or trailing whitespace']),
        (pod(container(imagePullPolicy="Now")), [
            f'{WEB}.imagePullPolicy: Unsupported value: "Now": '
            'supported values: "Always", "IfNotPresent", "Never"']),
        (pod(container(ports=[{"containerPort": 0}])), [
            f"{WEB}.ports[0].containerPort: Required value"]),
        (pod(container(ports=[{"containerPort": 70000}])), [
            f"{WEB}.ports[0].containerPort: Invalid value: 70000: "
            "must be between 1 and 65535, inclusive"]),
        (pod(container(ports=[{"name": "a", "containerPort": 1}, {"name": "a",
             "containerPort": 2}])), [f'{WEB}.ports[1].name: Duplicate value: "a"']),
        (pod(container(env=[{"name": "A=B"}])), [
            f'{WEB}.env[0].name: Invalid value: "A=B": a valid environment variable name must '
            "consist only of printable ASCII characters other than '='"]),
        (pod(container(env=[{"name": "A", "valueFrom": {}}])), [
            f'{WEB}.env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
            "`resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"]),
        (pod(container(env=[{"name": "A", "value": "x",
             "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}])), [
            f'{WEB}.env[0].valueFrom: Invalid value: "": '
            "may not be specified when `value` is not empty"]),
        (pod(container(env=[{"name": "A",
             "valueFrom": {"fieldRef": {"fieldPath": "spec.foo"}}}])), [
            f'{WEB}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": '
            "error converting fieldPath: field label not supported: spec.foo"]),
        (pod(container(env=[{"name": "A",
             "valueFrom": {"fieldRef": {"fieldPath": "status.phase"}}}])), [
            f'{WEB}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": '
            'supported values: "metadata.name", "metadata.namespace", "metadata.uid", '
            '"spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", '
            '"status.podIP", "status.podIPs"']),
        (pod(container(volumeMounts=[{"name": "x", "mountPath": "/x"}])), [
            f'{WEB}.volumeMounts[0].name: Not found: "x"']),
        (pod(container(volumeMounts=[{"name": "app"}, {"name": "app", "mountPath": "/a"},
             {"name": "app", "mountPath": "/a"}]), volumes=[VOLUME]), [
            f"{WEB}.volumeMounts[0].mountPath: Required value",
            f'{WEB}.volumeMounts[2].mountPath: Invalid value: "/a": must be unique']),
        (pod(container(volumeMounts=[{"name": "app", "mountPath": "/a", "subPath": "/../b"}]),
             volumes=[VOLUME]), [
            f'{WEB}.volumeMounts[0].subPath: Invalid value: "/../b": must be a relative path',
            f"{WEB}.volumeMounts[0].subPath: Invalid value: \"/../b\": must not contain '..'"]),
        (pod(volumes=[VOLUME, VOLUME]), ['spec.volumes[1].name: Duplicate value: "app"']),
        (pod(volumes=[{"name": "a", "configMap": {}}]), [
            "spec.volumes[0].configMap.name: Required value"]),
        (pod(volumes=[{**VOLUME, "emptyDir": {}}]), [
            "spec.volumes[0].emptyDir: Forbidden: may not specify more than 1 volume type"]),
        (pod(container(livenessProbe={})), [
            f"{WEB}.livenessProbe: Required value: must specify a handler type"]),
        (pod(container(livenessProbe={**HTTP_GET, "exec": {"command": ["x"]}})), [
            f"{WEB}.livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type"]),
        (pod(container(livenessProbe={**HTTP_GET, "successThreshold": 2})), [
            f"{WEB}.livenessProbe.successThreshold: Invalid value: 2: must be 1"]),
        (pod(container(readinessProbe={"tcpSocket": {"port": 0}, "periodSeconds": -1})), [
            f"{WEB}.readinessProbe.tcpSocket.port: Invalid value: 0: "
            "must be between 1 and 65535, inclusive",
            f"{WEB}.readinessProbe.periodSeconds: Invalid value: -1: "
            "must be greater than or equal to 0"]),
        (pod(container(resources={"limits": {"cpu": "lots"}})), [
            f'{WEB}.resources.{part}[cpu]: Invalid value: "lots": quantities must match the '
            "regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            for part in ("limits", "requests")]),
        (pod(container(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "1500m"}})), [
            f'{WEB}.resources.requests: Invalid value: "1500m": '
            "must be less than or equal to cpu limit of 1"]),
        (pod(restartPolicy="Maybe"), [
            'spec.restartPolicy: Unsupported value: "Maybe": '
            'supported values: "Always", "OnFailure", "Never"']),
        (pod(readinessGates=[{"conditionType": "a/b"}, {"conditionType": "a b"}]), [
            'spec.readinessGates[1].conditionType: Invalid value: "a b": '
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start "
            "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
            "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"]),
        (pod(terminationGracePeriodSeconds=-1), [
            "spec.terminationGracePeriodSeconds: Invalid value: -1: "
            "must be greater than or equal to 0"]),
    ],
)  # fmt: skip
def test_bad_pods_are_refused_in_upstreams_words(obj: Json, expected: list[str]) -> None:
    assert messages(obj) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", "1"), ("500m", "0.5"), ("1Ki", "1024"), ("64Mi", "67108864"), ("1k", "1000"),
     ("1e3", "1000"), ("1.5", "1.5"), (2, "2"), ("1E", "1e18"), ("1Q", "None"), ("", "None")],
)  # fmt: skip
def test_quantities_are_numbers_with_suffixes(text: str | int, number: str) -> None:
    value = quantity(text)
    assert value == (None if number == "None" else type(value)(number))  # type: ignore[misc]


def changed(obj: Json, **spec: Any) -> Json:
    new = copy.deepcopy(obj)
    new["spec"].update(spec)
    return new


def test_a_pod_may_change_its_image() -> None:
    assert update_errors("Pod", pod(container(image="python:3.12")), pod()) == []


def test_a_pod_is_bound_to_a_node_once() -> None:
    bound = changed(pod(), nodeName="lab-node")
    assert update_errors("Pod", bound, pod()) == []
    assert update_errors("Pod", changed(pod(), nodeName="other"), bound) != []


def test_a_pod_may_change_nothing_else() -> None:
    errors = update_errors("Pod", pod(container(command=["x"])), pod())
    assert [error.field for error in errors] == ["spec"]
    assert errors[0].detail.startswith(
        "pod updates may not change fields other than `spec.containers[*].image`,"
    )
    assert errors[0].detail.endswith("\nchanged: spec.containers[0].command")


@pytest.mark.parametrize(
    "valid",
    [
        deployment(),
        deployment(replicas=0),
        deployment(strategy={"type": "Recreate"}),
        deployment(strategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}),
        deployment(selector={"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
    ],
)
def test_good_deployments_pass(valid: Json) -> None:
    assert messages(valid) == []


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"replicas": -1}, [
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
        ({"selector": None}, [
            "spec.selector: Required value",
            'spec.template.metadata.labels: Invalid value: {"app":"kiada"}: '
            "`selector` does not match template `labels`"]),
        ({"selector": {}}, [
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment"]),
        ({"selector": {"matchLabels": {"app": "other"}}}, [
            'spec.template.metadata.labels: Invalid value: {"app":"kiada"}: '
            "`selector` does not match template `labels`"]),
        ({"selector": {"matchExpressions": [{"key": "app", "operator": "In"}]}}, [
            "spec.selector.matchExpressions[0].values: Required value: "
            "must be specified when `operator` is 'In' or 'NotIn'",
            'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"In"}]}: '
            "invalid label selector"]),
        ({"strategy": {"type": "Magic"}}, [
            'spec.strategy: Unsupported value: {"Type":"Magic","RollingUpdate":null}: '
            'supported values: "Recreate", "RollingUpdate"']),
        ({"strategy": {"type": "Recreate", "rollingUpdate": {}}}, [
            "spec.strategy.rollingUpdate: Forbidden: "
            "may not be specified when strategy `type` is 'Recreate'"]),
        ({"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}, [
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: "
            "may not be 0 when `maxSurge` is 0"]),
        ({"progressDeadlineSeconds": 5, "minReadySeconds": 5}, [
            "spec.progressDeadlineSeconds: Invalid value: 5: "
            "must be greater than minReadySeconds"]),
    ],
)  # fmt: skip
def test_bad_deployments_are_refused_in_upstreams_words(spec: Json, expected: list[str]) -> None:
    assert messages(deployment(**spec)) == expected


def test_the_template_of_a_deployment_restarts_always() -> None:
    template = {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [container()], "restartPolicy": "Never"},
    }
    assert messages(deployment(template=template)) == [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'
    ]


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_the_selector_of_a_workload_stays(kind: str) -> None:
    labels = {"app": "kiada", "tier": "web"}
    old = {**deployment(), "kind": kind}
    new = copy.deepcopy(old)
    new["spec"]["selector"]["matchLabels"] = labels
    new["spec"]["template"]["metadata"]["labels"] = labels
    errors = update_errors(kind, new, old)
    assert [str(error) for error in errors] == [
        'spec.selector: Invalid value: {"matchLabels":{"app":"kiada","tier":"web"}}: '
        "field is immutable"
    ]
