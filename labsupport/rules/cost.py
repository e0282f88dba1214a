"""What addresses cost: a load balancer for each Service, or one for an Ingress of all.

Every price is the learner's own input. The defaults are round numbers to play with, of no vendor.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prices:
    """Prices in one currency, whichever.

    `load_balancer` is for each hour that one exists, `address` for each hour of its public IP,
    `traffic` for each GB it passes on, and `proxy` for each hour of one pod of the ingress
    controller: it takes CPU and memory that have to be paid as well.
    """

    load_balancer: float = 0.02
    address: float = 0.005
    traffic: float = 0.01
    proxy: float = 0.01


@dataclass(frozen=True)
class Usage:
    """What is run: Services open to the world, all their traffic in GB, for some `hours`.

    `proxies` is how many pods the ingress controller has. 730 hours are a month.
    """

    services: int = 5
    traffic: float = 100.0
    proxies: int = 2
    hours: float = 730.0


@dataclass(frozen=True)
class Cost:
    """What one way costs, by part, for the whole time; `addresses` is how many it takes."""

    addresses: int
    load_balancers: float
    public_ips: float
    traffic: float
    proxies: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.load_balancers + self.public_ips + self.traffic + self.proxies


def cost_of_load_balancers(usage: Usage, prices: Prices) -> Cost:
    """A load balancer with an address for each Service, and no proxy."""
    return _cost(usage.services, 0, usage, prices)


def cost_of_ingress(usage: Usage, prices: Prices) -> Cost:
    """One load balancer with one address for all Services, before the controller's proxies."""
    return _cost(min(usage.services, 1), usage.proxies if usage.services else 0, usage, prices)


def break_even(usage: Usage, prices: Prices) -> int | None:
    """From how many Services on an Ingress costs less; None when it never does."""
    each = prices.load_balancer + prices.address
    if each <= 0:
        return None
    return int(usage.proxies * prices.proxy / each) + 2


def _cost(addresses: int, proxies: int, usage: Usage, prices: Prices) -> Cost:
    return Cost(
        addresses=addresses,
        load_balancers=addresses * usage.hours * prices.load_balancer,
        public_ips=addresses * usage.hours * prices.address,
        traffic=usage.traffic * prices.traffic if usage.services else 0.0,
        proxies=proxies * usage.hours * prices.proxy,
    )
