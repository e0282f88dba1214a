"""What real handshakes ask for and tell, and what curl and openssl say of them."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tls_server import Loopback, TlsServer, tls_server

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.base.paths import Instance
from labsupport.http.client import Client
from labsupport.trust.authority import Authority
from labsupport.trust.issuing import Issuer

NAME = "quote.example.com"
WILDCARD = "*.shop.example.com"
SERVED = [
    *("good", "expired", "not-yet-valid", "other-name", "self-signed", "unknown-issuer"),
    *("weak-key", "no-san", "intermediate", "intermediate-missing"),
]
# Of a certificate without SANs, OpenSSL and curl believe the common name, as browsers no longer do.
SEEN_ALIKE = [kind for kind in SERVED if kind != "no-san"]


class Bench:
    """A CA, a client that believes it, and servers."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        home = Instance(folder / "home")
        home.ca_certificate.parent.mkdir(parents=True)
        pair = Authority.create("Test CA", lifetime=timedelta(days=365)).pair
        home.ca_certificate.write_bytes(pair.certificate)
        home.ca_key.write_bytes(pair.key)
        self.ca_file = home.ca_certificate
        self._issuer = Issuer(home)
        self.client = Client(Loopback(), ca_file=self.ca_file)

    def serve(self, kind: str = "good", *names: str, refused_name: str = "-") -> TlsServer:
        issued = self._issuer.issue(names or (NAME,), kind)
        server = tls_server(issued.certificate, issued.key, self.folder, refused_name=refused_name)
        return self._stack.enter_context(server)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, stack)


def refused(bench: Bench, server: TlsServer, name: str = NAME, **options: Any) -> RequestFailed:
    with pytest.raises(RequestFailed) as caught:
        bench.client.get(f"https://{name}:{server.port}/", **options)
    return caught.value


def test_a_checked_handshake_tells_of_the_certificate(bench: Bench) -> None:
    tls = bench.client.get(f"https://{NAME}:{bench.serve().port}/").tls
    assert tls is not None
    assert tls.certificate is not None
    assert (tls.version, tls.sni, tls.checked, tls.accepted) == ("TLSv1.3", NAME, True, True)
    assert tls.certificate.names == (NAME,)
    assert tls.certificate.not_after > datetime.now(UTC)


def test_the_whole_chain_is_told_of(bench: Bench) -> None:
    tls = bench.client.get(f"https://{NAME}:{bench.serve('intermediate').port}/").tls
    assert tls is not None
    assert [each.is_ca for each in tls.chain] == [False, True]


def test_another_name_can_be_asked_for_and_the_certificate_is_still_checked(bench: Bench) -> None:
    server = bench.serve()
    answer = bench.client.get(f"https://{NAME}:{server.port}/", sni="other.example.com")
    assert server.asked == ["other.example.com"]
    assert answer.way[2].text.startswith("TLSv1.3, asked for other.example.com (SNI), ")
    assert answer.tls is not None
    assert answer.tls.accepted


def test_no_name_can_be_asked_for(bench: Bench) -> None:
    server = bench.serve()
    answer = bench.client.get(f"https://{NAME}:{server.port}/", sni="")
    assert server.asked == [None]
    assert "no SNI sent" in answer.way[2].text


def test_without_sni_a_certificate_for_another_name_is_refused(bench: Bench) -> None:
    error = refused(bench, bench.serve(), "kiada.example.com", sni="")
    assert error.kind == "certificate"
    assert [each.id for each in error.tls.refusals] == ["other-name"]


def test_a_right_sni_does_not_excuse_a_wrong_name(bench: Bench) -> None:
    error = refused(bench, bench.serve(), "kiada.example.com", sni=NAME)
    assert [each.id for each in error.tls.refusals] == ["other-name"]


def test_an_address_is_no_name_to_ask_for(bench: Bench) -> None:
    with pytest.raises(UsageError, match="carries a host name"):
        bench.client.get(f"https://{NAME}/", sni="127.0.0.1")


def test_a_name_too_long_for_tls_is_refused_before_anything_is_sent(bench: Bench) -> None:
    with pytest.raises(UsageError, match="carries a host name"):
        bench.client.get(f"https://{NAME}/", sni="a" * 64 + ".example.com")


def test_an_address_asks_for_no_name_and_is_checked(bench: Bench) -> None:
    server = bench.serve("good", "127.0.0.1")
    answer = bench.client.get(f"https://127.0.0.1:{server.port}/")
    assert server.asked == [None]
    assert answer.tls is not None
    assert answer.tls.accepted


def test_a_name_with_its_final_dot_is_the_same_name(bench: Bench) -> None:
    server = bench.serve()
    assert bench.client.get(f"https://{NAME}.:{server.port}/").ok
    assert server.asked == [NAME]


def test_a_wildcard_takes_one_label(bench: Bench) -> None:
    server = bench.serve("good", WILDCARD)
    assert bench.client.get(f"https://a.shop.example.com:{server.port}/").ok
    error = refused(bench, server, "a.b.shop.example.com")
    assert [each.id for each in error.tls.refusals] == ["wildcard-depth"]


def test_another_ca_file_can_be_believed(bench: Bench, tmp_path: Path) -> None:
    server = bench.serve()
    stranger = tmp_path / "stranger.crt"
    other = Authority.create("Stranger", lifetime=timedelta(days=1))
    stranger.write_bytes(other.pair.certificate)
    error = refused(bench, server, verify=stranger)
    assert [each.id for each in error.tls.refusals] == ["unknown-issuer"]


def test_a_ca_file_without_certificate_is_named(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "empty.crt").write_text("nothing\n")
    with pytest.raises(UsageError) as caught:
        bench.client.get(f"https://{NAME}:{bench.serve().port}/", verify=tmp_path / "empty.crt")
    assert "empty.crt" in caught.value.found


@pytest.mark.parametrize("kind", SERVED)
def test_an_unchecked_handshake_tells_what_a_check_would_have(bench: Bench, kind: str) -> None:
    server = bench.serve(kind)
    url = f"https://{NAME}:{server.port}/"
    unchecked = bench.client.get(url, verify=False).tls
    assert unchecked is not None
    assert not unchecked.checked
    try:
        checked = bench.client.get(url).tls
    except RequestFailed as error:
        checked = error.tls
    assert checked is not None
    assert checked.checked
    assert [each.id for each in unchecked.refusals] == [each.id for each in checked.refusals]
    assert unchecked.chain == checked.chain


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize("kind", SEEN_ALIKE)
def test_openssl_gives_the_number_of_one_of_our_reasons(bench: Bench, kind: str) -> None:
    server = bench.serve(kind)
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", NAME]
    command += ["-verify_hostname", NAME, "-CAfile", str(bench.ca_file), "-cipher"]
    command += ["DEFAULT:@SECLEVEL=2"]
    done = subprocess.run(command, input=b"", capture_output=True, timeout=20)
    said = (done.stdout + done.stderr).decode()
    numbers = {int(each) for each in re.findall(r"(?:Verify return code: |error:num=)(\d+)", said)}
    tls = bench.client.get(f"https://{NAME}:{server.port}/", verify=False).tls
    assert tls is not None
    assert numbers
    assert numbers & ({each.openssl for each in tls.refusals} or {0})


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("kind", SEEN_ALIKE)
def test_curl_accepts_and_refuses_the_same(bench: Bench, kind: str) -> None:
    server = bench.serve(kind)
    where = f"{NAME}:{server.port}"
    command = ["curl", "-s", "--noproxy", "*", "--cacert", str(bench.ca_file)]
    command += ["--resolve", f"{where}:127.0.0.1", f"https://{where}/"]
    accepted = subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    tls = bench.client.get(f"https://{where}/", verify=False).tls
    assert tls is not None
    assert tls.accepted == accepted
    if accepted:
        assert bench.client.get(f"https://{where}/").ok
    else:
        assert refused(bench, server).kind == "certificate"


def test_a_name_that_the_server_refuses_is_an_alert(bench: Bench) -> None:
    error = refused(bench, bench.serve(refused_name=NAME))
    assert error.kind == "tls-alert"
    assert error.found.endswith("the server refuses: unrecognized name")


def test_requests_of_one_connection_share_a_handshake(bench: Bench) -> None:
    server = bench.serve()
    with bench.client.connect(f"https://{NAME}:{server.port}/", sni="") as connection:
        assert [connection.get().status for _ in range(3)] == [200, 200, 200]
    assert set(server.asked) == {None}
