"""A name for the TLS handshake, and which certificate comes: by the rules, and in truth."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

import ipywidgets

from labsupport.base.errors import LabError
from labsupport.rules.certificates import Refusal
from labsupport.rules.certificates.telling import verdict_lines
from labsupport.widgets.certificate_markup import verdict_of
from labsupport.widgets.markup import notice, panel, sign, table
from labsupport.widgets.tester import Tester, button, column, on_enter, row, text_field

if TYPE_CHECKING:
    from labsupport.session.lab import Lab
    from labsupport.session.trust import Candidate, Foreseen
    from labsupport.trust.handshake import Presented

_NO_NAME = "no name at all"


class SniTester(Tester):
    """Shows for a name, while it is typed, which certificate the controller will choose and why.

    `send` makes a real handshake with the controller, asking for the name, and says whether the
    rules foresaw the certificate and whether a client accepts it. An empty `sni` sends no name, as
    very old clients do, and all that ask for an IP address: that is then what a client compares
    with the certificate (`asked`). `address` is where to connect,
    the controller's own when "". `foreseen`, `presented`, `agrees`, `refusals` and `problem` hold
    what was found.
    """

    foreseen: "Foreseen | None"
    presented: "Presented | None"
    asked: str
    holders: list[str]
    refusals: tuple[Refusal, ...]
    problem: str

    def __init__(
        self, lab: "Lab", sni: str = "kiada.example.com", *, address: str = "", port: int = 443
    ) -> None:
        self._lab = lab
        self._address, self._port = address, port
        self.foreseen = None
        self.sni_field = text_field(
            "SNI", sni, "The server name in the handshake; empty sends none. Enter sends"
        )
        self.sni_field.placeholder = _NO_NAME
        self.send_button = button("Send it", "Make a handshake with this name", primary=True)
        self.rules_panel = ipywidgets.HTML()
        self.handshake_panel = ipywidgets.HTML()
        self.view = column(
            row(self.sni_field, self.send_button), self.rules_panel, self.handshake_panel
        )
        self.sni_field.observe(lambda _: self._on_name(), "value")
        self.send_button.on_click(lambda _: self.send())
        on_enter(self.sni_field, self.send)
        self._on_name()

    @property
    def sni(self) -> str:
        """The name to ask for; "" for none."""
        return str(self.sni_field.value).strip()

    @sni.setter
    def sni(self, sni: str) -> None:
        self.sni_field.value = sni

    @property
    def agrees(self) -> bool | None:
        """Whether the certificate that came is the foreseen one; None when none came."""
        if self.presented is None or self.foreseen is None:
            return None
        if self.foreseen.chain:
            return self.presented.certificate == self.foreseen.chain[0]
        return not self.holders

    def send(self) -> None:
        """Make the handshake, and compare."""
        self._foresee()
        trust = self._lab.trust
        try:
            address = self._address or self._lab.address
            self.presented = trust.presented(address, self.sni, port=self._port)
            self.holders = trust.secrets_with(self.presented.certificate)
            self.asked = self.sni or address
            self.refusals = trust.refusals(self.presented.chain, self.asked)
        except LabError as error:
            self.problem = str(error)
        self._show()

    def text(self) -> str:
        """What the rules foresee, what came, and what a client says."""
        lines = [f"SNI tester: {self.sni or _NO_NAME}"]
        if self.foreseen is not None:
            lines.append(f"  by the rules: {_words(self.foreseen)}")
            lines += [f"    {line}" for line in map(_candidate_line, self.foreseen.candidates)]
        lines += [f"  {line}" for line in self.problem.splitlines()]
        if self.presented is not None:
            lines += [f"  {line}" for line in self._handshake_lines()]
            lines += verdict_lines(self.asked, self.refusals)
        elif not self.problem:
            lines.append("  not sent yet: press Send it in a live notebook")
        return "\n".join(lines)

    def _on_name(self) -> None:
        self._foresee()
        self._show()

    def _foresee(self) -> None:
        """What the rules say of the name now; what was sent before is forgotten."""
        self._forget()
        self.foreseen = None
        try:
            self.foreseen = self._lab.trust.foreseen(self.sni)
        except LabError as error:
            self.problem = str(error)

    def _forget(self) -> None:
        self.presented = None
        self.asked = ""
        self.holders = []
        self.refusals = ()
        self.problem = ""

    def _handshake_lines(self) -> Iterator[str]:
        assert self.presented is not None
        certificate = self.presented.certificate
        kept = ", ".join(f"Secret {each}" for each in self.holders)
        names = ", ".join(certificate.all_names) or "no name"
        yield f"in the handshake: {kept or 'of no Secret'}: {certificate.title}, for {names}"
        yield (
            "as the rules foresee" if self.agrees else "the rules foresee another one: " + _DIFFERS
        )

    def _show(self) -> None:
        self.rules_panel.value = panel("By the rules", self._rules_html())
        self.handshake_panel.value = self._handshake_html()

    def _rules_html(self) -> str:
        if self.foreseen is None:
            return ""
        head = notice(_words(self.foreseen))
        rows = (_candidate_row(each, self.foreseen) for each in self.foreseen.candidates)
        if not self.foreseen.candidates:
            return f"{head}<p>No Ingress names a Secret in spec.tls.</p>"
        words = ("Secret", "Its certificate is for", "Named by Ingress", "")
        return head + table(words, rows)

    def _handshake_html(self) -> str:
        if self.problem:
            return panel("The handshake", notice(self.problem, "bad"))
        if self.presented is None:
            ask = "<p>Press Send it, or Enter in the field.</p>"
            return panel("The handshake", ask)
        came, agreement = self._handshake_lines()
        mark = sign(bool(self.agrees), agreement)
        body = f"<p>{escape(came.partition(': ')[2])}</p><p>{mark}</p>"
        return panel("The handshake", body + verdict_of(self.asked, self.refusals))


_DIFFERS = "a change takes a moment to arrive, and Traefik's custom kinds may add others"


def _words(foreseen: "Foreseen") -> str:
    if not foreseen.secret:
        return foreseen.reason
    by = f" of Ingress {foreseen.ingress}" if foreseen.ingress else ""
    return f"Secret {foreseen.secret}{by}: {foreseen.reason}"


def _candidate_line(candidate: "Candidate") -> str:
    return f"{candidate.secret} for {_names(candidate)} (Ingress {candidate.ingress})"


def _names(candidate: "Candidate") -> str:
    if candidate.names is None:
        return "nothing: no such Secret, or no certificate in it"
    return ", ".join(candidate.names) or "no name"


def _candidate_row(candidate: "Candidate", foreseen: "Foreseen") -> str:
    chosen = (candidate.secret, candidate.ingress) == (foreseen.secret, foreseen.ingress)
    cells = (candidate.secret, _names(candidate), candidate.ingress)
    mark = sign(True, "chosen") if chosen else ""
    return (
        f'<tr class="{"good" if chosen else ""}">'
        + "".join(f'<td class="mono">{escape(cell)}</td>' for cell in cells)
        + f"<td>{mark}</td></tr>"
    )
