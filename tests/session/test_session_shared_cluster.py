"""A class on one cluster: a teacher's lab that installs Traefik, and a learner's beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from attempts_at import verdict_on
from shared_cluster import CONTEXT, SharedCluster, embedded

from labsupport.base.errors import ClusterError, UsageError
from labsupport.base.paths import HOME_VARIABLE, Instance
from labsupport.cli.main import main
from labsupport.exercises import check, exercise
from labsupport.exercises.exercise import Attempt
from labsupport.providers.embedded.provider import Embedded
from labsupport.providers.protocol import Wishes
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab
from labsupport.session.others_controller import OthersController

KIADA = "http://kiada.example.com/debug/request"
ANOTHER = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: tea}
spec:
  ingressClassName: traefik
  rules:
  - host: tea.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: quote, port: {number: 80}}}}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedCluster]:
    with embedded(tmp_path_factory.mktemp("shared")) as started:
        if Embedded(Instance(started.config.parent)).connection().port_offset:
            pytest.skip("this user may not listen at port 80, where a cluster elsewhere would")
        yield started


def brought_up(home: Path, kubeconfig: Path, namespace: str, **wishes: str) -> Lab:
    asked = Wishes(kubeconfig=str(kubeconfig), context=CONTEXT, namespace=namespace, **wishes)  # type: ignore[arg-type]
    return bring_up(Instance(home), provider_name="existing", wishes=asked)


@pytest.fixture(scope="module")
def teacher(cluster: SharedCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = brought_up(tmp_path_factory.mktemp("teacher") / "lab", cluster.kubeconfig(), "teacher")
    yield lab
    lab.close()
    lab.provider.down(delete=True)


@pytest.fixture(scope="module")
def learner(
    cluster: SharedCluster, teacher: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """With the rights that the lab asks for, and no others."""
    home = tmp_path_factory.mktemp("learner") / "lab"
    with pytest.raises(ClusterError):
        brought_up(home, cluster.kubeconfig("ann"), "learner7")
    cluster.grant(Instance(home).rights)
    lab = brought_up(home, cluster.kubeconfig("ann"), "learner7")
    yield lab
    lab.close()
    lab.provider.down(delete=True)


@pytest.fixture(scope="module")
def guest(
    cluster: SharedCluster, teacher: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """One who may not look at Traefik: to them its class is somebody else's."""
    home = tmp_path_factory.mktemp("guest") / "lab"
    with pytest.raises(ClusterError):
        brought_up(home, cluster.kubeconfig("bob"), "guest")
    granted = Instance(home).rights.read_text().split("---\n")
    Instance(home).rights.write_text(
        "---\n".join(e for e in granted if "namespace: traefik" not in e)
    )
    cluster.grant(Instance(home).rights)
    lab = brought_up(home, cluster.kubeconfig("bob"), "guest")
    yield lab
    lab.close()
    lab.provider.down(delete=True)


class TestTheTeacher:
    def test_the_lessons_names_are_theirs(self, teacher: Lab) -> None:
        assert teacher.get(KIADA).status == 200
        assert teacher.object("ingress", "kiada")["spec"]["rules"][0]["host"] == "kiada.example.com"

    def test_traefik_bears_the_label(self, teacher: Lab) -> None:
        assert "namespace/traefik with all that is in it" in teacher.provider.belongings()

    def test_its_inside_can_be_looked_at(self, teacher: Lab) -> None:
        rules = [row[1] for row in teacher.controller.routers().rows]
        assert 'Host("kiada.example.com") && PathPrefix("/")' in rules


class TestALearner:
    def test_their_sites_lie_below_a_domain_of_their_own(self, learner: Lab, teacher: Lab) -> None:
        answer = learner.get(KIADA)
        assert (answer.status, answer.url) == (200, KIADA.replace("kiada.", "kiada.learner7.lab."))
        assert answer.address == teacher.address
        own = {pod["metadata"]["name"] for pod in learner.objects("pods")}
        assert answer.pod in own

    def test_two_learners_with_one_manifest_do_not_meet(self, learner: Lab, teacher: Lab) -> None:
        for lab in (learner, teacher):
            lab.apply(ANOTHER)
            lab.hosts.add("tea.example.com", lab.address)
            answer = lab.wait_for("http://tea.example.com/debug/request", app="quote")
            assert answer.pod in {pod["metadata"]["name"] for pod in lab.objects("pods")}
        for lab in (learner, teacher):
            lab.delete(ANOTHER)
            lab.hosts.remove("tea.example.com")

    def test_applying_twice_changes_nothing(
        self, learner: Lab, capsys: pytest.CaptureFixture[str]
    ) -> None:
        learner.apply(ANOTHER)
        learner.apply(ANOTHER)
        assert "unchanged" in capsys.readouterr().out.splitlines()[-1]
        learner.delete(ANOTHER)

    def test_the_official_client_means_the_same_place(self, learner: Lab) -> None:
        scale = {"spec": {"replicas": 2}}
        learner.apps.patch_namespaced_deployment_scale("kiada", "default", scale)
        learner.wait_ready()
        assert check("two-pods", learner).passed
        learner.apps.patch_namespaced_deployment_scale(
            "kiada", "default", {"spec": {"replicas": 3}}
        )
        learner.wait_ready()

    def test_a_patch_of_the_host_means_the_same_site(self, learner: Lab) -> None:
        learner.apply(ANOTHER)
        rules = learner.object("ingress", "tea")["spec"]["rules"]
        patch = {"spec": {"rules": [{**rules[0], "host": "coffee.example.com"}]}}
        learner.networking.patch_namespaced_ingress("tea", "default", patch)
        host = learner.object("ingress", "tea")["spec"]["rules"][0]["host"]
        assert host == "coffee.learner7.lab.example.com"
        learner.delete(ANOTHER)

    def test_certificates_are_for_the_names_that_are_meant(self, learner: Lab) -> None:
        learner.trust.store("kiada-tls", "kiada.example.com")
        certificate = learner.trust.found("secret/kiada-tls").chain[0]
        assert certificate.all_names == ("kiada.learner7.lab.example.com",)
        assert learner.trust.refusals((certificate,), "kiada.example.com") == ()
        learner.delete("secret", "kiada-tls")

    def test_explaining_and_diagnosing_speak_of_the_same_names(self, learner: Lab) -> None:
        assert learner.explain(KIADA).outcome == learner.explain(KIADA, profile="traefik").outcome
        assert learner.diagnose(KIADA).cause is None

    def test_a_name_in_dns_is_the_one_that_is_meant(self, learner: Lab) -> None:
        learner.dns.add("www.shop.example.com", "shop.example.com")
        learner.dns.add("shop.example.com", learner.address)
        found = learner.resolve("www.shop.example.com")
        assert (found.name, found.address) == (
            "www.shop.learner7.lab.example.com",
            learner.address,
        )
        learner.dns.remove("www.shop.example.com")
        learner.dns.remove("shop.example.com")

    def test_the_first_bytes_are_those_of_their_own_connections(self, learner: Lab) -> None:
        learner.get(f"{KIADA}?pin=1234")
        (last,) = learner.connections(limit=1)
        assert last.sent.startswith(b"GET /debug/request?pin=1234 HTTP/1.1")
        assert last.service == "traefik/traefik"
        assert not last.is_tls
        learner.get(KIADA.replace("http:", "https:"), verify=False)
        hello = learner.connections(limit=1)[0].hello
        assert hello is not None
        assert hello.server_name == "kiada.learner7.lab.example.com"

    def test_status_finds_nothing_wrong(self, learner: Lab) -> None:
        learner.wait_ready()
        assert learner.status().missing == ()

    def test_what_follows_objects_sees_theirs_only(self, learner: Lab) -> None:
        follower = learner.follow({"ingresses": None}, lambda: None)
        try:
            places = {each["metadata"]["namespace"] for each in follower.objects("ingresses")}
        finally:
            follower.close()
        assert places == {"learner7"}

    def test_a_host_header_is_for_the_site_that_is_meant(self, learner: Lab) -> None:
        headers = {"Host": "kiada.example.com"}
        with learner.connect("http://elsewhere.example.com/", resolve=learner.address) as there:
            answer = there.get("/debug/request", headers=headers)
        assert answer.pod in {pod["metadata"]["name"] for pod in learner.objects("pods")}
        url = KIADA.replace("kiada", "nobody")
        found = learner.diagnose(
            url, headers=headers, resolve={"nobody.example.com": learner.address}
        )
        assert found.cause is None

    def test_an_alias_is_removed_by_the_name_it_was_made_with(self, learner: Lab) -> None:
        learner.dns.add("www.alias.example.com", "alias.example.com")
        learner.dns.remove("www.alias.example.com", "CNAME", "alias.example.com")
        assert not learner.dns.has("www.alias.example.com")


LEARNERS = ["two-names-one-address", "the-line-that-goes-first", "one-shop-apart"]
LEARNERS += ["two-sites-two-certificates", "pedal-money"]
"""Exercises whose checks look at names: in DNS, hosts file, rules, certificates, redirects."""


class TestALearnersExercises:
    @pytest.mark.parametrize("name", LEARNERS)
    def test_the_reference_passes(self, name: str, learner: Lab) -> None:
        verdict = verdict_on(name, exercise(name).reference, learner)
        assert verdict.passed, str(verdict)

    @pytest.mark.parametrize("name", LEARNERS)
    def test_a_blank_and_mistakes_do_not(self, name: str, learner: Lab) -> None:
        mistakes = [each.attempt for each in exercise(name).wrong]
        for attempt in (Attempt(), *mistakes):
            assert not verdict_on(name, attempt, learner).passed

    def test_hints_speak_of_the_rules_for_the_names_that_are_meant(self, learner: Lab) -> None:
        one, _ = exercise("one-shop-apart").wrong
        hint = verdict_on("one-shop-apart", one.attempt, learner).hint
        assert one.hint in hint.replace("learner7.lab.", "")


class TestAGuest:
    def test_the_controller_is_known_by_its_class_and_address(
        self, guest: Lab, teacher: Lab
    ) -> None:
        assert isinstance(guest.controller, OthersController)
        assert guest.address == teacher.address
        assert guest.get(KIADA).status == 200

    def test_its_inside_is_not_theirs_to_see(self, guest: Lab) -> None:
        for look in (guest.controller.routers, guest.controller.source):
            with pytest.raises(UsageError, match="is not this lab's"):
                look()

    def test_a_diagnosis_knows_the_way_all_the_same(self, guest: Lab) -> None:
        told = str(guest.diagnose(KIADA))
        assert "✓ host rule" in told
        assert guest.diagnose("http://nobody.example.com/").cause == "name-missing"

    def test_status_does_not_call_an_unseen_controller_missing(self, guest: Lab) -> None:
        guest.wait_ready()
        assert guest.status().missing == ()


class TestOnTheCommandLine:
    @pytest.fixture(autouse=True)
    def _here(self, learner: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(HOME_VARIABLE, str(learner.instance.home))

    def test_hosts_entries_are_for_the_names_that_are_meant(
        self, learner: Lab, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["hosts", "add", "tea.example.com", "127.0.0.1"]) == 0
        assert learner.hosts.address_of("tea.learner7.lab.example.com") == "127.0.0.1"
        assert main(["hosts", "remove", "tea.example.com"]) == 0
        capsys.readouterr()

    def test_rules_are_explained_for_the_site_that_is_meant(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["explain", KIADA]) == 0
        assert "200: Service kiada" in capsys.readouterr().out

    def test_what_leaving_would_remove_is_shown_first(
        self, learner: Lab, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["down", "--delete", "--dry-run"]) == 0
        assert "ingress.networking.k8s.io/kiada in namespace learner7" in capsys.readouterr().out
        assert learner.get(KIADA).status == 200
