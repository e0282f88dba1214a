"""Whatever the objects lack or hold, the diagnosis says something, and never fails."""

from dataclasses import replace
from typing import Any

from diagnosis_facts import (
    BAD_GATEWAY,
    GOOD,
    HOST,
    OWN,
    PROXY,
    UNAVAILABLE,
    answered,
    certificate,
    healthy,
    secret,
    secured,
    unready,
    world,
)
from hypothesis import given
from hypothesis import strategies as st

from labsupport.rules.diagnosis import CAUSES, HOPS, diagnose
from labsupport.rules.diagnosis.facts import Answer, Cluster, Dialled, Facts, Naming, Sent

# What the API server demands of every object; without it, it would not be one.
REQUIRED = {"name", "metadata", "port", "containerPort", "addresses", "type", "ip", "path"}
KINDS = ("ingresses", "classes", "services", "slices", "pods", "deployments")
SHOP = secret(certificate(HOST))
STARTS: list[Facts] = [
    healthy(),
    answered(OWN),
    answered(UNAVAILABLE, pods=(unready(state={"waiting": {"reason": "ErrImagePull"}}),)),
    replace(answered(BAD_GATEWAY), dialled=(Dialled("127.9.64.1", 8080, "refused"),)),
    replace(answered(BAD_GATEWAY), dialled=(Dialled("127.9.64.1", 8080, "tls"),)),
    answered(replace(GOOD, status=404)),
    replace(answered(GOOD), assets=(Answer(f"http://{HOST}/x.css", 404, "app"),)),
    secured(certificate("traefik.test"), SHOP),
    secured(certificate("traefik.test")),
    healthy(sent=Sent(PROXY, 80, "refused")),
    healthy(naming=Naming(), sent=Sent()),
    healthy(sent=Sent(PROXY, 80, "open", failure="cut")),
]


def pruned(draw: st.DrawFn, value: Any, chance: int) -> Any:
    """The value with some of what is optional taken out, or set to null."""
    if isinstance(value, dict):
        kept = {}
        for key, each in value.items():
            fate = draw(st.integers(0, chance)) if key not in REQUIRED else chance
            if fate == 0:
                continue
            kept[key] = None if fate == 1 and isinstance(each, dict | list) else each
            if kept[key] is not None:
                kept[key] = pruned(draw, each, chance)
        return kept
    if isinstance(value, list):
        return [pruned(draw, each, chance) for each in value]
    return value


@st.composite
def odd_facts(draw: st.DrawFn) -> Facts:
    start = draw(st.sampled_from(STARTS))
    kind = draw(st.sampled_from(KINDS))
    chance = draw(st.sampled_from((4, 12)))
    objects = getattr(start.cluster, kind)
    odd: dict[str, Any] = {kind: tuple(pruned(draw, list(objects), chance))}
    return replace(start, cluster=replace(start.cluster, **odd))


@given(odd_facts())
def test_any_objects_get_a_diagnosis(facts: Facts) -> None:
    diagnosis = diagnose(facts)

    assert diagnosis.cause is None or diagnosis.cause in CAUSES
    assert [each.hop for each in diagnosis.hops] == list(HOPS)
    assert str(diagnosis)
    assert diagnosis.to_json()


@given(st.sampled_from(STARTS), st.sets(st.sampled_from([*KINDS, "policy", "secrets", "events"])))
def test_what_may_not_be_read_never_stands_in_the_way(start: Facts, unread: set[str]) -> None:
    hidden: dict[str, Any] = dict.fromkeys(unread)

    diagnosis = diagnose(replace(start, cluster=replace(start.cluster, **hidden)))

    assert str(diagnosis)


@given(
    st.sampled_from(["", "proxy", "app"]),
    st.integers(200, 599),
    st.sampled_from(["refused", "timeout", "unreachable", "open"]),
    st.booleans(),
)
def test_good_answer_through_healthy_objects_is_well_and_no_other(
    by: Any, status: int, tcp: Any, empty: bool
) -> None:
    answers = (replace(GOOD, by=by, status=status),) if tcp == "open" else ()
    facts = healthy(sent=Sent(PROXY, 80, tcp, answers=answers))
    cluster = Cluster() if empty else world()

    diagnosis = diagnose(replace(facts, cluster=cluster))

    if not empty:
        assert diagnosis.ok == (tcp == "open" and status < 400)
