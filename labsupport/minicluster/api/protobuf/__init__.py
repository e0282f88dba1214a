"""Protobuf bodies, read only: the form in which Go clients write the built-in kinds.

Since client-go 0.32 its typed clients (ingress controllers' status writes, `kubectl create
configmap`, leader election) send nothing else; they take JSON as an answer. What lives here knows
the envelope, the wire format and a table of messages; what a kind means is not its business.
"""

from labsupport.base.types import Json
from labsupport.minicluster.api.protobuf.messages import message, table
from labsupport.minicluster.api.protobuf.wire import Malformed, as_bytes, as_text, fields
from labsupport.rules.status import bad_request, unsupported_media_type

CONTENT_TYPE = "application/vnd.kubernetes.protobuf"

_MAGIC = b"k8s\x00"
_DELETE_OPTIONS = "meta/v1.DeleteOptions"


def decoded(body: bytes) -> Json:
    """The object in a protobuf body, as its JSON form.

    The envelope is `k8s\\0` and a `runtime.Unknown`: {1: {1 apiVersion, 2 kind}, 2: the object}.
    Raises StatusError: 400 when the bytes are malformed, 415 for a kind that is not known here
    (ask for JSON).
    """
    if not body.startswith(_MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message")
    try:
        unknown = dict(fields(body[len(_MAGIC) :]))
        type_meta = dict(fields(as_bytes(unknown.get(1, b""))))
        api_version, kind = as_text(type_meta.get(1, b"")), as_text(type_meta.get(2, b""))
        name = _message_name(api_version, kind)
        if name not in table():
            raise unsupported_media_type(["application/json", "application/yaml"])
        return {"apiVersion": api_version, "kind": kind} | message(
            as_bytes(unknown.get(2, b"")), name
        )
    except (Malformed, RecursionError) as error:
        raise bad_request(f"the protobuf body cannot be decoded: {error}") from None


def _message_name(api_version: str, kind: str) -> str:
    """`networking.k8s.io/v1` and `Ingress` -> `networking/v1.Ingress`."""
    if kind == "DeleteOptions":  # sent under every group's version
        return _DELETE_OPTIONS
    group, _, version = api_version.rpartition("/")
    package = group.partition(".")[0] or "core"
    return f"{package}/{version}.{kind}"
