"""Why no HTTP answer came: the hop that failed, in words, and what to do next."""

import http.client
import ssl
from collections.abc import Iterator

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from labsupport.base.errors import RequestFailed
from labsupport.http.adapter import Target, Trace
from labsupport.http.exchange import Hop
from labsupport.http.tls import TlsFacts

_REFUSED_ERRNO = 111, 61, 10061  # Linux, macOS, Windows


def failed(
    error: requests.RequestException,
    url: str,
    target: Target,
    timeout: float,
    trace: Trace,
    name_hop: Hop,
    refused: TlsFacts | None,
) -> RequestFailed:
    """The RequestFailed that tells of `error`, met on the way to `target`.

    `refused` is the certificate that was refused, if that is what happened.
    """
    if trace.stage == "tcp":
        failure = _tcp(trace.error or error, url, target, timeout)
    elif trace.stage == "tls":
        failure = _tls(trace.error or error, url, target, timeout, refused)
    else:
        failure = _answer(error, url, target, timeout)
    failure.url = url
    failure.tls = refused or trace.tls
    failure.way = (name_hop, *_hops(failure, target, trace))
    return failure


def _hops(failure: RequestFailed, target: Target, trace: Trace) -> Iterator[Hop]:
    """The hops that were made, and the one that failed."""
    why = failure.found.removeprefix(target.text).lstrip(":, ")
    if trace.stage == "tcp":
        yield Hop("tcp", f"{target.text}: {why}", trace.tcp_seconds, failed=True)
        return
    yield Hop("tcp", target.text, trace.tcp_seconds)
    if trace.stage == "tls":
        yield Hop("tls", why, trace.tls_seconds, failed=True)
        return
    if trace.tls is not None:
        yield Hop("tls", trace.tls.text, trace.tls_seconds)
    yield Hop("answer", why, 0.0, failed=True)


def _tcp(error: Exception, url: str, target: Target, timeout: float) -> RequestFailed:
    what = f"no answer to {url}: the TCP hop failed"
    # In urllib3 a refused connection is a kind of timed-out one: so this order.
    if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
        return RequestFailed(
            what,
            found=f"{target.text} did not accept a connection within {timeout:g} s",
            remedy="see what is running: ./lab status",
            kind="connect-timeout",
        )
    why = error.__cause__ if isinstance(error.__cause__, OSError) else None
    refused = why is not None and why.errno in _REFUSED_ERRNO
    return RequestFailed(
        what,
        found=f"{target.text}: {(why and why.strerror) or error}",
        remedy="see what listens where: ./lab status, or: kubectl get services -A",
        kind="refused" if refused else "unreachable",
    )


def _tls(
    error: Exception, url: str, target: Target, timeout: float, refused: TlsFacts | None
) -> RequestFailed:
    what = f"no answer to {url}: the TLS hop failed"
    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", "") or str(error)
        if refused is not None:
            why = "; ".join(map(str, refused.refusals))
        return RequestFailed(
            what,
            found=f"{target.text}, asked for {target.name}: {why}",
            remedy=(
                f"look at it without checking: ./lab get -k {url} "
                f'(in a notebook: lab.get("{url}", verify=False))'
            ),
            kind="certificate",
        )
    kind, why = _broken_handshake(error, timeout)
    remedy = "check that the port speaks TLS: kubectl get services -A"
    if kind == "tls-alert":
        remedy = "ask for another name (SNI): ./lab get --sni NAME " + url
    return RequestFailed(
        what, found=f"{target.text}, asked for {target.name}: {why}", remedy=remedy, kind=kind
    )


def _broken_handshake(error: Exception, timeout: float) -> tuple[str, str]:
    """The kind of failure, and why in words."""
    reason = getattr(error, "reason", "") or ""
    if isinstance(error, TimeoutError):
        return "tls-timeout", f"the server was silent for {timeout:g} s in the handshake"
    if "ALERT" in reason or reason == "TLSV1_UNRECOGNIZED_NAME":
        alert = reason.partition("ALERT_")[2] or reason.removeprefix("TLSV1_")
        return "tls-alert", f"the server refuses: {alert.lower().replace('_', ' ')}"
    # Which of the two comes for an end in the handshake depends on Python's release.
    cut = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError)
    if cut or "EOF" in reason:
        return "tls-cut", "the server hung up in the handshake"
    return "not-tls", f"what came back is not TLS ({reason.lower().replace('_', ' ') or error})"


def _answer(
    error: requests.RequestException, url: str, target: Target, timeout: float
) -> RequestFailed:
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return RequestFailed(
            f"no answer to {url}: connected, but nothing came back",
            found=f"{target.text} was silent for {timeout:g} s",
            remedy="read what the pod writes: ./lab logs POD",
            kind="silent",
        )
    cause = _root(error)
    hung_up = isinstance(cause, ConnectionError | http.client.IncompleteRead)
    return RequestFailed(
        f"no answer to {url}: connected, but the answer was cut short or is not HTTP",
        found=f"{target.text}: {cause}",
        remedy=f"check that the port speaks {url.partition(':')[0]}: kubectl get services -A",
        kind="cut" if hung_up else "not-http",
    )


def _root(error: BaseException) -> BaseException:
    """What urllib3 met, out of the wrappings that it and `requests` put around it."""
    inner = next((each for each in reversed(error.args) if isinstance(each, BaseException)), None)
    return _root(inner) if inner is not None else error
