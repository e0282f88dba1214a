"""A certificate from a server, a Secret or text: its chain, and why a client refuses it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ipywidgets

from labsupport.base.errors import LabError
from labsupport.base.paths import instance
from labsupport.rules.certificates import Refusal, refusals
from labsupport.rules.certificates.refusals import path_of
from labsupport.rules.certificates.telling import chain_lines, verdict_lines
from labsupport.session.certificates import Found, found_at
from labsupport.trust.issuing import Issuer
from labsupport.widgets.certificate_markup import chain_tree, verdict_of
from labsupport.widgets.markup import notice, panel
from labsupport.widgets.tester import Tester, button, column, row, text_field

if TYPE_CHECKING:
    from labsupport.session.lab import Lab


class CertificateInspector(Tester):
    """Shows a certificate with all that was sent along, and what a client thinks of it.

    `source` is a host or URL, `secret/NAME`, `secret/NAMESPACE/NAME`, a PEM file or PEM text;
    without a `lab` only the last two. `name` is what a client asks for, at first the host of the
    URL. `found`, `refusals` and `problem` hold what came of the last look, at the time `now`.
    """

    def __init__(self, lab: "Lab | None" = None, source: str = "", *, name: str = "") -> None:
        self._lab = lab
        self._issuer = Issuer(lab.instance if lab else instance())
        self.found: Found | None = None
        self.refusals: tuple[Refusal, ...] = ()
        self.problem = ""
        self.now = datetime.now(UTC)
        self.source_field = ipywidgets.Textarea(
            value=source,
            description="Look at",
            tooltip="A host or URL, secret/NAME, or the text of a certificate (PEM)",
            placeholder="kiada.example.com, secret/kiada, or -----BEGIN CERTIFICATE-----…",
            rows=2,
            layout={"flex": "1 1 20em", "width": "auto"},
        )
        self.name_field = text_field(
            "Asked for", name, "The name a client asks for; empty: the host of the URL"
        )
        self.look_button = button("Look", "Fetch the certificate and judge it", primary=True)
        self.verdict_panel = ipywidgets.HTML()
        self.chain_panel = ipywidgets.HTML()
        self.view = column(
            row(self.source_field, self.look_button),
            row(self.name_field),
            self.verdict_panel,
            self.chain_panel,
        )
        self.look_button.on_click(lambda _: self.look())
        self.name_field.observe(lambda _: self._judge(), "value")
        self.look() if source else self._show()

    @property
    def source(self) -> str:
        """Where to look; a new value is looked at when `look` is called."""
        return str(self.source_field.value).strip()

    @source.setter
    def source(self, source: str) -> None:
        self.source_field.value = source

    @property
    def name(self) -> str:
        """The name that a client asks for, "" when none is to be compared."""
        typed = str(self.name_field.value).strip()
        return typed or (self.found.name if self.found else "")

    def look(self) -> None:
        """Fetch what is at `source`, and judge it."""
        self.found, self.problem = None, ""
        try:
            self.found = found_at(self.source, self._lab)
        except LabError as error:
            self.problem = str(error)
        self._judge()

    def text(self) -> str:
        """The chain with its facts, and every reason to refuse it; no dates or fingerprints."""
        if self.found is None:
            lines = self.problem.splitlines() or ["nothing looked at yet: press Look"]
        else:
            lines = [f"{self.found.place}:", *chain_lines(self.found.chain, self.now, brief=True)]
            lines += verdict_lines(self.name, self.refusals)
        return "\n".join(["Certificate inspector", *(f"  {line}" for line in lines)])

    def _judge(self) -> None:
        self.now = datetime.now(UTC)
        self.refusals = ()
        if self.found is not None:
            self.refusals = refusals(
                self.found.chain,
                self.name,
                self.now,
                self._issuer.believed,
                self._issuer.intermediates,
            )
        self._show()

    def _show(self) -> None:
        self.verdict_panel.value = panel("What a client says", self._verdict_html())
        self.chain_panel.value = self._chain_html()

    def _verdict_html(self) -> str:
        if self.problem:
            return notice(self.problem, "bad")
        if self.found is None:
            return notice("Nothing looked at yet: press Look.")
        return verdict_of(self.name, self.refusals)

    def _chain_html(self) -> str:
        if self.found is None:
            return ""
        path, complete = path_of(self.found.chain, self._issuer.believed)
        tree = chain_tree(self.found.chain, path[-1] if complete else None, self.now)
        return panel(f"The certificates: {self.found.place}", tree)
