"""Pools of load balancer addresses, as text."""

import pytest

from labsupport.rules.address_pool import PoolError, pool_of, pool_text, whole_pool

NETWORK = "127.77"


def test_a_range_has_both_its_ends() -> None:
    pool = pool_of("127.77.192.3-127.77.192.5", NETWORK)
    assert list(pool) == ["127.77.192.3", "127.77.192.4", "127.77.192.5"]


def test_ranges_and_single_addresses_stand_by_commas_or_lines() -> None:
    text = "127.77.200.9,\n 127.77.192.1 - 127.77.192.2\n"
    assert list(pool_of(text, NETWORK)) == ["127.77.200.9", "127.77.192.1", "127.77.192.2"]


def test_the_empty_text_is_a_pool_without_addresses() -> None:
    assert list(pool_of(" \n", NETWORK)) == []


def test_addresses_that_look_like_a_networks_own_are_never_given() -> None:
    pool = pool_of("127.77.192.254-127.77.193.1", NETWORK)
    assert list(pool) == ["127.77.192.254", "127.77.193.1"]


def test_without_a_limit_all_of_the_network_is_there() -> None:
    whole = list(whole_pool(NETWORK))
    assert (whole[0], whole[-1], len(whole)) == ("127.77.192.1", "127.77.223.254", 32 * 254)


@pytest.mark.parametrize("size", [0, 1, 3, 300])
def test_the_text_for_a_size_describes_that_many(size: int) -> None:
    assert len(list(pool_of(pool_text(NETWORK, size), NETWORK))) == size


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("127.77.192.x", "no range"),
        ("127.77.192.9-127.77.192.1", "ends before it begins"),
        ("127.77.64.1", "outside 127.77.192.0/19"),
        ("127.77.192.1-127.77.224.1", "outside"),
    ],
)
def test_what_is_no_pool_says_why(text: str, why: str) -> None:
    with pytest.raises(PoolError, match=why):
        pool_of(text, NETWORK)
