"""Decisions and answers as HTML for the testers' panels. All text from outside is escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from labsupport.rules.ingress import Candidate, Decision

_MOST_ROWS = 40
_SIGNS = {
    "won": "✓ takes it",
    "lost": "matches, but goes second",
    "tie": "may take it: chance decides",
}


def panel(title: str, body: str) -> str:
    """A titled part of a tester that screen readers announce when it changes."""
    return f'<section role="status" aria-label="{title}"><h4>{title}</h4>{body}</section>'


def notice(text: str, kind: str = "") -> str:
    """A sentence that stands out; `kind` is "good", "bad" or nothing."""
    return f'<p class="verdict {kind}">{escape(text)}</p>'


def sign(good: bool, word: str = "") -> str:
    """✓ or ✗ with a word, told apart by shape and colour."""
    mark = "✓" if good else "✗"
    return f'<span class="sign {_kind(good)}">{escape(f"{mark} {word}".strip())}</span>'


def table(head: Sequence[str], rows: Iterable[str], *, css: str = "") -> str:
    """A table of ready-made rows under the words of its head."""
    cells = "".join(f'<th scope="col">{escape(word)}</th>' for word in head)
    body = "".join(rows)
    return f'<table class="{css}"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>'


def items(lines: Iterable[str]) -> str:
    """A list of plain lines."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def verdict(decision: Decision) -> str:
    """The decision in one sentence, good when one backend answers; chance is not good."""
    answers = decision.status == 200 and decision.outcome != "undetermined"
    return notice(decision.summary, _kind(answers))


def reasons(decision: Decision, *, every: bool = False) -> str:
    """Each rule considered with its verdict, then the warnings.

    Of many rules those whose host differs come last and are cut short, unless `every` is wanted.
    """
    candidates = decision.candidates if every else nearest(decision)
    left_out = len(decision.candidates) - len(candidates)
    if candidates:
        body = table(("Rule", "What becomes of it"), map(_row, candidates))
    else:
        body = "<p>There is no Ingress rule at all.</p>"
    if left_out:
        body += f'<p class="faint">… and {left_out} more rules that do not take it.</p>'
    if decision.warnings:
        body += "<p>Take care:</p>" + items(each.message for each in decision.warnings)
    return body


def nearest(decision: Decision) -> Sequence[Candidate]:
    """All candidates if they are few, else the first ones, those whose host fits before others."""
    if len(decision.candidates) <= _MOST_ROWS:
        return decision.candidates
    near = [each for each in decision.candidates if each.verdict not in ("host", "class")]
    far = (each for each in decision.candidates if each.verdict in ("host", "class"))
    return [*near, *(each for each, _ in zip(far, range(_MOST_ROWS - len(near)), strict=False))]


def _row(candidate: Candidate) -> str:
    word = _SIGNS.get(candidate.verdict, "does not take it")
    kind = "good" if candidate.verdict == "won" else ""
    return (
        f'<tr class="{kind}"><td class="mono">{escape(str(candidate.route))}</td>'
        f'<td><span class="sign">{escape(word)}</span>: {escape(candidate.reason)}</td></tr>'
    )


def _kind(good: bool) -> str:
    return "good" if good else "bad"
