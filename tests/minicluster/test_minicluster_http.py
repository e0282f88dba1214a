"""The API over real HTTPS: paths, forms, selectors, patches, refusals, who may what."""

import asyncio
from typing import Any

import pytest
from minicluster_api import Api, Reply

from labsupport.base.types import Json

INGRESSES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


async def call(api: Api, method: str, path: str, *args: Any, **kwargs: Any) -> Reply:
    return await asyncio.to_thread(api.request, method, path, *args, **kwargs)


def ingress(name: str = "kiada", host: str = "kiada.example.com") -> Json:
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"rules": [{"host": host, "http": {"paths": [path]}}]},
    }


def config_map(name: str, **labels: str) -> Json:
    return {"metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


def deployment(name: str = "web") -> Json:
    labels = {"app": name}
    container = {"name": "main", "image": "python:3-alpine"}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


# Reading and writing


async def test_an_object_comes_back_as_it_was_stored(api: Api) -> None:
    created = await call(api, "POST", INGRESSES, ingress())
    assert created.status == 201
    assert (await call(api, "GET", f"{INGRESSES}/kiada")).json == created.json


async def test_a_list_says_its_kind_and_version(api: Api) -> None:
    await call(api, "POST", INGRESSES, ingress())
    found = (await call(api, "GET", "/apis/networking.k8s.io/v1/ingresses")).json
    assert (found["kind"], found["apiVersion"]) == ("IngressList", "networking.k8s.io/v1")
    assert found["metadata"] == {"resourceVersion": str(api.registry.store.resource_version)}
    assert [item["metadata"]["name"] for item in found["items"]] == ["kiada"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=tier%3Dweb", ["a"]),
        ("labelSelector=tier!%3Dweb", ["b", "c"]),
        ("labelSelector=tier", ["a", "b"]),
        ("fieldSelector=metadata.name%3Dc", ["c"]),
        ("labelSelector=tier+in+(web,db)&fieldSelector=metadata.name!%3Da", ["b"]),
    ],
)
async def test_selectors_choose_from_a_list(api: Api, query: str, names: list[str]) -> None:
    for obj in (config_map("a", tier="web"), config_map("b", tier="db"), config_map("c")):
        await call(api, "POST", CONFIG_MAPS, obj)
    found = (await call(api, "GET", f"{CONFIG_MAPS}?{query}")).json
    assert [item["metadata"]["name"] for item in found["items"]] == names


async def test_pages_together_are_the_list_and_share_a_version(api: Api) -> None:
    for name in "abcde":
        await call(api, "POST", CONFIG_MAPS, config_map(name))
    first = (await call(api, "GET", f"{CONFIG_MAPS}?limit=2")).json
    assert first["metadata"]["remainingItemCount"] == 3
    await call(api, "POST", CONFIG_MAPS, config_map("later"))
    names = [item["metadata"]["name"] for item in first["items"]]
    page = first
    while token := page["metadata"].get("continue"):
        page = (await call(api, "GET", f"{CONFIG_MAPS}?limit=2&continue={token}")).json
        names += [item["metadata"]["name"] for item in page["items"]]
        assert page["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert names == ["a", "b", "c", "d", "e", "later"]


async def test_a_table_has_the_columns_that_kubectl_prints(api: Api) -> None:
    await call(api, "POST", INGRESSES, ingress())
    found = (await call(api, "GET", INGRESSES, accept=TABLE)).json
    assert found["kind"] == "Table"
    columns = [column["name"] for column in found["columnDefinitions"]]
    assert columns == ["Name", "Class", "Hosts", "Address", "Ports", "Age"]
    assert found["rows"][0]["cells"][:3] == ["kiada", "<none>", "kiada.example.com"]


async def test_metadata_alone_can_be_asked_for(api: Api) -> None:
    await call(api, "POST", INGRESSES, ingress())
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    found = (await call(api, "GET", INGRESSES, accept=accept)).json
    assert found["kind"] == "PartialObjectMetadataList"
    assert set(found["items"][0]) == {"kind", "apiVersion", "metadata"}


async def test_an_update_replaces_the_object(api: Api) -> None:
    created = (await call(api, "POST", INGRESSES, ingress())).json
    created["spec"]["rules"][0]["host"] = "other.example.com"
    updated = await call(api, "PUT", f"{INGRESSES}/kiada", created)
    assert updated.status == 200
    assert updated.json["metadata"]["generation"] == 2
    conflict = await call(api, "PUT", f"{INGRESSES}/kiada", created)
    assert (conflict.status, conflict.json["reason"]) == (409, "Conflict")


async def test_an_update_never_creates(api: Api) -> None:
    reply = await call(api, "PUT", f"{INGRESSES}/kiada", ingress())
    assert reply.json["message"] == 'ingresses.networking.k8s.io "kiada" not found'


async def test_the_name_must_be_that_of_the_url(api: Api) -> None:
    await call(api, "POST", INGRESSES, ingress())
    reply = await call(api, "PUT", f"{INGRESSES}/kiada", ingress("other"))
    assert reply.status == 400
    assert "does not match the name on the URL (kiada)" in reply.json["message"]


@pytest.mark.parametrize(
    ("content_type", "patch"),
    [
        (
            "application/json-patch+json",
            [{"op": "replace", "path": "/spec/rules/0/host", "value": "new.example.com"}],
        ),
        (
            "application/merge-patch+json",
            {"spec": {"rules": [{"host": "new.example.com"}]}},
        ),
        (
            "application/strategic-merge-patch+json",
            {"spec": {"rules": [{"host": "new.example.com"}]}},
        ),
    ],
)
async def test_patches_of_three_kinds(api: Api, content_type: str, patch: Any) -> None:
    await call(api, "POST", INGRESSES, ingress())
    reply = await call(api, "PATCH", f"{INGRESSES}/kiada", patch, content_type=content_type)
    assert reply.status == 200
    assert reply.json["spec"]["rules"][0]["host"] == "new.example.com"


async def test_server_side_apply_creates_and_then_merges(api: Api) -> None:
    path = f"{DEPLOYMENTS}/web?fieldManager=me&force=true"
    kind = "application/apply-patch+yaml"
    first = await call(api, "PATCH", path, deployment(), content_type=kind)
    assert first.status == 201
    changed = b"metadata: {name: web}\nspec: {replicas: 5}\n"
    second = await call(api, "PATCH", path, changed, content_type=kind)
    assert second.status == 200
    assert second.json["spec"]["replicas"] == 5
    assert second.json["spec"]["template"] == first.json["spec"]["template"]


async def test_a_status_is_patched_without_touching_the_spec(api: Api) -> None:
    await call(api, "POST", INGRESSES, ingress())
    patch = {
        "spec": {"ingressClassName": "ignored"},
        "status": {"loadBalancer": {"ingress": [{"ip": "127.77.192.1"}]}},
    }
    reply = await call(
        api,
        "PATCH",
        f"{INGRESSES}/kiada/status",
        patch,
        content_type="application/merge-patch+json",
    )
    assert reply.json["status"]["loadBalancer"]["ingress"] == [{"ip": "127.77.192.1"}]
    assert "ingressClassName" not in reply.json["spec"]


async def test_scale_changes_the_replicas(api: Api) -> None:
    await call(api, "POST", DEPLOYMENTS, deployment())
    scale = (await call(api, "GET", f"{DEPLOYMENTS}/web/scale")).json
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 2})
    assert scale["status"]["selector"] == "app=web"
    scale["spec"]["replicas"] = 4
    assert (await call(api, "PUT", f"{DEPLOYMENTS}/web/scale", scale)).json["spec"]["replicas"] == 4
    patch = {"spec": {"replicas": 1}}
    reply = await call(
        api,
        "PATCH",
        f"{DEPLOYMENTS}/web/scale",
        patch,
        content_type="application/merge-patch+json",
    )
    assert reply.json["spec"]["replicas"] == 1
    found = (await call(api, "GET", f"{DEPLOYMENTS}/web")).json
    assert (found["spec"]["replicas"], found["metadata"]["generation"]) == (1, 3)


async def test_a_deletion_says_what_it_deleted(api: Api) -> None:
    created = (await call(api, "POST", INGRESSES, ingress())).json
    reply = await call(api, "DELETE", f"{INGRESSES}/kiada", {"propagationPolicy": "Background"})
    assert reply.json["status"] == "Success"
    assert reply.json["details"] == {
        "name": "kiada",
        "group": "networking.k8s.io",
        "kind": "ingresses",
        "uid": created["metadata"]["uid"],
    }


async def test_a_collection_is_deleted_by_selector(api: Api) -> None:
    for obj in (config_map("a", tier="web"), config_map("b")):
        await call(api, "POST", CONFIG_MAPS, obj)
    reply = await call(api, "DELETE", f"{CONFIG_MAPS}?labelSelector=tier%3Dweb")
    assert [item["metadata"]["name"] for item in reply.json["items"]] == ["a"]
    left = (await call(api, "GET", CONFIG_MAPS)).json["items"]
    assert [item["metadata"]["name"] for item in left] == ["b"]


async def test_a_dry_run_stores_nothing(api: Api) -> None:
    reply = await call(api, "POST", f"{INGRESSES}?dryRun=All", ingress())
    assert reply.status == 201
    assert (await call(api, "GET", f"{INGRESSES}/kiada")).status == 404


# Refusals


async def test_a_refusal_is_a_status_document(api: Api) -> None:
    reply = await call(api, "POST", INGRESSES, ingress(host="127.0.0.1"))
    assert reply.status == 422
    assert reply.json["details"]["causes"] == [
        {
            "reason": "FieldValueInvalid",
            "message": 'Invalid value: "127.0.0.1": must be a DNS name, not an IP address',
            "field": "spec.rules[0].host",
        }
    ]


async def test_an_unknown_field_is_refused_when_asked_strictly(api: Api) -> None:
    obj = ingress()
    obj["spec"]["colour"] = "blue"
    strict = await call(api, "POST", f"{INGRESSES}?fieldValidation=Strict", obj)
    assert strict.status == 400
    assert strict.json["message"] == (
        'Ingress in version "v1" cannot be handled as a Ingress: '
        'strict decoding error: unknown field "spec.colour"'
    )


async def test_an_unknown_field_is_warned_of_and_not_stored(api: Api) -> None:
    obj = ingress()
    obj["spec"]["colour"] = "blue"
    reply = await call(api, "POST", f"{INGRESSES}?fieldValidation=Warn", obj)
    assert reply.headers["warning"] == '299 - "unknown field \\"spec.colour\\""'
    assert "colour" not in reply.json["spec"]


async def test_the_class_annotation_is_warned_of(api: Api) -> None:
    obj = ingress()
    obj["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "traefik"}
    reply = await call(api, "POST", INGRESSES, obj)
    assert "is deprecated, please use 'spec.ingressClassName' instead" in reply.headers["warning"]


async def test_a_body_that_is_no_json_is_a_bad_request(api: Api) -> None:
    reply = await call(api, "POST", INGRESSES, b"{")
    assert (reply.status, reply.json["reason"]) == (400, "BadRequest")


async def test_a_body_of_an_unknown_type_is_refused(api: Api) -> None:
    reply = await call(api, "POST", INGRESSES, ingress(), content_type="text/plain")
    assert (reply.status, reply.json["reason"]) == (415, "UnsupportedMediaType")


async def test_a_body_beyond_the_limit_is_refused(api: Api) -> None:
    reply = await call(api, "POST", INGRESSES, b" " * 4_000_000)
    assert (reply.status, reply.json["reason"]) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    "path",
    [
        "/apis/nowhere.io/v1/things",
        "/api/v1/nodes/a/unknown",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/pods/p",
        "/nowhere",
    ],
)
async def test_what_is_not_served_is_not_found(api: Api, path: str) -> None:
    reply = await call(api, "GET", path)
    assert (reply.status, reply.json["reason"]) == (404, "NotFound")


async def test_a_method_that_makes_no_sense_is_refused(api: Api) -> None:
    assert (await call(api, "PUT", CONFIG_MAPS, {})).status == 405


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("resourceVersionMatch=Exact", "resourceVersionMatch"),
        ("sendInitialEvents=true", "sendInitialEvents"),
        ("watch=true&sendInitialEvents=true", "resourceVersionMatch"),
        ("resourceVersionMatch=Sometimes&resourceVersion=1", "resourceVersionMatch"),
    ],
)
async def test_list_options_that_contradict_are_invalid(api: Api, query: str, field: str) -> None:
    reply = await call(api, "GET", f"{CONFIG_MAPS}?{query}")
    assert reply.status == 422
    assert reply.json["message"].startswith('ListOptions.meta.k8s.io "" is invalid: ')
    assert [cause["field"] for cause in reply.json["details"]["causes"]] == [field]


async def test_a_list_from_the_future_is_a_timeout(api: Api) -> None:
    reply = await call(api, "GET", f"{CONFIG_MAPS}?resourceVersion=99999")
    assert (reply.status, reply.json["reason"]) == (504, "Timeout")
    assert reply.json["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_storage_that_fails_is_said_and_loses_nothing(api: Api) -> None:
    def limit(pages: int) -> Any:
        return lambda tx: tx._connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    await call(api, "POST", CONFIG_MAPS, config_map("kept"))
    await api.registry.store.write(limit(12))
    obj = config_map("big")
    obj["data"]["a"] = "x" * 300_000
    reply = await call(api, "POST", CONFIG_MAPS, obj)
    assert (reply.status, reply.json["reason"]) == (500, "InternalError")
    assert "make room" in reply.json["message"]
    await api.registry.store.write(limit(1_000_000))
    assert (await call(api, "POST", CONFIG_MAPS, obj)).status == 201
    assert (await call(api, "GET", f"{CONFIG_MAPS}/kept")).status == 200


# Who may what


async def test_without_a_token_nobody_is_known(api: Api) -> None:
    for token in ("", "wrong", "a.b.\u00e9"):
        reply = await call(api, "GET", CONFIG_MAPS, token=token)
        assert (reply.status, reply.json["reason"]) == (401, "Unauthorized")


async def test_health_and_version_need_no_token(api: Api) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        assert (await call(api, "GET", path, token="")).text == "ok"
    version = (await call(api, "GET", "/version", token="")).json
    assert version["gitVersion"].startswith("v1.37.0")


async def service_account_token(api: Api, name: str = "robot") -> str:
    path = "/api/v1/namespaces/default/serviceaccounts"
    account = (await call(api, "POST", path, {"metadata": {"name": name}})).json
    return api.tokens.issue("default", name, account["metadata"]["uid"])


async def test_a_service_account_may_nothing_by_itself(api: Api) -> None:
    token = await service_account_token(api)
    reply = await call(api, "GET", "/apis/networking.k8s.io/v1/ingresses", token=token)
    assert (reply.status, reply.json["reason"]) == (403, "Forbidden")
    assert reply.json["message"] == (
        "ingresses.networking.k8s.io is forbidden: "
        'User "system:serviceaccount:default:robot" cannot list resource "ingresses" '
        'in API group "networking.k8s.io" at the cluster scope'
    )


async def test_a_service_account_may_what_a_role_grants(api: Api) -> None:
    token = await service_account_token(api)
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
    await call(api, "POST", f"{rbac}/roles", {"metadata": {"name": "reader"}, "rules": rules})
    binding = {
        "metadata": {"name": "reader"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": "reader",
        },
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "default"}],
    }
    await call(api, "POST", f"{rbac}/rolebindings", binding)
    assert (await call(api, "GET", CONFIG_MAPS, token=token)).status == 200
    assert (await call(api, "DELETE", CONFIG_MAPS, token=token)).status == 403
    elsewhere = "/api/v1/namespaces/kube-system/configmaps"
    assert (await call(api, "GET", elsewhere, token=token)).status == 403


async def test_a_token_ends_with_its_service_account(api: Api) -> None:
    token = await service_account_token(api)
    path = "/api/v1/namespaces/default/serviceaccounts"
    await call(api, "DELETE", f"{path}/robot")
    assert (await call(api, "GET", CONFIG_MAPS, token=token)).status == 401
    await call(api, "POST", path, {"metadata": {"name": "robot"}})
    assert (await call(api, "GET", CONFIG_MAPS, token=token)).status == 401


async def test_a_token_can_be_asked_for(api: Api) -> None:
    expected = await service_account_token(api)
    path = "/api/v1/namespaces/default/serviceaccounts/robot/token"
    assert (await call(api, "POST", path, {})).json["status"]["token"] == expected


async def test_a_forged_token_is_nobodys(api: Api) -> None:
    token = await service_account_token(api)
    head, payload, signature = token.split(".")
    forged = f"{head}.{payload}.{signature[::-1]}"
    assert (await call(api, "GET", CONFIG_MAPS, token=forged)).status == 401


async def test_one_can_ask_whether_one_may(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    asked = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    assert (await call(api, "POST", path, asked)).json["status"] == {"allowed": True}
    token = await service_account_token(api)
    assert (await call(api, "POST", path, asked, token=token)).json["status"] == {"allowed": False}


async def test_the_admin_can_act_as_somebody_else(api: Api) -> None:
    headers = {"Impersonate-User": "system:serviceaccount:default:robot"}
    reply = await call(api, "GET", CONFIG_MAPS, headers=headers)
    assert 'User "system:serviceaccount:default:robot" cannot list' in reply.json["message"]


async def test_nobody_else_can(api: Api) -> None:
    token = await service_account_token(api)
    headers = {"Impersonate-User": "somebody"}
    reply = await call(api, "GET", CONFIG_MAPS, token=token, headers=headers)
    assert reply.status == 403
    assert 'cannot impersonate resource "users"' in reply.json["message"]


# Custom kinds and documents


async def test_a_custom_kind_is_in_discovery_at_once(api: Api) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.lab.example.com"},
        "spec": {
            "group": "lab.example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == "v1",
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {
                                "spec": {
                                    "type": "object",
                                    "required": ["size"],
                                    "properties": {"size": {"type": "integer"}},
                                }
                            },
                        }
                    },
                }
                for version in ("v1", "v2")
            ],
        },
    }
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert (await call(api, "POST", path, definition)).status == 201
    groups = (await call(api, "GET", "/apis")).json["groups"]
    assert "lab.example.com" in [group["name"] for group in groups]
    widgets = "/apis/lab.example.com/{}/namespaces/default/widgets"
    bad = await call(api, "POST", widgets.format("v1"), {"metadata": {"name": "w"}, "spec": {}})
    assert (bad.status, bad.json["details"]["causes"][0]["field"]) == (422, "spec.size")
    good = {"metadata": {"name": "w"}, "spec": {"size": 3}}
    assert (await call(api, "POST", widgets.format("v1"), good)).status == 201
    other = (await call(api, "GET", widgets.format("v2") + "/w")).json
    assert other["apiVersion"] == "lab.example.com/v2"
    assert (await call(api, "DELETE", f"{path}/widgets.lab.example.com")).status == 200
    assert (await call(api, "GET", widgets.format("v1"))).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/v1",
        "/apis",
        "/apis/networking.k8s.io",
        "/apis/networking.k8s.io/v1",
        "/openapi/v2",
        "/openapi/v3",
        "/openapi/v3/api/v1",
        "/openapi/v3/apis/networking.k8s.io/v1",
    ],
)
async def test_documents_describe_the_api(api: Api, path: str) -> None:
    reply = await call(api, "GET", path)
    assert reply.status == 200
    assert reply.json
