"""What an answer's body is, and what it says: by its header first, else by its first bytes."""

import codecs
import re

from labsupport.http.exchange import Exchange

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_MARKUP = re.compile(rb"\s*<(!doctype html|html|head|body|h1|p|div|script|style|title)\b", re.I)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_OF_THE_WEB = re.compile(  # Python knows more codecs, and some of them decode no text
    r"utf-?8|utf-16([lb]e)?|us-ascii|latin1|iso-8859-([1-9]|1[013-6])|windows-125[0-8]|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5|shift[_-]jis|euc-(jp|kr)|iso-2022-jp",
    re.IGNORECASE,
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def content_type(answer: Exchange) -> str:
    """The media type without parameters, such as `text/html`, in lower case."""
    found = _TYPE.match(answer.headers.get("Content-Type", "").strip().lower())
    if found:
        return found[0]
    if _MARKUP.match(answer.body[:512]):
        return "text/html"
    return "application/octet-stream" if b"\0" in answer.body[:512] else "text/plain"


def decoded(answer: Exchange, most: int | None = None) -> str:
    """The body as text, at most its first `most` bytes; what can't be read is marked by �."""
    body = answer.body[:most]
    return body.decode(_charset(answer), "replace").removeprefix("\ufeff")


def _charset(answer: Exchange) -> str:
    """By the byte order mark, the header, the page's own `<meta>`, else UTF-8."""
    for mark, name in _MARKS:
        if answer.body.startswith(mark):
            return name
    places = [answer.headers.get("Content-Type", "")]
    if content_type(answer) == "text/html":
        places += re.findall(r"<meta[^>]*>", answer.body[:1024].decode("ascii", "ignore"), re.I)
    found = filter(None, map(_CHARSET.search, places))
    return next((each[1] for each in found if _OF_THE_WEB.fullmatch(each[1])), "utf-8")
