"""Decoding checks, against a small kind in the dialect Kubernetes publishes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.rules.schema import DefinitionReader, custom_schema
from labsupport.rules.status import StatusError
from labsupport.rules.structure import loads_with_duplicates, structured

PORT = "io.k8s.api.test.v1.PortSpec"
RULE = "io.k8s.api.test.v1.Rule"
SPEC = "io.k8s.api.test.v1.ShopSpec"
SHOP = "io.k8s.api.test.v1.Shop"
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


def _struct(**properties: Json) -> Json:
    return {"type": ["object", "null"], "properties": properties}


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


TEXT: Json = {"type": ["string", "null"]}
TEXT_MAP: Json = {"type": ["object", "null"], "additionalProperties": TEXT}
DEFINITIONS: dict[str, Json] = {
    SHOP: _struct(kind=TEXT, metadata=_ref(META), spec=_ref(SPEC)),
    META: _struct(name=TEXT, labels=TEXT_MAP, created={"type": "string", "format": "date-time"}),
    SPEC: _struct(
        rules={"type": ["array", "null"], "items": _ref(RULE)},
        names={"type": ["array", "null"], "items": {"type": "string"}},
        open={"type": ["boolean", "null"]},
        size=_ref(QUANTITY),
        key={"type": ["string", "null"], "format": "byte"},
        anything={"type": ["object", "null"]},
    ),
    RULE: _struct(host=TEXT, port=_ref(PORT), target=_ref(INT_OR_STRING)),
    PORT: _struct(number={"type": "integer", "format": "int32"}, name=TEXT),
    INT_OR_STRING: {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    QUANTITY: {"oneOf": [{"type": "string"}, {"type": "number"}]},
}
SCHEMA = DefinitionReader(DEFINITIONS).named(SHOP)


def _stored(document: Any, validation: str = "Strict") -> Json:
    return structured(document, SCHEMA, kind="Shop", version="v1", field_validation=validation)[0]


def _refusal(document: Any) -> str:
    with pytest.raises(StatusError) as caught:
        _stored(document)
    assert (caught.value.code, caught.value.reason) == (400, "BadRequest")
    prefix = 'Shop in version "v1" cannot be handled as a Shop: '
    assert caught.value.message.startswith(prefix)
    return caught.value.message.removeprefix(prefix)


@pytest.mark.parametrize(
    ("spec", "go_text"),
    [
        (
            {"rules": [{"port": {"number": "80"}}]},
            "string into Go struct field PortSpec.spec.rules.port.number of type int32",
        ),
        (
            {"rules": [{"port": {"number": 80.5}}]},
            "number 80.5 into Go struct field PortSpec.spec.rules.port.number of type int32",
        ),
        (
            {"rules": [{"port": {"number": 2**31}}]},
            "number 2147483648 into Go struct field PortSpec.spec.rules.port.number of type int32",
        ),
        (
            {"rules": {}},
            "object into Go struct field ShopSpec.spec.rules of type []v1.Rule",
        ),
        (
            {"rules": ["a"]},
            "string into Go struct field ShopSpec.spec.rules of type v1.Rule",
        ),
        (
            {"rules": [{"target": True}]},
            "bool into Go struct field Rule.spec.rules.target of type int32",
        ),
        ({"names": [1]}, "number into Go struct field ShopSpec.spec.names of type string"),
        ({"open": "yes"}, "string into Go struct field ShopSpec.spec.open of type bool"),
        ([], "array into Go struct field Shop.spec of type v1.ShopSpec"),
    ],
)
def test_a_wrong_type_is_refused_in_go_words(spec: Any, go_text: str) -> None:
    assert _refusal({"spec": spec}) == f"json: cannot unmarshal {go_text}"


def test_a_map_value_of_the_wrong_type_names_the_map_only() -> None:
    assert _refusal({"metadata": {"labels": {"app": 1}}}) == (
        "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels "
        "of type string"
    )


def test_a_time_must_be_rfc_3339() -> None:
    assert _refusal({"metadata": {"created": "yesterday"}}).startswith('parsing time "yesterday"')


@pytest.mark.parametrize(
    ("text", "position"), [("a*b=", 1), ("YWI", 0), ("YWJjZGVmZ", 8), ("YWJj*", 4)]
)
def test_bytes_must_be_base64(text: str, position: int) -> None:
    assert _refusal({"spec": {"key": text}}) == f"illegal base64 data at input byte {position}"


def test_a_document_that_is_no_object_is_refused() -> None:
    assert _refusal(["a"]).startswith("json: cannot unmarshal array")


def test_unknown_fields_are_refused_with_their_paths() -> None:
    document = {"spec": {"rules": [{"host": "a"}, {"hots": "b"}], "x": {"y": 1}}}
    assert _refusal(document) == (
        'strict decoding error: unknown field "spec.rules[1].hots", unknown field "spec.x"'
    )


def test_unknown_fields_become_warnings_and_are_not_stored() -> None:
    document = {"spec": {"rules": [{"host": "a", "hots": "b"}]}}
    stored, warnings = structured(
        document, SCHEMA, kind="Shop", version="v1", field_validation="Warn"
    )
    assert stored == {"spec": {"rules": [{"host": "a"}]}}
    assert warnings == ['unknown field "spec.rules[0].hots"']


def test_unknown_fields_are_dropped_without_a_word_when_ignored() -> None:
    stored = structured({"foo": 1}, SCHEMA, kind="Shop", version="v1", field_validation="Ignore")
    assert stored == ({}, [])


def test_what_may_be_anything_keeps_everything() -> None:
    document = {"spec": {"anything": {"a": [None, {"b": 1}]}}}
    assert _stored(document) == document


def test_nulls_mean_absent_and_zero_inside_lists_and_maps() -> None:
    document = {
        "metadata": {"name": None, "labels": {"a": None}},
        "spec": {"names": ["x", None], "rules": [None]},
    }
    assert _stored(document) == {
        "metadata": {"labels": {"a": ""}},
        "spec": {"names": ["x", ""], "rules": [{}]},
    }


@pytest.mark.parametrize(
    ("given_size", "stored"), [(2, "2"), (0.5, "500m"), ("64Mi", "64Mi"), (1.0, "1")]
)
def test_a_quantity_is_stored_as_text(given_size: Any, stored: str) -> None:
    assert _stored({"spec": {"size": given_size}}) == {"spec": {"size": stored}}


def test_empty_lists_and_maps_are_left_out_but_no_structs() -> None:
    document = {"metadata": {"labels": {}}, "spec": {"rules": [], "names": []}}
    assert _stored(document) == {"metadata": {}, "spec": {}}


def test_a_malformed_quantity_is_refused() -> None:
    assert "quantities must match the regular expression" in _refusal({"spec": {"size": "1Qi"}})


def test_duplicate_fields_are_found_with_their_paths() -> None:
    body = '{"spec": {"rules": [{"host": "a", "host": "b", "host": "c"}]}, "spec2": 1, "spec2": 2}'
    value, duplicates = loads_with_duplicates(body)
    assert value["spec"]["rules"][0]["host"] == "c"
    assert duplicates == ["spec.rules[0].host", "spec.rules[0].host", "spec2"]


def test_duplicate_fields_are_refused_when_strict() -> None:
    value, duplicates = loads_with_duplicates('{"kind": "Shop", "kind": "Shop"}')
    with pytest.raises(StatusError, match='strict decoding error: duplicate field "kind"'):
        structured(value, SCHEMA, kind="Shop", version="v1", duplicates=duplicates)


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b'{"a": NaN}', b'{"a": 1e999}', b"[" * 99999])
def test_a_body_that_is_no_json_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(StatusError) as caught:
        loads_with_duplicates(body)
    assert caught.value.code == 400


def test_half_a_surrogate_pair_is_replaced() -> None:
    value, _ = loads_with_duplicates(r'{"a": "x\ud800y", "b": "\ud83d\ude00"}')
    assert value == {"a": "x\ufffdy", "b": "\U0001f600"}


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_any_json_is_decoded_or_refused_and_decoding_again_changes_nothing(value: Any) -> None:
    try:
        once = _stored({"spec": value}, "Ignore")
    except StatusError:
        return
    assert _stored(once, "Strict") == once


@given(JSON_VALUES)
def test_loading_agrees_with_plain_json(value: Any) -> None:
    assert loads_with_duplicates(json.dumps(value)) == (json.loads(json.dumps(value)), [])


CUSTOM = custom_schema(
    {
        "properties": {
            "spec": {
                "type": "object",
                "properties": {"size": {"type": "integer"}},
            },
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        }
    },
    SCHEMA.properties["metadata"],
)


def _custom(document: Json, validation: str) -> tuple[Json, list[str]]:
    return structured(document, CUSTOM, kind="Thing", version="v1", field_validation=validation)


def test_a_custom_kind_is_pruned_except_where_it_preserves() -> None:
    stored, warnings = _custom({"spec": {"size": 1, "x": 1}, "free": {"y": {"z": 1}}}, "Warn")
    assert stored == {"spec": {"size": 1}, "free": {"y": {"z": 1}}}
    assert warnings == ['unknown field "spec.x"']


def test_a_wrong_type_in_a_custom_kind_is_left_to_validation() -> None:
    assert _custom({"spec": {"size": "big"}}, "Strict")[0] == {"spec": {"size": "big"}}


def test_the_metadata_of_a_custom_kind_must_decode() -> None:
    with pytest.raises(StatusError, match=r"ObjectMeta\.metadata\.labels of type map"):
        _custom({"metadata": {"labels": "x"}}, "Strict")
