"""The rule tester, driven by its traits; no browser, no cluster."""

from collections.abc import Iterator

import pytest
from stand_in_lab import StandInLab, ingress

from labsupport.base.errors import UsageError
from labsupport.kube.manifests import dumped
from labsupport.rules.tenancy import Tenancy
from labsupport.widgets import RuleTester

WRITTEN = f"{dumped(ingress('a', 'a.example.com', '/x', 'Exact'))}---\n" + dumped(
    ingress("b", "a.example.com", "/y")
)


@pytest.fixture
def lab() -> StandInLab:
    return StandInLab()


@pytest.fixture
def live(lab: StandInLab) -> Iterator[RuleTester]:
    tester = RuleTester(lab)
    yield tester
    tester.close()


@pytest.fixture
def editing() -> RuleTester:
    return RuleTester(manifest=WRITTEN, url="http://a.example.com/x")


def test_the_winner_is_told_while_the_url_is_typed(live: RuleTester) -> None:
    live.address.value = "http://kiada.example.com/a"
    assert "Service kiada, port 80" in live.verdict_panel.value


def test_every_loser_has_its_reason(editing: RuleTester) -> None:
    editing.url = "http://a.example.com/y/z"
    assert "Exact takes /x only" in editing.reasons_panel.value


def test_the_flow_picture_lights_the_path(editing: RuleTester) -> None:
    assert editing.flow.graph is not None
    assert editing.flow.graph.node("ingress/default/a").lit


def test_a_new_ingress_in_the_cluster_counts_at_once(lab: StandInLab, live: RuleTester) -> None:
    live.url = "http://quote.example.com/"
    assert "404" in live.verdict_panel.value
    lab.add("ingresses", ingress("quote", "quote.example.com"))
    assert "Service quote, port 80" in live.verdict_panel.value


def test_testers_of_one_lab_share_one_connection(lab: StandInLab) -> None:
    testers = [RuleTester(lab) for _ in range(3)]
    assert len(lab.followers) == 1
    for tester in testers:
        tester.close()
    assert lab.followers[0].closed


def test_a_closed_tester_can_be_closed_again_and_a_new_one_follows(lab: StandInLab) -> None:
    tester = RuleTester(lab)
    tester.close()
    tester.close()
    again = RuleTester(lab)
    assert [follower.closed for follower in lab.followers] == [True, False]
    again.close()


def test_a_fault_in_the_manifest_is_marked_at_its_line(editing: RuleTester) -> None:
    editing.editor.value = WRITTEN.replace("pathType: Exact", "pathtype: Exact")
    line = WRITTEN.splitlines().index("        pathType: Exact") + 1
    assert editing.editor.problems[0]["line"] == line


def test_while_the_manifest_is_faulty_the_last_valid_one_counts(editing: RuleTester) -> None:
    editing.editor.value = WRITTEN.replace("a.example.com", "a_b.example.com")
    assert "Service a, port 80" in editing.verdict_panel.value
    assert "last one that was valid" in editing.verdict_panel.value


def test_a_manifest_among_live_services_gets_the_default_class(lab: StandInLab) -> None:
    written = ingress("quote", "quote.example.com")
    del written["spec"]["ingressClassName"]
    tester = RuleTester(lab, "http://quote.example.com/", manifest=dumped(written))
    assert tester.decision is not None
    assert [endpoint.pod for endpoint in tester.decision.endpoints] == ["quote-a"]
    tester.close()


def test_on_a_shared_cluster_rules_and_url_are_about_the_site_that_is_meant() -> None:
    lab = StandInLab(Tenancy(domain="learner7.lab.example.com"))
    live = RuleTester(lab)
    assert live.decision is not None
    assert live.decision.ingress == "default/kiada"
    live.close()
    written = dumped(ingress("quote", "quote.example.com"))
    editing = RuleTester(lab, "http://quote.example.com/", manifest=written)
    assert editing.decision is not None
    assert editing.decision.request.host == "quote.learner7.lab.example.com"
    assert [endpoint.pod for endpoint in editing.decision.endpoints] == ["quote-a"]
    editing.close()


def test_another_profile_reads_the_same_rules_its_own_way() -> None:
    both = WRITTEN.replace("path: /y", "path: /x")
    tester = RuleTester(manifest=both, url="http://a.example.com/x")
    assert tester.decision is not None
    assert tester.decision.ingress == "default/a"
    tester.profile.value = "traefik"
    assert tester.decision.ingress == "default/b"


def test_a_verdict_that_is_left_to_chance_is_not_shown_as_good() -> None:
    twice = WRITTEN.replace("path: /x", "path: /y").replace("Exact", "Prefix")
    tester = RuleTester(manifest=twice, url="http://a.example.com/y", profile="traefik")
    assert "not determined" in tester.verdict_panel.value
    assert 'class="verdict bad"' in tester.verdict_panel.value


def test_what_is_no_url_is_told_not_raised(live: RuleTester) -> None:
    live.url = "http://"
    assert "absolute URL" in live.verdict_panel.value


class TestSending:
    def test_nothing_is_sent_before_the_learner_asks(
        self, lab: StandInLab, live: RuleTester
    ) -> None:
        live.url = "http://kiada.example.com/a"
        assert lab.asked == []

    def test_enter_sends(self, lab: StandInLab, live: RuleTester) -> None:
        live.address._handle_custom_msg({"event": "submit"}, [])
        assert lab.asked == ["http://kiada.example.com/"]

    def test_agreement_is_said(self, live: RuleTester) -> None:
        live.send_button.click()
        assert "Kubernetes' rules and the controller agree." in live.text()

    def test_a_controller_that_differs_is_named(self, lab: StandInLab, live: RuleTester) -> None:
        lab.pod = "quote-a"
        live.send()
        assert (
            "The controller differs; Kubernetes' rules said Service kiada, port 80." in live.text()
        )

    def test_all_three_are_compared(self, live: RuleTester) -> None:
        live.predict("404")
        live.send()
        assert live.round is not None
        assert [each.right for each in live.round.opinions] == [False, True]

    def test_a_name_without_address_is_told_with_its_remedy(self, live: RuleTester) -> None:
        live.url = "http://unknown.example.com/"
        live.send()
        assert "next:  give it &lt;one&gt;" in live.verdict_panel.value

    def test_an_old_answer_does_not_outlive_a_new_url(self, live: RuleTester) -> None:
        live.send()
        live.url = "http://kiada.example.com/a"
        assert live.answer_panel.value == ""

    def test_without_a_lab_there_is_nothing_to_send_to(self, editing: RuleTester) -> None:
        assert editing.send_button.layout.display == "none"


class TestPredicting:
    def test_nothing_is_told_before_the_prediction(self, lab: StandInLab) -> None:
        tester = RuleTester(lab, predict_first=True)
        assert "kiada" not in tester.verdict_panel.value + tester.reasons_panel.value
        assert tester.send_button.disabled
        tester.close()

    def test_the_verdict_comes_with_the_prediction(self, lab: StandInLab) -> None:
        tester = RuleTester(lab, predict_first=True)
        tester.guess_field.value = "Service kiada, port 80"
        tester.tell_button.click()
        assert "You and Kubernetes&#x27; rules agree." in tester.answer_panel.value
        tester.close()

    def test_chance_can_be_expected_of_a_controller_that_leaves_ties_to_it(self) -> None:
        twice = WRITTEN.replace("path: /x", "path: /y").replace("Exact", "Prefix")
        tester = RuleTester(manifest=twice, url="http://a.example.com/y", profile="traefik")
        tester.predict("chance decides")
        assert "You and profile traefik agree." in tester.text()

    def test_another_url_is_asked_anew(self, lab: StandInLab) -> None:
        tester = RuleTester(lab, predict_first=True)
        tester.predict("404")
        tester.url = "http://kiada.example.com/a"
        assert not tester.told
        tester.close()

    def test_what_no_rule_leads_to_is_refused_with_the_choice(self, live: RuleTester) -> None:
        with pytest.raises(UsageError) as caught:
            live.predict("nosuch")
        assert "Service kiada, port 80; 404: no rule takes it" in caught.value.found


class TestHistory:
    def test_predicting_and_sending_make_one_entry(self, live: RuleTester) -> None:
        live.predict("kiada")
        live.send()
        assert [each.answer for each in live.history] == ["Service kiada, port 80 (pod kiada-a)"]

    def test_choosing_an_entry_brings_its_url_back(self, live: RuleTester) -> None:
        live.send()
        live.url = "http://other.example.com/"
        live.past.index = 0
        assert live.url == "http://kiada.example.com/"


class TestManyRules:
    @pytest.fixture
    def many(self) -> RuleTester:
        manifest = "---\n".join(
            dumped(ingress(f"i{number}", f"h{number}.example.com")) for number in range(60)
        )
        return RuleTester(manifest=manifest, url="http://h50.example.com/")

    def test_rules_for_other_hosts_are_cut_short(self, many: RuleTester) -> None:
        assert "20 more rules" in many.reasons_panel.value
        assert "h50.example.com" in many.reasons_panel.value

    def test_every_rule_is_shown_when_asked_for(self, many: RuleTester) -> None:
        many.every.value = True
        assert many.reasons_panel.value.count("<tr") == 61


def test_the_text_twin_is_the_same_each_time(lab: StandInLab) -> None:
    tester, again = RuleTester(lab), RuleTester(lab)
    assert tester.text() == again.text() == str(tester)
    assert tester._repr_mimebundle_()["text/plain"] == tester.text()
    tester.close()
    again.close()


def test_text_from_outside_is_escaped(live: RuleTester) -> None:
    live.url = "http://kiada.example.com/<script>"
    assert "<script>" not in live.verdict_panel.value + live.reasons_panel.value


def test_every_field_has_a_label(live: RuleTester) -> None:
    fields = (live.source, live.profile, live.predict_box, live.address, live.guess_field)
    assert all(field.description for field in (*fields, live.past, live.every))
    assert live.editor.label
