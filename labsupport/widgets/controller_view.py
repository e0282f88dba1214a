"""A live view of an ingress controller: what it made of the Ingresses, and its log."""

from typing import ClassVar
from weakref import WeakKeyDictionary

import ipywidgets
import traitlets

from labsupport.session.controller_view import ControllerWatch, HasControllers
from labsupport.session.controller_view_state import ControllerState
from labsupport.widgets import controller_markup as markup
from labsupport.widgets.tester import Tester, column, row


class ControllerView(Tester):
    """Routers, services, certificates and log of a controller, beside the Ingresses they are of.

    `ingress_class` says whose: that of any in `lab.controllers`; it can be chosen anew in the
    view. The view follows the controller until it is closed, or a newer view made for the same
    class takes its place; with `follow=False` it shows the moment it was made. `log` has the raw
    lines, `state` all that is shown, as data.
    """

    _following: ClassVar[WeakKeyDictionary[HasControllers, dict[str, "ControllerView"]]] = (
        WeakKeyDictionary()
    )

    def __init__(
        self, lab: HasControllers, ingress_class: str = "traefik", *, follow: bool = True
    ) -> None:
        self._closed = False
        self._watch = ControllerWatch(lab, ingress_class, self._show)
        self.class_field = ipywidgets.Dropdown(
            options=self._options(ingress_class), value=ingress_class, description="Class"
        )
        self.state_line = ipywidgets.HTML()
        self._parts = {
            part: ipywidgets.HTML()
            for part in (markup.problems, markup.routes, markup.services, markup.certificates)
        }
        self.log_part = ipywidgets.HTML()
        self.view = column(
            row(self.class_field, self.state_line), *self._parts.values(), self.log_part
        )
        self._words = ""
        self._say("")
        self._show()
        self.class_field.observe(self._on_class, "value")
        if follow:
            self._take_over(lab, ingress_class)
        else:
            self._stand_still("as it was when this was made")

    @property
    def state(self) -> ControllerState:
        """The last look."""
        return self._watch.state

    @property
    def log(self) -> list[str]:
        """The end of the controller's log as it was written, without the access log."""
        return self.state.log

    @property
    def following(self) -> bool:
        """Whether changes are still shown."""
        return not self._closed

    def text(self) -> str:
        """What is shown, as lines; of the log only what it complains of, without times."""
        return str(self.state)

    def stop(self) -> None:
        """Follow no longer; what was seen last stays."""
        self._stand_still("no longer followed")

    def close(self) -> None:
        """Follow no longer, and take the view away; may be called twice."""
        self._stand_still("closed")
        super().close()

    def _take_over(self, lab: HasControllers, ingress_class: str) -> None:
        """Be the one view made for this class that follows: cells are run again and again."""
        views = self._following.setdefault(lab, {})
        older = views.get(ingress_class)
        views[ingress_class] = self
        if older is not None and older.following:
            older._stand_still("a newer view follows the controller now")
        self._say("✓ followed, each second")
        self._watch.start()

    def _stand_still(self, why: str) -> None:
        if not self._closed:
            self._closed = True
            self._watch.close()
            self.class_field.disabled = True
            self._say(f"stands still: {why}")

    def _on_class(self, change: traitlets.Bunch) -> None:
        if change["new"]:
            self._watch.choose(str(change["new"]))

    def _options(self, chosen: str) -> tuple[str, ...]:
        """The classes that can be looked at, and the one that is."""
        return tuple(dict.fromkeys((*self._watch.classes, chosen)))

    def _offer(self, options: tuple[str, ...]) -> None:
        """Change what can be chosen, and not what is: ipywidgets goes to the first option."""
        chosen = self.class_field.value
        self.class_field.unobserve(self._on_class, "value")
        self.class_field.options, self.class_field.value = options, chosen
        self.class_field.observe(self._on_class, "value")

    def _say(self, words: str) -> None:
        self._words = words
        self.state_line.value = f'<p class="faint">{self.state.heading}: {words}</p>'

    def _show(self) -> None:
        """Called at once, and from then on in the watch's thread."""
        options = self._options(str(self.class_field.value))
        if options != tuple(self.class_field.options):
            self._offer(options)
        state = self.state
        for part, place in self._parts.items():
            place.value = part(state)
        self.log_part.value = markup.log(state.lines)
        self._say(self._words)
