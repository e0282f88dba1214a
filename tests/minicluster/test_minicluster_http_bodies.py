"""Bodies that are not plain JSON objects of a kind: YAML, options, reviews."""

import asyncio
import json
from typing import Any

import pytest
from minicluster_api import Api, Reply

from labsupport.minicluster.api.http.yaml_text import json_text
from labsupport.rules.status import StatusError

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


async def call(api: Api, method: str, path: str, *args: Any, **kwargs: Any) -> Reply:
    return await asyncio.to_thread(api.request, method, path, *args, **kwargs)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2026-03-01", {"a": "2026-03-01"}),
        ("a: 2026-03-01T10:00:00Z", {"a": "2026-03-01T10:00:00Z"}),
        ("1: a\n2.5: b\ntrue: c\nnull: d", {"1": "a", "2.5": "b", "true": "c", "null": "d"}),
        ("port: 80:30", {"port": "80:30"}),
        ("[0x10, 010, 1_000, -3, 0]", [16, 8, 1000, -3, 0]),
        ("[1e3, 1.5, .5, '1.5']", [1000.0, 1.5, 0.5, "1.5"]),
        ("[yes, off, ~, '', v1]", [True, False, None, "", "v1"]),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}\ne: {<<: *x, b: 3}",
         {"a": {"b": 1}, "c": {"b": 1, "d": 2}, "e": {"b": 3}}),
        ("ü: ☃", {"ü": "☃"}),
        ("", None),
    ],
)  # fmt: skip
def test_yaml_means_what_go_reads_in_it(text: str, value: Any) -> None:
    assert json.loads(json_text(text.encode())) == value


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text", ["a: [", "a: &a [*a]", "? [a]\n: b", "a: !!int ''", "a: !!bool x", "a\x00", LAUGHS]
)
def test_yaml_that_stands_for_no_json_is_refused(text: str) -> None:
    with pytest.raises(StatusError) as refusal:
        json_text(text.encode())
    assert refusal.value.code == 400


async def test_a_key_that_comes_twice_in_yaml_is_reported(api: Api) -> None:
    body = b"metadata: {name: a}\ndata:\n  b: first\n  b: second\n"
    path = f"{CONFIG_MAPS}?fieldValidation=Strict"
    refused = await call(api, "POST", path, body, content_type="application/yaml")
    assert (refused.status, 'duplicate field "data.b"' in refused.json["message"]) == (400, True)
    created = await call(api, "POST", CONFIG_MAPS, body, content_type="application/yaml")
    assert created.json["data"] == {"b": "second"}
    assert created.headers["warning"] == '299 - "duplicate field \\"data.b\\""'


async def test_a_date_in_yaml_stays_text(api: Api) -> None:
    body = b"metadata: {name: a}\ndata:\n  day: 2026-03-01\n"
    created = await call(api, "POST", CONFIG_MAPS, body, content_type="application/yaml")
    assert created.json["data"] == {"day": "2026-03-01"}


@pytest.mark.parametrize(
    "body",
    [
        {"gracePeriodSeconds": "x"},
        {"preconditions": "x"},
        {"propagationPolicy": "Sideways"},
        [],
        "x",
    ],
)
async def test_delete_options_that_make_no_sense_are_refused(api: Api, body: Any) -> None:
    await call(api, "POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert (await call(api, "DELETE", f"{CONFIG_MAPS}/a", body)).status == 400
    assert (await call(api, "GET", f"{CONFIG_MAPS}/a")).status == 200


@pytest.mark.parametrize("query", ["?dryRun=All", ""])
async def test_a_deletion_may_be_only_tried(api: Api, query: str) -> None:
    await call(api, "POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    body = {} if query else {"dryRun": ["All"]}
    assert (await call(api, "DELETE", f"{CONFIG_MAPS}/a{query}", body)).status == 200
    assert (await call(api, "GET", f"{CONFIG_MAPS}/a")).status == 200


async def test_a_dry_run_of_an_unknown_kind_stores_nothing(api: Api) -> None:
    path = f"{CONFIG_MAPS}?dryRun=true"
    assert (await call(api, "POST", path, {"metadata": {"name": "a"}})).status == 400
    assert (await call(api, "GET", f"{CONFIG_MAPS}/a")).status == 404


async def test_a_request_that_breaks_off_changes_nothing(api: Api) -> None:
    await call(api, "POST", CONFIG_MAPS, {"metadata": {"name": "a"}})

    def break_off() -> None:
        connection = api.connection()
        connection.putrequest("DELETE", f"{CONFIG_MAPS}/a")
        connection.putheader("Authorization", f"Bearer {api.token}")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b'{"dryRun":')
        connection.close()

    await asyncio.to_thread(break_off)
    await asyncio.sleep(0.1)
    assert (await call(api, "GET", f"{CONFIG_MAPS}/a")).status == 200


async def test_a_review_that_is_none_is_refused(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert (await call(api, "POST", path, {"spec": []})).status == 400
