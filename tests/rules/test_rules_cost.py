"""Load balancers against an Ingress, in money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.rules.cost import (
    Prices,
    Usage,
    break_even,
    cost_of_ingress,
    cost_of_load_balancers,
)

PRICES = Prices(load_balancer=2, address=1, traffic=0.5, proxy=4)


def test_each_load_balancer_has_an_address_and_both_are_paid_by_the_hour() -> None:
    cost = cost_of_load_balancers(Usage(services=3, traffic=10, proxies=2, hours=100), PRICES)
    assert (cost.addresses, cost.load_balancers, cost.public_ips) == (3, 600, 300)
    assert (cost.traffic, cost.proxies, cost.total) == (5, 0, 905)


def test_an_ingress_takes_one_of_each_and_its_proxies() -> None:
    cost = cost_of_ingress(Usage(services=3, traffic=10, proxies=2, hours=100), PRICES)
    assert (cost.addresses, cost.load_balancers, cost.public_ips) == (1, 200, 100)
    assert (cost.traffic, cost.proxies, cost.total) == (5, 800, 1105)


def test_nothing_run_costs_nothing() -> None:
    usage = Usage(services=0)
    assert cost_of_ingress(usage, PRICES).total == cost_of_load_balancers(usage, PRICES).total == 0


def test_where_load_balancers_are_free_an_ingress_never_costs_less() -> None:
    assert break_even(Usage(), Prices(load_balancer=0, address=0)) is None


whole_prices = st.integers(1, 50).map(float)


@given(whole_prices, whole_prices, whole_prices, st.integers(0, 20))
def test_an_ingress_costs_less_from_the_break_even_on_and_not_before(
    load_balancer: float, address: float, proxy: float, proxies: int
) -> None:
    prices = Prices(load_balancer, address, 1.0, proxy)
    needed = break_even(Usage(proxies=proxies), prices)
    assert needed is not None

    def saves(services: int) -> bool:
        usage = Usage(services=services, proxies=proxies, hours=1)
        return cost_of_ingress(usage, prices).total < cost_of_load_balancers(usage, prices).total

    assert saves(needed)
    assert not saves(needed - 1)


def test_the_traffic_is_paid_alike_on_both_ways() -> None:
    usage = Usage(traffic=1000)
    both = cost_of_ingress(usage, PRICES), cost_of_load_balancers(usage, PRICES)
    assert [cost.traffic for cost in both] == [pytest.approx(500)] * 2
