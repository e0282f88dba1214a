"""Field errors and the 422 answer, word for word."""

import pytest

from labsupport.rules.validation.field import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    invalid_value,
    not_found,
    not_supported,
    required,
    too_long,
    too_many,
)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (required("spec.a"), "spec.a: Required value"),
        (required("spec.a", "say it"), "spec.a: Required value: say it"),
        (forbidden("spec.a", "never"), "spec.a: Forbidden: never"),
        (too_long("spec.a", 250), "spec.a: Too long: may not be more than 250 bytes"),
        (too_many("spec.a", 9, 8), "spec.a: Too many: 9: must have at most 8 items"),
        (invalid_value("spec.a", "x", "bad"), 'spec.a: Invalid value: "x": bad'),
        (invalid_value("spec.a", 'q"\n', "bad"), 'spec.a: Invalid value: "q\\"\\n": bad'),
        (invalid_value("spec.a", 7, "bad"), "spec.a: Invalid value: 7: bad"),
        (invalid_value("spec.a", True, "bad"), "spec.a: Invalid value: true: bad"),
        (invalid_value("spec.a", None, "bad"), "spec.a: Invalid value: null: bad"),
        (invalid_value("spec.a", [], "bad"), "spec.a: Invalid value: []: bad"),
        (invalid_value("spec.a", {"b": 1}, "bad"), 'spec.a: Invalid value: {"b":1}: bad'),
        (duplicate("spec.a", "x"), 'spec.a: Duplicate value: "x"'),
        (not_found("spec.a", "x"), 'spec.a: Not found: "x"'),
        (
            not_supported("spec.a", "x", ("A", "B")),
            'spec.a: Unsupported value: "x": supported values: "A", "B"',
        ),
    ],
)
def test_an_error_reads_as_the_api_server_words_it(error: FieldError, message: str) -> None:
    assert str(error) == message


def test_one_error_stands_without_brackets() -> None:
    status = invalid("networking.k8s.io", "Ingress", "x", [required("spec.a")])
    assert status.message == 'Ingress.networking.k8s.io "x" is invalid: spec.a: Required value'


def test_several_errors_stand_in_brackets_and_equal_ones_once() -> None:
    errors = [required("spec.a"), required("spec.a"), required("spec.b")]
    status = invalid("", "Service", "x", errors)
    expected = 'Service "x" is invalid: [spec.a: Required value, spec.b: Required value]'
    assert status.message == expected


def test_the_answer_is_a_422_with_a_cause_for_each_error() -> None:
    status = invalid("apps", "Deployment", "x", [required("spec.a", "say it")]).to_json()
    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert status["details"] == {
        "group": "apps",
        "kind": "Deployment",
        "name": "x",
        "causes": [
            {
                "reason": "FieldValueRequired",
                "message": "Required value: say it",
                "field": "spec.a",
            }
        ],
    }
