"""The registry: what a write must pass, what the server sets, what goes when something goes."""

from datetime import UTC, datetime, timedelta

import pytest

from labsupport.base.types import Json
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.store import Key
from labsupport.rules.status import StatusError

INGRESSES = "ingresses.networking.k8s.io"
CLASSES = "ingressclasses.networking.k8s.io"
CRDS = "customresourcedefinitions.apiextensions.k8s.io"


def ingress(name: str = "kiada", **spec: object) -> Json:
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    return {"metadata": {"name": name}, "spec": {"defaultBackend": backend, **spec}}


def service(name: str = "kiada", **spec: object) -> Json:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


def pod(name: str = "p", **spec: object) -> Json:
    containers = [{"name": "main", "image": "python:3-alpine"}]
    return {"metadata": {"name": name}, "spec": {"containers": containers, **spec}}


def config_map(name: str = "settings", **more: object) -> Json:
    return {"metadata": {"name": name, **more}, "data": {"a": "1"}}


def definition(plural: str = "widgets", kind: str = "Widget") -> Json:
    return {
        "metadata": {"name": f"{plural}.lab.example.com"},
        "spec": {
            "group": "lab.example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {
                                "spec": {
                                    "type": "object",
                                    "x-kubernetes-preserve-unknown-fields": True,
                                }
                            },
                        }
                    },
                    "subresources": {"status": {}},
                }
            ],
        },
    }


# Creating


async def test_a_new_object_gets_what_only_the_server_can_give(registry: Registry) -> None:
    created = await registry.create(INGRESSES, ingress(), namespace="default")
    metadata = created["metadata"]
    assert (created["apiVersion"], created["kind"]) == ("networking.k8s.io/v1", "Ingress")
    assert len(metadata["uid"]) == 36
    assert metadata["generation"] == 1
    assert metadata["namespace"] == "default"
    assert created["status"] == {"loadBalancer": {}}
    age = datetime.now(UTC) - datetime.fromisoformat(metadata["creationTimestamp"])
    assert timedelta(0) <= age < timedelta(seconds=5)


async def test_what_the_caller_says_of_server_fields_is_ignored(registry: Registry) -> None:
    sent = ingress()
    sent["metadata"] |= {
        "uid": "mine",
        "resourceVersion": "7",
        "managedFields": [],
        "generation": 9,
    }
    sent["status"] = {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}
    created = await registry.create(INGRESSES, sent, namespace="default")
    assert created["metadata"]["uid"] != "mine"
    assert created["metadata"]["generation"] == 1
    assert "managedFields" not in created["metadata"]
    assert created["status"] == {"loadBalancer": {}}


async def test_generate_name_makes_a_name_of_its_own(registry: Registry) -> None:
    sent = {"metadata": {"generateName": "settings-"}}
    names = [
        (await registry.create("configmaps", sent, namespace="default"))["metadata"]["name"]
        for _ in range(2)
    ]
    assert names[0] != names[1]
    assert all(name.startswith("settings-") and len(name) == 14 for name in names)


async def test_a_name_can_be_taken_once(registry: Registry) -> None:
    await registry.create(INGRESSES, ingress(), namespace="default")
    with pytest.raises(StatusError) as refusal:
        await registry.create(INGRESSES, ingress(), namespace="default")
    assert refusal.value.message == 'ingresses.networking.k8s.io "kiada" already exists'
    assert (refusal.value.code, refusal.value.reason) == (409, "AlreadyExists")


async def test_a_namespace_must_exist(registry: Registry) -> None:
    with pytest.raises(StatusError, match='namespaces "nowhere" not found'):
        await registry.create(INGRESSES, ingress(), namespace="nowhere")


async def test_nothing_new_comes_into_a_namespace_that_is_terminating(registry: Registry) -> None:
    await registry.create("namespaces", {"metadata": {"name": "shop"}})
    await registry.delete("namespaces", "", "shop")
    with pytest.raises(StatusError) as refusal:
        await registry.create("configmaps", config_map(), namespace="shop")
    assert refusal.value.message == (
        'configmaps "settings" is forbidden: unable to create new content in namespace shop '
        "because it is being terminated"
    )
    assert refusal.value.causes[0].reason == "NamespaceTerminating"


async def test_an_invalid_object_is_refused_with_its_causes(registry: Registry) -> None:
    with pytest.raises(StatusError) as refusal:
        await registry.create(
            INGRESSES, {"metadata": {"name": "x"}, "spec": {}}, namespace="default"
        )
    assert (refusal.value.code, refusal.value.reason) == (422, "Invalid")
    assert refusal.value.message == (
        'Ingress.networking.k8s.io "x" is invalid: spec: Invalid value: null: '
        "either `defaultBackend` or `rules` must be specified"
    )
    assert [cause.field for cause in refusal.value.causes] == ["spec"]


async def test_a_dry_run_says_what_would_be_and_stores_nothing(registry: Registry) -> None:
    version = registry.store.resource_version
    shown = await registry.create(INGRESSES, ingress(), namespace="default", dry_run=True)
    assert shown["metadata"]["name"] == "kiada"
    assert registry.list(INGRESSES) == []
    assert registry.store.resource_version == version


async def test_a_new_ingress_gets_the_newest_default_class(registry: Registry) -> None:
    for name in ("b", "a"):
        annotations = {"ingressclass.kubernetes.io/is-default-class": "true"}
        metadata = {"name": name, "annotations": annotations}
        await registry.create(CLASSES, {"metadata": metadata, "spec": {"controller": "lab.io/x"}})
    created = await registry.create(INGRESSES, ingress(), namespace="default")
    assert created["spec"]["ingressClassName"] in ("a", "b")
    kept = await registry.create(INGRESSES, ingress("k", ingressClassName="k"), namespace="default")
    assert kept["spec"]["ingressClassName"] == "k"


async def test_string_data_of_a_secret_is_stored_as_data(registry: Registry) -> None:
    sent = {"metadata": {"name": "s"}, "stringData": {"user": "ann"}}
    created = await registry.create("secrets", sent, namespace="default")
    assert created["data"] == {"user": "YW5u"}
    assert "stringData" not in created
    assert created["type"] == "Opaque"


async def test_a_pod_with_an_unknown_service_account_is_forbidden(registry: Registry) -> None:
    with pytest.raises(StatusError) as refusal:
        await registry.create("pods", pod(serviceAccountName="robot"), namespace="default")
    assert refusal.value.message == (
        'pods "p" is forbidden: error looking up service account default/robot: '
        'serviceaccount "robot" not found'
    )


# Updating


async def test_an_update_of_the_spec_raises_the_generation(registry: Registry) -> None:
    created = await registry.create(INGRESSES, ingress(), namespace="default")
    changed = {**created, "spec": {**created["spec"], "ingressClassName": "other"}}
    assert (await registry.update(INGRESSES, changed))["metadata"]["generation"] == 2


async def test_an_update_of_labels_keeps_the_generation(registry: Registry) -> None:
    created = await registry.create(INGRESSES, ingress(), namespace="default")
    changed = {**created, "metadata": {**created["metadata"], "labels": {"a": "b"}}}
    assert (await registry.update(INGRESSES, changed))["metadata"]["generation"] == 1


async def test_an_update_of_an_older_state_conflicts(registry: Registry) -> None:
    created = await registry.create("configmaps", config_map(), namespace="default")
    await registry.update("configmaps", {**created, "data": {"a": "2"}})
    with pytest.raises(StatusError) as refusal:
        await registry.update("configmaps", {**created, "data": {"a": "3"}})
    assert refusal.value.message == (
        'Operation cannot be fulfilled on configmaps "settings": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )


async def test_an_update_of_another_object_of_that_name_conflicts(registry: Registry) -> None:
    created = await registry.create("configmaps", config_map(), namespace="default")
    other = {**created, "metadata": {**created["metadata"], "uid": "other"}}
    with pytest.raises(StatusError, match="Precondition failed: UID in precondition: other"):
        await registry.update("configmaps", other)


async def test_spec_and_status_are_written_apart(registry: Registry) -> None:
    created = await registry.create(INGRESSES, ingress(), namespace="default")
    status = {"loadBalancer": {"ingress": [{"ip": "127.77.192.1"}]}}
    both = {**created, "status": status, "spec": {**created["spec"], "ingressClassName": "x"}}
    spec_written = await registry.update(INGRESSES, both)
    assert spec_written["status"] == {"loadBalancer": {}}
    del both["metadata"]["resourceVersion"]
    both["spec"]["ingressClassName"] = "y"
    status_written = await registry.update(INGRESSES, both, subresource="status")
    assert status_written["status"] == status
    assert status_written["spec"]["ingressClassName"] == "x"


async def test_a_mutation_may_leave_the_object_alone(registry: Registry) -> None:
    created = await registry.create("configmaps", config_map(), namespace="default")
    same = await registry.mutate("configmaps", "default", "settings", lambda _: None)
    assert same == created


async def test_a_mutation_of_nothing_is_not_found(registry: Registry) -> None:
    with pytest.raises(StatusError, match='configmaps "no" not found'):
        await registry.mutate("configmaps", "default", "no", lambda obj: obj)


async def test_an_update_that_changes_nothing_makes_no_version(registry: Registry) -> None:
    created = await registry.create("services", service(), namespace="default")
    updated = await registry.update("services", {**service(), "metadata": created["metadata"]})
    assert updated == created


# Deleting


async def test_a_deleted_object_is_gone(registry: Registry) -> None:
    created = await registry.create("configmaps", config_map(), namespace="default")
    last = await registry.delete("configmaps", "default", "settings")
    assert last["metadata"]["uid"] == created["metadata"]["uid"]
    with pytest.raises(StatusError, match="not found"):
        registry.get("configmaps", "default", "settings")


async def test_a_deletion_may_name_the_object_by_uid(registry: Registry) -> None:
    await registry.create("configmaps", config_map(), namespace="default")
    with pytest.raises(StatusError, match="Precondition failed: UID"):
        await registry.delete("configmaps", "default", "settings", uid="another")


async def test_a_running_pod_gets_its_grace_and_goes_when_the_node_says_so(
    registry: Registry,
) -> None:
    await registry.create("pods", pod(nodeName="lab-node"), namespace="default")
    marked = await registry.delete("pods", "default", "p", grace_period=7)
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 7
    assert registry.get("pods", "default", "p")["metadata"]["deletionTimestamp"]
    await registry.delete("pods", "default", "p", grace_period=0)
    assert registry.list("pods") == []


async def test_a_pod_that_no_node_has_goes_at_once(registry: Registry) -> None:
    await registry.create("pods", pod(), namespace="default")
    await registry.delete("pods", "default", "p")
    assert registry.list("pods") == []


async def test_a_finalizer_holds_an_object_until_it_is_taken_off(registry: Registry) -> None:
    sent = config_map(finalizers=["lab.example.com/hold"])
    await registry.create("configmaps", sent, namespace="default")
    marked = await registry.delete("configmaps", "default", "settings")
    assert marked["metadata"]["deletionTimestamp"]

    def released(obj: Json) -> Json:
        del obj["metadata"]["finalizers"]
        return obj

    await registry.mutate("configmaps", "default", "settings", released)
    assert registry.list("configmaps", "default") == []


@pytest.mark.parametrize(
    ("propagation", "finalizer"),
    [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")],
)
async def test_propagation_is_left_to_the_garbage_collector(
    registry: Registry, propagation: str, finalizer: str
) -> None:
    await registry.create("configmaps", config_map(), namespace="default")
    marked = await registry.delete(
        "configmaps",
        "default",
        "settings",
        propagation=propagation,  # type: ignore[arg-type]
    )
    assert marked["metadata"]["finalizers"] == [finalizer]


async def test_a_namespace_goes_when_it_is_finalized(registry: Registry) -> None:
    created = await registry.create("namespaces", {"metadata": {"name": "shop"}})
    assert created["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}
    marked = await registry.delete("namespaces", "", "shop")
    assert marked["status"]["phase"] == "Terminating"
    finalized = {**marked, "spec": {"finalizers": []}}
    await registry.update("namespaces", finalized, subresource="finalize")
    with pytest.raises(StatusError, match='namespaces "shop" not found'):
        registry.get("namespaces", "", "shop")


async def test_the_default_namespace_stays(registry: Registry) -> None:
    with pytest.raises(StatusError, match="this namespace may not be deleted"):
        await registry.delete("namespaces", "", "default")


# Services


async def test_a_service_gets_a_cluster_ip_of_its_own(registry: Registry) -> None:
    first = await registry.create("services", service("a"), namespace="default")
    second = await registry.create("services", service("b"), namespace="default")
    assert first["spec"]["clusterIP"] != second["spec"]["clusterIP"]
    assert first["spec"]["clusterIPs"] == [first["spec"]["clusterIP"]]
    assert first["spec"]["clusterIP"].startswith("127.77.128.")
    assert first["spec"]["ipFamilies"] == ["IPv4"]
    assert first["spec"]["ipFamilyPolicy"] == "SingleStack"


async def test_the_api_has_a_service_of_its_own(registry: Registry) -> None:
    assert registry.get("services", "default", "kubernetes")["spec"]["clusterIP"] == "127.77.128.1"


async def test_a_taken_cluster_ip_is_refused_and_a_freed_one_is_not(registry: Registry) -> None:
    wanted = service("a", clusterIP="127.77.130.9")
    await registry.create("services", wanted, namespace="default")
    with pytest.raises(StatusError, match="provided IP is already allocated"):
        await registry.create(
            "services", service("b", clusterIP="127.77.130.9"), namespace="default"
        )
    await registry.delete("services", "default", "a")
    await registry.create("services", wanted, namespace="default")


async def test_a_cluster_ip_of_another_network_is_refused(registry: Registry) -> None:
    with pytest.raises(StatusError, match=r"The range of valid IPs is 127\.77\.128\.0/18"):
        await registry.create("services", service(clusterIP="10.0.0.1"), namespace="default")


async def test_a_headless_service_has_no_address(registry: Registry) -> None:
    created = await registry.create("services", service(clusterIP="None"), namespace="default")
    assert created["spec"]["clusterIPs"] == ["None"]


async def test_node_ports_are_allocated_and_kept_when_applied_again(registry: Registry) -> None:
    sent = service(type="NodePort", ports=[{"port": 80}, {"port": 81, "name": "b"}])
    sent["spec"]["ports"][0]["name"] = "a"
    created = await registry.create("services", sent, namespace="default")
    ports = [port["nodePort"] for port in created["spec"]["ports"]]
    assert len(set(ports)) == 2
    assert all(30000 <= port <= 32767 for port in ports)
    sent["metadata"]["namespace"] = "default"
    again = await registry.update("services", sent)
    assert [port["nodePort"] for port in again["spec"]["ports"]] == ports


async def test_a_taken_node_port_is_refused(registry: Registry) -> None:
    ports = [{"port": 80, "nodePort": 30080}]
    await registry.create(
        "services", service("a", type="NodePort", ports=ports), namespace="default"
    )
    with pytest.raises(
        StatusError, match=r"nodePort: Invalid value: 30080: provided port is already"
    ):
        await registry.create(
            "services", service("b", type="NodePort", ports=ports), namespace="default"
        )


async def test_node_ports_go_when_the_type_does(registry: Registry) -> None:
    created = await registry.create("services", service(type="NodePort"), namespace="default")
    changed = {**created, "spec": {**created["spec"], "type": "ClusterIP"}}
    updated = await registry.update("services", changed)
    assert "nodePort" not in updated["spec"]["ports"][0]
    assert "externalTrafficPolicy" not in updated["spec"]


# Custom kinds


async def test_a_custom_kind_is_served_as_soon_as_it_is_defined(registry: Registry) -> None:
    created = await registry.create(CRDS, definition())
    conditions = {each["type"]: each["status"] for each in created["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    assert created["status"]["acceptedNames"]["listKind"] == "WidgetList"
    widget = {"metadata": {"name": "w"}, "spec": {"size": 3}}
    stored = await registry.create("widgets.lab.example.com", widget, namespace="default")
    assert stored["apiVersion"] == "lab.example.com/v1"
    assert stored["metadata"]["generation"] == 1


async def test_a_custom_kind_goes_with_its_definition(registry: Registry) -> None:
    await registry.create(CRDS, definition())
    await registry.create(
        "widgets.lab.example.com", {"metadata": {"name": "w"}}, namespace="default"
    )
    await registry.delete(CRDS, "", "widgets.lab.example.com")
    assert registry.store.get(Key("widgets.lab.example.com", "default", "w")) is None
    with pytest.raises(StatusError, match="the server could not find the requested resource"):
        registry.list("widgets.lab.example.com")


async def test_a_definition_cannot_take_the_place_of_a_built_in_kind(registry: Registry) -> None:
    key = "ingressclasses.networking.k8s.io"
    await registry.create(key, {"metadata": {"name": "kept"}, "spec": {"controller": "a.b/c"}})
    impostor = definition("ingressclasses", "IngressClass")
    impostor["metadata"]["name"] = key
    impostor["spec"]["group"] = "networking.k8s.io"
    await registry.create(CRDS, impostor)
    assert registry.resources.by_key(key).definition
    await registry.delete(CRDS, "", key)
    assert registry.get(key, "", "kept")["spec"]["controller"] == "a.b/c"


async def test_a_custom_object_is_updated_only_from_a_known_state(registry: Registry) -> None:
    await registry.create(CRDS, definition())
    widget = {"metadata": {"name": "w", "namespace": "default"}, "spec": {}}
    await registry.create("widgets.lab.example.com", widget)
    with pytest.raises(StatusError, match="must be specified for an update"):
        await registry.update("widgets.lab.example.com", widget)
