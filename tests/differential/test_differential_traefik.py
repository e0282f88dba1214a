"""The profiles of Traefik against the real binary: same objects, same requests, same answers.

Each round puts a new rule set into the cluster and asks each Traefik many requests. What a profile
calls undetermined is left to chance in Traefik too, so it is not compared.
"""

from collections import Counter
from random import Random

import pytest
from differential_cluster import Cluster
from differential_rules import requests, rule_set
from differential_traefik import Traefik, foreseen

ROUNDS = {"traefik": 45, "traefik-defaults": 20, "traefik-nginx": 20}
REQUESTS = 60


@pytest.mark.timeout(300)
@pytest.mark.parametrize("profile", ROUNDS)
def test_the_profile_foresees_every_answer_of_the_binary(
    profile: str, cluster: Cluster, traefiks: dict[str, Traefik]
) -> None:
    random = Random(profile)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for _ in range(ROUNDS[profile]):
        wanted = rule_set(random, nginx=profile == "traefik-nginx")
        cluster.exchange(wanted, traefiks[profile])
        rules = cluster.rules(profile)
        for request in requests(random, REQUESTS):
            decision = rules.decide(request)
            counts[decision.outcome] += 1
            if decision.outcome == "undetermined":
                continue
            answer = traefiks[profile].answer(request)
            if answer != foreseen(decision):
                wrong.append(f"{answer} in place of {decision}")
    print(profile, dict(counts))
    determined = counts.total() - counts["undetermined"]
    assert not wrong, f"{len(wrong)} of {determined}:\n" + "\n".join(wrong[:3])
    assert determined >= ROUNDS[profile] * REQUESTS * 0.8
    assert counts["service"] >= determined * 0.15
