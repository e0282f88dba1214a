"""Chains and what a client thinks of them, as lines of text."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from labsupport.rules.certificates.facts import CertificateFacts
from labsupport.rules.certificates.refusals import Refusal


def chain_lines(
    chain: Sequence[CertificateFacts], now: datetime, *, brief: bool = False
) -> Iterator[str]:
    """Each certificate with its facts, the next one deeper; `brief` leaves dates and codes out."""
    for depth, each in enumerate(chain):
        indent = "  " * (depth + 1)
        role = "the server's own" if depth == 0 else "sent along"
        yield f"{indent}{depth + 1}. {each.title} ({role})"
        for line in each.brief(now) if brief else each.lines(now):
            yield f"{indent}     {line}"


def verdict_lines(name: str, reasons: Sequence[Refusal]) -> Iterator[str]:
    """Whether the lab's client accepts, asked for `name` (""  for no name), and what mends it."""
    asked = f" for {name}" if name else ""
    if not reasons:
        yield f"  ✓ the lab's client accepts it{asked}" + ("" if name else "; no name was compared")
        return
    yield f"  ✗ the lab's client refuses it{asked}:"
    for each in reasons:
        yield f"    {each.id}: {each.what}"
        yield f"      next: {each.remedy}"
