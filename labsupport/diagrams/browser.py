"""Graphviz in the browser, for machines without `dot`. Imported only where it is needed."""

from graphviz_anywidget import GraphvizAnyWidget


class BrowserDrawing(GraphvizAnyWidget):  # type: ignore[misc]  # the package is untyped
    """A graph that the notebook's page lays out itself, never wider than its cell."""

    _css = "svg { max-width: 100%; height: auto; }"
