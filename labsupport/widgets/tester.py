"""What all testers have in common: a view for live front ends, and a twin in plain text."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import ipywidgets

from labsupport.base.errors import UsageError

ASSETS = Path(__file__).parent / "assets"
"""Style sheets and browser modules of the widgets; all of them our own, none fetched."""


class Tester(ABC):
    """Something to play with in a notebook.

    `view` is what live front ends show. Everywhere else (GitHub, nbval, a terminal) stands
    `text()`, which says the same and is equal for equal state.
    """

    view: ipywidgets.Widget

    @abstractmethod
    def text(self) -> str:
        """What the tester shows, as plain text."""

    def close(self) -> None:
        """Take the view away and stop whatever runs for it; may be called twice."""
        self.view.close()

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {**(self.view._repr_mimebundle_() or {}), "text/plain": self.text()}


def needs_no_lab(tester: Tester, given: object, kind: type, meaning: str) -> None:
    """UsageError when a tester that works without a lab is `given` one, or anything of no `kind`.

    Most testers take the lab first, so learners give it to all.
    """
    if not isinstance(given, kind):
        name = type(tester).__name__
        raise UsageError(
            f"{name} needs no lab; its first argument is {meaning}",
            found=f"an object of type {type(given).__name__}",
            remedy=f"{name}()",
        )


def column(*children: ipywidgets.Widget) -> ipywidgets.VBox:
    """Widgets under one another, in the looks of the lab."""
    style = ipywidgets.HTML(f"<style>{_style()}</style>", layout={"display": "none"})
    box = ipywidgets.VBox([style, *children])
    box.add_class("ingress-lab")
    return box


def row(*children: ipywidgets.Widget) -> ipywidgets.HBox:
    """Widgets side by side; where there is no room for them, under one another."""
    layout = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
    return ipywidgets.HBox(list(children), layout=layout)


def text_field(label: str, value: str, tooltip: str, *, wide: bool = True) -> ipywidgets.Text:
    """A labelled line to type in, which tells of each key."""
    layout = ipywidgets.Layout(flex="1 1 20em" if wide else "0 1 auto", max_width="100%")
    return ipywidgets.Text(value=value, description=label, tooltip=tooltip, layout=layout)


def button(label: str, tooltip: str, *, primary: bool = False) -> ipywidgets.Button:
    """A button as wide as its label; in a column it belongs into a `row`."""
    return ipywidgets.Button(
        description=label,
        tooltip=tooltip,
        button_style="primary" if primary else "",
        layout=ipywidgets.Layout(width="auto", min_width="6em"),
    )


def shown(widget: ipywidgets.DOMWidget, visible: bool) -> None:
    """Show a widget or take it out of the page, and so out of the way of the Tab key."""
    widget.layout.display = None if visible else "none"


def typed_url(field: ipywidgets.Text) -> str:
    """The URL in a field; without a scheme, http is meant."""
    typed = str(field.value).strip()
    return typed if "://" in typed else f"http://{typed}"


def on_enter(field: ipywidgets.Text, act: Callable[[], None]) -> None:
    """Call `act` when Enter is pressed in `field`."""
    # `on_submit` would do, but ipywidgets calls it deprecated without an equal in its place.
    field.on_msg(lambda _, content, __: act() if content.get("event") == "submit" else None)


@lru_cache
def _style() -> str:
    return (ASSETS / "style.css").read_text(encoding="utf-8")
