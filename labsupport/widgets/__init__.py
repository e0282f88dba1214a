"""Widgets: testers a learner plays with in a notebook.

Each shows by ipywidgets what the session and the rules say, has labels and a plain-text twin, and
can be driven by its traits alone. No rule is decided here, and nothing here knows the exercises.
`tester` is what they share; `assets` holds style sheets and browser modules, all our own.
"""

from labsupport.widgets.cluster_map import ClusterMap
from labsupport.widgets.host_matcher import HostMatcher
from labsupport.widgets.ingress_builder import IngressBuilder
from labsupport.widgets.path_types import PathTypeExplorer
from labsupport.widgets.request_tester import RequestTester
from labsupport.widgets.rule_tester import RuleTester
from labsupport.widgets.tester import Tester

__all__ = [
    "ClusterMap",
    "HostMatcher",
    "IngressBuilder",
    "PathTypeExplorer",
    "RequestTester",
    "RuleTester",
    "Tester",
]
