"""GET on `services/NAME:PORT/proxy/PATH` and `pods/NAME:PORT/proxy/PATH`: asked in one's stead.

So whoever may speak to the API reaches what runs in the cluster, wherever they are. As in
Kubernetes a Service's ready pods are called, and `https:NAME:PORT` calls by TLS without checking
the certificate. Of the caller's headers only Accept goes along; other methods than GET don't.
"""

import asyncio
import http.client
import ssl
from contextlib import closing
from typing import NamedTuple

from labsupport.base.types import Json
from labsupport.minicluster.api.http.requests import ResourceRequest
from labsupport.minicluster.api.http.responses import Response
from labsupport.minicluster.api.registry import Registry
from labsupport.rules.status import StatusError, bad_request

_TIMEOUT = 10.0  # seconds, for each wait
_SERVICE_NAME = "kubernetes.io/service-name"


class _Place(NamedTuple):
    """Whom to call: the scheme, IP address and port."""

    scheme: str
    address: str
    port: int


async def proxied(registry: Registry, request: ResourceRequest) -> Response:
    """What the pod answers, with its status; 503 when there is no pod, or it does not answer."""
    scheme, name, port = _parts(request.target.name)
    find = _of_pod if request.target.plural == "pods" else _of_service
    address, number = find(registry, request.target.namespace, name, port)
    headers = {"Accept": request.http.headers.get("accept", "*/*")}
    place = _Place(scheme, address, number)
    try:
        return await asyncio.to_thread(_asked, place, _path(request.http.sent), headers)
    except (OSError, http.client.HTTPException) as error:
        why = f"error trying to reach service: dial tcp {address}:{number}: {error}"
        raise StatusError(503, "ServiceUnavailable", why) from error


def _path(sent: str) -> str:
    """What is to be asked for, as it was sent: all behind `…/namespaces/N/pods/NAME/proxy`."""
    path, _, query = sent.partition("?")
    asked = f"/{''.join(path.split('/', 8)[8:])}"
    return f"{asked}?{query}" if query else asked


def _asked(place: _Place, path: str, headers: dict[str, str]) -> Response:
    """One request, on a connection of its own."""
    connection: http.client.HTTPConnection
    if place.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            place.address, place.port, timeout=_TIMEOUT, context=context
        )
    else:
        connection = http.client.HTTPConnection(place.address, place.port, timeout=_TIMEOUT)
    with closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        content_type = answer.getheader("Content-Type") or "application/octet-stream"
        return Response(body, answer.status, content_type)


def _parts(text: str) -> tuple[str, str, str]:
    """Scheme, name and port of `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`."""
    parts = text.split(":")
    if len(parts) == 3 and parts[0] in ("http", "https", ""):
        return parts[0] or "http", parts[1], parts[2]
    if len(parts) > 2:
        raise bad_request(f'invalid service request "{text}"')
    return "http", parts[0], "".join(parts[1:])


def _of_pod(registry: Registry, namespace: str, name: str, port: str) -> tuple[str, int]:
    pod = registry.get("pods", namespace, name)
    ports = [
        each["containerPort"]
        for container in pod["spec"]["containers"]
        for each in container.get("ports") or ()
        if port in ("", each.get("name"), str(each["containerPort"]))
    ]
    address = pod.get("status", {}).get("podIP", "")
    number = int(port) if port.isdecimal() else next(iter(ports), 80 if not port else 0)
    if not address or not number:
        what = "address not allowed" if address else f'pod "{name}" has no address yet'
        raise StatusError(503, "ServiceUnavailable", what)
    return address, number


def _of_service(registry: Registry, namespace: str, name: str, port: str) -> tuple[str, int]:
    """A ready endpoint behind the Service's port, given by name or number."""
    service = registry.get("services", namespace, name)
    ports = service["spec"].get("ports") or ()
    chosen = [
        each.get("name", "")
        for each in ports
        if port in (each.get("name", ""), str(each["port"])) or (not port and len(ports) == 1)
    ]
    if not chosen:
        raise StatusError(503, "ServiceUnavailable", f'no service port "{port}" found')
    for piece in registry.list("endpointslices.discovery.k8s.io", namespace):
        if piece["metadata"].get("labels", {}).get(_SERVICE_NAME) == name and (
            found := _ready(piece, chosen[0])
        ):
            return found
    raise StatusError(503, "ServiceUnavailable", f'no endpoints available for service "{name}"')


def _ready(piece: Json, port_name: str) -> tuple[str, int] | None:
    numbers = [
        each["port"] for each in piece.get("ports") or () if each.get("name", "") == port_name
    ]
    for endpoint in piece.get("endpoints") or ():
        if numbers and endpoint.get("conditions", {}).get("ready", True):
            return endpoint["addresses"][0], numbers[0]
    return None
