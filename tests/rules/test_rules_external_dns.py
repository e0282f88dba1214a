"""What external-dns would change, from objects and records."""

from collections.abc import Sequence

from labsupport.base.types import Json
from labsupport.rules.external_dns import OWNER, Plan, Wanted, planned

ORIGINS = ("example.com",)
LABEL = (
    f'"heritage=external-dns,external-dns/owner={OWNER},external-dns/resource=ingress/default/shop"'
)
OURS = [
    Wanted("shop.example.com", "A", "127.9.192.1", 60),
    Wanted("a-shop.example.com", "TXT", LABEL, 60),
]


def ingress(
    host: str = "shop.example.com",
    *,
    name: str = "shop",
    address: Json | None = None,
    **annotations: str,
) -> Json:
    about = {f"external-dns.alpha.kubernetes.io/{key}": each for key, each in annotations.items()}
    entries = [address if address is not None else {"ip": "127.9.192.1"}]
    return {
        "metadata": {"name": name, "namespace": "default", "annotations": about},
        "spec": {"rules": [{"host": host}]},
        "status": {"loadBalancer": {"ingress": [each for each in entries if each]}},
    }


def plan(ingresses: Sequence[Json], held: Sequence[Wanted] = (), **options: list[Json]) -> Plan:
    return planned(ingresses, options.get("services", []), held, ORIGINS)


def test_a_host_gets_its_address_and_a_label_of_ownership() -> None:
    assert set(plan([ingress()]).add) == set(OURS)


def test_what_is_there_already_needs_nothing() -> None:
    done = plan([ingress()], OURS)
    assert done.is_done
    assert done.names == ("shop.example.com for ingress/default/shop",)


def test_a_name_whose_ingress_is_gone_goes_with_its_label() -> None:
    assert set(plan([], OURS).remove) == set(OURS)


def test_a_new_address_takes_the_place_of_the_old() -> None:
    moved = plan([ingress(address={"ip": "127.9.192.2"})], OURS)
    assert [each.value for each in moved.remove] == ["127.9.192.1"]
    assert [each.value for each in moved.add] == ["127.9.192.2"]


def test_a_record_of_somebody_else_is_left_alone() -> None:
    foreign = [Wanted("shop.example.com", "A", "127.0.0.9", 60)]
    left = plan([ingress()], foreign)
    assert left.is_done
    assert "made by somebody else" in left.problems[0]


def test_a_label_of_another_owner_does_not_make_a_record_ours() -> None:
    other = [OURS[0], Wanted("a-shop.example.com", "TXT", LABEL.replace(OWNER, "other"), 60)]
    assert plan([], other).is_done


def test_other_text_and_other_names_are_never_removed() -> None:
    others = [
        Wanted("shop.example.com", "TXT", '"hello"', 60),
        Wanted("old.example.com", "A", "127.0.0.1", 60),
    ]
    assert set(plan([], [*OURS, *others]).remove) == set(OURS)


def test_an_ingress_without_address_wants_nothing_yet() -> None:
    assert plan([ingress(address={})]).is_done


def test_a_host_name_as_address_makes_an_alias() -> None:
    added = plan([ingress(address={"hostname": "lb.example.com"})]).add
    assert Wanted("shop.example.com", "CNAME", "lb.example.com.", 60) in added
    assert "cname-shop.example.com" in [each.name for each in added]


def test_the_ttl_comes_from_the_annotation() -> None:
    assert {each.ttl for each in plan([ingress(ttl="1m30s")]).add} == {90}
    assert {each.ttl for each in plan([ingress(ttl="7")]).add} == {7}


def test_a_target_takes_the_place_of_the_address() -> None:
    assert "127.0.0.77" in [each.value for each in plan([ingress(target="127.0.0.77")]).add]


def test_the_first_object_keeps_a_name_that_two_want() -> None:
    both = plan([ingress(name="b", address={"ip": "127.0.0.2"}), ingress(name="a")])
    assert [each.value for each in both.add if each.type == "A"] == ["127.9.192.1"]
    assert "kept for ingress/default/a already" in both.problems[0]


def test_a_name_outside_of_the_zones_is_told() -> None:
    assert "no zone" in plan([ingress("shop.example.org")]).problems[0]


def test_an_ingress_of_another_controller_is_not_seen() -> None:
    assert plan([ingress(controller="another")]) == Plan((), (), (), ())


def test_a_service_is_followed_when_it_says_its_name() -> None:
    service = {
        **ingress(hostname="svc.example.com, two.example.com"),
        "spec": {"type": "LoadBalancer"},
    }
    names = {each.name for each in plan([], services=[service]).add if each.type == "A"}
    assert names == {"svc.example.com", "two.example.com"}
    assert plan([], services=[{**service, "spec": {"type": "ClusterIP"}}]).is_done


def test_a_wildcard_host_is_a_wildcard_record() -> None:
    assert "*.example.com" in [each.name for each in plan([ingress("*.example.com")]).add]


def test_odd_objects_are_met_calmly() -> None:
    odd: list[Json] = [
        {"metadata": {"name": "x"}},
        {"metadata": {"name": "y"}, "spec": None, "status": None},
    ]
    assert plan(odd).is_done
