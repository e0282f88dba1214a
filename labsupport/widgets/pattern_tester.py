"""What testers of one pattern share: the pattern, what is requested, and a verdict at each key."""

from abc import abstractmethod
from collections.abc import Iterable

import ipywidgets

from labsupport.rules.ingress import Candidate
from labsupport.widgets.tester import Tester, column, needs_no_lab, row, text_field


class PatternTester(Tester):
    """A field for a rule's pattern, one for the requests (one a line), and the verdicts below.

    `part` is what is compared: "host" or "path". UsageError when `pattern` is no string, as the lab
    is none, which these testers need not.
    """

    def __init__(self, part: str, pattern: str, requests: Iterable[str], *, rows: int) -> None:
        needs_no_lab(self, pattern, str, f"the {part} of a rule")
        self.pattern_field = text_field(
            f"Rule's {part}", pattern, f"The {part} in the Ingress rule"
        )
        self.requests_field = ipywidgets.Textarea(
            value="\n".join(requests),
            description="Requests",
            tooltip=f"The {part}s that are requested, one a line",
            rows=rows,
            layout={"width": "auto"},
        )
        self.verdicts_panel = ipywidgets.HTML()
        self.view = column(row(self.pattern_field), self.requests_field, self.verdicts_panel)
        self.pattern_field.observe(lambda _: self._judge(), "value")
        self.requests_field.observe(lambda _: self._judge(), "value")
        self._judge()

    @abstractmethod
    def _judge(self) -> None:
        """Find every verdict anew, and show them."""

    @property
    def pattern(self) -> str:
        """The pattern in the rule."""
        return str(self.pattern_field.value).strip()

    @pattern.setter
    def pattern(self, pattern: str) -> None:
        self.pattern_field.value = pattern

    @property
    def requests(self) -> list[str]:
        """What is requested, each once."""
        lines = (line.strip() for line in str(self.requests_field.value).splitlines())
        return list(dict.fromkeys(filter(None, lines)))

    @requests.setter
    def requests(self, requests: Iterable[str]) -> None:
        self.requests_field.value = "\n".join(requests)


def takes(candidate: Candidate) -> bool:
    """Whether the rule takes the request."""
    return candidate.verdict == "won"
