"""What is beside objects: reviews, evictions, deprecations, and what this API has not."""

import asyncio
import logging
from typing import Any

import pytest
from minicluster_api import Api, Reply

from labsupport.base.types import Json

PODS = "/api/v1/namespaces/default/pods"
ENDPOINTS = "/api/v1/namespaces/default/endpoints"
RULES_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
DEPRECATED = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"'


async def call(api: Api, method: str, path: str, *args: Any, **kwargs: Any) -> Reply:
    return await asyncio.to_thread(api.request, method, path, *args, **kwargs)


def pod(name: str = "a") -> Json:
    return {
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "main", "image": "python:3-alpine"}]},
    }


async def test_what_somebody_may_do_is_listed(api: Api) -> None:
    role = "rbac.authorization.k8s.io"
    reads = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    await api.registry.create(
        f"roles.{role}", {"metadata": {"name": "r"}, "rules": [reads]}, namespace="default"
    )
    binding = {
        "metadata": {"name": "r"},
        "roleRef": {"apiGroup": role, "kind": "Role", "name": "r"},
        "subjects": [{"kind": "User", "name": "ann"}],
    }
    await api.registry.create(f"rolebindings.{role}", binding, namespace="default")
    as_ann = {"Impersonate-User": "ann"}
    review = {"spec": {"namespace": "default"}}
    status = (await call(api, "POST", RULES_REVIEW, review, headers=as_ann)).json["status"]
    assert reads in status["resourceRules"]
    assert "/version" in status["nonResourceRules"][0]["nonResourceURLs"]
    everything = (await call(api, "POST", RULES_REVIEW, review)).json["status"]
    assert {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]} in everything["resourceRules"]


async def test_what_somebody_may_do_is_asked_about_a_namespace(api: Api) -> None:
    assert (await call(api, "POST", RULES_REVIEW, {"spec": {}})).status == 400


async def test_an_eviction_deletes_the_pod(api: Api) -> None:
    await call(api, "POST", PODS, pod())
    eviction = {"metadata": {"name": "a"}, "deleteOptions": {"gracePeriodSeconds": 5}}
    answer = await call(api, "POST", f"{PODS}/a/eviction", eviction)
    assert (answer.status, answer.json["status"]) == (201, "Success")
    assert (await call(api, "GET", f"{PODS}/a")).status == 404
    assert (await call(api, "POST", f"{PODS}/a/eviction", eviction)).status == 404


async def test_an_eviction_may_be_only_tried(api: Api) -> None:
    await call(api, "POST", PODS, pod())
    eviction = {"metadata": {"name": "a"}, "deleteOptions": {"dryRun": ["All"]}}
    assert (await call(api, "POST", f"{PODS}/a/eviction", eviction)).status == 201
    assert (await call(api, "GET", f"{PODS}/a")).status == 200


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", f"{PODS}/a/exec?command=ls", "./lab logs"),
        ("GET", f"{PODS}/a/attach", "./lab logs"),
        ("PATCH", f"{PODS}/a/ephemeralcontainers", "./lab logs"),
        ("POST", f"{PODS}/a/portforward", "./lab get http://"),
    ],
)
async def test_what_is_missing_says_what_to_do_instead(
    api: Api, method: str, path: str, words: str
) -> None:
    answer = await call(api, method, path)
    assert (answer.status, answer.json["reason"]) == (501, "NotImplemented")
    assert words in answer.json["message"]


async def test_an_upgrade_is_answered_without_a_word_in_the_log(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MTIzNDU2Nzg5MDEyMzQ1Ng==",
    }
    with caplog.at_level(logging.INFO):
        answer = await call(api, "GET", f"{PODS}/a/exec", headers=upgrade)
    assert answer.json["reason"] == "NotImplemented"
    assert caplog.records == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", f"{PODS}/a/log"), ("GET", f"{PODS}/a/eviction"), ("POST", f"{PODS}/a/status")],
)
async def test_a_subresource_takes_its_own_verbs_only(api: Api, method: str, path: str) -> None:
    await call(api, "POST", PODS, pod())
    assert (await call(api, method, path)).status == 405


async def test_endpoints_are_said_to_be_deprecated(api: Api) -> None:
    created = await call(api, "POST", ENDPOINTS, {"metadata": {"name": "a"}})
    assert (created.status, created.headers["warning"]) == (201, DEPRECATED)
    for path in (ENDPOINTS, f"{ENDPOINTS}/a", f"{ENDPOINTS}?watch=1&timeoutSeconds=1"):
        assert (await call(api, "GET", path)).headers["warning"] == DEPRECATED
    slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    assert "warning" not in (await call(api, "GET", slices)).headers


async def test_openapi_v2_as_protobuf_is_an_empty_document(api: Api) -> None:
    kind = "application/com.github.proto-openapi.spec.v2"
    answer = await call(api, "GET", "/openapi/v2", accept=f"{kind}@v1.0+protobuf")
    assert (answer.text, answer.headers["content-type"]) == ("", f"{kind}.v1.0+protobuf")
