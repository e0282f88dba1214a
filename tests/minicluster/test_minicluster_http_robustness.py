"""Objects with parts missing or replaced: refused or stored, but never an internal error."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from minicluster_api import ADMIN_TOKEN

from labsupport.base.types import Json
from labsupport.manifests import documents
from labsupport.minicluster.api.auth import Authenticator, ServiceAccountTokens
from labsupport.minicluster.api.http.app import ApiApp
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.api.schemas import Schemas

ROUNDS = 250
ODD: tuple[Any, ...] = (None, 0, -1, 10**12, True, "", "x", "a.b/c", [], {}, [None], [{}])
TABLE = b"application/json;as=Table;v=v1;g=meta.k8s.io"
PATCHES = (
    b"application/merge-patch+json",
    b"application/strategic-merge-patch+json",
    b"application/apply-patch+yaml",
)


class Caller:
    """Speaks ASGI to the application, without a socket."""

    def __init__(self, app: ApiApp) -> None:
        self._app = app

    async def status(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        content_type: bytes = b"application/json",
        accept: bytes = b"application/json",
    ) -> int:
        sent = b"" if body is None else json.dumps(body).encode()
        statuses: list[int] = []

        async def receive() -> Json:
            return {"type": "http.request", "body": sent, "more_body": False}

        async def send(message: Any) -> None:
            if "status" in message:
                statuses.append(message["status"])

        headers = [
            (b"authorization", f"Bearer {ADMIN_TOKEN}".encode()),
            (b"content-type", content_type),
            (b"accept", accept),
        ]
        scope: dict[str, Any] = {"method": method, "path": path, "headers": headers}
        scope |= {"raw_path": path.encode(), "query_string": b""}
        await self._app(scope, receive, send)
        return statuses[0]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member of `value`."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        yield (*path, key)
        if isinstance(member, dict | list):
            yield from places(member, (*path, key))


def spoilt(obj: Json, chance: random.Random) -> Json:
    """`obj` with one to three members taken away or replaced."""
    made = copy.deepcopy(obj)
    for _ in range(chance.randint(1, 3)):
        found = list(places(made))
        if not found:
            break
        *parents, last = chance.choice(found)
        container: Any = made
        for key in parents:
            container = container[key]
        if chance.random() < 0.5:
            del container[last]
        else:
            container[last] = copy.deepcopy(chance.choice(ODD))
    return made


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_object_is_too_odd(registry: Registry, schemas: Schemas, seed: int) -> None:
    chance = random.Random(seed)
    tokens = ServiceAccountTokens(b"k" * 32)
    caller = Caller(ApiApp(registry, Authenticator(registry, ADMIN_TOKEN, tokens), schemas=schemas))
    samples = [*yaml.safe_load_all("\n---\n".join(map(documents, ("kiada", "traefik"))))]
    for _ in range(ROUNDS):
        sample = chance.choice(samples)
        resource = registry.resources.of_kind(sample["apiVersion"], sample["kind"])
        if resource is None:
            continue
        root = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
        scope = "/namespaces/default" if resource.namespaced else ""
        collection = f"{root}{scope}/{resource.plural}"
        sample["metadata"]["namespace"] = "default" if resource.namespaced else ""
        one = f"{collection}/{sample['metadata']['name']}"
        for method, path, options in (
            ("POST", collection, {}),
            ("PUT", one, {}),
            ("PATCH", one, {"content_type": chance.choice(PATCHES)}),
            ("PUT", f"{one}/status", {}),
        ):
            body = spoilt(sample, chance)
            assert await caller.status(method, path, body, **options) < 500, (method, path, body)
        assert await caller.status("GET", collection, accept=TABLE) == 200, (sample, collection)
        await caller.status("DELETE", one)
