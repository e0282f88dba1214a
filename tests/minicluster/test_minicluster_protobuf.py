"""Protobuf bodies, written by an encoder of the tests' own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.minicluster.api.protobuf import decoded
from labsupport.rules.status import StatusError


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _wire(*fields: tuple[int, Any]) -> bytes:
    """A message: each field a number with an int, a bool, text, bytes, or None for absent."""
    out = b""
    for number, value in fields:
        if value is None:
            continue
        if isinstance(value, int):
            out += _varint(number << 3) + _varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += _varint(number << 3 | 2) + _varint(len(data)) + data
    return out


def _envelope(
    raw: bytes, api_version: str = "networking.k8s.io/v1", kind: str = "Ingress"
) -> bytes:
    return b"k8s\x00" + _wire((1, _wire((1, api_version), (2, kind))), (2, raw), (3, ""), (4, ""))


def _backend(backend: Json) -> bytes:
    service, resource = backend.get("service"), backend.get("resource")
    return _wire(
        (3, resource and _wire((1, resource.get("apiGroup")), (2, resource["kind"]), (3, "r"))),
        (
            4,
            service
            and _wire(
                (1, service["name"]),
                (
                    2,
                    _wire(
                        (1, service["port"].get("name", "")), (2, service["port"].get("number", 0))
                    ),
                ),
            ),
        ),
    )


def _rule(rule: Json) -> bytes:
    paths = [
        (1, _wire((1, path.get("path", "")), (2, _backend(path["backend"])), (3, path["pathType"])))
        for path in rule["http"]["paths"]
    ]
    return _wire((1, rule.get("host", "")), (2, _wire((1, _wire(*paths)))))


def _ingress(obj: Json) -> bytes:
    meta, spec = obj["metadata"], obj["spec"]
    entries = [(11, _wire((1, k), (2, v))) for k, v in meta.get("labels", {}).items()]
    metadata = _wire(
        (1, meta["name"]),
        (2, ""),
        (3, meta["namespace"]),
        (6, "42"),
        (7, meta["generation"]),
        *entries,
    )
    points = [
        (1, _wire((1, point.get("ip", "")), (2, point.get("hostname", ""))))
        for point in obj["status"]["loadBalancer"]["ingress"]
    ]
    rules = [(3, _rule(rule)) for rule in spec["rules"]]
    return _wire(
        (1, metadata),
        (2, _wire(*rules, (4, spec.get("ingressClassName")))),
        (3, _wire((1, _wire(*points)))),
    )


TEXT = st.text(min_size=1, max_size=8)
BACKENDS = st.fixed_dictionaries(
    {
        "service": st.fixed_dictionaries(
            {
                "name": TEXT,
                "port": st.fixed_dictionaries({"number": st.integers(1, 65535)})
                | st.fixed_dictionaries({"name": TEXT}),
            }
        )
    }
) | st.fixed_dictionaries(
    {
        "resource": st.fixed_dictionaries(
            {"kind": TEXT, "name": st.just("r")}, optional={"apiGroup": st.text(max_size=3)}
        )
    }
)
PATHS = st.fixed_dictionaries({"pathType": TEXT, "backend": BACKENDS}, optional={"path": TEXT})
RULES = st.fixed_dictionaries(
    {"http": st.fixed_dictionaries({"paths": st.lists(PATHS, min_size=1, max_size=3)})},
    optional={"host": TEXT},
)
POINTS = st.fixed_dictionaries({"ip": TEXT}) | st.fixed_dictionaries({"hostname": TEXT})
INGRESSES = st.fixed_dictionaries(
    {
        "apiVersion": st.just("networking.k8s.io/v1"),
        "kind": st.just("Ingress"),
        "metadata": st.fixed_dictionaries(
            {
                "name": TEXT,
                "namespace": TEXT,
                "resourceVersion": st.just("42"),
                "generation": st.integers(1, 2**40),
            },
            optional={"labels": st.dictionaries(TEXT, st.text(max_size=3), min_size=1)},
        ),
        "spec": st.fixed_dictionaries(
            {"rules": st.lists(RULES, min_size=1, max_size=3)},
            optional={"ingressClassName": st.text(max_size=3)},
        ),
        "status": st.fixed_dictionaries(
            {
                "loadBalancer": st.fixed_dictionaries(
                    {"ingress": st.lists(POINTS, min_size=1, max_size=3)}
                )
            }
        ),
    }
)


@given(INGRESSES)
def test_an_encoded_ingress_is_decoded_again(ingress: Json) -> None:
    assert decoded(_envelope(_ingress(ingress))) == ingress


def test_times_are_rfc_3339_and_the_zero_time_is_absent() -> None:
    seconds = 1_700_000_000
    raw = _wire((1, _wire((8, _wire((1, seconds), (2, 0))), (9, b""))))
    assert decoded(_envelope(raw))["metadata"] == {"creationTimestamp": "2023-11-14T22:13:20Z"}


def test_unknown_fields_are_skipped() -> None:
    raw = _wire((1, _wire((1, "x"), (17, b"managed"), (99, 5)))) + _varint(90 << 3 | 1) + bytes(8)
    assert decoded(_envelope(raw))["metadata"] == {"name": "x"}


def _refusal_code(body: bytes) -> int | None:
    """The code that `body` is refused with; None when it is accepted."""
    try:
        decoded(body)
    except StatusError as refusal:
        return refusal.code
    return None


@given(st.binary(max_size=60))
def test_garbage_is_a_bad_request_never_a_crash(garbage: bytes) -> None:
    assert _refusal_code(_envelope(garbage)) in (None, 400)


@given(INGRESSES, st.integers(0, 400))
def test_a_cut_body_is_refused_or_shorter_never_a_crash(ingress: Json, size: int) -> None:
    assert _refusal_code(_envelope(_ingress(ingress))[:size]) in (None, 400, 415)


def test_a_kind_that_is_not_served_is_asked_for_in_json() -> None:
    with pytest.raises(StatusError) as caught:
        decoded(_envelope(b"", "batch/v1", "Job"))
    assert caught.value.code == 415


def test_a_body_without_the_magic_is_a_bad_request() -> None:
    with pytest.raises(StatusError) as caught:
        decoded(b"{}")
    assert caught.value.code == 400


def test_maps_bytes_and_quantities_have_their_json_form() -> None:
    entry = _wire((1, "key"), (2, b"\x00\xff"))
    secret = decoded(_envelope(_wire((2, entry), (3, "Opaque")), "v1", "Secret"))
    assert secret == {
        "apiVersion": "v1",
        "kind": "Secret",
        "data": {"key": "AP8="},
        "type": "Opaque",
    }
    limits = _wire((1, "cpu"), (2, _wire((1, "500m"))))
    container = _wire((1, "main"), (8, _wire((1, limits))))
    pod = decoded(_envelope(_wire((2, _wire((2, container)))), "v1", "Pod"))
    assert pod["spec"]["containers"] == [{"name": "main", "resources": {"limits": {"cpu": "500m"}}}]


def test_a_port_is_a_number_or_a_name() -> None:
    number = _wire((1, "a"), (4, _wire((1, 0), (2, 8080), (3, ""))))
    name = _wire((1, "b"), (4, _wire((1, 1), (2, 0), (3, "http"))))
    service = decoded(_envelope(_wire((2, _wire((1, number), (1, name)))), "v1", "Service"))
    assert [port["targetPort"] for port in service["spec"]["ports"]] == [8080, "http"]


def test_structs_that_json_flattens_are_flattened() -> None:
    probe = _wire((1, _wire((2, _wire((1, "/healthz"))))), (2, 5))
    container = _wire((1, "main"), (11, probe))
    pod = decoded(_envelope(_wire((2, _wire((2, container)))), "v1", "Pod"))
    assert pod["spec"]["containers"][0]["readinessProbe"] == {
        "httpGet": {"path": "/healthz"},
        "initialDelaySeconds": 5,
    }


def test_an_empty_value_is_kept_only_behind_a_pointer() -> None:
    deployment = decoded(_envelope(_wire((2, _wire((1, 0), (5, 0)))), "apps/v1", "Deployment"))
    assert deployment["spec"] == {"replicas": 0}


def test_delete_options_come_under_any_version() -> None:
    options = decoded(_envelope(_wire((1, 0), (4, "Foreground")), "apps/v1", "DeleteOptions"))
    assert (options["gracePeriodSeconds"], options["propagationPolicy"]) == (0, "Foreground")


def test_a_lease_is_renewed_to_the_microsecond() -> None:
    time = _wire((1, 1_700_000_000), (2, 123_456_000))
    lease = decoded(_envelope(_wire((2, _wire((4, time)))), "coordination.k8s.io/v1", "Lease"))
    assert lease["spec"] == {"renewTime": "2023-11-14T22:13:20.123456Z"}
