"""Breaking and healing: once is enough, nothing of the learner's is lost, a crash can be mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labsupport.base.errors import StorageError, UsageError
from labsupport.base.paths import Instance
from labsupport.exercises import check
from labsupport.exercises.clinic import break_down, broken, checking, clinic, heal, mend, shared
from labsupport.exercises.clinic.note import Note, Notes
from labsupport.exercises.progress import Progress
from labsupport.kube.manifests import objects
from labsupport.providers import provider
from labsupport.session import Lab

OWN = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own"}, "data": {"a": "1"}}


class PulledPlug(Exception):
    """What ends a breaking in the middle."""


@pytest.fixture(autouse=True)
def healed(lab: Lab) -> Iterator[None]:
    yield
    for name in broken(lab):
        heal(name, lab)


def work(lab: Lab, name: str) -> list[Path]:
    return sorted(lab.instance.clinic.glob(f"{name}-work-*.yaml"))


def test_breaking_twice_is_breaking_once(lab: Lab) -> None:
    break_down("bakery", lab)
    note = Notes(lab.instance).find("bakery")
    break_down("service-missing", lab)
    assert Notes(lab.instance).find("bakery") == note


def test_healing_what_is_not_broken_says_so(lab: Lab) -> None:
    assert heal("bakery", lab) == "bakery is not broken; nothing to heal"


def test_checking_what_is_not_broken_tells_how_to_break_it(lab: Lab) -> None:
    with pytest.raises(UsageError) as caught:
        check("bakery", lab)
    assert caught.value.remedy == "./lab break bakery"


def test_each_failed_check_gives_the_next_hint(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_LIVE_SECONDS", 0)  # nothing is about to change
    break_down("bakery", lab)
    hints = [check("bakery", lab).hint for _ in range(4)]
    assert len(set(hints)) == 3
    assert hints[2] == hints[3]


def test_another_fault_of_the_learners_own_is_told_in_its_own_words(lab: Lab) -> None:
    break_down("bakery", lab)
    mend("bakery", lab)
    lab.delete("service", "bakery", namespace="clinic-bakery")
    lab.hosts.add("bakery.clinic.example.com", f"{lab.connection.network}63.253")
    verdict = check("bakery", lab)
    lab.hosts.remove("bakery.clinic.example.com")
    assert verdict.look.startswith("name: ")


def test_a_check_is_kept_in_the_progress(lab: Lab) -> None:
    break_down("bakery", lab)
    check("service-missing", lab)
    assert Progress(lab.instance.progress).records()[-1].exercise == "bakery"


def test_two_breakages_do_not_disturb_each_other(lab: Lab) -> None:
    break_down("bakery", lab)
    break_down("library", lab)
    mend("bakery", lab)
    lab.wait_for("http://bakery.clinic.example.com/")
    assert not check("library", lab).passed
    heal("library", lab)
    assert check("bakery", lab).passed


@pytest.mark.parametrize(("first", "second"), [("bakery", "brewery"), ("planetarium", "bakery")])
def test_what_all_sites_share_is_broken_alone(first: str, second: str, lab: Lab) -> None:
    break_down(first, lab)
    with pytest.raises(UsageError) as caught:
        break_down(second, lab)
    assert caught.value.remedy == f"./lab heal {first}"


def test_a_namespace_of_somebody_elses_is_not_taken_over(lab: Lab) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "clinic-bakery"}}
    lab.apply(namespace)
    with pytest.raises(UsageError) as caught:
        break_down("bakery", lab)
    lab.delete(namespace)
    shared.wait_until_gone(lab, "namespaces", ["clinic-bakery"])
    assert "kubectl delete namespaces clinic-bakery" in caught.value.remedy


def test_a_name_is_not_taken_away_that_external_dns_would_give_back(lab: Lab) -> None:
    lab.dns.external.on()
    try:
        with pytest.raises(UsageError) as caught:
            break_down("dairy", lab)
    finally:
        lab.dns.external.off()
    assert caught.value.remedy == "./lab dns external off"


def test_what_a_learner_made_there_is_kept(lab: Lab) -> None:
    break_down("bakery", lab)
    lab.apply(OWN, namespace="clinic-bakery")
    said = heal("bakery", lab)
    kept = work(lab, "bakery")[-1]
    assert str(kept) in said
    assert [each["metadata"]["name"] for each in objects(kept.read_text())] == ["own"]


def test_what_a_learner_changed_there_is_kept(lab: Lab) -> None:
    break_down("bakery", lab)
    mend("bakery", lab)
    heal("bakery", lab)
    (ingress,) = objects(work(lab, "bakery")[-1].read_text())
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["name"] == "bakery"


def test_nothing_is_kept_where_nothing_was_done(lab: Lab) -> None:
    before = work(lab, "zoo")
    break_down("zoo", lab)
    heal("zoo", lab)
    assert work(lab, "zoo") == before


def test_a_learners_edit_of_what_all_share_outlives_the_healing(lab: Lab) -> None:
    break_down("brewery", lab)
    deployment = lab.object("deployment", "traefik", namespace="traefik")
    deployment["metadata"].setdefault("annotations", {})["edited"] = "yes"
    lab.api.replace(deployment)
    heal("brewery", lab)
    deployment = lab.object("deployment", "traefik", namespace="traefik")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["metadata"]["annotations"].pop("edited") == "yes"
    lab.api.replace(deployment)


def test_a_learners_own_address_for_the_name_comes_back(lab: Lab) -> None:
    lab.hosts.add("dairy.clinic.example.com", "127.0.0.9")
    break_down("tailor", lab)
    heal("tailor", lab)
    assert lab.hosts.address_of("dairy.clinic.example.com") == "127.0.0.9"
    lab.hosts.remove("dairy.clinic.example.com")


def _plug_pulled(*_: object, **__: object) -> None:
    raise PulledPlug


@pytest.mark.parametrize("step", ["change", "place", "belongings"])
def test_a_breaking_cut_off_in_the_middle_can_be_healed(
    step: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shared.shape(lab.object("deployment", "traefik", namespace="traefik"))
    with monkeypatch.context() as patch:
        patch.setattr(clinic, step, _plug_pulled)
        with pytest.raises(PulledPlug):
            break_down("brewery", lab)
    heal("brewery", lab)
    assert broken(lab) == []
    assert shared.shape(lab.object("deployment", "traefik", namespace="traefik")) == before


def test_a_breaking_cut_off_in_the_middle_can_be_begun_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(clinic, "belongings", _plug_pulled)
        with pytest.raises(PulledPlug):
            break_down("bakery", lab)
    break_down("bakery", lab)
    assert not check("bakery", lab).passed


@pytest.mark.parametrize("step", ["keep_work", "put_back", "_recall", "_wait_until_undone"])
def test_a_healing_cut_off_in_the_middle_can_be_done_again(
    step: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_down("brewery", lab)
    with monkeypatch.context() as patch:
        patch.setattr(clinic, step, _plug_pulled)
        with pytest.raises(PulledPlug):
            heal("brewery", lab)
    heal("brewery", lab)
    assert lab.get("http://kiada.example.com/").status == 200


def test_a_note_that_cannot_be_read_is_told_of(lab: Lab) -> None:
    notes = Notes(lab.instance)
    notes.write(Note("bakery", "2026-01-01T00:00:00+00:00", "127.0.0.1"))
    (lab.instance.clinic / "bakery.json").write_text("{")
    with pytest.raises(StorageError, match="bakery"):
        heal("bakery", lab)
    notes.remove("bakery")


def test_a_deleted_cluster_takes_its_notes_along(tmp_path: Path) -> None:
    home = Instance(tmp_path / "home").make()
    Notes(home).write(Note("bakery", "2026-01-01T00:00:00+00:00", "127.0.0.1"))
    work = home.clinic / "bakery-work-1.yaml"
    work.touch()
    provider("embedded", home).down(delete=True)
    assert list(home.clinic.iterdir()) == [work]


def test_notes_are_for_the_owner_only(lab: Lab) -> None:
    break_down("bakery", lab)
    folder = lab.instance.clinic
    modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "bakery.json")]
    assert modes == [0o700, 0o600]
