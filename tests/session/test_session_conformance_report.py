"""Results as a table, by row and column, and as JSON."""

import json

import pytest

from labsupport.base.errors import UsageError
from labsupport.rules.conformance import SCENARIOS
from labsupport.session.conformance import Report, Result


@pytest.fixture
def report() -> Report:
    """One controller that departs in the second scenario, one that was not asked yet."""
    report = Report()
    report.begin("one")
    report.begin("other")
    for number, scenario in enumerate(SCENARIOS):
        report.add("one", Result(scenario, number != 1, f"reason {number + 1}"))
    return report


def test_a_cell_is_found_by_number_and_by_a_part_of_its_name(report: Report) -> None:
    assert report.why(2, "one") == report.why("HTTP is served")
    assert report.why(2) == "✗ http is served beside https, one\nreason 2"


def test_a_whole_name_goes_before_a_part_of_another(report: Report) -> None:
    assert report.why("Prefix /foo takes /foo").startswith("✓ Prefix /foo takes /foo, one")


def test_what_was_not_asked_says_so(report: Report) -> None:
    assert report.why(1, 1) == "https has the host's certificate, other: not asked yet"


@pytest.mark.parametrize("scenario", [0, 31, -1, "no such scenario"])
def test_a_row_that_is_not_there_is_refused_in_words(report: Report, scenario: str | int) -> None:
    with pytest.raises(UsageError, match="no scenario"):
        report.why(scenario)


@pytest.mark.parametrize("controller", [2, -1, "third"])
def test_a_column_that_is_not_there_names_those_there_are(
    report: Report, controller: str | int
) -> None:
    with pytest.raises(UsageError) as caught:
        report.why(1, controller)
    assert "one, other" in caught.value.found


def test_the_table_counts_what_passed(report: Report) -> None:
    last = str(report).splitlines()[-1].split()
    assert last == ["passed", "29", "of", "30", "0", "of", "30"]


def test_only_a_full_house_is_ok(report: Report) -> None:
    assert not report.ok
    report.begin("one")
    report.begin("other")
    for name in report.controllers:
        for scenario in SCENARIOS:
            report.add(name, Result(scenario, True, ""))
    assert report.ok


def test_json_has_the_published_shape(report: Report) -> None:
    data = json.loads(json.dumps(report.to_json()))
    assert set(data) == {"controllers"}
    first = data["controllers"][0]
    assert {key: first[key] for key in first if key != "scenarios"} == {
        "name": "one",
        "passed": 29,
        "total": 30,
    }
    assert first["scenarios"][1] == {
        "name": "http is served beside https",
        "passed": False,
        "why": "reason 2",
    }


def test_json_has_the_scenarios_in_the_suites_order_whenever_they_were_asked() -> None:
    report = Report()
    for scenario in reversed(SCENARIOS):
        report.add("one", Result(scenario, True, ""))
    names = [each["name"] for each in report.to_json()["controllers"][0]["scenarios"]]
    assert names == [scenario.name for scenario in SCENARIOS]
