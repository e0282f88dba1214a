"""Why a request does not get its answer: the first broken hop, its cause, and what mends it.

`diagnose` takes `Facts`, all that was seen of one request and of the cluster, and judges hop by hop
from the name to the application; each hop is a module with a function `judge`. Nothing here asks
anybody: `labsupport.session.diagnosing` gathers the facts. Where a request *should* go is for
`labsupport.rules.ingress` to say, and what is wrong with a certificate for
`labsupport.rules.certificates`.
"""

from labsupport.rules.diagnosis.causes import CAUSES
from labsupport.rules.diagnosis.diagnosis import Diagnosis, HopFinding
from labsupport.rules.diagnosis.facts import Facts
from labsupport.rules.diagnosis.findings import Broken, Fine, Remedy, Unused
from labsupport.rules.diagnosis.hops import HOPS, diagnose

__all__ = [
    "CAUSES",
    "HOPS",
    "Broken",
    "Diagnosis",
    "Facts",
    "Fine",
    "HopFinding",
    "Remedy",
    "Unused",
    "diagnose",
]
