"""The lab browser, driven by its traits; sites are made up, no browser, no cluster."""

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from labsupport.base.errors import NameNotFound, RequestFailed, UsageError
from labsupport.http.exchange import Exchange
from labsupport.http.tls import TlsFacts
from labsupport.rules.certificates import CertificateFacts, Refusal
from labsupport.session.lab import Lab
from labsupport.widgets import LabBrowser
from labsupport.widgets.browsing.files import Files
from labsupport.widgets.browsing.navigation import Gets, Visit

HOME = "http://shop.example.com/"
PNG = b"\x89PNG\r\n\x1a\n"

Answer = tuple[int, Mapping[str, str], bytes | str]


class Web:
    """Sites that answer as they are told; an address that nobody knows has no name."""

    def __init__(self, **pages: Answer) -> None:
        self.pages: dict[str, Answer | Exception] = {HOME + at: it for at, it in pages.items()}
        self.asked: list[str] = []
        self.sent: list[Mapping[str, str]] = []
        self.verified: list[bool] = []
        self.handshake: TlsFacts | None = None

    def get(
        self, url: str, /, *, headers: Mapping[str, str], verify: bool, timeout: float
    ) -> Exchange:
        self.asked.append(url)
        self.sent.append(headers)
        self.verified.append(verify)
        found = self.pages.get(url)
        if found is None:
            raise NameNotFound(f"nobody knows {url}", remedy="give it <one>")
        if isinstance(found, Exception):
            if verify:
                raise found
            found = (200, {"Content-Type": "text/plain"}, "let pass")
        status, more, body = found
        content = body.encode() if isinstance(body, str) else body
        reason = {200: "OK", 302: "Found", 404: "Not Found", 502: "Bad Gateway"}[status]
        return Exchange(
            "GET", url, "127.9.192.1", status, reason, more, content, (), tls=self.handshake
        )


def html(body: str, status: int = 200, **headers: str) -> Answer:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "text/html; charset=utf-8", **more}, body


def redirect(to: str, **headers: str) -> Answer:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return 302, {"Location": to, **more}, ""


def opened(web: Gets, url: str = HOME) -> LabBrowser:
    browser = LabBrowser(web, url)
    browser.go_button.click()
    return browser


def page(body: str, **others: Answer) -> LabBrowser:
    """A browser that shows a page with this body."""
    return opened(Web(**{"": html(body), **others}))


# The address bar


def test_nothing_is_asked_for_before_the_learner_does() -> None:
    web = Web()
    LabBrowser(web)
    assert web.asked == []


def test_the_button_opens_the_address() -> None:
    browser = page("<h1>Shop</h1>")
    assert browser.page.text == "Shop"


def test_enter_opens_the_address_and_http_is_meant() -> None:
    web = Web()
    browser = LabBrowser(web, "shop.example.com/a")
    browser.address._handle_custom_msg({"event": "submit"}, [])
    assert web.asked == ["http://shop.example.com/a"]


def test_html_is_asked_for() -> None:
    web = Web()
    opened(web)
    assert web.sent[0]["Accept"].startswith("text/html")


# Links and history


def test_a_click_in_the_page_opens_the_link() -> None:
    browser = page('<a href="b?x=1">there</a>', **{"b?x=1": html("B")})
    browser.frame._handle_custom_msg({"followed": 0}, [])
    assert (browser.url, browser.page.text) == (f"{HOME}b?x=1", "B")


@pytest.mark.parametrize("told", [7, -1, "0", None, {"a": 1}])
def test_what_is_no_link_of_the_page_is_not_heard(told: object) -> None:
    browser = page('<a href="b">there</a>')
    browser.frame._handle_custom_msg({"followed": told}, [])
    assert browser.url == HOME


@pytest.mark.parametrize("link", [1, "there"])
def test_a_link_is_followed_by_number_or_words(link: int | str) -> None:
    browser = page('<a href="b">there</a>', b=html("B"))
    browser.follow(link)
    assert browser.page.text == "B"


def test_a_link_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError) as told:
        page('<a href="b">there</a>').follow("here")
    assert told.value.found == "1 there: http://shop.example.com/b"


def test_back_and_forward_go_through_the_history() -> None:
    browser = page("A", b=html("B"))
    browser.open(f"{HOME}b")
    browser.back_button.click()
    before = browser.page.text
    browser.forward_button.click()
    assert (before, browser.page.text) == ("A", "B")


def test_a_new_page_forgets_what_was_ahead() -> None:
    browser = page("A", b=html("B"))
    browser.open(f"{HOME}b")
    browser.back()
    browser.open(f"{HOME}b")
    assert browser.forward_button.disabled


def test_there_is_no_way_back_from_the_first_page() -> None:
    browser = page("A")
    assert browser.back_button.disabled
    browser.back()
    assert browser.page.text == "A"


def test_reload_asks_again() -> None:
    web = Web(**{"": html("A")})
    opened(web).reload_button.click()
    assert web.asked == [HOME, HOME]


# Redirects


def test_a_redirect_is_followed_and_told() -> None:
    browser = opened(Web(**{"": redirect("/new"), "new": html("New")}))
    assert (browser.url, browser.address.value) == (f"{HOME}new", f"{HOME}new")
    assert "302 to /new" in browser.text()


def test_a_loop_ends_with_the_page_that_browsers_show() -> None:
    browser = opened(Web(**{"": redirect("/new"), "new": redirect("/")}))
    assert "redirected you too many times" in browser.page.text
    assert "http://shop.example.com/ -> http://shop.example.com/new" in browser.page.text


def test_a_loop_is_told_once_round() -> None:
    lines = opened(Web(**{"": redirect("/new"), "new": redirect("/")})).text().splitlines()
    assert lines[1:4] == ["  302 to /new", "  302 to /", "  and 19 times again"]


def test_back_leads_over_a_redirect_not_into_it() -> None:
    browser = page("A", old=redirect("/new"), new=html("New"))
    browser.open(f"{HOME}old")
    browser.back()
    assert browser.page.text == "A"


# Cookies


def test_a_cookie_is_sent_back_to_its_site() -> None:
    web = Web(**{"": html("A", Set_Cookie="seen=1; Path=/; HttpOnly")})
    opened(web).reload()
    assert web.sent[1]["Cookie"] == "seen=1"


def test_a_cookie_is_kept_from_other_sites() -> None:
    web = Web(**{"": html("A", Set_Cookie="seen=1")})
    opened(web).open("http://other.example.com/")
    assert "Cookie" not in web.sent[1]


def test_two_cookies_of_one_answer_are_both_kept() -> None:
    both = "a=1; Expires=Wed, 09 Jun 2100 10:18:14 GMT, b=2"
    web = Web(**{"": html("A", Set_Cookie=both)})
    opened(web).reload()
    assert web.sent[1]["Cookie"] == "a=1; b=2"


def test_a_cookie_of_a_redirect_counts_already_for_where_it_leads() -> None:
    web = Web(**{"": redirect("/new", Set_Cookie="seen=1"), "new": html("New")})
    opened(web)
    assert web.sent[1]["Cookie"] == "seen=1"


def test_a_secure_cookie_is_not_sent_in_the_clear() -> None:
    web = Web(**{"": html("A", Set_Cookie="seen=1; Secure")})
    opened(web).reload()
    assert "Cookie" not in web.sent[1]


# What a page asks for


def test_a_style_sheet_is_put_into_the_page() -> None:
    browser = page('<link rel="stylesheet" href="s.css">', **{"s.css": css("p{color:red}")})
    assert "<style>p{color:red}</style>" in browser.page.html


def test_a_picture_is_put_into_the_page() -> None:
    picture = (200, {"Content-Type": "image/png"}, PNG)
    browser = page('<img src="/a.png" alt="A">', **{"a.png": picture})
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in browser.page.html


def test_what_a_style_sheet_refers_to_is_relative_to_it() -> None:
    sheet = css("@import 'more.css'; p{background:url(../a.png)}")
    web = Web(**{"": html('<link rel="stylesheet" href="x/s.css">'), "x/s.css": sheet})
    opened(web)
    assert web.asked[2:] == [f"{HOME}x/more.css", f"{HOME}a.png"]


def test_a_lost_file_is_named_with_its_status() -> None:
    browser = page('<link rel="stylesheet" href="/s.css">', **{"s.css": html("no", 404)})
    assert [str(file) for file in browser.files] == [
        "✗ stylesheet http://shop.example.com/s.css: 404 Not Found"
    ]
    assert "1 of 1 files missing" in browser.status_panel.value


def test_a_style_sheet_of_another_type_is_refused_as_browsers_do() -> None:
    browser = page('<link rel="stylesheet" href="/s.css">', **{"s.css": html("<p>a page")})
    assert "200 OK, but text/html, which is no stylesheet" in browser.text()


def test_a_script_is_asked_for_but_never_run() -> None:
    script = (200, {"Content-Type": "text/javascript"}, "alert('run')")
    browser = page('<script src="a.js"></script>', **{"a.js": script})
    assert browser.files[0].ok
    assert "alert" not in browser.frame.document
    assert "scripts of the page are not run" in browser.text()


def test_a_file_is_asked_for_once() -> None:
    web = Web(**{"": html('<img src="a.png">' * 3)})
    opened(web)
    assert web.asked == [HOME, f"{HOME}a.png"]


def test_files_are_fetched_within_bounds() -> None:
    web = Web(**{"": html("".join(f'<img src="{n}.png">' for n in range(100)))})
    browser = opened(web)
    assert len(web.asked) == 41
    assert "60 files more than can be shown here" in browser.text()


def test_files_that_take_too_long_together_are_not_asked_for() -> None:
    hours = itertools.count(step=3600.0)
    files = Files(HOME, lambda url: Visit(url, (), NameNotFound(url)), clock=lambda: next(hours))
    assert files.load(f"{HOME}a.png", "image") is None
    assert (files.found, files.left_out) == ([], 1)


def test_a_style_sheet_that_imports_itself_ends() -> None:
    browser = page('<link rel="stylesheet" href="s.css">', **{"s.css": css("@import 's.css'; p{}")})
    assert "p{}" in browser.page.html


def test_a_picture_named_a_thousand_times_does_not_fill_the_memory() -> None:
    picture = (200, {"Content-Type": "image/png"}, PNG + bytes(300_000))
    browser = page('<img src="a.png">' * 1000, **{"a.png": picture})
    assert len(browser.frame.document) < 2_500_000


def test_an_https_page_may_not_load_styles_over_http() -> None:
    web = Web()
    web.pages["https://a/"] = html('<link rel="stylesheet" href="http://a/s.css">')
    assert "mixed content" in opened(web, "https://a/").text()


def css(text: str) -> Answer:
    return 200, {"Content-Type": "text/css"}, text


# Every kind of answer


def test_json_is_laid_out() -> None:
    browser = opened(Web(**{"": (200, {"Content-Type": "application/json"}, '{"a":[1]}')}))
    assert browser.page.text == '{\n  "a": [\n    1\n  ]\n}'


def test_plain_text_is_shown_as_it_is() -> None:
    browser = opened(Web(**{"": (200, {"Content-Type": "text/plain"}, "<b>not bold</b>")}))
    assert "&lt;b&gt;not bold&lt;/b&gt;" in browser.frame.document


def test_a_picture_alone_is_shown() -> None:
    browser = opened(Web(**{"a.png": (200, {"Content-Type": "image/png"}, PNG)}), f"{HOME}a.png")
    assert "data:image/png" in browser.page.html


def test_an_unknown_file_is_told_not_shown() -> None:
    browser = opened(Web(**{"": (200, {"Content-Type": "application/zip"}, b"PK\0")}))
    assert "3 bytes of application/zip" in browser.page.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=iso-8859-1", "Käse".encode("latin-1")),
        ("text/html", '<meta charset="windows-1252">Käse'.encode("cp1252")),
        ("text/html", "Käse".encode()),
        ("text/html; charset=rot13", "Käse".encode()),
    ],
)
def test_letters_are_read_in_the_charset_of_the_page(kind: str, body: bytes) -> None:
    assert opened(Web(**{"": (200, {"Content-Type": kind}, body)})).page.text == "Käse"


def test_a_page_without_a_type_is_known_by_its_beginning() -> None:
    assert opened(Web(**{"": (200, {}, "<!doctype html><p>A")})).page.text == "A"


def test_a_huge_page_is_cut() -> None:
    browser = page("<p>" + "a" * 2_000_000)
    assert len(browser.frame.document) < 600_000
    assert "only the first 500,000 of 2,000,003 bytes are shown" in browser.text()


def test_the_page_of_an_error_is_shown_as_the_site_sent_it() -> None:
    browser = opened(Web(**{"": html("<h1>Lost</h1>", 404)}))
    assert browser.page.text == "Lost"
    assert "404 Not Found" in browser.status_panel.value


def test_an_error_without_a_page_gets_one() -> None:
    browser = opened(Web(**{"": (502, {}, "")}))
    assert "shop.example.com answered 502 Bad Gateway" in browser.page.text


# No answer


def test_a_name_without_address_is_told_with_its_remedy() -> None:
    browser = opened(Web())
    assert "The name shop.example.com has no address." in browser.page.text
    assert "give it &lt;one&gt;" in browser.frame.document


def test_an_old_page_does_not_outlive_a_failure() -> None:
    browser = page("Shop")
    browser.open("http://nobody.example.com/")
    assert browser.exchange is None
    assert "Shop" not in browser.frame.document


def test_what_is_no_address_is_told_not_raised() -> None:
    web = Web()
    web.pages["http://"] = UsageError("not a web address: http://")
    assert "not a web address" in opened(web, "http://").page.text


# TLS

SAFE = "https://shop.example.com/"
CERTIFICATE = CertificateFacts(
    subject="CN=shop.example.com",
    issuer="CN=Lab CA",
    common_name="shop.example.com",
    names=("shop.example.com",),
    addresses=(),
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2026, 2, 1, tzinfo=UTC),
    is_ca=False,
    for_servers=True,
    self_signed=False,
    key_type="EC",
    key_bits=256,
    signature_hash="sha256",
    serial="1",
    fingerprint="AB:CD",
    der=b"",
)
EXPIRED = Refusal("expired", "the certificate is over", "renew it", 10, "CN=shop.example.com")


def tls(*refusals: Refusal) -> TlsFacts:
    name = "shop.example.com"
    return TlsFacts(name, name, "TLSv1.3", "", (CERTIFICATE,), not refusals, refusals)


def expired(web: Web | None = None) -> LabBrowser:
    """A browser before a site whose certificate is over."""
    web = web or Web()
    refused = RequestFailed("no answer: the TLS hop failed", kind="certificate")
    refused.tls = tls(EXPIRED)
    web.pages[SAFE] = refused
    web.handshake = tls(EXPIRED)
    return opened(web, SAFE)


def test_a_refused_certificate_gets_the_page_that_browsers_show() -> None:
    browser = expired()
    assert browser.page.title == "Your connection is not private"
    assert "not trusted: the certificate is over" in browser.status_panel.value


def test_a_refused_certificate_is_told_with_its_remedy() -> None:
    browser = expired()
    browser.look.value = "Certificate"
    assert "renew it" in browser.details.value
    assert "shop.example.com" in browser.details.value


def test_a_learner_can_go_on_all_the_same() -> None:
    browser = expired()
    assert browser.go_on_button.layout.display is None
    browser.go_on_button.click()
    assert browser.page.text == "let pass"
    assert "not trusted" in browser.status_panel.value


def test_an_exception_is_for_one_site_alone() -> None:
    web = Web()
    browser = expired(web)
    browser.go_on()
    browser.open(f"{SAFE}again")
    browser.open("https://other.example.com/")
    assert web.verified == [True, False, False, True]


@pytest.mark.parametrize(
    "found", [NameNotFound("no such name"), RequestFailed("no answer", kind="refused")]
)
def test_nothing_but_a_certificate_can_be_let_pass(found: Exception) -> None:
    web = Web()
    web.pages[SAFE] = found
    assert opened(web, SAFE).go_on_button.layout.display == "none"


def test_an_accepted_certificate_says_for_whom_and_by_whom() -> None:
    web = Web()
    web.pages[SAFE] = html("A")
    web.handshake = tls()
    assert "✓ encrypted (TLSv1.3), certificate for shop.example.com by Lab CA" in (
        opened(web, SAFE).status_panel.value
    )


def strict(*refusals: Refusal, policy: str = "max-age=60") -> LabBrowser:
    """A browser that has seen a site with HSTS."""
    web = Web()
    web.handshake = tls(*refusals)
    for url in (SAFE, HOME, "http://www.shop.example.com/", "https://www.shop.example.com/"):
        web.pages[url] = html("A", Strict_Transport_Security=policy)
    return opened(web, SAFE)


def test_a_site_with_hsts_is_asked_over_https_from_then_on() -> None:
    browser = strict()
    browser.open(HOME)
    assert browser.url == SAFE
    assert "only over https (HSTS)" in browser.text()


@pytest.mark.parametrize(
    ("policy", "url"),
    [
        ("max-age=60", "http://www.shop.example.com/"),
        ("max-age=60; includeSubDomains", "https://www.shop.example.com/"),
    ],
)
def test_hsts_holds_below_a_site_only_where_it_says_so(policy: str, url: str) -> None:
    browser = strict(policy=policy)
    browser.open("http://www.shop.example.com/")
    assert browser.url == url


def test_hsts_with_a_refused_certificate_is_not_heeded() -> None:
    browser = strict(EXPIRED)
    browser.open(HOME)
    assert browser.url == HOME


def test_hsts_of_zero_seconds_is_taken_back() -> None:
    browser = strict(policy="max-age=0")
    browser.open(HOME)
    assert browser.url == HOME


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("refused", "refused to connect"),
        ("connect-timeout", "took too long to respond"),
        ("silent", "took too long to respond"),
        ("not-tls", "does not speak TLS"),
        ("tls-alert", "broke off the TLS handshake"),
        ("cut", "closed the connection before it answered"),
    ],
)
def test_each_way_to_fail_has_its_words(kind: str, words: str) -> None:
    web = Web()
    web.pages[HOME] = RequestFailed("no answer", kind=kind)
    assert words in opened(web).page.text


# Text twin


def test_the_text_twin_tells_the_whole_page() -> None:
    browser = page('<title>Shop</title><h1>Hello</h1><a href="/b">there</a><img src="c.png">')
    assert browser.text().splitlines() == [
        "Lab browser: http://shop.example.com/",
        "  200 OK",
        "  not encrypted",
        "  | Hello",
        "  | there",
        "  links:",
        "    1 there: http://shop.example.com/b",
        "  files:",
        "    ✗ image http://shop.example.com/c.png: nobody knows http://shop.example.com/c.png",
        "  the way:",
        "    GET http://shop.example.com/",
    ]


def test_live_front_ends_get_the_widget_and_others_the_text() -> None:
    bundle = LabBrowser(Web())._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("Lab browser:")


def test_every_control_says_what_it_is_for() -> None:
    browser = LabBrowser(Web())
    controls = (browser.back_button, browser.forward_button, browser.reload_button, browser.address)
    assert all(control.tooltip and control.description for control in controls)


# Through a real proxy


STICKY = """\
apiVersion: v1
kind: Service
metadata:
  name: sticky
  annotations: {traefik.ingress.kubernetes.io/service.sticky.cookie: "true"}
spec:
  selector: {app: kiada}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: sticky}
spec:
  rules:
  - host: sticky.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: sticky, port: {number: 80}}}}
"""


@pytest.fixture
def sticky(lab: Lab) -> Iterator[Lab]:
    """A lab with a site whose proxy gives out cookies that name the pod."""
    lab.apply(STICKY)
    lab.dns.add("sticky.example.com", lab.address)
    lab.wait_for("http://sticky.example.com/")
    yield lab
    lab.dns.remove("sticky.example.com")
    lab.delete(STICKY)


def test_a_sticky_cookie_keeps_the_browser_with_one_pod(sticky: Lab) -> None:
    browser = opened(sticky, "http://sticky.example.com/")
    pods = {browser.exchange and browser.exchange.pod}
    for _ in range(5):
        browser.reload()
        pods.add(browser.exchange and browser.exchange.pod)
    assert len(pods) == 1
    assert "sticky.example.com: cookie _" in browser.text()


def test_the_way_through_the_proxy_is_told(sticky: Lab) -> None:
    assert (
        "proxy   Traefik: router default-sticky-"
        in opened(sticky, "http://sticky.example.com/").text()
    )
