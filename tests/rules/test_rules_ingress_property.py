"""The matcher against a second reading of the specification that shares no code with it."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.rules.ingress import Request, decide

Rule = tuple[str, str, str]  # host, path type, path

HOSTS = ["", "a.com", "b.com", "*.com", "*.a.com", "x.a.com", "*.x.a.com"]
ASKED_HOSTS = ["a.com", "b.com", "com", "x.a.com", "y.a.com", "q.x.a.com", "c.org"]
PATHS = ["/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/b", "/A"]
ASKED_PATHS = [*PATHS, "/a/bc", "/a/b/c", "/a//b", "/c"]

rules = st.tuples(
    st.sampled_from(HOSTS),
    st.sampled_from(["Exact", "Prefix", "ImplementationSpecific"]),
    st.sampled_from(PATHS),
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


@settings(max_examples=1500, deadline=None)
@given(st.lists(rules, max_size=8), st.sampled_from(ASKED_HOSTS), st.sampled_from(ASKED_PATHS))
def test_the_matcher_agrees_with_a_naive_reading(
    all_rules: list[Rule], host: str, path: str
) -> None:
    ingresses = [ingress_of(position, rule) for position, rule in enumerate(all_rules)]
    decision = decide(Request("http", host, 80, path), ingresses)
    expected = naive_answer(all_rules, host, path)
    assert (decision.backend and decision.backend.service) == (
        None if expected is None else f"s{expected}"
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(rules, max_size=8), st.randoms(use_true_random=False))
def test_the_order_in_which_ingresses_come_changes_nothing(
    all_rules: list[Rule], shuffler: Random
) -> None:
    ingresses = [ingress_of(position, rule) for position, rule in enumerate(all_rules)]
    shuffled = list(ingresses)
    shuffler.shuffle(shuffled)
    request = Request("http", "x.a.com", 80, "/a/b")
    assert decide(request, shuffled) == decide(request, ingresses)


@settings(max_examples=200, deadline=None)
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
