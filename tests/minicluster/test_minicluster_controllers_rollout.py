"""The arithmetic of a rollout, the choice of pods to delete, the endpoints of a Service."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.minicluster.controllers import rollout
from labsupport.minicluster.controllers.conditions import updated_condition
from labsupport.minicluster.controllers.replicaset import deletion_order
from labsupport.minicluster.controllers.rollout_status import deployment_status

TEMPLATE: Json = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}


def deployment(replicas: int = 4, **rolling: Any) -> Json:
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    spec = {"replicas": replicas, "strategy": strategy, "template": TEMPLATE}
    return {"metadata": {"name": "web", "generation": 7}, "spec": spec}


def replica_set(name: str, replicas: int, available: int, *, revision: int = 1) -> Json:
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": f"2026-01-01T00:00:{revision:02}Z",
            "annotations": {rollout.REVISION: str(revision)},
        },
        "spec": {"replicas": replicas, "template": TEMPLATE},
        "status": {
            "replicas": replicas,
            "readyReplicas": available,
            "availableReplicas": available,
        },
    }


def test_the_same_template_has_the_same_hash_whatever_the_order_of_its_keys() -> None:
    turned = dict(reversed(TEMPLATE.items()))
    assert rollout.template_hash(turned) == rollout.template_hash(TEMPLATE)
    assert len(rollout.template_hash(TEMPLATE)) == 10


def test_the_label_of_the_controller_does_not_make_a_template_another() -> None:
    labels = {**TEMPLATE["metadata"]["labels"], rollout.HASH_LABEL: "abc"}
    labelled = {**TEMPLATE, "metadata": {"labels": labels}}
    assert rollout.same_template(labelled, TEMPLATE)
    assert rollout.template_hash(labelled) == rollout.template_hash(TEMPLATE)


@pytest.mark.parametrize(
    ("replicas", "rolling", "maximum", "minimum"),
    [
        (4, {"maxSurge": "25%", "maxUnavailable": "25%"}, 5, 3),
        (3, {"maxSurge": "25%", "maxUnavailable": "25%"}, 4, 3),
        (10, {"maxSurge": 3, "maxUnavailable": 2}, 13, 8),
        (1, {"maxSurge": 0, "maxUnavailable": 0}, 1, 0),
        (2, {"maxSurge": 1, "maxUnavailable": 5}, 3, 0),
    ],
)
def test_surge_rounds_up_and_unavailable_down(
    replicas: int, rolling: Json, maximum: int, minimum: int
) -> None:
    found = rollout.bounds(deployment(replicas, **rolling))
    assert (found.maximum, found.minimum_available) == (maximum, minimum)


def test_the_new_replica_set_grows_into_the_room_that_is_left() -> None:
    new, old = replica_set("new", 0, 0), replica_set("old", 4, 4)
    assert rollout.new_size(deployment(4), new, [new, old]) == 1


def test_available_old_pods_are_kept_while_the_new_ones_are_not_available() -> None:
    new, old = replica_set("new", 3, 0), replica_set("old", 4, 5)
    assert rollout.old_sizes(deployment(5), new, [old]) == {"old": 4}


def test_old_pods_that_never_became_available_go_first() -> None:
    new = replica_set("new", 1, 0, revision=3)
    broken, good = replica_set("broken", 2, 0, revision=2), replica_set("good", 3, 3, revision=1)
    assert rollout.old_sizes(deployment(4), new, [good, broken]) == {"good": 3, "broken": 0}


@given(
    wanted=st.integers(1, 12),
    surge=st.integers(0, 4),
    unavailable=st.integers(0, 4),
    becomes_ready=st.integers(1, 3),
)
def test_a_rollout_ends_and_never_leaves_its_bounds(
    wanted: int, surge: int, unavailable: int, becomes_ready: int
) -> None:
    wish = deployment(wanted, maxSurge=surge, maxUnavailable=unavailable)
    limits = rollout.bounds(wish)
    new, old = replica_set("new", 0, 0, revision=2), replica_set("old", wanted, wanted)
    for step in count():
        assert step < 200
        new["spec"]["replicas"] = rollout.new_size(wish, new, [new, old])
        size = rollout.old_sizes(wish, new, [old])["old"]
        old["spec"]["replicas"] = old["status"]["availableReplicas"] = size
        total = rollout.replicas(new) + size
        available = size + new["status"]["availableReplicas"]
        assert total <= limits.maximum
        assert available >= limits.minimum_available
        if rollout.replicas(new) == new["status"]["availableReplicas"] == wanted and size == 0:
            return
        ready = min(rollout.replicas(new), new["status"]["availableReplicas"] + becomes_ready)
        new["status"]["availableReplicas"] = ready


def test_history_beyond_the_limit_is_forgotten_oldest_revision_first() -> None:
    wish = deployment()
    wish["spec"]["revisionHistoryLimit"] = 1
    old = [replica_set(f"r{n}", 0, 0, revision=n) for n in (3, 1, 2)]
    assert [rs["metadata"]["name"] for rs in rollout.expired_history(wish, old)] == ["r1", "r2"]


def test_the_status_says_when_a_rollout_is_done() -> None:
    wish, new = deployment(2), replica_set("web-abc", 2, 2)
    new["status"]["updatedReplicas"] = 2
    status = deployment_status(wish, new, [])
    conditions = {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}
    assert conditions == {
        "Available": ("True", "MinimumReplicasAvailable"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
    }
    assert status["observedGeneration"] == 7
    assert status["updatedReplicas"] == status["availableReplicas"] == 2
    assert "unavailableReplicas" not in status


def test_a_rollout_that_stands_still_exceeds_its_deadline() -> None:
    wish, new = deployment(2), replica_set("web-abc", 2, 0)
    wish["spec"]["progressDeadlineSeconds"] = 5
    wish["status"] = {
        "replicas": 2,
        "updatedReplicas": 2,
        "conditions": [
            {
                "type": "Progressing",
                "status": "True",
                "reason": "ReplicaSetUpdated",
                "message": "",
                "lastUpdateTime": "2026-01-01T00:00:00Z",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }
        ],
    }
    progressing = deployment_status(wish, new, [])["conditions"][1]
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")


def test_a_condition_keeps_its_transition_time_while_its_status_stays() -> None:
    old = updated_condition(None, "Progressing", "True", "A", "a")
    old |= {"lastTransitionTime": "2026-01-01T00:00:00Z"}
    new = updated_condition(old, "Progressing", "True", "B", "b")
    assert new["lastTransitionTime"] == "2026-01-01T00:00:00Z"
    assert new["reason"] == "B"


def pod(name: str, *, ready: bool = True, node: str = "n", phase: str = "Running") -> Json:
    return {
        "metadata": {"name": name, "creationTimestamp": f"2026-01-01T00:00:0{name[-1]}Z"},
        "spec": {"nodeName": node},
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def test_scaling_down_takes_the_pods_that_are_missed_least() -> None:
    pods = [
        pod("oldest-1"),
        pod("newest-5"),
        pod("unready-2", ready=False),
        pod("pending-3", ready=False, phase="Pending"),
        pod("unassigned-4", ready=False, phase="Pending", node=""),
    ]
    names = [each["metadata"]["name"] for each in deletion_order(pods)]
    assert names == ["unassigned-4", "pending-3", "unready-2", "newest-5", "oldest-1"]
