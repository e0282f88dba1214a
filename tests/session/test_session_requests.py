"""Requests of a running lab: what Traefik's access log tells of each."""

import socket
import threading

import pytest

from labsupport.base.errors import RequestFailed, WaitTimeout
from labsupport.diagrams import exchange_way
from labsupport.session.lab import Lab

URL = "http://kiada.example.com/debug/request"


def test_the_proxy_tells_router_and_server(lab: Lab) -> None:
    proxy = lab.get(URL).proxy
    assert proxy is not None
    assert (proxy.name, proxy.entry_point, proxy.status, proxy.origin_status) == (
        "Traefik",
        "web",
        200,
        200,
    )
    assert proxy.router == "default-kiada-kiada-example-com@kubernetes"
    pods = lab.objects("pods")
    assert proxy.server in {f"http://{pod['status']['podIP']}:8080" for pod in pods}
    assert proxy.seconds >= proxy.server_seconds > 0


def test_the_hop_stands_before_the_answer(lab: Lab) -> None:
    assert [hop.kind for hop in lab.get(URL).way] == ["name", "tcp", "proxy", "answer"]


def test_the_pod_says_whom_it_saw(lab: Lab) -> None:
    answer = lab.get(URL)
    assert answer.peer == answer.json()["peer"]
    assert answer.json()["headers"]["X-Request-Id"] == answer.request_id


def test_a_request_that_no_router_takes_says_so(lab: Lab) -> None:
    answer = lab.get("http://nobody.example.net/", resolve=lab.address)
    assert answer.proxy is not None
    assert answer.way[2].text == "Traefik: no router takes it"


def test_each_of_many_requests_is_told_of(lab: Lab) -> None:
    assert all(lab.get(f"{URL}?n={number}").proxy for number in range(50))


def test_an_id_of_ones_own_used_twice_tells_of_the_later(lab: Lab) -> None:
    headers = {"x-request-id": "mine"}
    first = lab.get("http://nobody.example.net/", resolve=lab.address, headers=headers)
    second = lab.get(URL, headers=headers)
    assert (first.request_id, second.request_id) == ("mine", "mine")
    assert first.proxy is not None
    assert first.proxy.router == ""
    assert second.proxy is not None
    assert second.proxy.router != ""


def test_a_request_past_the_proxy_has_no_such_hop(lab: Lab) -> None:
    (pod, *_) = lab.objects("pods")
    answer = lab.get(f"http://{pod['status']['podIP']}:8080/debug/request")
    assert answer.proxy is None
    assert [hop.kind for hop in answer.way] == ["name", "tcp", "answer"]


def test_a_pod_of_the_proxy_asked_directly_tells_too(lab: Lab) -> None:
    (pod,) = lab.objects("pods", namespace="traefik")
    answer = lab.get(f"http://{pod['status']['podIP']}:8000/", headers={"Host": "a.example.net"})
    assert answer.proxy is not None
    assert answer.proxy.pod == pod["metadata"]["name"]


def test_every_method_carries_its_body(lab: Lab) -> None:
    for send in (lab.post, lab.put, lab.patch):
        answer = send(URL, data="a body")
        assert answer.json()["body"] == "a body"
    assert lab.post(URL, json={"a": 1}).json()["body"] == '{"a": 1}'


def test_a_head_has_no_body(lab: Lab) -> None:
    answer = lab.head(URL)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.proxy is not None


def test_a_large_body_arrives_whole(lab: Lab) -> None:
    body = "x" * 2_000_000
    assert lab.post(URL, data=body).json()["body"] == body


def test_the_host_header_decides_not_the_name(lab: Lab) -> None:
    answer = lab.get(f"http://{lab.address}/debug/request", headers={"Host": "kiada.example.com"})
    assert answer.json()["app"] == "kiada"


def test_https_without_sni_shows_the_default_certificate(lab: Lab) -> None:
    answer = lab.get(
        "https://kiada.example.com/debug/request", sni="", verify=False, resolve=lab.address
    )
    assert answer.tls is not None
    assert answer.tls.certificate is not None
    assert answer.tls.certificate.names == ("traefik.example.com",)
    assert [each.id for each in answer.tls.refusals] == ["other-name"]
    assert answer.proxy is not None
    assert answer.proxy.entry_point == "websecure"


def test_an_answer_of_the_app_that_is_waited_for(lab: Lab) -> None:
    assert (lab.wait_for(URL, app="kiada").pod or "").startswith("kiada-")
    with pytest.raises(WaitTimeout) as caught:
        lab.wait_for(URL, app="quote", timeout=0.1)
    assert "it answers 200 OK from kiada-" in caught.value.found


def test_a_header_that_is_waited_for(lab: Lab) -> None:
    assert lab.wait_for(URL, header="content-type").headers["Content-Type"]
    with pytest.raises(WaitTimeout) as caught:
        lab.wait_for(URL, header="X-Nobody-Sets", timeout=0.1)
    assert "its answer has no header X-Nobody-Sets" in caught.value.found


def test_any_other_status_can_be_waited_for(lab: Lab) -> None:
    assert lab.wait_for("http://kiada.example.com/nothing", other_than=200, timeout=2).status == 404
    with pytest.raises(WaitTimeout, match="another status than 200"):
        lab.wait_for(URL, other_than=200, timeout=0.3)


def test_a_first_connection_that_is_lost_is_not_waited_for_to_the_end(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            lost, _ = server.accept()
            second, _ = server.accept()
            with lost, second:
                second.recv(65536)
                second.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        serving = threading.Thread(target=serve)
        serving.start()
        answer = lab.wait_for(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=3.0)
        serving.join()
    assert answer.status == 200


def test_a_picture_shows_every_hop(lab: Lab) -> None:
    answer = lab.get(URL)
    twin = exchange_way(answer).text
    assert answer.pod
    assert f"pod {answer.pod} (200 OK)" in twin
    assert "proxy Traefik (router default-kiada-kiada-example-com@kubernetes" in twin


def test_a_picture_of_a_failure_ends_at_the_failed_hop(lab: Lab) -> None:
    with pytest.raises(RequestFailed) as caught:
        lab.get("https://kiada.example.com/", resolve=lab.address)
    picture = exchange_way(caught.value)
    assert "✗ handshake" in picture.text
    assert "octagon" in picture.dot


def test_a_url_whose_name_is_gone_is_closed(lab: Lab) -> None:
    lab.wait_until_closed("http://unheard.example.com/", timeout=1)
