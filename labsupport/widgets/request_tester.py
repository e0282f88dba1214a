"""A URL, a button, and side by side the answer that came and the reasons for it."""

from html import escape
from typing import Protocol

import ipywidgets

from labsupport.base.errors import LabError
from labsupport.http.exchange import Exchange
from labsupport.rules.ingress import Decision
from labsupport.widgets.goal import goal_of
from labsupport.widgets.markup import panel, reasons
from labsupport.widgets.tester import (
    Tester,
    button,
    column,
    on_enter,
    row,
    text_field,
    typed_url,
)


class Asks(Protocol):
    """What the tester needs of a lab."""

    def get(self, url: str, /) -> Exchange: ...

    def explain(self, url: str, /) -> Decision: ...


class RequestTester(Tester):
    """Sends a request through the lab and shows why it went where it went.

    Enter sends, as the button does. `exchange`, `decision` and `problem` hold the last outcome.
    """

    def __init__(self, lab: Asks, url: str = "http://kiada.example.com/") -> None:
        self._lab = lab
        self.exchange: Exchange | None = None
        self.decision: Decision | None = None
        self.problem = ""
        self.address = text_field("URL", url, "The URL to request; Enter sends")
        self.button = button("Send", "Send a GET request for this URL", primary=True)
        half = ipywidgets.Layout(width="50%")
        self.answer_panel = ipywidgets.HTML(layout=half)
        self.reasons_panel = ipywidgets.HTML(layout=half)
        self.view = column(
            row(self.address, self.button),
            ipywidgets.HBox([self.answer_panel, self.reasons_panel]),
        )
        self.button.on_click(lambda _: self.send())
        on_enter(self.address, self.send)
        self._show()

    @property
    def url(self) -> str:
        """What is in the URL field; without a scheme, http is meant."""
        return typed_url(self.address)

    def send(self) -> None:
        """Request the URL and show the answer beside the reasons."""
        self.exchange, self.decision, self.problem = None, None, ""
        try:
            self.decision = self._lab.explain(self.url)
            self.exchange = self._lab.get(self.url)
        except LabError as error:
            self.problem = str(error)
        self._show()

    def text(self) -> str:
        """The answer, and every rule with its reason."""
        lines = [f"Request tester: {self.url}"]
        if self.exchange is None and not self.problem:
            lines.append("  not sent yet: press Send in a live notebook")
        lines += [f"  {line}" for line in self._answer_lines()]
        if self.decision is not None:
            lines += [f"  {line}" for line in str(self.decision).splitlines()[1:]]
        return "\n".join(lines)

    def _answer_lines(self) -> list[str]:
        """The answer, and whether the specification foresaw it."""
        if self.problem:
            return self.problem.splitlines()
        if self.exchange is None or self.decision is None:
            return []
        who = f"pod {self.exchange.pod}" if self.exchange.pod else "the proxy itself"
        return [
            f"{self.exchange.status} {self.exchange.reason}",
            f"answered by {who}",
            "as Kubernetes' rules foresee"
            if goal_of(self.decision).met_by(self.exchange)
            else f"Kubernetes' rules foresee {self.decision.status}: this controller differs",
        ]

    def _show(self) -> None:
        self.answer_panel.value = panel("The answer", self._answer_html())
        why = "<p>Press Send, or Enter in the field.</p>"
        self.reasons_panel.value = panel(
            "The reasons", why if self.decision is None else reasons(self.decision)
        )

    def _answer_html(self) -> str:
        lines = self._answer_lines()
        if not lines:
            return "<p>Nothing sent yet.</p>"
        head, *rest = (escape(line) for line in lines)
        return f"<p>{'<br>'.join([f'<strong>{head}</strong>', *rest])}</p>"
