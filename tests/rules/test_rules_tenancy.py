"""What stands for a lesson's namespace, names and class on a cluster that learners share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.rules.tenancy import TAUGHT, WHOLE, Tenancy

LEARNER = Tenancy(
    namespace="learner7",
    domain="learner7.lab.example.com",
    ingress_class="shared",
    labels={"lab": "learner7"},
)

labels = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True).filter(
    lambda label: label not in ("org", "net")
)
MEMBERS = ["rules", "tls", "host", "hosts", "routes", "match", "listeners", "hostname"]
MEMBERS += ["hostnames", "namespace"]

names = st.builds(
    lambda below, taught: ".".join([*below, taught]),
    st.lists(labels, max_size=3),
    st.sampled_from([*TAUGHT, "shop.test", "example.community"]),
)


class TestHosts:
    @pytest.mark.parametrize(
        ("taught", "meant"),
        [
            ("kiada.example.com", "kiada.learner7.lab.example.com"),
            ("*.example.com", "*.learner7.lab.example.com"),
            ("example.com", "learner7.lab.example.com"),
            ("KIADA.Example.com", "KIADA.learner7.lab.example.com"),
            ("kiada.example.org", "kiada.org.learner7.lab.example.com"),
            ("kiada.learner7.lab.example.com", "kiada.learner7.lab.example.com"),
            ("kiada.example.com.", "kiada.learner7.lab.example.com."),
            ("example.org.", "org.learner7.lab.example.com."),
            ("notexample.com", "notexample.com"),
            ("shop.test", "shop.test"),
            ("", ""),
        ],
    )
    def test_a_taught_name_lies_below_the_learners_domain(self, taught: str, meant: str) -> None:
        assert LEARNER.host(taught) == meant

    @given(names)
    def test_what_is_meant_already_stays(self, name: str) -> None:
        assert LEARNER.host(LEARNER.host(name)) == LEARNER.host(name)

    @given(names, names)
    def test_two_sites_stay_two_sites(self, one: str, other: str) -> None:
        if one != other:
            assert LEARNER.host(one) != LEARNER.host(other)

    @pytest.mark.parametrize(
        ("url", "meant"),
        [
            ("http://kiada.example.com/a?b=c", "http://kiada.learner7.lab.example.com/a?b=c"),
            ("https://kiada.example.com:8443", "https://kiada.learner7.lab.example.com:8443"),
            ("http://me:pw@kiada.example.com/", "http://me:pw@kiada.learner7.lab.example.com/"),
            ("kiada.example.com/x", "kiada.learner7.lab.example.com/x"),
            ("http://127.0.0.1/", "http://127.0.0.1/"),
            ("http://[half", "http://[half"),
        ],
    )
    def test_only_the_host_of_a_url_changes(self, url: str, meant: str) -> None:
        assert LEARNER.url(url) == meant

    def test_of_a_requests_headers_only_host_changes_and_keeps_its_port(self) -> None:
        headers = {"host": "kiada.example.com:8080", "X-Site": "kiada.example.com"}
        meant = {"host": "kiada.learner7.lab.example.com:8080", "X-Site": "kiada.example.com"}
        assert LEARNER.headers(headers) == meant
        assert LEARNER.headers(meant) == meant


class TestObjects:
    def test_an_ingress_lies_in_the_learners_part(self) -> None:
        ingress: Json = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "kiada", "namespace": "default", "labels": {"app": "kiada"}},
            "spec": {
                "ingressClassName": "traefik",
                "tls": [{"hosts": ["kiada.example.com"], "secretName": "kiada"}],
                "rules": [{"host": "kiada.example.com"}, {"http": {"paths": []}}],
            },
        }
        assert LEARNER.object(ingress) == {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                "name": "kiada",
                "namespace": "learner7",
                "labels": {"app": "kiada", "lab": "learner7"},
            },
            "spec": {
                "ingressClassName": "shared",
                "tls": [{"hosts": ["kiada.learner7.lab.example.com"], "secretName": "kiada"}],
                "rules": [
                    {"host": "kiada.learner7.lab.example.com"},
                    {"http": {"paths": []}},
                ],
            },
        }

    def test_a_review_has_no_labels(self) -> None:
        review = {"kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {}}}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        assert LEARNER.body(path, review) == review

    def test_another_class_and_namespace_stay(self) -> None:
        ingress = {
            "kind": "Ingress",
            "metadata": {"name": "a", "namespace": "clinic"},
            "spec": {"ingressClassName": "nginx"},
        }
        placed = LEARNER.object(ingress)
        assert placed["spec"] == {"ingressClassName": "nginx"}
        assert placed["metadata"]["namespace"] == "clinic"

    @pytest.mark.parametrize(
        ("kind", "spec", "meant"),
        [
            (
                "HTTPRoute",
                {"hostnames": ["a.example.com"], "parentRefs": [{"namespace": "default"}]},
                {
                    "hostnames": ["a.learner7.lab.example.com"],
                    "parentRefs": [{"namespace": "learner7"}],
                },
            ),
            (
                "Gateway",
                {"listeners": [{"name": "web", "hostname": "*.example.com"}, {"name": "any"}]},
                {
                    "listeners": [
                        {"name": "web", "hostname": "*.learner7.lab.example.com"},
                        {"name": "any"},
                    ]
                },
            ),
            (
                "IngressRoute",
                {"routes": [{"match": "Host(`a.example.com`) && Path(`/example.com`)"}]},
                {
                    "routes": [
                        {"match": "Host(`a.learner7.lab.example.com`) && Path(`/example.com`)"}
                    ]
                },
            ),
            (
                "IngressRouteTCP",
                {"routes": [{"match": "HostSNI(`a.example.com`) || HostSNI(`*`)"}]},
                {"routes": [{"match": "HostSNI(`a.learner7.lab.example.com`) || HostSNI(`*`)"}]},
            ),
        ],
    )
    def test_host_names_of_other_kinds_change_where_they_are_host_names(
        self, kind: str, spec: Json, meant: Json
    ) -> None:
        assert LEARNER.object({"kind": kind, "metadata": {}, "spec": spec})["spec"] == meant

    def test_annotations_name_what_lies_in_the_learners_namespace(self) -> None:
        annotations = {
            "traefik.ingress.kubernetes.io/router.middlewares": "default-a@kubernetescrd,"
            "x-default-b@kubernetescrd",
            "nginx.ingress.kubernetes.io/auth-secret": "default/passwords",
            "note": "the default backend",
        }
        placed = LEARNER.object({"kind": "Ingress", "metadata": {"annotations": annotations}})
        assert placed["metadata"]["annotations"] == {
            "traefik.ingress.kubernetes.io/router.middlewares": "learner7-a@kubernetescrd,"
            "x-default-b@kubernetescrd",
            "nginx.ingress.kubernetes.io/auth-secret": "learner7/passwords",
            "note": "the default backend",
        }

    def test_a_reference_that_is_meant_already_stays(self) -> None:
        ann = Tenancy(namespace="default-ann")
        ingress = {"kind": "Ingress", "metadata": {"annotations": {"m": "default-a@kubernetescrd"}}}
        placed = ann.object(ingress)
        assert placed["metadata"]["annotations"] == {"m": "default-ann-a@kubernetescrd"}
        assert ann.object(placed) == placed

    def test_a_patch_is_read_by_the_path_it_is_sent_to(self) -> None:
        path = "/apis/networking.k8s.io/v1/namespaces/default/ingresses/kiada"
        body = {"spec": {"rules": [{"host": "a.example.com"}]}}
        assert LEARNER.body(path, body) == {
            "spec": {"rules": [{"host": "a.learner7.lab.example.com"}]}
        }
        assert LEARNER.path(path) == path.replace("default", "learner7")

    def test_a_namespace_that_only_begins_so_stays(self) -> None:
        path = "/api/v1/namespaces/default-other/pods"
        assert LEARNER.path(path) == path

    @given(
        st.recursive(
            st.text() | st.none(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=5
        )
    )
    def test_a_cluster_of_ones_own_changes_nothing(self, spec: object) -> None:
        obj = {"kind": "Ingress", "metadata": {"namespace": "default"}, "spec": spec}
        assert WHOLE.object(obj) is obj

    @given(
        st.recursive(
            st.none() | st.booleans() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        st.sampled_from(["Ingress", "HTTPRoute", "Gateway", "IngressRoute", "Service"]),
    )
    def test_what_makes_no_sense_is_left_for_the_server_to_refuse(
        self, spec: object, kind: str
    ) -> None:
        LEARNER.object({"kind": kind, "metadata": {"name": "a"}, "spec": spec})
