"""Profiles: what matching and precedence mean, in the specification's words or a controller's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.rules.ingress.certificates import Selection
from labsupport.rules.ingress.classes import Refusal
from labsupport.rules.ingress.entry import Default, Entry
from labsupport.rules.ingress.targets import Condition, Directory


@dataclass(frozen=True)
class Criterion:
    """One step in comparing two matching entries: the lower `key` goes first.

    `words` say why the first of two goes first. What is not `specified` was left open: by
    Kubernetes in `spec`, by chance in a controller.
    """

    words: Callable[[Entry, Entry], str]
    key: Callable[[Entry], object]
    specified: bool = True


@dataclass(frozen=True)
class Profile:
    """How one controller reads Ingress rules.

    `entries` translates the Ingresses that it serves, all at once, and `defaults` gives their
    default backends, the first in precedence first. `criteria` are compared in turn; where only
    unspecified ones tell two entries apart, the first wins, or with `random_ties` either may.
    `path` gives the path that a request is matched by. `redirects` says whether plain HTTP may be
    answered by a 308 to HTTPS.
    """

    name: str
    about: str
    refusal: Refusal
    controller: str
    entries: Callable[[Sequence[Json], Directory], list[Entry]]
    defaults: Callable[[Sequence[Json], Directory], list[Default]]
    criteria: tuple[Criterion, ...]
    certificate: Selection
    path: Callable[[str], str] = str
    condition: Condition = "ready"
    external_names: bool = True
    random_ties: bool = False

    def order(self, entry: Entry) -> tuple[object, ...]:
        """The sort key that puts entries into order of precedence."""
        return tuple(criterion.key(entry) for criterion in self.criteria)

    def deciding(self, first: Entry, second: Entry) -> Criterion:
        """The criterion by which `first` goes before `second`."""
        for criterion in self.criteria:
            if criterion.key(first) != criterion.key(second):
                return criterion
        return self.criteria[-1]


def said(words: str) -> Callable[[Entry, Entry], str]:
    """The same words for every two entries."""
    return lambda first, second: words


BY_NAME = (
    Criterion(
        said("its Ingress's name comes first"), lambda entry: entry.route.ingress, specified=False
    ),
    Criterion(
        said("it stands first in the Ingress"), lambda entry: entry.route.position, specified=False
    ),
)
"""The last criteria: without meaning, but the same at every run."""
