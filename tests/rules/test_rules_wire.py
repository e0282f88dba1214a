"""What the first bytes of a connection are, told from real ClientHellos and from any bytes."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.rules.wire import client_hello, hexdump, in_words, is_tls


def hello(name: str | None, protocols: tuple[str, ...] = ()) -> bytes:
    """The first bytes of a real TLS client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if protocols:
        context.set_alpn_protocols(list(protocols))
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_the_server_name_is_found() -> None:
    found = client_hello(hello("vault.example.com", ("h2", "http/1.1")))
    assert found is not None
    assert found.server_name == "vault.example.com"
    assert found.protocols == ("h2", "http/1.1")
    assert found.versions == ("TLS 1.3", "TLS 1.2")
    assert found.complete


def test_a_client_that_asks_for_no_name_is_told_apart() -> None:
    found = client_hello(hello(None))
    assert found is not None
    assert found.server_name == ""
    assert "without a server name" in in_words(hello(None))


def test_a_hello_cut_off_anywhere_is_read_as_far_as_it_goes() -> None:
    whole = hello("vault.example.com")
    for size in range(len(whole)):
        found = client_hello(whole[:size])
        assert found is None or not found.complete
        assert in_words(whole[:size])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing"),
        (b"GET /quote HTTP/1.1\r\nHost: a\r\n", "HTTP request GET /quote HTTP/1.1, readable"),
        (b"HTTP/1.1 404 Not Found\r\n", "HTTP answer HTTP/1.1 404 Not Found, readable"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 in clear text"),
        (b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76", "TLS ServerHello"),
        (b"\x15\x03\x03\x00\x02\x02\x30", "TLS alert: unknown CA"),
        (b"\x15\x03\x03\x00\x02\x02\xf0", "TLS alert: number 240"),
        (b"\x17\x03\x03\x00\x10", "TLS encrypted data"),
        (b"hello there\n", "clear text"),
        (b"\x00\x01\xff", "bytes of no protocol known here"),
    ],
)
def test_it_is_said_in_words(data: bytes, words: str) -> None:
    assert in_words(data).startswith(words)


def test_tls_is_told_from_clear_text() -> None:
    assert is_tls(hello("a.example.com"))
    assert not is_tls(b"GET / HTTP/1.1\r\n")


def test_a_hexdump_has_offset_bytes_and_text() -> None:
    rows = hexdump(b"GET / HTTP/1.1\r\nHost").splitlines()
    assert rows[0] == "0000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|"
    assert rows[1] == f"0010  {'48 6f 73 74':<48}  |Host|"


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda b: b"\x16\x03\x01\0\1\1" + b))
def test_any_bytes_can_be_described(data: bytes) -> None:
    assert in_words(data)
    client_hello(data)
    assert len(hexdump(data).splitlines()) == -(-len(data) // 16)
