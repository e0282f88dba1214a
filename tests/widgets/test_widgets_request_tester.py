"""The request tester, driven by its traits; no browser, no cluster."""

from labsupport.base.errors import NameNotFound
from labsupport.http.exchange import Exchange
from labsupport.rules.ingress import Decision, Request, decide
from labsupport.widgets import RequestTester

INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "quote", "namespace": "default"},
    "spec": {
        "rules": [
            {
                "host": "quote.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "quote", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ]
    },
}
SERVICE = {
    "metadata": {"name": "quote", "namespace": "default"},
    "spec": {"ports": [{"name": "http", "port": 80}]},
}
SLICE = {
    "metadata": {
        "name": "quote-1",
        "namespace": "default",
        "labels": {"kubernetes.io/service-name": "quote"},
    },
    "ports": [{"name": "http", "port": 8080}],
    "endpoints": [{"addresses": ["127.9.64.1"], "targetRef": {"name": "quote-a"}}],
}


class OneIngress:
    """A lab with one Ingress for quote.example.com, whose proxy answers as it is told."""

    def __init__(self, status: int = 200, pod: str = "quote-a") -> None:
        self.status = status
        self.pod = pod
        self.asked: list[str] = []

    def explain(self, url: str, /) -> Decision:
        return decide(Request.from_url(url), [INGRESS], services=[SERVICE], slices=[SLICE])

    def get(self, url: str, /) -> Exchange:
        self.asked.append(url)
        if "unknown" in url:
            raise NameNotFound("unknown.example.com has no address", remedy="give it <one>")
        headers = {"X-Pod": self.pod} if self.pod else {}
        reason = "OK" if self.status == 200 else "Not Found"
        return Exchange("GET", url, "127.9.192.1", self.status, reason, headers, b"", ())


def sent(lab: OneIngress, url: str = "http://quote.example.com/") -> RequestTester:
    tester = RequestTester(lab, url)
    tester.send()
    return tester


def test_nothing_is_sent_before_the_learner_asks() -> None:
    lab = OneIngress()
    RequestTester(lab)
    assert lab.asked == []


def test_the_button_sends_what_the_field_holds() -> None:
    lab = OneIngress()
    tester = RequestTester(lab)
    tester.address.value = "http://quote.example.com/a"
    tester.button.click()
    assert lab.asked == ["http://quote.example.com/a"]


def test_enter_sends_too() -> None:
    lab = OneIngress()
    tester = RequestTester(lab, "quote.example.com")
    tester.address._handle_custom_msg({"event": "submit"}, [])
    assert lab.asked == ["http://quote.example.com"]


def test_the_answer_stands_beside_the_reasons() -> None:
    tester = sent(OneIngress())
    assert "200 OK" in tester.answer_panel.value
    assert "quote-a" in tester.answer_panel.value
    assert "the host is exactly quote.example.com" in tester.reasons_panel.value


def test_a_controller_that_departs_from_the_rules_is_named() -> None:
    tester = sent(OneIngress(status=404, pod=""))
    assert "rules foresee 200: this controller differs" in str(tester)


def test_a_refusal_that_the_rules_foresee_is_no_departure() -> None:
    tester = sent(OneIngress(status=404, pod=""), "http://other.example.com/")
    assert "as Kubernetes' rules foresee" in str(tester)


def test_an_application_that_says_404_is_no_departure() -> None:
    assert "as Kubernetes' rules foresee" in str(sent(OneIngress(status=404)))


def test_a_name_without_address_is_told_with_its_remedy() -> None:
    tester = sent(OneIngress(), "http://unknown.example.com/")
    assert "next:  give it &lt;one&gt;" in tester.answer_panel.value


def test_an_old_answer_does_not_outlive_a_failure() -> None:
    tester = sent(OneIngress())
    tester.address.value = "http://unknown.example.com/"
    tester.send()
    assert "200 OK" not in tester.answer_panel.value


def test_what_is_no_url_is_told_not_raised() -> None:
    tester = sent(OneIngress(), "http://")
    assert "absolute URL" in tester.problem


def test_the_text_twin_tells_the_whole_outcome() -> None:
    assert str(sent(OneIngress())).splitlines()[:4] == [
        "Request tester: http://quote.example.com/",
        "  200 OK",
        "  answered by pod quote-a",
        "  as Kubernetes' rules foresee",
    ]


def test_live_front_ends_get_the_widget_and_others_the_text() -> None:
    bundle = RequestTester(OneIngress())._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("Request tester:")


def test_field_and_button_say_what_they_are_for() -> None:
    tester = RequestTester(OneIngress())
    assert tester.address.description == "URL"
    assert tester.address.tooltip
    assert tester.button.tooltip
