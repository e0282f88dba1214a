"""Small parts of sentences."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import zip_longest

_ALMOST = 0.7
"""How alike two labels are, from 0 to 1, when one may be the other with a typing error."""

_WITHOUT_DOTS = 0.95
"""The same for whole names, in one of which a dot is amiss."""


def listed(words: Iterable[str], most: int = 4) -> str:
    """`a, b and 3 more`; "none" for none."""
    found = list(words)
    if not found:
        return "none"
    rest = len(found) - most
    return ", ".join(found[:most]) + (f" and {rest} more" if rest > 0 else "")


def nearest(name: str, names: Iterable[str]) -> str:
    """That of the names which `name` may be with a typing error; "" when none is near.

    Labels (what dots part) are compared one by one: names that differ in two are two names.
    """
    near = {each: _nearness(name, each) for each in names if each != name}
    best = max(sorted(near), key=lambda each: near[each], default="")
    return best if best and near[best] >= _ALMOST else ""


def _nearness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1, by the one label in which they differ."""
    pairs = list(zip_longest(one.split("."), other.split("."), fillvalue=""))
    differing = [pair for pair in pairs if pair[0] != pair[1]]
    if len(differing) == 1:
        return SequenceMatcher(None, *differing[0]).ratio()
    whole = SequenceMatcher(None, one, other).ratio()
    return whole if whole >= _WITHOUT_DOTS else 0.0


def counted(number: int, word: str) -> str:
    """`1 Pod`, `2 Pods`."""
    return f"{number} {word}{'' if number == 1 else 's'}"
