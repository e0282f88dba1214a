"""The relayed connections as a learner sees them."""

import pytest

from labsupport.base.errors import ClusterError
from labsupport.base.types import Json
from labsupport.rules.status import StatusError
from labsupport.session.connections import Connections, RelayedConnection
from labsupport.session.lab import Lab


def test_the_last_connections_come_newest_last(lab: Lab) -> None:
    for path in ("/first", "/second"):
        lab.get(f"http://kiada.example.com{path}")
    found = lab.connections(limit=2)
    assert isinstance(found, Connections)
    assert [each.sent.split()[1] for each in found] == [b"/first", b"/second"]
    assert found[-1].listener == f"{lab.address}:{80 + lab.connection.port_offset}"
    assert len(found[:1]) == 1


def test_a_connection_prints_as_words_and_bytes() -> None:
    text = str(
        RelayedConnection(
            "2026-01-01T00:00:00+00:00", "a/b", "1.1.1.1:1", "2.2.2.2:80", "3.3.3.3:8080",
            b"GET / HTTP/1.1\r\n", b"",
        )
    )  # fmt: skip
    assert text.splitlines() == [
        "1.1.1.1:1 to 2.2.2.2:80 (Service a/b), on to 3.3.3.3:8080",
        "  client says first: HTTP request GET / HTTP/1.1, readable by everybody on the way",
        "    0000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|",
        "  server says first: nothing",
    ]


def test_what_the_client_said_first_is_told_in_words(lab: Lab) -> None:
    lab.get("https://kiada.example.com/", verify=False)
    (connection,) = lab.connections(limit=1)
    assert connection.said == "TLS ClientHello for kiada.example.com; the rest is encrypted"


def test_a_cluster_that_keeps_no_first_bytes_is_told_in_words(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_a_kubelet(*args: object, **options: object) -> Json:
        raise StatusError(404, "Unknown", "404 page not found\n")

    nodes = lab.objects("nodes", namespace=None)
    monkeypatch.setattr(lab.api, "list", lambda kind: nodes)
    monkeypatch.setattr(lab.api, "call", as_a_kubelet)
    with pytest.raises(ClusterError, match="does not remember the first bytes") as caught:
        lab.connections()
    assert caught.value.found == "404 page not found"
