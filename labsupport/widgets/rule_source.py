"""Where a tester's rules come from: the live cluster, or a manifest being written."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol
from weakref import WeakKeyDictionary, WeakMethod

from labsupport.base.types import Json
from labsupport.rules.admission import with_default_ingress_class

KINDS = ("ingresses", "ingressclasses", "services", "endpointslices")


class Follows(Protocol):
    """Objects kept up to date; see `labsupport.kube.follow.Follower`."""

    def objects(self, kind: str, /) -> list[Json]: ...

    def close(self) -> None: ...


class Followed(Protocol):
    """A lab whose objects can be followed."""

    def follow(
        self, places: Mapping[str, str | None], changed: Callable[[], None], /
    ) -> Follows: ...


@dataclass(frozen=True)
class Objects:
    """What a decision is made from. None: nothing is known of that kind, so it is not asked."""

    ingresses: tuple[Json, ...] = ()
    classes: tuple[Json, ...] | None = None
    services: tuple[Json, ...] | None = None
    slices: tuple[Json, ...] | None = None


class LiveRules:
    """A cluster's Ingresses and what they name, followed once for all testers of a lab.

    Cells are run again and again: testers that were shown before cost no further connection.
    """

    _of_labs: ClassVar[WeakKeyDictionary[Followed, "LiveRules"]] = WeakKeyDictionary()

    def __init__(self, lab: Followed) -> None:
        self._readers: list[WeakMethod[Callable[[], None]]] = []
        self._lock = threading.Lock()
        self._follower = lab.follow(dict.fromkeys(KINDS), self._tell)

    @classmethod
    def of(cls, lab: Followed, reader: Callable[[], None]) -> "LiveRules":
        """The lab's rules; the bound method `reader` is called in a thread after each change."""
        rules = cls._of_labs.get(lab)
        if rules is None:
            rules = cls._of_labs[lab] = cls(lab)
        with rules._lock:
            rules._readers.append(WeakMethod(reader))
        return rules

    def objects(self) -> Objects:
        """The objects of the cluster as they are now."""
        return Objects(*(tuple(self._follower.objects(kind)) for kind in KINDS))

    def leave(self, lab: Followed, reader: Callable[[], None]) -> None:
        """Call `reader` no more; with the last of them the following ends."""
        with self._lock:
            self._readers = [each for each in self._readers if each() not in (None, reader)]
            last = not self._readers
        if last and self._of_labs.get(lab) is self:
            del self._of_labs[lab]
            self._follower.close()

    def _tell(self) -> None:
        with self._lock:
            readers = [each() for each in self._readers]
        for reader in filter(None, readers):
            reader()


def written_objects(written: Iterable[Json], live: Objects) -> Objects:
    """The Ingresses that were written, among the classes and Services written and live.

    Ingresses that name no class get the default one, as when they are created.
    """
    of_kind: dict[str, list[Json]] = {}
    for obj in written:
        of_kind.setdefault(obj["kind"], []).append(obj)
    classes = _both(of_kind.get("IngressClass"), live.classes)
    ingresses = of_kind.get("Ingress", [])
    return Objects(
        tuple(with_default_ingress_class(each, classes or ()) for each in ingresses),
        classes,
        _both(of_kind.get("Service"), live.services),
        _both(of_kind.get("EndpointSlice"), live.slices),
    )


def _both(written: list[Json] | None, live: tuple[Json, ...] | None) -> tuple[Json, ...] | None:
    """The written objects, and the live ones that they would not replace."""
    if written is None:
        return live
    named = {_place(obj) for obj in written}
    return (*written, *(obj for obj in live or () if _place(obj) not in named))


def _place(obj: Json) -> tuple[str, str]:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]
