"""A picture of the cluster that follows it: Ingress, Service, EndpointSlice, Pod."""

from typing import ClassVar
from weakref import WeakKeyDictionary

import ipywidgets

from labsupport.base.types import Json
from labsupport.diagrams.namespace import namespace_graph, places_of
from labsupport.rules.flow import Node, text
from labsupport.rules.ingress.targets import SERVICE_LABEL
from labsupport.widgets.flow_view import FlowPanel
from labsupport.widgets.node_text import object_text, plain_yaml
from labsupport.widgets.rule_source import Followed
from labsupport.widgets.tester import Tester, column

_KIND_OF_NODE = {"ingress": "ingresses", "service": "services", "load-balancer": "services"}
_KIND_OF_NODE |= {"pod": "pods"}


class ClusterMap(Tester):
    """What leads where in a namespace, drawn anew whenever it changes.

    Choose a node (click, or Tab and Enter) for its object. The map follows the cluster until it
    is closed, or a newer map of the same namespace takes its place; with `follow=False` it shows
    the moment it was made.
    """

    _following: ClassVar[WeakKeyDictionary[Followed, dict[str, "ClusterMap"]]] = WeakKeyDictionary()

    def __init__(self, lab: Followed, *, namespace: str = "default", follow: bool = True) -> None:
        self.namespace = namespace
        self._closed = False
        self.flow = FlowPanel(self._described)
        self.state = ipywidgets.HTML()
        self.view = column(self.state, self.flow.view)
        self._follower = lab.follow(places_of(namespace), self._draw)
        self._draw()
        if follow:
            self._take_over(lab)
        else:
            self._stand_still("as it was when this was made")

    @property
    def following(self) -> bool:
        """Whether changes in the cluster are still shown."""
        return not self._closed

    def text(self) -> str:
        """The map as lines, as `cluster_map` says them."""
        assert self.flow.graph is not None  # drawn when made
        return text(self.flow.graph)

    def stop(self) -> None:
        """Follow no longer; the last picture stays."""
        self._stand_still("no longer followed")

    def close(self) -> None:
        """Follow no longer, and take the view away; may be called twice."""
        self._stand_still("closed")
        self.flow.close()
        super().close()

    def _take_over(self, lab: Followed) -> None:
        """Be the one map of this namespace that follows: cells are run again and again."""
        maps = self._following.setdefault(lab, {})
        older = maps.get(self.namespace)
        maps[self.namespace] = self
        if older is not None and older.following:
            older._stand_still("a newer map follows the cluster now")
        self._say("✓ follows the cluster")

    def _stand_still(self, why: str) -> None:
        if not self._closed:
            self._closed = True
            self._follower.close()
            self._say(f"stands still: {why}")

    def _say(self, words: str) -> None:
        self.state.value = f'<p class="faint">Namespace {self.namespace}: {words}</p>'

    def _draw(self) -> None:
        """Called at once, and from then on in the follower's thread."""
        self.flow.show(namespace_graph(self.namespace, self._follower.objects))

    def _described(self, node: Node) -> str:
        """The node's object; a Service with the EndpointSlices that name its pods."""
        kind = _KIND_OF_NODE.get(node.kind)
        if kind is None:
            return str(node)
        found = object_text(node, self._follower.objects(kind))
        if node.kind != "service":
            return found
        slices = self._follower.objects("endpointslices")
        belonging = [each for each in slices if _service_of(each) == node.id.split("/")[1:]]
        return "---\n".join([found, *map(plain_yaml, belonging)])


def _service_of(endpoint_slice: Json) -> list[str]:
    """Namespace and name of the Service that an EndpointSlice belongs to."""
    metadata = endpoint_slice["metadata"]
    return [metadata["namespace"], (metadata.get("labels") or {}).get(SERVICE_LABEL, "")]
