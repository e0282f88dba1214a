"""The conformance scenarios as a live table: each cell says why it is as it is."""

from collections.abc import Iterable
from contextlib import closing, suppress
from html import escape
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import traitlets

from labsupport.base.errors import LabError
from labsupport.rules.conformance import SCENARIOS
from labsupport.session.conformance import Report, known_names, results_of
from labsupport.widgets.markup import notice, panel
from labsupport.widgets.tester import ASSETS, Tester, button, column, row

if TYPE_CHECKING:
    from labsupport.session import Lab


class Grid(anywidget.AnyWidget):
    """Rows by columns, whose cells can be chosen by click, or by the arrow keys and Enter.

    `rows` has feature and name of each row, `states` for each row a word for each column: "passed",
    "failed" or "" for not asked. `selected` is `ROW/COLUMN`, both counted from 0, "" for none.
    """

    _esm = ASSETS / "conformance_table.js"
    _css = ASSETS / "conformance_table.css"

    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    states: traitlets.List[Any] = traitlets.List().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)


class ConformanceTable(Tester):
    """The 30 scenarios by controllers, filled while they are asked.

    Without names of controllers, those of `lab.conformance()`. `run` asks, `choose` and `why` do
    what a click on a cell does; `report` has the results.
    """

    def __init__(self, lab: "Lab", *controllers: str) -> None:
        self._lab = lab
        self.report = Report()
        for name in known_names(controllers):
            self.report.begin(name)
        self.run_button = button("Run", "Ask every controller all scenarios", primary=True)
        self.status_panel = ipywidgets.HTML()
        self.grid = Grid(rows=[[each.feature, each.name] for each in SCENARIOS])
        self.why_panel = ipywidgets.HTML()
        self.view = column(row(self.run_button, self.status_panel), self.grid, self.why_panel)
        self.run_button.on_click(lambda _: self._clicked())
        self.grid.observe(lambda _: self._show_why(), "selected")
        self._say("Nothing asked yet.")
        self._show()

    def run(self, *controllers: str) -> None:
        """Ask all scenarios of these controllers, or of every one in the table.

        Some 5 s for each. A controller that is not installed is installed for that time.
        """
        names = known_names(controllers or self.report.controllers)
        self.run_button.disabled = True
        try:
            for name in names:
                self._ask(name)
            self._say(self._totals())
        except LabError as error:
            self._say(str(error))
            raise
        finally:
            self.run_button.disabled = False

    def why(self, scenario: str | int, controller: str | int = 0) -> str:
        """Why a cell is as it is: `table.why(19, "traefik")`, `table.why("Exact /foo goes")`.

        A scenario by its number or a part of its name, a controller by its name or, from 0, its
        place; UsageError when there is no such.
        """
        return self.report.why(scenario, controller)

    def choose(self, scenario: str | int, controller: str | int = 0) -> None:
        """Choose a cell, as a click does; arguments as `why` has them."""
        line, place = self.report.cell(scenario, controller)
        self.grid.selected = f"{line}/{place}"

    @property
    def chosen(self) -> str:
        """Why the chosen cell is as it is; "" when none is chosen."""
        line, slash, place = str(self.grid.selected).partition("/")
        return self.why(int(line) + 1, int(place)) if slash else ""

    def text(self) -> str:
        """The table, and the reasons of the chosen cell."""
        return "\n\n".join(
            filter(None, [f"Conformance: {self._totals()}", str(self.report), self.chosen])
        )

    def _ask(self, name: str) -> None:
        self.report.begin(name)
        self._say(f"{name}: getting ready …")
        self._show()
        with closing(results_of(self._lab, name)) as results:
            for result in results:
                self.report.add(name, result)
                self._say(f"{name}: {len(self.report.results[name])} of {len(SCENARIOS)} asked …")
                self._show()

    def _clicked(self) -> None:
        with suppress(LabError):  # said in the status; a button has nobody else to tell
            self.run()

    def _totals(self) -> str:
        asked: Iterable[str] = (
            f"{name} {self.report.passed(name)} of {len(SCENARIOS)}"
            for name, results in self.report.results.items()
            if results
        )
        return ", ".join(asked) or "nothing asked yet"

    def _say(self, words: str) -> None:
        self.status_panel.value = f'<p role="status">{escape(words)}</p>'

    def _show(self) -> None:
        with self.grid.hold_sync():
            self.grid.columns = self.report.controllers
            self.grid.states = [
                [_state(self.report, each.name, name) for name in self.report.controllers]
                for each in SCENARIOS
            ]
        self._show_why()

    def _show_why(self) -> None:
        first, _, rest = (self.chosen or "Choose a cell to see why it is as it is.").partition("\n")
        kind = {"✓": "good", "✗": "bad"}.get(first[:1], "")
        lines = "".join(f"<p>{escape(line)}</p>" for line in rest.splitlines())
        self.why_panel.value = panel("Why", notice(first, kind) + lines)


def _state(report: Report, scenario: str, controller: str) -> str:
    found = report.results[controller].get(scenario)
    return "" if found is None else "passed" if found.passed else "failed"
