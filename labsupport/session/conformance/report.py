"""Results of the scenarios: one controller a column, as a table, as text and as JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.kube.tables import Table
from labsupport.rules.conformance import SCENARIOS, Scenario


@dataclass(frozen=True)
class Result:
    """What became of one scenario, and `why`: in words, with the rule engine's reasons.

    `foreseen`: whether the rule engine says the same by the controller's profile; None where it
    has no say.
    """

    scenario: Scenario
    passed: bool
    why: str
    foreseen: bool | None = None

    def to_json(self) -> Json:
        """`{"name", "passed", "why"}`."""
        return {"name": self.scenario.name, "passed": self.passed, "why": self.why}


@dataclass
class Report:
    """Scenarios by controllers. It can be filled while it is looked at.

    `results` has those there are so far: by controller, then by the scenario's name.
    """

    results: dict[str, dict[str, Result]] = field(default_factory=dict)

    def begin(self, controller: str) -> None:
        """Make room for a controller; what it had before is forgotten."""
        self.results[controller] = {}

    def add(self, controller: str, result: Result) -> None:
        """Put a result in its place."""
        self.results.setdefault(controller, {})[result.scenario.name] = result

    @property
    def controllers(self) -> list[str]:
        """The controllers' names, in the order asked."""
        return list(self.results)

    @property
    def ok(self) -> bool:
        """Whether every scenario was asked of every controller, and all passed."""
        return all(self.passed(name) == len(SCENARIOS) for name in self.results)

    def passed(self, controller: str) -> int:
        """How many scenarios the controller passed so far."""
        return sum(each.passed for each in self.results[controller].values())

    def result(self, scenario: str | int, controller: str | int = 0) -> Result | None:
        """A cell: its scenario by number (from 1) or by a part of its name, its controller by name
        or by place (from 0). None where it was not asked yet; UsageError when there is no such.
        """
        line, place = self.cell(scenario, controller)
        return self.results[self.controllers[place]].get(SCENARIOS[line].name)

    def cell(self, scenario: str | int, controller: str | int = 0) -> tuple[int, int]:
        """Row and column of a cell, both from 0; see `result`."""
        return _row(scenario), self._column(controller)

    def why(self, scenario: str | int, controller: str | int = 0) -> str:
        """Why a cell is as it is; names as `result` has them."""
        line, place = self.cell(scenario, controller)
        title = f"{SCENARIOS[line].name}, {self.controllers[place]}"
        found = self.result(scenario, controller)
        if found is None:
            return f"{title}: not asked yet"
        return f"{'✓' if found.passed else '✗'} {title}\n{found.why}"

    def departures(self) -> Iterator[tuple[str, Result]]:
        """The controllers and results that did not pass."""
        for name, results in self.results.items():
            for scenario in SCENARIOS:
                found = results.get(scenario.name)
                if found is not None and not found.passed:
                    yield name, found

    def _column(self, controller: str | int) -> int:
        names = self.controllers
        if isinstance(controller, int) and 0 <= controller < len(names):
            return controller
        if controller in names:
            return names.index(str(controller))
        raise UsageError(
            f"the table has no column {controller!r}",
            found=f"columns: {', '.join(names) or 'none yet'}",
            remedy='table.why(19, "traefik")',
        )

    @property
    def table(self) -> Table:
        """Scenarios by controllers, and how many passed."""
        rows = [
            [str(number), scenario.name, *(self._mark(name, scenario) for name in self.results)]
            for number, scenario in enumerate(SCENARIOS, 1)
        ]
        passed = [f"{self.passed(name)} of {len(SCENARIOS)}" for name in self.results]
        head = ["", "SCENARIO", *map(str.upper, self.results)]
        return Table(head, [*rows, ["", "passed", *passed]])

    def _mark(self, controller: str, scenario: Scenario) -> str:
        found = self.results[controller].get(scenario.name)
        return "…" if found is None else "✓" if found.passed else "✗"

    def __str__(self) -> str:
        return str(self.table)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return dict(self.table._repr_mimebundle_())

    def to_json(self) -> Json:
        """`{"controllers": [{"name", "passed", "total", "scenarios": [...]}]}`."""
        return {
            "controllers": [
                {
                    "name": name,
                    "passed": self.passed(name),
                    "total": len(SCENARIOS),
                    "scenarios": [each.to_json() for each in _in_order(results.values())],
                }
                for name, results in self.results.items()
            ]
        }


def _in_order(results: Iterable[Result]) -> list[Result]:
    return sorted(results, key=lambda each: SCENARIOS.index(each.scenario))


def _row(scenario: str | int) -> int:
    if isinstance(scenario, int):
        found = [scenario - 1] if 1 <= scenario <= len(SCENARIOS) else []
    else:
        names = [each.name for each in SCENARIOS]
        exact = [place for place, name in enumerate(names) if name == scenario]
        found = exact or [
            place for place, name in enumerate(names) if scenario.lower() in name.lower()
        ]
    if found:
        return found[0]
    raise UsageError(
        f"there is no scenario {scenario!r}",
        found=f"scenarios 1 to {len(SCENARIOS)}, or a part of a name",
        remedy='table.why("Exact /foo goes before")',
    )
