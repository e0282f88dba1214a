"""A browser in the notebook: for where the learner's own can't reach the lab's names."""

from datetime import UTC, datetime
from html import escape
from typing import Any

import anywidget
import ipywidgets
import traitlets

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.http.exchange import Exchange
from labsupport.widgets.browsing.document import document
from labsupport.widgets.browsing.files import File
from labsupport.widgets.browsing.markup_filter import SafePage
from labsupport.widgets.browsing.navigation import Gets, Navigation, Visit
from labsupport.widgets.browsing.padlock import Padlock, padlock_of
from labsupport.widgets.browsing.showing import Shown, refused_certificate, shown_of
from labsupport.widgets.markup import items, panel, sign
from labsupport.widgets.tester import (
    ASSETS,
    Tester,
    button,
    column,
    on_enter,
    row,
    shown,
    text_field,
    typed_url,
)

_START = SafePage("", "", "no page yet: press Go in a live notebook")
_LOOKS = {
    "The way": "What happened to each request",
    "Certificate": "Who the site says it is, and who vouches for that",
    "Files": "What the page asked for",
    "Links": "Where the page's links lead",
    "Kept": "What the sites have this browser remember: cookies, and https only (HSTS)",
}
_FILE_SECONDS = 3.0  # for each file that a page asks for


class PageFrame(anywidget.AnyWidget):
    """The sandboxed frame. `followed` is told by message: the number of the link chosen."""

    _esm = ASSETS / "lab_browser.js"
    _css = ASSETS / "lab_browser.css"

    document = traitlets.Unicode("").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)


class LabBrowser(Tester):
    """Opens addresses through the lab and shows the pages as a browser does, but harmless.

    Cookies are kept, redirects followed, and what a page asks for is fetched through the lab; its
    scripts never run. `open`, `follow`, `back`, `forward`, `reload` and `go_on` do what the
    controls do. `visit` holds the answers, `page` what is shown of them, `files` what the page
    asked for.
    """

    def __init__(self, lab: Gets, url: str = "http://kiada.example.com/") -> None:
        self._navigation = Navigation(lab)
        self._history: list[str] = []
        self._place = -1  # of the page shown, in the history
        self.visit: Visit | None = None
        self._shown = Shown(_START)
        self._make_controls(url)
        self._observe()
        self._show()

    # What is shown

    @property
    def url(self) -> str:
        """The address of the page shown, or what is in the address bar before there is one."""
        return self.visit.url if self.visit else typed_url(self.address)

    @property
    def exchange(self) -> Exchange | None:
        """The answer that is shown; None when none came."""
        return self.visit.answer if self.visit else None

    @property
    def page(self) -> SafePage:
        """The page as it is shown: title, text, links, notes."""
        return self._shown.page

    @property
    def files(self) -> tuple[File, ...]:
        """What the page asked for, and what became of it."""
        return self._shown.files

    @property
    def padlock(self) -> Padlock:
        """Whether the connection is encrypted, and whom the certificate speaks for."""
        return padlock_of(self.visit)

    def text(self) -> str:
        """The page as text, under the status line; then its links, files and the way."""
        lines = [f"Lab browser: {self.url}", *(f"  {line}" for line in self._status_lines())]
        lines += [f"  | {line}" for line in self.page.text.splitlines()]
        for title, found in (
            ("notes", list(self.page.notes)),
            ("links", self._link_lines()),
            ("files", [str(file) for file in self.files]),
            ("kept", self._kept_lines()),
            ("the way", self._way_lines()),
        ):
            lines += [f"  {title}:", *(f"    {line}" for line in found)] if found else []
        return "\n".join(lines)

    # What a learner does

    def open(self, url: str) -> None:
        """Go to `url`; without a scheme, http is meant."""
        self.address.value = url
        self._go(typed_url(self.address))

    def follow(self, link: int | str) -> None:
        """Follow a link of the page: by its number in the list of links, or by its words.

        UsageError, with the links that there are, when none is so called.
        """
        numbered = enumerate(self.page.links, 1)
        found = [each for number, each in numbered if link in (number, each.words)]
        if not found:
            raise UsageError(
                f"the page has no link {link!r}",
                found="; ".join(self._link_lines()) or "no link at all",
                remedy="print(browser) lists them",
            )
        self._go(found[0].url)

    def back(self) -> None:
        """To the page before, asked for anew."""
        self._move(-1)

    def forward(self) -> None:
        """To the page that `back` came from, asked for anew."""
        self._move(1)

    def reload(self) -> None:
        """Ask for the page again."""
        if self._history:
            self._load(self._history[self._place])

    def go_on(self) -> None:
        """Go on though the certificate is refused; from now on for all pages of this host."""
        if self.visit is not None:
            self._navigation.except_host(self.url)
            self._load(self.url)

    # Making the view

    def _make_controls(self, url: str) -> None:
        self.back_button = button("Back", "Back to the page before")
        self.forward_button = button("Forward", "Forward again")
        self.reload_button = button("Reload", "Ask for the page again")
        self.address = text_field("Address", url, "The address to open; Enter opens")
        self.go_button = button("Go", "Open this address", primary=True)
        self.status_panel = ipywidgets.HTML()
        self.go_on_button = button(
            "Go on anyway", "Show the page though nobody vouches for who sends it"
        )
        self.frame = PageFrame(layout={"width": "100%"})
        self.look = ipywidgets.ToggleButtons(
            options=list(_LOOKS), tooltips=list(_LOOKS.values()), style={"button_width": "auto"}
        )
        self.details = ipywidgets.HTML()
        self.view = column(
            row(
                self.back_button,
                self.forward_button,
                self.reload_button,
                self.address,
                self.go_button,
            ),
            self.status_panel,
            row(self.go_on_button),
            self.frame,
            self.look,
            self.details,
        )

    def _observe(self) -> None:
        self.back_button.on_click(lambda _: self.back())
        self.forward_button.on_click(lambda _: self.forward())
        self.reload_button.on_click(lambda _: self.reload())
        self.go_button.on_click(lambda _: self.open(str(self.address.value)))
        self.go_on_button.on_click(lambda _: self.go_on())
        on_enter(self.address, lambda: self.open(str(self.address.value)))
        self.frame.on_msg(self._on_message)
        self.look.observe(lambda _: self._show_details(), "value")

    def _on_message(self, _: Any, content: dict[str, Any], __: Any) -> None:
        number = content.get("followed")
        if isinstance(number, int) and 0 <= number < len(self.page.links):
            self._go(self.page.links[number].url)

    # Going places

    def _go(self, url: str) -> None:
        """A new page: what was ahead in the history is forgotten."""
        del self._history[self._place + 1 :]
        self._history.append(url)
        self._place += 1
        self._load(url)

    def _move(self, steps: int) -> None:
        place = self._place + steps
        if 0 <= place < len(self._history):
            self._place = place
            self._load(self._history[place])

    def _load(self, url: str) -> None:
        self.visit = self._navigation.visit(url)
        self._shown = shown_of(self.visit, self._file)
        self._history[self._place] = self.visit.url  # a redirect leaves no trace, as in browsers
        self.address.value = self.visit.url
        self._show()

    def _file(self, url: str) -> Visit:
        return self._navigation.visit(url, accept="*/*", timeout=_FILE_SECONDS)

    # Showing

    def _show(self) -> None:
        self.back_button.disabled = self._place <= 0
        self.forward_button.disabled = self._place + 1 >= len(self._history)
        self.reload_button.disabled = not self._history
        shown(self.go_on_button, self.visit is not None and refused_certificate(self.visit.problem))
        self.status_panel.value = self._status_html()
        with self.frame.hold_sync():
            self.frame.title = self.page.title or self.url
            self.frame.document = document(self.page)
        self._show_details()

    def _status_lines(self) -> list[str]:
        """Status, who answered, encryption, and what went before or wrong."""
        if self.visit is None:
            return []
        answer = self.visit.answer
        redirects, left_out = _once(self.visit.redirects)
        lines = [f"{each.status} to {each.location}" for each in redirects]
        lines += [f"and {left_out} times again"] if left_out else []
        if answer is not None:
            who = f", from pod {answer.pod}" if answer.pod else ""
            lines.append(f"{answer.status} {answer.reason}{who}")
        return [*lines, str(self.padlock)]

    def _status_html(self) -> str:
        if self.visit is None:
            return panel("Status", "<p>Press Go, or Enter in the address.</p>")
        answer = self.visit.answer
        said = f"{answer.status} {answer.reason}" if answer else "no page"
        parts = [sign(answer is not None and answer.ok, said)]
        if answer is not None and answer.pod:
            parts.append(f"from pod {escape(answer.pod)}")
        parts.append(self.padlock.html())
        if count := len(self.visit.redirects):
            parts.append(f"after {count} redirect{'' if count == 1 else 's'}")
        broken = sum(not file.ok for file in self.files)
        if broken:
            parts.append(sign(False, f"{broken} of {len(self.files)} files missing"))
        notes = ""
        if self.page.notes:
            notes = f'<p class="faint">Not as sent: {escape("; ".join(self.page.notes))}.</p>'
        return panel("Status", f"<p>{' · '.join(parts)}</p>{notes}")

    def _show_details(self) -> None:
        title = str(self.look.value)
        if title == "The way":
            body = f"<pre>{escape(chr(10).join(self._way_lines()) or 'Nothing asked yet.')}</pre>"
        elif title == "Certificate":
            body = self.padlock.details_html(datetime.now(UTC))
        elif title == "Files":
            body = _listed([str(file) for file in self.files], "The page asked for no files.")
        elif title == "Links":
            body = _listed(self._link_lines(), "The page has no links.")
        else:
            body = _listed(self._kept_lines(), "No site has anything kept here.")
        self.details.value = panel(title, body)

    def _kept_lines(self) -> list[str]:
        return [*self._navigation.cookies.lines(), *self._navigation.strict_sites.lines()]

    def _link_lines(self) -> list[str]:
        return [
            f"{number} {link.words or '(no words)'}: {link.url}"
            for number, link in enumerate(self.page.links, 1)
        ]

    def _way_lines(self) -> list[str]:
        """The hops of each request, those for the page's files left out."""
        if self.visit is None:
            return []
        lines = []
        answers, left_out = _once(self.visit.answers)
        for answer in answers:
            lines += [f"{answer.method} {answer.url}", *(f"  {hop}" for hop in answer.way)]
            if answer.location:
                lines.append(f"  Location: {answer.location}")
        lines += [f"… and {left_out} times again"] if left_out else []
        problem = self.visit.problem
        if problem is not None and self.visit.answer is None:
            way = problem.way if isinstance(problem, RequestFailed) else ()
            lines += [f"GET {self.visit.url}", *(f"  {hop}" for hop in way or (problem.what,))]
        return lines


def _once(answers: tuple[Exchange, ...]) -> tuple[list[Exchange], int]:
    """The answers without those to the same request again, and how many these are."""
    first: dict[tuple[str, int, str], Exchange] = {}
    for answer in answers:
        first.setdefault((answer.url, answer.status, answer.location), answer)
    return list(first.values()), len(answers) - len(first)


def _listed(lines: list[str], otherwise: str) -> str:
    return items(lines) if lines else f"<p>{escape(otherwise)}</p>"
