"""The conformance scenarios, asked of live controllers: real Ingresses, pods, requests.

`rules.conformance` says what each scenario wants. Here: the namespace with the backends
(`ground`), one controller's way through it (`trial`), why a request ended where it did
(`reasons`), and the results as a table (`report`). Nothing here decides a rule or draws a widget.
"""

from labsupport.session.conformance.report import Report, Result
from labsupport.session.conformance.trial import CONTROLLERS, conformance, known_names, results_of

__all__ = ["CONTROLLERS", "Report", "Result", "conformance", "known_names", "results_of"]
