"""A page's HTML, written anew from what is known to be harmless.

Every tag and attribute that comes out is on a list here, and every text is escaped again, so the
browser reads what we wrote and not what the page would have it read. Nothing that comes out can
run, or has the real browser fetch anything: links are numbers, images and style sheets are put
into the page. (The frame and its Content-Security-Policy forbid both once more: see `document`.)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urldefrag

from labsupport.widgets.browsing.stylesheets import inlined, joined, style_text

Load = Callable[[str, str], str | None]
"""`(url, kind)` to what stands in its place: a `data:` URL of an "image" or "font", the text of a
"stylesheet", and None when there is nothing to show. A "script" is asked for and never used."""


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TAGS = _set_of(
    "html body a abbr address article aside b bdi bdo big blockquote br button caption center "
    "cite code col colgroup dd del details dfn div dl dt em fieldset figcaption figure font footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li main mark menu "
    "meter nav ol optgroup option output p pre progress q s samp search section select small span "
    "strike strong sub summary sup table tbody td textarea tfoot th thead time tr tt u ul var wbr "
    "svg g path rect circle ellipse line polyline polygon text tspan defs lineargradient "
    "radialgradient stop"
)
_VOID = frozenset(("br", "col", "hr", "img", "input", "wbr"))
_HIDDEN = _set_of(
    "script style template iframe object embed applet audio video canvas frameset noembed "
    "noframes math title"
)
"""Elements that go with all they hold; other unknown ones leave their content behind."""

_ATTRIBUTES = _set_of(
    "alt align aria-hidden aria-label bgcolor border cellpadding cellspacing checked class color "
    "colspan cols datetime dir disabled face for headers height hidden id label lang max maxlength "
    "min multiple open optimum placeholder readonly reversed role rows rowspan scope selected size "
    "span start style title type valign value width "
    "cx cy d dx dy fill fill-opacity fill-rule font-family font-size font-weight offset opacity "
    "points r rx ry stop-color stroke stroke-dasharray stroke-linecap stroke-linejoin "
    "stroke-opacity stroke-width text-anchor transform viewbox x x1 x2 y y1 y2"
)
_SHAPES = _set_of("path rect circle ellipse line polyline polygon text tspan stop g defs")
_BLOCKS = _set_of(
    "address article aside blockquote br dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tr ul"
)
_NOT_SHOWN = {
    "iframe": "a frame within the page",
    "frame": "a frame within the page",
    "object": "an embedded object",
    "embed": "an embedded object",
    "video": "a video",
    "audio": "a sound",
}
_MOST_LINKS = 500


@dataclass(frozen=True)
class Link:
    """Somewhere to go from a page: the whole URL, and the words it stands under."""

    url: str
    words: str


@dataclass(frozen=True)
class SafePage:
    """A page that can be shown: HTML for a `<body>`, and the same as plain text.

    In the HTML a link is `<a href="about:blank#3">`, where 3 is its place in `links`, counted
    from 0. `notes` say in words what was left out.
    """

    title: str
    html: str
    text: str
    links: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()


def safe_page(html: str, url: str, load: Load) -> SafePage:
    """The harmless page for the `html` that `url` gave; `load` brings what it asks for."""
    page = _Filter(url, load)
    tags, end, rest = html.rpartition(">")  # the parser would look for tags in the rest for long
    page.feed(tags + end)
    page.close()
    page.handle_data(unescape(rest))
    return page.result()


class _Filter(HTMLParser):
    """Writes down what is allowed, while the parser reads."""

    def __init__(self, url: str, load: Load) -> None:
        super().__init__(convert_charrefs=True)
        self._url = url
        self._base = url
        self._has_base = False
        self._load = load
        self._out: list[str] = []
        self._words: list[str] = []
        self._title: list[str] = []
        self._style: list[str] = []
        self._links: list[Link] = []
        self._notes: dict[str, None] = {}  # each once, in order
        self._link_from: int | None = None  # where the words of the open link begin
        self._in_pre = False
        self._hidden_in: list[str] = []  # open elements whose content is not shown

    def result(self) -> SafePage:
        self._end_link()
        lines = (" ".join(line.split()) for line in "".join(self._words).split("\n"))
        return SafePage(
            " ".join("".join(self._title).split()),
            "".join(self._out),
            "\n".join(line for line in lines if line),
            tuple(self._links),
            tuple(self._notes),
        )

    # What the parser meets. Comments and declarations are passed over here, as HTML says: Python
    # 3.11 raises for some of them, and takes long for others.

    def parse_comment(self, i: int, report: bool = True) -> int:
        return self._after("-->", i + 2)

    def parse_html_declaration(self, i: int) -> int:
        return self._after(">", i + 2)

    def parse_pi(self, i: int) -> int:
        return self._after(">", i + 2)

    def _after(self, end: str, start: int) -> int:
        found = self.rawdata.find(end, start)
        return len(self.rawdata) if found < 0 else found + len(end)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in reversed(attrs)}  # of equal ones the first
        if tag == "base" and not self._has_base and found.get("href"):
            self._base, self._has_base = joined(self._url, found["href"]) or self._url, True
        elif tag == "link":
            self._link_element(found)
        elif tag == "script" and not self._hidden_in:
            self._script(found)
        elif tag == "meta" and found.get("http-equiv", "").lower() == "refresh":
            self._note("a refresh by the page itself was not followed")
        if tag in _NOT_SHOWN:
            self._note(f"{_NOT_SHOWN[tag]} is not shown")
        if tag in _HIDDEN:
            if tag != "embed":  # which has no content and no end
                self._hidden_in.append(tag)
        elif tag in _TAGS and not self._hidden_in:
            self._open(tag, found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in _SHAPES:  # in HTML a slash ends nothing, in SVG it does
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            if tag in self._hidden_in:
                while self._hidden_in.pop() != tag:
                    pass
            if tag == "style":
                self._end_style()
            return
        if self._hidden_in or tag not in _TAGS or tag in _VOID or tag in ("html", "body"):
            return
        if tag == "a":
            self._end_link()
        elif tag == "pre":
            self._in_pre = False
        self._out.append(f"</{tag}>")
        if tag in _BLOCKS:
            self._words.append("\n")

    def handle_data(self, data: str) -> None:
        innermost = self._hidden_in[-1] if self._hidden_in else ""
        if innermost == "title" and len(self._hidden_in) == 1:
            self._title.append(data)
        elif innermost == "style" and len(self._hidden_in) == 1:
            self._style.append(data)
        elif not self._hidden_in:
            self._out.append(escape(data))
            self._words.append(data if self._in_pre else data.replace("\n", " "))

    # What is written

    def _open(self, tag: str, found: dict[str, str]) -> None:
        self._words.append("\n" if tag in _BLOCKS else " " if tag in ("td", "th") else "")
        self._in_pre = self._in_pre or tag == "pre"
        kept = {
            name: self._inlined(value) if name == "style" or "url(" in value.lower() else value
            for name, value in found.items()
            if name in _ATTRIBUTES
        }
        if tag == "a":
            self._end_link()
            kept |= self._link(found)
        elif tag == "img":
            kept |= self._image(found)
        elif tag == "form":
            self._note("a form is shown, but not sent")
        elif tag == "input" and found.get("type", "").lower() in ("image", "file", "password"):
            kept["type"] = "text"  # no picture to fetch, no file or password to ask for
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        self._out.append(f"<{tag}{attributes}>")

    def _link(self, found: dict[str, str]) -> dict[str, str]:
        """The attributes of a link: its number, or what it leads to within the page."""
        url = joined(self._base, found["href"]) if "href" in found else ""
        if not url or len(self._links) >= _MOST_LINKS:
            return {}
        page, fragment = urldefrag(url)
        if fragment and page == urldefrag(self._url)[0]:
            return {"href": "about:blank", "data-to": fragment}
        self._links.append(Link(url, ""))
        self._link_from = len(self._words)
        return {"href": f"about:blank#{len(self._links) - 1}", "title": found.get("title") or url}

    def _end_link(self) -> None:
        if self._link_from is not None:
            words = " ".join("".join(self._words[self._link_from :]).split())
            self._links[-1] = Link(self._links[-1].url, words)
            self._link_from = None

    def _image(self, found: dict[str, str]) -> dict[str, str]:
        if found.get("alt"):
            self._words.append(f" [{found['alt']}] ")
        source = found.get("src", "").strip()
        if re.match(r"data:image/", source, re.IGNORECASE):
            return {"src": source}
        url = joined(self._base, source) if source else ""
        data = self._load(url, "image") if url else None
        return {"src": data} if data else {}

    def _link_element(self, found: dict[str, str]) -> None:
        """A style sheet is put in place; nothing else that `<link>` can do is of use here."""
        kinds = found.get("rel", "").lower().split()
        url = joined(self._base, found["href"]) if found.get("href") else ""
        if "stylesheet" not in kinds or "alternate" in kinds or not url or self._hidden_in:
            return
        css = self._load(url, "stylesheet")
        if css is not None:
            css = inlined(css, url, self._load)
            media = f' media="{escape(found["media"])}"' if found.get("media") else ""
            self._out.append(f"<style{media}>{style_text(css)}</style>")

    def _script(self, found: dict[str, str]) -> None:
        self._note("scripts of the page are not run")
        if found.get("src") and (url := joined(self._base, found["src"])):
            self._load(url, "script")

    def _end_style(self) -> None:
        css, self._style = "".join(self._style), []
        if css.strip() and not self._hidden_in:
            self._out.append(f"<style>{style_text(self._inlined(css))}</style>")

    def _inlined(self, css: str) -> str:
        return inlined(css, self._base, self._load)

    def _note(self, words: str) -> None:
        self._notes.setdefault(words)
