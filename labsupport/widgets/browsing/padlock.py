"""What a browser's padlock says: whether others can read along, and who it is that answers."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from labsupport.base.errors import RequestFailed
from labsupport.http.tls import TlsFacts
from labsupport.widgets.browsing.navigation import Visit
from labsupport.widgets.certificate_markup import chain_tree, verdict_of
from labsupport.widgets.markup import sign


@dataclass(frozen=True)
class Padlock:
    """`words` say it in short; `safe` is None where nobody claims to be anyone."""

    words: str
    safe: bool | None = None
    tls: TlsFacts | None = None

    def __str__(self) -> str:
        return self.words

    def html(self) -> str:
        """The words with their sign."""
        return escape(self.words) if self.safe is None else sign(self.safe, self.words)

    def details_html(self, now: datetime) -> str:
        """Why a client refuses, and each certificate of the chain."""
        if self.tls is None or not self.tls.chain:
            return f"<p>{escape(self.words or 'nothing asked yet')}: there is no certificate.</p>"
        tree = chain_tree(self.tls.chain, None, now)
        return verdict_of(self.tls.name, self.tls.refusals) + tree


def padlock_of(visit: Visit | None) -> Padlock:
    """The padlock for where a visit ended."""
    if visit is None:
        return Padlock("")
    if not visit.url.lower().startswith("https:"):
        return Padlock("not encrypted")
    problem = visit.problem if isinstance(visit.problem, RequestFailed) else None
    tls = visit.answer.tls if visit.answer else problem.tls if problem else None
    if tls is None or tls.certificate is None:
        return Padlock("no certificate came", None, tls)
    if tls.refusals:
        return Padlock(f"not trusted: {tls.refusals[0].what}", False, tls)
    who = f"for {tls.certificate.title} by {tls.certificate.issued_by}"
    return Padlock(f"encrypted ({tls.version}), certificate {who}", True, tls)
