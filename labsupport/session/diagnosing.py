"""Diagnoses: one real request, all that is to be known about it, and the rules' judgement."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labsupport.base.errors import UsageError
from labsupport.kube.wait import settled
from labsupport.rules.diagnosis import Diagnosis, Facts, diagnose
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.ingress import Request
from labsupport.session.evidence import cluster, controller_at, naming
from labsupport.session.probing import Options, Probe, assets, dialled, probe

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_PATIENCE = 2.0
"""For how many seconds what may pass is looked at again, before it is said to be the cause."""

_MAY_PASS = ("not-followed", "not-ready")
"""Causes that are one's only when they stay: a proxy follows, a Pod becomes ready or fails."""

_WORTH_DIALLING = (400, 500, 502, 503, 504)


def diagnosed(
    lab: "Lab",
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    sni: str | None = None,
    resolve: str | Mapping[str, str] = "",
    verify: bool | str | Path = True,
    timeout: float = 5.0,
) -> Diagnosis:
    """Why a GET of `url` gets no good answer, or that it does; options as `lab.get` has them.

    UsageError for what is no web address, ClusterNotRunning without a cluster.
    """
    meant = lab.tenancy
    options = Options(
        meant.headers(headers or {}),
        meant.host(sni) if sni else sni,
        {meant.host(name): each for name, each in resolve.items()}
        if isinstance(resolve, Mapping)
        else resolve,
        verify,
        timeout,
    )
    url = meant.url(url if "://" in url else f"http://{url}")
    return settled(
        lambda: diagnose(facts_of(lab, url, options)),
        lambda found: found.cause not in _MAY_PASS or found.sure,
        timeout=_PATIENCE,
        every=0.1,
    )


def facts_of(lab: "Lab", url: str, options: Options) -> Facts:
    """All that a diagnosis of a GET of `url` rests on."""
    request = _request(url, options)  # says first whether this is a web address at all
    reached = probe(lab, url, options)
    if reached.url != url:
        request = _request(reached.url, reached.options)
    host = urlsplit(reached.url).hostname or ""
    named = naming(lab, host, reached.options.address(host))
    sent = reached.sent
    if not sent.address:
        sent = replace(sent, address=named.address)
    facts = Facts(
        url=url,
        name=host,
        request=request,
        naming=named,
        sent=sent,
        now=datetime.now(UTC),
        cluster=cluster(lab, secrets=request.scheme == "https"),
        controller=controller_at(lab, sent.address),
        assets=assets(lab, reached),
        redirected=() if sent.looping else reached.before,
    )
    return _with_dialled(lab, replace(facts, reports=_reports(lab, facts)), reached)


def _reports(lab: "Lab", facts: Facts) -> tuple[str, ...]:
    """What the controller says of itself, when it turned the request away."""
    answers = facts.sent.answers
    if not answers or answers[-1].by == "app":
        return ()
    asked = (each for each in lab.controllers.values() if each.name == facts.controller.name)
    return tuple(text for each in asked for text in each.problems())


def _request(url: str, options: Options) -> Request:
    request = Request.from_url(url, sni=options.sni or "", headers=tuple(options.headers.items()))
    if any(each.isspace() for each in request.host):
        raise UsageError("a host name has no blanks in it", found=url)
    return request


def _with_dialled(lab: "Lab", facts: Facts, reached: Probe) -> Facts:
    """The facts with what the Pods do when called without the proxy, where that may tell."""
    answers = facts.sent.answers
    if not answers or answers[-1].status not in _WORTH_DIALLING:
        return facts
    case = Case(facts)
    if case.backend is None:
        return facts
    endpoints = case.rules.directory.targets(case.backend).endpoints
    found = dialled(lab, endpoints, facts.request.path)
    objects = facts.cluster
    if objects.secrets is None and any(each.certificate for each in found):
        objects = cluster(lab, secrets=True)
    return replace(facts, dialled=found, cluster=objects)
