"""The addresses that LoadBalancer Services may get, as text: ranges, as in a MetalLB pool."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network


class PoolError(ValueError):
    """The text is no pool of addresses; says why."""


@dataclass(frozen=True)
class AddressPool:
    """Ranges of addresses, each `(first, last)`, both included, in the order of giving out."""

    ranges: tuple[tuple[IPv4Address, IPv4Address], ...]

    def __iter__(self) -> Iterator[str]:
        """Each address; never one that ends in .0 or .255, which some clients avoid."""
        for first, last in self.ranges:
            for number in range(int(first), int(last) + 1):
                if number % 256 not in (0, 255):
                    yield str(IPv4Address(number))

    def __contains__(self, address: str) -> bool:
        return any(address == each for each in self)


def whole_pool(network: str) -> AddressPool:
    """All that the network `127.N` has for load balancers: 127.N.192.1 to 127.N.223.254."""
    outer = _outer(network)
    return AddressPool(((outer[0], outer[-1]),))


def pool_of(text: str, network: str) -> AddressPool:
    """The pool that `text` describes: `FIRST-LAST` or single addresses, by commas or lines.

    PoolError unless all of it is inside 127.N.192.0/19; the empty text is a pool without any.
    """
    words = [word.strip() for word in text.replace("\n", ",").split(",")]
    return AddressPool(tuple(_range(word, _outer(network)) for word in words if word))


def pool_text(network: str, size: int) -> str:
    """The first `size` addresses of the network, as text for `pool_of`."""
    addresses = [address for address, _ in zip(whole_pool(network), range(size), strict=False)]
    ends = dict.fromkeys([addresses[0], addresses[-1]]) if addresses else ()
    return "-".join(map(str, ends))


def _range(word: str, outer: IPv4Network) -> tuple[IPv4Address, IPv4Address]:
    first, dash, last = (part.strip() for part in word.partition("-"))
    try:
        bounds = IPv4Address(first), IPv4Address(last if dash else first)
    except ValueError as error:
        raise PoolError(f"{word!r} is no range of addresses: {error}") from None
    if bounds[0] > bounds[1]:
        raise PoolError(f"{word!r} ends before it begins")
    if not all(bound in outer for bound in bounds):
        raise PoolError(f"{word!r} is outside {outer}")
    return bounds


def _outer(network: str) -> IPv4Network:
    return IPv4Network(f"{network}.192.0/19")
