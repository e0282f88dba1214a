"""A URL, the rules, and at once: which rule takes it, why no other does, and the way it goes."""

import threading
from html import escape
from typing import Protocol

import ipywidgets

from labsupport.base.errors import LabError, UsageError
from labsupport.http.exchange import Exchange
from labsupport.kube.review import Review, reviewed
from labsupport.rules.flow import request_flow
from labsupport.rules.ingress import PROFILES, Decision, Request, RuleSet
from labsupport.rules.tenancy import WHOLE, Tenancy
from labsupport.widgets.agreement import LEARNER, SPECIFICATION, Round, round_of
from labsupport.widgets.flow_view import FlowPanel
from labsupport.widgets.goal import Goal, answered, goal_of, goals
from labsupport.widgets.markup import nearest, notice, panel, reasons, verdict
from labsupport.widgets.node_text import node_text
from labsupport.widgets.rule_source import (
    Followed,
    LiveRules,
    Objects,
    written_objects,
)
from labsupport.widgets.tester import (
    Tester,
    button,
    column,
    on_enter,
    row,
    shown,
    text_field,
    typed_url,
)
from labsupport.widgets.yaml_editor import YamlEditor

LIVE, WRITTEN = "the live cluster", "the editor"
_SPEC = "spec"
_UNCHOSEN = "choose …"
_FULL_WIDTH = {"width": "auto", "max_width": "100%"}


class Sends(Followed, Protocol):
    """What the tester needs of a lab."""

    tenancy: Tenancy

    def get(self, url: str, /) -> Exchange: ...


class RuleTester(Tester):
    """Shows for a URL, while it is typed, which Ingress rule takes it and why the others do not.

    The rules are those of the live cluster, kept up to date, or those of a manifest in an editor
    (`manifest`, or no `lab`), which is reviewed as the API server would. `profile` names whose
    reading counts: `spec` for Kubernetes' own words, `traefik` for that controller's.

    `send` asks the live controller and says who foresaw its answer. With `predict_first` nothing
    is told before the learner chose what to expect; `predict` does so from code. `decision`,
    `exchange` and `history` hold what was found.
    """

    def __init__(
        self,
        lab: Sends | None = None,
        url: str = "http://kiada.example.com/",
        *,
        manifest: str = "",
        profile: str = _SPEC,
        predict_first: bool = False,
    ) -> None:
        self._lab = lab
        self._tenancy = lab.tenancy if lab else WHOLE
        self._lock = threading.RLock()  # changes come from the kernel and from the follower
        self._live: LiveRules | None = LiveRules.of(lab, self._on_news) if lab else None
        self._objects = Objects()
        self._rules: dict[str, RuleSet] = {}
        self._guess: Goal | None = None
        self.review = Review()
        self.decision: Decision | None = None
        self.exchange: Exchange | None = None
        self.problem = ""
        self.round: Round | None = None
        self.history: list[Round] = []
        self._make_controls(url, manifest, profile, predict_first)
        self._make_panels()
        self._observe()
        self._on_rules()

    # What is shown

    @property
    def url(self) -> str:
        """What is in the URL field; without a scheme, http is meant."""
        return typed_url(self.address)

    @url.setter
    def url(self, url: str) -> None:
        self.address.value = url

    @property
    def told(self) -> bool:
        """Whether the verdict may be seen: in predict-first mode, only after a prediction."""
        return not self.predict_box.value or self._guess is not None

    def text(self) -> str:
        """The verdict with every rule's reason, problems of the manifest, and what was sent."""
        lines = [
            f"by the rules of {self.source.value}, profile {self.profile.value}: {self._about}"
        ]
        lines += [str(problem) for problem in self.review.problems]
        if not self.told:
            options = "; ".join(goal.words for goal in self._goals())
            lines.append(f"What do you expect? One of: {options}")
        elif self.decision is not None:
            lines += [each.strip() for each in str(self.decision).splitlines()]
        lines += self.problem.splitlines()
        if self.round is not None:
            lines += self.round.lines()
        return "\n".join([f"Rule tester: {self.url}", *(f"  {line}" for line in lines)])

    @property
    def _about(self) -> str:
        """How the profile reads rules, in words."""
        return PROFILES[str(self.profile.value)].about

    # What a learner does

    def predict(self, goal: str) -> None:
        """Say what is expected before it is told: a Service's name, "404" or "503".

        UsageError, with all there is to choose from, for what no rule leads to.
        """
        known = self._goals()
        fitting = [each for each in known if goal == each.words]
        fitting += [each for each in known if goal in each.words]
        if not fitting:
            raise UsageError(
                f"no rule leads to {goal!r}",
                found="; ".join(each.words for each in known),
                remedy='tester.predict("404")',
            )
        with self._lock:
            self._guess = fitting[0]
            if self.predict_box.value:
                self.guess_field.value = fitting[0].words
            self._keep(self._round(None))
            self._show()

    def send(self) -> None:
        """Ask the live controller, and say who foresaw its answer."""
        if self._lab is None or not self.told:
            return
        with self._lock:
            self.exchange, self.problem = None, ""
            try:
                self.exchange = self._lab.get(self.url)
            except LabError as error:
                self.problem = str(error)
            if self.exchange is not None and self.decision is not None:
                self._keep(self._round(self.exchange))
            self._show()

    def close(self) -> None:
        """Stop following the cluster and take the view away; may be called twice."""
        if self._live is not None and self._lab is not None:
            self._live.leave(self._lab, self._on_news)
        self.flow.close()
        super().close()

    # Making the view

    def _make_controls(self, url: str, manifest: str, profile: str, predict_first: bool) -> None:
        lab = self._lab
        self.source = ipywidgets.Dropdown(
            options=[WRITTEN] if lab is None else [LIVE, WRITTEN],
            value=WRITTEN if manifest or lab is None else LIVE,
            description="Rules from",
            layout=_FULL_WIDTH,
        )
        self.profile = ipywidgets.Dropdown(
            options=list(PROFILES), value=profile, description="Read as", layout=_FULL_WIDTH
        )
        self.predict_box = ipywidgets.Checkbox(
            value=predict_first, description="Predict first", indent=False, layout=_FULL_WIDTH
        )
        self.editor = YamlEditor(value=manifest, label="Ingresses, as YAML")
        self.address = text_field("URL", url, "The URL to decide on; Enter sends")
        self.send_button = button("Send it", "Ask the live controller for this URL", primary=True)
        self.guess_field = ipywidgets.Dropdown(
            options=[_UNCHOSEN], description="I expect", layout=_FULL_WIDTH
        )
        self.tell_button = button("Tell", "Show the verdict beside my prediction", primary=True)
        self.guess_row = row(self.guess_field, self.tell_button)
        self.every = ipywidgets.Checkbox(
            value=False, description="Show every rule", indent=False, layout=_FULL_WIDTH
        )

    def _make_panels(self) -> None:
        self.verdict_panel = ipywidgets.HTML()
        self.reasons_panel = ipywidgets.HTML()
        self.answer_panel = ipywidgets.HTML()
        self.flow = FlowPanel(lambda node: node_text(node, self._objects))
        self.past = ipywidgets.Select(
            options=[], description="History", rows=3, layout={"width": "auto"}
        )
        self.view = column(
            row(self.source, self.profile, self.predict_box),
            self.editor,
            row(self.address, self.send_button),
            self.guess_row,
            self.verdict_panel,
            self.answer_panel,
            self.flow.view,
            self.reasons_panel,
            self.every,
            self.past,
        )

    def _observe(self) -> None:
        self.source.observe(lambda _: self._on_rules(), "value")
        self.editor.observe(lambda _: self._on_rules(), "value")
        self.profile.observe(lambda _: self._on_url(), "value")
        self.predict_box.observe(lambda _: self._on_url(), "value")
        self.address.observe(lambda _: self._on_url(), "value")
        self.every.observe(lambda _: self._show(), "value")
        self.past.observe(self._on_past, "value")
        self.send_button.on_click(lambda _: self.send())
        self.tell_button.on_click(lambda _: self._on_tell())
        on_enter(self.address, self.send)

    # What happens when something changes

    def _on_news(self) -> None:
        """The cluster changed; called in the follower's thread."""
        # A prediction is about the rules as they were: what is being asked stays asked.
        with self._lock:
            self._on_rules(keep=True)

    def _on_rules(self, *, keep: bool = False) -> None:
        with self._lock:
            live = self._live.objects() if self._live else Objects()
            if self.source.value == LIVE:
                self.review, self._objects, self._rules = Review(), live, {}
            else:
                self.review = reviewed(self.editor.value)
                self.editor.mark(self.review.problems)
                if self.review.ok:  # an API server keeps what it has when it refuses a change
                    written = map(self._tenancy.object, self.review.objects)
                    self._objects, self._rules = written_objects(written, live), {}
            self._on_url(keep=keep)

    def _offer(self, *, keep: bool) -> None:
        """What can be expected by the rules as they are now."""
        if not self.predict_box.value:
            return
        chosen = self.guess_field.value
        options = [_UNCHOSEN, *(goal.words for goal in self._goals())]
        if options != list(self.guess_field.options):
            self.guess_field.options = options
        self.guess_field.value = chosen if keep and chosen in options else _UNCHOSEN

    def _on_url(self, *, keep: bool = False) -> None:
        with self._lock:
            if not keep:
                self._guess, self.exchange, self.round = None, None, None
            self._offer(keep=keep)
            self.problem = ""
            try:
                self.decision = self._decided(str(self.profile.value))
            except UsageError as error:
                self.decision, self.problem = None, str(error)
            self._show(soon=True)

    def _on_tell(self) -> None:
        if self.guess_field.value != _UNCHOSEN:
            self.predict(str(self.guess_field.value))

    def _on_past(self, change: dict[str, object]) -> None:
        if isinstance(change["new"], int):
            self.url = self.history[change["new"]].url

    # Deciding

    def _decided(self, profile: str) -> Decision:
        rules = self._rules.get(profile)
        if rules is None:
            objects = self._objects
            rules = self._rules[profile] = RuleSet(
                objects.ingresses,
                classes=objects.classes,
                services=objects.services,
                slices=objects.slices,
                profile=PROFILES[profile],
            )
        return rules.decide(Request.from_url(self._tenancy.url(self.url)))

    def _goals(self) -> list[Goal]:
        profile = PROFILES[str(self.profile.value)]
        return goals(self._objects, chance=profile.random_ties)

    def _round(self, exchange: Exchange | None) -> Round:
        expected = [(LEARNER, self._guess)] if self._guess else []
        expected.append((SPECIFICATION, goal_of(self._decided(_SPEC))))
        if self.profile.value != _SPEC and self.decision is not None:
            expected.append((f"profile {self.profile.value}", goal_of(self.decision)))
        answer = answered(exchange, self._goals()) if exchange else ""
        return round_of(self.url, expected, exchange, answer)

    def _keep(self, finished: Round) -> None:
        """Remember a round; sending after a prediction completes the same one."""
        if self.history and self.history[-1] is self.round and not self.history[-1].answer:
            self.history.pop()
        self.round = finished
        self.history.append(finished)
        with self.past.hold_trait_notifications():
            self.past.options = [(str(each), index) for index, each in enumerate(self.history)]
            self.past.index = None

    # Showing

    def _show(self, *, soon: bool = False) -> None:
        decision = self.decision if self.told else None
        self.verdict_panel.value = self._verdict_html(decision)
        self.reasons_panel.value = (
            "" if decision is None else _reasons_panel(decision, every=self.every.value)
        )
        self.answer_panel.value = self._answer_html()
        cut = decision is not None and len(nearest(decision)) < len(decision.candidates)
        shown(self.every, cut)
        shown(self.editor, self.source.value == WRITTEN)
        shown(self.guess_row, self.predict_box.value)
        shown(self.past, bool(self.history))
        shown(self.send_button, self._lab is not None)
        self.send_button.disabled = not self.told
        answered_by = self.exchange.pod or "" if self.exchange else ""
        self.flow.show(
            request_flow(decision, proxy="Traefik", answered_by=answered_by) if decision else None,
            soon=soon,
        )

    def _verdict_html(self, decision: Decision | None) -> str:
        if self.problem:
            return panel("The verdict", notice(self.problem, "bad"))
        if decision is None:
            ask = "What will happen? Choose what you expect, then press Tell."
            return panel("The verdict", notice(ask))
        notes = f'<p class="faint">{escape(self._about)}</p>'
        if self.review.problems:
            notes += "<p>The manifest would be refused: this is by the last one that was valid.</p>"
        return panel("The verdict", verdict(decision) + notes)

    def _answer_html(self) -> str:
        if self.round is None:
            return ""
        note = ""
        if self.round.answer and self.source.value == WRITTEN:
            note = "<p>The controller knows the cluster's rules, not those of the editor.</p>"
        return panel("Who foresaw it", self.round.html() + note)


def _reasons_panel(decision: Decision, *, every: bool) -> str:
    return f"<h4>The reasons</h4>{reasons(decision, every=every)}"
