"""The hosts file being edited: the difference, what to mind, and what names resolve to."""

import re
from collections.abc import Callable
from typing import Protocol

import ipywidgets

from labsupport.base.errors import LabError
from labsupport.names.hosts import HostsFile
from labsupport.names.resolver import Resolver, Step
from labsupport.rules import hosts as hosts_text
from labsupport.rules.hosts_plan import HostsPlan
from labsupport.widgets.markup import items, notice, panel
from labsupport.widgets.naming_markup import difference, resolution
from labsupport.widgets.tester import Tester, button, column, on_enter, row, text_field


class HasHosts(Protocol):
    """What the editor needs of a lab."""

    @property
    def hosts(self) -> HostsFile: ...

    @property
    def resolver(self) -> Resolver: ...

    @property
    def address(self) -> str: ...


class HostsEditor(Tester):
    """Edit the lab's hosts file, or its names by a form; see the difference; apply it; undo it.

    The text is a draft until `apply`. `plan` is the edit it would make, None where `problem` says
    why it can't be made. Below stands what a name resolves to now, source by source: hosts file
    first, then DNS. The form begins with `name` and `address`, the ingress controller's by default.
    A file with bytes that no text field can hold is edited by the form only.
    """

    def __init__(self, lab: HasHosts, name: str = "kiada.example.com", address: str = "") -> None:
        self._lab = lab
        self.plan: HostsPlan | None = None
        self.problem = self.outcome = ""
        self.steps: tuple[Step, ...] = ()
        self._begun = self._draft = ""
        self._make_fields(name, address or lab.address)
        self.view = column(
            row(self.name_field, self.address_field, self.add_button, self.remove_button),
            self.hosts_field,
            self.draft_panel,
            row(self.apply_button, self.discard_button, self.undo_button),
            self.outcome_panel,
            row(self.asked_field, self.resolve_button),
            self.resolution_panel,
        )
        self._wire()
        self.discard()
        self.resolve()

    @property
    def draft(self) -> str:
        """The hosts file's text as it is being written, each line end as in the file."""
        return self._draft

    @draft.setter
    def draft(self, text: str) -> None:
        self._draft = text
        self.hosts_field.disabled = not _fits_a_field(text)
        self.hosts_field.value = _field_text(text)
        self._on_draft()

    def add(self) -> None:
        """Put the form's name and address into the lab's block of the draft."""
        address = str(self.address_field.value).strip()
        self._edit(lambda: hosts_text.with_entry(self.draft, address, [self._named()]))

    def remove(self) -> None:
        """Take the form's name out of the lab's block of the draft."""
        self._edit(lambda: hosts_text.without_name(self.draft, self._named()))

    def apply(self) -> None:
        """Write the draft to the hosts file; the next look-up goes by it."""
        plan = self.plan
        if plan:
            self._write(lambda: self._lab.hosts.apply(plan), "Applied.")

    def undo(self) -> None:
        """Take the last edit of the file back, byte for byte, and drop the draft."""
        self._write(self._lab.hosts.undo, "Undone.")

    def discard(self) -> None:
        """Forget the draft: the text is that of the file."""
        self.outcome = self.outcome_panel.value = ""
        self._begin()

    def resolve(self) -> None:
        """Ask every source for the name, now."""
        asked = str(self.asked_field.value).strip()
        self.steps = self._lab.resolver.steps(asked, every=True)
        body = resolution(asked, self.steps)
        self.resolution_panel.value = panel("What the name resolves to", body)

    def text(self) -> str:
        """The draft, what it would change or why it can't, and what the name resolves to."""
        lines = [*hosts_text.printable(_field_text(self.draft)).splitlines(), ""]
        lines += [self.problem] if self.problem else str(self.plan).splitlines()
        lines += [f"mind: {each}" for each in hosts_text.problems(self.draft)]
        lines += self.outcome.splitlines()
        lines += ["", f"{self.asked_field.value} is looked for:", *map(str, self.steps)]
        return "\n".join(["Hosts editor", *(f"  {line}".rstrip() for line in lines)])

    def _make_fields(self, name: str, address: str) -> None:
        self.name_field = text_field("Name", name, "The name to add or remove", wide=False)
        self.address_field = text_field("Address", address, "The name's IP address", wide=False)
        self.add_button = button("Add", "Put the name into the text")
        self.remove_button = button("Remove", "Take the name out of the lab's block of the text")
        self.hosts_field = ipywidgets.Textarea(
            description="Hosts file", rows=8, layout={"width": "auto"}
        )
        self.draft_panel, self.outcome_panel = ipywidgets.HTML(), ipywidgets.HTML()
        self.resolution_panel = ipywidgets.HTML()
        self.apply_button = button("Apply", "Write the hosts file", primary=True)
        self.discard_button = button("Discard", "Begin anew with the file as it is")
        self.undo_button = button("Undo", "Take the last edit of the file back")
        self.asked_field = text_field("Resolve", name, "The name to look for", wide=False)
        self.resolve_button = button("Resolve", "Ask every source for the name")

    def _wire(self) -> None:
        self.hosts_field.observe(lambda _: self._on_typing(), "value")
        on_enter(self.asked_field, self.resolve)
        for field in (self.name_field, self.address_field):
            on_enter(field, self.add)
        for pressed, act in (
            (self.add_button, self.add),
            (self.remove_button, self.remove),
            (self.apply_button, self.apply),
            (self.discard_button, self.discard),
            (self.undo_button, self.undo),
            (self.resolve_button, self.resolve),
        ):
            pressed.on_click(lambda _, act=act: act())

    def _named(self) -> str:
        return str(self.name_field.value).strip()

    def _on_typing(self) -> None:
        """Take over what was typed, with the file's own line ends."""
        typed = str(self.hosts_field.value)
        if typed != _field_text(self._draft):
            self._draft = typed.replace("\n", "\r\n") if "\r\n" in self._begun else typed
            self._on_draft()

    def _edit(self, edited: Callable[[], str]) -> None:
        try:
            self.draft = edited()
        except LabError as error:
            self._tell(str(error), good=False)

    def _write(self, write: Callable[[], object], said: str) -> None:
        try:
            write()
        except LabError as error:
            self._tell(str(error), good=False)
            return
        self._begin()
        self._tell(said, good=True)
        self.resolve()

    def _begin(self) -> None:
        """Begin a draft with the file as it is."""
        self._begun = self._lab.hosts.text()
        self.draft = self._begun

    def _on_draft(self) -> None:
        """Read the draft anew: its difference and what to mind, or what is wrong."""
        try:
            self.plan = self._lab.hosts.plan(self.draft, since=self._begun)
            self.problem = ""
            minded = [*self.plan.warnings, *hosts_text.problems(self.draft)]
            changes = [str(change) for change in self.plan.changes]
            body = difference(self.plan.diff) + items(changes) + _minded(minded)
        except LabError as error:
            self.plan, self.problem = None, str(error)
            body = notice(self.problem, "bad")
        self.draft_panel.value = panel("What would change", body)
        self.apply_button.disabled = not self.plan

    def _tell(self, said: str, *, good: bool) -> None:
        self.outcome = said
        words = notice(said, "good" if good else "bad")
        self.outcome_panel.value = panel("What came of it", words)


def _minded(lines: list[str]) -> str:
    return "<p>Mind:</p>" + items(lines) if lines else ""


def _field_text(text: str) -> str:
    """The text for a text field, which knows line feeds only; unprintable bytes as escapes."""
    plain = text.replace("\r\n", "\n")
    return plain if _fits_a_field(text) else hosts_text.printable(plain)


def _fits_a_field(text: str) -> bool:
    """Whether a text field gives the text back as it is: printable, with line ends of one kind."""
    plain = text.replace("\r\n", "\n")
    mixed = "\r\n" in text and re.search(r"(?<!\r)\n", text)
    return not mixed and hosts_text.printable(plain) == plain
