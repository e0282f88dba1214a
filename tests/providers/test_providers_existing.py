"""A learner's namespace on a shared cluster: joining, what an account may do, leaving."""

import dataclasses
import shlex
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from shared_cluster import CONTEXT, SharedCluster, embedded

from labsupport.base.errors import (
    AddressInUse,
    ClusterError,
    ClusterNotRunning,
    LabError,
    UsageError,
)
from labsupport.base.paths import HOME_VARIABLE, Instance
from labsupport.cli.main import main
from labsupport.kube.api import Api
from labsupport.kube.apply import applied
from labsupport.providers import provider
from labsupport.providers.daemon.spawning import daemons_of
from labsupport.providers.existing import Existing
from labsupport.providers.existing.belongings import LABEL
from labsupport.providers.protocol import Wishes, quiet
from labsupport.rules.status import StatusError

ROOT = Path(__file__).resolve().parents[2]
OTHERS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "shared"},
    "spec": {"controller": "example.com/controller"},
}


NOBODY = "https://127.0.0.1:9"
OURS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ours"}}


@pytest.fixture(scope="module", params=["embedded", "real"])
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedCluster]:
    """The lab's own, and a real Kubernetes."""
    if request.param == "real":
        started: SharedCluster = request.getfixturevalue("real_cluster")
        started.api.create(OTHERS)
        yield started
        started.api.delete("ingressclasses", "shared")
    else:
        with embedded(tmp_path_factory.mktemp("shared")) as started:
            started.api.create(OTHERS)
            yield started


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    """The one of this test, and of the commands that it runs."""
    instance = Instance(tmp_path / "lab")
    monkeypatch.setenv(HOME_VARIABLE, str(instance.home))
    yield instance
    # What it made stays, for a real cluster takes five seconds to remove a namespace.
    Existing(instance).down()


def joining(instance: Instance, kubeconfig: Path, namespace: str, **wishes: Any) -> Existing:
    asked = Wishes(
        kubeconfig=str(kubeconfig), context=CONTEXT, namespace=namespace, ingress_class="shared"
    )
    return Existing(instance, dataclasses.replace(asked, **wishes))


def lose_cluster(instance: Instance) -> None:
    """Let nobody answer any more where the lab knows its cluster."""
    config = yaml.safe_load(instance.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = NOBODY
    instance.kubeconfig.write_text(yaml.safe_dump(config))


def objects_of(here: Existing) -> list[str]:
    """What it would remove on the cluster, without the files here."""
    home = str(here.instance.home)
    return [line for line in here.belongings() if not line.startswith(home)]


class TestTheContext:
    def test_none_is_taken_without_asking(
        self, instance: Instance, cluster: SharedCluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig()))
        with pytest.raises(UsageError) as caught:
            Existing(instance).up(quiet)
        assert CONTEXT in caught.value.found
        assert "--context" in caught.value.remedy

    def test_the_kubeconfig_stays_byte_for_byte(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        kubeconfig = cluster.kubeconfig()
        before = kubeconfig.read_bytes()
        joining(instance, kubeconfig, "careful").up(quiet)
        assert kubeconfig.read_bytes() == before

    def test_the_labs_own_copy_is_private_and_begins_in_the_namespace(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        joining(instance, cluster.kubeconfig(), "begins").up(quiet)
        assert stat.S_IMODE(instance.kubeconfig.stat().st_mode) == 0o600
        config = yaml.safe_load(instance.kubeconfig.read_text())
        assert config["contexts"][0]["context"]["namespace"] == "begins"

    def test_a_cluster_that_does_not_answer_is_said(
        self, instance: Instance, cluster: SharedCluster, tmp_path: Path
    ) -> None:
        away = cluster.altered(tmp_path / "away", server=NOBODY)
        with pytest.raises(ClusterError) as caught:
            joining(instance, away, "learner").up(quiet)
        assert "127.0.0.1:9" in caught.value.found

    def test_credentials_that_nobody_knows_are_said(
        self, instance: Instance, cluster: SharedCluster, tmp_path: Path
    ) -> None:
        old = cluster.altered(tmp_path / "old", user={"token": "long expired"})
        with pytest.raises(ClusterError) as caught:
            joining(instance, old, "learner").up(quiet)
        assert "401" in caught.value.found
        assert "log in again" in caught.value.remedy

    def test_a_join_that_failed_leaves_the_lab_as_it_was(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        with pytest.raises(UsageError):
            joining(instance, cluster.kubeconfig(), "learner", ingress_class="none").up(quiet)
        assert provider("auto", instance).status().provider == "embedded"


class TestPlaces:
    @pytest.mark.parametrize("namespace", ["kube-system", "default", "traefik", "Bad_Name", "-x"])
    def test_a_namespace_of_everybodys_or_none_is_refused(
        self, instance: Instance, cluster: SharedCluster, namespace: str
    ) -> None:
        with pytest.raises(UsageError, match=r"namespace"):
            joining(instance, cluster.kubeconfig(), namespace).up(quiet)

    @pytest.mark.parametrize(
        ("asked", "given"),
        [
            ("", "places.lab.example.com"),
            ("class.school.test", "class.school.test"),
            ("example.com", ""),
        ],
    )
    def test_sites_lie_below_a_domain_of_the_learners(
        self, instance: Instance, cluster: SharedCluster, asked: str, given: str
    ) -> None:
        connection = joining(instance, cluster.kubeconfig(), "places", domain=asked).up(quiet)
        assert connection.access.tenancy.domain == given

    @pytest.mark.parametrize("domain", ["com", "not a domain.com", "a..b"])
    def test_what_is_no_domain_is_refused(
        self, instance: Instance, cluster: SharedCluster, domain: str
    ) -> None:
        with pytest.raises(UsageError, match="domain"):
            joining(instance, cluster.kubeconfig(), "places", domain=domain).up(quiet)

    def test_a_class_that_is_not_there_is_refused_with_those_that_are(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        with pytest.raises(UsageError) as caught:
            joining(instance, cluster.kubeconfig(), "places", ingress_class="nginx").up(quiet)
        assert "shared" in caught.value.found

    def test_a_second_up_comes_back_to_the_same_place(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        first = joining(instance, cluster.kubeconfig(), "again").up(quiet)
        Existing(instance).down()
        with pytest.raises(ClusterNotRunning):
            Existing(instance).connection()
        assert provider("auto", instance).up(quiet).access.tenancy == first.access.tenancy

    @pytest.mark.parametrize(
        "wish",
        [Wishes(namespace="there"), Wishes(domain="there.test"), Wishes(ingress_class="there")],
        ids=["namespace", "domain", "class"],
    )
    def test_a_second_up_that_wishes_another_place_is_refused(
        self, instance: Instance, cluster: SharedCluster, wish: Wishes
    ) -> None:
        joining(instance, cluster.kubeconfig(), "here").up(quiet)
        with pytest.raises(UsageError, match="another place") as caught:
            Existing(instance, wish).up(quiet)
        assert "not there" in caught.value.found
        assert "./lab down --delete" in caught.value.remedy

    def test_the_command_refuses_it_too_while_the_lab_runs(
        self, instance: Instance, cluster: SharedCluster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        joining(instance, cluster.kubeconfig(), "here").up(quiet)
        assert main(["up", "--namespace", "there"]) == UsageError.exit_code
        assert "namespace here, not there" in capsys.readouterr().err

    def test_a_second_up_with_the_same_wishes_is_where_the_first_was(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        here = joining(instance, cluster.kubeconfig(), "same", domain="Example.com.")
        assert here.up(quiet).access.tenancy == here.up(quiet).access.tenancy

    def test_a_namespace_that_was_removed_meanwhile_is_made_again(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        joining(instance, cluster.kubeconfig(), "removed").up(quiet)
        Existing(instance).down(delete=True)
        assert "removed" not in cluster.names("namespaces")
        joining(instance, cluster.kubeconfig(), "removed").up(quiet)
        assert "removed" in cluster.names("namespaces")

    def test_one_instance_stands_on_one_cluster(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        joining(instance, cluster.kubeconfig(), "single").up(quiet)
        with pytest.raises(UsageError, match="stands on the provider existing"):
            provider("embedded", instance)


class TestRights:
    def test_what_is_missing_is_named_and_can_be_asked_for(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        ann = joining(instance, cluster.kubeconfig("ann"), "anns")
        with pytest.raises(ClusterError) as caught:
            ann.up(quiet)
        assert "system:serviceaccount:people:ann" in caught.value.what
        assert "ingresses.networking.k8s.io" in caught.value.found
        assert str(instance.rights) in caught.value.remedy
        assert "anns" not in cluster.names("namespaces")
        cluster.grant(instance.rights)
        access = ann.up(quiet).access
        assert access.tenancy.namespaces == ("anns",)

    def test_the_rights_asked_for_are_enough_and_no_more(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        bob = joining(instance, cluster.kubeconfig("bob"), "bobs")
        api = Api(cluster.granted(bob).access)
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
        api.create(config_map)
        assert api.get("configmaps", "a")["metadata"]["namespace"] == "bobs"
        for namespace in ("kube-public", "anns"):
            with pytest.raises(StatusError, match="forbidden"):
                api.create({**config_map, "metadata": {"name": "a", "namespace": namespace}})
        api.close()

    def test_a_list_of_all_namespaces_is_of_those_that_may_be_seen(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        carl = joining(instance, cluster.kubeconfig("carl"), "carls")
        api = Api(cluster.granted(carl).access)
        api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}})
        cluster.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "not"}})
        found = [each["metadata"]["name"] for each in api.list("configmaps")]
        assert found == ["kube-root-ca.crt", "mine"]
        assert len(api.table("configmaps", None, wide=False, age=False).rows) == 2
        api.close()

    def test_who_may_look_around_but_not_at_secrets_sees_their_own_namespace(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        fay = joining(instance, cluster.kubeconfig("fay"), "fays")
        cluster.granted(fay)
        fay.down()
        instance.provider.unlink()
        cluster.let_look_around("fay", "pods", "services", "ingresses", "configmaps")
        api = Api(fay.up(quiet).access)
        api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hers"}})
        assert [each["metadata"]["name"] for each in api.list("secrets")] == ["hers"]
        api.close()
        assert "secret/hers in namespace fays" in objects_of(fay)

    def test_a_traefik_of_ones_own_takes_an_administrator(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        dora = joining(instance, cluster.kubeconfig("dora"), "doras")
        with pytest.raises(ClusterError):
            dora.up(quiet)
        cluster.grant(instance.rights)
        with pytest.raises(ClusterError, match="administrator") as caught:
            joining(instance, cluster.kubeconfig("dora"), "doras", ingress_class="").up(quiet)
        assert "--ingress-class shared" in caught.value.remedy

    def test_somebody_elses_class_called_traefik_is_left_alone(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        theirs = {**OTHERS, "metadata": {"name": "traefik"}}
        cluster.api.create(theirs)
        try:
            with pytest.raises(UsageError, match="that no lab made") as caught:
                joining(instance, cluster.kubeconfig(), "tries", ingress_class="").up(quiet)
        finally:
            cluster.api.delete("ingressclasses", "traefik")
        assert "--ingress-class traefik" in caught.value.remedy


class TestLeaving:
    def test_only_what_bears_the_label_is_removed(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "given"}})
        theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}}
        cluster.api.create(theirs, "given")
        here = joining(instance, cluster.kubeconfig(), "given")
        api = Api(here.up(quiet).access)
        api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ours"}})
        api.close()
        assert objects_of(here) == ["configmap/ours in namespace given"]
        here.down(delete=True)
        assert cluster.names("configmaps", "given") == ["kube-root-ca.crt", "theirs"]
        assert "given" in cluster.names("namespaces")

    def test_an_object_that_the_lab_only_changed_stays(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "helps"}})
        theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}}
        cluster.api.create(theirs, "helps")
        here = joining(instance, cluster.kubeconfig(), "helps")
        with closing(Api(here.up(quiet).access)) as api:
            found = applied(api, [{**theirs, "data": {"by": "us"}}, OURS])
            assert list(found) == ["configmap/theirs configured", "configmap/ours created"]
            assert list(applied(api, [{**OURS, "data": {"by": "us"}}]))
        assert objects_of(here) == ["configmap/ours in namespace helps"]
        here.down(delete=True)
        assert "theirs" in cluster.names("configmaps", "helps")

    def test_another_labs_objects_stay(
        self, instance: Instance, cluster: SharedCluster, tmp_path: Path
    ) -> None:
        other = Instance(tmp_path / "other")
        joining(other, cluster.kubeconfig(), "neighbour").up(quiet)
        joining(instance, cluster.kubeconfig(), "leaver").up(quiet)
        Existing(instance).down(delete=True)
        assert "leaver" not in cluster.names("namespaces")
        assert "neighbour" in cluster.names("namespaces")
        Existing(other).down(delete=True)

    def test_a_namespace_that_the_lab_made_goes_whole(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        joining(instance, cluster.kubeconfig(), "whole").up(quiet)
        by_kubectl = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-hand"}}
        cluster.api.create(by_kubectl, "whole")
        assert objects_of(Existing(instance)) == ["namespace/whole with all that is in it"]
        Existing(instance).down(delete=True)
        assert "whole" not in cluster.names("namespaces")

    def test_stopping_keeps_what_is_on_the_cluster(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        joining(instance, cluster.kubeconfig(), "kept").up(quiet)
        assert Existing(instance).down()
        assert "kept" in cluster.names("namespaces")
        assert cluster.api.get("namespaces", "kept")["metadata"]["labels"][LABEL] == "kept"

    def test_the_command_says_that_the_cluster_was_left_not_stopped(
        self, instance: Instance, cluster: SharedCluster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        joining(instance, cluster.kubeconfig(), "worded").up(quiet)
        assert main(["down"]) == 0
        assert "has left the cluster. What it made there stays." in capsys.readouterr().out
        assert main(["down", "--delete"]) == 0
        assert "What it made there is removed" in capsys.readouterr().out

    def test_leaving_twice_is_no_error(self, instance: Instance, cluster: SharedCluster) -> None:
        joining(instance, cluster.kubeconfig(), "twice").up(quiet)
        assert Existing(instance).down(delete=True)
        assert not Existing(instance).down(delete=True)

    def test_a_cluster_that_is_gone_keeps_the_labs_memory_of_it(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        joining(instance, cluster.kubeconfig(), "lost").up(quiet)
        kept = instance.kubeconfig.read_bytes()
        lose_cluster(instance)
        with pytest.raises(ClusterError, match="does not answer"):
            Existing(instance).down(delete=True)
        assert instance.provider.exists()
        instance.kubeconfig.write_bytes(kept)

    @pytest.mark.parametrize("lost", ["cluster", "kubeconfig"])
    def test_the_way_out_of_a_cluster_that_is_gone_for_good_works_when_pasted(
        self, instance: Instance, cluster: SharedCluster, lost: str
    ) -> None:
        joining(instance, cluster.kubeconfig(), "forever").up(quiet)
        if lost == "cluster":
            lose_cluster(instance)
        else:
            instance.kubeconfig.unlink()
        with pytest.raises(LabError) as caught:
            Existing(instance).down(delete=True)
        command = caught.value.remedy.partition("gone for good: ")[2]
        command = command.replace("./lab", f"{shlex.quote(sys.executable)} -m labsupport.cli")
        subprocess.run(["bash", "-c", command], cwd=ROOT, check=True)
        assert [path.name for path in instance.home.iterdir()] == ["lock"]
        assert daemons_of(instance) == []

    def test_what_would_be_removed_here_is_told_with_what_is_on_the_cluster(
        self, instance: Instance, cluster: SharedCluster
    ) -> None:
        here = joining(instance, cluster.kubeconfig(), "told")
        here.up(quiet)
        files = set(here.belongings()) - set(objects_of(here))
        assert {str(instance.kubeconfig), str(instance.provider)} <= files
        here.down(delete=True)
        assert [file for file in files if Path(file).exists()] == []


def test_status_says_where_the_learner_stands(instance: Instance, cluster: SharedCluster) -> None:
    here = joining(instance, cluster.kubeconfig(), "stands")
    assert not here.status().running
    here.up(quiet)
    status = here.status()
    assert status.running
    assert "namespace stands, sites below stands.lab.example.com" in status.about
    assert set(dataclasses.asdict(status)["addresses"]) == {"DNS server", "DNS cache"}


def test_new_addresses_for_the_labs_dns_leave_the_cluster_as_it_is(
    instance: Instance, cluster: SharedCluster
) -> None:
    here = joining(instance, cluster.kubeconfig(), "moves")
    dns = here.up(quiet).dns
    here.down()
    with socket.create_server(dns):
        with pytest.raises(AddressInUse) as caught:
            Existing(instance).up(quiet)
        command = caught.value.remedy.partition("new addresses: ")[2].partition(" && ./lab up")
        assert command[1]
        subprocess.run(["bash", "-c", command[0]], check=True)
        assert Existing(instance).up(quiet).dns != dns
    assert "moves" in cluster.names("namespaces")


def test_a_folder_that_was_removed_leaves_no_process(
    instance: Instance, cluster: SharedCluster
) -> None:
    joining(instance, cluster.kubeconfig(), "swept").up(quiet)
    shutil.rmtree(instance.home)
    assert Existing(instance).down()
