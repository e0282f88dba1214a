"""The builder's form and manifest without a cluster, and all of it with a real API server."""

import pytest
import yaml

from labsupport.base.types import Json
from labsupport.rules.status import StatusError
from labsupport.session.lab import Lab
from labsupport.widgets import IngressBuilder


class TestForm:
    def test_the_manifest_follows_each_key(self) -> None:
        builder = IngressBuilder(host="a.example.com")
        builder.form.rules[0].path.value = "/a"
        spec = yaml.safe_load(builder.manifest)["spec"]
        assert spec["rules"][0]["http"]["paths"][0]["path"] == "/a"

    def test_a_port_is_a_number_or_a_name(self) -> None:
        builder = IngressBuilder()
        port = ["spec", "rules", 0, "http", "paths", 0, "backend", "service", "port"]

        def written() -> object:
            value = yaml.safe_load(builder.manifest)
            for step in port:
                value = value[step]
            return value

        assert written() == {"number": 80}
        builder.form.rules[0].port.value = "http"
        assert written() == {"name": "http"}

    def test_a_fault_is_found_while_typing_with_its_line(self) -> None:
        builder = IngressBuilder(host="a.example.com", path="a")
        assert "must be an absolute path" in builder.problems[0].message
        assert "path: a" in builder.manifest.splitlines()[builder.problems[0].line - 1]

    def test_an_empty_name_is_a_problem_not_a_failure(self) -> None:
        assert IngressBuilder(name="").problems

    def test_a_further_path_of_the_same_host_joins_its_rule(self) -> None:
        builder = IngressBuilder(host="a.example.com")
        builder.form.add.click()
        rules = yaml.safe_load(builder.manifest)["spec"]["rules"]
        assert [len(rule["http"]["paths"]) for rule in rules] == [2]
        builder.form.rules[1].host.value = "b.example.com"
        assert len(yaml.safe_load(builder.manifest)["spec"]["rules"]) == 2

    def test_a_rule_can_be_removed_but_not_the_last(self) -> None:
        builder = IngressBuilder(host="a.example.com")
        builder.form.add.click()
        builder.form.rules[0].remove.click()
        assert len(builder.form.rules) == 1
        assert builder.form.rules[0].remove.disabled

    def test_without_a_lab_there_is_nothing_to_apply_to(self) -> None:
        builder = IngressBuilder()
        builder.apply()
        assert builder.outcome == ""


@pytest.fixture
def builder(lab: Lab) -> IngressBuilder:
    return IngressBuilder(lab, name="built", host="built.example.com")


def present(lab: Lab) -> bool:
    try:
        lab.object("ingress", "built")
    except StatusError:
        return False
    return True


class TestCluster:
    def test_a_dry_run_changes_nothing(self, lab: Lab, builder: IngressBuilder) -> None:
        builder.dry_run_button.click()
        assert builder.outcome == "ingress.networking.k8s.io/built created (server dry run)"
        assert not present(lab)

    def test_the_server_says_itself_what_is_wrong(self, builder: IngressBuilder) -> None:
        builder.form.rules[0].path.value = "a"
        builder.dry_run()
        assert "must be an absolute path" in builder.outcome
        assert not builder.good

    def test_undo_takes_back_one_apply_after_the_other(
        self, lab: Lab, builder: IngressBuilder
    ) -> None:
        builder.apply_button.click()
        builder.form.rules[0].path.value = "/second"
        builder.apply_button.click()
        builder.undo_button.click()
        spec = lab.object("ingress", "built")["spec"]
        assert spec["rules"][0]["http"]["paths"][0]["path"] == "/"
        builder.undo_button.click()
        assert not present(lab)
        assert builder.undo_button.disabled

    def test_undo_takes_no_heed_of_what_a_controller_writes_meanwhile(
        self, lab: Lab, builder: IngressBuilder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        builder.apply()
        builder.form.rules[0].path.value = "/second"
        builder.apply()
        replace = lab.api.replace

        def late(obj: Json) -> Json:
            now = lab.api.get("ingresses", "built")
            replace({**now, "metadata": {**now["metadata"], "labels": {"by": "another"}}})
            return replace(obj)

        monkeypatch.setattr(lab.api, "replace", late)
        builder.undo()
        assert builder.good, builder.outcome
        path = lab.object("ingress", "built")["spec"]["rules"][0]["http"]["paths"][0]["path"]
        assert path == "/"
        builder.undo()

    def test_undo_brings_back_what_was_deleted_meanwhile(
        self, lab: Lab, builder: IngressBuilder, capsys: pytest.CaptureFixture[str]
    ) -> None:
        builder.apply()
        builder.form.rules[0].path.value = "/second"
        builder.apply()
        lab.delete("ingress", "built")
        builder.undo()
        assert present(lab)
        builder.undo()

    def test_services_are_offered(self, builder: IngressBuilder) -> None:
        assert "quote" in builder.form.rules[0].service.options
