"""EndpointSlices, and Endpoints for those who still read them."""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.minicluster.controllers.conditions import is_terminating
from labsupport.minicluster.controllers.ownership import controller_reference
from labsupport.minicluster.controllers.slices import (
    HEADLESS,
    MANAGED_BY,
    MANAGER,
    SERVICE_NAME,
    Slice,
    slice_labels,
    slices,
    subsets,
)
from labsupport.minicluster.reconcile import Change, Controller
from labsupport.minicluster.store import Key

SLICES = "endpointslices.discovery.k8s.io"
ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by"


class EndpointsController(Controller):
    """Keeps the EndpointSlices and Endpoints of every Service that has a selector.

    Nothing is written that says what is written already: proxies rebuild their configuration at
    every version bump. Services without selector are left to whoever made them.
    """

    name = "endpointslice-controller"

    def keys(self, change: Change) -> Iterable[Key]:
        """A Service itself; a slice's Service; the Services that select a pod, then or now."""
        resource, namespace = change.key.resource, change.key.namespace
        if resource in ("services", "endpoints"):
            yield Key("services", namespace, change.key.name)
        elif resource == SLICES:
            labels = change.object["metadata"].get("labels") or {}
            if labels.get(MANAGED_BY) == MANAGER:
                yield Key("services", namespace, labels.get(SERVICE_NAME, ""))
        elif resource == "pods":
            states = [state for state in (change.object, change.previous) if state]
            labelled = [(state["metadata"].get("labels") or {}).items() for state in states]
            for service in self.cache.list("services", namespace):
                wanted = (service["spec"].get("selector") or {}).items()
                if wanted and any(wanted <= labels for labels in labelled):
                    yield Key("services", namespace, service["metadata"]["name"])

    async def reconcile(self, key: Key) -> float | None:
        """Bring one Service's slices and Endpoints up to date."""
        service = self.cache.find(key)
        if service is None:
            await self._remove_endpoints(key)
        elif service["spec"].get("selector") and not is_terminating(service):
            pods = self.cache.list("pods", key.namespace)
            await self._write_slices(service, slices(service, pods))
            await self._write_endpoints(service, subsets(service, pods))
        return None

    def _existing(self, service: Json) -> list[Json]:
        meta = service["metadata"]
        found = []
        for held in self.cache.list(SLICES, meta["namespace"]):
            labels = held["metadata"].get("labels") or {}
            ours = labels.get(MANAGED_BY) == MANAGER and not is_terminating(held)
            if ours and labels.get(SERVICE_NAME) == meta["name"]:
                found.append(held)
        return found

    async def _write_slices(self, service: Json, wanted: list[Slice]) -> None:
        existing = self._existing(service)
        labels = slice_labels(service)
        for ports, endpoints in wanted:
            # The slice with the same ports is the one to change; any other will do.
            existing.sort(key=lambda held: (held.get("ports") or []) != ports)
            content = {"ports": ports, "endpoints": endpoints}
            if existing:
                await self._update_slice(existing.pop(0), labels, content)
            else:
                await self._create_slice(service, labels, content)
        for superfluous in existing:
            await self.cluster.delete(_key(superfluous), uid=superfluous["metadata"]["uid"])

    async def _create_slice(self, service: Json, labels: dict[str, str], content: Json) -> None:
        meta = service["metadata"]
        metadata = {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": labels,
            "ownerReferences": [controller_reference(service)],
        }
        await self.cluster.create(
            SLICES,
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": metadata,
                "addressType": "IPv4",
                **content,
            },
        )

    async def _update_slice(self, held: Json, labels: dict[str, str], content: Json) -> None:
        def change(current: Json) -> Json | None:
            same = all((current.get(field) or []) == content[field] for field in content)
            if same and current["metadata"].get("labels") == labels:
                return None
            return {**current, **content, "metadata": {**current["metadata"], "labels": labels}}

        if change(held) is not None:
            await self.cluster.mutate(_key(held), change)

    async def _write_endpoints(self, service: Json, wanted: list[Json]) -> None:
        meta = service["metadata"]
        labels = {**(meta.get("labels") or {}), ENDPOINTS_MANAGED_BY: "endpoint-controller"}
        if service["spec"].get("clusterIP") == "None":
            labels[HEADLESS] = ""
        held = self.cache.get("endpoints", meta["namespace"], meta["name"])
        if held is None:
            named = {"name": meta["name"], "namespace": meta["namespace"], "labels": labels}
            endpoints = {"apiVersion": "v1", "kind": "Endpoints", "metadata": named}
            await self.cluster.create("endpoints", {**endpoints, "subsets": wanted})
            return

        def change(current: Json) -> Json | None:
            same = (current.get("subsets") or []) == wanted
            if same and current["metadata"].get("labels") == labels:
                return None
            metadata = {**current["metadata"], "labels": labels}
            return {**current, "metadata": metadata, "subsets": wanted}

        if change(held) is not None:
            key = Key("endpoints", meta["namespace"], meta["name"])
            await self.cluster.mutate(key, change)

    async def _remove_endpoints(self, service: Key) -> None:
        key = Key("endpoints", service.namespace, service.name)
        held = self.cache.find(key)
        if held is not None:
            labels = held["metadata"].get("labels") or {}
            if labels.get(ENDPOINTS_MANAGED_BY) == "endpoint-controller":
                await self.cluster.delete(key, uid=held["metadata"]["uid"])


def _key(held: Json) -> Key:
    meta = held["metadata"]
    return Key(SLICES, meta["namespace"], meta["name"])
