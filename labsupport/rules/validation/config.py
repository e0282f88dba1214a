"""ConfigMaps and Secrets."""

import base64
import binascii

from labsupport.base.types import Json
from labsupport.rules.formats import config_key
from labsupport.rules.validation.field import (
    FieldError,
    each_invalid,
    forbidden,
    immutable,
    invalid_value,
    required,
    too_long,
)

SIZE_LIMIT = 1024 * 1024
_SERVICE_ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name"
# The keys that a Secret of each type must have.
_KEYS_OF_TYPE = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
}


def config_map_errors(config_map: Json) -> list[FieldError]:
    """What is wrong with a ConfigMap, its metadata apart: keys, and 1 MiB in all."""
    text, binary = config_map.get("data") or {}, config_map.get("binaryData") or {}
    errors: list[FieldError] = []
    size = sum(len(value.encode()) for value in text.values())
    for key in text:
        errors += each_invalid(f"data[{key}]", key, config_key(key))
        if key in binary:
            why = "duplicate of key present in binaryData"
            errors.append(invalid_value(f"data[{key}]", key, why))
    for key, value in binary.items():
        errors += each_invalid(f"binaryData[{key}]", key, config_key(key))
        size += _decoded_size(value)
    if size > SIZE_LIMIT:
        # The field is an empty path, which upstream prints as "[]".
        errors.append(too_long("[]", SIZE_LIMIT))
    return errors


def secret_errors(secret: Json) -> list[FieldError]:
    """What is wrong with a Secret, its metadata apart: keys, size, and what its type needs."""
    data = secret.get("data") or {}
    errors: list[FieldError] = []
    for key in data:
        errors += each_invalid(f"data[{key}]", key, config_key(key))
    if sum(map(_decoded_size, data.values())) > SIZE_LIMIT:
        errors.append(too_long("data", SIZE_LIMIT))
    kind = secret.get("type") or ""
    if kind == "kubernetes.io/service-account-token":
        annotations = secret.get("metadata", {}).get("annotations") or {}
        if not annotations.get(_SERVICE_ACCOUNT_ANNOTATION):
            errors.append(required(f"metadata.annotations[{_SERVICE_ACCOUNT_ANNOTATION}]"))
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & data.keys():
        errors += [required("data[username]"), required("data[password]")]
    errors += [required(f"data[{key}]") for key in _KEYS_OF_TYPE.get(kind, ()) if key not in data]
    return errors


def config_update_errors(new: Json, old: Json) -> list[FieldError]:
    """What an object marked `immutable`, and the type of any Secret, forbid to change."""
    errors = immutable("type", new.get("type"), old.get("type"))
    if old.get("immutable"):
        why = "field is immutable when `immutable` is set"
        if not new.get("immutable"):
            errors.append(forbidden("immutable", why))
        errors += [
            forbidden(name, why)
            for name in ("data", "binaryData")
            if (new.get(name) or {}) != (old.get(name) or {})
        ]
    return errors


def _decoded_size(value: str) -> int:
    try:
        return len(base64.b64decode(value or ""))
    except binascii.Error:
        return len(value)  # not base64: refused as malformed before rules are asked
