"""Who foresaw what the controller did: the learner, the specification, a controller's profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from labsupport.http.exchange import Exchange
from labsupport.widgets.goal import Goal
from labsupport.widgets.markup import notice, sign, table

LEARNER = "you"
SPECIFICATION = "Kubernetes' rules"
CONTROLLER = "the controller"
_SIGNS = {True: sign(True, "so it was"), False: sign(False, "not so"), None: ""}


@dataclass(frozen=True)
class Opinion:
    """What one party expects: `who`, and the goal in words; `right` is None before the answer."""

    who: str
    says: str
    right: bool | None = None


@dataclass(frozen=True)
class Round:
    """One URL as it was asked and told: opinions, and what really came ("" if nothing was sent)."""

    url: str
    opinions: tuple[Opinion, ...]
    answer: str = ""

    @property
    def conclusion(self) -> str:
        """Who agrees with whom, in a sentence; without an answer, whether the learner was right."""
        if self.answer:
            right = _listed([*(each.who for each in self.opinions if each.right), CONTROLLER])
            wrong = [f"{each.who} said {each.says}" for each in self.opinions if not each.right]
            alone = right == CONTROLLER
            agreed = f"{right} {'differs' if alone else 'agree'}"
            return _sentence(f"{agreed}; {_listed(wrong)}" if wrong else agreed)
        first, last = self.opinions[0], self.opinions[-1]
        if first.who != LEARNER:
            return ""
        if first.says == last.says:
            return f"You and {last.who} agree."
        return f"You said {first.says}; {last.who} said {last.says}."

    def lines(self) -> list[str]:
        """The round as text."""
        marks = {True: "✓", False: "✗", None: " "}
        found = [f"{marks[each.right]} {each.who}: {each.says}" for each in self.opinions]
        if self.answer:
            found.append(f"  {CONTROLLER}: {self.answer}")
        return [*found, *filter(None, (self.conclusion,))]

    def html(self) -> str:
        """The round as a table and its conclusion."""
        rows = [
            f"<tr><td>{escape(each.who)}</td><td>{escape(each.says)}</td>"
            f"<td>{_SIGNS[each.right]}</td></tr>"
            for each in self.opinions
        ]
        if self.answer:
            rows.append(f"<tr><td>{CONTROLLER}</td><td>{escape(self.answer)}</td><td></td></tr>")
        good = all(each.right is not False for each in self.opinions)
        end = notice(self.conclusion, "good" if good else "bad") if self.conclusion else ""
        return table(("Who", "What", ""), rows) + end

    def __str__(self) -> str:
        said = {each.who: each.says for each in self.opinions}
        outcome = f"really {self.answer}" if self.answer else "not sent"
        guess = f"you: {said[LEARNER]}; " if LEARNER in said else ""
        return f"{self.url}: {guess}rules: {said[SPECIFICATION]}; {outcome}"


def round_of(
    url: str, expected: Sequence[tuple[str, Goal]], exchange: Exchange | None, answer: str
) -> Round:
    """A round from what each party expects, and what came, if something was sent."""
    opinions = tuple(
        Opinion(who, goal.words, None if exchange is None else goal.met_by(exchange))
        for who, goal in expected
    )
    return Round(url, opinions, answer)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
