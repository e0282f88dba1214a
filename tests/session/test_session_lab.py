"""The Lab object on a real cluster, with a real Traefik."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labsupport.base.errors import ManifestError, NameNotFound, UsageError, WaitTimeout
from labsupport.kube.manifests import objects
from labsupport.manifests import documents
from labsupport.rules.status import StatusError
from labsupport.session.bringing_up import bring_up, install
from labsupport.session.lab import Lab

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: tested
spec:
  rules:
  - host: tested.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: quote
            port: {number: 80}
"""
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tested"}}


@pytest.fixture
def clean(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Iterator[Lab]:
    yield lab
    lab.delete("ingress", "tested")
    lab.delete("configmap", "tested")
    lab.hosts.remove("tested.example.com")
    lab.dns.remove("tested.example.com")


def test_the_first_request_goes_through_traefik(lab: Lab) -> None:
    answer = lab.get("http://kiada.example.com/")
    assert answer.status == 200
    assert (answer.pod or "").startswith("kiada-")
    assert answer.address == lab.address


def test_an_ingress_is_applied_named_and_answered(
    clean: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NameNotFound):
        clean.get("http://tested.example.com/")
    clean.hosts.add("tested.example.com", clean.address)
    assert clean.get("http://tested.example.com/").status == 404
    clean.apply(INGRESS)
    answer = clean.wait_for("http://tested.example.com/")
    assert (answer.pod or "").startswith("quote-")
    clean.delete(INGRESS)
    assert clean.wait_for("http://tested.example.com/", status=404).status == 404
    assert capsys.readouterr().out == (
        "ingress.networking.k8s.io/tested created\ningress.networking.k8s.io/tested deleted\n"
    )


def test_a_name_in_lab_dns_works_as_well(clean: Lab) -> None:
    clean.dns.add("tested.example.com", clean.address)
    assert clean.get("http://tested.example.com/").way[0].text.endswith("A record in lab DNS")


def test_apply_says_what_changed(clean: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for data in ({"a": "1"}, {"a": "1"}, {"b": "2"}):
        clean.apply({**CONFIG_MAP, "data": data})
    assert clean.object("configmap", "tested")["data"] == {"b": "2"}
    clean.delete(CONFIG_MAP)
    clean.delete(CONFIG_MAP)
    assert capsys.readouterr().out.splitlines() == [
        "configmap/tested created",
        "configmap/tested unchanged",
        "configmap/tested configured",
        "configmap/tested deleted",
        "configmap/tested not found",
    ]


def test_apply_leaves_a_service_its_addresses(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    before = lab.object("service", "traefik", namespace="traefik")
    lab.apply(objects(documents("traefik")))
    assert set(capsys.readouterr().out.split()[1::2]) == {"unchanged"}
    assert lab.object("service", "traefik", namespace="traefik")["spec"] == before["spec"]


def test_a_manifest_can_be_a_file(clean: Lab, tmp_path: Path) -> None:
    path = tmp_path / "ingress.yaml"
    path.write_text(INGRESS)
    clean.apply(path)
    assert clean.object("ing", "tested")["spec"]["ingressClassName"] == "traefik"
    with pytest.raises(UsageError, match=r"no manifest at missing\.yaml"):
        clean.apply("missing.yaml")
    with pytest.raises(UsageError, match="the manifest is empty"):
        clean.apply("")


def test_a_mistyped_kind_is_told_with_the_nearest(lab: Lab) -> None:
    with pytest.raises(UsageError) as caught:
        lab.table("ingreses")
    assert caught.value.remedy == "did you mean ingresses?"


def test_what_the_server_refuses_comes_in_its_words(clean: Lab) -> None:
    with pytest.raises(StatusError) as caught:
        clean.apply(INGRESS.replace("Prefix", "Prefixed"))
    assert caught.value.code == 422
    assert "spec.rules[0].http.paths[0].pathType" in caught.value.message


def test_what_is_no_manifest_is_refused_with_its_line(lab: Lab) -> None:
    with pytest.raises(ManifestError, match="line 10"):
        lab.apply(INGRESS.replace("path: /", "path: *"))


def test_a_kind_that_is_not_served_is_named(lab: Lab) -> None:
    with pytest.raises(StatusError, match='no matches for kind "Gateway"'):
        lab.apply(INGRESS.replace("kind: Ingress", "kind: Gateway"))


def test_tables_are_the_servers(lab: Lab) -> None:
    lines = str(lab.table("ingresses")).splitlines()
    assert lines[0].split() == ["NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS"]
    assert lines[1].split() == ["kiada", "traefik", "kiada.example.com", lab.address, "80"]
    everywhere = lab.table("services", namespace=None)
    assert ["default", "kubernetes"] in [row[:2] for row in everywhere.rows]


def test_yaml_leaves_out_the_servers_bookkeeping(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.yaml("ingress", "kiada")
    text = capsys.readouterr().out
    assert "host: kiada.example.com" in text
    assert "resourceVersion" not in text
    assert "last-applied" not in text


def test_the_proxy_tells_its_routers_and_servers(lab: Lab) -> None:
    lab.wait_ready(namespace=None)
    routers = lab.controller.routers()
    assert any(row[0] == "default-kiada-kiada-example-com" for row in routers.rows)
    addresses = {
        address
        for slice_ in lab.objects("endpointslices")
        if slice_["metadata"]["labels"]["kubernetes.io/service-name"] == "kiada"
        for endpoint in slice_["endpoints"]
        for address in endpoint["addresses"]
    }
    servers = {row[1] for row in lab.controller.servers().rows if "kiada" in row[0]}
    assert servers == {f"http://{address}:8080" for address in addresses}


def test_logs_are_printed(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    name, namespace = lab.find_pod("kiada")
    lab.logs(name, namespace=namespace)
    assert "kiada listens" in capsys.readouterr().out
    with pytest.raises(UsageError, match="no pod's name begins with 'kiadda'"):
        lab.find_pod("kiadda")


def test_the_official_client_is_connected(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nonexistent/kubeconfig")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    found = lab.networking.read_namespaced_ingress("kiada", "default")
    assert found.spec is not None
    assert found.spec.ingress_class_name == "traefik"


def test_what_the_api_server_tells_the_official_client_is_shown_without_a_traceback(
    lab: Lab,
) -> None:
    from kubernetes.client import ApiException

    with pytest.raises(ApiException) as caught:
        lab.networking.patch_ingress_class("treafik", {"metadata": {}})
    (shown,) = caught.value._render_traceback_()  # type: ignore[attr-defined]
    assert shown.endswith(': ingressclasses.networking.k8s.io "treafik" not found')


def test_waiting_for_an_answer_ends(lab: Lab) -> None:
    with pytest.raises(WaitTimeout) as caught:
        lab.wait_for("http://kiada.example.com/", status=418, timeout=0.1)
    assert caught.value.found == "it answers 200 OK"


def test_status_tells_of_everything(lab: Lab) -> None:
    lab.wait_ready(namespace=None)
    status = lab.status().to_json()
    assert status["cluster"]["running"]
    assert status["nodes"][0]["name"] == "lab-node"
    assert status["controllers"][0]["controller"] == "traefik.io/ingress-controller"
    assert status["controllers"][0]["address"] == lab.address
    assert status["missing"] == []
    assert status["memory"]["total"] > status["memory"]["daemon"]
    assert "lab-node" in str(lab.status())


def test_a_second_bring_up_leaves_changes_alone_and_mends_what_is_missing(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    quiz = [obj for obj in objects(documents("quiz")) if obj["kind"] == "Deployment"]
    lab.apply({**quiz[0], "spec": {**quiz[0]["spec"], "replicas": 2}})
    lab.delete("service", "quote")
    again = bring_up(lab.instance)
    assert lab.object("deployment", "quiz")["spec"]["replicas"] == 2
    assert lab.object("service", "quote")["spec"]["ports"][0]["port"] == 80
    assert install(again) == []
    lab.apply(quiz)
    again.close()


def test_a_deployment_is_scaled_and_says_so(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        lab.scale("quiz", 2)
        assert capsys.readouterr().out == "deployment.apps/quiz scaled\n"
        pods = [each["metadata"]["name"] for each in lab.objects("pods")]
        assert sum(name.startswith("quiz-") for name in pods) == 2
        lab.scale("quiz", 0)
        assert not [each for each in lab.objects("pods") if "quiz-" in each["metadata"]["name"]]
    finally:
        lab.scale("quiz", 1)
        lab.wait_ready()


@pytest.mark.parametrize("number", ["two", -1, None, True, 1.5])
def test_what_is_no_number_of_pods_is_refused_in_words(lab: Lab, number: object) -> None:
    with pytest.raises(UsageError, match="a whole number from 0 on"):
        lab.scale("quiz", number)  # type: ignore[arg-type]


def test_a_deleted_namespace_can_be_made_again_at_once(lab: Lab) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    lab.apply(namespace)
    lab.install("vault", namespace="shop")
    lab.delete(namespace)
    lab.apply(namespace)
    lab.install("vault", namespace="shop")
    lab.delete(namespace)
