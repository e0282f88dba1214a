"""What the API server fills in."""

import copy
from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.defaults import with_defaults


def defaulted(kind: str, api_version: str = "v1", **fields: Any) -> Json:
    obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, **fields}
    before = copy.deepcopy(obj)
    result = with_defaults(kind, obj)
    assert obj == before, "the given object is left alone"
    return result


def service(**spec: Any) -> Any:
    return defaulted("Service", spec={"ports": [{"port": 80}], **spec})["spec"]


def test_a_service_of_no_type_is_a_cluster_ip() -> None:
    assert service() == {
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
    }


def test_a_load_balancer_gets_its_policies() -> None:
    spec = service(type="LoadBalancer")
    assert spec["externalTrafficPolicy"] == "Cluster"
    assert spec["allocateLoadBalancerNodePorts"] is True


def test_an_external_name_gets_no_policies() -> None:
    spec = service(type="ExternalName")
    assert "internalTrafficPolicy" not in spec
    assert "externalTrafficPolicy" not in spec


def test_client_affinity_lasts_three_hours() -> None:
    spec = service(sessionAffinity="ClientIP")
    assert spec["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}


def test_without_affinity_its_configuration_goes() -> None:
    before = service(sessionAffinity="ClientIP")["sessionAffinityConfig"]
    spec = service(sessionAffinity="None", sessionAffinityConfig=before)
    assert "sessionAffinityConfig" not in spec


def test_a_slice_port_gets_the_name_traefik_needs() -> None:
    obj = defaulted("EndpointSlice", "discovery.k8s.io/v1", ports=[{"port": 80}])
    assert obj["ports"] == [{"name": "", "port": 80, "protocol": "TCP"}]


def test_an_ingress_has_no_defaults() -> None:
    spec = {"rules": [{"http": {"paths": [{"path": "/"}]}}]}
    assert defaulted("Ingress", "networking.k8s.io/v1", spec=spec)["spec"] == spec


def test_class_parameters_are_of_the_cluster() -> None:
    spec = {"controller": "a.b/c", "parameters": {"kind": "A", "name": "b"}}
    obj = defaulted("IngressClass", "networking.k8s.io/v1", spec=spec)
    assert obj["spec"]["parameters"]["scope"] == "Cluster"


def pod(**container: Any) -> Any:
    spec = {"containers": [{"name": "web", "image": "python:3", **container}]}
    return defaulted("Pod", spec=spec)["spec"]


def test_a_pod_gets_its_policies() -> None:
    spec = pod()
    del spec["containers"]
    assert spec == {
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }


def test_a_container_gets_its_policies() -> None:
    assert pod()["containers"] == [
        {
            "name": "web",
            "image": "python:3",
            "imagePullPolicy": "IfNotPresent",
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        }
    ]


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("traefik", "Always"),
        ("traefik:latest", "Always"),
        ("traefik:v3.7", "IfNotPresent"),
        ("registry:5000/traefik", "Always"),
        ("registry:5000/traefik:v3.7", "IfNotPresent"),
        ("traefik@sha256:00", "IfNotPresent"),
    ],
)
def test_only_a_moving_tag_is_pulled_always(image: str, policy: str) -> None:
    assert pod(image=image)["containers"][0]["imagePullPolicy"] == policy


def test_a_probe_gets_its_times() -> None:
    probe = pod(readinessProbe={"httpGet": {"port": 8080}})["containers"][0]["readinessProbe"]
    assert probe == {
        "httpGet": {"path": "/", "port": 8080, "scheme": "HTTP"},
        "failureThreshold": 3,
        "periodSeconds": 10,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    }


def test_a_pod_requests_what_limits_it() -> None:
    resources = pod(resources={"limits": {"cpu": "1"}})["containers"][0]["resources"]
    assert resources["requests"] == {"cpu": "1"}


def test_a_volume_of_no_kind_is_an_empty_directory() -> None:
    obj = defaulted("Pod", spec={"volumes": [{"name": "tmp"}, {"name": "b", "secret": {}}]})
    assert obj["spec"]["volumes"] == [
        {"name": "tmp", "emptyDir": {}},
        {"name": "b", "secret": {"defaultMode": 420}},
    ]


def test_the_old_name_of_the_service_account_is_kept_in_step() -> None:
    spec = defaulted("Pod", spec={"serviceAccountName": "traefik"})["spec"]
    assert spec["serviceAccount"] == "traefik"


def test_a_deployment_rolls_by_quarters() -> None:
    template = {"spec": {"containers": [{"name": "web", "image": "python:3"}]}}
    spec = defaulted("Deployment", "apps/v1", spec={"template": template})["spec"]
    assert spec.pop("template")["spec"]["restartPolicy"] == "Always"
    assert spec == {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
        },
    }


def test_templates_do_not_get_what_only_pods_get() -> None:
    limits = {"limits": {"cpu": "1"}}
    template = {"spec": {"containers": [{"name": "web", "image": "a", "resources": limits}]}}
    spec = defaulted("ReplicaSet", "apps/v1", spec={"template": template})["spec"]
    assert "enableServiceLinks" not in spec["template"]["spec"]
    assert spec["template"]["spec"]["containers"][0]["resources"] == limits


def test_a_given_value_stays() -> None:
    strategy = {"type": "Recreate"}
    spec = defaulted("Deployment", "apps/v1", spec={"replicas": 0, "strategy": strategy})["spec"]
    assert (spec["replicas"], spec["strategy"]) == (0, strategy)


def test_a_namespace_carries_its_name_as_a_label() -> None:
    obj = defaulted("Namespace")
    assert obj["metadata"]["labels"] == {"kubernetes.io/metadata.name": "a"}
    assert obj["spec"] == {"finalizers": ["kubernetes"]}
    assert obj["status"] == {"phase": "Active"}


def test_bindings_speak_of_the_access_group() -> None:
    group = "rbac.authorization.k8s.io"
    obj = defaulted(
        "RoleBinding",
        f"{group}/v1",
        roleRef={"kind": "Role", "name": "a"},
        subjects=[{"kind": "User", "name": "b"}, {"kind": "ServiceAccount", "name": "c"}],
    )
    assert obj["roleRef"]["apiGroup"] == group
    assert [subject.get("apiGroup") for subject in obj["subjects"]] == [group, None]


def test_a_definition_names_its_lists() -> None:
    spec = {"names": {"plural": "widgets", "kind": "Widget"}}
    obj = defaulted("CustomResourceDefinition", "apiextensions.k8s.io/v1", spec=spec)
    assert obj["spec"] == {
        "names": {
            "plural": "widgets",
            "kind": "Widget",
            "singular": "widget",
            "listKind": "WidgetList",
        },
        "conversion": {"strategy": "None"},
    }


def test_a_custom_kind_of_the_same_name_is_left_alone() -> None:
    assert "spec" not in defaulted("Service", "serving.knative.dev/v1")


def test_a_secret_of_no_type_is_opaque() -> None:
    assert defaulted("Secret")["type"] == "Opaque"
