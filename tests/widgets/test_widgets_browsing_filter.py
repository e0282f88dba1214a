"""What the lab browser lets through of a page: nothing that runs, nothing that fetches."""

import re
from html.parser import HTMLParser

import pytest
from hostile_page import FETCHES, LEADS_AWAY, SCRIPTS
from hypothesis import given
from hypothesis import strategies as st

from labsupport.widgets.browsing.markup_filter import Link, SafePage, safe_page

URL = "http://shop.example.com/a/"
HOSTILE = (LEADS_AWAY + FETCHES + SCRIPTS).replace("EVIL", "http://evil.example.com")
PIECES = [
    *re.findall(r"<[^>]*>|[^<]+", HOSTILE),
    *("<", ">", "</", "<!", "<![", "<?", "<!--", "-->", "]]>", "&", '"', "'", "=", "/"),
    *("style", "title", "textarea", "svg"),
]
HARMFUL = {"script", "iframe", "object", "embed", "meta", "base", "link", "video", "frame"}


def safe(html: str) -> SafePage:
    return safe_page(html, URL, lambda url, kind: None)


class Outcome(HTMLParser):
    """Each tag and attribute that is left, as a parser of its own finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join))
def test_whatever_comes_nothing_that_runs_or_fetches_is_left(html: str) -> None:
    left = Outcome(safe(html).html)
    assert not left.tags & HARMFUL
    for name, value in left.attributes:
        assert not name.startswith("on")
        assert name not in ("srcset", "action", "formaction", "ping", "poster", "xlink:href")
        if name in ("src", "href"):
            assert value.startswith(("data:image/", "about:blank"))


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_any_text_is_a_page(html: str) -> None:
    assert isinstance(safe(html), SafePage)


@pytest.mark.parametrize(
    ("markup", "url"),
    [
        ('<a href="b?c=d#e">x</a>', "http://shop.example.com/a/b?c=d#e"),
        ('<a href="/b">x</a>', "http://shop.example.com/b"),
        ('<a href="//other.example.com/">x</a>', "http://other.example.com/"),
        ('<a href=" ht\ntps://a.example.com/ ">x</a>', "https://a.example.com/"),
        ('<base href="/c/"><a href="d">x</a>', "http://shop.example.com/c/d"),
        ('<base href="/c/"><base href="/e/"><a href="d">x</a>', "http://shop.example.com/c/d"),
    ],
)
def test_a_link_leads_where_it_would_in_a_browser(markup: str, url: str) -> None:
    assert safe(markup).links == (Link(url, "x"),)


@pytest.mark.parametrize(
    "reference",
    ["javascript:x()", "JaVa\nScript:x()", "data:text/html,x", "file:///etc", "http://["],
)
def test_what_is_no_web_address_is_no_link(reference: str) -> None:
    page = safe(f'<a href="{reference}">x</a>')
    assert (page.html, page.links) == ("<a>x</a>", ())


def test_a_place_on_the_same_page_is_no_link_elsewhere() -> None:
    page = safe('<a href="#end">x</a>')
    assert page.html == '<a href="about:blank" data-to="end">x</a>'
    assert page.links == ()


def test_text_stays_text() -> None:
    page = safe("<p>1 &lt; 2 &amp;amp; <b>so</b></p>")
    assert page.html == "<p>1 &lt; 2 &amp;amp; <b>so</b></p>"
    assert page.text == "1 < 2 &amp; so"


def test_what_follows_the_last_tag_is_text_too() -> None:
    assert safe("<p>a</p> b &amp; <i").text == "a\nb & <i"


def test_a_style_sheet_does_not_end_its_element() -> None:
    page = safe_page(
        '<link rel="stylesheet" href="s.css">', URL, lambda url, kind: "a{}</style><img src=x>"
    )
    assert Outcome(page.html).tags == {"style"}


def test_lines_are_where_a_browser_breaks_them() -> None:
    page = safe("<h1>A</h1>b\nc<br>d<table><tr><td>1<td>2</table><pre>e\nf</pre><title>T</title>")
    assert page.text.splitlines() == ["A", "b c", "d", "1 2", "e", "f"]
    assert page.title == "T"


def test_what_is_left_out_is_told_once() -> None:
    page = safe("<script>a</script><script>b</script><video></video><form></form>")
    assert page.notes == (
        "scripts of the page are not run",
        "a video is not shown",
        "a form is shown, but not sent",
    )


@pytest.mark.parametrize(
    "piece", ["url(", "@import ", "/*", "@import 'a' ", "url( ", "<style>", "<!--", "<![", "<a "]
)
def test_a_page_that_repeats_itself_is_read_in_time(piece: str) -> None:
    safe(f"<style>{piece * (200_000 // len(piece))}</style>")
    safe(piece * (200_000 // len(piece)))
