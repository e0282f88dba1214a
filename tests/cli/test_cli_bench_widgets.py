"""The testers' speed, which learners feel at each key."""

import argparse

from labsupport.cli.bench.widgets import measure


def test_a_verdict_among_a_thousand_rules_keeps_up_with_typing() -> None:
    figures = {figure.name: figure for figure in measure(argparse.Namespace(runs=5))}
    assert figures["verdict_1k"].median <= 50
