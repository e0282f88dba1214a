"""The DNS of an embedded lab: its caching resolver, and external-dns with a live cluster."""

import json
from collections.abc import Iterator

import pytest
from running_lab import running_lab

from labsupport.base.errors import NameNotFound, UsageError
from labsupport.base.paths import HOME_VARIABLE
from labsupport.base.types import Json
from labsupport.cli.main import main
from labsupport.kube.wait import until_nothing_missing
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("dns") / "home") as lab:
        yield lab


@pytest.fixture(autouse=True)
def _this_lab(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(lab.instance.home))


def ingress(name: str) -> Json:
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"rules": [{"host": f"{name}.example.com", "http": {"paths": [path]}}]},
    }


def wait_for_address(lab: Lab, name: str, address: str) -> None:
    """Until `name` has this address; "" for none."""

    def lacks() -> list[str]:
        try:
            found = lab.resolve(name).address
        except NameNotFound:
            found = ""
        return [] if found == address else [f"{name} is {found or 'unknown'}"]

    until_nothing_missing(lacks, what=f"the address of {name}", timeout=20, every=0.05)


class TestExternalDns:
    def test_a_name_comes_and_goes_with_its_ingress(self, lab: Lab) -> None:
        lab.dns.external.on()
        lab.api.create(ingress("shop"))
        wait_for_address(lab, "shop.example.com", lab.address)
        assert lab.get("http://shop.example.com/").status in (200, 404)
        owner = lab.dns.query("a-shop.example.com", "TXT").values[0]
        assert "external-dns/resource=ingress/default/shop" in owner
        lab.api.delete("ingresses", "shop")
        wait_for_address(lab, "shop.example.com", "")
        assert lab.dns.query("a-shop.example.com", "TXT").code == "NXDOMAIN"

    def test_a_name_made_by_hand_is_left_alone(self, lab: Lab) -> None:
        lab.dns.add("byhand.example.com", "127.0.0.9")
        lab.dns.external.on()
        lab.api.create(ingress("byhand"))
        lab.api.create(ingress("marker"))
        wait_for_address(lab, "marker.example.com", lab.address)
        assert lab.resolve("byhand.example.com").address == "127.0.0.9"
        # The report comes after the records.
        until_nothing_missing(
            lambda: (
                [] if "byhand" in str(lab.dns.external.status().problems) else ["no word of it"]
            ),
            what="external-dns to say that it left the name alone",
            timeout=20,
        )

    def test_off_leaves_the_records_and_stops(self, lab: Lab) -> None:
        lab.dns.external.on()
        lab.api.create(ingress("kept"))
        wait_for_address(lab, "kept.example.com", lab.address)
        lab.dns.external.off()
        lab.api.delete("ingresses", "kept")
        assert not lab.dns.external.status().running
        assert lab.resolve("kept.example.com").address == lab.address
        lab.dns.external.on()
        wait_for_address(lab, "kept.example.com", "")

    def test_it_goes_on_after_a_restart(self, lab: Lab) -> None:
        lab.dns.external.on()
        address = lab.address
        lab.provider.down()
        lab.api.close()
        again = bring_up(lab.instance)
        try:
            again.api.create(ingress("later"))
            wait_for_address(again, "later.example.com", address)
        finally:
            again.close()


class TestCommands:
    def test_a_name_is_added_listed_asked_and_removed(
        self, lab: Lab, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["dns", "add", "cli.example.com", "127.0.0.7", "--ttl", "9"]) == 0
        assert "+cli.example.com. 9 IN A 127.0.0.7" in capsys.readouterr().out
        assert main(["dns", "list", "--json"]) == 0
        listed = json.loads(capsys.readouterr().out)["records"]
        assert ("cli.example.com", "127.0.0.7") in [(r["name"], r["value"]) for r in listed]
        assert main(["dns", "query", "cli.example.com", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["records"][0]["ttl"] == 9
        assert main(["dns", "remove", "cli.example.com"]) == 0
        assert lab.dns.query("cli.example.com").code == "NXDOMAIN"

    def test_without_a_value_a_name_gets_the_labs_address(self, lab: Lab) -> None:
        assert main(["dns", "add", "mine.example.com"]) == 0
        assert lab.resolve("mine.example.com").address == lab.address

    def test_the_cache_is_put_between_shown_and_flushed(
        self, lab: Lab, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["dns", "use", "cache"]) == 0
        assert lab.resolve("kiada.example.com").by == "cache"
        assert main(["dns", "cache"]) == 0
        assert "kiada.example.com" in capsys.readouterr().out
        assert main(["dns", "cache", "flush"]) == 0
        assert lab.dns.cache.entries() == []
        assert main(["dns", "use", "authoritative"]) == 0
        assert lab.resolve("kiada.example.com").by == "dns"

    def test_a_broken_zone_is_told_with_its_line(
        self, lab: Lab, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = lab.dns.folder / "broken.test.zone"
        path.write_text("@ SOA ns admin 1 2 3 4 5\nwww A 127.0.0\n")
        try:
            assert main(["dns", "list"]) == 1
            out = capsys.readouterr().out
            assert "broken.test.zone: line 2" in out
            assert lab.dns.query("www.broken.test").code == "SERVFAIL"
        finally:
            path.unlink()

    def test_external_dns_tells_its_state(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dns", "external", "off"]) == 0
        assert main(["dns", "external", "--json"]) == 0
        assert '"running": false' in capsys.readouterr().out

    @pytest.mark.parametrize(
        "words",
        [["query", "@cache"], ["query", "a.b", "A", "AAAA"], ["remove", "a.test"], ["add", "a..b"]],
    )
    def test_mistakes_are_usage_errors(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["dns", *words]) == UsageError.exit_code
        assert "next:" in capsys.readouterr().err

    def test_other_names_may_be_allowed(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dns", "system", "on"]) == 0
        assert "asked of this machine" in capsys.readouterr().out
        assert main(["dns", "system", "off"]) == 0
        assert not lab.resolver.settings.system_allowed()
