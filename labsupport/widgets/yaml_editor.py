"""A field for manifests: line numbers, and a mark at each line that would be refused."""

from collections.abc import Iterable

import anywidget
import traitlets

from labsupport.kube.review import Problem
from labsupport.widgets.tester import ASSETS


class YamlEditor(anywidget.AnyWidget):
    """A text area for YAML; `value` follows each key, `problems` are shown at their lines.

    The Tab key leaves it, as it leaves any other field.
    """

    _esm = ASSETS / "yaml_editor.js"
    _css = ASSETS / "yaml_editor.css"

    label = traitlets.Unicode("Manifest").tag(sync=True)
    value = traitlets.Unicode("").tag(sync=True)
    problems: traitlets.List[dict[str, object]] = traitlets.List().tag(sync=True)
    read_only = traitlets.Bool(False).tag(sync=True)
    rows = traitlets.Int(8).tag(sync=True)  # the fewest lines shown

    def mark(self, problems: Iterable[Problem]) -> None:
        """Show these problems in place of those before."""
        self.problems = [{"line": each.line, "message": each.message} for each in problems]
