"""Certificates (X.509) as plain data: what they say, for which names, and why a client refuses.

Text and bytes in, data and words out. No files, no sockets, no clock: `now` is always given.
Nothing here makes a certificate; `labsupport.trust` does.
"""

from labsupport.rules.certificates.facts import CertificateFacts
from labsupport.rules.certificates.names import NameMatch, name_match
from labsupport.rules.certificates.reading import chain_of, facts_of
from labsupport.rules.certificates.refusals import Refusal, refusals

__all__ = [
    "CertificateFacts",
    "NameMatch",
    "Refusal",
    "chain_of",
    "facts_of",
    "name_match",
    "refusals",
]
