"""The conformance table, driven without a front end; its results come from a stand-in."""

from collections.abc import Generator
from typing import cast

import pytest

from labsupport.base.errors import ClusterNotRunning, UsageError
from labsupport.rules.conformance import SCENARIOS
from labsupport.session import Lab
from labsupport.session.conformance import Result
from labsupport.widgets import ConformanceTable, conformance_table

NO_LAB = cast(Lab, None)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the table's first column showed each time a result was about to come."""
    seen: list[list[str]] = []

    def results_of(_: Lab, name: str) -> Generator[Result]:
        for number, scenario in enumerate(SCENARIOS):
            seen.append([states[0] for states in tables[-1].grid.states])
            yield Result(scenario, number != 18, f"<b>{name}</b> & why")

    tables: list[ConformanceTable] = []

    class Watched(ConformanceTable):
        def _ask(self, name: str) -> None:
            tables.append(self)
            super()._ask(name)

    monkeypatch.setattr(conformance_table, "results_of", results_of)
    monkeypatch.setattr(conformance_table, "ConformanceTable", Watched)
    return seen


def table(*names: str) -> ConformanceTable:
    return conformance_table.ConformanceTable(NO_LAB, *names)


def test_before_anything_is_asked_every_cell_is_open() -> None:
    found = ConformanceTable(NO_LAB, "traefik")
    assert found.grid.states == [[""]] * 30
    assert found.why(1) == "https has the host's certificate, traefik: not asked yet"


def test_cells_fill_one_by_one(looks: list[list[str]]) -> None:
    table("traefik").run()
    assert [look.count("passed") for look in looks[:4]] == [0, 1, 2, 3]


def test_a_controller_alone_can_be_asked_again(looks: list[list[str]]) -> None:
    found = table("traefik", "lab-controller")
    found.run("lab-controller")
    assert len(looks) == 30
    assert found.report.passed("lab-controller") == 29
    assert found.report.passed("traefik") == 0


@pytest.mark.usefixtures("looks")
def test_a_chosen_cell_says_why() -> None:
    found = table("traefik", "traefik-nginx")
    found.run()
    found.choose("Exact /foo goes", "traefik-nginx")
    assert found.grid.selected == "18/1"
    assert found.chosen.startswith("✗ Exact /foo goes before Prefix /foo, traefik-nginx")
    assert found.text().endswith(found.chosen)


@pytest.mark.usefixtures("looks")
def test_reasons_are_escaped() -> None:
    found = table("traefik")
    found.run()
    found.choose(19)
    assert "&lt;b&gt;traefik&lt;/b&gt; &amp; why" in found.why_panel.value


@pytest.mark.usefixtures("looks")
def test_the_button_asks_every_controller() -> None:
    found = table("traefik", "lab-controller")
    found.run_button.click()
    assert "traefik 29 of 30, lab-controller 29 of 30" in found.status_panel.value
    assert not found.run_button.disabled


def test_what_went_wrong_is_said_where_the_button_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def results_of(*_: object) -> Generator[Result]:
        raise ClusterNotRunning("no cluster runs", remedy="./lab up")
        yield

    monkeypatch.setattr(conformance_table, "results_of", results_of)
    found = ConformanceTable(NO_LAB, "traefik")
    found.run_button.click()
    assert "./lab up" in found.status_panel.value
    with pytest.raises(ClusterNotRunning):
        found.run()


def test_a_controller_that_is_not_known_is_refused_at_once() -> None:
    with pytest.raises(UsageError):
        ConformanceTable(NO_LAB, "apache")
