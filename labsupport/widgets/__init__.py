"""Widgets: testers a learner plays with in a notebook.

Each shows by ipywidgets what the session and the rules say, has labels and a plain-text twin, and
can be driven by its traits alone. No rule is decided here, and nothing here knows the exercises.
`tester` is what they share; `assets` holds style sheets and browser modules, all our own.
"""

from labsupport.widgets.certificate_inspector import CertificateInspector
from labsupport.widgets.cluster_map import ClusterMap
from labsupport.widgets.conformance_table import ConformanceTable
from labsupport.widgets.controller_view import ControllerView
from labsupport.widgets.cost_model import CostModel
from labsupport.widgets.host_matcher import HostMatcher
from labsupport.widgets.hosts_editor import HostsEditor
from labsupport.widgets.ingress_builder import IngressBuilder
from labsupport.widgets.lab_browser import LabBrowser
from labsupport.widgets.path_types import PathTypeExplorer
from labsupport.widgets.request_tester import RequestTester
from labsupport.widgets.rule_tester import RuleTester
from labsupport.widgets.sni_tester import SniTester
from labsupport.widgets.tester import Tester
from labsupport.widgets.zone_editor import ZoneEditor

__all__ = [
    "CertificateInspector",
    "ClusterMap",
    "ConformanceTable",
    "ControllerView",
    "CostModel",
    "HostMatcher",
    "HostsEditor",
    "IngressBuilder",
    "LabBrowser",
    "PathTypeExplorer",
    "RequestTester",
    "RuleTester",
    "SniTester",
    "Tester",
    "ZoneEditor",
]
