"""The matcher against a second reading of the specification that shares no code with it."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.rules.ingress import LAB, SPEC, Profile, Request, RuleSet, decide, host_match

Rule = tuple[str, str, str]  # host, path type, path

HOSTS = ["", "a.com", "b.com", "*.com", "*.a.com", "x.a.com", "*.x.a.com", "x.b.com", "x"]
ASKED_HOSTS = ["a.com", "b.com", "com", "x.a.com", "y.a.com", "q.x.a.com", "c.org"]
PATHS = ["/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/b", "/A", "/a/b/c"]
ASKED_PATHS = [*PATHS, "/a/bc", "/a/b/c", "/a//b", "/c"]

labels = st.lists(st.sampled_from(["a", "b", "x", "com"]), min_size=1, max_size=3)
hosts = st.builds(lambda star, names: star + ".".join(names), st.sampled_from(["", "*."]), labels)
elements = st.lists(st.sampled_from(["a", "b", "ab", "c", "A"]), max_size=3)
paths = st.builds(lambda names, end: "/" + "/".join([*names, end]), elements, st.just(""))
rules = st.tuples(
    st.sampled_from(HOSTS) | hosts,
    st.sampled_from(["Exact", "Prefix", "ImplementationSpecific"]),
    st.sampled_from(PATHS) | paths,
)


def ingress_of(position: int, rule: Rule) -> Json:
    host, path_type, path = rule
    backend = {"service": {"name": f"s{position}", "port": {"number": 80}}}
    paths = [{"path": path, "pathType": path_type, "backend": backend}]
    return {
        "metadata": {"name": f"i{position:03}", "namespace": "default"},
        "spec": {"rules": [{"host": host, "http": {"paths": paths}}]},
    }


def takes_host(pattern: str, host: str) -> bool:
    if pattern == "":
        return True
    wanted, found = pattern.split("."), host.split(".")
    if len(wanted) != len(found):
        return False
    if wanted[0] == "*":
        wanted, found = wanted[1:], found[1:]
    return wanted == found


def takes_path(path_type: str, pattern: str, path: str) -> bool:
    if path_type == "Exact":
        return list(pattern) == list(path)
    wanted, found = pattern.split("/")[1:], path.split("/")[1:]
    if wanted[-1] == "":
        wanted.pop()
    return all(
        position < len(found) and found[position] == element
        for position, element in enumerate(wanted)
    )


def naive_answer(all_rules: list[Rule], host: str, path: str) -> int | None:
    """The position of the rule that takes the request, by comparing every two."""
    best: int | None = None
    for position, (pattern, path_type, prefix) in enumerate(all_rules):
        if not takes_host(pattern, host) or not takes_path(path_type, prefix, path):
            continue
        if best is None or is_better(all_rules[position], all_rules[best]):
            best = position
    return best


def specificity(host: str) -> int:
    if host == "":
        return 0
    return 1 if host[0] == "*" else 2


def is_better(one: Rule, other: Rule) -> bool:
    mine, others = specificity(one[0]), specificity(other[0])
    if mine != others:
        return mine > others
    if len(one[2]) != len(other[2]):
        return len(one[2]) > len(other[2])
    return one[1] == "Exact" and other[1] != "Exact"


RULE_SETS = 1000
REQUESTS = [Request("http", host, 80, path) for host in ASKED_HOSTS for path in ASKED_PATHS]


@pytest.mark.parametrize("profile", [SPEC, LAB], ids=lambda profile: profile.name)
def test_the_matcher_agrees_with_a_naive_reading(profile: Profile) -> None:
    compared = 0  # pairs of a rule set and a request

    @settings(max_examples=RULE_SETS)
    @given(st.lists(rules, max_size=12))
    def agrees(all_rules: list[Rule]) -> None:
        nonlocal compared
        ingresses = [ingress_of(position, rule) for position, rule in enumerate(all_rules)]
        rule_set = RuleSet(ingresses, profile=profile)
        for request in REQUESTS:
            best = naive_answer(all_rules, request.host, profile.path(request.path))
            expected = [] if best is None else [f"i{best:03}"]
            assert [route.name for route in rule_set.match(request)] == expected, request
            compared += 1

    agrees()
    assert compared >= 20_000


@settings(max_examples=400)
@given(st.lists(rules, max_size=8), st.sampled_from(ASKED_HOSTS), st.sampled_from(ASKED_PATHS))
def test_an_explanation_names_the_winner_that_the_index_finds(
    all_rules: list[Rule], host: str, path: str
) -> None:
    ingresses = [ingress_of(position, rule) for position, rule in enumerate(all_rules)]
    decision = decide(Request("http", host, 80, path), ingresses)
    expected = naive_answer(all_rules, host, path)
    assert (decision.backend and decision.backend.service) == (
        None if expected is None else f"s{expected}"
    )


@settings(max_examples=200)
@given(st.lists(rules, max_size=12), st.sampled_from([*ASKED_HOSTS, "", "x.b.com", "a.com.x"]))
def test_hosts_are_worded_the_same_in_bulk_and_one_by_one(all_rules: list[Rule], host: str) -> None:
    ingresses = [ingress_of(position, rule) for position, rule in enumerate(all_rules)]
    decision = decide(Request("http", host, 80, "/"), ingresses)
    for each in decision.candidates:
        match = host_match(each.route.host, host)
        assert match.matched == (each.verdict != "host")
        assert match.matched or match.reason == each.reason


@settings(max_examples=200)
@given(st.lists(rules, max_size=8), st.randoms(use_true_random=False))
def test_the_order_in_which_ingresses_come_changes_nothing(
    all_rules: list[Rule], shuffler: Random
) -> None:
    ingresses = [ingress_of(position, rule) for position, rule in enumerate(all_rules)]
    shuffled = list(ingresses)
    shuffler.shuffle(shuffled)
    request = Request("http", "x.a.com", 80, "/a/b")
    assert decide(request, shuffled) == decide(request, ingresses)


@settings(max_examples=200)
@given(st.lists(rules, max_size=8), st.sampled_from(ASKED_HOSTS), st.sampled_from(ASKED_PATHS))
def test_every_rule_is_considered_once_and_at_most_one_wins(
    all_rules: list[Rule], host: str, path: str
) -> None:
    ingresses = [ingress_of(position, rule) for position, rule in enumerate(all_rules)]
    candidates = decide(Request("http", host, 80, path), ingresses).candidates
    assert sorted(each.route.name for each in candidates) == [
        each["metadata"]["name"] for each in ingresses
    ]
    assert [each.verdict for each in candidates].count("won") <= 1
    assert all(each.reason for each in candidates)
