"""Redirects followed as a browser does (RFC 9110, 15.4), with every exchange of the chain kept."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from labsupport.base.errors import LabError, NameNotFound, RequestFailed, UsageError
from labsupport.http.exchange import Exchange

MOST_REDIRECTS = 20
_REDIRECTS = (301, 302, 303, 307, 308)
_BODY = ("json", "data", "files")
_OF_ONE_HOST = ("host", "authorization", "cookie")

Ask = Callable[..., Exchange]
"""`ask(method, url, **options)` makes one exchange."""


def followed(ask: Ask, method: str, url: str, options: dict[str, Any]) -> Exchange:
    """The exchange at the end of the redirects; those before it are its `redirects`.

    301, 302 and 303 turn all but HEAD into GET, as browsers do; 307 and 308 keep method and body.
    Host, Authorization and Cookie headers, `sni`, `auth` and an address for all names hold for the
    first host only. RequestFailed with the chain in `redirects`, also for a loop.
    """
    chain: list[Exchange] = []
    met: set[tuple[str, str]] = set()
    while True:
        try:
            exchange = ask(method, url, **options)
        except LabError as error:
            if chain:
                raise _broken(error, chain) from error
            raise
        if exchange.status not in _REDIRECTS or not exchange.location:
            return replace(exchange, redirects=tuple(chain))
        chain.append(exchange)
        met.add((exchange.method, urldefrag(exchange.url).url))
        url = urljoin(exchange.url, exchange.location)
        method, options = _next(exchange, url, options)
        if (method, urldefrag(url).url) in met or len(chain) > MOST_REDIRECTS:
            raise _loop(chain, url)


def _next(exchange: Exchange, url: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The method and options with which a redirect is followed."""
    method = exchange.method
    dropped = {"params"}
    if exchange.status in (301, 302, 303) and method != "HEAD":
        method = "GET"
        dropped.update(_BODY)
    headers = dict(options.get("headers") or {})
    if urlsplit(url).hostname != urlsplit(exchange.url).hostname:
        dropped.update(("sni", "auth", "cookies"))
        headers = {name: each for name, each in headers.items() if name.lower() not in _OF_ONE_HOST}
        if isinstance(options.get("resolve"), str):
            dropped.add("resolve")
    kept = {name: each for name, each in options.items() if name not in dropped}
    return method, {**kept, "headers": headers}


def _loop(chain: list[Exchange], url: str) -> RequestFailed:
    error = RequestFailed(
        f"no answer to {chain[0].url}: the redirects lead in a circle",
        found=_told(chain, url),
        remedy="look at one of them by itself: ./lab get " + chain[-1].url,
        kind="redirect-loop",
    )
    error.url = url
    error.redirects = tuple(chain)
    error.way, error.tls = chain[-1].way, chain[-1].tls
    return error


def _broken(error: LabError, chain: list[Exchange]) -> RequestFailed:
    """`error`, met after the redirects in `chain`."""
    last = chain[-1]
    if isinstance(error, RequestFailed):
        error.redirects = tuple(chain)
        return error
    kinds = {NameNotFound: "name", UsageError: "redirect-target"}
    failure = RequestFailed(
        f"a redirect from {last.url} leads nowhere",
        found=f"Location: {last.location}; {error.what}",
        remedy=error.remedy,
        kind=kinds.get(type(error), "redirect-target"),
    )
    failure.url = last.url
    failure.redirects = tuple(chain)
    return failure


def _told(chain: list[Exchange], url: str) -> str:
    """`http://a/ 301 → https://a/ 302 → http://a/`; of long chains the beginning and the end."""
    steps = [f"{each.url} {each.status}" for each in chain]
    if len(steps) > 6:
        steps = [*steps[:3], "…", *steps[-2:]]
    return " → ".join([*steps, url])
