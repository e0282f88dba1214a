"""Certificates and what a client says of them, as HTML. All text from outside is escaped."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from labsupport.rules.certificates import CertificateFacts, Refusal
from labsupport.widgets.markup import notice, sign, table


def chain_tree(
    chain: Sequence[CertificateFacts], believed: CertificateFacts | None, now: datetime
) -> str:
    """The certificates sent, each under the one that issued it, the believed authority on top."""
    inner = ""
    for depth, each in enumerate(chain):
        role = "the server's own" if depth == 0 else "sent along"
        inner = _branch(each, role, inner, now, open_=depth == 0)
    if believed is not None and believed not in chain:
        inner = _branch(believed, "believed by the lab's client, not sent", inner, now)
    return f'<div class="certificates">{inner}</div>'


def verdict_of(name: str, reasons: Sequence[Refusal]) -> str:
    """Whether a client accepts, and each reason why not with what mends it."""
    asked = f" that asks for {name}" if name else ", as long as it asks for one of its names,"
    if not reasons:
        return notice(f"✓ A client{asked} accepts it.", "good")
    rows = (
        f'<tr class="bad"><td>{sign(False, each.id)}</td><td>{escape(each.what)}</td>'
        f"<td>{escape(each.remedy)}</td></tr>"
        for each in reasons
    )
    asked = f" that asks for {name}" if name else ""
    head = notice(f"✗ A client{asked} refuses it.", "bad")
    return head + table(("Reason", "In words", "What mends it"), rows, css="refusals")


def _branch(
    certificate: CertificateFacts, role: str, inner: str, now: datetime, *, open_: bool = False
) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(line[:13].strip())}</th>'
        f'<td class="{"mono" if line.startswith(_CODES) else ""}">{escape(line[13:])}</td></tr>'
        for line in certificate.lines(now)
    )
    below = f'<div class="lab-rule">{inner}</div>' if inner else ""
    return (
        f"<details{' open' if open_ else ''}><summary><strong>{escape(certificate.title)}</strong> "
        f'<span class="faint">{escape(role)}</span></summary>'
        f"<table><tbody>{rows}</tbody></table></details>{below}"
    )


_CODES = ("serial", "fingerprint")
