"""The fields of a form for one Ingress, and the manifest they make."""

from collections.abc import Callable, Sequence

import ipywidgets

from labsupport.base.types import Json
from labsupport.rules.validation.ingress import PATH_TYPES
from labsupport.widgets.tester import button, row, text_field


class PathFields:
    """One rule path: host, path, path type, Service and port."""

    def __init__(
        self, host: str, path: str, path_type: str, service: str, port: str, services: Sequence[str]
    ) -> None:
        self.host = text_field("Host", host, "The rule's host; empty for every host")
        self.path = text_field("Path", path, "The path that requests must have")
        self.path_type = ipywidgets.Dropdown(
            options=PATH_TYPES, value=path_type, description="Path type", layout={"width": "auto"}
        )
        self.service = ipywidgets.Combobox(
            value=service,
            options=tuple(services),
            description="Service",
            ensure_option=False,
            tooltip="The Service that the path leads to",
            continuous_update=True,
            layout={"flex": "1 1 12em"},
        )
        self.port = text_field("Port", port, "The Service's port: its number or its name")
        self.remove = button("Remove", "Remove this rule")
        self.view = ipywidgets.VBox(
            [
                row(self.host, self.path, self.path_type),
                row(self.service, self.port, self.remove),
            ]
        )
        self.view.add_class("lab-rule")

    @property
    def fields(self) -> tuple[ipywidgets.Widget, ...]:
        """All that can be filled in."""
        return self.host, self.path, self.path_type, self.service, self.port

    def entry(self) -> Json:
        """The `HTTPIngressPath`."""
        port = str(self.port.value).strip()
        named: Json = {"number": int(port)} if port.isdecimal() else {"name": port}
        service = {"name": str(self.service.value).strip(), "port": named}
        return {
            "path": str(self.path.value).strip(),
            "pathType": str(self.path_type.value),
            "backend": {"service": service},
        }


class IngressForm:
    """The form; `changed` is called after every key."""

    def __init__(
        self,
        name: str,
        namespace: str,
        first: PathFields,
        services: Sequence[str],
        changed: Callable[[], None],
    ) -> None:
        self._namespace = namespace
        self._services = services
        self._changed = changed
        self.name = text_field("Name", name, "The Ingress's name")
        self.ingress_class = text_field(
            "Class", "", "spec.ingressClassName; empty for the cluster's default class"
        )
        self.add = button("Add a rule", "Add a further host and path")
        self.rules: list[PathFields] = []
        self._rows = ipywidgets.VBox([])
        self.view = ipywidgets.VBox([row(self.name, self.ingress_class), self._rows, row(self.add)])
        for field in (self.name, self.ingress_class):
            field.observe(lambda _: self._changed(), "value")
        self.add.on_click(lambda _: self.add_rule())
        self._append(first)

    def add_rule(self) -> PathFields:
        """A further rule, for the host of the last one."""
        host = str(self.rules[-1].host.value) if self.rules else ""
        service = self._services[0] if self._services else ""
        fields = PathFields(host, "/", "Prefix", service, "80", self._services)
        self._append(fields)
        self._changed()
        return fields

    def remove_rule(self, fields: PathFields) -> None:
        """Without this rule; the last one stays."""
        if len(self.rules) > 1:
            self.rules.remove(fields)
            self._lay_out()
            self._changed()

    def ingress(self) -> Json:
        """The Ingress as the form has it; paths of one host in a row share a rule."""
        rules: list[Json] = []
        for fields in self.rules:
            host = str(fields.host.value).strip()
            if not rules or rules[-1].get("host", "") != host:
                rules.append({**({"host": host} if host else {}), "http": {"paths": []}})
            rules[-1]["http"]["paths"].append(fields.entry())
        class_name = str(self.ingress_class.value).strip()
        spec: Json = {"ingressClassName": class_name} if class_name else {}
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": str(self.name.value).strip(), "namespace": self._namespace},
            "spec": {**spec, "rules": rules},
        }

    def _append(self, fields: PathFields) -> None:
        self.rules.append(fields)
        fields.remove.on_click(lambda _: self.remove_rule(fields))
        for field in fields.fields:
            field.observe(lambda _: self._changed(), "value")
        self._lay_out()

    def _lay_out(self) -> None:
        for fields in self.rules:
            fields.remove.disabled = len(self.rules) == 1
        self._rows.children = [fields.view for fields in self.rules]
