"""What a check found: never just 'wrong', always what to look at next."""

import html
from dataclasses import asdict, dataclass, replace
from typing import Any

from labsupport.base.types import Json

WITHHELD = "none while the exam runs"
"""The hint of a verdict that gives none."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check of one exercise.

    `expected` and `got` say it in the learner's terms. While it has not passed, `look` names the
    object, field or cell to look at, and `hint` fits what is actually wrong. `note` is about the
    check itself.
    """

    exercise: str
    expected: str
    got: str
    look: str = ""
    hint: str = ""
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing is left to do."""
        return not self.hint

    def withheld(self) -> "Verdict":
        """The same without help: whether it passed, what was expected, and what was got."""
        return self if self.passed else replace(self, look="", hint=WITHHELD)

    def _lines(self) -> list[tuple[str, str]]:
        parts = [
            ("expected", self.expected),
            ("got", self.got),
            ("look at", self.look),
            ("hint", self.hint),
            ("note", self.note),
        ]
        return [(name, words) for name, words in parts if words]

    def _heading(self) -> str:
        return f"{'Done' if self.passed else 'Not yet'}: {self.exercise}"

    def __str__(self) -> str:
        rows = (f"  {name + ':':<10} {words}" for name, words in self._lines())
        return "\n".join([self._heading(), *rows])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # A word and a sign carry the outcome; the colour only repeats it.
        colour, sign = ("#00795A", "✓") if self.passed else ("#B35900", "→")
        rows = "".join(
            f'<tr><th scope="row" style="text-align: left; vertical-align: top">{name}</th>'
            f'<td style="text-align: left">{html.escape(words)}</td></tr>'
            for name, words in self._lines()
        )
        card = (
            f'<div role="status" style="border-left: 5px solid {colour}; padding: 2px 12px">'
            f"<p><strong>{sign} {html.escape(self._heading())}</strong></p>"
            f"<table>{rows}</table></div>"
        )
        return {"text/html": card, "text/plain": str(self)}

    def to_json(self) -> Json:
        """Plain data."""
        return {**asdict(self), "passed": self.passed}
