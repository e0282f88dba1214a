"""Pictures of requests that were sent."""

from dataclasses import dataclass

from labsupport.base.errors import RequestFailed
from labsupport.diagrams.dot import picture_of
from labsupport.diagrams.picture import Picture
from labsupport.http.exchange import Exchange, Hop
from labsupport.rules.flow import exchange_flow


@dataclass(frozen=True)
class _BrokenWay:
    """The hops up to the one that failed."""

    url: str
    way: tuple[Hop, ...]
    pod: None = None


def exchange_way(seen: Exchange | RequestFailed) -> Picture:
    """The hops that a request took, one after the other, redirects included.

    Of a RequestFailed from `lab.get`, the hops up to the one that failed, which is an octagon.
    """
    if isinstance(seen, Exchange):
        return picture_of(exchange_flow([*seen.redirects, seen]))
    # A chain that ended without a request has no hops beyond its redirects.
    broken = [_BrokenWay(seen.url, seen.way)] if any(hop.failed for hop in seen.way) else []
    return picture_of(exchange_flow([*seen.redirects, *broken]))
