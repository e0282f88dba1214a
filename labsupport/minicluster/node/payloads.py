"""What is in a volume: ConfigMaps, Secrets and the downward API as files. Pure."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labsupport.base.types import Json

DEFAULT_MODE = 0o644
OFFERED = ("configMap", "downwardAPI", "emptyDir", "projected", "secret")


class SourceMissing(Exception):
    """A volume or variable refers to something that isn't there (yet); says what."""


@dataclass(frozen=True)
class File:
    """One file of a volume."""

    content: bytes
    mode: int


Payload = dict[str, File]
"""Files by their path inside the volume."""


@dataclass(frozen=True)
class Sources:
    """Where volumes and variables come from, seen from one pod's namespace.

    `token` makes a ServiceAccount token for a projected volume; `field` is the downward API:
    a volume item (fieldRef or resourceFieldRef) to its text.
    """

    config_map: Callable[[str], Json | None]
    secret: Callable[[str], Json | None]
    token: Callable[[], str]
    field: Callable[[Json], str]


def entries(obj: Json) -> dict[str, bytes]:
    """The data of a ConfigMap or Secret by key."""
    encoded = {name: base64.b64decode(value) for name, value in (_encoded(obj) or {}).items()}
    if obj["kind"] == "Secret":
        return encoded
    return {name: text.encode() for name, text in (obj.get("data") or {}).items()} | encoded


def _encoded(obj: Json) -> Mapping[str, str] | None:
    return obj.get("data") if obj["kind"] == "Secret" else obj.get("binaryData")


def payload(volume: Json, sources: Sources) -> Payload:
    """The files of a volume of spec.volumes; SourceMissing, saying what, when they can't be had."""
    if "configMap" in volume:
        return _keyed(volume["configMap"], "configmap", sources)
    if "secret" in volume:
        secret = {**volume["secret"], "name": volume["secret"].get("secretName", "")}
        return _keyed(secret, "secret", sources)
    if "downwardAPI" in volume:
        return _downward(volume["downwardAPI"], sources)
    if "projected" in volume:
        return _projected(volume["projected"], sources)
    if "emptyDir" in volume:
        return {}
    kind = next((name for name in volume if name != "name"), "unknown")
    raise SourceMissing(
        f'volume "{volume["name"]}" is of type {kind}, which the embedded cluster does not '
        f"offer: it has {', '.join(OFFERED)}"
    )


def _keyed(source: Json, kind: str, sources: Sources, mode: int | None = None) -> Payload:
    """Files from a ConfigMap or Secret: all keys, or those of `items` under their paths."""
    find = sources.config_map if kind == "configmap" else sources.secret
    obj = find(source.get("name", ""))
    optional = source.get("optional", False)
    if obj is None:
        if optional:
            return {}
        raise SourceMissing(f'{kind} "{source.get("name", "")}" not found')
    data = entries(obj)
    default = source.get("defaultMode", mode if mode is not None else DEFAULT_MODE)
    if not source.get("items"):
        return {name: File(content, default) for name, content in data.items()}
    files = {}
    for item in source["items"]:
        if item["key"] in data:
            files[item["path"]] = File(data[item["key"]], item.get("mode", default))
        elif not optional:
            raise SourceMissing(f"references non-existent {kind} key: {item['key']}")
    return files


def _downward(source: Json, sources: Sources, mode: int | None = None) -> Payload:
    default = source.get("defaultMode", mode if mode is not None else DEFAULT_MODE)
    return {
        item["path"]: File(sources.field(item).encode(), item.get("mode", default))
        for item in source.get("items") or ()
    }


def _projected(source: Json, sources: Sources) -> Payload:
    mode = source.get("defaultMode", DEFAULT_MODE)
    files: Payload = {}
    for part in source.get("sources") or ():
        if "configMap" in part:
            files |= _keyed(part["configMap"], "configmap", sources, mode)
        if "secret" in part:
            files |= _keyed(part["secret"], "secret", sources, mode)
        if "downwardAPI" in part:
            files |= _downward(part["downwardAPI"], sources, mode)
        if "serviceAccountToken" in part:
            path = part["serviceAccountToken"]["path"]
            files[path] = File(sources.token().encode(), 0o600)
    return files
