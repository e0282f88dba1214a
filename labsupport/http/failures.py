"""Why no HTTP answer came: the hop that failed, in words, and what to do next."""

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

from labsupport.base.errors import RequestFailed
from labsupport.http.adapter import Target


def failed(
    error: requests.RequestException, url: str, target: Target, timeout: float
) -> RequestFailed:
    """The RequestFailed that tells of `error`, met on the way to `target`."""
    cause = _cause(error)
    if isinstance(cause, SSLError):
        return _tls(cause, url, target)
    # In urllib3 a refused connection is a kind of timed-out one: so this order.
    if isinstance(cause, NewConnectionError):
        why = cause.__cause__ if isinstance(cause.__cause__, OSError) else None
        return RequestFailed(
            f"no answer to {url}: the TCP hop failed",
            found=f"{target.text}: {(why and why.strerror) or cause}",
            remedy="see what listens where: ./lab status, or: kubectl get services -A",
        )
    if isinstance(cause, ConnectTimeoutError):
        return RequestFailed(
            f"no answer to {url}: the TCP hop failed",
            found=f"{target.text} did not accept a connection within {timeout:g} s",
            remedy="see what is running: ./lab status",
        )
    if isinstance(error, requests.Timeout):
        return RequestFailed(
            f"no answer to {url}: connected, but nothing came back",
            found=f"{target.text} was silent for {timeout:g} s",
            remedy="read what the pod writes: ./lab logs POD",
        )
    return RequestFailed(
        f"no answer to {url}: connected, but the answer was cut short or is not HTTP",
        found=f"{target.text}: {cause}",
        remedy=f"check that the port speaks {url.partition(':')[0]}: kubectl get services -A",
    )


def _cause(error: requests.RequestException) -> BaseException:
    """What urllib3 met, out of the wrappings that `requests` puts around it."""
    inner = error.args[0] if error.args else error
    if isinstance(inner, MaxRetryError) and inner.reason is not None:
        inner = inner.reason
    return inner if isinstance(inner, BaseException) else error


def _tls(cause: SSLError, url: str, target: Target) -> RequestFailed:
    inner = cause.args[0] if cause.args else cause
    why = getattr(inner, "verify_message", "") or str(inner)
    checked = bool(getattr(inner, "verify_message", ""))
    return RequestFailed(
        f"no answer to {url}: the TLS hop failed",
        found=f"{target.text}, asked for {target.name}: {why}",
        remedy=(
            f"look at it without checking: ./lab get -k {url} "
            f'(in a notebook: lab.get("{url}", verify=False))'
            if checked
            else "check that the port speaks TLS: kubectl get services -A"
        ),
    )
