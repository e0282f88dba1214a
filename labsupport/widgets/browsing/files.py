"""The files that a page asks for, brought through the lab within bounds."""

import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from labsupport.http.exchange import Exchange
from labsupport.widgets.browsing.contents import content_type, decoded
from labsupport.widgets.browsing.navigation import Visit

MOST_FILES = 40
MOST_SECONDS = 15.0  # from the first file to the last one that is begun
MOST_TEXT = 2_000_000  # characters put into a page in all
_TYPES = {
    "stylesheet": re.compile(r"text/css$"),
    "script": re.compile(r"(text|application)/(x-)?(java|ecma)script$"),
    "image": re.compile(r"image/"),
    "font": re.compile(r"(font/|application/(x-)?font|application/vnd.ms-font|.*octet-stream$)"),
}


@dataclass(frozen=True)
class File:
    """A file that a page asked for, and in words what became of it."""

    url: str
    kind: str
    ok: bool
    outcome: str

    def __str__(self) -> str:
        return f"{'✓' if self.ok else '✗'} {self.kind} {self.url}: {self.outcome}"


class Files:
    """What the page at `url` asks for. Each file is fetched once; `found` tells of them in order.

    `visit` gives the outcome of asking a URL. A real browser's refusals are kept: of a style sheet
    or script that is of another type, and of `http` files on an `https` page. `clock` is in
    seconds.
    """

    def __init__(
        self, url: str, visit: Callable[[str], Visit], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._secure = urlsplit(url).scheme == "https"
        self._visit = visit
        self._fetched: dict[tuple[str, str], str | None] = {}
        self._room = MOST_TEXT
        self._clock = clock
        self._until = clock() + MOST_SECONDS
        self.found: list[File] = []
        self.left_out = 0  # files and repetitions beyond the bounds

    def load(self, url: str, kind: str) -> str | None:
        """What can stand in the page for the file: see `markup_filter.Load`."""
        key = (url.partition("#")[0], kind)
        if key not in self._fetched:
            if len(self.found) >= MOST_FILES or self._clock() > self._until:
                self.left_out += 1
                return None
            self._fetched[key] = self._brought(*key)
        text = self._fetched[key]
        if text is None or kind == "script":
            return None
        if len(text) > self._room:
            self.left_out += 1
            return None
        self._room -= len(text)  # each time: a page can name one picture a thousand times
        return text

    def _brought(self, url: str, kind: str) -> str | None:
        if self._secure and url.startswith("http:"):
            if kind != "image":
                words = "blocked: an https page may not load it over http (mixed content)"
                return self._tell(url, kind, words)
            url = f"https:{url.removeprefix('http:')}"  # as browsers do with images
        visit = self._visit(url)
        answer = visit.answer
        if answer is None:
            return self._tell(url, kind, visit.problem.what if visit.problem else "no answer")
        said = f"{answer.status} {answer.reason}".strip()
        if not answer.ok:
            return self._tell(url, kind, said)
        found_type = content_type(answer)
        if not _TYPES[kind].match(found_type):
            return self._tell(url, kind, f"{said}, but {found_type}, which is no {kind}")
        return self._tell(url, kind, f"{said}, {found_type}", answer)

    def _tell(
        self, url: str, kind: str, outcome: str, answer: Exchange | None = None
    ) -> str | None:
        self.found.append(File(url, kind, answer is not None, outcome))
        if answer is None:
            return None
        return decoded(answer) if kind in ("stylesheet", "script") else data_url(answer)


def data_url(answer: Exchange) -> str:
    """The answer's body as a `data:` URL."""
    return f"data:{content_type(answer)};base64,{base64.b64encode(answer.body).decode()}"
