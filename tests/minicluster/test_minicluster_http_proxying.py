"""`services/…/proxy` and `pods/…/proxy`: a real HTTP server behind the API server's own address."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from minicluster_api import Api, Reply

SERVICES = "/api/v1/namespaces/default/services"
PODS = "/api/v1/namespaces/default/pods"
SLICES = "endpointslices.discovery.k8s.io"


class Telling(BaseHTTPRequestHandler):
    """Tells the path that it was asked for, by 404 under /missing."""

    def do_GET(self) -> None:
        body = self.path.encode()
        self.send_response(404 if self.path.startswith("/missing") else 200)
        self.send_header("Content-Type", "text/x-told")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def backend() -> Iterator[int]:
    """The port of a server at 127.0.0.1, which stands for a pod."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Telling) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


async def get(api: Api, path: str) -> Reply:
    return await asyncio.to_thread(api.request, "GET", path)


async def behind_service(api: Api, port: int, *, ready: bool = True) -> None:
    service = {
        "metadata": {"name": "web"},
        "spec": {"ports": [{"name": "http", "port": 80}, {"name": "other", "port": 81}]},
    }
    await api.registry.create("services", service, namespace="default")
    piece = {
        "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port}],
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": ready}}],
    }
    await api.registry.create(SLICES, piece, namespace="default")


@pytest.mark.parametrize("port", ["http", "80"])
async def test_a_services_pod_answers_in_its_own_words(api: Api, backend: int, port: str) -> None:
    await behind_service(api, backend)
    answer = await get(api, f"{SERVICES}/web:{port}/proxy/some/where")
    assert (answer.status, answer.text) == (200, "/some/where")
    assert answer.headers["content-type"] == "text/x-told"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/a%20b%2Fc", "/a%20b%2Fc"),
        ("/?tag=a%20b&tag=c", "/?tag=a%20b&tag=c"),
        ("?page=2", "/?page=2"),
        ("/pods/a/proxy/", "/pods/a/proxy/"),
        ("", "/"),
    ],
)
async def test_the_pod_is_asked_for_what_was_sent(
    api: Api, backend: int, asked: str, told: str
) -> None:
    await behind_service(api, backend)
    assert (await get(api, f"{SERVICES}/web%3A80/proxy{asked}")).text == told


async def test_the_answers_own_status_comes_through(api: Api, backend: int) -> None:
    await behind_service(api, backend)
    answer = await get(api, f"{SERVICES}/web:http/proxy/missing")
    assert (answer.status, answer.text) == (404, "/missing")


async def test_a_service_without_ready_pods_is_unavailable(api: Api, backend: int) -> None:
    await behind_service(api, backend, ready=False)
    answer = await get(api, f"{SERVICES}/web:http/proxy/")
    assert (answer.status, answer.json["message"]) == (
        503,
        'no endpoints available for service "web"',
    )


async def test_a_port_that_the_service_has_not_is_said(api: Api, backend: int) -> None:
    await behind_service(api, backend)
    answer = await get(api, f"{SERVICES}/web:metrics/proxy/")
    assert (answer.status, answer.json["message"]) == (503, 'no service port "metrics" found')


async def test_a_pod_that_nobody_listens_in_is_unavailable(api: Api) -> None:
    pod = {
        "metadata": {"name": "a"},
        "spec": {"containers": [{"name": "main", "image": "python:3-alpine"}]},
    }
    await api.registry.create("pods", pod, namespace="default")
    answer = await get(api, f"{PODS}/a:1/proxy/")
    assert answer.status == 503
    status = {"podIP": "127.0.0.1"}
    live = api.registry.get("pods", "default", "a")
    await api.registry.update("pods", {**live, "status": status}, subresource="status")
    answer = await get(api, f"{PODS}/a:1/proxy/")
    assert answer.status == 503
    assert "127.0.0.1:1" in answer.json["message"]


async def test_the_right_to_read_a_service_is_not_the_right_to_call_it(
    api: Api, backend: int
) -> None:
    await behind_service(api, backend)
    answer = await asyncio.to_thread(
        api.request,
        "GET",
        f"{SERVICES}/web:http/proxy/",
        headers={"Impersonate-User": "ann"},
    )
    assert (answer.status, answer.json["reason"]) == (403, "Forbidden")


async def test_only_get_goes_through(api: Api, backend: int) -> None:
    await behind_service(api, backend)
    answer = await asyncio.to_thread(api.request, "POST", f"{SERVICES}/web:http/proxy/", {})
    assert answer.status == 405
