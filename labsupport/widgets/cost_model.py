"""LoadBalancer Services against one Ingress, in money: the learner's prices."""

from dataclasses import asdict
from html import escape

import ipywidgets

from labsupport.base.errors import UsageError
from labsupport.rules.cost import (
    Cost,
    Prices,
    Usage,
    break_even,
    cost_of_ingress,
    cost_of_load_balancers,
)
from labsupport.widgets.markup import notice, panel, table
from labsupport.widgets.tester import Tester, column, needs_no_lab, row

_USAGE = {
    "services": "Services",
    "traffic": "Traffic (GB)",
    "proxies": "Proxy pods",
    "hours": "Hours",
}
_PRICES = {
    "load_balancer": "A load balancer (hour)",
    "address": "A public IP (hour)",
    "traffic": "Traffic (GB)",
    "proxy": "A proxy pod (hour)",
}
_PARTS = {
    "addresses": "Addresses",
    "load_balancers": "Load balancers",
    "public_ips": "Public IPs",
    "traffic": "Traffic",
    "proxies": "Proxy pods",
    "total": "Total",
}
_MOST = 1_000_000


class CostModel(Tester):
    """What a load balancer for each Service costs, and one Ingress for all.

    `set(services=20, load_balancer=0.03)` types into fields by name. The prices to begin with are
    round numbers, of no vendor: put in those of your provider.
    """

    def __init__(self, usage: Usage = Usage(), prices: Prices = Prices()) -> None:  # noqa: B008
        needs_no_lab(self, usage, Usage, "what is run")
        self._fields = {
            **{name: _field(label, getattr(usage, name)) for name, label in _USAGE.items()},
            **{
                _price_field(name): _field(label, getattr(prices, name))
                for name, label in _PRICES.items()
            },
        }
        self.panel = ipywidgets.HTML()
        for field in self._fields.values():
            field.observe(lambda _: self._show(), "value")
        usage_fields = [self._fields[name] for name in _USAGE]
        price_fields = [self._fields[_price_field(name)] for name in _PRICES]
        heads = [ipywidgets.HTML(f"<h4>{head}</h4>") for head in ("What is run", "Your prices")]
        self.view = column(heads[0], row(*usage_fields), heads[1], row(*price_fields), self.panel)
        self._show()

    @property
    def usage(self) -> Usage:
        """What is run, as the fields say."""
        values = {name: self._fields[name].value for name in _USAGE}
        return Usage(**values)

    @property
    def prices(self) -> Prices:
        """What the fields say each thing costs."""
        return Prices(**{name: self._fields[_price_field(name)].value for name in _PRICES})

    @property
    def load_balancers(self) -> Cost:
        """What a load balancer for each Service costs."""
        return cost_of_load_balancers(self.usage, self.prices)

    @property
    def ingress(self) -> Cost:
        """What one Ingress for all costs."""
        return cost_of_ingress(self.usage, self.prices)

    def set(self, **values: float) -> None:
        """Set fields by name: those of `Usage` and `Prices`, and `traffic_price`."""
        unknown = sorted(values.keys() - self._fields.keys())
        if unknown:
            raise UsageError(
                f"the cost model has no field {unknown[0]!r}",
                found=", ".join(unknown),
                remedy=f"fields: {', '.join(self._fields)}",
            )
        for name, value in values.items():
            if not (isinstance(value, int | float) and 0 <= value <= _MOST):
                raise UsageError(
                    f"{name} is a number from 0 to {_MOST:,}",
                    found=repr(value),
                    remedy="model.set(services=3)",
                )
            self._fields[name].value = value

    def text(self) -> str:
        """Both costs by part, and from how many Services on an Ingress costs less."""
        rows = [("", "a load balancer each", "one Ingress"), *self._rows()]
        lines = [f"{name:<16}{one:>22}{other:>14}".rstrip() for name, one, other in rows]
        return "\n".join([*lines, self._verdict()])

    def _rows(self) -> list[tuple[str, str, str]]:
        one, other = (
            {**asdict(cost), "total": cost.total} for cost in (self.load_balancers, self.ingress)
        )
        return [
            (label, _number(one[part], part), _number(other[part], part))
            for part, label in _PARTS.items()
        ]

    def _verdict(self) -> str:
        needed = break_even(self.usage, self.prices)
        if needed is None:
            return "With these prices load balancers cost nothing, so an Ingress saves no money."
        return f"With these prices an Ingress costs less from {needed} Services on."

    def _show(self) -> None:
        rows = (
            f'<tr><th scope="row">{escape(name)}</th><td>{one}</td><td>{other}</td></tr>'
            for name, one, other in self._rows()
        )
        body = table(("", "A load balancer for each", "One Ingress for all"), rows)
        self.panel.value = panel("What it costs", body + notice(self._verdict()))


def _field(label: str, value: float) -> ipywidgets.BoundedIntText | ipywidgets.BoundedFloatText:
    options = {"description": label, "tooltip": label, "style": {"description_width": "initial"}}
    if isinstance(value, int):
        return ipywidgets.BoundedIntText(value=value, min=0, max=_MOST, **options)
    return ipywidgets.BoundedFloatText(value=value, min=0, max=_MOST, step=value / 10, **options)


def _price_field(name: str) -> str:
    """The field of a price; the traffic itself has a field of its own."""
    return "traffic_price" if name == "traffic" else name


def _number(value: float, part: str) -> str:
    return str(value) if part == "addresses" else f"{value:.2f}"
