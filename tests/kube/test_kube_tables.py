"""Tables as `kubectl get` prints them."""

from typing import Any

from labsupport.kube.tables import Table

SERVED: dict[str, Any] = {
    "columnDefinitions": [
        {"name": "Name"},
        {"name": "Hosts"},
        {"name": "Age"},
        {"name": "Node", "priority": 1},
    ],
    "rows": [
        {
            "cells": ["quote", "<b>", "3s", "lab-node"],
            "object": {"metadata": {"name": "quote", "namespace": "default"}},
        },
        {
            "cells": ["kiada", None, "4s", "lab-node"],
            "object": {"metadata": {"name": "kiada", "namespace": "default"}},
        },
    ],
}


def test_rows_are_sorted_and_age_left_out() -> None:
    table = Table.from_server(SERVED, namespaces=False, wide=False, age=False)
    assert str(table) == "NAME    HOSTS\nkiada\nquote   <b>"


def test_wide_age_and_namespaces_can_be_had() -> None:
    table = Table.from_server(SERVED, namespaces=True, wide=True, age=True)
    assert table.columns == ["NAMESPACE", "NAME", "HOSTS", "AGE", "NODE"]
    assert table.rows[1] == ["default", "quote", "<b>", "3s", "lab-node"]


def test_a_notebook_gets_text_and_safe_html() -> None:
    bundle = Table.from_server(SERVED, namespaces=False, wide=False, age=False)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("NAME")
    assert "&lt;b&gt;" in bundle["text/html"]


def test_no_rows_say_so() -> None:
    assert str(Table(["NAME"], [])) == "No resources found"
