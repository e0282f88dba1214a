"""One request of a scenario, and what is wrong with its answer."""

import json
from dataclasses import dataclass
from typing import Any

from labsupport.base.errors import LabError, RequestFailed
from labsupport.base.types import Json
from labsupport.http.client import Client
from labsupport.http.exchange import Exchange
from labsupport.http.redirects import followed
from labsupport.rules.conformance import CERTIFICATE_HOST, HEADERS, Scenario
from labsupport.session.conformance.reasons import Answer

_TIMEOUT = 5.0  # seconds


@dataclass(frozen=True)
class Tried:
    """What one request came to: the answer, the pod that gave it ("" for none), the `faults`."""

    answer: Answer
    pod: str = ""
    faults: tuple[str, ...] = ()


def tried(client: Client, scenario: Scenario, address: str) -> Tried:
    """Send the scenario's request to the controller at `address`; redirects are followed there."""
    host = scenario.request.host
    options: dict[str, Any] = {"verify": False, "timeout": _TIMEOUT}
    if host:
        options["resolve"] = {host: address}
    url = f"{scenario.request.scheme}://{host or address}{scenario.request.path}"
    try:
        exchange = followed(client.request, scenario.method, url, options)
    except RequestFailed as error:
        return Tried(Answer(0), "", (f"Wanted {scenario.wanted}, got no answer: {error.found}",))
    except LabError as error:  # a redirect that leads elsewhere
        return Tried(Answer(0), "", (f"Wanted {scenario.wanted}: {error.what}",))
    received = _received(exchange)
    answer = Answer(exchange.status, str(received.get("service", "")))
    faults = _faults(scenario, exchange, received, answer)
    return Tried(answer, str(received.get("pod", "")), tuple(faults))


def _received(exchange: Exchange) -> Json:
    """What the backend says it received; nothing when the proxy answered."""
    try:
        found = exchange.json()
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _faults(scenario: Scenario, exchange: Exchange, received: Json, answer: Answer) -> list[str]:
    wanted = Answer(200, scenario.service) if scenario.service else Answer(404)
    if answer != wanted:
        return [f"Wanted {wanted}, got {answer}"]
    if not scenario.service:
        return []
    sent = {"method": scenario.method, "path": scenario.request.path}
    faults = [
        f"The backend received the {key} {received.get(key)}, not {value}"
        for key, value in sent.items()
        if received.get(key) != value
    ]
    if scenario.feature == "default backend":
        faults += [
            f"The answer has no header {each}" for each in HEADERS if each not in exchange.headers
        ]
    if scenario.request.scheme == "https":
        faults += _certificate_faults(exchange)
    return faults


def _certificate_faults(exchange: Exchange) -> list[str]:
    certificate = exchange.tls.certificate if exchange.tls else None
    names = certificate.all_names if certificate else ()
    if CERTIFICATE_HOST in names:
        return []
    return [f"The certificate is for {', '.join(names) or 'nobody'}, not {CERTIFICATE_HOST}"]
