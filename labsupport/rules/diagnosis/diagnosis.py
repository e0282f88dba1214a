"""The diagnosis: every hop with what was seen, the cause, and what mends it. It prints itself."""

import html
from dataclasses import dataclass
from typing import Any, Literal

from labsupport.base.types import Json
from labsupport.rules.diagnosis.causes import CAUSES
from labsupport.rules.diagnosis.findings import Broken, Remedy

State = Literal["fine", "unused", "broken", "unreached"]

TITLES = {
    "name": "name",
    "tcp": "TCP",
    "tls": "TLS",
    "host": "host rule",
    "path": "path rule",
    "class": "class",
    "service": "Service",
    "port": "port",
    "endpoints": "endpoints",
    "pod": "Pod",
    "application": "application",
}
"""Each hop as people call it."""

_SIGNS: dict[State, str] = {"fine": "✓", "unused": "○", "broken": "✗", "unreached": "·"}
_WIDTH = max(len(title) for title in TITLES.values())


@dataclass(frozen=True)
class HopFinding:
    """One hop: "fine", "unused" (not on this request's way), "broken", or "unreached"."""

    hop: str
    state: State
    saw: str

    @property
    def line(self) -> str:
        """The hop in one line: its sign, its title, what was seen."""
        said = self.saw or "not reached"
        return f"{_SIGNS[self.state]} {TITLES[self.hop]:<{_WIDTH}}  {said}"


@dataclass(frozen=True)
class Diagnosis:
    """Why a request gets no good answer; or, when it does, what was checked.

    `hops` has all hops in the request's order. `found` is what was wrong at the broken one, None
    when all is well. `notes` are surprises that broke nothing.
    """

    url: str
    hops: tuple[HopFinding, ...]
    found: Broken | None
    notes: tuple[str, ...] = ()

    @property
    def cause(self) -> str | None:
        """A key of `CAUSES`; None when all is well."""
        return self.found.cause if self.found else None

    @property
    def ok(self) -> bool:
        """Whether every hop is fine."""
        return self.found is None

    @property
    def broken(self) -> str:
        """The broken hop, "" when there is none."""
        return next((each.hop for each in self.hops if each.state == "broken"), "")

    @property
    def saw(self) -> str:
        """What was seen at the broken hop."""
        return self.found.saw if self.found else ""

    @property
    def expected(self) -> str:
        """What was expected there."""
        return self.found.expected if self.found else ""

    @property
    def why(self) -> str:
        """The cause, in a sentence."""
        return self.found.why if self.found else ""

    @property
    def sure(self) -> bool:
        """Whether the cause was seen; else it is the most likely one."""
        return self.found is None or self.found.sure

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """Ways to mend it, the first the most likely meant."""
        return self.found.remedies if self.found else ()

    @property
    def heading(self) -> str:
        """The diagnosis in a line."""
        if self.found is None:
            checked = sum(each.state == "fine" for each in self.hops)
            return f"{self.url}: all is well at the {checked} hops that it takes"
        likely = "" if self.sure else "most likely "
        what = f"{likely}{CAUSES[self.found.cause]} ({self.found.cause})"
        return f"{self.url}: stops at {_place(self.broken)}: {what}"

    def __str__(self) -> str:
        lines = [self.heading]
        for each in self.hops:
            if each.state != "unreached":
                lines.append(f"  {each.line}")
            if each.state == "broken":
                lines += self._details()
        if unreached := [TITLES[e.hop] for e in self.hops if e.state == "unreached"]:
            lines.append(f"  {_SIGNS['unreached']} not reached: {', '.join(unreached)}")
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _details(self) -> list[str]:
        """What to tell of the broken hop, in lines; commands stand by themselves, to be pasted."""
        rows = [("expected", self.expected), ("because" if self.sure else "likely", self.why)]
        rows += [("or" if number else "mend", e.words) for number, e in enumerate(self.remedies)]
        lines = [f"      {f'{name}:':<9} {words}" for name, words in rows[:2]]
        for (name, words), remedy in zip(rows[2:], self.remedies, strict=True):
            lines.append(f"      {f'{name}:':<9} {words}")
            lines += [f"          {line}" for line in remedy.command.splitlines()]
        return lines

    def to_json(self) -> Json:
        """Plain data."""
        return {
            "url": self.url,
            "ok": self.ok,
            "cause": self.cause,
            "sure": self.sure,
            "broken": self.broken or None,
            "saw": self.saw,
            "expected": self.expected,
            "why": self.why,
            "remedies": [each.to_json() for each in self.remedies],
            "hops": [{"hop": e.hop, "state": e.state, "saw": e.saw} for e in self.hops],
            "notes": list(self.notes),
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": str(self)}

    def _html(self) -> str:
        # Words and signs carry the state; the colour only repeats it.
        colour, sign = ("#00795A", "✓") if self.ok else ("#B35900", "✗")
        rows = "".join(self._row(each) for each in self.hops)
        notes = "".join(f"<p>note: {html.escape(note)}</p>" for note in self.notes)
        return (
            f'<div role="status" style="border-left: 5px solid {colour}; padding: 2px 12px">'
            f"<p><strong>{sign} {html.escape(self.heading)}</strong></p>"
            f"<table>{rows}</table>{notes}</div>"
        )

    def _row(self, finding: HopFinding) -> str:
        said = html.escape(finding.saw or "not reached")
        if finding.state == "broken":
            said = f"<strong>{said}</strong>" + "".join(_told(*row) for row in self._remaining())
        pale = ' style="opacity: .65"' if finding.state in ("unused", "unreached") else ""
        return (
            f'<tr{pale}><td style="{_LEFT}">{_SIGNS[finding.state]}</td>'
            f'<th scope="row" style="{_LEFT}">{TITLES[finding.hop]}</th>'
            f'<td style="{_LEFT}">{said}</td></tr>'
        )

    def _remaining(self) -> list[tuple[str, str, str]]:
        rows = [("expected", self.expected, "")]
        rows.append(("because" if self.sure else "most likely", self.why, ""))
        words = ["to mend it", *["or"] * len(self.remedies)]
        rows += [
            (word, each.words, each.command)
            for word, each in zip(words, self.remedies, strict=False)
        ]
        return rows


_LEFT = "text-align: left; vertical-align: top"


def _place(hop: str) -> str:
    return TITLES.get(hop, hop) if hop in ("tcp", "tls") else f"the {TITLES.get(hop, hop)}"


def _told(name: str, words: str, command: str) -> str:
    pasted = f'<pre style="white-space: pre-wrap">{html.escape(command)}</pre>' if command else ""
    return f"<div><em>{name}:</em> {html.escape(words)}{pasted}</div>"
