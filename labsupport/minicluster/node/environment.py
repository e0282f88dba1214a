"""The environment variables of a container, in Kubernetes' order and words."""

import re
from collections.abc import Iterable, Mapping

from labsupport.base.types import Json
from labsupport.minicluster.node.expansion import MountPaths, expanded
from labsupport.minicluster.node.fields import PodFacts, field_value, resource_value
from labsupport.minicluster.node.network import Network
from labsupport.minicluster.node.payloads import SourceMissing, Sources, entries

_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


def service_variables(services: Iterable[Json], network: Network) -> dict[str, str]:
    """`{NAME}_SERVICE_HOST`, `_SERVICE_PORT` and the docker-link style ones, of each Service.

    Ports are those really listened on (see `Network.bound_port`), so that a pod can connect.
    """
    variables: dict[str, str] = {}
    for service in services:
        address = service["spec"].get("clusterIP") or "None"
        ports = service["spec"].get("ports") or []
        if address == "None" or not ports:
            continue
        name = service["metadata"]["name"].upper().replace("-", "_")
        first = network.bound_port(ports[0]["port"])
        variables[f"{name}_SERVICE_HOST"] = address
        variables[f"{name}_SERVICE_PORT"] = str(first)
        variables[f"{name}_PORT"] = f"tcp://{address}:{first}"
        for port in ports:
            number, protocol = network.bound_port(port["port"]), port.get("protocol", "TCP")
            if port.get("name"):
                label = port["name"].upper().replace("-", "_")
                variables[f"{name}_SERVICE_PORT_{label}"] = str(number)
            link = f"{name}_PORT_{port['port']}_{protocol}"
            variables[link] = f"{protocol.lower()}://{address}:{number}"
            variables[f"{link}_PROTO"] = protocol.lower()
            variables[f"{link}_PORT"] = str(number)
            variables[f"{link}_ADDR"] = address
    return variables


def container_variables(
    container: Json,
    pod: Json,
    facts: PodFacts,
    sources: Sources,
    mounts: MountPaths,
    services: Mapping[str, str],
) -> dict[str, str]:
    """What `envFrom` and `env` make, over the Services' variables, with `$(VAR)` resolved.

    SourceMissing when a ConfigMap, Secret or key is needed and not there.
    """
    variables = dict(services)
    for source in container.get("envFrom") or ():
        variables |= _from_object(source, sources)
    for entry in container.get("env") or ():
        if "valueFrom" in entry:
            value = _value_from(entry["valueFrom"], container, pod, facts, sources)
            if value is None:
                continue
            variables[entry["name"]] = mounts.rewritten(value)
        else:
            text = mounts.rewritten(entry.get("value") or "")
            variables[entry["name"]] = expanded(text, variables)
    return variables


def _from_object(source: Json, sources: Sources) -> dict[str, str]:
    kind, reference = (
        ("configmap", source["configMapRef"])
        if "configMapRef" in source
        else ("secret", source["secretRef"])
    )
    obj = _found(kind, reference, sources)
    prefix = source.get("prefix", "")
    named = {f"{prefix}{key}": value for key, value in entries(obj).items()} if obj else {}
    return {name: value.decode() for name, value in named.items() if _NAME.fullmatch(name)}


def _value_from(
    source: Json, container: Json, pod: Json, facts: PodFacts, sources: Sources
) -> str | None:
    if "fieldRef" in source:
        return field_value(pod, source["fieldRef"]["fieldPath"], facts)
    if "resourceFieldRef" in source:
        return resource_value(pod, container, source["resourceFieldRef"], facts)
    kind, reference = (
        ("configmap", source["configMapKeyRef"])
        if "configMapKeyRef" in source
        else ("secret", source["secretKeyRef"])
    )
    obj = _found(kind, reference, sources)
    data = entries(obj) if obj else {}
    if reference["key"] in data:
        return data[reference["key"]].decode()
    if reference.get("optional"):
        return None
    namespace, name = pod["metadata"]["namespace"], reference.get("name", "")
    words = {"configmap": "ConfigMap", "secret": "Secret"}[kind]
    raise SourceMissing(f"couldn't find key {reference['key']} in {words} {namespace}/{name}")


def _found(kind: str, reference: Json, sources: Sources) -> Json | None:
    find = sources.config_map if kind == "configmap" else sources.secret
    obj = find(reference.get("name", ""))
    if obj is None and not reference.get("optional"):
        raise SourceMissing(f'{kind} "{reference.get("name", "")}" not found')
    return obj
