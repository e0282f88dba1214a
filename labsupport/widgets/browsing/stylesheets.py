"""CSS with all it refers to put in: images and fonts as `data:` URLs, style sheets as text."""

import re
from collections.abc import Callable
from urllib.parse import urljoin

# Every repetition is bounded: a hostile sheet must not keep the expression busy.
_REFERENCE = re.compile(
    r"""/\*.*?(?:\*/|\Z)"""
    r"""|@import\s{1,20}(?:url\(\s{0,20})?(?P<q>["']?)(?P<sheet>[^"')\s;]{1,500})(?P=q)"""
    r"""\s{0,20}\)?(?P<media>[^;{}]{0,200});"""
    r"""|url\(\s{0,20}(?P<p>["']?)(?P<file>[^"')]{0,500})(?P=p)\s{0,20}\)""",
    re.DOTALL | re.IGNORECASE,
)
_FONT = re.compile(r"\.(woff2?|ttf|otf|eot)$", re.IGNORECASE)
_DEEPEST = 3  # style sheets that import one another


def inlined(css: str, base: str, load: Callable[[str, str], str | None], *, deep: int = 0) -> str:
    """`css` of the URL `base` without references: what `load` brings stands in their places.

    What it does not bring becomes an empty `url()`; `load` is that of `markup_filter`.
    """

    def put_in(found: re.Match[str]) -> str:
        if found["sheet"]:
            url = joined(base, found["sheet"])
            sheet = load(url, "stylesheet") if url and deep < _DEEPEST else None
            text = inlined(sheet, url, load, deep=deep + 1) if sheet else ""
            media = found["media"].strip()
            return f"@media {media} {{{text}}}" if media else text
        if found["file"] is None:
            return ""  # a comment
        file = found["file"].strip()
        if file.startswith(("data:", "#")):
            return found[0]
        kind = "font" if _FONT.search(file.partition("?")[0]) else "image"
        url = joined(base, file) if file else ""
        return f'url("{(load(url, kind) if url else None) or ""}")'

    return _REFERENCE.sub(put_in, css)


def style_text(css: str) -> str:
    """`css` so written that a `<style>` element holds nothing that a browser takes for a tag."""
    return re.sub(r"<(?=[a-zA-Z/!?])", r"\\3c ", css)


def joined(base: str, reference: str) -> str:
    """The http or https URL that `reference` means on a page at `base`; "" for any other."""
    try:
        url = urljoin(base, "".join(reference.split()))
    except ValueError:
        return ""
    return url if url.startswith(("http://", "https://")) else ""
