"""From a form to YAML to the cluster: an Ingress built, reviewed, tried, applied and undone."""

from collections.abc import Callable
from typing import Protocol

import ipywidgets

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.apply import applied
from labsupport.kube.manifests import dumped
from labsupport.kube.review import Problem, Review, reviewed
from labsupport.rules.status import StatusError
from labsupport.widgets.ingress_form import IngressForm, PathFields
from labsupport.widgets.markup import notice, panel
from labsupport.widgets.tester import Tester, button, column, row, shown
from labsupport.widgets.yaml_editor import YamlEditor

_OF_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")


class HasApi(Protocol):
    """What the builder needs of a lab."""

    @property
    def api(self) -> Api: ...


class IngressBuilder(Tester):
    """A form that writes an Ingress, and can put it into the cluster and take it back.

    With each key the manifest is written anew and reviewed as the API server would. `dry_run` has
    the server itself look, and changes nothing; `apply` is `kubectl apply`; `undo` takes the last
    apply back: the Ingress is as it was before, or gone. Without `lab` there is only the form and
    its YAML.
    """

    def __init__(
        self,
        lab: HasApi | None = None,
        *,
        name: str = "my-ingress",
        namespace: str = "default",
        host: str = "",
        path: str = "/",
        path_type: str = "Prefix",
        service: str = "kiada",
        port: int | str = 80,
    ) -> None:
        self._lab = lab
        self._namespace = namespace
        self._undo: list[tuple[str, Json | None]] = []  # an Ingress's name, and as it was
        self.review = Review()
        self.outcome, self.good = "", True
        services = self._services()
        first = PathFields(host, path, path_type, service, str(port), services)
        self.form = IngressForm(name, namespace, first, services, self._on_change)
        self.editor = YamlEditor(label="The manifest", read_only=True)
        self.dry_run_button = button("Dry run", "Have the API server look, and change nothing")
        self.apply_button = button("Apply", "Put it into the cluster", primary=True)
        self.undo_button = button("Undo", "Take the last apply back")
        self.outcome_panel = ipywidgets.HTML()
        buttons = row(self.dry_run_button, self.apply_button, self.undo_button)
        self.view = column(self.form.view, self.editor, buttons, self.outcome_panel)
        shown(buttons, lab is not None)
        self.dry_run_button.on_click(lambda _: self.dry_run())
        self.apply_button.on_click(lambda _: self.apply())
        self.undo_button.on_click(lambda _: self.undo())
        self._on_change()

    @property
    def manifest(self) -> str:
        """The Ingress as YAML."""
        return str(self.editor.value)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the API server would refuse the manifest, each with its line in it."""
        return self.review.problems

    def text(self) -> str:
        """The manifest, its problems, and what the cluster said last."""
        lines = [*self.manifest.splitlines(), *map(str, self.problems)]
        lines += self.outcome.splitlines()
        return "\n".join(["Ingress builder:", *(f"  {line}" for line in lines)])

    def dry_run(self) -> None:
        """Ask the API server whether it would take the manifest; nothing is changed."""
        self._ask(lambda api: "\n".join(applied(api, [self.form.ingress()], dry_run=True)))

    def apply(self) -> None:
        """Put the Ingress into the cluster, or change the one there."""

        def put(api: Api) -> str:
            ingress = self.form.ingress()
            name = ingress["metadata"]["name"]
            before = _found(api, name, self._namespace)
            said = "\n".join(applied(api, [ingress]))
            self._undo.append((name, before))
            return said

        self._ask(put)

    def undo(self) -> None:
        """Take the last apply back: the Ingress is as it was before it, or gone."""
        if self._undo:
            self._ask(self._taken_back)

    def _taken_back(self, api: Api) -> str:
        name, before = self._undo[-1]
        said = _restored(api, name, self._namespace, before)
        self._undo.pop()
        return said

    def _ask(self, act: Callable[[Api], str]) -> None:
        """Do something with the cluster and show what came of it."""
        if self._lab is None:
            return
        try:
            self.outcome, self.good = act(self._lab.api), True
        except LabError as error:
            self.outcome, self.good = str(error), False
        self._show()

    def _on_change(self) -> None:
        self.editor.value = dumped(self.form.ingress())
        self.review = reviewed(self.manifest)
        self.editor.mark(self.problems)
        self.outcome = ""
        self._show()

    def _show(self) -> None:
        # The server says best what is wrong: a manifest with problems may be tried all the same.
        self.undo_button.disabled = not self._undo
        words = notice(self.outcome, "good" if self.good else "bad") if self.outcome else ""
        self.outcome_panel.value = panel("The cluster's answer", words) if words else ""

    def _services(self) -> list[str]:
        if self._lab is None:
            return []
        found = self._lab.api.list("services", self._namespace)
        return [service["metadata"]["name"] for service in found]


def _found(api: Api, name: str, namespace: str) -> Json | None:
    """The Ingress of that name, None without one."""
    try:
        return api.get("ingresses", name, namespace)
    except StatusError as error:
        if error.code != 404:
            raise
        return None


def _restored(api: Api, name: str, namespace: str, before: Json | None) -> str:
    """Make the Ingress what it was, and say what was done."""
    label = f"ingress.networking.k8s.io/{name}"
    now = _found(api, name, namespace)
    if before is None:
        if now is not None:
            api.delete("ingresses", name, namespace)
        return f"{label} deleted: it was not there before"
    metadata = {key: value for key, value in before["metadata"].items() if key not in _OF_SERVER}
    if now is None:
        api.create({**before, "metadata": metadata})
    else:
        # Without a resource version, whatever a controller has written to it meanwhile.
        api.replace({**before, "metadata": metadata})
    return f"{label} is as it was before"
