"""The cost model, driven by its fields."""

from typing import Any

import pytest

from labsupport.base.errors import UsageError
from labsupport.widgets import CostModel


def test_a_price_typed_changes_the_cost_at_once() -> None:
    model = CostModel()
    model.set(services=10, hours=100, load_balancer=1, address=0)
    assert model.load_balancers.load_balancers == 1000
    assert "1000.00" in model.panel.value


def test_the_text_twin_says_what_the_panel_says() -> None:
    model = CostModel()
    model.set(services=20, hours=100, load_balancer=0.5, address=0.25, traffic_price=0)
    total = f"{model.ingress.total:.2f}"
    assert total in model.panel.value
    assert total in model.text()
    assert "costs less from 2 Services on" in model.text()


def test_where_load_balancers_are_free_it_says_so() -> None:
    model = CostModel()
    model.set(load_balancer=0, address=0)
    assert "saves no money" in model.text()


def test_an_unknown_field_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no field 'servers'") as failed:
        CostModel().set(servers=3)
    assert "services" in failed.value.remedy


@pytest.mark.parametrize("value", [-1, "many"])
def test_what_is_no_amount_is_told_and_changes_nothing(value: Any) -> None:
    model = CostModel()
    before = model.text()
    with pytest.raises(UsageError, match="services is a number from 0 to") as caught:
        model.set(services=value)
    assert caught.value.found == repr(value)
    assert model.text() == before


def test_every_field_has_a_label() -> None:
    fields = [each for box in CostModel().view.children for each in getattr(box, "children", ())]
    assert len(fields) == 8
    assert all(field.description for field in fields)
