"""What the three patch formats make of an object."""

import json
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.minicluster.api.patch import (
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_MERGE_PATCH,
    merge_patched,
    patched,
)
from labsupport.minicluster.api.resources import BUILT_IN
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.schema import Schema
from labsupport.rules.status import StatusError

ANY = Schema("object", preserves_unknown=True)


@pytest.fixture(scope="module")
def deployment() -> Schema:
    resource = next(resource for resource in BUILT_IN if resource.kind == "Deployment")
    return Schemas.load([resource]).schema(resource)


def _code(obj: Json, patch: Any, content_type: str, schema: Schema = ANY) -> int:
    with pytest.raises(StatusError) as caught:
        patched(obj, patch, content_type, schema)
    return caught.value.code


# JSON Patch: the examples of RFC 6902, appendix A


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": [2]}, {"a": [1, [2]]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/b"}, {"a": 1}),
        ({"a": [1, 2, 3]}, {"op": "remove", "path": "/a/1"}, {"a": [1, 3]}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": 2}, {"a": 2}),
        (
            {"a": {"x": 1}, "b": {}},
            {"op": "move", "from": "/a/x", "path": "/b/y"},
            {"a": {}, "b": {"y": 1}},
        ),
        ({"a": [1, 2, 3]}, {"op": "move", "from": "/a/0", "path": "/a/2"}, {"a": [2, 3, 1]}),
        (
            {"a": {"x": [1]}},
            {"op": "copy", "from": "/a/x", "path": "/b"},
            {"a": {"x": [1]}, "b": [1]},
        ),
        ({"a": {"b": [1]}}, {"op": "test", "path": "/a/b/0", "value": 1}, {"a": {"b": [1]}}),
        ({"~1": 10}, {"op": "test", "path": "/~01", "value": 10}, {"~1": 10}),
        ({"a/b": 1}, {"op": "remove", "path": "/a~1b"}, {}),
        ({"a": 1}, {"op": "replace", "path": "", "value": {"b": 2}}, {"b": 2}),
    ],
)
def test_a_json_patch_operation_applies(document: Json, operation: Json, result: Json) -> None:
    before = deepcopy(document)
    assert patched(document, [operation], JSON_PATCH, ANY) == result
    assert document == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "test", "path": "/a", "value": True},
        {"op": "remove", "path": "/nothing"},
        {"op": "add", "path": "/x/y", "value": 1},
        {"op": "add", "path": "/list/5", "value": 1},
        {"op": "add", "path": "/list/01", "value": 1},
        {"op": "replace", "path": "/list/-", "value": 1},
        {"op": "move", "from": "/list", "path": "/list/0"},
        {"op": "replace", "path": "", "value": []},
    ],
)
def test_an_operation_that_does_not_apply_is_unprocessable(operation: Json) -> None:
    assert _code({"a": 1, "list": [1]}, [operation], JSON_PATCH) == 422


@pytest.mark.parametrize(
    "patch",
    [
        {},
        [1],
        [{"op": "jump", "path": "/a"}],
        [{"op": "add", "path": "/a"}],
        [{"op": "remove", "path": "a"}],
        [{"op": "move", "path": "/a"}],
    ],
)
def test_what_is_no_json_patch_is_a_bad_request(patch: Any) -> None:
    assert _code({}, patch, JSON_PATCH) == 400


# JSON merge patch: RFC 7386


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ],
)
def test_a_merge_patch_merges(target: Json, patch: Json, result: Json) -> None:
    assert patched(target, patch, MERGE_PATCH, ANY) == result


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), VALUES)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return value


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_applied_twice_is_applied_once(target: Json, patch: Json) -> None:
    once = merge_patched(target, patch)
    assert merge_patched(once, patch) == once


@given(OBJECTS)
def test_a_merge_patch_of_nothing_is_the_patch_without_nulls(patch: Json) -> None:
    assert merge_patched({}, patch) == _without_nulls(patch)


@given(OBJECTS, OBJECTS)
def test_without_a_schema_a_strategic_merge_is_a_merge_patch(target: Json, patch: Json) -> None:
    assert patched(target, patch, STRATEGIC_MERGE_PATCH, ANY) == merge_patched(target, patch)


# Strategic merge patch


def _pod(*containers: Json, **rest: Any) -> Json:
    return {"spec": {"template": {"spec": {"containers": list(containers), **rest}}}}


def _containers(obj: Json) -> list[Json]:
    containers: list[Json] = obj["spec"]["template"]["spec"]["containers"]
    return containers


def _names(obj: Json) -> list[str]:
    return [container["name"] for container in _containers(obj)]


A, B, C = ({"name": name, "image": "v1"} for name in "abc")


def _merged(obj: Json, patch: Json, schema: Schema) -> Json:
    before = deepcopy((obj, patch))
    result = patched(obj, patch, f"{STRATEGIC_MERGE_PATCH}; charset=utf-8", schema)
    assert (obj, patch) == before
    return result


def test_elements_are_merged_by_their_key(deployment: Schema) -> None:
    result = _merged(_pod(A, B), _pod({"name": "b", "image": "v2"}), deployment)
    assert _containers(result) == [A, {"name": "b", "image": "v2"}]


def test_new_elements_come_first(deployment: Schema) -> None:
    assert _names(_merged(_pod(A, B), _pod(C), deployment)) == ["c", "a", "b"]


def test_an_order_directive_sets_the_order(deployment: Schema) -> None:
    order = [{"name": "b"}, {"name": "c"}, {"name": "a"}]
    patch = _pod(C, **{"$setElementOrder/containers": order})
    assert _names(_merged(_pod(A, B), patch, deployment)) == ["b", "c", "a"]


def test_an_order_directive_keeps_what_only_the_server_has(deployment: Schema) -> None:
    patch = _pod(C, **{"$setElementOrder/containers": [{"name": "b"}, {"name": "c"}]})
    assert _names(_merged(_pod(A, B), patch, deployment)) == ["a", "b", "c"]


def test_an_order_that_contradicts_the_patch_is_a_bad_request(deployment: Schema) -> None:
    patch = _pod(B, A, **{"$setElementOrder/containers": [{"name": "a"}, {"name": "b"}]})
    assert _code(_pod(A, B), patch, STRATEGIC_MERGE_PATCH, deployment) == 400


def test_an_element_is_deleted(deployment: Schema) -> None:
    patch = _pod({"name": "a", "$patch": "delete"})
    assert _names(_merged(_pod(A, B), patch, deployment)) == ["b"]


def test_a_list_is_replaced(deployment: Schema) -> None:
    assert _names(_merged(_pod(A, B), _pod(C, {"$patch": "replace"}), deployment)) == ["c"]


def test_a_list_without_a_key_is_replaced(deployment: Schema) -> None:
    obj = _pod(A | {"command": ["x", "y"]})
    result = _merged(obj, _pod({"name": "a", "command": ["z"]}), deployment)
    assert _containers(result)[0]["command"] == ["z"]


def test_a_list_of_values_is_united(deployment: Schema) -> None:
    obj = {"metadata": {"finalizers": ["x/a", "x/b"]}}
    patch = {"metadata": {"finalizers": ["x/b", "x/c"]}}
    result = _merged(obj, patch, deployment)
    assert result["metadata"]["finalizers"] == ["x/a", "x/b", "x/c"]


def test_values_are_deleted_from_a_list(deployment: Schema) -> None:
    obj = {"metadata": {"finalizers": ["x/a", "x/b"]}}
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/a"]}}
    assert _merged(obj, patch, deployment)["metadata"]["finalizers"] == ["x/b"]


def test_only_the_retained_keys_stay(deployment: Schema) -> None:
    obj = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert _merged(obj, patch, deployment)["spec"]["strategy"] == {"type": "Recreate"}


def test_a_map_is_replaced_or_emptied_where_told(deployment: Schema) -> None:
    obj = {"metadata": {"labels": {"a": "1"}, "annotations": {"b": "2"}}}
    patch = {
        "metadata": {
            "labels": {"$patch": "replace", "c": "3"},
            "annotations": {"$patch": "delete"},
        }
    }
    assert _merged(obj, patch, deployment) == {
        "metadata": {"labels": {"c": "3"}, "annotations": {}}
    }


def test_directives_never_end_up_in_a_new_element(deployment: Schema) -> None:
    env = [{"name": "X", "$patch": "delete"}, {"name": "Y", "value": None}]
    patch = _pod({"name": "c", "env": env, "$setElementOrder/env": [{"name": "Y"}]})
    assert _containers(_merged({}, patch, deployment)) == [{"name": "c", "env": [{"name": "Y"}]}]


@pytest.mark.parametrize(
    "patch",
    [
        {"metadata": {"$patch": "explode"}},
        {"spec": {"strategy": {"$retainKeys": [], "type": "Recreate"}}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}},
        {"metadata": {"$setElementOrder/finalizers": "x", "finalizers": ["x"]}},
        _pod({"image": "no-name"}),
        _pod({"name": "a", "$patch": "explode"}),
    ],
)
def test_a_malformed_directive_is_a_bad_request(patch: Json, deployment: Schema) -> None:
    assert _code(_pod(A), patch, STRATEGIC_MERGE_PATCH, deployment) == 400


NAMES = st.lists(st.sampled_from("abcdef"), unique=True)


@given(NAMES, NAMES)
def test_a_list_merge_keeps_every_element_once(
    deployment: Schema, old: list[str], new: list[str]
) -> None:
    obj = _pod(*({"name": name, "image": "old"} for name in old))
    patch = _pod(*({"name": name, "image": "new"} for name in new))
    images = {item["name"]: item["image"] for item in _containers(_merged(obj, patch, deployment))}
    assert images == dict.fromkeys(old, "old") | dict.fromkeys(new, "new")
    assert len(_names(_merged(obj, patch, deployment))) == len(images)


KUBECTL_CASES: tuple[Json, ...] = (
    _pod(C, {"name": "a", "env": [{"name": "X", "$patch": "delete"}]}),
    _pod({"name": "b", "image": "v2"}, **{"$setElementOrder/containers": [{"name": "b"}]}),
    _pod(C, {"$patch": "replace"}),
    _pod({"name": "a", "env": [{"name": "Y", "value": "9"}], "command": None}),
    {"metadata": {"finalizers": ["x/c", "x/a"], "labels": {"$patch": "replace", "q": "1"}}},
    {"metadata": {"$setElementOrder/finalizers": ["x/b", "x/a"], "labels": None}},
    {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}, "replicas": None}},
)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on the PATH")
@pytest.mark.parametrize("patch", KUBECTL_CASES)
def test_a_strategic_merge_agrees_with_kubectl(
    patch: Json, deployment: Schema, tmp_path: Path
) -> None:
    """`kubectl patch --local` runs Kubernetes' own implementation."""
    env = [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]
    obj = _pod(A | {"env": env, "command": ["run"]}, B)
    obj["spec"] |= {"replicas": 1, "strategy": {"type": "Recreate"}}
    obj |= {"apiVersion": "apps/v1", "kind": "Deployment"}
    obj["metadata"] = {"name": "x", "labels": {"l": "1"}, "finalizers": ["x/a", "x/b"]}
    manifest = tmp_path / "deployment.json"
    manifest.write_text(json.dumps(obj))
    command = ["kubectl", "patch", "--local", "-f", str(manifest), "-o", "json"]
    done = subprocess.run(
        [*command, "-p", json.dumps(patch)],
        capture_output=True,
        check=True,
        timeout=30,
        env={"HOME": str(tmp_path), "PATH": str(Path(shutil.which("kubectl") or "").parent)},
    )
    assert _merged(obj, patch, deployment) == json.loads(done.stdout)


# Content types


@pytest.mark.parametrize("content_type", ["application/json", "", "application/apply-patch+yaml"])
def test_another_content_type_is_unsupported(content_type: str) -> None:
    assert _code({}, {}, content_type) == 415


def test_a_custom_kind_takes_no_strategic_merge() -> None:
    assert _code({}, {}, STRATEGIC_MERGE_PATCH, Schema("object", custom=True)) == 415


@pytest.mark.parametrize("content_type", [MERGE_PATCH, STRATEGIC_MERGE_PATCH])
def test_a_merge_patch_must_be_an_object(content_type: str) -> None:
    assert _code({}, [], content_type) == 400
