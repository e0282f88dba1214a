"""The request of a diagnosis: sent as it was asked for, its redirects followed, and what a page
links to; and Pods called without the proxy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin, urlsplit

from labsupport.base.errors import LabError, NameNotFound, RequestFailed, UsageError
from labsupport.http.exchange import Exchange
from labsupport.http.tls import TlsFacts
from labsupport.rules.diagnosis.facts import Answer, Dialled, Handshake, Sent, Tcp
from labsupport.rules.ingress import Endpoint

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
_MOST_ASSETS = 5
_MOST_PODS = 3
_DIAL_SECONDS = 1.0
_TCP: dict[str, Tcp] = {
    "refused": "refused",
    "unreachable": "unreachable",
    "connect-timeout": "timeout",
}
_OWN_WORDS = {
    (404, "404 page not found"),
    (500, "Internal Server Error"),
    (502, "Bad Gateway"),
    (503, "no available server"),
    (504, "Gateway Timeout"),
    (404, "no Ingress rule takes this request"),
    (503, "nobody behind this Ingress rule can answer"),
}
"""What Traefik writes into answers of its own, and then what the lab's controller has Caddy say."""


@dataclass(frozen=True)
class Options:
    """How the client asks; see `http.client.Client.request`."""

    headers: Mapping[str, str] = field(default_factory=dict)
    sni: str | None = None
    resolve: str | Mapping[str, str] = ""
    verify: bool | str | Path = True
    timeout: float = 5.0

    def address(self, host: str) -> str:
        """The address that the caller gives for a host, "" for none."""
        if isinstance(self.resolve, str):
            return self.resolve
        return self.resolve.get(host, "")

    def elsewhere(self) -> "Options":
        """What of it holds for another host, where a redirect leads."""
        kept = {name: each for name, each in self.headers.items() if name.lower() != "host"}
        address = "" if isinstance(self.resolve, str) else self.resolve
        return replace(self, headers=kept, sni=None, resolve=address)

    def asked(self) -> dict[str, Any]:
        """As keyword arguments of a request."""
        return {
            "headers": dict(self.headers),
            "sni": self.sni,
            "resolve": self.resolve,
            "verify": self.verify,
            "timeout": self.timeout,
        }


@dataclass(frozen=True)
class Probe:
    """What came of the request: the URL asked last, how, and the last answer; and the URLs that
    redirected to it."""

    url: str
    options: Options
    sent: Sent
    exchange: Exchange | None = None
    before: tuple[str, ...] = ()


def probe(lab: "Lab", url: str, options: Options) -> Probe:
    """GET `url`, and where redirects lead, as far as it gets."""
    answers: list[Answer] = []
    met: set[str] = set()
    while True:
        met.add(urldefrag(url).url)
        try:
            exchange = _asked_for(lab, url, options)
        except NameNotFound:
            return Probe(url, options, Sent(port=_port(url)), before=_urls(answers))
        except RequestFailed as error:
            return Probe(url, options, _failed(error, url), before=_urls(answers))
        answers.append(_answer(exchange))
        target = _target(exchange)
        looping = target in met or len(answers) > _MOST_REDIRECTS
        if not target or looping:
            sent = Sent(
                exchange.address,
                _port(url),
                "open",
                handshake=_handshake(exchange.tls),
                answers=tuple(answers),
                looping=looping,
            )
            return Probe(url, options, sent, exchange, _urls(answers[:-1]))
        if urlsplit(target).hostname != urlsplit(url).hostname:
            options = options.elsewhere()
        url = target


def _asked_for(lab: "Lab", url: str, options: Options) -> Exchange:
    """The answer; asked for again when the certificate was changed in the very moment.

    The client looks at a refused certificate in a second handshake. When there is nothing wrong
    with what it gets there, that is another one by now.
    """
    try:
        return lab.request("GET", url, **options.asked())
    except RequestFailed as error:
        refusals = error.tls.refusals if error.kind == "certificate" and error.tls else ()
        if not any(each.id == "other" for each in refusals):
            raise
    return lab.request("GET", url, **options.asked())


def _target(exchange: Exchange) -> str:
    """Where a redirect leads; "" when it is none, or leads to no web address."""
    if exchange.status not in _REDIRECTS or not exchange.location:
        return ""
    target = urldefrag(urljoin(exchange.url, exchange.location)).url
    return target if target.startswith(("http://", "https://")) else ""


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _urls(answers: list[Answer]) -> tuple[str, ...]:
    return tuple(each.url for each in answers)


def _failed(error: RequestFailed, url: str) -> Sent:
    """How far a request came that got no answer."""
    tcp = _TCP.get(error.kind, "open")
    handshake = _handshake(error.tls)
    if handshake is None and (error.kind.startswith("tls-") or error.kind == "not-tls"):
        handshake = Handshake("", failure=error.found)
    elif handshake is not None and error.kind.startswith("tls-"):
        handshake = replace(handshake, failure=error.found)
    late = error.kind in ("silent", "cut", "not-http")
    return Sent(
        port=_port(url),
        tcp=tcp,
        handshake=handshake,
        failure=error.found if late else "",
        silent=error.kind == "silent",
    )


def _handshake(tls: TlsFacts | None) -> Handshake | None:
    if tls is None:
        return None
    return Handshake(tls.sni, tls.version, tls.chain, tls.refusals, tls.checked)


def _answer(exchange: Exchange) -> Answer:
    proxy = exchange.proxy
    return Answer(
        exchange.url,
        exchange.status,
        by=_author(exchange),
        location=exchange.location,
        pod=exchange.pod or "",
        router=proxy.router if proxy else "",
        server=proxy.server if proxy else "",
    )


def _author(exchange: Exchange) -> Any:
    """Whose answer it is, as far as that shows."""
    if exchange.pod:
        return "app"
    if (exchange.status, exchange.text.strip()) in _OWN_WORDS:
        return "proxy"
    if exchange.proxy is not None:
        return "app" if exchange.proxy.origin_status else "proxy"
    return ""


# What a page links to


class _Links(HTMLParser):
    """Collects what a page can't do without: style sheets, scripts and pictures."""

    _ATTRIBUTES = {"link": "href", "script": "src", "img": "src"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = self._ATTRIBUTES.get(tag)
        self.found += [value for name, value in attrs if name == wanted and value]


def assets(lab: "Lab", reached: Probe) -> tuple[Answer, ...]:
    """The answers for the files of the same site that an HTML page links to, the first few."""
    exchange = reached.exchange
    if exchange is None or exchange.status != 200 or "html" not in _content_type(exchange):
        return ()
    return tuple(_linked(lab, reached.url, exchange.text, reached.options))


def _content_type(exchange: Exchange) -> str:
    return str(exchange.headers.get("Content-Type") or "")


def _linked(lab: "Lab", url: str, page: str, options: Options) -> Iterator[Answer]:
    links = _Links()
    links.feed(page)
    targets = dict.fromkeys(urldefrag(urljoin(url, link)).url for link in links.found)
    own = [each for each in targets if urlsplit(each)[:2] == urlsplit(url)[:2]]
    for target in own[:_MOST_ASSETS]:
        try:
            yield _answer(lab.request("GET", target, **options.asked()))
        except (RequestFailed, NameNotFound, UsageError):
            continue


# Pods, called without the proxy


def dialled(lab: "Lab", endpoints: tuple[Endpoint, ...], path: str) -> tuple[Dialled, ...]:
    """What the first few of the endpoints do with plain HTTP, and with TLS where that fails."""
    return tuple(_dialled(lab, each, path) for each in endpoints[:_MOST_PODS])


def _dialled(lab: "Lab", endpoint: Endpoint, path: str) -> Dialled:
    address, port = endpoint.address, endpoint.port
    host = f"[{address}]" if ":" in address else address
    try:
        answer = lab.client.get(f"http://{host}:{port}{path}", timeout=_DIAL_SECONDS)
    except RequestFailed as error:
        if error.kind == "refused":
            return Dialled(address, port, "refused")
        if error.kind in ("silent", "cut", "not-http"):
            return _by_tls(lab, address, port) or Dialled(address, port, "silent")
        return Dialled(address, port)
    except LabError:
        return Dialled(address, port)
    # Servers that expect TLS answer 400 to plain HTTP, where they answer at all.
    tls = _by_tls(lab, address, port) if answer.status == 400 else None
    return tls or Dialled(address, port, "http")


def _by_tls(lab: "Lab", address: str, port: int) -> Dialled | None:
    """The same by TLS; None when there is no handshake."""
    from labsupport.trust.handshake import presented

    try:
        shown = presented(*lab.client.reached(address, port), timeout=_DIAL_SECONDS)
    except LabError:
        return None
    return Dialled(address, port, "tls", shown.certificate)
