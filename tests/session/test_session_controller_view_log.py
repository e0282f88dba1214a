"""Lines of controllers' logs, read: what they complain of, and about which object."""

import pytest

from labsupport.session.controller_view_log import read_line, troubles

REFLECTOR = (
    'E1123 11:22:51.260355   15339 reflector.go:227] "Failed to watch" err="failed to list '
    '*v1alpha1.IngressRouteUDP: the server could not find the requested resource" '
    'logger="UnhandledError" type="*v1alpha1.IngressRouteUDP"'
)
ANNOTATION = (
    '2026-11-23T11:22:57Z ERR Failed to parse annotations error="strconv.ParseInt: parsing '
    '\\"abc\\": invalid syntax" ingress=mist namespace=default providerName=kubernetes'
)


def test_an_error_of_traefiks_names_its_ingress_and_why() -> None:
    line = read_line(ANNOTATION)
    assert (line.time, line.about) == ("11:22:57", "Ingress default/mist")
    assert line.trouble == (
        "Ingress default/mist: Failed to parse annotations: strconv.ParseInt: parsing "
        '"abc": invalid syntax'
    )


def test_a_raw_line_of_client_go_is_read() -> None:
    line = read_line(REFLECTOR)
    assert line.time == "11:22:51"
    assert line.trouble.startswith("watch of IngressRouteUDP: Failed to watch: failed to list")


def test_an_error_of_a_router_is_about_the_object_it_was_made_of() -> None:
    raw = '2026-11-23T11:22:58Z ERR error="no such middleware" routerName=a@kubernetes'
    assert read_line(raw).about == "router a@kubernetes"
    origins = {"a@kubernetes": "Ingress default/a"}
    assert read_line(raw, origins).trouble == "Ingress default/a: no such middleware"


def test_an_error_about_an_ingress_route_is_told_from_one_about_an_ingress() -> None:
    raw = '2026-11-23T11:22:58Z ERR error="x" ingress=a namespace=b providerName=kubernetescrd'
    assert read_line(raw).about == "IngressRoute b/a"


def test_a_warning_with_an_error_in_it_is_trouble() -> None:
    raw = '2026-11-23T11:22:58Z WRN Error loading error="not found" ingress=a namespace=b'
    assert read_line(raw).trouble == "Ingress b/a: Error loading: not found"


def test_an_error_of_caddys_is_read() -> None:
    raw = '{"level":"error","logger":"http.log.error","msg":"dial tcp: connection refused"}'
    assert read_line(raw).trouble == "Caddy: http.log.error: dial tcp: connection refused"


def test_a_warning_of_caddys_with_an_error_in_it_is_trouble() -> None:
    raw = '{"level":"warn","logger":"tls","msg":"not kept","error":"disk full"}'
    assert read_line(raw).trouble == "Caddy: tls: not kept: disk full"


def test_what_the_labs_controller_can_not_do_is_trouble() -> None:
    raw = "ingresses: can't be watched, trying on: HTTP Error 403: Forbidden"
    assert read_line(raw).trouble == raw


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "Version check is disabled.",
        "2026-11-23T11:18:56Z INF Updated ingress status ingress=kiada namespace=default",
        "2026-11-23T11:18:57Z WRN aliasHeadersStrategy is not configured entryPointName=web",
        "I1123 11:22:51.260355   15339 reflector.go:227] started",
        '{"level":"info","msg":"serving"}',
        '{"level":"warn","logger":"http","msg":"HTTP/2 skipped because it requires TLS"}',
        '{"level":"error"',
        "services: watched; 11 at first",
    ],
)
def test_other_lines_are_no_trouble_and_kept_as_they_are(raw: str) -> None:
    line = read_line(raw)
    assert (line.raw, line.trouble) == (raw, "")


def test_a_complaint_made_again_is_told_once() -> None:
    later = ANNOTATION.replace("11:22:57", "11:23:00")
    (found,) = troubles(map(read_line, (ANNOTATION, "INF", later)))
    assert (found.times, found.last) == (2, "11:23:00")
    assert str(found).endswith("(2 times, last at 11:23:00 UTC)")
