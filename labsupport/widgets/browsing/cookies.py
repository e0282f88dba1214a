"""Cookies as a browser keeps them (RFC 6265), by the standard library's jar."""

import re
from email.message import Message
from http.cookiejar import Cookie, CookieJar
from urllib.request import Request

from labsupport.http.exchange import Exchange

# Several Set-Cookie headers arrive joined by commas, and dates hold commas too.
_BETWEEN_COOKIES = re.compile(r",\s*(?=[^;,=\s]+=)")


class Cookies:
    """What the sites visited have asked to be sent back to them."""

    def __init__(self) -> None:
        self._jar = CookieJar()

    def take(self, answer: Exchange) -> None:
        """Keep, replace or forget what the answer's Set-Cookie headers say."""
        message = Message()
        for line in _BETWEEN_COOKIES.split(answer.headers.get("Set-Cookie", "")):
            message.add_header("Set-Cookie", line)
        self._jar.extract_cookies(_Answer(message), _request(answer.url))  # type: ignore[arg-type]

    def header(self, url: str) -> dict[str, str]:
        """The Cookie header for a request to `url`, as a mapping; empty when there is none."""
        request = _request(url)
        self._jar.add_cookie_header(request)
        cookies = request.get_header("Cookie")
        return {"Cookie": cookies} if cookies else {}

    def lines(self) -> list[str]:
        """Each cookie in words: for whom, and what it says."""
        return [_words(cookie) for cookie in self._jar]


class _Answer:
    """As much of an answer as the jar looks at."""

    def __init__(self, headers: Message) -> None:
        self._headers = headers

    def info(self) -> Message:
        return self._headers


def _request(url: str) -> Request:
    """What the jar wants to be asked with; nothing is opened."""
    return Request(url)  # noqa: S310


def _words(cookie: Cookie) -> str:
    where = cookie.domain + (cookie.path if cookie.path != "/" else "")
    only = ", only over https" if cookie.secure else ""
    return f"{where}: cookie {cookie.name}={cookie.value}{only}"
