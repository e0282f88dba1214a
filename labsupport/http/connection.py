"""One TCP connection, and the requests that are sent over it."""

import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from labsupport.base.errors import UsageError
from labsupport.http.adapter import Target, TracingAdapter, tls_facts
from labsupport.http.exchange import Exchange, Hop
from labsupport.http.failures import failed


class Connection:
    """A connection to `target` that stays open from request to request, as a browser's does.

    It is made by the first request, and made anew if the other side closed it meanwhile.
    `base` is the URL that relative ones are relative to; `name_hop` says how its name was found.
    """

    def __init__(self, target: Target, base: str, name_hop: Hop, ca_file: Path | None) -> None:
        self.target = target
        self.base = base
        self._name_hop = name_hop
        self._ca_file = ca_file
        self._adapter = TracingAdapter(target)
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
        verify: bool | str | Path = True,
        timeout: float = 10.0,
        **options: Any,
    ) -> Exchange:
        """The answer to one request over this connection; arguments as `Client.request` has."""
        url = urljoin(self.base, url)
        sent = time.perf_counter()
        with warnings.catch_warnings():
            # verify=False is the caller's explicit choice, and shown in the way.
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            try:
                with self._session.request(
                    method,
                    url,
                    headers={"Host": _host_header(url), **(headers or {})},
                    verify=self._belief(verify),
                    timeout=timeout,
                    allow_redirects=False,
                    stream=True,
                    **options,
                ) as response:
                    hops = _hops(response, self._adapter, time.perf_counter() - sent)
                    way = (self._name_hop, *hops)
                    return _exchange(response, method, url, self.target.address, way)
            except requests.RequestException as error:
                raise failed(error, url, self.target, timeout) from error

    def _belief(self, verify: bool | str | Path) -> bool | str:
        if verify is True and self._ca_file is not None:
            return str(self._ca_file)
        if not isinstance(verify, bool) and not Path(verify).is_file():
            raise UsageError(
                "verify takes True, False or the file of a CA's certificate (PEM)",
                found=f"no file {verify}",
            )
        return verify if isinstance(verify, bool) else str(verify)


def _host_header(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _hops(response: requests.Response, adapter: TracingAdapter, seconds: float) -> list[Hop]:
    """The hops from the connection to the answer's head, which took `seconds` in all."""
    trace, target = adapter.trace, adapter.target
    hops = [Hop("tcp", target.text, trace.tcp_seconds)]
    if trace.tls is not None:
        hops.append(Hop("tls", tls_facts(trace.tls), trace.tls_seconds))
    text = f"{response.status_code} {response.reason}".strip()
    if pod := response.headers.get("X-Pod"):
        text += f" from pod {pod}"
    rest = seconds - trace.tcp_seconds - trace.tls_seconds
    trace.tcp_seconds = trace.tls_seconds = 0.0  # the next request finds the connection made
    return [*hops, Hop("answer", text, max(rest, 0.0))]


def _exchange(
    response: requests.Response, method: str, url: str, address: str, way: tuple[Hop, ...]
) -> Exchange:
    return Exchange(
        method=method.upper(),
        url=url,
        address=address,
        status=response.status_code,
        reason=response.reason or "",
        headers=response.headers,
        body=response.content,
        way=way,
        encoding=response.encoding or "utf-8",
    )
