"""The shape of the benches' figures."""

import json
import sys
from types import ModuleType

import pytest

from labsupport.cli.bench.figures import figure
from labsupport.cli.main import main


def test_a_figure_has_its_median_and_its_runs() -> None:
    values = iter([3.0, 1.0, 2.00049])
    assert figure("up", "s", 3, lambda: next(values)).to_json() == {
        "name": "up",
        "unit": "s",
        "median": 2.0,
        "min": 1.0,
        "max": 3.0,
        "runs": [3.0, 1.0, 2.0],
    }


def test_json_names_the_bench_and_the_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("stand_in")
    vars(module)["measure"] = lambda args: [figure("up", "s", args.runs, lambda: 1.0)]
    monkeypatch.setitem(sys.modules, "labsupport.cli.bench.start", module)
    assert main(["bench", "start", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["bench"], document["results"][0]["runs"]) == ("start", [1.0] * 5)
    assert {"cpus", "python", "system"} <= set(document["machine"])


def test_less_than_one_run_is_a_usage_error() -> None:
    assert main(["bench", "start", "--runs", "0"]) == 2
