"""One TCP connection, and the requests that are sent over it."""

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests

from labsupport.base.errors import UsageError
from labsupport.http.adapter import Target, TracingAdapter
from labsupport.http.exchange import Exchange, Hop
from labsupport.http.failures import failed
from labsupport.http.tap import Tap
from labsupport.http.tls import TlsSettings
from labsupport.rules.tenancy import renamed, renamed_headers

REQUEST_ID = "X-Request-Id"
"""The header by which a proxy's access log can be searched for a request."""

PASSED_ON = frozenset({"params", "json", "data", "files", "cookies", "auth"})
"""Options of `requests` that are passed on to it."""


class Connection:
    """A connection to `target` that stays open from request to request, as a browser's does.

    It is made by the first request, and made anew if the other side closed it meanwhile.
    `base` is the URL that relative ones are relative to; `name_hop` says how its name was found.
    `rename` gives the name that is meant by a name as lessons write it, in URLs and Host headers.
    """

    def __init__(
        self,
        target: Target,
        base: str,
        name_hop: Hop,
        settings: TlsSettings,
        *,
        rename: Callable[[str], str] = str,
        tap: Tap | None = None,
    ) -> None:
        self.target = target
        self.base = base
        self._rename = rename
        self._name_hop = name_hop
        self._adapter = TracingAdapter(target, settings, tap)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc, no CA bundle of the environment
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)
        self._session.headers["User-Agent"] = "ingress-lab"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def get(self, url: str = "", **options: Any) -> Exchange:
        """GET `url`, which may be a path; see `Client.request`."""
        return self.request("GET", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        **options: Any,
    ) -> Exchange:
        """The answer to one request over this connection; arguments as `Client.request` has."""
        _check(options)
        url = renamed(urljoin(self.base, url), self._rename)
        sent_headers = requests.structures.CaseInsensitiveDict(
            {"Host": _host_header(url), REQUEST_ID: uuid.uuid4().hex}
        )
        sent_headers.update(renamed_headers(headers or {}, self._rename))
        self._adapter.trace.begin()
        try:
            with self._session.request(
                method,
                url,
                headers=sent_headers,
                verify=False,  # the adapter's own handshake checks
                timeout=timeout,
                allow_redirects=False,
                stream=True,
                **options,
            ) as response:
                way = (self._name_hop, *self._hops(response))
                return self._exchange(response, method, url, sent_headers[REQUEST_ID], way)
        except requests.RequestException as error:
            trace = self._adapter.trace
            refused = self._adapter.refused_certificate(timeout)
            raise failed(
                error, url, self.target, timeout, trace, self._name_hop, refused
            ) from error

    def _hops(self, response: requests.Response) -> list[Hop]:
        """The hops from the connection to the answer's head, which has just come."""
        trace = self._adapter.trace
        waited = time.perf_counter() - trace.ready
        hops = [Hop("tcp", self.target.text, trace.tcp_seconds)]
        if trace.tls is not None:
            hops.append(Hop("tls", trace.tls.text, trace.tls_seconds))
        text = f"{response.status_code} {response.reason}".strip()
        if pod := response.headers.get("X-Pod"):
            text += f" from pod {pod}"
        return [*hops, Hop("answer", text, waited)]

    def _exchange(
        self,
        response: requests.Response,
        method: str,
        url: str,
        request_id: str,
        way: tuple[Hop, ...],
    ) -> Exchange:
        return Exchange(
            method=method.upper(),
            url=url,
            address=self.target.address,
            status=response.status_code,
            reason=response.reason or "",
            headers=response.headers,
            body=response.content,
            way=way,
            encoding=response.encoding or "utf-8",
            request_id=request_id,
            tls=self._adapter.trace.tls,
        )


def _check(options: Mapping[str, Any]) -> None:
    unknown = sorted(set(options) - PASSED_ON)
    if unknown:
        raise UsageError(
            f"a request has no option {unknown[0]!r}",
            found=", ".join(unknown),
            remedy="options: headers, resolve, sni, verify, timeout, follow, "
            + ", ".join(sorted(PASSED_ON)),
        )


def _host_header(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
