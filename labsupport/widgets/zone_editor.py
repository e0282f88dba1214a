"""A zone file being edited: its records as a table, the difference, and what names resolve to."""

from collections.abc import Callable
from html import escape
from typing import Protocol

import ipywidgets

from labsupport.base.errors import LabError, UsageError
from labsupport.names.lab_dns import AUTHORITATIVE, CACHE, LabDns
from labsupport.names.resolver import Resolver, Step, stale
from labsupport.names.zone_files import ZonePlan
from labsupport.rules import zones as zone_text
from labsupport.rules.record_values import ascii_name, record_value, type_of
from labsupport.rules.zones import Entry
from labsupport.widgets.markup import notice, panel, table
from labsupport.widgets.naming_markup import difference, resolution
from labsupport.widgets.tester import Tester, button, column, on_enter, row, text_field

TYPES = ("A", "AAAA", "CNAME", "TXT", "MX", "SRV", "NS", "CAA")


class HasNames(Protocol):
    """What the editor needs of a lab."""

    @property
    def dns(self) -> LabDns: ...

    @property
    def resolver(self) -> Resolver: ...


class ZoneEditor(Tester):
    """Edit a zone's text, or its records by a form; see the difference; apply it, or take it back.

    The text is a draft until `apply`. `plan` is the edit it would make, None where the draft is no
    zone: `problem` says why, and in which line. Below stands what a name resolves to now, source by
    source; numbers of seconds count down until the answer may be forgotten.
    """

    def __init__(self, lab: HasNames, zone: str = "example.com", *, name: str = "") -> None:
        self._lab = lab
        self.zone = zone
        self.plan: ZonePlan | None = None
        self.problem = self.outcome = ""
        self.steps: tuple[Step, ...] = ()
        self._undo: list[str] = []  # the file's texts before each apply
        self._written = ""
        self._make_fields(name or f"kiada.{zone}")
        self.view = column(
            row(self.name_field, self.type_field, self.value_field, self.ttl_field),
            row(self.add_button, self.remove_button),
            self.zone_field,
            self.draft_panel,
            row(self.apply_button, self.discard_button, self.undo_button),
            self.outcome_panel,
            row(self.asked_field, self.server_field, self.resolve_button, self.flush_button),
            self.resolution_panel,
        )
        self._wire()
        self._on_draft()
        self.resolve()

    @property
    def draft(self) -> str:
        """The zone's text as it is being written."""
        return str(self.zone_field.value)

    @draft.setter
    def draft(self, text: str) -> None:
        self.zone_field.value = text

    def add(self) -> None:
        """Put the form's record into the draft, in place of those of its name and type."""

        def added() -> str:
            value = str(self.value_field.value).strip()
            record_type = str(self.type_field.value) or type_of(value)
            written = record_value(record_type, value)
            ttl = _seconds(str(self.ttl_field.value))
            return zone_text.with_record(
                self.draft, self.zone, self._named(), record_type, written, ttl
            )

        self._edit(added)

    def remove(self) -> None:
        """Take the records of the form's name and type out of the draft."""
        self._edit(
            lambda: zone_text.without_records(
                self.draft, self.zone, self._named(), str(self.type_field.value)
            )
        )

    def apply(self) -> None:
        """Write the draft to the zone's file; the server answers by it from now on."""
        plan = self.plan
        if plan is not None and plan.diff and self._write(plan, "Applied."):
            self._undo += [plan.before] if plan.before else []  # a new zone's file stays
            self._show_buttons()

    def undo(self) -> None:
        """Take the last apply back; the zone's serial rises all the same."""
        if self._undo:
            if self._lab.dns.text(self.zone) != self._written:
                self._tell("The file was edited by somebody else since: nothing is undone.", False)
            elif self._write(self._lab.dns.plan(self.zone, self._undo[-1]), "Undone."):
                self._undo.pop()
                self._show_buttons()

    def discard(self) -> None:
        """Forget the draft: the text is that of the file."""
        self.outcome = self.outcome_panel.value = ""
        self.draft = self._lab.dns.text_or_new(self.zone)
        self._on_draft()

    def resolve(self) -> None:
        """Ask every source for the name, now."""
        asked = str(self.asked_field.value).strip()
        self.steps = self._lab.resolver.steps(asked, every=True)
        body = resolution(asked, self.steps)
        self.resolution_panel.value = panel("What the name resolves to", body)

    def flush(self) -> None:
        """Have the caching resolver forget all, and ask anew."""
        try:
            self._lab.dns.cache.flush()
        except LabError as error:
            self._tell(str(error), False)
        self.resolve()

    def text(self) -> str:
        """The draft, what it would change or why it can't, and what the name resolves to."""
        lines = [*self.draft.splitlines(), ""]
        lines += [self.problem] if self.problem else str(self.plan).splitlines()
        lines += self.outcome.splitlines()
        lines += ["", f"{self.asked_field.value} is looked for:", *map(str, self.steps)]
        lines += [stale(self.steps)] if stale(self.steps) else []
        indented = (f"  {line}".rstrip() for line in lines)
        return "\n".join([f"Zone editor: {self.zone}", *indented])

    def _make_fields(self, name: str) -> None:
        self.name_field = text_field("Name", name, "The record's name", wide=False)
        self.type_field = ipywidgets.Dropdown(
            options=[("guessed", ""), *((each, each) for each in TYPES)],
            description="Type",
            layout={"width": "auto"},
        )
        self.value_field = text_field("Value", "", "An address, a name or a text", wide=False)
        self.ttl_field = text_field("TTL (s)", "60", "Seconds to remember it", wide=False)
        self.add_button = button("Add", "Put the record into the text")
        self.remove_button = button("Remove", "Take records of this name and type out of the text")
        self.zone_field = ipywidgets.Textarea(
            value=self._lab.dns.text_or_new(self.zone),
            description="Zone file",
            rows=10,
            layout={"width": "auto"},
        )
        self.draft_panel, self.outcome_panel = ipywidgets.HTML(), ipywidgets.HTML()
        self.resolution_panel = ipywidgets.HTML()
        self.apply_button = button("Apply", "Write the zone file", primary=True)
        self.discard_button = button("Discard", "Begin anew with the file as it is")
        self.undo_button = button("Undo", "Take the last apply back")
        self.asked_field = text_field("Resolve", name, "The name to look for", wide=False)
        source, _ = self._lab.resolver.server
        self.server_field = ipywidgets.Dropdown(
            options=[("the zone's server", AUTHORITATIVE), ("the caching resolver", CACHE)],
            value=CACHE if source == "cache" else AUTHORITATIVE,
            description="The lab asks",
            style={"description_width": "initial"},
            layout={"width": "auto"},
        )
        self.resolve_button = button("Resolve", "Ask every source for the name")
        self.flush_button = button("Flush cache", "Have the caching resolver forget all")

    def _wire(self) -> None:
        self.zone_field.observe(lambda _: self._on_draft(), "value")
        self.server_field.observe(lambda _: self._use(), "value")
        on_enter(self.asked_field, self.resolve)
        for pressed, act in (
            (self.add_button, self.add),
            (self.remove_button, self.remove),
            (self.apply_button, self.apply),
            (self.discard_button, self.discard),
            (self.undo_button, self.undo),
            (self.resolve_button, self.resolve),
            (self.flush_button, self.flush),
        ):
            pressed.on_click(lambda _, act=act: act())

    def _named(self) -> str:
        """The form's name in full: one without a dot at its end may leave out the zone's."""
        typed = str(self.name_field.value).strip()
        plain = ascii_name(self.zone if typed in ("", "@") else typed)
        inside = plain == self.zone or plain.endswith(f".{self.zone}")
        return plain if inside else f"{plain}.{self.zone}"

    def _use(self) -> None:
        self._lab.dns.use(str(self.server_field.value))
        self.resolve()

    def _edit(self, edited: Callable[[], str]) -> None:
        try:
            self.draft = edited()
        except LabError as error:
            self._tell(str(error), False)

    def _write(self, plan: ZonePlan, said: str) -> bool:
        try:
            self._lab.dns.apply(plan)
        except LabError as error:
            self._tell(str(error), False)
            return False
        self.draft = self._written = plan.after
        self._on_draft()
        self._tell(said, True)
        self.resolve()
        return True

    def _on_draft(self) -> None:
        """Read the draft anew: its records and difference, or what is wrong."""
        try:
            self.plan, self.problem = self._lab.dns.plan(self.zone, self.draft), ""
            entries = zone_text.entries(self.draft, self.zone)
            body = _records(entries) + difference(self.plan.diff)
        except UsageError as error:
            self.plan, self.problem = None, f"This is no zone: {error.found}"
            body = notice(self.problem, "bad")
        self.draft_panel.value = panel("The zone as written", body)
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.apply_button.disabled = self.plan is None or not self.plan.diff
        self.undo_button.disabled = not self._undo

    def _tell(self, said: str, good: bool) -> None:
        self.outcome = said
        words = notice(said, "good" if good else "bad")
        self.outcome_panel.value = panel("What came of it", words)


def _seconds(text: str) -> int:
    if not text.strip().isdigit():
        raise UsageError("a TTL is a number of seconds", found=repr(text), remedy="for example 60")
    return int(text)


def _records(entries: list[Entry]) -> str:
    rows = (
        f'<tr class="mono"><td>{escape(each.owner)}</td><td>{each.ttl}</td>'
        f"<td>{escape(each.type)}</td><td>{escape(each.value)}</td></tr>"
        for each in entries
    )
    return table(("Name", "TTL", "Type", "Value"), rows)
