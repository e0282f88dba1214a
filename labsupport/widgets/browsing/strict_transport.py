"""HTTP Strict Transport Security (RFC 6797): sites that want to be asked over https only."""

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from labsupport.http.exchange import Exchange

_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_SUBDOMAINS = re.compile(r"\bincludeSubDomains\b", re.IGNORECASE)


class StrictSites:
    """Who asked for it, and until when. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sites: dict[str, tuple[float, bool]] = {}  # host to its end, and whether below too

    def take(self, answer: Exchange) -> None:
        """Heed the answer's Strict-Transport-Security, if nothing is amiss with its certificate."""
        age = _AGE.search(found := answer.headers.get("Strict-Transport-Security", ""))
        host = urlsplit(answer.url).hostname
        if age is None or host is None or answer.tls is None or answer.tls.refusals:
            return
        self._sites.pop(host, None)
        if int(age[1]):
            self._sites[host] = (self._clock() + int(age[1]), bool(_SUBDOMAINS.search(found)))

    def upgraded(self, url: str) -> str:
        """`url`, with https in place of http where the site wants that."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not self._holds(parts.hostname or ""):
            return url
        host = parts.netloc.removesuffix(":80")
        return parts._replace(scheme="https", netloc=host).geturl()

    def lines(self) -> list[str]:
        """Each site in words."""
        return [
            f"{host}{' and all below' if below else ''}: only over https (HSTS)"
            for host, (end, below) in self._sites.items()
            if end > self._clock()
        ]

    def _holds(self, host: str) -> bool:
        labels = host.split(".")
        for count in range(len(labels)):
            end, below = self._sites.get(".".join(labels[count:]), (0.0, False))
            if end > self._clock() and (below or count == 0):
                return True
        return False
