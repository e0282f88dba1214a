"""What the editors of names share: a diff, and a name's way through its sources, as HTML."""

from collections.abc import Sequence
from html import escape

from labsupport.names.resolver import Step, stale
from labsupport.widgets.markup import notice, sign, table

_KINDS = {"+": "added", "-": "removed", "@": "place"}
_TITLES = {
    "address": "It is an address",
    "hosts": "Hosts file",
    "dns": "DNS server of the zone",
    "cache": "Caching resolver",
    "system": "This machine",
}


def difference(diff: str) -> str:
    """A unified diff, its lines told apart by their signs and by colour."""
    if not diff:
        return "<p>Nothing is changed.</p>"
    lines = "\n".join(map(_diff_line, diff.splitlines()))
    return f'<pre class="diff">{lines}</pre>'


def resolution(name: str, steps: Sequence[Step]) -> str:
    """Each source that was asked for `name`, what it said, and which one's address is used."""
    chosen = next((step for step in steps if step.chosen), None)
    if chosen is None:
        told = notice(f"{name} has no address", "bad")
    else:
        told = notice(f"{name} is {chosen.address}", "good")
    head = ("", "Source", "Said", "Address", "May be kept")
    if warning := stale(steps):
        told += notice(warning, "bad")
    return told + table(head, (_step_row(place, step) for place, step in enumerate(steps, 1)))


def _step_row(place: int, step: Step) -> str:
    used = sign(True, "used") if step.chosen else ""
    kind = "good" if step.chosen else ""
    return (
        f'<tr class="{kind}"><td>{place}.</td>'
        f'<td>{_TITLES.get(step.source, step.source)}<br><span class="faint mono">'
        f"{escape(step.asked)}</span></td><td>{escape(step.said)}</td>"
        f'<td class="mono">{escape(step.address)} {used}</td><td>{_kept(step)}</td></tr>'
    )


def _kept(step: Step) -> str:
    """For how many seconds; the browser itself counts down what is left of a remembered answer."""
    if step.ttl is None or step.source != "cache":
        return "" if step.ttl is None else f"{step.ttl} s"
    style = f"--left: {step.ttl}; --seconds: {step.ttl}s"
    return f'<span class="countdown" style="{style}">{step.ttl}</span> s'


def _diff_line(line: str) -> str:
    # The heads of a diff, `---` and `+++`, are no changes.
    kind = "" if line[:3] in ("---", "+++") else _KINDS.get(line[:1], "")
    return f'<span class="{kind}">{escape(line)}</span>' if kind else escape(line)
