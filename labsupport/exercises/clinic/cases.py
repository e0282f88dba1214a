"""The breakages there are, by the word that people call them."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from labsupport.base.errors import UsageError
from labsupport.exercises.clinic import backends, certificates, controllers, naming, routes
from labsupport.exercises.clinic.breakage import Breakage

_LEVELS = ("first", "second", "third")
_MODULES = (naming, routes, backends, certificates, controllers)


@cache
def breakages() -> Mapping[str, Breakage]:
    """All breakages by name: the easy ones first, then in the order of a request's way."""
    found = [each for module in _MODULES for each in module.BREAKAGES]
    found.sort(key=lambda each: _LEVELS.index(each.level))
    return MappingProxyType({each.name: each for each in found})


def breakage(word: str) -> Breakage:
    """The breakage of this name, or with this cause; UsageError names the nearest."""
    known = {**breakages(), **{each.cause: each for each in breakages().values()}}
    if word not in known:
        nearest = get_close_matches(word, known, 1, 0)[0]
        raise UsageError(
            f'there is no breakage "{word}"',
            found=f"the nearest is {nearest}",
            remedy="./lab break --list",
        )
    return known[word]


def is_breakage(word: str) -> bool:
    """Whether a breakage has this name or cause."""
    return any(word in (each.name, each.cause) for each in breakages().values())
